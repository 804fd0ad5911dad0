// The C++ binding: who is on a channel, and who comes and goes.
#include "tests.hpp"

#include <csignal>
#include <iostream>

using namespace std::chrono_literals;

namespace {

constexpr auto soon = 20s;

// snippet-begin
// Waits until a server of the service comes, and until it goes.
void watch_service(const std::string& service) {
    sipc::PeerWatcher watcher(service);
    while (auto event = watcher.event(20s)) {
        if (event->peer.role != "serve") continue;
        std::cerr << event->peer.program << (event->up ? " serves\n" : " has gone\n");
        if (!event->up) return;
    }
    throw std::runtime_error("nobody serves");
}
// snippet-end

// A process that does this, and is there until it is killed.
template <class F> pid_t start(F work) {
    const pid_t child = fork();
    if (child == 0) {
        work();
        for (;;) pause();
    }
    return child;
}

void end(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

void the_page_of_presence_is_right() {
    const pid_t server = start([] {
        auto* open = new sipc::Server("calc");
        alarm(1); // ends it, as a crash would
        (void)open;
    });
    auto* said = std::cerr.rdbuf(nullptr);
    watch_service("calc");
    std::cerr.rdbuf(said);
    waitpid(server, nullptr, 0);
}

void peers_say_who_they_are() {
    CHECK(sipc::peers("t").empty());
    const auto before = sipc::now_ns();
    sipc::Publisher publisher("t");
    sipc::identify("viewer");
    sipc::Subscriber subscriber("t");
    sipc::identify("");
    const auto peers = sipc::peers("t");
    CHECK(peers.size() == 2);
    CHECK(peers[0].pid == getpid() && peers[1].pid == getpid());
    CHECK(peers[0].program == program_path.substr(program_path.rfind('/') + 1));
    CHECK(peers[1].program == "viewer");
    CHECK(peers[0].language == "c++" && peers[1].language == "c++");
    CHECK(peers[0].role == "publish" && peers[1].role == "subscribe");
    CHECK(before <= peers[0].since_ns && peers[1].since_ns <= sipc::now_ns());
    publisher.put(1);
    CHECK(subscriber.take().sender() == peers[0].id);
    CHECK_THROWS(Misuse, SIPC_BAD_NAME, sipc::peers("a/b"));
}

void who_comes_and_goes_is_told_of_also_when_killed() {
    sipc::PeerWatcher watcher("jobs");
    CHECK(!watcher.event(0s));
    for (int life = 0; life < 3; life++) {
        const pid_t child = start([] { new sipc::Receiver("jobs"); });
        auto came = watcher.event(soon);
        CHECK(came && came->up && came->peer.pid == child && came->peer.role == "receive");
        end(child);
        auto went = watcher.event(soon);
        CHECK(went && !went->up && went->peer.id == came->peer.id);
    }
    // A stopped one is there.
    const pid_t child = start([] { new sipc::Receiver("jobs"); });
    CHECK(watcher.event().up);
    kill(child, SIGSTOP);
    CHECK(!watcher.event(300ms) && sipc::peers("jobs").size() == 1);
    end(child);
    CHECK(!watcher.event().up);
}

void a_watcher_is_waited_for_beside_others() {
    sipc::Receiver queue("q");
    sipc::PeerWatcher watcher("jobs");
    CHECK(!sipc::wait({&queue, &watcher}, 0ns));
    {
        sipc::Sender sender("jobs");
        CHECK(sipc::wait({&queue, &watcher}, soon) == std::size_t{1});
        CHECK(sipc::PeerEvent(watcher.take()).up);
    }
    CHECK(sipc::wait({&queue, &watcher}, soon) == std::size_t{1});
    CHECK(!watcher.event().up);
}

} // namespace

const std::vector<Test> peer_tests = {
    TEST(the_page_of_presence_is_right),
    TEST(peers_say_who_they_are),
    TEST(who_comes_and_goes_is_told_of_also_when_killed),
    TEST(a_watcher_is_waited_for_beside_others),
};
