// The C++ binding: hosts and their plugins, which are this program again.
#include "tests.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include <poll.h>

using namespace std::chrono_literals;
using sipc::Happening;
using sipc::List;

namespace {

constexpr auto soon = 20s;

// snippet-begin
// Starts a plugin, calls it, and waits until it has crashed and lives again.
void host_of(const std::string& program) {
    sipc::Host host("host");
    sipc::Plugin plugin{"calc", program};
    plugin.restarts = 3;
    plugin.within = 60s;
    host.start(plugin);

    sipc::Client calc = host.client("calc");
    auto sum = calc.call("add", List{2, 3}, 20s);
    CHECK(sum->value().get<std::int64_t>() == 5);
    try {
        calc.call("crash");
    } catch (const sipc::ServerDied& error) {
        std::cout << "the call is lost: " << error.what() << '\n';
    }
    while (auto event = host.event(20s)) {
        std::cout << event->plugin << ": " << name_of(event->happening) << '\n';
        if (event->happening == Happening::restarting) return;
    }
    throw std::runtime_error("it was not started again");
}
// snippet-end

void the_page_of_plugins_is_right() {
    std::ostringstream said;
    auto* before = std::cout.rdbuf(said.rdbuf());
    host_of(program_path);
    std::cout.rdbuf(before);
    CHECK(said.str().find("the call is lost: ") == 0);
    CHECK(said.str().find("calc: restarting\n") != std::string::npos);
}

// Waits for an event and returns it after the ones on the way to it.
std::vector<sipc::Event> until(sipc::Host& host, Happening wanted) {
    std::vector<sipc::Event> events;
    while (auto event = host.event(soon)) {
        events.push_back(*event);
        if (event->happening == wanted) return events;
    }
    throw std::runtime_error(std::string("no event: ") + name_of(wanted));
}

bool is_alive(std::int64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    std::getline(file, stat);
    return !stat.empty() && stat.find(") Z") == std::string::npos; // a zombie has ended
}

sipc::Plugin this_program(std::uint32_t restarts = 3) {
    sipc::Plugin plugin{"calc", program_path};
    plugin.restarts = restarts;
    return plugin;
}

std::int64_t sum_of(sipc::Client& client, std::int64_t a, std::int64_t b) {
    auto reply = client.call("add", List{a, b}, soon);
    CHECK(reply.has_value());
    return reply->value().get<std::int64_t>();
}

void a_plugin_answers_and_ends_with_its_host() {
    std::int64_t pid = 0;
    {
        sipc::Host host("host");
        host.start(this_program());
        CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, host.start(this_program()));
        auto events = until(host, Happening::ready);
        CHECK(events.front().happening == Happening::started);
        CHECK(events.back().methods == (std::vector<std::string>{"add", "crash", "hang", "end"}));
        CHECK(events.back().plugin == "calc" && events.back().missed == 0);
        pid = events.back().pid;
        sipc::Client client = host.client("calc");
        CHECK(sum_of(client, 2, 3) == 5);
        CHECK(is_alive(pid));
    }
    CHECK(!is_alive(pid));
}

void what_a_plugin_prints_is_told_line_by_line() {
    sipc::Host host("host");
    sipc::Plugin plugin = this_program(0);
    plugin.args = {"quit", "with an argument"};
    host.start(plugin);
    bool has_spoken = false, has_complained = false, has_ended = false;
    for (const auto& event : until(host, Happening::given_up)) {
        bool is_line = event.happening == Happening::output;
        has_spoken |= is_line && event.stream == "stdout" && event.text == "with an argument";
        has_complained |= is_line && event.stream == "stderr" && event.text == "a complaint";
        has_ended |= event.happening == Happening::ended && event.code == 3;
    }
    CHECK(has_spoken);
    CHECK(has_complained);
    CHECK(has_ended);
}

void a_crash_is_an_event_and_the_plugin_lives_again_but_not_for_ever() {
    sipc::Host host("host");
    host.start(this_program(2));
    sipc::Client client = host.client("calc");
    for (int life = 0; life < 3; life++) {
        until(host, Happening::ready);
        CHECK(sum_of(client, life, 1) == life + 1);
        CHECK_THROWS(ServerDied, SIPC_SERVER_DIED, client.call("crash", nullptr, soon));
        CHECK(until(host, Happening::killed).back().signal == SIGABRT);
        auto next = host.event(soon);
        CHECK(next.has_value() && next->pid == 0);
        CHECK(next->happening == (life < 2 ? Happening::restarting : Happening::given_up));
        if (life < 2) CHECK(next->after > 0ms);
    }
    CHECK(!host.event(200ms));
}

void a_plugin_that_hangs_is_killed_and_lives_again() {
    sipc::Host host("host");
    sipc::Plugin plugin = this_program();
    plugin.hang_after = 3s;
    host.start(plugin);
    auto pid = until(host, Happening::ready).back().pid;
    sipc::Client client = host.client("calc");
    auto call = client.start("hang");
    CHECK(until(host, Happening::hung).back().pid == pid);
    CHECK_THROWS(ServerDied, SIPC_SERVER_DIED, call.result(soon));
    CHECK(until(host, Happening::ready).back().pid != pid);
    CHECK(sum_of(client, 1, 1) == 2);
}

void a_plugin_can_be_stopped_and_started_anew() {
    sipc::Host host("host");
    host.start(this_program());
    auto pid = until(host, Happening::ready).back().pid;
    host.stop("calc");
    CHECK(!is_alive(pid));
    CHECK(until(host, Happening::killed).back().signal == SIGTERM);
    CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, host.stop("calc"));
    host.start(this_program());
    until(host, Happening::ready);
    sipc::Client client = host.client("calc");
    client.send("end");
    CHECK(until(host, Happening::ended).back().code == 0);
    CHECK(!host.event(200ms)); // it had done what it wanted
}

void plugins_end_with_a_host_that_is_killed() {
    pid_t child = fork();
    if (child == 0) {
        sipc::Host host("host");
        host.start(this_program());
        pause();
    }
    sipc::Subscriber events("host.events"); // anybody may look on
    std::int64_t pid = 0;
    while (pid == 0) {
        auto message = events.take(soon);
        CHECK(message.has_value());
        sipc::Event event(*message);
        if (event.happening == Happening::ready) pid = event.pid;
    }
    CHECK(is_alive(pid));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    auto deadline = std::chrono::steady_clock::now() + soon;
    while (is_alive(pid)) {
        CHECK(std::chrono::steady_clock::now() < deadline);
        std::this_thread::sleep_for(1ms);
    }
}

void what_makes_no_plugin_is_refused() {
    sipc::Host host("host");
    for (const char* name : {"", "a.b"})
        CHECK_THROWS(Misuse, SIPC_BAD_NAME, host.start({name, "true"}));
    CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, host.start({"calc", ""}));
    CHECK_THROWS(Misuse, SIPC_BAD_NAME, sipc::Server()); // this process is no plugin
    sipc::Plugin ghost{"ghost", "/nowhere/at/all"};
    ghost.restarts = 0;
    host.start(ghost);
    auto events = until(host, Happening::given_up);
    CHECK(events.front().happening == Happening::failed);
    CHECK(events.front().text.find("/nowhere/at/all") != std::string::npos);
    sipc::publish("host.events", 1);
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, host.event(soon));
    sipc::publish("host.events", sipc::Map{{"event", "later"}});
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, host.event(soon));
    sipc::publish("host.events", sipc::Map{{"event", "later"}, {"plugin", "calc"}, {"pid", 1}});
    CHECK(host.event(soon)->happening == Happening::other);
}

void a_host_can_be_waited_for_beside_others() {
    sipc::Host host("host");
    sipc::Receiver queue("queue");
    CHECK(!sipc::wait({&queue, &host}, 0ns));
    host.start(this_program());
    CHECK(sipc::wait({&queue, &host}, soon) == std::size_t{1});
    sipc::Host moved = std::move(host);
    CHECK(moved.event().happening == Happening::started);
}

void the_descriptor_of_a_host_tells_of_events() {
    sipc::Host host("host");
    host.start(this_program(0));
    std::vector<Happening> told;
    while (told.empty() || told.back() != Happening::ready) {
        pollfd ready{host.fd(), POLLIN, 0};
        CHECK(poll(&ready, 1, 20000) == 1);
        while (auto event = host.event(0ns)) told.push_back(event->happening);
    }
    CHECK(told.front() == Happening::started);
}

} // namespace

// What this program does when a host has started it.
int be_a_plugin(const std::vector<std::string>& args) {
    if (!args.empty() && args[0] == "quit") {
        std::cout << args[1] << std::endl;
        std::cerr << "a complaint" << std::endl;
        return 3;
    }
    sipc::Server server;
    server.on("add", [](const sipc::Request& request) -> sipc::Value {
        return request.args()[0].get<std::int64_t>() + request.args()[1].get<std::int64_t>();
    });
    server.on("crash", [](const sipc::Request&) -> sipc::Value { std::abort(); });
    server.on("hang", [](const sipc::Request&) -> sipc::Value { return pause(); });
    server.on("end", [](const sipc::Request&) -> sipc::Value { std::_Exit(0); });
    server.serve();
    return 0;
}

const std::vector<Test> plugin_tests = {
    TEST(the_page_of_plugins_is_right),
    TEST(a_plugin_answers_and_ends_with_its_host),
    TEST(what_a_plugin_prints_is_told_line_by_line),
    TEST(a_crash_is_an_event_and_the_plugin_lives_again_but_not_for_ever),
    TEST(a_plugin_that_hangs_is_killed_and_lives_again),
    TEST(a_plugin_can_be_stopped_and_started_anew),
    TEST(plugins_end_with_a_host_that_is_killed),
    TEST(what_makes_no_plugin_is_refused),
    TEST(a_host_can_be_waited_for_beside_others),
    TEST(the_descriptor_of_a_host_tells_of_events),
};
