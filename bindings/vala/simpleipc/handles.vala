// What all handles have, how they wait, and those that put.

namespace SimpleIpc {
    /** How to open a channel: as in sipc_options, each for the roles it says. */
    public class Options {
        /** Subscriber: the publisher waits for me. */
        public bool lossless { get; set; }
        /** Subscriber: each take skips to the newest message. */
        public bool latest { get; set; }
        /** Producer: spend no clock read for each message. */
        public bool unstamped { get; set; }
        /** Subscriber: only look on, without a place in the channel. */
        public bool tap { get; set; }
        /** Subscriber: begin with so many past messages; publisher: keep that many. */
        public uint history { get; set; }
        /** How many messages a producer may be ahead, a power of two. */
        public uint depth { get; set; }
        /** Most shared memory for larger messages. */
        public uint64 pool_bytes_max { get; set; }
        /** Where the channel lives; null is the default. */
        public string? directory { get; set; }
        /** Waiter: the number of a signal to raise in this process instead. */
        public int raised { get; set; }
        /** Lock: how many may have it at once. */
        public uint permits { get; set; }

        internal Raw.Options encode () {
            Raw.Options to = {};
            to.size = (uint32) sizeof (Raw.Options);
            to.flags = (lossless ? Raw.OPTION_LOSSLESS : 0) | (latest ? Raw.OPTION_LATEST : 0)
                | (unstamped ? Raw.OPTION_UNSTAMPED : 0) | (tap ? Raw.OPTION_TAP : 0);
            to.history = history;
            to.depth = depth;
            to.pool_bytes_max = pool_bytes_max;
            to.directory = (char*) directory;
            to.@signal = raised;
            to.permits = permits;
            return to;
        }
    }

    /**
     * What all handles have. It is closed when nobody has it any more, or by close. A handle is for
     * one thread at a time: a second one is thrown RetryError.BUSY. Time-outs are a TimeSpan, in
     * microseconds; below 0 waits for ever, and 0 only tries. A Cancellable ends a wait.
     */
    public abstract class Handle {
        internal void* channel;
        private int interrupted = 0;
        private int count = 0;
        private uint64[] leftovers = {};
        private Mutex mutex = Mutex ();

        internal Handle (string? name, uint32 role, Options? options) throws GLib.Error {
            load ();
            Raw.Error details = error_space ();
            Raw.Options given = (options ?? new Options ()).encode ();
            check (Raw.open ((char*) name, role, &given, out channel, ref details), ref details);
        }

        ~Handle () {
            close ();
        }

        /**
         * A second time does no harm. Messages that were taken stay good. A wait of another thread
         * ends.
         */
        public void close () {
            Raw.close (channel);
        }

        /**
         * Ends the wait that goes on in this handle, or else the next one, by
         * RetryError.INTERRUPTED.
         */
        public void interrupt () throws GLib.Error {
            AtomicInt.set (ref interrupted, 1);
            check_status (Raw.interrupt (channel));
        }

        /**
         * A descriptor of what takes and of clients, for poll: readable as long as there may be
         * something to take, with a time-out of 0. It is not to be read or closed.
         */
        public int fd () throws GLib.Error {
            Raw.Error details = error_space ();
            int32 descriptor;
            check (Raw.fd (channel, out descriptor, ref details), ref details);
            return descriptor;
        }

        /**
         * Gives a loan or a call back, of which nobody else knows any more. A thread that is in
         * this handle just then does it, either before its wait goes on or before the next call.
         */
        internal void give_back (uint64 one) {
            if (undo (one) != Raw.BUSY) {
                return;
            }
            mutex.@lock ();
            leftovers += one;
            AtomicInt.set (ref count, leftovers.length);
            mutex.unlock ();
            Raw.interrupt (channel);
        }

        internal void tidy_up () {
            if (AtomicInt.get (ref count) == 0) {
                return;
            }
            mutex.@lock ();
            var due = (owned) leftovers;
            leftovers = {};
            AtomicInt.set (ref count, 0);
            mutex.unlock ();
            foreach (uint64 one in due) {
                give_back (one);
            }
        }

        /** What it means to give one back; the status. */
        internal virtual int32 undo (uint64 one) {
            return Raw.OK;
        }

        internal bool was_interrupted () {
            return AtomicInt.compare_and_exchange (ref interrupted, 1, 0);
        }

        /** Until there may be something to take; the loop of this thread goes on meanwhile. */
        internal async void readable (Cancellable? cancellable) throws GLib.Error {
            unowned MainContext? context = MainContext.get_thread_default ();
            var watch = new IOSource (new IOChannel.unix_new (fd ()), IOCondition.IN);
            bool is_called = false;
            SourceFunc resume = readable.callback;
            watch.set_callback (() => {
                if (!is_called) {
                    is_called = true;
                    resume ();
                }
                return Source.REMOVE;
            });
            watch.attach (context);
            CancellableSource? ending = null;
            if (cancellable != null) {
                ending = new CancellableSource (cancellable);
                ending.set_callback (() => {
                    if (!is_called) {
                        is_called = true;
                        resume ();
                    }
                    return Source.REMOVE;
                });
                ending.attach (context);
            }
            yield;
            watch.destroy ();
            if (ending != null) {
                ending.destroy ();
                cancellable.set_error_if_cancelled ();
            }
        }
    }

    /** One wait: what is left of its time, and whether it is to be gone on with. */
    [Compact (opaque = true)]
    internal class Patience {
        private unowned Handle handle;
        private unowned Handle[]? others;
        private int64 end;
        private Cancellable? cancellable;
        private ulong connection = 0;

        public Patience (
            Handle handle, TimeSpan timeout, Cancellable? cancellable, Handle[]? others = null)
            throws IOError {
            this.handle = handle;
            this.others = others;
            this.cancellable = cancellable;
            end = end_of (timeout);
            if (cancellable != null) {
                cancellable.set_error_if_cancelled ();
                connection = interrupt_when (cancellable, handle.channel);
            }
        }

        ~Patience () {
            if (connection != 0) {
                cancellable.disconnect (connection);
            }
        }

        /** How long to wait now, in nanoseconds; what is left over has gone back before. */
        public int64 next () {
            handle.tidy_up ();
            if (others != null) {
                foreach (unowned Handle other in others) {
                    other.tidy_up ();
                }
            }
            return nanoseconds (left_until (end));
        }

        /** After a signal that nobody waits for, or one that something is left over. */
        public bool goes_on (int32 status) throws IOError {
            if (status != Raw.INTERRUPTED) {
                return false;
            }
            if (cancellable != null) {
                cancellable.set_error_if_cancelled ();
            }
            bool is_meant = handle.was_interrupted ();
            if (others != null) {
                foreach (unowned Handle other in others) {
                    is_meant |= other.was_interrupted ();
                }
            }
            return !is_meant;
        }
    }

    private ulong interrupt_when (Cancellable cancellable, void* channel) {
        return cancellable.cancelled.connect (() => { Raw.interrupt (channel); });
    }

    /** When a wait ends, on the clock of get_monotonic_time; below 0 it never does. */
    internal int64 end_of (TimeSpan timeout) {
        int64 now = get_monotonic_time ();
        return timeout < 0 || timeout > int64.MAX / 1000 - now ? -1 : now + timeout;
    }

    /** What is left until then. */
    internal TimeSpan left_until (int64 end) {
        int64 left = end - get_monotonic_time (); // apart, because max looks at it twice
        return end < 0 ? -1 : int64.max (0, left);
    }

    internal int64 nanoseconds (TimeSpan timeout) {
        return timeout < 0 ? -1 : timeout * 1000;
    }

    /** What puts. Without room within the time-out: RetryError.FULL. */
    public abstract class Producer : Handle {
        internal Producer (string name, uint32 role, Options? options) throws GLib.Error {
            base (name, role, options);
        }

        /** A buffer of the channel for so many bytes, to be filled and put. */
        public Loan loan (size_t bytes, TimeSpan timeout = -1) throws GLib.Error {
            return new Loan (this, bytes, timeout);
        }

        /** The same for a tensor. */
        public Loan loan_tensor (
            Dtype dtype, int64[] shape, string format = "", TimeSpan timeout = -1)
            throws GLib.Error {
            return new Loan.of_tensor (this, dtype, shape, format, timeout);
        }

        internal override int32 undo (uint64 loan) {
            return Raw.unloan (channel, (void*) loan);
        }

        internal void put (
            Value? value, int64 capture_time_ns, TimeSpan timeout, Cancellable? cancellable)
            throws GLib.Error {
            var arena = new Arena ();
            Raw.Value* given = arena.encode (value);
            given->capture_time_ns = capture_time_ns;
            put_raw (given, timeout, cancellable);
        }

        internal void put_raw (Raw.Value* given, TimeSpan timeout, Cancellable? cancellable)
            throws GLib.Error {
            Raw.Error details = error_space ();
            var patience = new Patience (this, timeout, cancellable);
            int32 status = Raw.OK;
            do {
                status = Raw.put (channel, given, patience.next (), ref details);
            } while (patience.goes_on (status));
            check (status, ref details);
        }
    }

    /** Puts messages on a topic: all subscribers get them. */
    public class Publisher : Producer {
        public Publisher (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_PUBLISH, options);
        }

        /** Waits only for lossless subscribers. */
        public void publish (
            Value? value, int64 capture_time_ns = 0, TimeSpan timeout = -1,
            Cancellable? cancellable = null) throws GLib.Error {
            put (value, capture_time_ns, timeout, cancellable);
        }
    }

    /** Puts messages into a queue: one receiver gets each. */
    public class Sender : Producer {
        public Sender (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_SEND, options);
        }

        public void send (
            Value? value, int64 capture_time_ns = 0, TimeSpan timeout = -1,
            Cancellable? cancellable = null) throws GLib.Error {
            put (value, capture_time_ns, timeout, cancellable);
        }
    }

    /** Sets the value of a state, which stays when the setter has gone. */
    public class Setter : Producer {
        public Setter (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_SET, options);
        }

        public void set_value (
            Value? value, int64 capture_time_ns = 0, TimeSpan timeout = -1,
            Cancellable? cancellable = null) throws GLib.Error {
            put (value, capture_time_ns, timeout, cancellable);
        }

        /**
         * Compare and set: only if the value is still the one with that sequence. Whether it was.
         */
        public bool set_if (Value? value, uint64 sequence, TimeSpan timeout = -1)
            throws GLib.Error {
            var arena = new Arena ();
            Raw.Error details = error_space ();
            Raw.Value* given = arena.encode (value);
            var patience = new Patience (this, timeout, null);
            int32 status = Raw.OK;
            do {
                status = Raw.put_if (channel, given, sequence, patience.next (), ref details);
            } while (patience.goes_on (status));
            if (status != Raw.CONFLICT) {
                check (status, ref details);
            }
            return status == Raw.OK;
        }

        /** Sets it only if there is no value yet. Whether it was set. */
        public bool set_first (Value? value, TimeSpan timeout = -1) throws GLib.Error {
            return set_if (value, uint64.MAX, timeout);
        }
    }

    /** Says that something has happened. */
    public class Notifier : Producer {
        public Notifier (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_NOTIFY, options);
        }

        /** Notifies everybody who waits, and waits for none of them. */
        public void notify () throws GLib.Error {
            put (null, 0, 0, null);
        }
    }

    /**
     * Memory of a channel, to be filled and then put. It goes back if nobody has it any more
     * before.
     */
    public class Loan {
        private Producer producer;
        private Arena arena = new Arena ();
        private Raw.Value* given;
        private string format = "";
        private bool is_out;

        internal Loan (Producer producer, size_t bytes, TimeSpan timeout) throws GLib.Error {
            this.producer = producer;
            given = arena.start (Raw.KIND_BYTES);
            given->len = bytes;
            borrow (timeout);
        }

        internal Loan.of_tensor (
            Producer producer, Dtype dtype, int64[] shape, string format, TimeSpan timeout)
            throws GLib.Error {
            Tensor.bytes_of (dtype, shape);
            this.producer = producer;
            this.format = format;
            given = arena.start (Raw.KIND_TENSOR);
            Arena.shape (given, dtype, shape);
            Arena.label (given, this.format);
            borrow (timeout);
        }

        ~Loan () {
            if (is_out) {
                producer.give_back ((uint64) given->data);
            }
        }

        /** Where to fill it; empty after put. */
        public unowned uint8[] data {
            get {
                unowned uint8[] view = (uint8[]) given->data;
                view.length = is_out ? (int) given->len : 0;
                return view;
            }
        }

        public unowned float[] floats () {
            unowned float[] view = (float[]) given->data;
            view.length = is_out ? (int) (given->len / sizeof (float)) : 0;
            return view;
        }

        /** Puts it as it is now. If that fails, it is still lent. */
        public void put (
            int64 capture_time_ns = 0, TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            if (!is_out) {
                throw new GoneError.CLOSED ("the loan has been put or given back");
            }
            given->capture_time_ns = capture_time_ns;
            producer.put_raw (given, timeout, cancellable);
            is_out = false;
        }

        /**
         * Gives it back unless it was put; a second time does no harm. While another thread waits
         * in the handle: RetryError.BUSY, and it is still lent.
         */
        public void release () throws GLib.Error {
            if (is_out) {
                check_status (Raw.unloan (producer.channel, given->data));
                is_out = false;
            }
        }

        private void borrow (TimeSpan timeout) throws GLib.Error {
            Raw.Error details = error_space ();
            var patience = new Patience (producer, timeout, null);
            int32 status = Raw.OK;
            do {
                status = Raw.loan (producer.channel, given, patience.next (), ref details);
            } while (patience.goes_on (status));
            check (status, ref details);
            is_out = true;
        }
    }
}
