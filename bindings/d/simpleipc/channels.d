/// Handles of queues, topics, states, signals and locks, and the messages they give.
module simpleipc.channels;

import core.time;
import simpleipc.errors;
import simpleipc.generated;
import simpleipc.handle;
import simpleipc.values;

/// What was taken. It is released at the end of its scope, and with it its memory goes: what
/// `data` and tensors of `value` look at.
struct Message
{
    package sipc_message raw;

    @disable this(this);

    ~this() { release(); }

    /// Lets go of it before that and, in a queue, reports it done.
    void release()
    {
        sipc_release(&raw);
        raw.value = sipc_value.init;
    }

    Value value() { return decode(raw.value); } /// Null once it is released.

    /// Text, bytes, an opaque value or a tensor where it lies, without a copy.
    const(ubyte)[] data() const { return dataOf(raw.value); }

    ulong sequence() const { return raw.sequence; } /// grows by one with each of one sender
    ulong sender() const { return raw.sender; } /// identifies the sending handle
    ulong missed() const { return raw.missed; } /// how many this subscriber has lost before it
    bool redelivered() const { return (raw.flags & SIPC_MESSAGE_REDELIVERED) != 0; } ///
    bool more() const { return (raw.flags & SIPC_MESSAGE_MORE) != 0; } /// replies follow
    long captureTimeNs() const { return raw.value.capture_time_ns; } ///
    long publishTimeNs() const { return raw.publish_time_ns; } ///
    long receiveTimeNs() const { return raw.receive_time_ns; } ///
    Duration age() const { return nsecs(raw.receive_time_ns - raw.publish_time_ns); } ///
}

/// A buffer inside a channel: fill it, then put it, and nothing is copied. At the end of its scope
/// it is given back if it was not put.
struct Loan
{
    private Handle handle;
    private sipc_channel channel;
    private sipc_value raw;
    private string format;

    @disable this(this);

    ~this() { cancel(); }

    /// The buffer, 64-byte aligned; null once it is put or given back.
    ubyte[] data()
    {
        return handle && raw.len ? (cast(ubyte*) raw.data)[0 .. raw.len] : null;
    }

    /// The same as elements of a type of the tensor's size.
    T[] elements(T)()
    {
        if (raw.dtype != dtypeOf!T)
            throw misuse("the loan has other elements", SIPC_BAD_ARGUMENT);
        return cast(T[]) data;
    }

    /// Publishes, sends or sets it.
    void put(long captureTimeNs = 0, Duration timeout = forever)
    {
        if (!handle)
            throw misuse("the loan was put or given back already");
        raw.capture_time_ns = captureTimeNs;
        sipc_error error;
        handle.wait(timeout, error, left => sipc_put(handle.channel, &raw, left, &error));
        handle = null;
    }

    /// Gives it back, if another thread waits in the handle just then, a little later.
    void cancel()
    {
        if (handle)
            Handle.giveBack(handle, channel, &unloan, cast(size_t) raw.data);
        handle = null;
    }
}

private extern (C) int unloan(sipc_channel channel, ulong data) nothrow @nogc
{
    return sipc_unloan(channel, cast(void*) cast(size_t) data);
}

abstract class Producer : Handle
{
    package this(string name, uint role, Options options) { super(name, role, options); }

    package void put(const Value value, long captureTimeNs, Duration timeout)
    {
        sipc_value raw;
        sipc_error error;
        value.encode(raw);
        raw.capture_time_ns = captureTimeNs;
        wait(timeout, error, left => sipc_put(channel, &raw, left, &error));
    }

    /// Lends a buffer for a tensor.
    Loan loan(Dtype dtype, size_t[] shape, string format = null, Duration timeout = forever)
    {
        sipc_value raw;
        putShape(raw, dtype, shape, format);
        return lend(raw, format, timeout);
    }

    /// Lends a buffer of so many bytes.
    Loan loan(size_t bytes, Duration timeout = forever)
    {
        sipc_value raw;
        raw.kind = Kind.bytes;
        raw.len = bytes;
        return lend(raw, null, timeout);
    }

    private Loan lend(ref sipc_value raw, string format, Duration timeout)
    {
        sipc_error error;
        wait(timeout, error, left => sipc_loan(channel, &raw, left, &error));
        Loan loan;
        loan.raw = raw;
        loan.format = format; // to which the label points
        loan.handle = this;
        loan.channel = channel;
        return loan;
    }
}

/// Puts messages on a topic: every subscriber gets each.
final class Publisher : Producer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_PUBLISH, options); }

    /// Publishes a copy of a value; waits only for lossless subscribers.
    void publish(T)(T value, long captureTimeNs = 0, Duration timeout = forever)
    {
        put(Value(value), captureTimeNs, timeout);
    }
}

/// Puts messages into a queue: one receiver gets each.
final class Sender : Producer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_SEND, options); }

    /// Sends a copy of a value; waits for room.
    void send(T)(T value, long captureTimeNs = 0, Duration timeout = forever)
    {
        put(Value(value), captureTimeNs, timeout);
    }
}

/// Sets a state: each value replaces the one before.
final class Setter : Producer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_SET, options); }

    /// Sets a copy of a value.
    void set(T)(T value, long captureTimeNs = 0, Duration timeout = forever)
    {
        put(Value(value), captureTimeNs, timeout);
    }

    /// The sequence of a state that has no value yet.
    enum ulong noValue = ulong.max;

    /// Sets it if its value still has this sequence; else it is a RetryException (SIPC_CONFLICT).
    void setIf(T)(T value, ulong expected, Duration timeout = forever)
    {
        sipc_value raw;
        sipc_error error;
        Value(value).encode(raw);
        wait(timeout, error, left => sipc_put_if(channel, &raw, expected, left, &error));
    }
}

abstract class Consumer : Handle
{
    package this(string name, uint role, Options options, bool isPlugin = false)
    {
        super(name, role, options, isPlugin);
    }

    /// Takes the next message.
    Message receive(Duration timeout = forever)
    {
        Message message;
        sipc_error error;
        wait(timeout, error, left => sipc_take(channel, left, &message.raw, &error));
        return message;
    }

    /// For a loop, which ends when the handle is interrupted or closed.
    int opApply(scope int delegate(ref Message) body_)
    {
        for (;;)
        {
            Message message;
            sipc_error error;
            immutable status = waited(forever,
                    left => sipc_take(channel, left, &message.raw, &error));
            if (status == SIPC_INTERRUPTED || status == SIPC_CLOSED)
                return 0;
            check(status, error);
            if (auto result = body_(message))
                return result;
        }
    }
}

/// Takes the messages of a topic.
final class Subscriber : Consumer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_SUBSCRIBE, options); }
}

/// Takes messages out of a queue.
final class Receiver : Consumer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_RECEIVE, options); }
}

/// Takes values of a state that it has not taken yet.
final class Watcher : Consumer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_WATCH, options); }

    /// The value as it is now; waits only for a first one.
    Message get(Duration timeout = forever)
    {
        Message message;
        sipc_error error;
        wait(timeout, error, left => sipc_current(channel, left, &message.raw, &error));
        return message;
    }
}

/// Says that something has happened.
final class Notifier : Producer
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_NOTIFY, options); }

    /// To all who wait, or have the signal open to wait.
    void notify() { put(Value(null), 0, forever); }
}

/// Waits for a signal.
final class Waiter : Handle
{
    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_WAIT, options); }

    /// Waits until it happens; how many times since the last time.
    ulong wait(Duration timeout = forever)
    {
        sipc_message raw;
        sipc_error error;
        super.wait(timeout, error, left => sipc_take(channel, left, &raw, &error));
        return raw.value.u;
    }
}

/// Has one owner at a time, or with Options.permits a few. Free at once when one dies.
final class Lock : Handle
{
    /// The process that died holding it, if its last owner did; else 0.
    ulong abandoned;

    this(string name, Options options = Options.init) { super(name, SIPC_ROLE_LOCK, options); }

    /// Waits until it is this handle's.
    void lock(Duration timeout = forever)
    {
        abandoned = 0;
        sipc_error error;
        wait(timeout, error, left => sipc_lock(channel, left, &abandoned, &error));
    }

    /// Gives it back.
    void unlock()
    {
        sipc_error error;
        check(sipc_unlock(channel, &error), error);
    }
}
