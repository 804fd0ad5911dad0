// The Vala side of testing/interop: a command a line in, an answer a line out.

using SimpleIpc;

private const TimeSpan ROOM = 10 * TimeSpan.SECOND;

private class Driver {
    private HashTable<string, Handle> handles = new HashTable<string, Handle> (str_hash, str_equal);
    private Services services;
    private Message? held = null;

    public Driver () {
        services = new Services (handles);
    }

    public string answer (string line) {
        string[] words = line.split (" ");
        try {
            string? answer = act (words) ?? services.act (words);
            return answer ?? "error 25 there is no command " + words[0];
        } catch (ServiceError refusal) {
            return services.refused (refusal);
        } catch (GLib.Error error) {
            return "error %d %s".printf (error.code, error.message);
        }
    }

    private string? act (string[] words) throws GLib.Error {
        unowned Handle? handle = words.length > 1 ? handles[words[1]] : null;
        switch (words[0]) {
        case "hello":
            return "ok vala " + SimpleIpc.version ();
        case "open":
            handles[words[1]] = open (words[2], words[3], words[4:words.length]);
            return "ok";
        case "put":
            put (handle, Notation.read (words[2]),
                 words.length > 3 ? int64.parse (words[3].substring ("capture=".length)) : 0);
            return "ok";
        case "loan":
            lend ((Producer) handle, Notation.read (words[2]));
            return "ok";
        case "once":
            return once (words[1], words[2], words.length > 3 ? words[3] : "");
        case "take":
        case "hold":
            held = null;
            var message = ((Consumer) handle).receive (milliseconds (words[2]));
            held = words[0] == "hold" ? message : null;
            return facts (message);
        case "get":
            return facts (((Watcher) handle).current (milliseconds (words[2])));
        case "put_if":
            var value = Notation.read (words[2]);
            unowned Setter setter = (Setter) handle;
            bool is_set = words[3] == "new"
                ? setter.set_first (value, ROOM)
                : setter.set_if (value, uint64.parse (words[3]), ROOM);
            return is_set ? "ok" : "error 5 the value is another one";
        case "notify":
            ((Notifier) handle).notify ();
            return "ok";
        case "wait":
            return "count " + ((Waiter) handle).wait (milliseconds (words[2])).to_string ();
        case "lock":
            uint64 abandoned_pid = ((SimpleIpc.Lock) handle).acquire (milliseconds (words[2]));
            return "ok abandoned=%d".printf (abandoned_pid != 0 ? 1 : 0);
        case "unlock":
            ((SimpleIpc.Lock) handle).release ();
            return "ok";
        case "misuse":
            return misuse (words[1], handles[words[2]], words[2]);
        case "close":
            handle.close ();
            handles.remove (words[1]);
            return "ok";
        case "quit":
            handles.remove_all ();
            return "ok";
        default:
            return null;
        }
    }

    private static Handle open (string role, string name, string[] words) throws GLib.Error {
        var options = new Options ();
        foreach (unowned string word in words) {
            string[] parts = word.split ("=");
            uint number = parts.length > 1 ? (uint) int.parse (parts[1]) : 0;
            switch (parts[0]) {
            case "lossless":
                options.lossless = true;
                break;
            case "latest":
                options.latest = true;
                break;
            case "history":
                options.history = number;
                break;
            case "depth":
                options.depth = number;
                break;
            default:
                options.permits = number;
                break;
            }
        }
        switch (role) {
        case "publish":
            return new Publisher (name, options);
        case "subscribe":
            return new Subscriber (name, options);
        case "send":
            return new Sender (name, options);
        case "receive":
            return new Receiver (name, options);
        case "set":
            return new Setter (name, options);
        case "watch":
            return new Watcher (name, options);
        case "notify":
            return new Notifier (name, options);
        case "wait":
            return new Waiter (name, options);
        case "lock":
            return new SimpleIpc.Lock (name, options);
        case "call":
            return new Client (name, options);
        case "serve":
            return new Server (name, options);
        case "host":
            return new Host (name, options);
        case "peers":
            return new PeerWatcher (name, options);
        default:
            throw new MisuseError.BAD_ARGUMENT ("there is no role %s", role);
        }
    }

    private static void put (Handle handle, Value? value, int64 capture) throws GLib.Error {
        if (handle is Publisher) {
            ((Publisher) handle).publish (value, capture, ROOM);
        } else if (handle is Sender) {
            ((Sender) handle).send (value, capture, ROOM);
        } else {
            ((Setter) handle).set_value (value, capture, ROOM);
        }
    }

    private static void lend (Producer producer, Value value) throws GLib.Error {
        if (value.type () == typeof (Tensor)) {
            unowned Tensor tensor = (Tensor) value;
            var loan = producer.loan_tensor (tensor.dtype, tensor.shape, tensor.format, ROOM);
            Memory.copy (loan.data, tensor.data, tensor.data.length);
            loan.put (0, ROOM);
            return;
        }
        unowned uint8[] data = ((Bytes) value).get_data ();
        var loan = producer.loan (data.length, ROOM);
        Memory.copy (loan.data, data, data.length);
        loan.put (0, ROOM);
    }

    private static string once (string verb, string name, string word) throws GLib.Error {
        switch (verb) {
        case "send":
            SimpleIpc.send (name, Notation.read (word));
            return "ok";
        case "publish":
            SimpleIpc.publish (name, Notation.read (word));
            return "ok";
        case "set":
            SimpleIpc.set_value (name, Notation.read (word));
            return "ok";
        case "notify":
            SimpleIpc.notify (name);
            return "ok";
        case "get":
            return facts (SimpleIpc.current (name, milliseconds (word)));
        default:
            return "count " + SimpleIpc.wait (name, milliseconds (word)).to_string ();
        }
    }

    private static string facts (Message message) {
        bool is_aged = message.publish_time_ns > 0 && message.age >= 0;
        return "value %s seq=%llu missed=%llu redelivered=%d capture=%lld aged=%d".printf (
            Notation.print (message.value), message.sequence, message.missed,
            message.is_redelivered ? 1 : 0, message.capture_time_ns, is_aged ? 1 : 0);
    }
}

private TimeSpan milliseconds (string word) {
    return int64.parse (word) * TimeSpan.MILLISECOND;
}

/** Serves add and crash, until its host ends it. */
private void be_a_plugin () throws GLib.Error {
    print ("hello from vala\n");
    stdout.flush ();
    var server = new Server.plugin ();
    server.on ("add", (request) => request.int_arg (0) + request.int_arg (1));
    server.on ("crash", (request) => { Process.abort (); });
    server.serve ();
}

int main (string[] args) {
    try {
        if (args.length > 1) {
            be_a_plugin ();
            return 0;
        }
        var driver = new Driver ();
        string? line = stdin.read_line ();
        while (line != null) {
            print ("%s\n", driver.answer (line));
            stdout.flush ();
            line = line == "quit" ? null : stdin.read_line ();
        }
        return 0;
    } catch (GLib.Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
}
