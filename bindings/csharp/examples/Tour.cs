// Every pattern once, in one program; each part could be in a program of its own.

using System;
using SimpleIpc;

internal static class Tour
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static void Main()
    {
        Options patient = new Options { Timeout = Soon };

        // A queue: each message goes to one receiver.
        Ipc.Send("tour.queue", "hello");
        using (Receiver receiver = new Receiver("tour.queue"))
        {
            using (Message message = receiver.Receive(Soon))
            {
                Console.WriteLine("queue: " + message.Value);
            }
            try
            {
                receiver.Receive(TimeSpan.Zero);
            }
            catch (SipcTimeoutException)
            {
                Console.WriteLine("queue: nothing more");
            }
        }

        // A topic: every subscriber gets every message. The frame is filled where it is read.
        using (Subscriber subscriber = new Subscriber("tour.topic", patient))
        using (Publisher publisher = new Publisher("tour.topic"))
        {
            publisher.Publish(42);
            using (Message message = subscriber.ReceiveAsync().Result)
            {
                Console.WriteLine("topic: " + message.Value);
            }
            using (Loan frame = publisher.Loan(Dtype.U8, new long[] { 4, 6, 3 }, "rgb8"))
            {
                for (long index = 0; index < frame.Data.Length; index++)
                {
                    frame.Data[index] = 7;
                }
                frame.Put(Ipc.NowNs);
            }
            using (Message message = subscriber.Receive())
            {
                Tensor tensor = message.As<Tensor>();
                Console.WriteLine("topic: " + tensor + " " + tensor.Data[0]);
            }
        }

        // A state: the latest value, for whoever comes whenever.
        using (Setter setter = new Setter("tour.state"))
        using (Watcher watcher = new Watcher("tour.state", patient))
        {
            setter.Set(30);
            ulong seen;
            using (Message speed = watcher.Get())
            {
                Console.WriteLine("state: " + speed.Value);
                seen = speed.Sequence;
            }
            bool isSet = setter.SetIf(31, seen); // false if somebody else has set it since
            using (Message speed = watcher.Receive())
            {
                Console.WriteLine("state: " + speed.Value + " " + isSet);
            }
        }

        // A signal: something has happened.
        using (Waiter waiter = new Waiter("tour.signal"))
        {
            Ipc.Notify("tour.signal");
            Console.WriteLine("signal: " + waiter.Wait(Soon));
        }

        // A lock: one owner at a time, and free when it dies.
        using (Lock turn = new Lock("tour.lock"))
        using (Lock.Held held = turn.Acquire(Soon))
        {
            Console.WriteLine("lock: died with it: " + held.AbandonedPid);
        }

        // A service; server.On("add", request => ...) and server.Serve() are the usual way.
        using (Server server = new Server("tour.service"))
        using (Client client = new Client("tour.service"))
        using (Call call = client.Start("add", new object[] { 1, 2 }))
        {
            using (Request request = server.Receive(Soon))
            {
                Console.WriteLine("service: " + request.Method + " of " + request.List.Count);
                request.Reply(request.Arg<long>(0) + request.Arg<long>(1));
            }
            Console.WriteLine("service: " + call.Result(Soon));
        }
    }
}
