/// What all handles have: how they are opened and waited in, and what becomes of what they lent.
module simpleipc.handle;

import core.atomic;
import core.exception : onOutOfMemoryError;
import core.stdc.stdlib : free, malloc;
import core.time;
import simpleipc.errors;
import simpleipc.generated;
import std.algorithm : max;
import std.string : indexOf, toStringz;

/// How to open a handle.
struct Options
{
    bool lossless; /// subscriber: the publisher waits for it
    bool latest; /// subscriber: each take skips to the newest message
    bool tap; /// subscriber: only look on
    bool unstamped; /// producer: no time stamps
    uint history; /// past messages for who comes late
    uint depth; /// how many messages a producer may be ahead
    ulong poolBytesMax; /// most shared memory for large messages
    string directory; /// where the channel lives
    int signal; /// waiter: raise this signal after each notification
    uint permits; /// lock: how many may have it at once
}

package sipc_options rawOf(ref const Options options)
{
    sipc_options raw;
    raw.flags = options.lossless * SIPC_OPTION_LOSSLESS | options.latest * SIPC_OPTION_LATEST
        | options.tap * SIPC_OPTION_TAP | options.unstamped * SIPC_OPTION_UNSTAMPED;
    raw.history = options.history;
    raw.depth = options.depth;
    raw.pool_bytes_max = options.poolBytesMax;
    raw.directory = options.directory.length ? cstring(options.directory) : null;
    raw.signal = options.signal;
    raw.permits = options.permits;
    return raw;
}

package const(char)* cstring(string text)
{
    if (text.indexOf('\0') >= 0)
        throw misuse("there is a NUL in a name", SIPC_BAD_NAME);
    return text.toStringz;
}

enum Duration forever = Duration.max; /// Waits without an end; Duration.zero only tries.

/// Ends what a number stands for: a loan or a call.
package alias Undo = extern (C) int function(sipc_channel, ulong) nothrow @nogc;

/// What is to be ended as soon as nobody is inside the handle. Not of the collector's memory, for
/// which finalizers may not ask.
private struct Leftover
{
    shared(Leftover)* next;
    Undo undo;
    ulong one;
}

/// A handle belongs to one thread at a time. Say `scope`, or close it.
abstract class Handle
{
    package sipc_channel channel;
    package string name;
    private bool isClosed;
    // Signals of the collector interrupt a wait, too; those are nobody's matter.
    private shared bool isInterrupted;
    private shared(Leftover)* leftovers;

    package this(string name, uint role, Options options, bool isPlugin = false)
    {
        auto raw = rawOf(options);
        sipc_error error;
        check(sipc_open(isPlugin ? null : cstring(name), role, &raw, &channel, &error), error);
        this.name = name;
    }

    ~this()
    {
        sipc_close(channel);
        tidyUp();
    }

    /// Closes it, also for a thread that waits in it. Again it does nothing.
    void close()
    {
        if (isClosed)
            return;
        isClosed = true;
        checkBare(sipc_close(channel));
    }

    /// Ends the wait of another thread in it, or else the next, with SIPC_INTERRUPTED. Any thread.
    void interrupt()
    {
        isInterrupted.atomicStore(true);
        checkBare(sipc_interrupt(channel));
    }

    /// A descriptor for poll; see the C reference.
    int fd()
    {
        int fd;
        sipc_error error;
        check(sipc_fd(channel, &fd, &error), error);
        return fd;
    }

    package void wait(Duration timeout, ref sipc_error error, scope int delegate(long) attempt)
    {
        check(waited(timeout, attempt), error);
    }

    package int waited(Duration timeout, scope int delegate(long) attempt)
    {
        int tidied(long left)
        {
            tidyUp();
            return attempt(left);
        }

        return attempts(timeout, &tidied, () => cas(&isInterrupted, true, false));
    }

    /// Ends a loan or a call; a thread that is inside the handle does it before its wait goes on.
    /// Also for finalizers: they may come after that of the handle, which is closed then.
    package static void giveBack(Handle handle, sipc_channel channel, Undo undo, ulong one)
            nothrow @nogc
    {
        if (undo(channel, one) != SIPC_BUSY)
            return;
        auto added = cast(shared(Leftover)*) malloc(Leftover.sizeof);
        if (!added)
            onOutOfMemoryError();
        *cast(Leftover*) added = Leftover(null, undo, one);
        do
            added.next = handle.leftovers.atomicLoad;
        while (!cas(&handle.leftovers, added.next, added));
        sipc_interrupt(channel);
    }

    private void tidyUp() nothrow @nogc
    {
        if (!leftovers.atomicLoad)
            return;
        auto next = cast(Leftover*) atomicExchange(&leftovers, null);
        while (next)
        {
            const due = next;
            next = cast(Leftover*) due.next;
            giveBack(this, channel, due.undo, due.one);
            free(cast(void*) due);
        }
    }
}

/// Attempts until the status is not that a signal came; how the last one ended.
package int attempts(Duration timeout, scope int delegate(long) attempt,
        scope bool delegate() isMeant)
{
    immutable end = timeout == forever ? MonoTime.max : MonoTime.currTime + timeout;
    for (;;)
    {
        immutable left = timeout == forever ? -1 : max(0, (end - MonoTime.currTime).total!"nsecs");
        immutable status = attempt(left);
        if (status != SIPC_INTERRUPTED || isMeant())
            return status;
    }
}

/// Waits until one of several handles that take has a message, and answers which; then take it
/// with Duration.zero. Another receiver may be faster: wait again.
size_t waitAny(Duration timeout, Handle[] handles...)
{
    sipc_channel[] channels;
    foreach (handle; handles)
        channels ~= handle.channel;
    uint index;
    sipc_error error;
    int attempt(long left)
    {
        foreach (handle; handles)
            handle.tidyUp();
        return sipc_wait(channels.ptr, cast(uint) channels.length, left, &index, &error);
    }

    bool isMeant()
    {
        foreach (handle; handles)
            if (cas(&handle.isInterrupted, true, false))
                return true;
        return false;
    }

    check(attempts(timeout, &attempt, &isMeant), error);
    return index;
}
