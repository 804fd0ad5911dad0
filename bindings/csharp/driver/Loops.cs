using System;
using SimpleIpc;

/// <summary>The plurals: the same verb many times, in loops that are measured from outside.
/// </summary>
internal static class Loops
{
    private static readonly TimeSpan Room = TimeSpan.FromSeconds(10);

    /// <summary>One of them.</summary>
    public static string Repeat(string command, Handle handle, string[] words)
    {
        long count = long.Parse(words[words.Length - 1]);
        switch (command)
        {
            case "puts":
                Put((Sender)handle, Notation.Read(words[1]), count);
                return "ok";
            case "loans":
                Lend((Sender)handle, long.Parse(words[1]), long.Parse(words[2]), count);
                return "ok";
            case "takes":
                return "sum " + Take((Receiver)handle, count);
            case "calls":
                return "sum " + Call((Client)handle, count);
            default:
                Serve((Server)handle, count);
                return "ok";
        }
    }

    private static void Put(Sender sender, object value, long count)
    {
        for (long turn = 0; turn < count; turn++)
        {
            sender.Send(value, 0, Room);
        }
    }

    /// <summary>Of each frame only the ends are written: what it costs to fill is not the
    /// library's.</summary>
    private static void Lend(Sender sender, long height, long width, long count)
    {
        for (long turn = 0; turn < count; turn++)
        {
            using (Loan loan = sender.Loan(Dtype.U8, new[] { height, width, 3 }))
            {
                loan.Data[0] = 1;
                loan.Data[loan.Data.Length - 1] = 2;
                loan.Put();
            }
        }
    }

    /// <summary>Adds up sequence numbers and both ends of the data.</summary>
    private static ulong Take(Receiver receiver, long count)
    {
        ulong sum = 0;
        for (long turn = 0; turn < count; turn++)
        {
            using (Message message = receiver.Receive(Room))
            {
                sum += message.Sequence + Ends(message.Value);
            }
        }
        return sum;
    }

    private static ulong Ends(object value)
    {
        if (value is byte[] bytes)
        {
            return (ulong)(bytes[0] + bytes[bytes.Length - 1]);
        }
        View data = ((Tensor)value).Data;
        return (ulong)(data[0] + data[data.Length - 1]);
    }

    /// <summary>Adds up the results of add.</summary>
    private static long Call(Client client, long count)
    {
        long sum = 0;
        for (long turn = 0; turn < count; turn++)
        {
            sum += (long)client.Call("add", 2, 3);
        }
        return sum;
    }

    private static void Serve(Server server, long count)
    {
        for (long turn = 0; turn < count; turn++)
        {
            using (Request request = server.Receive(Room))
            {
                request.Reply(request.Arg<long>(0) + request.Arg<long>(1));
            }
        }
    }
}
