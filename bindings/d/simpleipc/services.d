/// Services, plugins and presence.
module simpleipc.services;

import core.time;
import simpleipc.channels;
import simpleipc.errors;
import simpleipc.generated;
import simpleipc.handle;
import simpleipc.values;

/// Calls the methods of a service; one for each thread.
final class Client : Handle
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_CALL, options); }

    /// Calls a method and waits for its result; what its program says no with is a
    /// ServiceException. One that does not come in time is cancelled.
    Message call(Args...)(string method, Args args)
    {
        return start(method, args.length ? Value.list(args) : Value(null)).result();
    }

    /// Starts a call; up to 64 may be in flight. The arguments are a list, a map or one value.
    Call start(string method, Value args, bool idempotent = false)
    {
        return new Call(this, begin(method, args, idempotent * SIPC_CALL_IDEMPOTENT));
    }

    /// Calls a method and does not ask what becomes of it.
    void send(Args...)(string method, Args args)
    {
        begin(method, args.length ? Value.list(args) : Value(null), SIPC_CALL_ONE_WAY);
    }

    private ulong begin(string method, Value args, uint flags)
    {
        sipc_value raw;
        sipc_error error;
        ulong number;
        args.encode(raw);
        auto text = cstring(method);
        wait(forever, error,
                left => sipc_call(channel, text, &raw, flags, left, &number, &error));
        return number;
    }
}

/// A call in flight.
final class Call
{
    private Client client;
    private ulong number;

    private this(Client client, ulong number)
    {
        this.client = client;
        this.number = number;
    }

    /// The next reply; the last one is without `more`. After a time-out one may ask again.
    Message next(Duration timeout = forever)
    {
        Message message;
        sipc_error error;
        immutable status = client.waited(timeout,
                left => sipc_result(client.channel, number, left, &message.raw, &error));
        if (status == SIPC_FAILED)
        {
            auto said = message.value;
            throw new ServiceException(said["code"].get!long, said["message"].get!string,
                    said["data"]);
        }
        check(status, error);
        return message;
    }

    /// The result, after all other replies. If it does not come in time the call is cancelled.
    Message result(Duration timeout = forever)
    {
        try
            return last(timeout);
        catch (SipcException error)
        {
            if (error.status != SIPC_BUSY) // else another thread asked first: it can be asked again
                Handle.giveBack(client, client.channel, &sipc_cancel, number);
            throw error;
        }
    }

    private Message last(Duration timeout)
    {
        immutable end = timeout == forever ? MonoTime.max : MonoTime.currTime + timeout;
        for (;;)
        {
            auto left = timeout == forever ? forever : end - MonoTime.currTime;
            Message message = next(left.isNegative ? Duration.zero : left);
            if (!message.more)
                return message;
        }
    }

    /// Ends it; a server that works on it learns it. SIPC_BUSY while another thread waits in the
    /// client, and it goes on.
    void cancel() { checkBare(sipc_cancel(client.channel, number)); }
}

/// An error of a server's own program: a handler throws it, and its caller gets it.
class ServiceException : MisuseException
{
    long code; /// the program's own
    Value data; /// any value

    this(long code, string message, Value data = Value(null))
    {
        super(SIPC_FAILED, 0, message);
        this.code = code;
        this.data = data;
    }
}

/// A call that was taken and is to be answered.
struct Request
{
    private Message message;
    string method; ///
    Value args; /// a list, a map, one value or null

    @disable this(this);

    void reply(T)(T value) { answer(Value(value), 0); } /// With the result.
    void push(T)(T value) { answer(Value(value), SIPC_REPLY_MORE); } /// One of several replies.

    /// With an error, which is a ServiceException for its caller.
    void fail(long code, string text, Value data = Value(null))
    {
        answer(Value.map("code", code, "message", text, "data", data), SIPC_REPLY_ERROR);
    }

    private void answer(Value value, uint flags)
    {
        sipc_value raw;
        sipc_error error;
        value.encode(raw);
        check(sipc_reply(&message.raw, &raw, flags, &error), error);
    }

    bool cancelled() { return sipc_cancelled(&message.raw) == SIPC_CANCELLED; } /// nobody waits
    bool oneWay() const { return (message.raw.flags & SIPC_MESSAGE_ONE_WAY) != 0; } ///
}

/// Takes the calls of a service and answers them.
final class Server : Handle
{
    alias Handler = Value delegate(ref Request); ///

    private Handler[string] handlers;
    private Value[] offer;

    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_SERVE, options); }

    private this(Options options) { super(null, SIPC_ROLE_SERVE, options, true); }

    /// The service that this process is to be as a plugin.
    static Server plugin(Options options = Options.init) { return new Server(options); }

    /// Makes a delegate a method, for serve. What it throws is an error for the caller.
    void on(string method, Handler handler, bool idempotent = false)
    {
        auto offered = offer ~ Value.map("name", method, "idempotent", idempotent);
        sipc_value raw;
        sipc_error error;
        Value(offered).encode(raw);
        check(sipc_describe(channel, &raw, &error), error);
        offer = offered;
        handlers[method] = handler;
    }

    /// The next request; one that goes unanswered is an error for its client.
    Request receive(Duration timeout = forever)
    {
        Request request;
        sipc_error error;
        wait(timeout, error, left => sipc_take(channel, left, &request.message.raw, &error));
        auto call = request.message.value;
        request.method = call[0].get!string;
        request.args = call[1];
        return request;
    }

    /// Answers calls until the handle is interrupted or closed, or none came in time.
    void serve(Duration timeout = forever)
    {
        for (;;)
        {
            try
            {
                auto request = receive(timeout);
                answer(request);
            }
            catch (SipcException error)
            {
                if (error.status == SIPC_TIMEOUT || error.status == SIPC_INTERRUPTED
                        || error.status == SIPC_CLOSED)
                    return;
                throw error;
            }
        }
    }

    private void answer(ref Request request)
    {
        enum noSuchMethod = -32_601, broken = -32_603;
        void fail(long code, string text, Value data)
        {
            try
                request.fail(code, text, data);
            catch (SipcException)
            {
            } // its client is gone, or was told by the library
        }

        auto handler = request.method in handlers;
        if (!handler)
            return fail(noSuchMethod, "there is no method " ~ request.method, Value(null));
        try
            request.reply((*handler)(request));
        catch (ServiceException error)
            fail(error.code, error.msg, error.data);
        catch (Exception error)
            fail(broken, typeid(error).name ~ ": " ~ error.msg, Value(null));
    }
}

/// A program that a host is to start.
struct Plugin
{
    string name; ///
    string program; ///
    string[] args; ///
    uint restarts = 3; ///
    Duration within = 60.seconds; ///
    Duration hangAfter; /// none: it may take no call for as long as it likes
}

/// Something that has happened to a plugin: see the page of plugins for what `fact` has.
struct Event
{
    string event; ///
    string plugin; ///
    long pid; ///
    Value told; /// all of it
}

/// Starts programs as plugins and hears what becomes of them.
final class Host : Consumer
{
    private string directory;

    this(string name, Options options = Options.init)
    {
        super(name, SIPC_ROLE_HOST, options);
        directory = options.directory;
    }

    /// Starts a plugin and looks after it.
    void start(Plugin plugin)
    {
        enum second = 1e9;
        auto pairs = Value.map("name", plugin.name, "program", plugin.program, "args", plugin.args,
                "restarts", long(plugin.restarts), "seconds",
                plugin.within.total!"nsecs" / second).get!(Pair[]);
        if (plugin.hangAfter != Duration.zero)
            pairs ~= Pair("hang_after", Value(plugin.hangAfter.total!"nsecs" / second));
        wish(Value(pairs));
    }

    /// Ends a plugin; returns when it has gone.
    void stop(string name) { wish(Value.map("name", name, "stop", true)); }

    private void wish(Value value)
    {
        sipc_value raw;
        sipc_error error;
        value.encode(raw);
        check(sipc_plugin(channel, &raw, &error), error);
    }

    /// A client of a plugin.
    Client client(string plugin)
    {
        Options options = {directory: directory};
        return new Client(name ~ "." ~ plugin, options);
    }

    /// The next event.
    Event event(Duration timeout = forever)
    {
        auto message = receive(timeout);
        auto told = message.value;
        return Event(told["event"].get!string, told["plugin"].get!string, told["pid"].get!long,
                told);
    }
}

/// A handle that somebody has open on a channel.
struct Peer
{
    long pid; ///
    string program; ///
    string language; ///
    string role; /// the verb
    long sinceNs; ///
    long id; /// the sender of its messages
}

private Peer peerOf(Value told)
{
    return Peer(told["pid"].get!long, told["program"].get!string, told["language"].get!string,
            told["role"].get!string, told["since_ns"].get!long, told["id"].get!long);
}

/// Who has a channel open now.
Peer[] peers(string name, Options options = Options.init)
{
    Message message;
    sipc_error error;
    auto raw = rawOf(options);
    check(sipc_peers(cstring(name), &raw, &message.raw, &error), error);
    Peer[] all;
    foreach (told; message.value.get!(Value[]))
        all ~= peerOf(told);
    return all;
}

/// Somebody has come, or gone.
struct PeerEvent
{
    bool isUp; ///
    Peer peer; ///
}

/// Tells who comes and goes on a channel; who is there already comes first.
final class PeerWatcher : Consumer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_PEERS, options); }

    /// The next event.
    PeerEvent event(Duration timeout = forever)
    {
        auto message = receive(timeout);
        auto told = message.value;
        return PeerEvent(told["event"].get!string == "up", peerOf(told));
    }
}
