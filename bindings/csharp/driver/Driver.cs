using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using SimpleIpc;

/// <summary>The C# side of testing/interop: a command a line in, an answer a line out.</summary>
internal sealed class Driver
{
    private const int SigAbrt = 6;
    private static readonly TimeSpan Room = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Handle> handles = new Dictionary<string, Handle>();
    private readonly Dictionary<string, Call> calls = new Dictionary<string, Call>();
    private Message held;
    private Request request;

    [DllImport("libc.so.6")]
    private static extern void abort();

    [DllImport("libc.so.6")]
    private static extern IntPtr signal(int number, IntPtr handler);

    private static void Main(string[] args)
    {
        if (args.Length > 0 && args[0] == "plugin")
        {
            BePlugin();
            return;
        }
        Driver driver = new Driver();
        Stream output = Console.OpenStandardOutput();
        string line = Console.In.ReadLine();
        while (line != null)
        {
            byte[] answer = new UTF8Encoding(false).GetBytes(driver.Answer(line) + "\n");
            output.Write(answer, 0, answer.Length);
            output.Flush();
            line = line == "quit" ? null : Console.In.ReadLine();
        }
    }

    /// <summary>Serves add and crash, until its host ends it.</summary>
    private static void BePlugin()
    {
        Console.WriteLine("hello from csharp");
        using (Server server = Server.Plugin())
        {
            server.On("add", call => call.Arg<long>(0) + call.Arg<long>(1));
            server.On("crash", call =>
            {
                signal(SigAbrt, IntPtr.Zero); // Mono's handler would write a report to a file
                abort();
                return null;
            });
            server.Serve();
        }
    }

    private string Answer(string line)
    {
        string[] all = line.Split(' ');
        string[] words = new string[all.Length - 1];
        Array.Copy(all, 1, words, 0, words.Length);
        try
        {
            return Act(all[0], words) ?? ServiceAct(all[0], words);
        }
        catch (ServiceException refusal)
        {
            return "failed " + refusal.Code + " " + Notation.Print(refusal.Message) + " "
                + Notation.Print(refusal.Details);
        }
        catch (SipcException error)
        {
            return "error " + (int)error.Status + " " + error.Message;
        }
        catch (Exception error)
        {
            return "error " + (int)Status.BadArgument + " " + error.ToString().Replace('\n', ' ');
        }
    }

    private string Act(string command, string[] words)
    {
        switch (command)
        {
            case "hello":
                return "ok csharp " + Ipc.Version;
            case "open":
                handles[words[0]] = Open(words[1], words[2], words);
                return "ok";
            case "put":
                Put(handles[words[0]], Notation.Read(words[1]),
                    words.Length > 2 ? long.Parse(words[2].Substring("capture=".Length)) : 0);
                return "ok";
            case "loan":
                return Lend((Producer)handles[words[0]], Notation.Read(words[1]));
            case "once":
                return Once(words[0], words[1], words.Length > 2 ? words[2] : null);
            case "take":
            case "hold":
                return Take(command, (Consumer)handles[words[0]], Milliseconds(words[1]));
            case "puts":
            case "loans":
            case "takes":
            case "calls":
            case "serves":
                return Loops.Repeat(command, handles[words[0]], words);
            case "get":
                return Describe(((Watcher)handles[words[0]]).Get(Milliseconds(words[1])));
            case "put_if":
                return PutIf((Setter)handles[words[0]], Notation.Read(words[1]), words[2]);
            case "notify":
                ((Notifier)handles[words[0]]).Notify();
                return "ok";
            case "wait":
                return "count " + ((Waiter)handles[words[0]]).Wait(Milliseconds(words[1]));
            case "lock":
                Lock.Held got = ((Lock)handles[words[0]]).Acquire(Milliseconds(words[1]));
                return "ok abandoned=" + Flag(got.AbandonedPid != 0);
            case "unlock":
                ((Lock)handles[words[0]]).Release();
                return "ok";
            case "misuse":
                handles.TryGetValue(words[1], out Handle misused);
                return Misuse.Do(words[0], misused, words[1]);
            case "close":
                handles[words[0]].Dispose();
                handles.Remove(words[0]);
                return "ok";
            case "quit":
                foreach (Handle handle in handles.Values)
                {
                    handle.Dispose();
                }
                return "ok";
            default:
                return null;
        }
    }

    private string ServiceAct(string command, string[] words)
    {
        switch (command)
        {
            case "call":
                return Start((Client)handles[words[0]], words);
            case "result":
                using (Message reply = calls[words[1]].Reply(Milliseconds(words[2])))
                {
                    return "reply " + Notation.Print(reply.Value) + " more=" + Flag(reply.HasMore);
                }
            case "cancel":
                calls[words[1]].Cancel();
                return "ok";
            case "serve":
                request?.Dispose();
                request = ((Server)handles[words[0]]).Receive(Milliseconds(words[1]));
                return "request " + request.Method + " " + Notation.Print(request.Args)
                    + " oneway=" + Flag(request.IsOneWay);
            case "reply":
                if (words.Length > 1)
                {
                    request.Push(Notation.Read(words[0]));
                    return "ok";
                }
                request.Reply(Notation.Read(words[0]));
                request.Dispose();
                return "ok";
            case "fail":
                request.Fail(long.Parse(words[0]), (string)Notation.Read(words[1]),
                    Notation.Read(words[2]));
                request.Dispose();
                return "ok";
            case "cancelled":
                return "cancelled " + Flag(request.IsCancelled);
            case "start":
                List<object> args = (List<object>)Notation.Read(words[3]);
                ((Host)handles[words[0]]).Start(words[1], (string)Notation.Read(words[2]),
                    args.ConvertAll(arg => (string)arg).ToArray(), int.Parse(words[4]));
                return "ok";
            case "stop":
                ((Host)handles[words[0]]).Stop(words[1]);
                return "ok";
            case "event":
                return Event((Host)handles[words[0]], Milliseconds(words[1]));
            case "peer":
                PeerWatcher watcher = (PeerWatcher)handles[words[0]];
                using (Message message = watcher.Receive(Milliseconds(words[1])))
                {
                    Map peer = message.As<Map>();
                    return "peer " + peer["event"] + " " + peer["role"] + " " + peer["language"]
                        + " " + peer["pid"];
                }
            default:
                throw new ArgumentException("there is no command " + command);
        }
    }

    private static Handle Open(string role, string name, string[] words)
    {
        Options options = new Options();
        for (int index = 3; index < words.Length; index++)
        {
            string[] parts = words[index].Split('=');
            uint number = parts.Length > 1 ? uint.Parse(parts[1]) : 0;
            options.Lossless |= parts[0] == "lossless";
            options.Latest |= parts[0] == "latest";
            options.History = parts[0] == "history" ? number : options.History;
            options.Depth = parts[0] == "depth" ? number : options.Depth;
            options.Permits = parts[0] == "permits" ? number : options.Permits;
        }
        switch (role)
        {
            case "publish":
                return new Publisher(name, options);
            case "subscribe":
                return new Subscriber(name, options);
            case "send":
                return new Sender(name, options);
            case "receive":
                return new Receiver(name, options);
            case "set":
                options.Timeout = Room;
                return new Setter(name, options);
            case "watch":
                return new Watcher(name, options);
            case "notify":
                return new Notifier(name, options);
            case "wait":
                return new Waiter(name, options);
            case "lock":
                return new Lock(name, options);
            case "call":
                return new Client(name, options);
            case "serve":
                return new Server(name, options);
            case "host":
                return new Host(name, options);
            case "peers":
                return new PeerWatcher(name, options);
            default:
                throw new ArgumentException("there is no role " + role);
        }
    }

    private static void Put(Handle handle, object value, long capture)
    {
        if (handle is Publisher publisher)
        {
            publisher.Publish(value, capture, Room);
        }
        else if (handle is Sender sender)
        {
            sender.Send(value, capture, Room);
        }
        else
        {
            ((Setter)handle).Set(value, capture, Room);
        }
    }

    private static string Lend(Producer producer, object value)
    {
        Tensor tensor = value as Tensor;
        byte[] data = tensor == null ? (byte[])value : tensor.ToArray();
        using (Loan loan = tensor == null
            ? producer.Loan(data.Length)
            : producer.Loan(tensor.Dtype, tensor.Shape, tensor.Format))
        {
            loan.Data.Write(data);
            loan.Put();
        }
        return "ok";
    }

    private static string Once(string verb, string name, string word)
    {
        switch (verb)
        {
            case "send":
                Ipc.Send(name, Notation.Read(word));
                return "ok";
            case "publish":
                Ipc.Publish(name, Notation.Read(word));
                return "ok";
            case "set":
                Ipc.Set(name, Notation.Read(word));
                return "ok";
            case "notify":
                Ipc.Notify(name);
                return "ok";
            case "get":
                return Describe(Ipc.Get(name, Milliseconds(word)));
            case "wait":
                return "count " + Ipc.Wait(name, Milliseconds(word));
            default:
                throw new ArgumentException(verb);
        }
    }

    private string Take(string command, Consumer consumer, TimeSpan timeout)
    {
        held?.Dispose();
        held = null;
        Message message = consumer.Receive(timeout);
        if (command == "take")
        {
            return Describe(message);
        }
        held = message;
        return Facts(message);
    }

    private static string PutIf(Setter setter, object value, string expected)
    {
        bool isSet = expected == "new"
            ? setter.SetFirst(value) : setter.SetIf(value, ulong.Parse(expected));
        return isSet ? "ok" : "error " + (int)Status.Conflict + " the value is another one";
    }

    private string Start(Client client, string[] words)
    {
        object args = Notation.Read(words[2]);
        string manner = words.Length > 3 ? words[3] : "";
        if (manner == "oneway")
        {
            client.Post(words[1], args);
            return "call 0";
        }
        string number = (calls.Count + 1).ToString();
        calls[number] = client.Start(words[1], args, manner == "idempotent");
        return "call " + number;
    }

    private static string Event(Host host, TimeSpan timeout)
    {
        using (Message message = host.Receive(timeout))
        {
            Map map = message.As<Map>();
            return "event " + map["event"] + " " + map["plugin"] + " "
                + Notation.Print(Fact(map));
        }
    }

    private static object Fact(Map map)
    {
        switch ((string)map["event"])
        {
            case "failed":
                return map["text"];
            case "ready":
                return map["methods"];
            case "output":
                return new List<object> { map["stream"], map["text"] };
            case "ended":
                return map["code"];
            case "killed":
                return map["signal"];
            case "restarting":
                return map["after_ms"];
            default:
                return null;
        }
    }

    private static string Describe(Message message)
    {
        using (message)
        {
            return Facts(message);
        }
    }

    private static string Facts(Message message)
    {
        bool isAged = message.PublishTimeNs > 0 && message.PublishTimeNs <= message.ReceiveTimeNs;
        return "value " + Notation.Print(message.Value)
            + " seq=" + message.Sequence
            + " missed=" + message.Missed
            + " redelivered=" + Flag(message.IsRedelivered)
            + " capture=" + message.CaptureTimeNs
            + " aged=" + Flag(isAged);
    }

    private static TimeSpan Milliseconds(string word)
    {
        return TimeSpan.FromMilliseconds(long.Parse(word));
    }

    private static int Flag(bool value) => value ? 1 : 0;
}
