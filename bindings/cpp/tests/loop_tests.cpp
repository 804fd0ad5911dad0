// The C++ binding: event loops, and waiting on several handles at once.
#include "tests.hpp"

#include <poll.h>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;

namespace {

constexpr int patience_ms = 20000;

std::int64_t int_of(const sipc::Message& message) { return message.value().get<std::int64_t>(); }

// Runs `work` in a child; kills it, if it has not ended, and waits for it.
class Child {
  public:
    template <class F> explicit Child(F work) : pid_(fork()) {
        if (pid_ != 0) return;
        work();
        _exit(0);
    }
    ~Child() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }

  private:
    pid_t pid_;
};

bool is_readable(const sipc::Source& source, int timeout_ms) {
    pollfd one{source.fd(), POLLIN, 0};
    return poll(&one, 1, timeout_ms) == 1 && (one.revents & POLLIN) != 0;
}

// snippet-begin
// Waits for several handles at once, and hands out what they have, until `is_over`.
template <class Handle, class IsOver>
void loop(std::vector<sipc::Consumer*> sources, Handle handle, IsOver is_over) {
    std::vector<pollfd> fds;
    for (sipc::Consumer* source : sources) fds.push_back({source->fd(), POLLIN, 0});
    while (!is_over()) {
        CHECK(poll(fds.data(), fds.size(), patience_ms) > 0);
        for (std::size_t k = 0; k < fds.size(); k++) {
            if ((fds[k].revents & POLLIN) == 0) continue;
            while (auto message = sources[k]->take(0ns)) handle(*sources[k], *message);
        }
    }
}
// snippet-end

void nothing_is_missed_by_who_polls_several_handles() {
    constexpr std::int64_t messages = 10000;
    sipc::Options lossless;
    lossless.lossless = true;
    sipc::Receiver queue("queue");
    sipc::Subscriber topic("topic", lossless);
    sipc::Waiter signal("signal");
    sipc::Watcher state("state");
    Child child([] {
        sipc::Sender sender("queue");
        sipc::Publisher publisher("topic");
        sipc::Notifier notifier("signal");
        std::uint32_t dice = 1;
        for (std::int64_t n = 0; n < messages; n++) {
            sender.put(n, 20s);
            publisher.put(n, 20s);
            notifier.notify();
            dice = dice * 1664525 + 1013904223;
            if (dice >> 27 == 0) std::this_thread::sleep_for(std::chrono::nanoseconds(dice >> 11));
        }
        sipc::set("state", "done");
    });
    std::int64_t queued = 0, published = 0;
    std::uint64_t notified = 0;
    bool is_done = false;
    auto count = [&](const sipc::Consumer& from, const sipc::Message& message) {
        if (&from == &queue) CHECK(int_of(message) == queued++);
        if (&from == &topic) CHECK(int_of(message) == published++);
        if (&from == &signal) notified += message.value().get<std::uint64_t>();
        is_done = is_done || &from == &state;
    };
    loop({&queue, &topic, &signal, &state}, count, [&] {
        return is_done && queued == messages && published == messages &&
               notified == std::uint64_t{messages};
    });
}

void a_client_is_readable_when_a_call_has_a_reply() {
    sipc::Client client("echo");
    CHECK(!is_readable(client, 0));
    {
        Child child([] {
            sipc::Server server("echo");
            server.on("echo", [](const sipc::Request& r) -> sipc::Value {
                return r.args().get<std::int64_t>();
            });
            server.serve();
        });
        for (int round = 0; round < 200; round++) {
            sipc::Call one = client.start("echo", 1), two = client.start("echo", 2);
            std::optional<sipc::Message> first, second;
            while (!first || !second) {
                CHECK(is_readable(client, patience_ms));
                if (!first) first = one.result(0ns);
                if (!second) second = two.result(0ns);
            }
            CHECK(int_of(*first) == 1 && int_of(*second) == 2);
            CHECK(!is_readable(client, 0));
        }
    }
    // The server has died, which is no news as long as nothing is in flight.
    CHECK(!is_readable(client, 100));
}

void one_wait_is_for_all_kinds_of_handles() {
    sipc::Receiver queue("queue");
    sipc::Watcher state("state");
    sipc::Waiter signal("signal");
    sipc::Server server("echo");
    sipc::Client client("echo");
    auto wait = [&](sipc::Duration timeout) {
        return sipc::wait({&queue, &state, &signal, &server, &client}, timeout);
    };
    CHECK(!wait(1ms));
    sipc::Call call = client.start("echo", 5);
    CHECK(wait(20s) == std::size_t{3});
    auto message = server.take(0ns);
    CHECK(message.has_value());
    sipc::Request request(std::move(*message));
    CHECK(!wait(1ms));
    auto later = [](auto act) {
        return std::thread([act] {
            std::this_thread::sleep_for(20ms);
            act();
        });
    };
    auto answering = later([&] { request.reply(6); });
    CHECK(wait(20s) == std::size_t{4});
    answering.join();
    CHECK(int_of(*call.result(0ns)) == 6);
    auto sending = later([] { sipc::send("queue", 1); });
    CHECK(wait(20s) == std::size_t{0} && queue.take(0ns));
    sending.join();
    auto setting = later([] { sipc::set("state", 1); });
    CHECK(wait(20s) == std::size_t{1} && state.take(0ns));
    setting.join();
    auto notifying = later([] { sipc::notify("signal"); });
    CHECK(wait(20s) == std::size_t{2} && signal.take(0ns));
    notifying.join();
    CHECK(!wait(0ns));
}

} // namespace

const std::vector<Test> loop_tests = {
    TEST(nothing_is_missed_by_who_polls_several_handles),
    TEST(a_client_is_readable_when_a_call_has_a_reply),
    TEST(one_wait_is_for_all_kinds_of_handles),
};
