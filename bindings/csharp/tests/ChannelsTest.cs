using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using SimpleIpc;
using Lock = SimpleIpc.Lock;

/// <summary>Handles: their end, their threads, their waits.</summary>
internal static class ChannelsTest
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public static void All()
    {
        Check.Run("end", End);
        Check.Run("threads", Threads);
        Check.Run("waits", Waits);
        Check.Run("async", AsyncLoop);
        Check.Run("patterns", Patterns);
        Check.Run("services", Services);
        Check.Run("streams", Streams);
    }

    private static void End()
    {
        Receiver receiver = new Receiver("end");
        Ipc.Send("end", 1);
        Message kept = receiver.Receive(Soon);
        receiver.Dispose();
        receiver.Dispose();
        Check.Equal("a message outlives its handle", kept.Value, 1L);
        kept.Dispose();
        SipcException gone = Check.Throws<SipcGoneException>("use after Dispose",
            () => receiver.Receive(TimeSpan.Zero));
        Check.Equal("closed", gone.Status, Status.Closed);
        Check.Throws<SipcGoneException>("interrupt after Dispose", receiver.Interrupt);
        Ipc.Send("end", 2);
        using (Receiver other = new Receiver("end"))
        {
            Message unread = other.Receive(Soon);
            unread.Dispose();
            Check.Throws<SipcGoneException>("value after Dispose", () => Drop(unread.Value));
        }
        Check.Throws<SipcMisuseException>("another pattern", () => new Publisher("end"));
        Options brief = new Options { Timeout = TimeSpan.FromMilliseconds(50) };
        using (Receiver looped = new Receiver("end", brief))
        {
            Ipc.Send("end", 3);
            Ipc.Send("end", 4);
            List<object> all = new List<object>();
            foreach (Message message in looped)
            {
                all.Add(message.Value);
            }
            Check.Equal("a loop", string.Join(",", all), "3,4");
        }
    }

    private static void Drop(object value) => GC.KeepAlive(value);

    /// <summary>Again where the one who looks was inside.</summary>
    private static async Task<Message> ReceiveBesideOthers(Receiver receiver)
    {
        for (;;)
        {
            try
            {
                return await receiver.ReceiveAsync(Soon);
            }
            catch (SipcRetryException busy) when (busy.Status == Status.Busy)
            {
                continue;
            }
        }
    }

    /// <summary>The thread that waits is inside: the other one is BUSY, until it is not.</summary>
    private static void Threads()
    {
        using (Receiver receiver = new Receiver("threads"))
        {
            Task<Message> waiting = ReceiveBesideOthers(receiver);
            bool isBusy = false;
            DateTime end = DateTime.UtcNow + Soon;
            while (!isBusy && DateTime.UtcNow < end)
            {
                try
                {
                    receiver.Receive(TimeSpan.Zero);
                }
                catch (SipcTimeoutException)
                {
                    Thread.Yield();
                }
                catch (SipcRetryException busy)
                {
                    isBusy = busy.Status == Status.Busy;
                }
            }
            Check.Equal("busy", isBusy, true);
            GC.Collect(); // which sends signals to the thread that waits
            Ipc.Send("threads", "late");
            using (Message message = waiting.Result)
            {
                Check.Equal("async", message.Value, "late");
            }
        }
    }

    private static void Waits()
    {
        using (Receiver receiver = new Receiver("waits"))
        using (Waiter waiter = new Waiter("bell"))
        {
            CancellationTokenSource source = new CancellationTokenSource(50);
            Check.Throws<OperationCanceledException>("cancelled",
                () => receiver.Receive(null, source.Token));
            source = new CancellationTokenSource(50);
            Check.Throws<OperationCanceledException>("one call cancelled",
                () => Ipc.Receive("waits", null, source.Token));
            source = new CancellationTokenSource(50);
            Task<Message> task = receiver.ReceiveAsync(null, source.Token);
            Check.Throws<AggregateException>("a task cancelled", task.Wait);
            Check.Equal("its state", task.IsCanceled, true);
            receiver.Interrupt();
            SipcException end = Check.Throws<SipcRetryException>("interrupted",
                () => receiver.Receive(Soon));
            Check.Equal("its status", end.Status, Status.Interrupted);
            Check.Throws<SipcTimeoutException>("timed out",
                () => Ipc.WaitAny(TimeSpan.Zero, receiver, waiter));
            Ipc.Notify("bell");
            Check.Equal("one of several", Ipc.WaitAny(Soon, receiver, waiter), waiter);
            Check.Equal("count", waiter.Wait(Soon), 1UL);
            Check.Equal("descriptor", waiter.Descriptor > 2, true);
            Check.Throws<SipcMisuseException>("on none", () => Ipc.WaitAny(Soon));
        }
    }

    /// <summary>As await foreach does, which the compiler of Mono does not know.</summary>
    private static void AsyncLoop()
    {
        Options brief = new Options { Timeout = TimeSpan.FromMilliseconds(50) };
        using (Receiver receiver = new Receiver("async", brief))
        {
            Ipc.Send("async", 1);
            Ipc.Send("async", 2);
            Check.Equal("an async loop", string.Join(",", AsyncValues(receiver).Result), "1,2");
        }
        using (Receiver receiver = new Receiver("async"))
        {
            CancellationTokenSource source = new CancellationTokenSource(50);
            IAsyncEnumerator<Message> loop = receiver.GetAsyncEnumerator(source.Token);
            Task<bool> next = loop.MoveNextAsync().AsTask();
            Check.Throws<AggregateException>("an async loop cancelled", next.Wait);
            Check.Equal("as such", next.IsCanceled, true);
        }
    }

    private static async Task<List<object>> AsyncValues(Receiver receiver)
    {
        List<object> all = new List<object>();
        IAsyncEnumerator<Message> loop = receiver.GetAsyncEnumerator();
        while (await loop.MoveNextAsync())
        {
            all.Add(loop.Current.Value);
        }
        await loop.DisposeAsync();
        return all;
    }

    private static void Patterns()
    {
        using (Setter setter = new Setter("state"))
        using (Watcher watcher = new Watcher("state"))
        {
            Check.Equal("first", setter.SetFirst(1), true);
            Check.Equal("not first", setter.SetFirst(2), false);
            using (Message message = watcher.Get(Soon))
            {
                Check.Equal("same", setter.SetIf(3, message.Sequence), true);
                Check.Equal("other", setter.SetIf(4, message.Sequence), false);
            }
        }
        using (Lock one = new Lock("turn"))
        using (Lock two = new Lock("turn"))
        {
            Lock.Held held = one.Acquire(Soon);
            Check.Equal("taken", two.TryAcquire(), false);
            held.Dispose();
            held.Dispose();
            Check.Equal("free", two.TryAcquire(), true);
            Check.Throws<SipcMisuseException>("not locked", one.Release);
        }
        using (PeerWatcher watcher = new PeerWatcher("presence"))
        using (Sender sender = new Sender("presence"))
        using (Message message = watcher.Receive(Soon))
        {
            Check.Equal("language", message.As<Map>()["language"], "csharp");
            Check.Equal("peers", Ipc.Peers("presence").Count, 1);
        }
        Check.Equal("a clock", Ipc.NowNs > 0, true);
    }

    private static void Services()
    {
        using (Server server = new Server("service"))
        using (Client client = new Client("service", new Options { Timeout = Soon }))
        {
            server.On("add", r => r.Arg<long>(0) + r.Arg<long>(1), new[] { "a", "b" }, true);
            server.On("raise", r => { throw new InvalidOperationException("broken"); });
            server.On("refuse", r => { throw new ServiceException(7, "no", 1); });
            server.On("odd", r => new object());
            Thread thread = new Thread(() => server.Serve());
            thread.Start();
            Check.Equal("a result", client.Call("add", 1, 2), 3L);
            ServiceException raised = Check.Throws<ServiceException>("a handler that throws",
                () => client.Call("raise"));
            Check.Equal("its code", raised.Code, ServiceException.Broken);
            ServiceException refused = Check.Throws<ServiceException>("a refusal",
                () => client.Call("refuse"));
            Check.Equal("its data", refused.Code + " " + refused.Details, "7 1");
            Check.Throws<ServiceException>("no value", () => client.Call("odd"));
            ServiceException args = Check.Throws<ServiceException>("a wrong argument",
                () => client.Call("add", "x"));
            Check.Equal("bad arguments", args.Code, ServiceException.BadArguments);
            ServiceException none = Check.Throws<ServiceException>("no method",
                () => client.Call("none"));
            Check.Equal("no such method", none.Code, ServiceException.NoSuchMethod);
            Check.Equal("it goes on", client.Start("add", new[] { 2, 3 }).ResultAsync().Result, 5L);
            Check.Equal("offers", client.Offers().Count, 4);
            client.Post("add", new[] { 1, 1 });
            server.Interrupt();
            Check.Equal("it ends", thread.Join(Soon), true);
        }
    }

    private static void Streams()
    {
        using (Server server = new Server("streams"))
        using (Client client = new Client("streams", new Options { Timeout = Soon }))
        {
            Call call = client.Start("count");
            using (Request request = server.Receive(Soon))
            {
                request.Push(1);
                request.Push(2);
                request.Reply("end");
            }
            Check.Equal("a stream", string.Join(",", call.Replies()), "1,2,end");
            Call unwanted = client.Start("count");
            using (Request request = server.Receive(Soon))
            {
                unwanted.Dispose();
                unwanted.Dispose();
                Check.Equal("cancelled", request.IsCancelled, true);
            }
            Call unanswered = client.Start("count");
            server.Receive(Soon).Dispose();
            Check.Throws<ServiceException>("unanswered", () => unanswered.Result());
        }
    }
}
