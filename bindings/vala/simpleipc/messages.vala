// What is taken, and those that take it.

namespace SimpleIpc {
    /** What the library has lent with a message; it goes back when nobody looks at it any more. */
    internal class Hold {
        public Raw.Message message;

        public Hold () {
            message.size = (uint32) sizeof (Raw.Message);
            message.value.size = (uint32) sizeof (Raw.Value);
        }

        ~Hold () {
            Raw.release (&message);
        }
    }

    /**
     * A message that was taken. In a queue it counts as done when nobody has it, its bytes or its
     * tensors any more; that of a program that dies first comes again.
     */
    public class Message {
        internal Hold? hold;
        private uint32 flags;
        private Value? found = null;
        private bool is_decoded = false;

        internal Message (Hold hold) {
            this.hold = hold;
            flags = hold.message.flags;
            sequence = hold.message.sequence;
            sender = hold.message.sender;
            missed = hold.message.missed;
            capture_time_ns = hold.message.value.capture_time_ns;
            publish_time_ns = hold.message.publish_time_ns;
            receive_time_ns = hold.message.receive_time_ns;
        }

        /**
         * A bool, int64, uint64, double, string, Bytes, ValueList, ValueMap, Text, Tensor or
         * Opaque, or null. Text, lists and maps are copied, when it is asked for the first time.
         * Null after release.
         */
        public unowned Value? value {
            get {
                if (!is_decoded && hold != null) {
                    found = decode (&hold.message.value, hold);
                    is_decoded = true;
                }
                return found;
            }
        }

        /** Grows by one with each message of one sender. */
        public uint64 sequence { get; private set; }
        /** Tells the sending handle from all others of this channel. */
        public uint64 sender { get; private set; }
        /** Of a topic: how many this subscriber has lost since the one before. */
        public uint64 missed { get; private set; }
        /** An earlier receiver died with it. */
        public bool is_redelivered { get { return (flags & Raw.MESSAGE_REDELIVERED) != 0; } }
        /** Of a reply: others follow. */
        public bool has_more { get { return (flags & Raw.MESSAGE_MORE) != 0; } }
        /** Of a request: nobody waits for a reply. */
        public bool is_one_way { get { return (flags & Raw.MESSAGE_ONE_WAY) != 0; } }
        /** When the content was captured, or 0; nanoseconds of CLOCK_MONOTONIC. */
        public int64 capture_time_ns { get; private set; }
        /** When it was put, or 0 if its sender does not stamp. */
        public int64 publish_time_ns { get; private set; }
        public int64 receive_time_ns { get; private set; }

        /** From putting to taking, or -1 if its sender does not stamp. */
        public TimeSpan age {
            get { return publish_time_ns == 0 ? -1 : (receive_time_ns - publish_time_ns) / 1000; }
        }

        /** Lets go of it now, unless its bytes or tensors are still looked at; then with them. */
        public void release () {
            found = null;
            hold = null;
        }
    }

    /** What takes. */
    public abstract class Taker : Handle {
        internal Taker (string? name, uint32 role, Options? options) throws GLib.Error {
            base (name, role, options);
        }

        internal Message take (TimeSpan timeout, Cancellable? cancellable) throws GLib.Error {
            var hold = new Hold ();
            Raw.Error details = error_space ();
            var patience = new Patience (this, timeout, cancellable);
            int32 status = Raw.OK;
            do {
                status = Raw.take (channel, patience.next (), &hold.message, ref details);
            } while (patience.goes_on (status));
            check (status, ref details);
            return new Message (hold);
        }

        internal async Message take_async (Cancellable? cancellable) throws GLib.Error {
            while (true) {
                try {
                    return take (0, cancellable);
                } catch (RetryError.TIMEOUT nothing) {
                    yield readable (cancellable);
                }
            }
        }
    }

    /** What takes messages. A foreach over it ends when it is closed. */
    public abstract class Consumer : Taker {
        internal Consumer (string name, uint32 role, Options? options) throws GLib.Error {
            base (name, role, options);
        }

        /** The next one; when the time is over, RetryError.TIMEOUT. */
        public Message receive (TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            return take (timeout, cancellable);
        }

        /** The same in the main loop of this thread, which goes on meanwhile. */
        public async Message receive_async (Cancellable? cancellable = null) throws GLib.Error {
            return yield take_async (cancellable);
        }

        public Messages iterator () {
            return new Messages (this, -1);
        }

        /** A foreach over this ends when none comes within the time-out. */
        public Messages each (TimeSpan timeout) {
            return new Messages (this, timeout);
        }
    }

    /** A loop over messages. */
    public class Messages {
        private Consumer consumer;
        private TimeSpan timeout;

        internal Messages (Consumer consumer, TimeSpan timeout) {
            this.consumer = consumer;
            this.timeout = timeout;
        }

        public Messages iterator () {
            return this;
        }

        public Message? next_value () throws GLib.Error {
            try {
                return consumer.receive (timeout);
            } catch (RetryError.TIMEOUT nothing) {
                return null;
            } catch (GoneError.CLOSED end) {
                return null;
            }
        }
    }

    /** Takes every message of a topic. Options: lossless, latest, tap, history. */
    public class Subscriber : Consumer {
        public Subscriber (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_SUBSCRIBE, options);
        }
    }

    /** Takes messages out of a queue; each goes to one receiver. */
    public class Receiver : Consumer {
        public Receiver (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_RECEIVE, options);
        }
    }

    /** Looks at a state: receives each new value, or gets the one of now. */
    public class Watcher : Consumer {
        public Watcher (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_WATCH, options);
        }

        /** The value as it is now; waits only if there is none yet. */
        public Message current (TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            var hold = new Hold ();
            Raw.Error details = error_space ();
            var patience = new Patience (this, timeout, cancellable);
            int32 status = Raw.OK;
            do {
                status = Raw.current (channel, patience.next (), &hold.message, ref details);
            } while (patience.goes_on (status));
            check (status, ref details);
            return new Message (hold);
        }
    }

    /** Waits for notifications; none is missed from its opening on. */
    public class Waiter : Taker {
        public Waiter (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_WAIT, options);
        }

        /** How many notifications there were since the last time. */
        public uint64 wait (TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            return take (timeout, cancellable).value.get_uint64 ();
        }

        /** The same in the main loop of this thread, which goes on meanwhile. */
        public async uint64 wait_async (Cancellable? cancellable = null) throws GLib.Error {
            var message = yield take_async (cancellable);
            return message.value.get_uint64 ();
        }
    }

    /** A lock of the machine, free at once when its owner dies; a semaphore with option permits. */
    public class Lock : Handle {
        public Lock (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_LOCK, options);
        }

        /**
         * The process that died with it, if its last owner did: what it protects may be half done;
         * else 0. When the time is over, RetryError.TIMEOUT.
         */
        public uint64 acquire (TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            uint64 abandoned_pid = 0;
            Raw.Error details = error_space ();
            var patience = new Patience (this, timeout, cancellable);
            int32 status = Raw.OK;
            do {
                status = Raw.@lock (channel, patience.next (), out abandoned_pid, ref details);
            } while (patience.goes_on (status));
            check (status, ref details);
            return abandoned_pid;
        }

        /** Whether it is free, and now this handle's. */
        public bool try_acquire () throws GLib.Error {
            try {
                acquire (0);
                return true;
            } catch (RetryError.TIMEOUT taken) {
                return false;
            }
        }

        /** Also from another thread than the one that locked. */
        public void release () throws GLib.Error {
            Raw.Error details = error_space ();
            check (Raw.unlock (channel, ref details), ref details);
        }
    }

    /**
     * Watches who has a channel open, without being on it: maps with event (up, down), pid, program
     * and more.
     */
    public class PeerWatcher : Consumer {
        public PeerWatcher (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_PEERS, options);
        }
    }

    /**
     * The first of several handles that has something to take; then take it with a time-out of 0.
     */
    public unowned Handle wait_any (
        Handle[] handles, TimeSpan timeout = -1, Cancellable? cancellable = null)
        throws GLib.Error {
        Raw.Error details = error_space ();
        var channels = new void*[handles.length];
        for (int index = 0; index < handles.length; index++) {
            channels[index] = handles[index].channel;
        }
        if (handles.length == 0) {
            throw new MisuseError.BAD_ARGUMENT ("there is no handle to wait for");
        }
        uint32 found = 0;
        var patience = new Patience (handles[0], timeout, cancellable, handles);
        int32 status = Raw.OK;
        do {
            status = Raw.wait (channels, handles.length, patience.next (), out found, ref details);
        } while (patience.goes_on (status));
        check (status, ref details);
        return handles[found];
    }
}
