using System;
using System.Numerics;
using System.Threading;
using SimpleIpc;

/// <summary>What the driver does wrong on purpose, and how that ends.</summary>
internal static class Misuse
{
    public static string Do(string kind, Handle handle, string name)
    {
        switch (kind)
        {
            case "type":
                return Refused(() => ((Sender)handle).Send(new Action(() => { })));
            case "range":
                return Refused(() => ((Sender)handle).Send(BigInteger.One << 64));
            case "text":
                return Refused(() => ((Sender)handle).Send("\uD800"));
            case "closed":
                return Refused(() => UseClosed(name));
            case "thread":
                return UseFromTwoThreads((Receiver)handle);
            case "forgotten":
                return Forget((Receiver)handle);
            case "handler":
                return FailInHandler((Server)handle);
            default:
                throw new ArgumentException("there is no misuse " + kind);
        }
    }

    /// <summary>The answer to what has to throw.</summary>
    private static string Refused(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is SipcException || error is ArgumentException)
        {
            return "refused " + error.Message.Replace('\n', ' ');
        }
        return "ok";
    }

    private static void UseClosed(string name)
    {
        Sender sender = new Sender(name);
        sender.Dispose();
        sender.Dispose();
        sender.Send(1);
    }

    private static string UseFromTwoThreads(Receiver receiver)
    {
        Thread waiting = new Thread(() => WaitInside(receiver));
        waiting.Start();
        string answer = Refused(() => Look(receiver));
        receiver.Interrupt();
        waiting.Join();
        return answer;
    }

    private static void WaitInside(Receiver receiver)
    {
        bool isInterrupted = false;
        while (!isInterrupted)
        {
            try
            {
                receiver.Receive();
            }
            catch (SipcRetryException end)
            {
                isInterrupted = end.Status != Status.Busy; // the other one looks
            }
        }
    }

    private static void Look(Receiver receiver)
    {
        while (true)
        {
            try
            {
                receiver.Receive(TimeSpan.Zero);
            }
            catch (SipcTimeoutException)
            {
                Thread.Yield();
            }
        }
    }

    /// <summary>In a thread of its own, whose stack keeps nothing.</summary>
    private static string Forget(Receiver receiver)
    {
        Thread thread = new Thread(() => receiver.Receive(TimeSpan.FromSeconds(10)));
        thread.Start();
        thread.Join();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return "ok";
    }

    private static string FailInHandler(Server server)
    {
        server.On("boom", request =>
        {
            server.Interrupt();
            throw new InvalidOperationException("boom");
        });
        server.Serve();
        return "ok";
    }
}
