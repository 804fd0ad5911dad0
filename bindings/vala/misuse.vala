// What the driver does wrong on purpose, and how that ends.

using SimpleIpc;

private string misuse (string kind, Handle? handle, string name) throws GLib.Error {
    switch (kind) {
    case "type":
        return refused ((Sender) handle, new Object ());
    case "range":
        return "impossible no number of Vala has more than 64 bits";
    case "text":
        return refused ((Sender) handle, "\xff");
    case "closed":
        var sender = new Sender (name);
        sender.close ();
        sender.close ();
        return refused (sender, 1);
    case "thread":
        return use_from_two_threads ((Receiver) handle);
    case "forgotten":
        ((Receiver) handle).receive (ROOM);
        return "ok";
    case "handler":
        unowned Server server = (Server) handle;
        server.on ("boom", (request) => {
            server.interrupt ();
            throw new IOError.FAILED ("boom");
        });
        server.serve ();
        return "ok";
    default:
        throw new MisuseError.BAD_ARGUMENT ("there is no misuse %s", kind);
    }
}

private string refused (Sender sender, Value? value) {
    try {
        sender.send (value);
        return "ok";
    } catch (GLib.Error error) {
        return "refused " + error.message;
    }
}

private string use_from_two_threads (Receiver receiver) throws GLib.Error {
    var waiting = new Thread<void*> ("waiting", () => {
        while (true) {
            try {
                receiver.receive ();
            } catch (RetryError.BUSY other) {
                continue; // it looks
            } catch (GLib.Error end) {
                return null;
            }
        }
    });
    string? answer = null;
    while (answer == null) {
        try {
            receiver.receive (0);
            answer = "ok";
        } catch (RetryError.TIMEOUT nothing) {
            Thread.yield ();
        } catch (GLib.Error error) {
            answer = "refused " + error.message;
        }
    }
    receiver.interrupt ();
    waiting.join ();
    return answer;
}
