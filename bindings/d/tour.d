// Every pattern once, in one program; each part could be in a program of its own.
import core.time;
import std.stdio : writeln;
import ipc = simpleipc;

void main()
{
    enum soon = 20.seconds;

    // A queue: each message goes to one receiver.
    ipc.send("tour.queue", "hello");
    {
        scope receiver = new ipc.Receiver("tour.queue");
        writeln("queue: ", receiver.receive(soon).value);
        try
            receiver.receive(Duration.zero);
        catch (ipc.TimeoutException)
            writeln("queue: nothing more");
    }

    // A topic: every subscriber gets every message. The frame is filled where it is read.
    {
        scope subscriber = new ipc.Subscriber("tour.topic");
        scope publisher = new ipc.Publisher("tour.topic");
        publisher.publish(42);
        writeln("topic: ", subscriber.receive(soon).value);
        auto frame = publisher.loan(ipc.Dtype.u8, [4, 6, 3], "rgb8");
        frame.data[] = 7;
        frame.put(ipc.nowNs);
        auto message = subscriber.receive(soon);
        auto picture = message.value.get!(ipc.Tensor);
        writeln("topic: ", picture.shape, " ", picture.format, " ", picture.data[0]);
    }

    // A state: the latest value, for whoever comes whenever.
    {
        scope setter = new ipc.Setter("tour.state");
        scope watcher = new ipc.Watcher("tour.state");
        setter.set(30);
        auto speed = watcher.get(soon);
        writeln("state: ", speed.value);
        setter.setIf(31, speed.sequence); // a RetryException if somebody else has set it since
        writeln("state: ", watcher.receive(soon).value);
    }

    // A signal: something has happened.
    {
        scope waiter = new ipc.Waiter("tour.signal");
        ipc.notify("tour.signal");
        writeln("signal: ", waiter.wait(soon));
    }

    // A lock: one owner at a time, and free when it dies.
    {
        scope lock = new ipc.Lock("tour.lock");
        lock.lock(soon);
        writeln("lock: died with it: ", lock.abandoned);
        lock.unlock();
    }

    // A service; server.on("add", ...) and server.serve are the usual way to answer.
    scope server = new ipc.Server("tour.service");
    scope client = new ipc.Client("tour.service");
    auto call = client.start("add", ipc.Value([1, 2]));
    {
        auto request = server.receive(soon);
        writeln("service: ", request.method, " ", request.args);
        request.reply(request.args[0].get!int + request.args[1].get!int);
    }
    writeln("service: ", call.result(soon).value);
}
