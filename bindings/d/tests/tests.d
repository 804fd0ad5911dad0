/// What interop cannot see: bad input, threads, the collector, handlers that throw.
module tests;

import core.memory : GC;
import core.thread;
import core.time;
import std.conv : ConvOverflowException, to;
import std.exception : collectException, enforce;
import std.file : thisExePath;
import std.stdio;
import std.string : format;
import std.traits : hasUDA;
import std.utf : UTFException;
import ipc = simpleipc;

enum soon = 20.seconds;
enum test;

void same(T, U)(T found, U wanted, size_t line = __LINE__)
{
    enforce(found == wanted, format!"line %d: found %s, wanted %s"(line, found, wanted));
}

E refused(E : Throwable)(lazy void work, int status = -1, size_t line = __LINE__)
{
    auto error = collectException!E(work);
    enforce(error !is null, format!"line %d: nothing was thrown"(line));
    static if (is(E : ipc.SipcException))
        enforce(status < 0 || error.status == status, format!"line %d: %d %s"(line, error.status,
                error.msg));
    return error;
}

@test void values_of_d_arrive_as_they_are()
{
    scope sender = new ipc.Sender("values");
    scope receiver = new ipc.Receiver("values");
    ipc.Value arrives(T)(T value)
    {
        sender.send(value);
        auto message = receiver.receive(soon);
        return message.value;
    }

    same(arrives(null).kind, ipc.Kind.null_);
    same(arrives(true).get!bool, true);
    same(arrives(-5).get!long, -5);
    same(arrives(5u).kind, ipc.Kind.uint_);
    same(arrives(ulong.max).get!ulong, ulong.max);
    same(arrives(1.5f).get!double, 1.5);
    same(arrives("h\u00e9\0").get!string, "h\u00e9\0");
    same(arrives("wide"w).get!string, "wide");
    same(arrives('c').get!string, "c");
    same(arrives(cast(ubyte[])[0, 255]).get!(const(ubyte)[]), [0, 255]);
    same(arrives([1, 2])[1].get!int, 2);
    same(arrives(["a": 1])["a"].get!int, 1);
    same(arrives(ipc.Value.map("z", 1, "a", ipc.Value.list(1, "x"))).toString, "[z: 1, a: [1, x]]");
    same(arrives(ipc.Opaque("a/b", [1])).get!(ipc.Opaque).contentType, "a/b");
}

@test void what_cannot_be_sent_is_refused()
{
    scope sender = new ipc.Sender("refused");
    scope receiver = new ipc.Receiver("refused");
    refused!UTFException(sender.send("\xff"));
    refused!UTFException(sender.send(["a", "\xff"]));
    refused!UTFException(sender.send(["\xff": 1]));
    refused!UTFException(sender.send(ipc.Opaque("\xff")));
    auto deep = ipc.Value(null);
    foreach (_; 0 .. 70)
        deep = ipc.Value([deep]);
    refused!(ipc.MisuseException)(sender.send(deep), ipc.SIPC_BAD_VALUE);
    refused!(ipc.MisuseException)(sender.send(ipc.Tensor(ipc.Dtype.u16, [1], null, null, [1])));
    refused!(ipc.MisuseException)(sender.send(ipc.Tensor(ipc.Dtype.u8, new size_t[9])));
    static assert(!__traits(compiles, sender.send(new Object)));
    static assert(!__traits(compiles, sender.send([1: "key that is no text"])));
    refused!(ipc.TimeoutException)(receiver.receive(Duration.zero));
    foreach (name; ["", "a/b", ".a", "a\0b", "\xff"])
        refused!(ipc.MisuseException)(new ipc.Publisher(name), ipc.SIPC_BAD_NAME);
    refused!(ipc.MisuseException)(new ipc.Publisher("refused"), ipc.SIPC_WRONG_PATTERN);
    ipc.Options odd = {depth: 100};
    refused!(ipc.MisuseException)(new ipc.Publisher("odd", odd), ipc.SIPC_BAD_ARGUMENT);
    ipc.Options nowhere = {directory: "/nowhere/at/all"};
    refused!(ipc.SystemException)(new ipc.Publisher("odd", nowhere));
    refused!ConvOverflowException(ipc.Value(300).get!ubyte);
    refused!ConvOverflowException(ipc.Value(ulong.max).get!long);
    refused!(ipc.MisuseException)(ipc.Value("3").get!int);
}

@test void a_tensor_is_looked_at_where_it_lies()
{
    scope publisher = new ipc.Publisher("tensors");
    scope subscriber = new ipc.Subscriber("tensors");
    auto numbers = new float[6000];
    foreach (at, ref number; numbers)
        number = at;
    publisher.publish(ipc.Tensor.of(numbers, [20, 300], "heights"));
    auto message = subscriber.receive(soon);
    auto tensor = message.value.get!(ipc.Tensor);
    same(tensor.data.ptr, message.data.ptr);
    same(tensor.elements!float, numbers);
    same(tensor.format, "heights");
    refused!(ipc.MisuseException)(tensor.elements!double);
    publisher.publish(tensor); // on from where it is
    auto again = subscriber.receive(soon);
    same(again.value.get!(ipc.Tensor).shape, [20, 300]);

    auto loan = publisher.loan(ipc.Dtype.i16, [2, 500], "pcm");
    same(cast(size_t) loan.data.ptr % 64, 0);
    loan.elements!short[] = 7;
    refused!(ipc.MisuseException)(loan.elements!int);
    loan.put(5);
    same(loan.data.length, 0);
    refused!(ipc.MisuseException)(loan.put());
    auto lent = subscriber.receive(soon);
    same(lent.value.get!(ipc.Tensor).elements!short[999], 7);
    same(lent.captureTimeNs, 5);
    foreach (_; 0 .. 100)
        auto forgotten = publisher.loan(1000);
}

@test void nothing_is_left_of_ten_thousand_messages()
{
    auto publisher = new ipc.Publisher("many");
    ipc.Options options = {lossless: true};
    auto subscriber = new ipc.Subscriber("many", options);
    auto data = new ubyte[1000];
    foreach (_; 0 .. 10_000)
    {
        publisher.publish(data);
        auto message = subscriber.receive(soon);
        same(message.data.length, 1000);
        message.release();
        message.release();
        same(message.data.length, 0);
    }
    auto channel = ipc.audit("many")[0];
    same(channel["leaks"].array.length, 0);
    enforce(channel["chunks_in_use"].integer <= channel["depth"].integer);
    publisher.close();
    foreach (_; 0 .. 1000) // 256 may be open
    {
        auto forgotten = new ipc.Subscriber("many");
        if (_ % 100 == 0)
            GC.collect();
        destroy(forgotten);
    }
    subscriber.close();
}

@test void closing_ends_a_wait_and_may_be_done_twice()
{
    auto receiver = new ipc.Receiver("closed");
    int status;
    auto thread = new Thread({
        try
            receiver.receive();
        catch (ipc.SipcException error)
            status = error.status;
    }).start();
    Thread.sleep(5.msecs);
    receiver.close();
    thread.join();
    same(status, ipc.SIPC_CLOSED);
    receiver.close();
    refused!(ipc.GoneException)(receiver.receive(), ipc.SIPC_CLOSED);
    foreach (ref message; receiver)
        enforce(false);
    auto publisher = new ipc.Publisher("closed topic");
    publisher.close();
    refused!(ipc.GoneException)(publisher.publish(1));
}

@test void a_second_thread_is_told_and_the_collector_ends_no_wait()
{
    auto receiver = new ipc.Receiver("busy");
    int taken;
    int[] ended;
    auto thread = new Thread({
        for (bool again = true; again;) // the one who looks may be inside
            try
            {
                auto message = receiver.receive();
                taken = message.value.get!int;
            }
            catch (ipc.SipcException error)
            {
                again = error.status == ipc.SIPC_BUSY;
                if (!again)
                    ended ~= error.status;
            }
    }).start();
    immutable end = MonoTime.currTime + soon;
    for (int status; status != ipc.SIPC_BUSY;) // until the other one is inside
    {
        enforce(MonoTime.currTime < end, "nobody is inside");
        status = refused!(ipc.RetryException)(receiver.receive(Duration.zero)).status;
    }
    foreach (_; 0 .. 20)
    {
        GC.collect(); // which stops the other thread by a signal
        Thread.sleep(1.msecs);
    }
    ipc.send("busy", 7);
    while (taken != 7 && MonoTime.currTime < end)
        Thread.yield();
    same(taken, 7);
    receiver.interrupt();
    thread.join();
    same(ended, [ipc.SIPC_INTERRUPTED]);
    receiver.interrupt();
    foreach (ref message; receiver)
        enforce(false);
    scope waiter = new ipc.Waiter("several");
    refused!(ipc.TimeoutException)(ipc.waitAny(1.msecs, receiver, waiter));
    ipc.notify("several");
    same(ipc.waitAny(soon, receiver, waiter), 1);
    same(waiter.wait(Duration.zero), 1);
    enforce(receiver.fd >= 0);
    receiver.close();
}

void eventually(lazy bool comesToBe, size_t line = __LINE__)
{
    for (immutable end = MonoTime.currTime + soon; !comesToBe; Thread.yield())
        enforce(MonoTime.currTime < end, format!"line %d: it did not come to be"(line));
}

/// Does something in a handle, again when it finds another thread inside; says how it ended.
Thread background(void delegate() action, ref string ending)
{
    return new Thread({
        while (!ending)
            try
            {
                action();
                ending = "done";
            }
            catch (ipc.SipcException error)
                if (error.status != ipc.SIPC_BUSY)
                    ending = error.msg;
    }).start();
}

bool isBusy(lazy void action)
{
    auto error = collectException!(ipc.RetryException)(action);
    return error !is null && error.status == ipc.SIPC_BUSY;
}

@test void a_loan_that_meets_a_wait_goes_back()
{
    scope sender = new ipc.Sender("met", ipc.Options(false, false, false, false, 0, 16));
    auto loans = new ipc.Loan[16];
    foreach (ref loan; loans)
        loan = sender.loan(1000);
    refused!(ipc.RetryException)({
        foreach (_; 0 .. 100)
            sender.send(1, 0, 1.msecs);
    }(), ipc.SIPC_FULL);
    string ending;
    auto thread = background(() => sender.send(2, 0, soon), ending);
    eventually(isBusy(sender.send(3, 0, Duration.zero)));
    foreach (ref loan; loans[0 .. 8])
        loan.cancel();
    foreach (ref loan; loans[8 .. 16])
        destroy(loan);
    eventually(ipc.audit("met")[0]["chunks_in_use"].integer == 0);
    scope receiver = new ipc.Receiver("met");
    receiver.receive(soon);
    thread.join();
    same(ending, "done");
    foreach (_; 0 .. 16) // a queue with messages would stay
        receiver.receive(soon);
}

@test void a_call_whose_time_is_over_is_cancelled()
{
    scope server = new ipc.Server("late");
    scope client = new ipc.Client("late");
    auto kept = client.start("kept", ipc.Value(null));
    auto other = client.start("other", ipc.Value(null));
    auto first = server.receive(soon);
    auto second = server.receive(soon);
    string ending;
    auto thread = background({ kept.result(soon); }, ending);
    eventually(isBusy(kept.next(Duration.zero)));
    refused!(ipc.RetryException)(kept.cancel(), ipc.SIPC_BUSY);
    refused!(ipc.RetryException)(other.result(Duration.zero), ipc.SIPC_BUSY);
    first.reply(1);
    thread.join();
    same(ending, "done");
    enforce(!second.cancelled);
    refused!(ipc.TimeoutException)(other.result(Duration.zero));
    enforce(second.cancelled);
}

@test void a_handler_that_throws_is_an_error_for_its_caller()
{
    auto server = new ipc.Server("calc");
    server.on("add", (ref r) => ipc.Value(r.args[0].get!long + r.args[1].get!long));
    server.on("throw", (ref r) => ipc.Value("x".to!int));
    server.on("refuse", delegate ipc.Value(ref r) {
        throw new ipc.ServiceException(17, "empty", ipc.Value(["left": 3]));
    });
    server.on("count", (ref r) { r.push(1); r.push(2); return ipc.Value(3); });
    auto thread = new Thread({ server.serve(); }).start();
    scope client = new ipc.Client("calc");
    foreach (_; 0 .. 2)
    {
        same(client.call("add", 1, 2).value.get!int, 3);
        same(refused!(ipc.ServiceException)(client.call("add", "1")).code, -32_603);
        same(refused!(ipc.ServiceException)(client.call("add", 1)).code, -32_603);
        same(refused!(ipc.ServiceException)(client.call("throw")).code, -32_603);
        same(refused!(ipc.ServiceException)(client.call("nothing")).code, -32_601);
        auto error = refused!(ipc.ServiceException)(client.call("refuse"));
        same(format!"%d %s %s"(error.code, error.msg, error.data), "17 empty [left: 3]");
    }
    auto call = client.start("count", ipc.Value(null));
    foreach (number; 1 .. 4)
    {
        auto reply = call.next(soon);
        same(reply.value.get!int, number);
        same(reply.more, number < 3);
    }
    same(client.call("count").value.get!int, 3);
    same(client.call(".methods").value.length, 4);
    server.close();
    thread.join();
}

@test void states_locks_and_peers()
{
    scope setter = new ipc.Setter("speed");
    scope watcher = new ipc.Watcher("speed");
    setter.setIf(1, ipc.Setter.noValue);
    refused!(ipc.RetryException)(setter.setIf(2, ipc.Setter.noValue), ipc.SIPC_CONFLICT);
    auto one = watcher.get(soon);
    setter.setIf(2, one.sequence);
    auto two = ipc.get("speed", soon);
    same(two.value.get!int, 2);

    scope peers = new ipc.PeerWatcher("mutex");
    auto lock = new ipc.Lock("mutex");
    lock.lock(soon);
    refused!(ipc.MisuseException)(lock.lock(), ipc.SIPC_BAD_ARGUMENT);
    scope other = new ipc.Lock("mutex");
    refused!(ipc.TimeoutException)(other.lock(Duration.zero));
    auto all = ipc.peers("mutex");
    same(all.length, 2);
    same(all[0].language ~ " " ~ all[0].role, "d lock");
    auto came = peers.event(soon);
    same(came.isUp, true);
    same(came.peer, all[0]);
    lock.close(); // which unlocks
    other.lock(soon);
    same(other.abandoned, 0);
    other.unlock();
}

@test void a_host_and_its_plugin()
{
    scope host = new ipc.Host("host");
    ipc.Event until(string wanted)
    {
        for (;;)
        {
            auto event = host.event(soon);
            if (event.event == wanted)
                return event;
        }
    }

    host.start(ipc.Plugin("calc", thisExePath, ["plugin"]));
    same(until("ready").plugin, "calc");
    scope calc = host.client("calc");
    same(calc.call("add", 2, 3).value.get!int, 5);
    host.stop("calc");
    same(until("killed").told["signal"].get!int, 15);
    refused!(ipc.MisuseException)(host.stop("calc"));
    refused!(ipc.MisuseException)(host.start(ipc.Plugin("a.b", "true")), ipc.SIPC_BAD_NAME);
    refused!(ipc.MisuseException)(ipc.Server.plugin, ipc.SIPC_BAD_NAME); // this is none
}

void bePlugin()
{
    auto server = ipc.Server.plugin;
    server.on("add", (ref r) => ipc.Value(r.args[0].get!long + r.args[1].get!long));
    server.serve();
}

int main(string[] arguments)
{
    if (arguments.length > 1 && arguments[1] == "plugin")
    {
        bePlugin();
        return 0;
    }
    if (arguments.length > 1) // and then compares
    {
        writeln(ipc.sipc_error.sizeof, " ", ipc.sipc_value.sizeof, " ",
                ipc.sipc_message.sizeof, " ", ipc.sipc_options.sizeof, " ",
                ipc.sipc_value.shape.offsetof);
        return 0;
    }
    int failed;
    static foreach (name; __traits(allMembers, tests))
        static if (hasUDA!(__traits(getMember, tests, name), test))
            try
            {
                __traits(getMember, tests, name)();
                writeln("ok ", name);
            }
            catch (Exception error)
            {
                failed++;
                writeln("FAILED ", name, ": ", error.msg);
            }
    return failed ? 1 : 0;
}
