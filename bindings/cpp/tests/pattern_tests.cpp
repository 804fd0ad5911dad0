// The C++ binding: states, signals, locks and services.
#include "tests.hpp"

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>

using namespace std::chrono_literals;
using sipc::List;
using sipc::Map;

namespace {

std::int64_t int_of(const sipc::Message& message) { return message.value().get<std::int64_t>(); }

// Runs `work` in a child that then waits to be killed; returns once the work is done.
template <class F> pid_t busy_child(F work) {
    int ends[2];
    char byte = 0;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        work([&] { return write(ends[1], "x", 1); });
        pause();
    }
    CHECK(read(ends[0], &byte, 1) == 1);
    close(ends[0]);
    close(ends[1]);
    return child;
}

void kill_child(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

void a_value_is_there_for_who_comes_late() {
    CHECK(!sipc::get("speed", 0ns));
    for (int k = 0; k < 50; k++) sipc::set("speed", k);
    sipc::Watcher watcher("speed");
    CHECK(int_of(watcher.take()) == 49);
    CHECK(!watcher.take(0ns));
    CHECK(int_of(watcher.get()) == 49 && int_of(*sipc::get("speed")) == 49);
    sipc::Setter setter("speed");
    setter.put("fast", 1s, 4711);
    CHECK(watcher.take().capture_time_ns() == 4711);
    auto loan = setter.loan(100000);
    std::fill(loan.data().begin(), loan.data().end(), std::uint8_t{7});
    CHECK(!setter.put_if(std::move(loan), 0));
    CHECK(setter.put_if(std::move(loan), watcher.get().sequence()));
    CHECK(watcher.get().value().get<sipc::Bytes>()[99999] == 7);
}

void only_who_knows_the_value_may_replace_it() {
    sipc::Setter setter("count");
    sipc::Watcher watcher("count");
    CHECK(!watcher.get(1ms));
    CHECK(!setter.put_if(1, 0) && setter.put_if(1, std::nullopt));
    CHECK(!setter.put_if(1, std::nullopt));
    for (int k = 1; k < 50; k++) {
        auto known = watcher.get();
        CHECK(int_of(known) == k);
        CHECK(setter.put_if(k + 1, known.sequence()) && !setter.put_if(0, known.sequence()));
    }
}

void the_value_of_a_killed_setter_stays() {
    kill_child(busy_child([](auto tell) { sipc::set("left", Map{{"x", 1.5}}), tell(); }));
    CHECK(sipc::get("left", 5s)->value().find("x")->get<double>() == 1.5);
}

void notifications_are_counted() {
    CHECK(!sipc::wait("reload", 0ns));
    sipc::Waiter waiter("reload");
    sipc::Notifier notifier("reload");
    for (int k = 0; k < 4; k++) notifier.notify();
    sipc::notify("reload");
    CHECK(waiter.wait() == 5 && sipc::wait("reload") == std::uint64_t{5});
    CHECK(!waiter.wait(0ns));
    notifier.notify();
    CHECK(sipc::wait({&waiter}, 5s) == std::size_t{0});
    CHECK(waiter.wait(0ns) == std::uint64_t{1});
}

std::atomic<int> raised{0};

void a_notification_can_be_a_signal_of_the_system() {
    std::signal(SIGUSR1, [](int) { raised++; });
    sipc::Options options;
    options.signal = SIGUSR1;
    sipc::Waiter waiter("tick", options);
    sipc::notify("tick");
    for (int k = 0; k < 5000 && raised == 0; k++) std::this_thread::sleep_for(1ms);
    CHECK(raised == 1);
    CHECK_THROWS(Misuse, SIPC_WRONG_ROLE, waiter.wait(0ns));
}

void the_wrong_verb_is_misuse() {
    sipc::Setter setter("state");
    sipc::Waiter waiter("signal");
    CHECK_THROWS(Misuse, SIPC_WRONG_PATTERN, sipc::Receiver("state"));
    CHECK_THROWS(Misuse, SIPC_WRONG_PATTERN, sipc::Lock("state"));
    CHECK_THROWS(Misuse, SIPC_WRONG_PATTERN, sipc::notify("state"));
    CHECK_THROWS(Misuse, SIPC_WRONG_PATTERN, sipc::set("signal", 1));
    CHECK_THROWS(Misuse, SIPC_WRONG_PATTERN, sipc::Client("signal"));
}

void a_lock_is_held_by_one() {
    sipc::Lock lock("robot"), other("robot");
    {
        std::lock_guard<sipc::Lock> held(lock);
        CHECK(!other.try_lock() && !other.try_lock_for(1ms));
        CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, lock.lock());
    }
    std::unique_lock<sipc::Lock> held(other, std::try_to_lock);
    CHECK(held.owns_lock() && other.abandoned() == 0);
    held.unlock();
    CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, other.unlock());
}

void the_next_owner_is_told_of_a_death() {
    pid_t child = busy_child([](auto tell) {
        sipc::Lock lock("robot");
        lock.lock();
        tell();
        pause();
    });
    sipc::Lock lock("robot");
    CHECK(!lock.try_lock());
    kill_child(child);
    CHECK(lock.try_lock_for(10s) && lock.abandoned() == static_cast<std::uint64_t>(child));
    lock.unlock();
    lock.lock();
    CHECK(lock.abandoned() == 0);
}

void a_semaphore_has_so_many_permits() {
    sipc::Semaphore first("slots", 2), second("slots", 2), third("slots", 2);
    first.acquire();
    CHECK(second.try_acquire() && !third.try_acquire_for(1ms));
    first.release();
    CHECK(third.try_acquire_for(5s));
    CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, sipc::Semaphore("slots", 3));
}

void add_methods(sipc::Server& server) {
    server.on("add", [](const sipc::Request& request) -> sipc::Value {
        return request.args()[0].get<std::int64_t>() + request.args()[1].get<std::int64_t>();
    });
    server.on("withdraw", [](const sipc::Request&) -> sipc::Value {
        throw sipc::ServiceError(17, "the account is empty", List{3});
    });
    server.on("count", [](const sipc::Request& request) -> sipc::Value {
        for (std::int64_t k = 0; k < request.args().get<std::int64_t>(); k++) request.push(k);
        return "end";
    });
    server.on("large", [](const sipc::Request&) -> sipc::Value {
        return std::string(8 << 20, 'x');
    });
}

// Serves in another thread until it goes.
struct Serving {
    explicit Serving(sipc::Server& server) : server(server), thread([&] { server.serve(); }) {}
    ~Serving() {
        server.interrupt();
        thread.join();
    }
    sipc::Server& server;
    std::thread thread;
};

void calls_have_results_and_errors() {
    sipc::Options small;
    small.pool_bytes_max = 4 << 20;
    sipc::Server server("calc", small);
    add_methods(server);
    Serving serving(server);
    sipc::Client client("calc", small);
    CHECK(int_of(client.call("add", List{1, 2})) == 3);
    auto first = client.start("add", List{1, 1}), second = client.start("add", List{2, 2});
    CHECK(int_of(*second.result(10s)) == 4 && int_of(first.result()) == 2);
    try {
        client.call("withdraw");
        CHECK(!"an exception");
    } catch (const sipc::ServiceError& error) {
        CHECK(error.code() == 17 && std::string(error.what()) == "the account is empty");
        CHECK((*error.data())[0].get<std::int64_t>() == 3);
    }
    CHECK_THROWS(ServiceError, SIPC_FAILED, client.call("nonsense"));
    CHECK_THROWS(ServiceError, SIPC_FAILED, client.call("add", 1)); // which is no list
    auto stream = client.start("count", 5);
    for (int k = 0; k < 5; k++) CHECK(int_of(*stream.next(10s)) == k);
    CHECK(!stream.next(10s) && stream.has_ended());
    CHECK(stream.result().value().get<std::string>() == "end");
    { auto endless = client.start("count", INT64_MAX); }
    CHECK_THROWS(Error, SIPC_TOO_LARGE, client.call("large"));
    client.send("add", List{1, 2});
    CHECK(client.call(".methods").value()[0].find("name")->get<std::string>() == "add");
    CHECK(int_of(client.call("add", List{4, 4})) == 8);
}

void a_call_ends_in_time_and_is_cancelled() {
    sipc::Client client("slow");
    CHECK(!client.call("work", nullptr, 5ms));
    sipc::Server server("slow");
    CHECK(!server.take(0ns));
    auto call = client.start("work", 5);
    sipc::Request request(server.take());
    CHECK(request.method() == "work" && request.args().get<std::int64_t>() == 5);
    CHECK(!request.is_cancelled() && !request.is_one_way() && !call.next(0ns));
    call.cancel();
    CHECK(request.is_cancelled());
    CHECK_THROWS(Cancelled, SIPC_CANCELLED, request.push(1));
    CHECK_THROWS(Cancelled, SIPC_CANCELLED, call.result());
}

void a_killed_server_is_an_error() {
    pid_t child = busy_child([](auto tell) {
        sipc::Server server("work");
        tell();
        sipc::Request request(server.take());
        sipc::notify("taken");
        pause();
    });
    sipc::Waiter taken("taken");
    sipc::Client client("work");
    auto call = client.start("do");
    CHECK(taken.wait(10s) == std::uint64_t{1});
    kill_child(child);
    CHECK_THROWS(ServerDied, SIPC_SERVER_DIED, call.result(20s));
}

} // namespace

const std::vector<Test> pattern_tests = {
    TEST(a_value_is_there_for_who_comes_late),
    TEST(only_who_knows_the_value_may_replace_it),
    TEST(the_value_of_a_killed_setter_stays),
    TEST(notifications_are_counted),
    TEST(a_notification_can_be_a_signal_of_the_system),
    TEST(the_wrong_verb_is_misuse),
    TEST(a_lock_is_held_by_one),
    TEST(the_next_owner_is_told_of_a_death),
    TEST(a_semaphore_has_so_many_permits),
    TEST(calls_have_results_and_errors),
    TEST(a_call_ends_in_time_and_is_cancelled),
    TEST(a_killed_server_is_an_error),
};
