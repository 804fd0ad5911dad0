using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using SimpleIpc;

/// <summary>What nobody disposes of: the collector comes late, in its own thread.</summary>
internal static class CollectorTest
{
    private const int Messages = 10000;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public static void All()
    {
        Check.Run("tensors", Tensors);
        Check.Run("queue", Queue);
        Check.Run("handles", Handles);
        Check.Run("loans and calls", LoansAndCalls);
        Check.Run("room", Room);
        Check.Run("busy", Busy);
    }

    /// <summary>In a thread of its own, whose stack keeps nothing.</summary>
    private static void Aside(ThreadStart action)
    {
        Thread thread = new Thread(action);
        thread.Start();
        thread.Join();
    }

    private static bool Works(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (SipcException)
        {
            return false;
        }
    }

    private static bool HasNoChunks(string name)
    {
        return Ipc.Audit(name).Replace(" ", "").Contains("\"chunks_in_use\":0,");
    }

    private static void Tensors()
    {
        byte[] bytes = new byte[4096];
        using (Publisher publisher = new Publisher("collected"))
        using (Subscriber subscriber = new Subscriber("collected"))
        {
            long seen = 0;
            Aside(() =>
            {
                for (int count = 0; count < Messages; count++)
                {
                    publisher.Publish(new Tensor(Dtype.U8, new long[] { 64, 64 }, bytes));
                    seen += subscriber.Receive(Soon).As<Tensor>().Data.Length;
                }
            });
            Check.Equal("10,000 tensors", seen, (long)Messages * bytes.Length);
        }
    }

    private static void Queue()
    {
        using (Sender sender = new Sender("many", new Options { Depth = 16 }))
        using (Receiver receiver = new Receiver("many"))
        {
            bool wereInUse = false;
            Aside(() =>
            {
                for (int count = 0; count < Messages; count++)
                {
                    sender.Send(count % 2 == 0 ? (object)count : new byte[300]);
                    Message message = receiver.Receive(Soon);
                    if (count % 3 == 0)
                    {
                        message.Dispose();
                    }
                    wereInUse |= count == 1 && !HasNoChunks("many");
                    GC.KeepAlive(message);
                }
            });
            Check.Equal("the audit counts", wereInUse, true);
            Check.Eventually("10,000 messages leave nothing", () => HasNoChunks("many"));
        }
    }

    private static void Handles()
    {
        Ipc.Send("let go", 1);
        Aside(() => GC.KeepAlive(new Receiver("let go").Descriptor));
        Check.Eventually("a handle that is let go of is closed",
            () => !Ipc.Peers("let go").Exists(peer => "receive".Equals(((Map)peer)["role"])));
        Ipc.Receive("let go", Soon).Dispose();
    }

    /// <summary>A handle has 16 loans at once, and 64 calls.</summary>
    private static void LoansAndCalls()
    {
        using (Sender sender = new Sender("lent"))
        using (Server server = new Server("called"))
        using (Client client = new Client("called", new Options { Timeout = Soon }))
        {
            Aside(() =>
            {
                for (int count = 0; count < 16; count++)
                {
                    sender.Loan(1000);
                }
                for (int count = 0; count < 64; count++)
                {
                    client.Start("nothing");
                }
            });
            Check.Eventually("loans go back", () => Works(() => sender.Loan(1000).Dispose()));
            Check.Eventually("calls are cancelled",
                () => Works(() => client.Start("nothing").Dispose()));
        }
    }

    /// <summary>Loans that are let go of while their handle waits are what it waits for.</summary>
    private static void Room()
    {
        using (Sender sender = new Sender("room", new Options { PoolBytesMax = 1 << 20 }))
        {
            List<Loan> loans = new List<Loan>();
            Aside(() =>
            {
                for (int count = 0; count < 8; count++)
                {
                    loans.Add(sender.Loan(120000));
                }
            });
            Task waiting = Task.Run(() =>
            {
                while (StatusOf(() => sender.Send(new byte[600000])) == Raw.BUSY)
                {
                    // It has met who looks below.
                }
            });
            Check.Eventually("it waits",
                () => StatusOf(() => GC.KeepAlive(sender.Descriptor)) == Raw.BUSY);
            loans.Clear();
            Check.Eventually("it has room", () => waiting.IsCompleted);
            using (Receiver receiver = new Receiver("room"))
            {
                receiver.Receive(Soon).Dispose();
            }
            Check.Equal("no loan is left", HasNoChunks("room"), true);
        }
    }

    private static int StatusOf(Action action)
    {
        try
        {
            action();
            return Raw.OK;
        }
        catch (SipcException refused)
        {
            return (int)refused.Status;
        }
    }

    /// <summary>The collector is inside for as long as the first try takes.</summary>
    private static void Busy()
    {
        using (Sender sender = new Sender("swept"))
        using (ManualResetEvent isInside = new ManualResetEvent(false))
        using (ManualResetEvent mayGo = new ManualResetEvent(false))
        {
            Task collector = Task.Run(() => sender.Leftovers.Run(sender.Number, () =>
            {
                isInside.Set();
                mayGo.WaitOne();
                return Raw.OK;
            }));
            isInside.WaitOne();
            int tries = 0;
            Check.Equal("not busy by the collector", Leftovers.Beside(() =>
            {
                tries++;
                mayGo.Set();
                return tries == 1 ? Raw.BUSY : Raw.OK;
            }, sender), Raw.OK);
            Check.Equal("tried again", tries, 2);
            collector.Wait();
            Check.Equal("busy by others", Leftovers.Beside(() => Raw.BUSY, sender), Raw.BUSY);
            Queue<int> statuses = new Queue<int>(new[] { Raw.BUSY, Raw.OK, -1 });
            sender.Leftovers.Run(sender.Number, statuses.Dequeue);
            sender.Leftovers.TidyUp();
            sender.Leftovers.TidyUp();
            Check.Equal("done later, and once", statuses.Count, 1);
        }
    }
}
