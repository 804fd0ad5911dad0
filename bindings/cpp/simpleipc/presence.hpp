// Presence of SimpleIPC for C++: who is on a channel, and who comes and goes; a part of
// simpleipc.hpp.
//
//     for (auto& peer : sipc::peers("camera")) log(peer.program, peer.role);
//     sipc::PeerWatcher watcher("camera");
//     while (auto event = watcher.event(1s)) log(event->up ? "up" : "down", event->peer.pid);
#ifndef SIMPLEIPC_PRESENCE_HPP
#define SIMPLEIPC_PRESENCE_HPP

#include "plugin.hpp"

namespace sipc {

// An open handle of a channel, of a process that lives.
struct Peer {
    std::int64_t pid = 0; // in the peer's own namespace
    std::string program, language, role; // role: the verb, as "subscribe"
    std::int64_t since_ns = 0;           // of now_ns()
    std::uint64_t id = 0;                // the sender() of its messages

    Peer() = default;
    explicit Peer(const View& map)
        : pid(fact(map, "pid").get<std::int64_t>()),
          program(fact(map, "program").get<std::string>()),
          language(fact(map, "language").get<std::string>()),
          role(fact(map, "role").get<std::string>()),
          since_ns(fact(map, "since_ns").get<std::int64_t>()),
          id(static_cast<std::uint64_t>(fact(map, "id").get<std::int64_t>())) {}

  private:
    static View fact(const View& map, std::string_view name) {
        if (auto found = map.find(name)) return *found;
        fail(SIPC_BAD_VALUE, 0, "the message is no peer");
    }
};

// Somebody has come (up), or has gone, however that happened.
struct PeerEvent {
    bool up = false;
    Peer peer;

    explicit PeerEvent(const Message& message) : peer(message.value()) {
        auto event = message.value().find("event");
        up = event && event->get<std::string_view>() == "up";
    }
};

// Tells who comes to a channel and who goes, also by being killed; first who is there already. It
// takes no part itself, and may be there before the channel is. Wait for events as for the messages
// of any Consumer: event() takes one, or make each message a PeerEvent.
class PeerWatcher : public Handle<Consumer, SIPC_ROLE_PEERS> {
  public:
    using Handle::Handle;
    // The next event, or none within the timeout.
    std::optional<PeerEvent> event(Duration timeout) {
        auto message = take(timeout);
        if (!message) return std::nullopt;
        return PeerEvent(*message);
    }
    PeerEvent event() { return PeerEvent(take()); }
};

// Who has a channel open now, in the order of their coming.
inline std::vector<Peer> peers(const std::string& name, const char* directory = nullptr) {
    sipc_options options = SIPC_OPTIONS_INIT;
    options.directory = directory;
    Message message;
    call(sipc_peers, name.c_str(), &options, message.raw());
    std::vector<Peer> peers;
    for (std::size_t k = 0; k < message.value().size(); k++)
        peers.emplace_back(message.value()[k]);
    return peers;
}

// What handles that are opened from now on say of this program; empty: its file name, "c++".
inline void identify(const std::string& program, const std::string& language = "c++") {
    call(sipc_identify, program.c_str(), language.c_str());
}

namespace detail {
inline const bool is_identified = sipc_identify(nullptr, "c++", nullptr) == SIPC_OK;
}

} // namespace sipc

#endif
