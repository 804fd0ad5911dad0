// What needs no handle.

namespace SimpleIpc {
    private delegate int32 Putting (char* name, Raw.Value* value, ref Raw.Error details);

    private delegate int32 Taking (
        char* name, int64 timeout_ns, Raw.Message* message, ref Raw.Error details);

    /** Puts into a queue: one receiver gets it. Waits 5 s for room at most. */
    public void send (string name, Value? value) throws GLib.Error {
        put_once (Raw.send, name, value);
    }

    /** Puts on a topic: all subscribers get it. */
    public void publish (string name, Value? value) throws GLib.Error {
        put_once (Raw.publish, name, value);
    }

    /** Sets the value of a state, which stays. */
    public void set_value (string name, Value? value) throws GLib.Error {
        put_once (Raw.@set, name, value);
    }

    /** Says that something has happened. */
    public void notify (string name) throws GLib.Error {
        load ();
        Raw.Error details = error_space ();
        check (Raw.notify ((char*) name, ref details), ref details);
    }

    /** Takes out of a queue; when the time is over, RetryError.TIMEOUT. */
    public Message receive (
        string name, TimeSpan timeout = -1, Cancellable? cancellable = null) throws GLib.Error {
        return take_once (Raw.receive, name, timeout, cancellable);
    }

    /** The value of a state as it is now; waits only if there is none yet. */
    public Message current (
        string name, TimeSpan timeout = -1, Cancellable? cancellable = null) throws GLib.Error {
        return take_once (Raw.@get, name, timeout, cancellable);
    }

    /** How many notifications there were since the last time. */
    public uint64 wait (
        string name, TimeSpan timeout = -1, Cancellable? cancellable = null) throws GLib.Error {
        load ();
        Raw.Error details = error_space ();
        uint64 count = 0;
        var slices = new Slices (timeout, cancellable);
        int32 status = Raw.OK;
        do {
            status = Raw.await ((char*) name, slices.next (), out count, ref details);
        } while (slices.goes_on (status));
        check (status, ref details);
        return count;
    }

    /**
     * Who has a channel open: a list of maps with pid, program, language, role, since_ns and id.
     */
    public ValueList peers (string name, Options? options = null) throws GLib.Error {
        load ();
        var hold = new Hold ();
        Raw.Error details = error_space ();
        Raw.Options given = (options ?? new Options ()).encode ();
        check (Raw.peers ((char*) name, &given, &hold.message, ref details), ref details);
        return (ValueList) decode (&hold.message.value, hold);
    }

    /** Says what this program is called, to those who look for peers. */
    public void identify (string program) throws GLib.Error {
        load ();
        Raw.Error details = error_space ();
        check (Raw.identify ((char*) program, (char*) "vala", ref details), ref details);
    }

    /** Describes a channel, or with null all of a directory, as JSON. */
    public string audit (string? name = null, string? directory = null) throws GLib.Error {
        load ();
        Raw.Error details = error_space ();
        var text = new char[0];
        while (true) {
            uint64 needed = 0;
            int32 status = Raw.audit (
                (char*) name, (char*) directory, (char*) text, text.length, out needed,
                ref details);
            check (status, ref details);
            if (needed <= text.length) {
                return (string) text;
            }
            text = new char[needed];
        }
    }

    /**
     * Removes what nobody uses; queues of which nobody has a handle only if their newest message is
     * older than that. How many channels.
     */
    public uint64 clean (TimeSpan age_max, string? directory = null) throws GLib.Error {
        load ();
        Raw.Error details = error_space ();
        uint64 count;
        check (Raw.clean ((char*) directory, age_max * 1000, out count, ref details), ref details);
        return count;
    }

    /** The clock of all times: nanoseconds of CLOCK_MONOTONIC. */
    public int64 now_ns () {
        return Raw.now_ns ();
    }

    /** The version of the library. */
    public unowned string version () {
        return Raw.version ();
    }

    /**
     * A wait that nobody can interrupt from outside: it looks once a second whether it is
     * cancelled.
     */
    [Compact (opaque = true)]
    private class Slices {
        private int64 end;
        private bool is_last;
        private Cancellable? cancellable;

        public Slices (TimeSpan timeout, Cancellable? cancellable) {
            end = end_of (timeout);
            this.cancellable = cancellable;
        }

        /** How long to wait now, in nanoseconds. */
        public int64 next () throws IOError {
            if (cancellable != null) {
                cancellable.set_error_if_cancelled ();
            }
            TimeSpan left = left_until (end);
            is_last = cancellable == null || (end >= 0 && left <= TimeSpan.SECOND);
            return nanoseconds (is_last ? left : TimeSpan.SECOND);
        }

        public bool goes_on (int32 status) {
            return status == Raw.INTERRUPTED || (status == Raw.TIMEOUT && !is_last);
        }
    }

    private void put_once (Putting put, string name, Value? value) throws GLib.Error {
        load ();
        var arena = new Arena ();
        Raw.Error details = error_space ();
        Raw.Value* given = arena.encode (value);
        int32 status = Raw.OK;
        do {
            status = put ((char*) name, given, ref details);
        } while (status == Raw.INTERRUPTED); // by a signal that has nothing to do with it
        check (status, ref details);
    }

    private Message take_once (
        Taking take, string name, TimeSpan timeout, Cancellable? cancellable) throws GLib.Error {
        load ();
        var hold = new Hold ();
        Raw.Error details = error_space ();
        var slices = new Slices (timeout, cancellable);
        int32 status = Raw.OK;
        do {
            status = take ((char*) name, slices.next (), &hold.message, ref details);
        } while (slices.goes_on (status));
        check (status, ref details);
        return new Message (hold);
    }
}
