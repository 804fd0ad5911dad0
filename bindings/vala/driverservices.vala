// What the driver does with services, hosts and peers, and its loops that are measured.

using SimpleIpc;

private class Services {
    private unowned HashTable<string, Handle> handles;
    private GenericArray<Call> calls = new GenericArray<Call> ();
    private unowned Call? asked = null;
    private Request? request = null;

    public Services (HashTable<string, Handle> handles) {
        this.handles = handles;
    }

    public string refused (ServiceError refusal) {
        unowned ValueMap error = asked.refusal;
        return "failed %s %s %s".printf (
            value_to_string (error["code"]), Notation.print (error["message"]),
            Notation.print (error["data"]));
    }

    public string? act (string[] words) throws GLib.Error {
        unowned Handle? handle = words.length > 1 ? handles[words[1]] : null;
        switch (words[0]) {
        case "call":
            return start ((Client) handle, words);
        case "result":
            asked = calls[int.parse (words[2]) - 1];
            var reply = asked.reply (milliseconds (words[3]));
            return "reply %s more=%d".printf (Notation.print (reply.value), reply.has_more ? 1 : 0);
        case "cancel":
            calls[int.parse (words[2]) - 1].cancel ();
            return "ok";
        case "serve":
            request = null;
            request = ((Server) handle).receive (milliseconds (words[2]));
            return "request %s %s oneway=%d".printf (request.method, Notation.print (request.args),
                                                     request.is_one_way ? 1 : 0);
        case "reply":
            if (words.length > 2) {
                request.push (Notation.read (words[1]));
                return "ok";
            }
            request.reply (Notation.read (words[1]));
            request = null;
            return "ok";
        case "fail":
            request.fail (int64.parse (words[1]), (string) Notation.read (words[2]),
                          Notation.read (words[3]));
            request = null;
            return "ok";
        case "cancelled":
            return "cancelled %d".printf (request.is_cancelled ? 1 : 0);
        case "start":
            var list = (ValueList) Notation.read (words[4]);
            string[] args = {};
            for (int index = 0; index < list.size; index++) {
                args += list[index].get_string ();
            }
            ((Host) handle).start (words[2], (string) Notation.read (words[3]), args,
                int.parse (words[5]));
            return "ok";
        case "stop":
            ((Host) handle).stop (words[2]);
            return "ok";
        case "event":
            return event ((Host) handle, milliseconds (words[2]));
        case "peer":
            var message = ((PeerWatcher) handle).receive (milliseconds (words[2]));
            unowned ValueMap peer = (ValueMap) message.value;
            return "peer %s %s %s %s".printf (
                value_to_string (peer["event"]), value_to_string (peer["role"]),
                value_to_string (peer["language"]), value_to_string (peer["pid"]));
        default:
            return repeat (words, handle);
        }
    }

    private string start (Client client, string[] words) throws GLib.Error {
        var args = Notation.read (words[3]);
        string manner = words.length > 4 ? words[4] : "";
        if (manner == "oneway") {
            client.post (words[2], args);
            return "call 0";
        }
        calls.add (client.start (words[2], args, manner == "idempotent"));
        return "call %d".printf (calls.length);
    }

    private static string event (Host host, TimeSpan timeout) throws GLib.Error {
        var message = host.receive (timeout);
        unowned ValueMap map = (ValueMap) message.value;
        string name = map["event"].get_string ();
        return "event %s %s %s".printf (name, map["plugin"].get_string (),
            Notation.print (fact (name, map)));
    }

    private static Value? fact (string name, ValueMap map) {
        switch (name) {
        case "failed":
            return map["text"];
        case "ready":
            return map["methods"];
        case "output":
            return new ValueList ().add (map["stream"]).add (map["text"]);
        case "ended":
            return map["code"];
        case "killed":
            return map["signal"];
        case "restarting":
            return map["after_ms"];
        default:
            return null;
        }
    }

    /** The plurals: the same verb many times, in loops that are measured from outside. */
    private static string? repeat (string[] words, Handle? handle) throws GLib.Error {
        int count = int.parse (words[words.length - 1]);
        int64 sum = 0;
        switch (words[0]) {
        case "puts":
            var value = Notation.read (words[2]);
            for (int turn = 0; turn < count; turn++) {
                ((Sender) handle).send (value, 0, ROOM);
            }
            return "ok";
        case "loans":
            int64[] shape = { int64.parse (words[2]), int64.parse (words[3]), 3 };
            for (int turn = 0; turn < count; turn++) {
                var loan = ((Sender) handle).loan_tensor (Dtype.U8, shape, "", ROOM);
                unowned uint8[] data = loan.data;
                data[0] = 1;
                data[data.length - 1] = 2;
                loan.put (0, ROOM);
            }
            return "ok";
        case "takes":
            for (int turn = 0; turn < count; turn++) {
                var message = ((Receiver) handle).receive (ROOM);
                sum += (int64) message.sequence + ends (message.value);
            }
            return "sum " + sum.to_string ();
        case "calls":
            var args = new ValueList ().add (2).add (3);
            for (int turn = 0; turn < count; turn++) {
                sum += ((Client) handle).call ("add", args).get_int64 ();
            }
            return "sum " + sum.to_string ();
        case "serves":
            for (int turn = 0; turn < count; turn++) {
                var request = ((Server) handle).receive (ROOM);
                request.reply (request.int_arg (0) + request.int_arg (1));
            }
            return "ok";
        default:
            return null;
        }
    }

    private static int ends (Value value) {
        unowned uint8[] data;
        if (value.type () == typeof (Tensor)) {
            data = ((Tensor) value).data;
        } else {
            data = ((Bytes) value).get_data ();
        }
        return data[0] + data[data.length - 1];
    }
}
