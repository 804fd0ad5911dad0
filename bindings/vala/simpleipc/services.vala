// Services: who calls, who answers, and hosts of plugins.

namespace SimpleIpc {
    /**
     * Calls the methods of a service. Arguments are a ValueList, a ValueMap of names, one value, or
     * null for none.
     */
    public class Client : Handle {
        /** How long a call waits for room. */
        private const TimeSpan ROOM = 5 * TimeSpan.SECOND;

        public Client (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_CALL, options);
        }

        /**
         * The result of a method. What the server's program refuses is a ServiceError with its
         * code.
         */
        public Value? call (
            string method, Value? args = null, TimeSpan timeout = -1,
            Cancellable? cancellable = null)
            throws GLib.Error {
            return start (method, args).result (timeout, cancellable);
        }

        /** The same in the main loop of this thread, which goes on meanwhile. */
        public async Value? call_async (
            string method, Value? args = null, Cancellable? cancellable = null) throws GLib.Error {
            return yield start (method, args).result_async (cancellable);
        }

        /**
         * Starts a call; 64 of a client can be in flight. One that is idempotent goes to another
         * server if its server dies.
         */
        public Call start (string method, Value? args = null, bool idempotent = false)
            throws GLib.Error {
            return new Call (this, begin (method, args, idempotent ? Raw.CALL_IDEMPOTENT : 0));
        }

        /** Calls a method, and does not ask what becomes of it. */
        public void post (string method, Value? args = null) throws GLib.Error {
            begin (method, args, Raw.CALL_ONE_WAY);
        }

        /** What the service offers: a list of maps with name, args and more. */
        public ValueList offers (TimeSpan timeout = -1) throws GLib.Error {
            return (ValueList) call (".methods", null, timeout);
        }

        internal override int32 undo (uint64 call) {
            return Raw.cancel (channel, call);
        }

        private uint64 begin (string method, Value? args, uint32 flags) throws GLib.Error {
            var arena = new Arena ();
            Raw.Error details = error_space ();
            Raw.Value* given = arena.encode (args);
            uint64 number = 0;
            var patience = new Patience (this, ROOM, null);
            int32 status = Raw.OK;
            do {
                status = Raw.call (channel, (char*) method, given, flags, patience.next (),
                                   out number, ref details);
            } while (patience.goes_on (status));
            check (status, ref details);
            return number;
        }
    }

    /** A call in flight. If nobody has it any more before its result, it is cancelled. */
    public class Call {
        private Client client;
        private uint64 number;

        /** Of a call that a ServiceError has ended: the map with code, message and data. */
        public ValueMap? refusal { get; private set; default = null; }

        internal Call (Client client, uint64 number) {
            this.client = client;
            this.number = number;
        }

        ~Call () {
            client.give_back (number);
        }

        /** The result, after all replies of a stream, which are passed over. */
        public Value? result (TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            int64 end = end_of (timeout);
            while (true) {
                var message = reply (left_until (end), cancellable);
                if (!message.has_more) {
                    return message.value;
                }
            }
        }

        public async Value? result_async (Cancellable? cancellable = null) throws GLib.Error {
            while (true) {
                try {
                    var message = reply (0, cancellable);
                    if (!message.has_more) {
                        return message.value;
                    }
                } catch (RetryError.TIMEOUT nothing) {
                    yield client.readable (cancellable);
                }
            }
        }

        /**
         * The next reply; if it has_more it is one of a stream, else the result. After
         * RetryError.TIMEOUT one may ask again.
         */
        public Message reply (TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            var hold = new Hold ();
            Raw.Error details = error_space ();
            var patience = new Patience (client, timeout, cancellable);
            int32 status = Raw.OK;
            do {
                status = Raw.result (client.channel, number, patience.next (), &hold.message,
                                     ref details);
            } while (patience.goes_on (status));
            var message = status == Raw.OK || status == Raw.FAILED ? new Message (hold) : null;
            if (status == Raw.FAILED) {
                refusal = (ValueMap) message.value;
                GLib.Error error = new ServiceError.BROKEN ("%s", refusal["message"].get_string ());
                error.code = (int) refusal["code"].get_int64 ();
                throw error;
            }
            check (status, ref details);
            return message;
        }

        /**
         * A server that works on it sees that nobody waits. While another thread waits in the
         * client: RetryError.BUSY, and it goes on.
         */
        public void cancel () throws GLib.Error {
            check_status (Raw.cancel (client.channel, number));
        }
    }

    /** Does a method of a service; its result, or what it throws, goes to the client. */
    public delegate Value? Handler (Request request) throws GLib.Error;

    private class Method {
        public Handler handler;

        public Method (owned Handler handler) {
            this.handler = (owned) handler;
        }
    }

    /**
     * Answers the calls of a service; each goes to one of its servers. Give it methods and serve,
     * or receive requests and answer them.
     */
    public class Server : Taker {
        private HashTable<string, Method> methods =
            new HashTable<string, Method> (str_hash, str_equal);
        private ValueList offers = new ValueList ();

        public Server (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_SERVE, options);
        }

        /** The service that this program is as a plugin of a host. */
        public Server.plugin () throws GLib.Error {
            base (null, Raw.ROLE_SERVE, null);
        }

        /**
         * Makes a handler a method of the service, and says so to who asks. An idempotent call is
         * done again by another server when this one dies.
         */
        public void on (
            string name, owned Handler handler, string[] args = {}, bool idempotent = false,
            string about = "") throws GLib.Error {
            var named = new ValueList ();
            foreach (unowned string arg in args) {
                named.add (new ValueList ().add (arg).add ("any"));
            }
            var offer = new ValueMap ();
            offer["name"] = name;
            offer["args"] = named;
            offer["idempotent"] = idempotent;
            offer["about"] = about;
            offers.add (offer);
            methods[name] = new Method ((owned) handler);
            var arena = new Arena ();
            Raw.Error details = error_space ();
            check (Raw.describe (channel, arena.encode (offers), ref details), ref details);
        }

        /** The next call; when the time is over, RetryError.TIMEOUT. */
        public Request receive (TimeSpan timeout = -1, Cancellable? cancellable = null)
            throws GLib.Error {
            return new Request (take (timeout, cancellable));
        }

        /** The same in the main loop of this thread, which goes on meanwhile. */
        public async Request receive_async (Cancellable? cancellable = null) throws GLib.Error {
            return new Request (yield take_async (cancellable));
        }

        /**
         * Answers calls in this thread until the handle is closed or interrupted, or it is
         * cancelled.
         */
        public void serve (Cancellable? cancellable = null) throws GLib.Error {
            while (true) {
                try {
                    answer (receive (-1, cancellable));
                } catch (RetryError.INTERRUPTED end) {
                    return;
                } catch (GoneError.CLOSED end) {
                    return;
                } catch (IOError.CANCELLED end) {
                    return;
                }
            }
        }

        /** Has the handler answer one that was received. That its client is gone is no error. */
        public void answer (Request request) {
            try {
                unowned Method? method = methods[request.method];
                if (method == null) {
                    throw new ServiceError.NO_SUCH_METHOD ("there is no method %s", request.method);
                }
                var result = method.handler (request);
                if (!request.is_answered) {
                    request.reply (result);
                }
            } catch (ServiceError refusal) {
                refuse (request, refusal.code, refusal.message);
            } catch (GLib.Error broken) {
                refuse (request, ServiceError.BROKEN, broken.message);
            }
        }

        private static void refuse (Request request, int code, string text) {
            try {
                request.fail (code, text.make_valid ());
            } catch (GLib.Error gone) {
                debug ("nobody waits: %s", gone.message);
            }
        }
    }

    /**
     * A call that was taken and is to be answered, by any thread; else that is an error for its
     * client.
     */
    public class Request {
        private Message message;

        public string method { get; private set; }
        /** Whether the last answer was given. */
        public bool is_answered { get; private set; default = false; }

        internal Request (Message message) {
            this.message = message;
            method = ((ValueList) message.value)[0].get_string ();
        }

        /** A ValueList, a ValueMap of names, one value, or null for none. */
        public unowned Value? args { get { return ((ValueList) message.value)[1]; } }

        /** An argument by its place, of that type; else ServiceError.BAD_ARGUMENTS. */
        public unowned Value arg (int index, Type type) throws ServiceError {
            unowned Value? found = null;
            if (args != null && args.type () == typeof (ValueList)) {
                unowned ValueList all = (ValueList) args;
                found = index < all.size ? all[index] : null;
            } else if (args != null && args.type () == typeof (ValueMap)) {
                unowned ValueMap named = (ValueMap) args;
                found = index < named.size ? named.item (index) : null;
            } else if (index == 0) {
                found = args;
            }
            if (found == null || found.type () != type) {
                throw new ServiceError.BAD_ARGUMENTS ("%s: argument %d is to be a %s",
                                                      method, index + 1, type.name ());
            }
            return found;
        }

        /** The same for an int64. */
        public int64 int_arg (int index) throws ServiceError {
            return arg (index, typeof (int64)).get_int64 ();
        }

        /** Answers with the result. */
        public void reply (Value? value) throws GLib.Error {
            is_answered = true;
            send (value, 0);
        }

        /** One reply of a stream, before the result; RetryError.CANCELLED if nobody waits. */
        public void push (Value? value) throws GLib.Error {
            send (value, Raw.REPLY_MORE);
        }

        /** Answers with an error of this program. */
        public void fail (int64 code, string text, Value? data = null) throws GLib.Error {
            var error = new ValueMap ();
            error["code"] = code;
            error["message"] = text;
            error["data"] = data;
            is_answered = true;
            send (error, Raw.REPLY_ERROR);
        }

        /** Nobody waits for the answer any more; to be asked in long work. */
        public bool is_cancelled {
            get { return Raw.cancelled (&message.hold.message) == Raw.CANCELLED; }
        }

        public bool is_one_way { get { return message.is_one_way; } }

        private void send (Value? value, uint32 flags) throws GLib.Error {
            var arena = new Arena ();
            Raw.Error details = error_space ();
            Raw.Value* given = arena.encode (value);
            check (Raw.reply (&message.hold.message, given, flags, ref details), ref details);
        }
    }

    /**
     * Starts programs as plugins; plugin p of the host h serves h.p. What is received are events,
     * maps.
     */
    public class Host : Consumer {
        private string name;

        public Host (string name, Options? options = null) throws GLib.Error {
            base (name, Raw.ROLE_HOST, options);
            this.name = name;
        }

        /**
         * Starts a program. It is started again up to `restarts` times within that many seconds,
         * and killed when it takes no call for hang_after seconds; below 0 is what the library
         * thinks.
         */
        public void start (
            string plugin, string program, string[] args = {}, int restarts = -1,
            double within = -1, double hang_after = -1) throws GLib.Error {
            var list = new ValueList ();
            foreach (unowned string arg in args) {
                list.add (arg);
            }
            var order = new ValueMap ();
            order["name"] = plugin;
            order["program"] = program;
            order["args"] = list;
            if (restarts >= 0) {
                order["restarts"] = restarts;
            }
            if (within >= 0) {
                order["seconds"] = within;
            }
            if (hang_after >= 0) {
                order["hang_after"] = hang_after;
            }
            give (order);
        }

        public void stop (string plugin) throws GLib.Error {
            var order = new ValueMap ();
            order["name"] = plugin;
            order["stop"] = true;
            give (order);
        }

        /** A client of a plugin. */
        public Client client (string plugin) throws GLib.Error {
            return new Client (name + "." + plugin);
        }

        private void give (ValueMap order) throws GLib.Error {
            var arena = new Arena ();
            Raw.Error details = error_space ();
            check (Raw.plugin (channel, arena.encode (order), ref details), ref details);
        }
    }
}
