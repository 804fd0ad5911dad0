// Errors and values of SimpleIPC for C++; a part of simpleipc.hpp.
#ifndef SIMPLEIPC_VALUE_HPP
#define SIMPLEIPC_VALUE_HPP

#include <simpleipc.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
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
struct Conflict : Retry { using Retry::Retry; };    // somebody else was faster
struct Cancelled : Retry { using Retry::Retry; };   // the call was cancelled
struct Gone : Error { using Error::Error; };        // the handle is of no use any more
struct ServerDied : Gone { using Gone::Gone; };     // while it worked on the call
struct Misuse : Error { using Error::Error; };      // the program asks for what cannot be done
struct Corrupt : Error { using Error::Error; };     // the shared files are damaged or foreign
struct System : Error { using Error::Error; };      // the system, or this library, has a problem

// Throws what belongs to a status; the number tells the class, also of one added later.
[[noreturn]] inline void fail(std::int32_t status, int os_code, const std::string& sentence) {
    if (status == SIPC_FULL) throw Full(status, os_code, sentence);
    if (status == SIPC_INTERRUPTED) throw Interrupted(status, os_code, sentence);
    if (status == SIPC_CONFLICT) throw Conflict(status, os_code, sentence);
    if (status == SIPC_CANCELLED) throw Cancelled(status, os_code, sentence);
    if (status == SIPC_SERVER_DIED) throw ServerDied(status, os_code, sentence);
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
        static_assert(std::is_floating_point_v<T> || sizeof(T) <= 8, "an integer has 64 bits");
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
    Value(Tensor tensor) : content_(std::move(tensor)) {}
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

} // namespace sipc

#endif
