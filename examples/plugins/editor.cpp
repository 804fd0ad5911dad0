// An editor without a window: it keeps a text, and lets plugins in four languages work on it. One
// of them crashes on purpose, again and again, until it is given up; the editor goes on.
//
// Usage: editor SCRIPTS PROGRAMS PYTHON SIPC: the folders of the plugins, and who runs the scripts.
#include <simpleipc.hpp>

#include <cstdio>
#include <map>
#include <sstream>

using namespace std::chrono_literals;
using sipc::Happening;
using sipc::List;
using std::string;

namespace {

constexpr auto patience = 20s;

class Editor {
  public:
    // Starts a plugin; when it crashes it is started again twice, and then given up.
    void start(const string& name, const string& program, std::vector<string> args = {}) {
        sipc::Plugin plugin{name, program, std::move(args)};
        plugin.restarts = 2;
        plugin.hang_after = patience;
        host_.start(plugin);
        clients_.emplace(name, host_.client(name));
    }

    // Waits until the plugin serves; false if it never will.
    bool await(const string& name) {
        while (!ready_[name] && clients_.count(name) != 0) {
            if (auto event = host_.event(patience)) hear(*event);
            else throw std::runtime_error(name + " does not get ready");
        }
        return clients_.count(name) != 0;
    }

    // Ends a plugin, and hears its last words.
    void stop(const string& name) {
        host_.stop(name);
        hear();
    }

    // Calls a plugin and waits for its answer. A plugin that dies over it costs the answer.
    std::optional<sipc::Message> ask(const string& name, const string& method, const List& args) {
        if (!await(name)) return std::nullopt;
        try {
            auto answer = clients_.at(name).call(method, args, patience);
            hear();
            return answer;
        } catch (const sipc::ServiceError& error) {
            say(name, string("says no: ") + error.what());
        } catch (const sipc::ServerDied&) {
            say("editor", "the call of " + name + '.' + method + " is lost; the text is not");
            ready_[name] = false;
        }
        return std::nullopt;
    }

    // The text changes, and whoever subscribes to the topic has it.
    void edit(string text, const string& why) {
        text_ = std::move(text);
        edits_.put(text_);
        say("editor", why);
        std::istringstream lines(text_);
        for (string line; std::getline(lines, line);) say("", "| " + line);
    }
    const string& text() const { return text_; }

    void say(const string& who, const string& what) {
        std::printf("%-11s %s\n", who.c_str(), what.c_str());
        std::fflush(stdout);
    }

  private:
    // What has happened to the plugins meanwhile.
    void hear() {
        while (auto event = host_.event(0ns)) hear(*event);
    }
    void hear(const sipc::Event& event) {
        const string& name = event.plugin;
        switch (event.happening) {
        case Happening::started: return say(name, "started, process " + std::to_string(event.pid));
        case Happening::ready: ready_[name] = true; return say(name, "ready");
        case Happening::output: return say(name, "prints: " + event.text);
        case Happening::killed:
            ready_[name] = false;
            return say(name, "killed by signal " + std::to_string(event.signal));
        case Happening::ended: return say(name, "ended, code " + std::to_string(event.code));
        case Happening::restarting:
            return say(name, "started again in " + std::to_string(event.after / 1ms) + " ms");
        case Happening::given_up: clients_.erase(name); return say(name, "given up");
        default: return say(name, string(name_of(event.happening)) + ' ' + event.text);
        }
    }

    // Ends after the host: the last one out removes the topic.
    sipc::Publisher edits_{"editor.edits"};
    sipc::Host host_{"editor"};
    std::map<string, sipc::Client> clients_; // of the plugins that are not given up
    std::map<string, bool> ready_;
    string text_;
};

void count(Editor& editor) {
    if (auto answer = editor.ask("statistics", "count", {editor.text()})) {
        auto number = [&](const char* name) {
            return std::to_string(answer->value().find(name)->get<std::int64_t>());
        };
        editor.say("statistics", "words " + number("words") + ", lines " + number("lines") +
                                     ", edits " + number("edits"));
    }
}

void spell(Editor& editor) {
    if (auto answer = editor.ask("spelling", "unknown", {editor.text()})) {
        string words;
        for (std::size_t k = 0; k < answer->value().size(); k++)
            words += ' ' + answer->value()[k].get<string>();
        editor.say("spelling", "does not know:" + (words.empty() ? " nothing" : words));
    }
}

void session(const string& scripts, const string& programs, const string& python,
             const string& tool) {
    Editor editor;
    editor.start("statistics", python, {scripts + "/statistics.py"});
    editor.start("reflow", programs + "/reflow");
    editor.start("sorting", tool, {"plugin", "--", "sh", scripts + "/sorting.sh"});
    editor.start("spelling", programs + "/spelling");
    for (const char* name : {"statistics", "reflow", "sorting", "spelling"}) editor.await(name);

    editor.edit("the quick brown fox jumps over the lazy dog and the dog does not mind", "a text");
    count(editor);
    spell(editor);
    if (auto answer = editor.ask("reflow", "reflow", {editor.text(), 24}))
        editor.edit(answer->value().get<string>(), "reflowed to 24 columns");
    if (auto answer = editor.ask("sorting", "sort", {editor.text()}))
        editor.edit(answer->value().get<string>(), "its lines sorted");
    editor.ask("reflow", "reflow", {editor.text(), 0});

    editor.edit(editor.text() + "\nlong words as counterrevolutionary are too much", "a long word");
    while (editor.await("spelling")) spell(editor);
    editor.say("editor", "goes on without spelling");
    count(editor);
    for (const char* name : {"statistics", "reflow", "sorting"}) editor.stop(name);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: editor SCRIPTS PROGRAMS PYTHON SIPC\n");
        return 2;
    }
    try {
        session(argv[1], argv[2], argv[3], argv[4]);
        std::printf("%-11s ended\n", "editor");
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "editor: %s\n", error.what());
        return 1;
    }
}
