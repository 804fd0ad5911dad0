// SimpleIPC for C++17 and later: values, exceptions and handles that close themselves, in headers
// above simpleipc.h. This one is all a program includes.
//
//     sipc::send("chat", "hello");                                  // any program
//     for (auto& m : sipc::Receiver("chat")) use(m.value());        // any other
//
//     sipc::set("speed", 30);  sipc::get("speed");                  // the latest value
//     sipc::notify("reload");  sipc::wait("reload");                // something has happened
//     sipc::Lock robot("robot"); std::lock_guard held(robot);       // free when its owner dies
//     sipc::Client("calc").call("add", sipc::List{1, 2});           // a method of another program
//     sipc::Host("editor").start({"spell", "./spell.py"});          // a program that may crash
//     for (auto& peer : sipc::peers("chat")) use(peer.program);      // who is there
//
// What a call cannot do it throws as an Error; its sub-classes say what can be done about it.
// Handles may be moved between threads but used by one at a time; only interrupt() and close()
// may come from another. Views (View, Bytes, Tensor, Opaque, string_view) borrow: those out of a
// message are valid as long as the message, those put into a Value as long as what they look at.
#ifndef SIMPLEIPC_HPP
#define SIMPLEIPC_HPP

#include "simpleipc/value.hpp"

#include <initializer_list>

namespace sipc {

// A received message; in a queue it is done when this goes out of scope.
class Message {
  public:
    Message(Message&& other) noexcept { std::swap(raw_, other.raw_); }
    Message& operator=(Message&& other) noexcept { return std::swap(raw_, other.raw_), *this; }
    ~Message() { sipc_release(&raw_); }

    View value() const { return View(raw_.value); }
    std::uint64_t sequence() const { return raw_.sequence; }
    std::uint64_t sender() const { return raw_.sender; }
    std::int64_t capture_time_ns() const { return raw_.value.capture_time_ns; }
    std::int64_t publish_time_ns() const { return raw_.publish_time_ns; }
    std::int64_t receive_time_ns() const { return raw_.receive_time_ns; }
    std::uint64_t missed() const { return raw_.missed; }
    bool is_redelivered() const { return (raw_.flags & SIPC_MESSAGE_REDELIVERED) != 0; }

    // For the functions of simpleipc.h; a message without one is null.
    Message() = default;
    sipc_message* raw() { return &raw_; }

  private:
    sipc_message raw_ = SIPC_MESSAGE_INIT;
};

// ---- handles --------------------------------------------------------------------------------

// How to open a channel; see sipc_options.
struct Options {
    bool lossless = false;
    bool latest = false;
    bool unstamped = false;
    std::uint32_t history = 0;
    std::uint32_t depth = 0;
    std::uint64_t pool_bytes_max = 0;
    std::string directory; // empty: the default one
    bool tap = false;
    std::int32_t signal = 0;   // waiter: raise it, as SIGUSR1, after each notification
    std::uint32_t permits = 0; // lock: how many may have it at once
};

class Channel {
  public:
    Channel(Channel&& other) noexcept { std::swap(raw_, other.raw_); }
    Channel& operator=(Channel&& other) noexcept { return std::swap(raw_, other.raw_), *this; }
    ~Channel() { sipc_close(raw_); }
    // Ends a wait of another thread, which then throws Gone. The handle stays closed.
    void close() { sipc_close(raw_); }
    // Makes the wait in progress, or else the next one, throw Interrupted.
    void interrupt() { sipc_interrupt(raw_); }
    sipc_channel* raw() const { return raw_; }

  protected:
    Channel(const std::string& name, std::uint32_t role, const Options& from)
        : Channel(name.c_str(), role, from) {}
    Channel(const char* name, std::uint32_t role, const Options& from) {
        sipc_options options = SIPC_OPTIONS_INIT;
        options.flags = (from.lossless ? SIPC_OPTION_LOSSLESS : 0) |
                        (from.latest ? SIPC_OPTION_LATEST : 0) |
                        (from.unstamped ? SIPC_OPTION_UNSTAMPED : 0) |
                        (from.tap ? SIPC_OPTION_TAP : 0);
        options.history = from.history;
        options.depth = from.depth;
        options.pool_bytes_max = from.pool_bytes_max;
        options.directory = from.directory.empty() ? nullptr : from.directory.c_str();
        options.signal = from.signal;
        options.permits = from.permits;
        call(sipc_open, name, role, &options, &raw_);
    }

    sipc_channel* raw_ = nullptr;
};

// A buffer inside a channel: fill data(), then put() the loan. Else it is given back.
class Loan {
  public:
    Loan(Loan&& other) noexcept
        : channel_(other.channel_), value_(std::exchange(other.value_, SIPC_VALUE_INIT)) {}
    ~Loan() {
        if (value_.data != nullptr) sipc_unloan(channel_, const_cast<void*>(value_.data));
    }
    Span<std::uint8_t> data() { return elements<std::uint8_t>(); }
    template <class T> Span<T> elements() {
        T* first = static_cast<T*>(const_cast<void*>(value_.data));
        return {first, static_cast<std::size_t>(value_.len) / sizeof(T)};
    }

  private:
    friend class Producer;
    friend class Setter;
    Loan(sipc_channel* channel, const sipc_value& value) : channel_(channel), value_(value) {}
    sipc_channel* channel_;
    sipc_value value_;
};

class Producer : public Channel {
  public:
    // Waits for room as long as `timeout`, then throws Full; by default 5 s.
    void put(const Value& value, Duration timeout = std::chrono::seconds(5),
             std::int64_t capture_time_ns = 0) {
        Value::Arrays arrays;
        put(value.describe(arrays), timeout, capture_time_ns);
    }
    // Publishes a loan in place. If this throws, the loan is still the caller's.
    void put(Loan&& loan, Duration timeout = std::chrono::seconds(5),
             std::int64_t capture_time_ns = 0) {
        put(loan.value_, timeout, capture_time_ns);
        loan.value_.data = nullptr;
    }
    // Lends a buffer for a tensor of this type, shape and format, or for so many bytes.
    Loan loan(const Tensor& like, Duration timeout = std::chrono::seconds(5)) {
        Value::Arrays arrays;
        return loan(Value(like).describe(arrays), timeout);
    }
    Loan loan(std::size_t len, Duration timeout = std::chrono::seconds(5)) {
        sipc_value wanted = SIPC_VALUE_INIT;
        wanted.kind = SIPC_KIND_BYTES;
        wanted.len = len;
        return loan(wanted, timeout);
    }

  protected:
    using Channel::Channel;

  private:
    Loan loan(sipc_value wanted, Duration timeout) {
        call(sipc_loan, raw_, &wanted, timeout.count());
        return Loan(raw_, wanted);
    }
    void put(sipc_value value, Duration timeout, std::int64_t capture_time_ns) {
        value.capture_time_ns = capture_time_ns;
        call(sipc_put, raw_, &value, timeout.count());
    }
};

// What can be waited for, in wait() and in an event loop.
class Source : public Channel {
  public:
    // For poll, epoll and the like: readable as long as there may be something to take. Then take,
    // with a timeout of zero, until there is nothing; only that makes it unreadable. It is the
    // handle's own, and closed with it.
    int fd() const {
        std::int32_t fd = -1;
        call(sipc_fd, raw_, &fd);
        return fd;
    }

  protected:
    using Channel::Channel;
};

class Consumer : public Source {
  public:
    // The next message, or none within the timeout.
    std::optional<Message> take(Duration timeout) {
        Message message;
        if (!call(sipc_take, raw_, timeout.count(), message.raw())) return std::nullopt;
        return message;
    }
    Message take() { return std::move(*take(forever)); }

    // Iterates over all messages to come; ends when the handle is closed.
    class iterator {
      public:
        explicit iterator(Consumer* from = nullptr) : from_(from) { next(); }
        Message& operator*() { return *message_; }
        iterator& operator++() { return next(), *this; }
        bool operator!=(const iterator& other) const { return from_ != other.from_; }

      private:
        void next() {
            if (from_ == nullptr) return;
            message_.reset(); // done, before the next one is waited for
            try {
                message_ = from_->take(forever);
            } catch (const Gone& gone) {
                if (gone.status() != SIPC_CLOSED) throw;
                from_ = nullptr;
            }
        }
        Consumer* from_;
        std::optional<Message> message_;
    };
    iterator begin() { return iterator(this); }
    iterator end() { return iterator(); }

  protected:
    using Source::Source;
};

template <class Base, std::uint32_t role> struct Handle : Base {
    explicit Handle(const std::string& name, const Options& options = {})
        : Base(name, role, options) {}
};
using Publisher = Handle<Producer, SIPC_ROLE_PUBLISH>;
using Subscriber = Handle<Consumer, SIPC_ROLE_SUBSCRIBE>;
using Sender = Handle<Producer, SIPC_ROLE_SEND>;
using Receiver = Handle<Consumer, SIPC_ROLE_RECEIVE>;

// Sets the value of a state, with put(); it stays when the setter has gone.
class Setter : public Producer {
  public:
    explicit Setter(const std::string& name, const Options& options = {})
        : Producer(name, SIPC_ROLE_SET, options) {}
    // Compare and set: false, and nothing is set, if the value is no longer the one of that
    // sequence number; none stands for no value yet.
    bool put_if(const Value& value, std::optional<std::uint64_t> expected,
                Duration timeout = std::chrono::seconds(5), std::int64_t capture_time_ns = 0) {
        Value::Arrays arrays;
        return put_if(value.describe(arrays), expected, timeout, capture_time_ns);
    }
    bool put_if(Loan&& loan, std::optional<std::uint64_t> expected,
                Duration timeout = std::chrono::seconds(5), std::int64_t capture_time_ns = 0) {
        if (!put_if(loan.value_, expected, timeout, capture_time_ns)) return false;
        loan.value_.data = nullptr;
        return true;
    }

  private:
    bool put_if(sipc_value value, std::optional<std::uint64_t> expected, Duration timeout,
                std::int64_t capture_time_ns) try {
        value.capture_time_ns = capture_time_ns;
        return call(sipc_put_if, raw_, &value, expected.value_or(UINT64_MAX), timeout.count());
    } catch (const Conflict&) {
        return false;
    }
};

// Looks at a state: get() is its value now, take() the newest that was not taken yet.
class Watcher : public Consumer {
  public:
    explicit Watcher(const std::string& name, const Options& options = {})
        : Consumer(name, SIPC_ROLE_WATCH, options) {}
    // Waits only if none has been set yet.
    std::optional<Message> get(Duration timeout) {
        Message message;
        if (!call(sipc_current, raw_, timeout.count(), message.raw())) return std::nullopt;
        return message;
    }
    Message get() { return std::move(*get(forever)); }
};

// Says that something has happened, and waits for nobody.
class Notifier : public Channel {
  public:
    explicit Notifier(const std::string& name, const Options& options = {})
        : Channel(name, SIPC_ROLE_NOTIFY, options) {}
    void notify() {
        const sipc_value null = SIPC_VALUE_INIT;
        call(sipc_put, raw_, &null, std::int64_t{0});
    }
};

// Waits for notifications; none is missed from its opening on.
class Waiter : public Consumer {
  public:
    explicit Waiter(const std::string& name, const Options& options = {})
        : Consumer(name, SIPC_ROLE_WAIT, options) {}
    // How many there were since the last time, or none within the timeout.
    std::optional<std::uint64_t> wait(Duration timeout) {
        auto message = take(timeout);
        if (!message) return std::nullopt;
        return message->value().get<std::uint64_t>();
    }
    std::uint64_t wait() { return *wait(forever); }
};

// A named lock, for std::lock_guard and its like. It is free at once when its owner dies.
class Lock : public Channel {
  public:
    explicit Lock(const std::string& name, const Options& options = {})
        : Channel(name, SIPC_ROLE_LOCK, options) {}
    void lock() { try_lock_for(forever); }
    bool try_lock() { return try_lock_for(Duration(0)); }
    bool try_lock_for(Duration timeout) {
        return call(sipc_lock, raw_, timeout.count(), &abandoned_pid_);
    }
    void unlock() { call(sipc_unlock, raw_); }
    // The process that died holding it just before it was locked here: what it protects may be
    // half done. 0 if none did.
    std::uint64_t abandoned() const { return abandoned_pid_; }

  private:
    std::uint64_t abandoned_pid_ = 0;
};

// So many handles may have one of its permits at once; all open it with the same number.
class Semaphore {
  public:
    Semaphore(const std::string& name, std::uint32_t permits, Options options = {})
        : lock_(name, (options.permits = permits, options)) {}
    void acquire() { lock_.lock(); }
    bool try_acquire() { return lock_.try_lock(); }
    bool try_acquire_for(Duration timeout) { return lock_.try_lock_for(timeout); }
    void release() { lock_.unlock(); }
    std::uint64_t abandoned() const { return lock_.abandoned(); }
    void interrupt() { lock_.interrupt(); }

  private:
    Lock lock_;
};

// ---- functions ------------------------------------------------------------------------------

// Waits until one of several has a message, or a reply to one of its calls, and tells which; or
// none within the timeout.
inline std::optional<std::size_t> wait(std::initializer_list<const Source*> sources,
                                       Duration timeout = forever) {
    std::vector<sipc_channel*> raw;
    for (const Source* source : sources) raw.push_back(source->raw());
    std::uint32_t index = 0;
    auto count = static_cast<std::uint32_t>(raw.size());
    if (!call(sipc_wait, raw.data(), count, timeout.count(), &index)) return std::nullopt;
    return index;
}

// Sends to a queue; opens it on first use and keeps it open in this process.
inline void send(const std::string& name, const Value& value) {
    Value::Arrays arrays;
    sipc_value raw = value.describe(arrays);
    call(sipc_send, name.c_str(), &raw);
}

// Publishes on a topic; opens it on first use and keeps it open in this process.
inline void publish(const std::string& name, const Value& value) {
    Value::Arrays arrays;
    sipc_value raw = value.describe(arrays);
    call(sipc_publish, name.c_str(), &raw);
}

// Takes one message of a queue, or none within the timeout.
inline std::optional<Message> receive(const std::string& name, Duration timeout = forever) {
    Message message;
    if (!call(sipc_receive, name.c_str(), timeout.count(), message.raw())) return std::nullopt;
    return message;
}

// Sets the value of a state; it stays when this process has gone.
inline void set(const std::string& name, const Value& value) {
    Value::Arrays arrays;
    sipc_value raw = value.describe(arrays);
    call(sipc_set, name.c_str(), &raw);
}

// The value of a state as it is now, or none if none is set within the timeout.
inline std::optional<Message> get(const std::string& name, Duration timeout = forever) {
    Message message;
    if (!call(sipc_get, name.c_str(), timeout.count(), message.raw())) return std::nullopt;
    return message;
}

// Tells whoever waits for this signal.
inline void notify(const std::string& name) { call(sipc_notify, name.c_str()); }

// Waits for a signal: how many notifications there were, or none within the timeout.
inline std::optional<std::uint64_t> wait(const std::string& name, Duration timeout = forever) {
    std::uint64_t count = 0;
    if (!call(sipc_await, name.c_str(), timeout.count(), &count)) return std::nullopt;
    return count;
}

// Describes one channel, or all, as a JSON list.
inline std::string audit(const char* name = nullptr, const char* directory = nullptr) {
    std::string text;
    std::uint64_t needed = 4096;
    do {
        text.resize(static_cast<std::size_t>(needed));
        call(sipc_audit, name, directory, text.data(), std::uint64_t{text.size()}, &needed);
    } while (needed > text.size());
    text.resize(static_cast<std::size_t>(needed) - 1);
    return text;
}

// Removes what nobody uses, with queues whose newest message is older; answers how many channels.
inline std::uint64_t clean(Duration age_max, const char* directory = nullptr) {
    std::uint64_t count = 0;
    call(sipc_clean, directory, age_max.count(), &count);
    return count;
}

inline std::int64_t now_ns() { return sipc_now_ns(); }

} // namespace sipc

#include "simpleipc/service.hpp"

#include "simpleipc/plugin.hpp"

#include "simpleipc/presence.hpp"

#endif
