using System;
using SimpleIpc;

/// <summary>The plurals: the same verb many times, in loops that are measured.</summary>
internal static class Loops
{
    private static readonly TimeSpan Room = TimeSpan.FromSeconds(10);

    public static string Repeat(string command, Handle handle, string[] words)
    {
        int count = int.Parse(words[words.Length - 1]);
        switch (command)
        {
            case "puts":
                Puts((Sender)handle, Notation.Read(words[1]), count);
                return "ok";
            case "loans":
                Loans((Sender)handle, long.Parse(words[1]), long.Parse(words[2]), count);
                return "ok";
            case "takes":
                return "sum " + Takes((Receiver)handle, count);
            case "calls":
                return "sum " + Calls((Client)handle, count);
            default:
                Serves((Server)handle, count);
                return "ok";
        }
    }

    private static void Puts(Sender sender, object value, int count)
    {
        for (int turn = 0; turn < count; turn++)
        {
            sender.Send(value, 0, Room);
        }
    }

    /// <summary>
    /// Of each frame only the ends are written: what it costs to fill is not the library's.
    /// </summary>
    private static void Loans(Sender sender, long height, long width, int count)
    {
        for (int turn = 0; turn < count; turn++)
        {
            using (Loan loan = sender.Loan(Dtype.U8, new long[] { height, width, 3 }))
            {
                loan.Data[0] = 1;
                loan.Data[loan.Data.Length - 1] = 2;
                loan.Put();
            }
        }
    }

    /// <summary>Adds up sequence numbers and both ends of the data.</summary>
    private static long Takes(Receiver receiver, int count)
    {
        long sum = 0;
        for (int turn = 0; turn < count; turn++)
        {
            using (Message message = receiver.Receive(Room))
            {
                sum += (long)message.Sequence + Ends(message.Value);
            }
        }
        return sum;
    }

    private static int Ends(object value)
    {
        if (value is byte[] bytes)
        {
            return bytes[0] + bytes[bytes.Length - 1];
        }
        View data = ((Tensor)value).Data;
        return data[0] + data[data.Length - 1];
    }

    /// <summary>Adds up the results of add.</summary>
    private static long Calls(Client client, int count)
    {
        long sum = 0;
        for (int turn = 0; turn < count; turn++)
        {
            sum += (long)client.Call("add", 2, 3);
        }
        return sum;
    }

    private static void Serves(Server server, int count)
    {
        for (int turn = 0; turn < count; turn++)
        {
            using (Request request = server.Receive(Room))
            {
                request.Reply(request.Arg<long>(0) + request.Arg<long>(1));
            }
        }
    }
}
