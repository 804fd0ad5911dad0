// The interop driver of C++: reads one command per line, answers each with one line. The commands
// and the notation of values are described in testing/interop.
#include "driverloops.hpp"
#include "drivermisuse.hpp"

#include <simpleipc.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>

namespace {

using std::string;
using Blob = std::vector<std::uint8_t>;

const std::vector<std::pair<string, std::size_t>> dtypes = {
    {"", 0},    {"bool", 1}, {"u8", 1},  {"i8", 1},  {"u16", 2},
    {"i16", 2}, {"u32", 4},  {"i32", 4}, {"u64", 8}, {"i64", 8},
    {"f16", 2}, {"f32", 4},  {"f64", 8}, {"c64", 8}, {"c128", 16},
};

// Reads the notation of values. What the views in a value look at lives as long as the reader.
class Reader {
  public:
    explicit Reader(string text) : text_(std::move(text)), at_(text_.data()) {}

    sipc::Value read() {
        char mark = *at_++;
        switch (mark) {
        case 'b': return *at_++ == '1';
        case 'i': return static_cast<std::int64_t>(std::strtoll(at_, &at_, 10));
        case 'u': return static_cast<std::uint64_t>(std::strtoull(at_, &at_, 10));
        case 'd': return read_float();
        case 's': return read_text();
        case 'x': return read_hex();
        case 'S':
        case 'X': return read_pattern(mark == 'S');
        case '[': return read_list();
        case '{': return read_map();
        case 't':
        case 'T': return read_tensor(mark == 'T');
        case 'o': return read_opaque();
        default: return nullptr;
        }
    }

  private:
    void skip(char expected) {
        if (*at_ == expected) ++at_;
    }
    std::uint64_t read_number(char end) {
        std::uint64_t number = std::strtoull(at_, &at_, 10);
        skip(end);
        return number;
    }
    double read_float() {
        std::uint64_t bits = std::strtoull(at_, &at_, 16);
        double number;
        std::memcpy(&number, &bits, sizeof bits);
        return number;
    }
    Blob read_hex() {
        Blob bytes;
        auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
        for (; is_digit(at_[0]) && is_digit(at_[1]); at_ += 2)
            bytes.push_back(static_cast<std::uint8_t>(std::stoul(string(at_, 2), nullptr, 16)));
        return bytes;
    }
    string read_text() {
        Blob bytes = read_hex();
        return {bytes.begin(), bytes.end()};
    }
    Blob make_pattern(std::uint64_t len) {
        Blob bytes(len);
        std::uint64_t seed = read_number(0);
        for (std::uint64_t i = 0; i < len; i++)
            bytes[i] = static_cast<std::uint8_t>(seed + i % 251);
        return bytes;
    }
    sipc::Value read_pattern(bool is_text) {
        std::uint64_t len = read_number(':');
        if (!is_text) return make_pattern(len);
        std::uint64_t seed = read_number(0);
        string text(len, 'a');
        for (std::uint64_t i = 0; i < len; i++)
            text[i] = static_cast<char>('a' + (seed + i % 23) % 26);
        return text;
    }
    sipc::Value read_list() {
        sipc::List items;
        for (; *at_ != ']' && *at_ != 0; skip(',')) items.push_back(read());
        skip(']');
        return items;
    }
    sipc::Value read_map() {
        sipc::Map pairs;
        for (; *at_ == 's'; skip(',')) {
            ++at_;
            string key = read_text();
            skip(':');
            sipc::Value value = read();
            pairs.emplace_back(std::move(key), std::move(value));
        }
        skip('}');
        return pairs;
    }
    sipc::Value read_tensor(bool is_pattern) {
        sipc::Tensor tensor;
        string name(at_, std::strcspn(at_, ":"));
        at_ += name.size();
        skip(':');
        for (std::uint32_t k = 1; k < dtypes.size(); k++)
            if (dtypes[k].first == name) tensor.dtype = k;
        std::uint64_t len = dtypes[tensor.dtype].second;
        while (*at_ != ':' && *at_ != 0) {
            tensor.shape.push_back(read_number('x'));
            len *= tensor.shape.back();
        }
        skip(':');
        tensor.format = texts_.emplace_back(read_text());
        skip(':');
        tensor.data = blobs_.emplace_back(is_pattern ? make_pattern(len) : read_hex());
        return tensor;
    }
    sipc::Value read_opaque() {
        sipc::Opaque opaque;
        opaque.content_type = texts_.emplace_back(read_text());
        skip(':');
        opaque.data = blobs_.emplace_back(read_hex());
        return opaque;
    }

    string text_;
    char* at_;
    std::deque<string> texts_; // deques, for their elements stay where they are
    std::deque<Blob> blobs_;
};

// Writes the notation of values.
class Writer {
  public:
    string text;

    void write(sipc::View value) {
        switch (value.kind()) {
        case SIPC_KIND_NULL: text += 'n'; break;
        case SIPC_KIND_BOOL: text += value.get<bool>() ? "b1" : "b0"; break;
        case SIPC_KIND_INT: text += 'i' + std::to_string(value.get<std::int64_t>()); break;
        case SIPC_KIND_UINT: text += 'u' + std::to_string(value.get<std::uint64_t>()); break;
        case SIPC_KIND_FLOAT: write_float(value.get<double>()); break;
        case SIPC_KIND_STR: {
            auto words = value.get<std::string_view>();
            text += 's';
            write_data({reinterpret_cast<const std::uint8_t*>(words.data()), words.size()});
            break;
        }
        case SIPC_KIND_BYTES:
            text += 'x';
            write_data(value.get<sipc::Bytes>());
            break;
        case SIPC_KIND_LIST:
            text += '[';
            for (std::size_t k = 0; k < value.size(); k++) {
                if (k > 0) text += ',';
                write(value[k]);
            }
            text += ']';
            break;
        case SIPC_KIND_MAP:
            text += '{';
            for (std::size_t k = 0; k < value.size(); k++) {
                text += k > 0 ? ",s" : "s";
                write_hex(value.key(k));
                text += ':';
                write(value.value(k));
            }
            text += '}';
            break;
        case SIPC_KIND_TENSOR: write_tensor(value.get<sipc::Tensor>()); break;
        default: {
            auto opaque = value.get<sipc::Opaque>();
            text += 'o';
            write_hex(opaque.content_type);
            text += ':';
            write_data(opaque.data);
        }
        }
    }

  private:
    void write_float(double number) {
        std::uint64_t bits;
        std::memcpy(&bits, &number, sizeof bits);
        char word[32];
        std::snprintf(word, sizeof word, "d%016llx", static_cast<unsigned long long>(bits));
        text += word;
    }
    template <class Range> void write_hex(const Range& bytes) {
        for (auto byte : bytes) {
            text += "0123456789abcdef"[static_cast<std::uint8_t>(byte) >> 4];
            text += "0123456789abcdef"[static_cast<std::uint8_t>(byte) & 15];
        }
    }
    void write_data(sipc::Bytes bytes) {
        if (bytes.size() <= 64) return write_hex(bytes);
        char word[64];
        std::snprintf(word, sizeof word, "#%zu:%08x", bytes.size(), crc32(bytes));
        text += word;
    }
    static unsigned crc32(sipc::Bytes bytes) {
        static const std::vector<std::uint32_t> table = [] {
            std::vector<std::uint32_t> made;
            for (std::uint32_t n = 0; n < 256; n++) {
                std::uint32_t c = n;
                for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xedb88320u ^ c >> 1 : c >> 1;
                made.push_back(c);
            }
            return made;
        }();
        std::uint32_t crc = 0xffffffffu;
        for (std::uint8_t byte : bytes) crc = table[(crc ^ byte) & 255] ^ crc >> 8;
        return ~crc;
    }
    void write_tensor(const sipc::Tensor& tensor) {
        text += 't' + dtypes[tensor.dtype].first + ':';
        for (std::size_t k = 0; k < tensor.shape.size(); k++)
            text += (k > 0 ? "x" : "") + std::to_string(tensor.shape[k]);
        text += ':';
        write_hex(tensor.format);
        text += ':';
        Blob dense;
        gather(tensor, 0, tensor.data.data(), dense);
        write_data(dense);
    }
    static void gather(const sipc::Tensor& tensor, std::size_t dim, const std::uint8_t* from,
                       Blob& to) {
        if (dim == tensor.shape.size()) {
            to.insert(to.end(), from, from + dtypes[tensor.dtype].second);
            return;
        }
        for (std::uint64_t k = 0; k < tensor.shape[dim]; k++)
            gather(tensor, dim + 1, from + static_cast<std::int64_t>(k) * tensor.strides[dim], to);
    }
};

std::map<string, std::unique_ptr<sipc::Producer>> producers;
std::map<string, std::unique_ptr<sipc::Consumer>> consumers;
std::map<string, std::unique_ptr<sipc::Setter>> setters;
std::map<string, std::unique_ptr<sipc::Watcher>> watchers;
std::map<string, std::unique_ptr<sipc::Notifier>> notifiers;
std::map<string, std::unique_ptr<sipc::Waiter>> waiters;
std::map<string, std::unique_ptr<sipc::Lock>> locks;
std::map<string, std::unique_ptr<sipc::Client>> clients;
std::map<string, std::unique_ptr<sipc::Server>> servers;
std::map<string, std::unique_ptr<sipc::Host>> hosts;
std::map<string, std::unique_ptr<sipc::PeerWatcher>> peer_watchers;
std::map<string, sipc::Call> calls;   // by number
std::optional<sipc::Request> request; // of `serve`, until it is answered

template <class T> T& find(std::map<string, std::unique_ptr<T>>& handles, const string& id) {
    auto found = handles.find(id);
    if (found == handles.end()) throw sipc::Gone(SIPC_CLOSED, 0, "no handle " + id);
    return *found->second;
}

void open(const std::vector<string>& words) {
    sipc::Options options;
    for (std::size_t k = 4; k < words.size(); k++) {
        if (words[k] == "lossless") options.lossless = true;
        if (words[k] == "latest") options.latest = true;
        if (words[k].rfind("history=", 0) == 0)
            options.history = static_cast<std::uint32_t>(std::stoul(words[k].substr(8)));
        if (words[k].rfind("depth=", 0) == 0)
            options.depth = static_cast<std::uint32_t>(std::stoul(words[k].substr(6)));
        if (words[k].rfind("permits=", 0) == 0)
            options.permits = static_cast<std::uint32_t>(std::stoul(words[k].substr(8)));
    }
    const string &id = words[1], &verb = words[2], &name = words[3];
    if (verb == "publish") producers[id] = std::make_unique<sipc::Publisher>(name, options);
    else if (verb == "send") producers[id] = std::make_unique<sipc::Sender>(name, options);
    else if (verb == "subscribe") consumers[id] = std::make_unique<sipc::Subscriber>(name, options);
    else if (verb == "set") setters[id] = std::make_unique<sipc::Setter>(name, options);
    else if (verb == "watch") watchers[id] = std::make_unique<sipc::Watcher>(name, options);
    else if (verb == "notify") notifiers[id] = std::make_unique<sipc::Notifier>(name, options);
    else if (verb == "wait") waiters[id] = std::make_unique<sipc::Waiter>(name, options);
    else if (verb == "lock") locks[id] = std::make_unique<sipc::Lock>(name, options);
    else if (verb == "call") clients[id] = std::make_unique<sipc::Client>(name, options);
    else if (verb == "serve") servers[id] = std::make_unique<sipc::Server>(name, options);
    else if (verb == "host") hosts[id] = std::make_unique<sipc::Host>(name, options);
    else if (verb == "peers")
        peer_watchers[id] = std::make_unique<sipc::PeerWatcher>(name, options);
    else consumers[id] = std::make_unique<sipc::Receiver>(name, options);
}

void put(const std::vector<string>& words) {
    constexpr auto timeout = std::chrono::seconds(10);
    bool sets = setters.count(words[1]) != 0;
    sipc::Producer& producer = sets ? find(setters, words[1]) : find(producers, words[1]);
    std::int64_t capture = words.size() > 3 ? std::stoll(words[3].substr(8)) : 0;
    Reader reader(words[2]);
    sipc::Value value = reader.read();
    if (words[0] == "put") return producer.put(value, timeout, capture);
    sipc::Value::Arrays arrays;
    sipc_value raw = value.describe(arrays);
    sipc::Loan loan = raw.kind == SIPC_KIND_TENSOR
                          ? producer.loan(sipc::View(raw).get<sipc::Tensor>(), timeout)
                          : producer.loan(static_cast<std::size_t>(raw.len), timeout);
    std::memcpy(loan.data().data(), raw.data, loan.data().size());
    producer.put(std::move(loan), timeout, capture);
}

std::optional<sipc::Message> held; // by `hold`, until the next one

string show(sipc::View value) {
    Writer writer;
    writer.write(value);
    return writer.text;
}

std::chrono::milliseconds time_of(const string& word) {
    return std::chrono::milliseconds(std::stoll(word));
}

// What came, or the error that says that nothing did.
template <class T> T arrived(std::optional<T> found) {
    if (!found) throw sipc::Retry(SIPC_TIMEOUT, 0, sipc_status_text(SIPC_TIMEOUT));
    return std::move(*found);
}

std::optional<sipc::Message> find_message(const std::vector<string>& words) {
    if (words[0] == "once") return sipc::get(words[2], time_of(words[3]));
    if (words[0] == "get") return find(watchers, words[1]).get(time_of(words[2]));
    if (watchers.count(words[1]) != 0) return find(watchers, words[1]).take(time_of(words[2]));
    return find(consumers, words[1]).take(time_of(words[2]));
}

string take(const std::vector<string>& words) {
    held.reset();
    auto message = find_message(words);
    if (!message) throw sipc::Retry(SIPC_TIMEOUT, 0, sipc_status_text(SIPC_TIMEOUT));
    bool aged = message->publish_time_ns() > 0 &&
                message->receive_time_ns() >= message->publish_time_ns();
    string answer = "value " + show(message->value()) +
                    " seq=" + std::to_string(message->sequence()) +
                    " missed=" + std::to_string(message->missed()) +
                    " redelivered=" + (message->is_redelivered() ? "1" : "0") +
                    " capture=" + std::to_string(message->capture_time_ns()) +
                    " aged=" + (aged ? "1" : "0");
    if (words[0] == "hold") held = std::move(message);
    return answer;
}

void put_if(const std::vector<string>& words) {
    std::optional<std::uint64_t> expected;
    if (words[3] != "new") expected = std::stoull(words[3]);
    Reader reader(words[2]);
    if (!find(setters, words[1]).put_if(reader.read(), expected))
        throw sipc::Conflict(SIPC_CONFLICT, 0, sipc_status_text(SIPC_CONFLICT));
}

string start(const std::vector<string>& words) {
    sipc::Client& client = find(clients, words[1]);
    Reader reader(words[3]);
    string manner = words.size() > 4 ? words[4] : "";
    if (manner == "oneway") {
        client.send(words[2], reader.read());
        return "call 0";
    }
    std::uint32_t flags = manner == "idempotent" ? SIPC_CALL_IDEMPOTENT : 0;
    string number = std::to_string(calls.size() + 1);
    calls.emplace(number, client.start(words[2], reader.read(), flags));
    return "call " + number;
}

string result(const std::vector<string>& words) try {
    sipc::Call& call = calls.at(words[2]);
    auto reply = call.next(time_of(words[3]));
    if (reply) return "reply " + show(reply->value()) + " more=1";
    if (!call.has_ended()) arrived(std::move(reply));
    return "reply " + show(call.result().value()) + " more=0";
} catch (const sipc::ServiceError& error) {
    sipc_value message = SIPC_VALUE_INIT;
    message.kind = SIPC_KIND_STR;
    message.data = error.what();
    message.len = std::strlen(error.what());
    return "failed " + std::to_string(error.code()) + ' ' + show(sipc::View(message)) + ' ' +
           show(*error.data());
}

string serve(const std::vector<string>& words) {
    request.reset();
    request.emplace(arrived(find(servers, words[1]).take(time_of(words[2]))));
    return "request " + string(request->method()) + ' ' + show(request->args()) +
           " oneway=" + (request->is_one_way() ? "1" : "0");
}

void respond(const std::vector<string>& words) {
    sipc::Request& asked = request.value();
    if (words[0] == "reply") {
        Reader reader(words[1]);
        if (words.size() > 2) return asked.push(reader.read());
        asked.reply(reader.read());
    } else {
        Reader message(words[2]), data(words[3]);
        sipc::Value::Arrays arrays;
        sipc::Value kept = message.read();
        sipc_value text = kept.describe(arrays);
        asked.fail(std::stoll(words[1]), sipc::View(text).get<string>(), data.read());
    }
    request.reset();
}

// A value of a command as the library reads it: its texts and lists are to be had by View.
struct Parsed {
    explicit Parsed(const string& word)
        : reader(word), value(reader.read()), raw(value.describe(arrays)) {}
    sipc::View view() const { return sipc::View(raw); }
    Reader reader;
    sipc::Value value;
    sipc::Value::Arrays arrays;
    sipc_value raw;
};

void start_plugin(const std::vector<string>& words) {
    const Parsed program(words[3]), args(words[4]);
    sipc::Plugin plugin{words[2], program.view().get<string>()};
    for (std::size_t k = 0; k < args.view().size(); k++)
        plugin.args.push_back(args.view()[k].get<string>());
    plugin.restarts = static_cast<std::uint32_t>(std::stoul(words[5]));
    find(hosts, words[1]).start(plugin);
}

// What comes with an event, as its kind has it.
sipc::Value fact_of(const sipc::Event& event) {
    using sipc::Happening;
    switch (event.happening) {
    case Happening::failed: return event.text;
    case Happening::ready: return sipc::List(event.methods.begin(), event.methods.end());
    case Happening::output: return sipc::List{event.stream, event.text};
    case Happening::ended: return event.code;
    case Happening::killed: return event.signal;
    case Happening::restarting: return event.after / std::chrono::milliseconds(1);
    default: return nullptr;
    }
}

string event_of(const std::vector<string>& words) {
    auto event = arrived(find(hosts, words[1]).event(time_of(words[2])));
    sipc::Value::Arrays arrays;
    const sipc::Value fact = fact_of(event);
    const sipc_value raw = fact.describe(arrays);
    return string("event ") + name_of(event.happening) + ' ' + event.plugin + ' ' +
           show(sipc::View(raw));
}

string peer_event_of(const std::vector<string>& words) {
    auto event = arrived(find(peer_watchers, words[1]).event(time_of(words[2])));
    return string("peer ") + (event.up ? "up " : "down ") + event.peer.role + ' ' +
           event.peer.language + ' ' + std::to_string(event.peer.pid);
}

// As a plugin it serves `add` and `crash`, until its host ends it.
int be_a_plugin() {
    std::cout << "hello from cpp" << std::endl;
    sipc::Server server;
    server.on("add", [](const sipc::Request& asked) -> sipc::Value {
        return asked.args()[0].get<std::int64_t>() + asked.args()[1].get<std::int64_t>();
    });
    server.on("crash", [](const sipc::Request&) -> sipc::Value { std::abort(); });
    server.serve();
    return 0;
}

string misuse_of(const std::vector<string>& words) {
    const string &kind = words[1], &id = words[2];
    if (kind == "closed") return misuse::closed(id);
    if (kind == "thread") return misuse::thread(find(consumers, id));
    if (kind == "forgotten") return misuse::forgotten(find(consumers, id));
    if (kind == "handler") return misuse::handler(find(servers, id));
    return misuse::value(kind, find(producers, id));
}

// The plurals; none if it is another command.
std::optional<string> repeat(const std::vector<string>& words) {
    const string& verb = words[0];
    auto number = [&](std::size_t at) { return std::stoull(words.at(at)); };
    auto sum = [](std::uint64_t of) { return "sum " + std::to_string(of); };
    if (verb == "takes") return sum(loops::takes(find(consumers, words[1]), number(2)));
    if (verb == "calls") return sum(loops::calls(find(clients, words[1]), number(2)));
    if (verb == "puts") {
        Reader reader(words[2]);
        loops::puts(find(producers, words[1]), reader.read(), number(3));
    } else if (verb == "loans")
        loops::loans(find(producers, words[1]), number(2), number(3), number(4));
    else if (verb == "serves") loops::serves(find(servers, words[1]), number(2));
    else return std::nullopt;
    return "ok";
}

// The commands of states, signals, locks, services and hosts; none if it is another one.
std::optional<string> answer_later_patterns(const std::vector<string>& words) {
    const string& verb = words[0];
    bool is_once = verb == "once";
    if (verb == "get" || (is_once && words[1] == "get")) return take(words);
    if (is_once && words[1] == "wait")
        return "count " + std::to_string(arrived(sipc::wait(words[2], time_of(words[3]))));
    if (verb == "wait")
        return "count " +
               std::to_string(arrived(find(waiters, words[1]).wait(time_of(words[2]))));
    if (verb == "lock") {
        sipc::Lock& lock = find(locks, words[1]);
        if (!lock.try_lock_for(time_of(words[2]))) return "error 1 somebody has it";
        return string("ok abandoned=") + (lock.abandoned() != 0 ? "1" : "0");
    }
    if (verb == "call") return start(words);
    if (verb == "result") return result(words);
    if (verb == "serve") return serve(words);
    if (verb == "cancelled")
        return string("cancelled ") + (request.value().is_cancelled() ? "1" : "0");
    if (verb == "event") return event_of(words);
    if (verb == "peer") return peer_event_of(words);
    if (verb == "misuse") return misuse_of(words);
    if (is_once && words[1] == "notify") sipc::notify(words[2]);
    else if (is_once && words[1] == "set") {
        Reader reader(words[3]);
        sipc::set(words[2], reader.read());
    } else if (verb == "put_if") put_if(words);
    else if (verb == "notify") find(notifiers, words[1]).notify();
    else if (verb == "unlock") find(locks, words[1]).unlock();
    else if (verb == "cancel") calls.at(words[2]).cancel();
    else if (verb == "reply" || verb == "fail") respond(words);
    else if (verb == "start") start_plugin(words);
    else if (verb == "stop") find(hosts, words[1]).stop(words[2]);
    else return std::nullopt;
    return "ok";
}

string answer(const std::vector<string>& words) {
    if (auto answered = answer_later_patterns(words)) return *answered;
    if (auto repeated = repeat(words)) return *repeated;
    const string& verb = words[0];
    if (verb == "hello") return string("ok cpp ") + sipc_version();
    if (verb == "open" && words.size() >= 4) open(words);
    else if ((verb == "put" || verb == "loan") && words.size() >= 3) put(words);
    else if (verb == "once" && words.size() >= 4) {
        Reader reader(words[3]);
        words[1] == "send" ? sipc::send(words[2], reader.read())
                           : sipc::publish(words[2], reader.read());
    } else if ((verb == "take" || verb == "hold") && words.size() >= 3) return take(words);
    else if (verb == "close" && words.size() >= 2) {
        const string& id = words[1];
        if (producers.erase(id) + consumers.erase(id) + setters.erase(id) + watchers.erase(id) +
                notifiers.erase(id) + waiters.erase(id) + locks.erase(id) + clients.erase(id) +
                servers.erase(id) + hosts.erase(id) + peer_watchers.erase(id) == 0)
            throw sipc::Gone(SIPC_CLOSED, 0, "no handle " + words[1]);
    } else throw sipc::Misuse(SIPC_BAD_ARGUMENT, 0, "the driver does not know this command");
    return "ok";
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 1 && string(argv[1]) == "plugin") return be_a_plugin();
    for (string line; std::getline(std::cin, line);) {
        std::istringstream split(line);
        std::vector<string> words{std::istream_iterator<string>(split), {}};
        if (words.empty()) continue;
        if (words[0] == "quit") {
            std::cout << "ok" << std::endl;
            break;
        }
        try {
            std::cout << answer(words) << std::endl;
        } catch (const sipc::Error& error) {
            std::cout << "error " << error.status() << ' ' << error.what() << std::endl;
        }
    }
}
