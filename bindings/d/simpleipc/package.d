/// SimpleIPC for D: any program talks to any other program on this machine.
///
/// ---
/// import ipc = simpleipc;
/// ipc.send("chat", "hello");                  // one program
/// auto message = ipc.receive("chat");         // another one, in any language
/// ---
module simpleipc;

public import simpleipc.channels;
public import simpleipc.errors;
public import simpleipc.generated;
public import simpleipc.handle;
public import simpleipc.services;
public import simpleipc.values;

import core.stdc.stdio : fprintf, stderr;
import core.stdc.stdlib : exit;
import core.time;
import std.json : JSONValue, parseJSON;
import std.string : fromStringz;

/// A library of another ABI is refused before anything else of it is called.
shared static this()
{
    if (sipc_abi_version() != SIPC_ABI_VERSION)
    {
        // An exception would be a crash here: nobody can catch it yet.
        fprintf(stderr, "libsimpleipc speaks ABI %u, this program %u\n", sipc_abi_version(),
                SIPC_ABI_VERSION);
        exit(1);
    }
    identify(null);
}

/// What others see as this program's name; null is the file name of the executable.
void identify(string program)
{
    sipc_error error;
    check(sipc_identify(program.length ? cstring(program) : null, "d", &error), error);
}

/// Sends one value to a queue; the channel stays open in this process. Any thread.
void send(T)(string name, T value) { once!sipc_send(name, Value(value)); }

/// Publishes one value on a topic, as send.
void publish(T)(string name, T value) { once!sipc_publish(name, Value(value)); }

/// Sets the value of a state, as send.
void set(T)(string name, T value) { once!sipc_set(name, Value(value)); }

private void once(alias put)(string name, Value value)
{
    sipc_value raw;
    sipc_error error;
    value.encode(raw);
    auto channel = cstring(name);
    check(attempts(forever, left => put(channel, &raw, &error), () => false), error);
}

/// Takes one message out of a queue. Any thread.
Message receive(string name, Duration timeout = forever)
{
    return taken!sipc_receive(name, timeout);
}

/// The value of a state as it is now. Any thread.
Message get(string name, Duration timeout = forever) { return taken!sipc_get(name, timeout); }

private Message taken(alias take)(string name, Duration timeout)
{
    Message message;
    sipc_error error;
    auto channel = cstring(name);
    check(attempts(timeout, left => take(channel, left, &message.raw, &error), () => false), error);
    return message;
}

/// Says that something has happened.
void notify(string name)
{
    sipc_error error;
    check(sipc_notify(cstring(name), &error), error);
}

/// Waits until it happens; how many times since the last time.
ulong wait(string name, Duration timeout = forever)
{
    ulong count;
    sipc_error error;
    auto channel = cstring(name);
    check(attempts(timeout, left => sipc_await(channel, left, &count, &error), () => false), error);
    return count;
}

/// Describes a channel, or with null all of a directory.
JSONValue audit(string name = null, string directory = null)
{
    sipc_error error;
    ulong needed = 1 << 16;
    for (;;)
    {
        auto buffer = new char[needed];
        check(sipc_audit(name.length ? cstring(name) : null, directory.length
                ? cstring(directory) : null, buffer.ptr, buffer.length, &needed, &error), error);
        if (needed <= buffer.length)
            return parseJSON(buffer[0 .. needed - 1]);
    }
}

/// Removes what nobody uses; how many channels.
ulong clean(string directory = null, Duration ageMax = 1.days)
{
    ulong count;
    sipc_error error;
    check(sipc_clean(directory.length ? cstring(directory) : null, ageMax.total!"nsecs", &count,
            &error), error);
    return count;
}

/// The clock of all time stamps, in nanoseconds.
long nowNs() { return sipc_now_ns(); }

/// The version of the library.
string libraryVersion() { return fromStringz(sipc_version()).idup; }
