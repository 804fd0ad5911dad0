// Every pattern once, in one program; each part could be in a program of its own.
#include <simpleipc.hpp>

#include <algorithm>
#include <iostream>
#include <mutex>

int main() try {
    using std::cout;
    const auto soon = std::chrono::seconds(20);

    // A queue: each message goes to one receiver.
    sipc::send("tour.queue", "hello");
    sipc::Receiver receiver("tour.queue");
    cout << "queue: " << receiver.take(soon)->value().get<std::string_view>() << '\n';
    if (!receiver.take(std::chrono::seconds(0))) cout << "queue: nothing more\n";

    // A topic: every subscriber gets every message. The frame is filled where it is read.
    sipc::Subscriber subscriber("tour.topic");
    sipc::Publisher publisher("tour.topic");
    publisher.put(42);
    cout << "topic: " << subscriber.take(soon)->value().get<std::int64_t>() << '\n';
    auto frame = publisher.loan(sipc::Tensor::of<std::uint8_t>({4, 6, 3}, {}, "rgb8"));
    std::fill(frame.data().begin(), frame.data().end(), 7);
    publisher.put(std::move(frame), soon, sipc::now_ns());
    auto message = subscriber.take(soon);
    auto seen = message->value().get<sipc::Tensor>();
    cout << "topic: " << seen.shape[0] << " x " << seen.shape[1] << ' ' << seen.format << ' '
         << int(seen.data[0]) << '\n';

    // A state: the latest value, for whoever comes whenever.
    sipc::Setter setter("tour.state");
    setter.put(30);
    sipc::Watcher watcher("tour.state");
    auto speed = watcher.get();
    cout << "state: " << speed.value().get<std::int64_t>() << '\n';
    bool is_set = setter.put_if(31, speed.sequence()); // false if somebody else was faster
    cout << "state: " << watcher.take(soon)->value().get<std::int64_t>() << ' ' << is_set << '\n';

    // A signal: something has happened.
    sipc::Waiter waiter("tour.signal");
    sipc::notify("tour.signal");
    cout << "signal: " << *waiter.wait(soon) << '\n';

    // A lock: one owner at a time, and free when it dies.
    sipc::Lock lock("tour.lock");
    {
        std::lock_guard held(lock);
        cout << "lock: died with it: " << lock.abandoned() << '\n';
    }

    // A service; `server.on` and `server.serve()` are the usual way to answer.
    sipc::Server server("tour.service");
    sipc::Client client("tour.service");
    auto call = client.start("add", sipc::List{1, 2});
    sipc::Request request(std::move(*server.take(soon)));
    sipc::View args = request.args();
    cout << "service: " << request.method() << " of " << args.size() << '\n';
    request.reply(args[0].get<std::int64_t>() + args[1].get<std::int64_t>());
    cout << "service: " << call.result(soon)->value().get<std::int64_t>() << '\n';
} catch (const sipc::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
