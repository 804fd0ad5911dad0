// Plugins of SimpleIPC for C++: programs that a host starts, calls and looks after; a part of
// simpleipc.hpp.
//
//     sipc::Host host("editor");
//     host.start({"spell", "./spell.py"});                          // serves editor.spell
//     host.client("spell").call("check", "text");
//     while (auto event = host.event(1s)) log(event->plugin, name_of(event->happening));
//
//     sipc::Server server;                                          // in a plugin
#ifndef SIMPLEIPC_PLUGIN_HPP
#define SIMPLEIPC_PLUGIN_HPP

#include "service.hpp"

namespace sipc {

// How a program is to be run as a plugin.
struct Plugin {
    std::string name;    // short, without dots
    std::string program; // a path, or a name to be found in PATH
    std::vector<std::string> args = {};
    // At most so many restarts in such a time; then it is given up. One that ends with code 0 has
    // done what it wanted, and is not started again.
    std::uint32_t restarts = 3;
    Duration within = std::chrono::seconds(60);
    // If it takes no call for so long it hangs: it is killed and started again. 0: it may.
    Duration hang_after{0};
};

enum class Happening {
    started,    // its program runs
    failed,     // its program could not be started: text
    ready,      // it serves: methods
    output,     // it has printed a line: stream, text
    hung,       // it took no call for hang_after, and is killed
    ended,      // by itself: code
    killed,     // by a signal, as a crash does: signal
    restarting, // it will be started again: after
    given_up,   // it has used up its restarts
    other,      // what a later version of the library tells
};

// The word for it in the map that is published.
inline const char* name_of(Happening happening) {
    constexpr const char* names[] = {"started", "failed", "ready",      "output",   "hung",
                                     "ended",   "killed", "restarting", "given_up", "other"};
    return names[static_cast<std::size_t>(happening)];
}

// Something that has happened to a plugin.
struct Event {
    Happening happening = Happening::other;
    std::string plugin;
    std::int64_t pid = 0; // 0: it has no process
    std::string text, stream;
    std::vector<std::string> methods;
    int code = 0, signal = 0;
    Duration after{0};
    std::uint64_t missed = 0; // events the host was too slow for, before this one

    // Reads what a host has published.
    explicit Event(const Message& message) : missed(message.missed()) {
        const View map = message.value();
        const auto word = fact(map, "event").get<std::string_view>();
        for (int k = 0; k < static_cast<int>(Happening::other); k++)
            if (name_of(static_cast<Happening>(k)) == word) happening = static_cast<Happening>(k);
        plugin = fact(map, "plugin").get<std::string>();
        pid = fact(map, "pid").get<std::int64_t>();
        if (auto found = map.find("text")) text = found->get<std::string>();
        if (auto found = map.find("stream")) stream = found->get<std::string>();
        if (auto found = map.find("code")) code = static_cast<int>(found->get<std::int64_t>());
        if (auto found = map.find("signal")) signal = static_cast<int>(found->get<std::int64_t>());
        if (auto found = map.find("after_ms"))
            after = std::chrono::milliseconds(found->get<std::int64_t>());
        if (auto found = map.find("methods"))
            for (std::size_t k = 0; k < found->size(); k++)
                methods.push_back((*found)[k].get<std::string>());
    }

  private:
    static View fact(const View& map, std::string_view name) {
        if (auto found = map.find(name)) return *found;
        fail(SIPC_BAD_VALUE, 0, "the message is no event of a host");
    }
};

// Starts plugins and hears what becomes of them; they end with it, also when it is killed. Wait
// for events as for the messages of any Consumer: event() takes one, or make each message an Event.
class Host : public Consumer {
  public:
    explicit Host(const std::string& name, const Options& options = {})
        : Consumer(name, SIPC_ROLE_HOST, options), name_(name), directory_(options.directory) {}
    // Starts a plugin, and again when it crashes. That its program runs, or cannot, is an event.
    void start(const Plugin& plugin) {
        List args(plugin.args.begin(), plugin.args.end());
        Map wish{{"name", plugin.name}, {"program", plugin.program}, {"args", std::move(args)}};
        wish.emplace_back("restarts", std::int64_t{plugin.restarts});
        wish.emplace_back("seconds", seconds(plugin.within));
        if (plugin.hang_after > Duration(0))
            wish.emplace_back("hang_after", seconds(plugin.hang_after));
        tell(wish);
    }
    // Asks a plugin to end, and after two seconds ends it; returns when it has gone.
    void stop(const std::string& plugin) { tell(Map{{"name", plugin}, {"stop", true}}); }
    // Calls its methods, of whichever process it is at the time.
    Client client(const std::string& plugin) const {
        Options options;
        options.directory = directory_;
        return Client(name_ + "." + plugin, options);
    }
    // The next event, or none within the timeout.
    std::optional<Event> event(Duration timeout) {
        auto message = take(timeout);
        if (!message) return std::nullopt;
        return Event(*message);
    }
    Event event() { return Event(take()); }

  private:
    static double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }
    void tell(const Value& wish) {
        Value::Arrays arrays;
        sipc_value raw = wish.describe(arrays);
        call(sipc_plugin, raw_, &raw);
    }
    std::string name_, directory_;
};

} // namespace sipc

#endif
