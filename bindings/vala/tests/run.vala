// What interop cannot test: bad input, ends, threads, the main loop, and what is left.

using SimpleIpc;

const TimeSpan SOON = 20 * TimeSpan.SECOND;
const int MESSAGES = 10000;

int passed = 0;
int failed = 0;

void expect (string name, string found, string wanted) {
    if (found == wanted) {
        passed++;
        print ("ok %s\n", name);
    } else {
        failed++;
        print ("FAILED %s: found: %s; wanted: %s\n", name, found, wanted);
    }
}

void hold (string name, bool is_so) {
    expect (name, is_so.to_string (), "true");
}

delegate void Action () throws GLib.Error;

/** That the action is ended by such an error. */
void throws (string name, Quark domain, int code, Action action) {
    try {
        action ();
        expect (name, "no error", domain.to_string ());
    } catch (GLib.Error error) {
        expect (name, "%s %d".printf (error.domain.to_string (), error.code),
                "%s %d".printf (domain.to_string (), code));
    }
}

Quark misuse () {
    return new MisuseError.BAD_VALUE ("").domain;
}

Quark retry () {
    return new RetryError.TIMEOUT ("").domain;
}

Quark gone () {
    return new GoneError.CLOSED ("").domain;
}

Quark service () {
    return new ServiceError.BROKEN ("").domain;
}

string through (Value? value) throws GLib.Error {
    SimpleIpc.send ("values", value);
    var message = SimpleIpc.receive ("values", SOON);
    string type = message.value == null ? "" : message.value.type_name () + " ";
    return type + value_to_string (message.value);
}

void values () throws GLib.Error {
    expect ("null", through (null), "null");
    expect ("bool", through (true), "gboolean true");
    expect ("int", through (-5), "gint64 -5");
    expect ("int64", through (int64.MIN), "gint64 -9223372036854775808");
    expect ("uint", through (uint.MAX), "gint64 4294967295");
    expect ("uchar", through ((uchar) 200), "gint64 200");
    expect ("uint64", through (uint64.MAX), "guint64 18446744073709551615");
    expect ("float", through (0.5f), "gdouble 0.5");
    expect ("double", through (0.1), "gdouble 0.1");
    expect ("string", through ("h\xc3\xa9"), "gchararray h\xc3\xa9");
    expect ("text with NUL", through (new Text.of_bytes (new Bytes ({ 'a', 0, 'b' }))),
        "SimpleIpcText a");
    expect ("bytes", through (new Bytes ({ 1, 2 })), "GBytes GBytes");
    expect ("opaque", through (new Opaque (new Bytes ({}), "a/b")),
        "SimpleIpcOpaque SimpleIpcOpaque");
    var map = new ValueMap ();
    map["z"] = 1;
    map["a"] = new ValueList ().add (2).add (null);
    map["z"] = 3;
    expect ("map in its order", through (map), "SimpleIpcValueMap {z: 3, a: [2, null]}");
    expect ("tensor", through (new Tensor.of_floats ({ 2, 1 }, { 1f, 2f }, "pair")),
            "SimpleIpcTensor tensor of 2x1 pair");
}

void refusals () {
    throws ("an object", misuse (), MisuseError.BAD_VALUE,
            () => SimpleIpc.send ("values", new Object ()));
    throws ("a text that is no UTF-8", misuse (), MisuseError.BAD_VALUE,
            () => SimpleIpc.send ("values", "caf\xe9"));
    throws ("a key that is no UTF-8", misuse (), MisuseError.BAD_VALUE, () => {
        var map = new ValueMap ();
        map["\xff"] = 1;
        SimpleIpc.send ("values", map);
    });
    throws ("a list in itself", misuse (), MisuseError.BAD_VALUE, () => {
        var list = new ValueList ();
        list.add (list);
        try {
            SimpleIpc.send ("values", list);
        } finally {
            list[0] = null;
        }
    });
    throws ("a name", misuse (), MisuseError.BAD_NAME, () => SimpleIpc.send ("a/b", 1));
    throws ("another pattern", misuse (), MisuseError.WRONG_PATTERN,
        () => new Publisher ("values"));
    throws ("a depth", misuse (), MisuseError.BAD_ARGUMENT, () => {
        var options = new Options ();
        options.depth = 100;
        new Sender ("depth", options);
    });
    throws ("too few elements", misuse (), MisuseError.BAD_VALUE,
            () => new Tensor (Dtype.F32, { 3 }, new uint8[8]));
    throws ("a shape below 0", misuse (), MisuseError.BAD_VALUE,
            () => new Tensor (Dtype.F32, { -1 }, new uint8[8]));
    throws ("a shape beyond memory", misuse (), MisuseError.BAD_VALUE,
            () => new Tensor (Dtype.F32, { int64.MAX, 2 }, new uint8[8]));
    throws ("nothing there", retry (), RetryError.TIMEOUT, () => SimpleIpc.receive ("values", 0));
    throws ("a directory", new SystemError.SYSTEM ("").domain, SystemError.NO_DIRECTORY,
            () => SimpleIpc.audit (null, "/nowhere"));
    hold ("the number of the system", os_code () == Posix.ENOENT);
}

void ends () throws GLib.Error {
    var receiver = new Receiver ("ends");
    SimpleIpc.send ("ends", new Bytes (new uint8[5000]));
    var message = receiver.receive (SOON);
    receiver.close ();
    receiver.close ();
    var bytes = (Bytes) message.value;
    message.release ();
    message.release ();
    expect ("no value after release", value_to_string (message.value), "null");
    expect ("bytes outlive all else", bytes.length.to_string (), "5000");
    throws ("use after close", gone (), GoneError.CLOSED, () => receiver.receive (0));
    throws ("interrupt after close", gone (), GoneError.CLOSED, () => receiver.interrupt ());
    string all = "";
    var other = new Receiver ("ends");
    SimpleIpc.send ("ends", 3);
    SimpleIpc.send ("ends", 4);
    foreach (var one in other) {
        all += value_to_string (one.value);
        if (all == "34") {
            other.close ();
        }
    }
    expect ("a loop", all, "34");
}

void waits () throws GLib.Error {
    var receiver = new Receiver ("waits");
    var waiter = new Waiter ("bell");
    receiver.interrupt ();
    throws ("interrupted", retry (), RetryError.INTERRUPTED, () => receiver.receive (SOON));
    throws ("interrupted once", retry (), RetryError.TIMEOUT, () => receiver.receive (1000));
    var cancellable = new Cancellable ();
    var thread = new Thread<void*> ("canceller", () => {
        Thread.usleep (50000);
        cancellable.cancel ();
        return null;
    });
    var cancelled = new IOError.CANCELLED ("").domain;
    throws ("cancelled", cancelled, IOError.CANCELLED, () => receiver.receive (-1, cancellable));
    thread.join ();
    throws ("cancelled before", cancelled, IOError.CANCELLED,
            () => SimpleIpc.receive ("waits", -1, cancellable));
    throws ("several in vain", retry (), RetryError.TIMEOUT,
            () => wait_any ({ receiver, waiter }, 0));
    throws ("none to wait for", misuse (), MisuseError.BAD_ARGUMENT, () => wait_any ({}, 0));
    SimpleIpc.notify ("bell");
    hold ("one of several", wait_any ({ receiver, waiter }, SOON) == waiter);
    expect ("notifications", waiter.wait (SOON).to_string (), "1");
    hold ("descriptor", waiter.fd () > 2);
    int looks = 0;
    while (looks < MESSAGES) {
        try {
            receiver.receive (0);
        } catch (RetryError.TIMEOUT nothing) {
            looks++;
        }
    }
    hold ("a time-out of 0 never waits", looks == MESSAGES);
}

void threads () throws GLib.Error {
    var receiver = new Receiver ("threads");
    var waiting = new Thread<string> ("waiting", () => {
        while (true) {
            try {
                return value_to_string (receiver.receive (SOON).value);
            } catch (RetryError.BUSY other) {
                continue; // it looks
            } catch (GLib.Error error) {
                return error.message;
            }
        }
    });
    bool is_busy = false;
    int64 end = get_monotonic_time () + SOON;
    while (!is_busy && get_monotonic_time () < end) {
        try {
            receiver.receive (0);
        } catch (RetryError.BUSY other) {
            is_busy = true;
        } catch (RetryError.TIMEOUT nothing) {
            Thread.yield ();
        }
    }
    hold ("busy", is_busy);
    SimpleIpc.send ("threads", "late");
    expect ("the one who waits", waiting.join (), "late");
}

delegate bool Look () throws GLib.Error;

/** Whether it comes to be so soon. */
bool eventually (Look look) throws GLib.Error {
    int64 end = get_monotonic_time () + SOON;
    while (!look ()) {
        if (get_monotonic_time () > end) {
            return false;
        }
        Thread.yield ();
    }
    return true;
}

/** A thread that does something in a handle in which others look whether it is there. */
Thread<string> waiter (owned Action action) {
    return new Thread<string> ("waiter", () => {
        while (true) {
            try {
                action ();
                return "done";
            } catch (RetryError.BUSY other) {
                continue;
            } catch (GLib.Error error) {
                return error.message;
            }
        }
    });
}

bool is_busy (Action action) throws GLib.Error {
    try {
        action ();
        return false;
    } catch (RetryError.BUSY other) {
        return true;
    } catch (RetryError passing) {
        return false;
    }
}

/** What is let go of while another thread waits in its handle goes back all the same. */
void meetings () throws GLib.Error {
    var options = new Options ();
    options.depth = 16;
    var sender = new Sender ("met", options);
    var loans = new Loan[16];
    for (int index = 0; index < loans.length; index++) {
        loans[index] = sender.loan (1000);
    }
    throws ("full", retry (), RetryError.FULL, () => {
        for (int count = 0; count < 100; count++) {
            sender.send (1, 0, 1000);
        }
    });
    var sending = waiter (() => sender.send (2, 0, SOON));
    hold ("a sender waits", eventually (() => is_busy (() => sender.send (3, 0, 0))));
    loans = {};
    hold ("loans go back during the wait", eventually (() => chunks ("met") == "0"));
    SimpleIpc.receive ("met", SOON);
    expect ("the wait went on", sending.join (), "done");

    var server = new Server ("met calls");
    var client = new Client ("met calls");
    var kept = client.start ("kept");
    var forgotten = client.start ("forgotten");
    var first = server.receive (SOON);
    var second = server.receive (SOON);
    var calling = waiter (() => kept.result (SOON));
    hold ("a client waits", eventually (() => is_busy (() => kept.reply (0))));
    throws ("a cancel is refused meanwhile", retry (), RetryError.BUSY, () => kept.cancel ());
    forgotten = null;
    hold ("a call is cancelled during the wait", eventually (() => second.is_cancelled));
    first.reply (1);
    expect ("the other is not", calling.join (), "done");
}

string chunks (string name) throws GLib.Error {
    string text = SimpleIpc.audit (name).replace (" ", "");
    int at = text.index_of ("\"chunks_in_use\":");
    return text.substring (at + 16, text.index_of (",", at) - at - 16);
}

void leaks () throws GLib.Error {
    var options = new Options ();
    options.depth = 16;
    var sender = new Sender ("many", options);
    var receiver = new Receiver ("many");
    Tensor? kept = null;
    for (int count = 0; count < MESSAGES; count++) {
        sender.send (new Tensor (Dtype.U8, { 300 }, new uint8[300]));
        kept = (Tensor) receiver.receive (SOON).value;
    }
    expect ("a tensor keeps its memory", chunks ("many"), "1");
    hold ("and is looked at in place", (size_t) kept.first % 64 == 0 && kept.data.length == 300);
    kept = null;
    expect ("10,000 messages leave nothing", chunks ("many"), "0");
    for (int count = 0; count < 40; count++) {
        sender.loan (1000); // a handle has 16 at once
    }
    var loan = sender.loan_tensor (Dtype.F32, { 2 });
    loan.floats ()[1] = 2.5f;
    loan.put ();
    throws ("put twice", gone (), GoneError.CLOSED, () => loan.put ());
    hold ("nothing to fill after put", loan.data.length == 0);
    loan.release ();
    var filled = (Tensor) receiver.receive (SOON).value;
    hold ("filled in place", filled.floats ()[1] == 2.5f);
    throws ("a loan beyond limits", misuse (), MisuseError.TOO_LARGE,
        () => sender.loan (size_t.MAX));
}

void states_and_locks () throws GLib.Error {
    var setter = new Setter ("state");
    var watcher = new Watcher ("state");
    hold ("first", setter.set_first (1));
    hold ("not first", !setter.set_first (2));
    var now = watcher.current (SOON);
    hold ("same", setter.set_if (3, now.sequence));
    hold ("other", !setter.set_if (4, now.sequence));
    var one = new SimpleIpc.Lock ("turn");
    var two = new SimpleIpc.Lock ("turn");
    expect ("nobody died", one.acquire (SOON).to_string (), "0");
    hold ("taken", !two.try_acquire ());
    one.release ();
    hold ("free", two.try_acquire ());
    throws ("not locked", misuse (), MisuseError.BAD_ARGUMENT, () => one.release ());
    SimpleIpc.identify ("tests");
    var watched = new PeerWatcher ("presence");
    var sender = new Sender ("presence");
    var peer = (ValueMap) watched.receive (SOON).value;
    string who = value_to_string (peer["program"]) + " " + value_to_string (peer["language"]);
    expect ("who came", who, "tests vala");
    expect ("peers", SimpleIpc.peers ("presence").size.to_string (), "1");
    sender.close ();
}

void services () throws GLib.Error {
    var server = new Server ("service");
    server.on ("add", (request) => request.int_arg (0) + request.int_arg (1), { "a", "b" }, true);
    server.on ("break", (request) => { throw new FileError.NOENT ("broken"); });
    server.on ("refuse", (request) => {
        request.fail (7, "no", 1);
        return null;
    });
    server.on ("odd", (request) => new Object ());
    server.on ("count", (request) => {
        request.push (1);
        request.push (2);
        return "end";
    });
    var thread = new Thread<string> ("server", () => {
        try {
            server.serve ();
            return "ended";
        } catch (GLib.Error error) {
            return error.message;
        }
    });
    var client = new Client ("service");
    var two = new ValueList ().add (1).add (2);
    expect ("a result", value_to_string (client.call ("add", two)), "3");
    throws ("a handler that throws", service (), ServiceError.BROKEN, () => client.call ("break",
        null, SOON));
    throws ("a value that cannot be sent", service (), ServiceError.BROKEN,
        () => client.call ("odd", null, SOON));
    throws ("a wrong argument", service (), ServiceError.BAD_ARGUMENTS, () => client.call ("add",
        "x", SOON));
    throws ("no method", service (), ServiceError.NO_SUCH_METHOD, () => client.call ("none", null,
        SOON));
    var refused = client.start ("refuse");
    throws ("a refusal", service (), 7, () => refused.result (SOON));
    expect ("what it says", refused.refusal.to_string (), "{code: 7, message: no, data: 1}");
    var counting = client.start ("count");
    string replies = "";
    bool has_more = true;
    while (has_more) {
        var reply = counting.reply (SOON);
        replies += value_to_string (reply.value) + " ";
        has_more = reply.has_more;
    }
    expect ("a stream", replies, "1 2 end ");
    expect ("offers", client.offers (SOON).size.to_string (), "5");
    expect ("it goes on", in_main_loop (client), "5");
    client.post ("add", two);
    server.interrupt ();
    expect ("it ends", thread.join (), "ended");

    var asked = client.start ("nothing");
    var request = server.receive (SOON);
    while (request.method != "nothing") { // the one that was posted comes first
        request = server.receive (SOON);
    }
    hold ("somebody waits", !request.is_cancelled);
    asked = null;
    hold ("a call that is let go of is cancelled", request.is_cancelled);
    var unanswered = client.start ("nothing");
    request = server.receive (SOON);
    request = null;
    throws ("unanswered", service (), ServiceError.BROKEN, () => unanswered.result (SOON));
}

/** A call, and then a wait that is cancelled, while the main loop goes on. */
string in_main_loop (Client client) throws GLib.Error {
    var loop = new MainLoop ();
    string found = "";
    client.call_async.begin ("add", new ValueList ().add (2).add (3), null, (source, result) => {
        try {
            found = value_to_string (client.call_async.end (result));
        } catch (GLib.Error error) {
            found = error.message;
        }
        loop.quit ();
    });
    loop.run ();
    var receiver = new Receiver ("loop");
    var cancellable = new Cancellable ();
    bool is_cancelled = false;
    receiver.receive_async.begin (cancellable, (source, result) => {
        try {
            receiver.receive_async.end (result);
        } catch (IOError.CANCELLED end) {
            is_cancelled = true;
        } catch (GLib.Error error) {
            print ("%s\n", error.message);
        }
        loop.quit ();
    });
    Timeout.add (20, () => {
        cancellable.cancel ();
        return false;
    });
    loop.run ();
    hold ("cancelled in the main loop", is_cancelled);
    return found;
}

int main (string[] args) {
    if (args.length > 1 && args[1] == "sizes") {
        print ("%zu %zu %zu %zu\n", sizeof (Raw.Error), sizeof (Raw.Value), sizeof (Raw.Message),
               sizeof (Raw.Options));
        return 0;
    }
    try {
        if (args.length > 1 && args[1] == "clean") {
            SimpleIpc.clean (0);
            return 0;
        }
        if (args.length > 1) {
            print ("waiting\n");
            stdout.flush ();
            SimpleIpc.receive ("nothing", SOON);
        }
        values ();
        refusals ();
        ends ();
        waits ();
        threads ();
        meetings ();
        leaks ();
        states_and_locks ();
        services ();
    } catch (GLib.Error error) {
        expect ("no other error", error.message, "");
    }
    print ("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
