// Every pattern once, in one program; each part could be in a program of its own.

using SimpleIpc;

const TimeSpan SOON = 20 * TimeSpan.SECOND;

void queue () throws GLib.Error {
    // Each message goes to one receiver.
    SimpleIpc.send ("tour.queue", "hello");
    var receiver = new Receiver ("tour.queue");
    print ("queue: %s\n", receiver.receive (SOON).value.get_string ());
    try {
        receiver.receive (0);
    } catch (RetryError.TIMEOUT nothing) {
        print ("queue: nothing more\n");
    }
}

void topic () throws GLib.Error {
    // Every subscriber gets every message. The frame is filled where it is read.
    var subscriber = new Subscriber ("tour.topic");
    var publisher = new Publisher ("tour.topic");
    publisher.publish (42);
    print ("topic: %s\n", subscriber.receive (SOON).value.get_int64 ().to_string ());
    var frame = publisher.loan_tensor (Dtype.U8, { 4, 6, 3 }, "rgb8");
    Memory.set (frame.data, 7, frame.data.length);
    frame.put (SimpleIpc.now_ns ());
    var tensor = (Tensor) subscriber.receive (SOON).value;
    print ("topic: %s, %d\n", tensor.to_string (), tensor.data[0]);
}

void state () throws GLib.Error {
    // The latest value, for whoever comes whenever.
    var setter = new Setter ("tour.state");
    var watcher = new Watcher ("tour.state");
    setter.set_value (30);
    var speed = watcher.current (SOON);
    print ("state: %s\n", value_to_string (speed.value));
    bool is_set = setter.set_if (31, speed.sequence); // false if somebody else has set it since
    print ("state: %s %s\n", value_to_string (watcher.receive (SOON).value), is_set.to_string ());
}

void signal_and_lock () throws GLib.Error {
    // Something has happened.
    var waiter = new Waiter ("tour.signal");
    SimpleIpc.notify ("tour.signal");
    print ("signal: %s\n", waiter.wait (SOON).to_string ());

    // One owner at a time, and free when it dies.
    var turn = new SimpleIpc.Lock ("tour.lock");
    print ("lock: died with it: %s\n", turn.acquire (SOON).to_string ());
    turn.release ();
}

void service () throws GLib.Error {
    // server.on ("add", (request) => ...) and server.serve () are the usual way.
    var server = new Server ("tour.service");
    var client = new Client ("tour.service");
    var call = client.start ("add", new ValueList ().add (1).add (2));
    var request = server.receive (SOON);
    print ("service: %s %s\n", request.method, value_to_string (request.args));
    request.reply (request.int_arg (0) + request.int_arg (1));
    print ("service: %s\n", value_to_string (call.result (SOON)));
}

async void main_loop () throws GLib.Error {
    // The same as ever, while the main loop of the program goes on.
    var receiver = new Receiver ("tour.loop");
    Timeout.add (10, () => {
        try {
            SimpleIpc.send ("tour.loop", "later");
        } catch (GLib.Error error) {
            printerr ("%s\n", error.message);
        }
        return false;
    });
    var message = yield receiver.receive_async ();
    print ("main loop: %s\n", message.value.get_string ());
}

void main () {
    try {
        queue ();
        topic ();
        state ();
        signal_and_lock ();
        service ();
    } catch (GLib.Error error) {
        printerr ("%s\n", error.message);
    }
    var loop = new MainLoop ();
    main_loop.begin ((source, result) => {
        try {
            main_loop.end (result);
        } catch (GLib.Error error) {
            printerr ("%s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();
}
