/// The interop driver: one command per line on stdin, one answer per line on stdout. The protocol
/// is in testing/interop; values become those of D and back.
module driver;

import core.stdc.signal : raise, SIGABRT;
import core.memory : GC;
import core.thread : Thread;
import core.time;
import notation;
import std.array : replace, split;
import std.bigint : BigInt;
import std.conv : to;
import std.exception : enforce;
import std.format : format;
import std.stdio;
import ipc = simpleipc;

enum room = 10.seconds; // how long a put waits for it
ipc.Handle[string] handles;
ipc.Message held; // of `hold`, until the next one
ipc.Request request; // of `serve`, until it is answered
ipc.Call[string] calls;

T handle(T)(string id)
{
    auto found = cast(T) handles.get(id, null);
    if (!found)
        throw new Exception("no handle " ~ id ~ " for that");
    return found;
}

Duration milliseconds(string word) { return word.to!long.msecs; }

string answer(string[] words)
{
    switch (words[0])
    {
    case "hello": return "ok d " ~ ipc.libraryVersion;
    case "open": handles[words[1]] = open(words[2], words[3], words[4 .. $]); return "ok";
    case "put": return put(words);
    case "loan": return loan(words[1], read(words[2]));
    case "once": return once(words[1 .. $]);
    case "take":
        held = held.init;
        auto message = handle!(ipc.Consumer)(words[1]).receive(words[2].milliseconds);
        return describe(message);
    case "hold":
        held = held.init;
        held = handle!(ipc.Consumer)(words[1]).receive(words[2].milliseconds);
        return describe(held);
    case "get":
        auto message = handle!(ipc.Watcher)(words[1]).get(words[2].milliseconds);
        return describe(message);
    case "put_if":
        handle!(ipc.Setter)(words[1]).setIf(read(words[2]),
                words[3] == "new" ? ipc.Setter.noValue : words[3].to!ulong, room);
        return "ok";
    case "notify": handle!(ipc.Notifier)(words[1]).notify(); return "ok";
    case "wait":
        return format!"count %d"(handle!(ipc.Waiter)(words[1]).wait(words[2].milliseconds));
    case "lock":
        auto lock = handle!(ipc.Lock)(words[1]);
        lock.lock(words[2].milliseconds);
        return format!"ok abandoned=%d"(lock.abandoned != 0);
    case "unlock": handle!(ipc.Lock)(words[1]).unlock(); return "ok";
    case "call": return call(handle!(ipc.Client)(words[1]), words[2 .. $]);
    case "result":
        try
        {
            auto reply = calls[words[2]].next(words[3].milliseconds);
            return format!"reply %s more=%d"(show(reply.value), reply.more);
        }
        catch (ipc.ServiceException error)
            return format!"failed %d %s %s"(error.code, show(ipc.Value(error.msg)),
                    show(error.data));
    case "cancel": calls[words[2]].cancel(); return "ok";
    case "serve":
        request = request.init;
        request = handle!(ipc.Server)(words[1]).receive(words[2].milliseconds);
        return format!"request %s %s oneway=%d"(request.method, show(request.args), request.oneWay);
    case "reply":
        if (words.length > 2)
            request.push(read(words[1]));
        else
        {
            request.reply(read(words[1]));
            request = request.init;
        }
        return "ok";
    case "fail":
        request.fail(words[1].to!long, read(words[2]).get!string, read(words[3]));
        request = request.init;
        return "ok";
    case "cancelled": return format!"cancelled %d"(request.cancelled);
    case "start":
        string[] args;
        foreach (arg; read(words[4]).get!(ipc.Value[]))
            args ~= arg.get!string;
        auto plugin = ipc.Plugin(words[2], read(words[3]).get!string, args, words[5].to!uint);
        handle!(ipc.Host)(words[1]).start(plugin);
        return "ok";
    case "stop": handle!(ipc.Host)(words[1]).stop(words[2]); return "ok";
    case "event": return event(handle!(ipc.Host)(words[1]).event(words[2].milliseconds));
    case "peer":
        auto told = handle!(ipc.PeerWatcher)(words[1]).event(words[2].milliseconds);
        return format!"peer %s %s %s %d"(told.isUp ? "up" : "down", told.peer.role,
                told.peer.language, told.peer.pid);
    case "puts", "loans", "takes", "calls", "serves": return repeat(words);
    case "misuse": return misuse(words[1], words[2]);
    case "close":
        handle!(ipc.Handle)(words[1]).close();
        handles.remove(words[1]);
        return "ok";
    case "quit": return "ok";
    default: throw new Exception("no command " ~ words[0]);
    }
}

ipc.Handle open(string role, string name, string[] words)
{
    ipc.Options options;
    foreach (word; words)
    {
        auto parts = word.split('=');
        switch (parts[0])
        {
        case "lossless": options.lossless = true; break;
        case "latest": options.latest = true; break;
        case "history": options.history = parts[1].to!uint; break;
        case "depth": options.depth = parts[1].to!uint; break;
        case "permits": options.permits = parts[1].to!uint; break;
        default: throw new Exception("no option " ~ word);
        }
    }
    switch (role)
    {
    case "publish": return new ipc.Publisher(name, options);
    case "subscribe": return new ipc.Subscriber(name, options);
    case "send": return new ipc.Sender(name, options);
    case "receive": return new ipc.Receiver(name, options);
    case "set": return new ipc.Setter(name, options);
    case "watch": return new ipc.Watcher(name, options);
    case "notify": return new ipc.Notifier(name, options);
    case "wait": return new ipc.Waiter(name, options);
    case "lock": return new ipc.Lock(name, options);
    case "call": return new ipc.Client(name, options);
    case "serve": return new ipc.Server(name, options);
    case "host": return new ipc.Host(name, options);
    case "peers": return new ipc.PeerWatcher(name, options);
    default: throw new Exception("no role " ~ role);
    }
}

string put(string[] words)
{
    auto one = handle!(ipc.Producer)(words[1]);
    auto value = read(words[2]);
    immutable capture = words.length > 3 ? words[3]["capture=".length .. $].to!long : 0;
    if (auto publisher = cast(ipc.Publisher) one)
        publisher.publish(value, capture, room);
    else if (auto sender = cast(ipc.Sender) one)
        sender.send(value, capture, room);
    else
        handle!(ipc.Setter)(words[1]).set(value, capture, room);
    return "ok";
}

string loan(string id, ipc.Value value)
{
    auto one = handle!(ipc.Producer)(id);
    if (value.kind == ipc.Kind.bytes)
    {
        auto data = value.get!(const(ubyte)[]);
        auto lent = one.loan(data.length);
        lent.data[] = data;
        lent.put(0, room);
    }
    else
    {
        auto tensor = value.get!(ipc.Tensor);
        auto lent = one.loan(tensor.dtype, tensor.shape, tensor.format);
        lent.data[] = tensor.data;
        lent.put(0, room);
    }
    return "ok";
}

string once(string[] words)
{
    switch (words[0])
    {
    case "send": ipc.send(words[1], read(words[2])); return "ok";
    case "publish": ipc.publish(words[1], read(words[2])); return "ok";
    case "set": ipc.set(words[1], read(words[2])); return "ok";
    case "notify": ipc.notify(words[1]); return "ok";
    case "get":
        auto message = ipc.get(words[1], words[2].milliseconds);
        return describe(message);
    case "wait": return format!"count %d"(ipc.wait(words[1], words[2].milliseconds));
    default: throw new Exception("no one-call function " ~ words[0]);
    }
}

string describe(ref ipc.Message m)
{
    immutable isAged = m.publishTimeNs > 0 && m.publishTimeNs <= m.receiveTimeNs;
    return format!"value %s seq=%d missed=%d redelivered=%d capture=%d aged=%d"(show(m.value),
            m.sequence, m.missed, m.redelivered, m.captureTimeNs, isAged);
}

string call(ipc.Client client, string[] words)
{
    auto args = read(words[1]);
    if (words[$ - 1] == "oneway")
    {
        client.send(words[0], args[0]);
        return "call 0";
    }
    immutable number = (calls.length + 1).to!string;
    calls[number] = client.start(words[0], args, words[$ - 1] == "idempotent");
    return "call " ~ number;
}

string event(ipc.Event event)
{
    immutable keys = [
        "failed": "text", "ready": "methods", "ended": "code", "killed": "signal",
        "restarting": "after_ms"
    ];
    auto fact = event.event == "output" ? ipc.Value([event.told["stream"], event.told["text"]])
        : event.told[keys.get(event.event, "nothing")];
    return format!"event %s %s %s"(event.event, event.plugin, show(fact));
}

/// The plurals: the same verb many times, in loops that are measured from outside.
string repeat(string[] words)
{
    immutable id = words[1];
    immutable count = words[$ - 1].to!ulong;
    switch (words[0])
    {
    case "puts":
        auto sender = handle!(ipc.Sender)(id);
        auto value = read(words[2]);
        foreach (turn; 0 .. count)
            sender.send(value, 0, room);
        return "ok";
    case "loans":
        return lend(handle!(ipc.Sender)(id), [words[2].to!size_t, words[3].to!size_t, 3], count);
    case "takes": return format!"sum %d"(takeMany(handle!(ipc.Receiver)(id), count));
    case "calls": return format!"sum %d"(callMany(handle!(ipc.Client)(id), count));
    default: return serveMany(handle!(ipc.Server)(id), count);
    }
}

/// Of each frame only the ends are written: what it costs to fill is not the library's.
string lend(ipc.Sender sender, size_t[] shape, ulong count)
{
    foreach (turn; 0 .. count)
    {
        auto lent = sender.loan(ipc.Dtype.u8, shape, null, room);
        auto pixels = lent.data;
        pixels[0] = 1;
        pixels[$ - 1] = 2;
        lent.put(0, room);
    }
    return "ok";
}

/// Adds up sequence numbers and both ends of the data.
ulong takeMany(ipc.Receiver receiver, ulong count)
{
    ulong sum;
    foreach (turn; 0 .. count)
    {
        auto message = receiver.receive(room);
        auto value = message.value;
        auto data = value.kind == ipc.Kind.tensor ? value.get!(ipc.Tensor).data
            : value.get!(const(ubyte)[]);
        sum += message.sequence + data[0] + data[$ - 1];
    }
    return sum;
}

/// Adds up the results of `add`.
long callMany(ipc.Client client, ulong count)
{
    long sum;
    foreach (turn; 0 .. count)
        sum += client.call("add", 2, 3).value.get!long;
    return sum;
}

string serveMany(ipc.Server server, ulong count)
{
    foreach (turn; 0 .. count)
    {
        auto asked = server.receive(room);
        asked.reply(asked.args[0].get!long + asked.args[1].get!long);
    }
    return "ok";
}

/// The answer to work that has to throw.
string refused(scope void delegate() work)
{
    try
        work();
    catch (Exception error)
        return "refused " ~ error.msg;
    return "ok";
}

string misuse(string kind, string id)
{
    switch (kind)
    {
    case "type":
        static assert(!__traits(compiles, (ipc.Sender sender) { sender.send(() => 1); }));
        return "impossible what converts into no Value does not compile";
    case "range":
        static assert(!__traits(compiles, (ipc.Sender sender) { sender.send(BigInt(1)); }));
        return "impossible an integer of more than 64 bits does not compile";
    case "text": return refused({ handle!(ipc.Sender)(id).send("caf\xe9"); });
    case "closed":
        return refused({
            auto sender = new ipc.Sender(id);
            sender.close();
            sender.close();
            sender.send(1);
        });
    case "thread": return useFromTwoThreads(handle!(ipc.Receiver)(id));
    case "forgotten":
        handle!(ipc.Receiver)(id).receive(10.seconds);
        GC.collect();
        return "ok";
    case "handler":
        auto server = handle!(ipc.Server)(id);
        server.on("boom", (ref ipc.Request request) {
            server.interrupt();
            enforce(false, "boom");
            return ipc.Value(null);
        });
        server.serve();
        return "ok";
    default: throw new Exception("no misuse " ~ kind);
    }
}

string useFromTwoThreads(ipc.Receiver receiver)
{
    auto waiting = new Thread({
        for (;;)
            try
                receiver.receive();
            catch (ipc.RetryException error)
                if (error.status != ipc.SIPC_BUSY) // which it is while the other one looks
                    break;
    }).start();
    auto answer = refused({
        for (;;)
            try
                receiver.receive(Duration.zero);
            catch (ipc.TimeoutException)
                Thread.yield();
    });
    receiver.interrupt();
    waiting.join();
    return answer;
}

/// Serves `add` and `crash`, until its host ends it.
void bePlugin()
{
    writeln("hello from d");
    stdout.flush();
    auto server = ipc.Server.plugin;
    server.on("add", (ref ipc.Request request) => ipc.Value(
            request.args[0].get!long + request.args[1].get!long));
    server.on("crash", (ref ipc.Request request) {
        raise(SIGABRT);
        return ipc.Value(null);
    });
    server.serve();
}

void main(string[] arguments)
{
    if (arguments.length > 1)
        return bePlugin();
    foreach (line; stdin.byLineCopy)
    {
        string told;
        try
            told = answer(line.split(' '));
        catch (ipc.SipcException error)
            told = format!"error %d %s"(error.status, error.msg);
        catch (Exception error)
            told = format!"error %d %s"(ipc.SIPC_BAD_ARGUMENT, error.msg);
        writeln(told.replace("\n", " "));
        stdout.flush();
        if (line == "quit")
            break;
    }
}
