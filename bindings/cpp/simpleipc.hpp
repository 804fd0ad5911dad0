// SimpleIPC for C++17 and later: values, exceptions and handles that close themselves, in one
// header above simpleipc.h.
//
//     sipc::send("chat", "hello");                                  // any program
//     for (auto& m : sipc::Receiver("chat")) use(m.value());        // any other
//
// What a call cannot do it throws as an Error; its sub-classes say what can be done about it.
// Handles may be moved between threads but used by one at a time; only interrupt() and close()
// may come from another. Views (View, Bytes, Tensor, Opaque, string_view) borrow: those out of a
// message are valid as long as the message, those put into a Value as long as what they look at.
#ifndef SIMPLEIPC_HPP
#define SIMPLEIPC_HPP

#include <simpleipc.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

namespace sipc {

using Duration = std::chrono::nanoseconds;
inline constexpr Duration forever{-1};

#if __cplusplus >= 202002L
template <class T> using Span = std::span<T>;
#else
// As much of std::span as this header and its users need.
template <class T> class Span {
  public:
    constexpr Span() = default;
    constexpr Span(T* data, std::size_t size) : data_(data), size_(size) {}
    template <class C, class = decltype(static_cast<T*>(std::declval<C&>().data()))>
    constexpr Span(C&& container) : data_(container.data()), size_(container.size()) {}
    constexpr T* data() const { return data_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr T* begin() const { return data_; }
    constexpr T* end() const { return data_ + size_; }
    constexpr T& operator[](std::size_t index) const { return data_[index]; }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};
#endif
using Bytes = Span<const std::uint8_t>;

// ---- errors ---------------------------------------------------------------------------------

class Error : public std::runtime_error {
  public:
    Error(std::int32_t status, int os_code, const std::string& sentence)
        : std::runtime_error(sentence), status_(status), os_code_(os_code) {}
    std::int32_t status() const { return status_; } // SIPC_*
    int os_code() const { return os_code_; }        // errno, or 0

  private:
    std::int32_t status_;
    int os_code_;
};
struct Retry : Error { using Error::Error; };       // trying again later may work
struct Full : Retry { using Retry::Retry; };        // no room within the time given
struct Interrupted : Retry { using Retry::Retry; }; // a signal, or interrupt()
struct Gone : Error { using Error::Error; };        // the handle is of no use any more
struct Misuse : Error { using Error::Error; };      // the program asks for what cannot be done
struct Corrupt : Error { using Error::Error; };     // the shared files are damaged or foreign
struct System : Error { using Error::Error; };      // the system, or this library, has a problem

// Throws what belongs to a status; the number tells the class, also of one added later.
[[noreturn]] inline void fail(std::int32_t status, int os_code, const std::string& sentence) {
    if (status == SIPC_FULL) throw Full(status, os_code, sentence);
    if (status == SIPC_INTERRUPTED) throw Interrupted(status, os_code, sentence);
    if (status < 10) throw Retry(status, os_code, sentence);
    if (status < 20) throw Gone(status, os_code, sentence);
    if (status < 30) throw Misuse(status, os_code, sentence);
    if (status < 40) throw Corrupt(status, os_code, sentence);
    throw System(status, os_code, sentence);
}

// Calls a function of the C library: true if it succeeded, false if nothing came in time.
template <class... Params, class... Args>
bool call(std::int32_t (*function)(Params...), Args... args) {
    static const std::uint32_t loaded = sipc_abi_version();
    if (loaded != SIPC_ABI_VERSION)
        fail(SIPC_VERSION, 0, "libsimpleipc has another ABI version than its header; rebuild");
    sipc_error error = SIPC_ERROR_INIT;
    std::int32_t status = function(args..., &error);
    if (status != SIPC_OK && status != SIPC_TIMEOUT) fail(status, error.os_code, error.message);
    return status == SIPC_OK;
}

// ---- values ---------------------------------------------------------------------------------

template <class T> constexpr std::uint32_t dtype_of() {
    using U = std::remove_cv_t<T>;
    static_assert(std::is_arithmetic_v<U> || std::is_same_v<U, std::byte> ||
                      std::is_same_v<U, std::complex<float>> ||
                      std::is_same_v<U, std::complex<double>>,
                  "no tensor has elements of this type");
    if (std::is_same_v<U, bool>) return SIPC_DTYPE_BOOL;
    if (std::is_same_v<U, float>) return SIPC_DTYPE_F32;
    if (std::is_same_v<U, double>) return SIPC_DTYPE_F64;
    if (std::is_same_v<U, std::complex<float>>) return SIPC_DTYPE_C64;
    if (std::is_same_v<U, std::complex<double>>) return SIPC_DTYPE_C128;
    constexpr std::uint32_t unsigned_of[] = {
        0, SIPC_DTYPE_U8, SIPC_DTYPE_U16, 0, SIPC_DTYPE_U32, 0, 0, 0, SIPC_DTYPE_U64};
    return unsigned_of[sizeof(U) % 9] + (std::is_signed_v<U> ? 1 : 0);
}

// Numbers along up to eight dimensions that are somewhere else.
struct Tensor {
    std::uint32_t dtype = SIPC_DTYPE_U8;
    std::vector<std::uint64_t> shape;
    std::vector<std::int64_t> strides; // in bytes; empty means dense row-major
    std::string_view format;           // as rgb8; may be empty
    Bytes data;

    // Dense over `elements`; with none given it is the shape for a loan.
    template <class T>
    static Tensor of(std::vector<std::uint64_t> shape, Span<const T> elements = {},
                     std::string_view format = {}) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(elements.data());
        return {dtype_of<T>(), std::move(shape), {}, format, {first, elements.size() * sizeof(T)}};
    }
    // The elements in row-major order; T must be the element type and there must be no gaps.
    template <class T> Span<const T> elements() const {
        std::int64_t step = sizeof(T);
        for (std::size_t k = strides.size(); k-- > 0; step *= static_cast<std::int64_t>(shape[k]))
            if (strides[k] != step && shape[k] > 1)
                fail(SIPC_BAD_VALUE, 0, "the tensor has gaps between its elements");
        if (dtype != dtype_of<T>()) fail(SIPC_BAD_VALUE, 0, "the tensor has another element type");
        return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
    }
};

// Bytes with a content type, as application/json, that are somewhere else.
struct Opaque {
    std::string_view content_type;
    Bytes data;
};

class Value;
using List = std::vector<Value>;
using Map = std::vector<std::pair<std::string, Value>>; // keeps its order

// Something to send. Containers and strings are kept, views are borrowed:
//     Map{{"id", 7}, {"box", List{1.5, 2.5}}, {"label", "cat"}}
class Value {
  public:
    Value(std::nullptr_t = nullptr) {}
    // Signed integers arrive as INT, unsigned ones as UINT.
    template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0> Value(T number) {
        if constexpr (std::is_same_v<T, bool>) content_ = number;
        else if constexpr (std::is_floating_point_v<T>) content_ = static_cast<double>(number);
        else if constexpr (std::is_signed_v<T>) content_ = static_cast<std::int64_t>(number);
        else content_ = static_cast<std::uint64_t>(number);
    }
    Value(const char* text) : content_(std::string_view(text)) {}
    Value(std::string_view text) : content_(text) {}
    Value(std::string text) : content_(std::move(text)) {}
    Value(Bytes bytes) : content_(bytes) {}
    Value(std::vector<std::uint8_t> bytes) : content_(std::move(bytes)) {}
    Value(Tensor tensor) : content_(tensor) {}
    Value(Opaque opaque) : content_(opaque) {}
    Value(List items) : content_(std::move(items)) {}
    Value(Map pairs) : content_(std::move(pairs)) {}

    // Describes the value for the C library; elements of lists and maps are put into `arrays`.
    using Arrays = std::vector<std::vector<sipc_value>>;
    sipc_value describe(Arrays& arrays) const {
        sipc_value to = SIPC_VALUE_INIT;
        to.kind = kinds[content_.index()];
        std::visit([&](const auto& content) { describe(to, content, arrays); }, content_);
        return to;
    }

  private:
    static void describe(sipc_value&, std::nullptr_t, Arrays&) {}
    static void describe(sipc_value& to, bool b, Arrays&) { to.i = b; }
    static void describe(sipc_value& to, std::int64_t i, Arrays&) { to.i = i; }
    static void describe(sipc_value& to, std::uint64_t u, Arrays&) { to.u = u; }
    static void describe(sipc_value& to, double f, Arrays&) { to.f = f; }
    static void describe(sipc_value& to, std::string_view text, Arrays&) {
        to.data = text.data();
        to.len = text.size();
    }
    static void describe(sipc_value& to, Bytes bytes, Arrays&) {
        to.data = bytes.data();
        to.len = bytes.size();
    }
    static void describe(sipc_value& to, const Opaque& opaque, Arrays& arrays) {
        describe(to, opaque.data, arrays);
        to.label = opaque.content_type.data();
        to.label_len = opaque.content_type.size();
    }
    static void describe(sipc_value& to, const Tensor& tensor, Arrays& arrays) {
        if (tensor.shape.size() > SIPC_DIMS_MAX || tensor.strides.size() > SIPC_DIMS_MAX)
            fail(SIPC_BAD_VALUE, 0, "a tensor has at most 8 dimensions");
        describe(to, Opaque{tensor.format, tensor.data}, arrays);
        to.dtype = tensor.dtype;
        to.ndim = static_cast<std::uint32_t>(tensor.shape.size());
        std::copy(tensor.shape.begin(), tensor.shape.end(), to.shape);
        std::copy(tensor.strides.begin(), tensor.strides.end(), to.strides);
    }
    static void describe(sipc_value& to, const List& items, Arrays& arrays) {
        std::vector<sipc_value> array;
        for (const Value& item : items) array.push_back(item.describe(arrays));
        to.count = items.size();
        to.items = arrays.emplace_back(std::move(array)).data();
    }
    static void describe(sipc_value& to, const Map& pairs, Arrays& arrays) {
        std::vector<sipc_value> array;
        for (const auto& [key, item] : pairs) {
            array.push_back(Value(std::string_view(key)).describe(arrays));
            array.push_back(item.describe(arrays));
        }
        to.count = pairs.size();
        to.items = arrays.emplace_back(std::move(array)).data();
    }

    // The kind of each alternative of content_.
    static constexpr std::uint32_t kinds[] = {
        SIPC_KIND_NULL, SIPC_KIND_BOOL,  SIPC_KIND_INT,   SIPC_KIND_UINT,   SIPC_KIND_FLOAT,
        SIPC_KIND_STR,  SIPC_KIND_STR,   SIPC_KIND_BYTES, SIPC_KIND_BYTES,  SIPC_KIND_TENSOR,
        SIPC_KIND_OPAQUE, SIPC_KIND_LIST, SIPC_KIND_MAP};
    std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string_view,
                 std::string, Bytes, std::vector<std::uint8_t>, Tensor, Opaque, List, Map>
        content_;
};

// A received value where it lies; get<T>() is strict: an int is an int.
class View {
  public:
    explicit View(const sipc_value& value) : value_(&value) {}
    std::uint32_t kind() const { return value_->kind; } // SIPC_KIND_*
    bool is_null() const { return kind() == SIPC_KIND_NULL; }
    const sipc_value& raw() const { return *value_; }

    // T: bool, int64_t, uint64_t, double, std::string_view, std::string, Bytes, Tensor or Opaque.
    template <class T> T get() const {
        if constexpr (std::is_same_v<T, bool>) return expect(SIPC_KIND_BOOL).i != 0;
        else if constexpr (std::is_same_v<T, std::int64_t>) return expect(SIPC_KIND_INT).i;
        else if constexpr (std::is_same_v<T, std::uint64_t>) return expect(SIPC_KIND_UINT).u;
        else if constexpr (std::is_same_v<T, double>) return expect(SIPC_KIND_FLOAT).f;
        else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>)
            return T(static_cast<const char*>(expect(SIPC_KIND_STR).data), size());
        else if constexpr (std::is_same_v<T, Bytes>) return expect(SIPC_KIND_BYTES), data();
        else if constexpr (std::is_same_v<T, Opaque>)
            return expect(SIPC_KIND_OPAQUE), Opaque{label(), data()};
        else {
            static_assert(std::is_same_v<T, Tensor>, "no value is of this type");
            const sipc_value& from = expect(SIPC_KIND_TENSOR);
            return Tensor{from.dtype, {from.shape, from.shape + from.ndim},
                          {from.strides, from.strides + from.ndim}, label(), data()};
        }
    }

    // Bytes of data, elements of a list, pairs of a map.
    std::size_t size() const {
        bool has_items = kind() == SIPC_KIND_LIST || kind() == SIPC_KIND_MAP;
        return static_cast<std::size_t>(has_items ? value_->count : value_->len);
    }
    View operator[](std::size_t index) const { return item(SIPC_KIND_LIST, index, index); }
    std::string_view key(std::size_t index) const {
        return item(SIPC_KIND_MAP, index, 2 * index).get<std::string_view>();
    }
    View value(std::size_t index) const { return item(SIPC_KIND_MAP, index, 2 * index + 1); }
    std::optional<View> find(std::string_view name) const {
        expect(SIPC_KIND_MAP);
        for (std::size_t k = 0; k < size(); k++)
            if (key(k) == name) return value(k);
        return std::nullopt;
    }

  private:
    const sipc_value& expect(std::uint32_t wanted) const {
        if (kind() != wanted)
            fail(SIPC_BAD_VALUE, 0, "the value has kind " + std::to_string(kind()) + ", not " +
                                        std::to_string(wanted) + " (SIPC_KIND_*)");
        return *value_;
    }
    View item(std::uint32_t wanted, std::size_t index, std::size_t at) const {
        if (index >= expect(wanted).count) throw std::out_of_range("sipc::View: no such element");
        return View(value_->items[at]);
    }
    Bytes data() const { return {static_cast<const std::uint8_t*>(value_->data), size()}; }
    std::string_view label() const {
        return {value_->label, static_cast<std::size_t>(value_->label_len)};
    }

    const sipc_value* value_;
};

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

  private:
    friend class Consumer;
    friend std::optional<Message> receive(const std::string& name, Duration timeout);
    Message() = default;
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
    Channel(const std::string& name, std::uint32_t role, const Options& from) {
        sipc_options options = SIPC_OPTIONS_INIT;
        options.flags = (from.lossless ? SIPC_OPTION_LOSSLESS : 0) |
                        (from.latest ? SIPC_OPTION_LATEST : 0) |
                        (from.unstamped ? SIPC_OPTION_UNSTAMPED : 0) |
                        (from.tap ? SIPC_OPTION_TAP : 0);
        options.history = from.history;
        options.depth = from.depth;
        options.pool_bytes_max = from.pool_bytes_max;
        options.directory = from.directory.empty() ? nullptr : from.directory.c_str();
        call(sipc_open, name.c_str(), role, &options, &raw_);
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

class Consumer : public Channel {
  public:
    // The next message, or none within the timeout.
    std::optional<Message> take(Duration timeout) {
        Message message;
        if (!call(sipc_take, raw_, timeout.count(), &message.raw_)) return std::nullopt;
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
    using Channel::Channel;
};

template <class Base, std::uint32_t role> struct Handle : Base {
    explicit Handle(const std::string& name, const Options& options = {})
        : Base(name, role, options) {}
};
using Publisher = Handle<Producer, SIPC_ROLE_PUBLISH>;
using Subscriber = Handle<Consumer, SIPC_ROLE_SUBSCRIBE>;
using Sender = Handle<Producer, SIPC_ROLE_SEND>;
using Receiver = Handle<Consumer, SIPC_ROLE_RECEIVE>;

// ---- functions ------------------------------------------------------------------------------

// Waits until one of several has a message and tells which, or none within the timeout.
inline std::optional<std::size_t> wait(std::initializer_list<const Consumer*> consumers,
                                       Duration timeout = forever) {
    std::vector<sipc_channel*> raw;
    for (const Consumer* consumer : consumers) raw.push_back(consumer->raw());
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
    if (!call(sipc_receive, name.c_str(), timeout.count(), &message.raw_)) return std::nullopt;
    return message;
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

#endif
