// Services of SimpleIPC for C++: methods of one program that others call; a part of simpleipc.hpp.
//
//     sipc::Server server("calc");                                  // one program
//     server.on("add", [](const sipc::Request& r) -> sipc::Value {
//         return r.args()[0].get<std::int64_t>() + r.args()[1].get<std::int64_t>();
//     });
//     server.serve();
//     sipc::Client("calc").call("add", sipc::List{1, 2}).value();   // any other
#ifndef SIMPLEIPC_SERVICE_HPP
#define SIMPLEIPC_SERVICE_HPP

#include "../simpleipc.hpp"

#include <functional>
#include <map>
#include <memory>

namespace sipc {

// An error of the server's own program: a method throws it, its client gets it.
class ServiceError : public Misuse {
  public:
    ServiceError(std::int64_t code, const std::string& message, Value data = nullptr)
        : Misuse(SIPC_FAILED, 0, message), code_(code), data_(std::move(data)) {}
    explicit ServiceError(Message&& answer)
        : Misuse(SIPC_FAILED, 0, answer.value().find("message")->get<std::string>()),
          code_(answer.value().find("code")->get<std::int64_t>()),
          answer_(std::make_shared<Message>(std::move(answer))) {}
    std::int64_t code() const { return code_; }
    // What came with it to a client; valid as long as this exception.
    std::optional<View> data() const {
        return answer_ ? answer_->value().find("data") : std::nullopt;
    }

  private:
    friend class Server;
    std::int64_t code_;
    Value data_;
    std::shared_ptr<Message> answer_; // an exception must be copyable
};

// A call in flight; leaving it cancels it. Its client must live longer.
class Call {
  public:
    Call(Call&& other) noexcept
        : channel_(other.channel_), number_(other.number_),
          is_over_(std::exchange(other.is_over_, true)), end_(std::move(other.end_)) {}
    ~Call() {
        if (!is_over_) sipc_cancel(channel_, number_);
    }
    // The result, after all replies of a stream, which are thrown away; or none within the
    // timeout. Throws ServiceError for an error of the server's program, ServerDied, Cancelled.
    std::optional<Message> result(Duration timeout) {
        std::int64_t end_ns = now_ns() + timeout.count();
        while (!end_) {
            std::int64_t left_ns = std::max(end_ns - now_ns(), std::int64_t{0});
            if (!take(timeout < Duration(0) ? forever : Duration(left_ns))) return std::nullopt;
        }
        return std::exchange(end_, std::nullopt);
    }
    Message result() { return std::move(*result(forever)); }
    // The next reply of a stream; none within the timeout, or when has_ended().
    std::optional<Message> next(Duration timeout = forever) {
        if (is_over_) return std::nullopt;
        auto message = take(timeout);
        return is_over_ ? std::nullopt : std::move(message);
    }
    // No more replies follow; the result is there.
    bool has_ended() const { return is_over_; }
    // A server that works on it sees that nobody waits.
    void cancel() { sipc_cancel(channel_, number_); }

  private:
    friend class Client;
    Call(sipc_channel* channel, std::uint64_t number) : channel_(channel), number_(number) {}
    // A reply, kept in end_ if it is the last one; none within the timeout.
    std::optional<Message> take(Duration timeout) {
        sipc_error error = SIPC_ERROR_INIT;
        Message message;
        std::int32_t status =
            sipc_result(channel_, number_, timeout.count(), message.raw(), &error);
        if (status == SIPC_TIMEOUT) return std::nullopt;
        is_over_ = status != SIPC_INTERRUPTED &&
                   (status != SIPC_OK || (message.raw()->flags & SIPC_MESSAGE_MORE) == 0);
        if (status == SIPC_FAILED) throw ServiceError(std::move(message));
        if (status != SIPC_OK) fail(status, error.os_code, error.message);
        if (!is_over_) return message;
        end_ = std::move(message);
        return Message();
    }
    sipc_channel* channel_;
    std::uint64_t number_;
    bool is_over_ = false;
    std::optional<Message> end_;
};

// Calls the methods of a service. Arguments are a List, a Map, one value, or nullptr. In an event
// loop it is readable when a call has a reply: ask each for its result() with a timeout of zero.
class Client : public Source {
  public:
    explicit Client(const std::string& name, const Options& options = {})
        : Source(name, SIPC_ROLE_CALL, options) {}
    // The result; none within the timeout, and then the call is cancelled. SIPC_CALL_IDEMPOTENT:
    // if its server dies, another one gets the call.
    std::optional<Message> call(const std::string& method, const Value& args, Duration timeout,
                                std::uint32_t flags = 0) {
        return start(method, args, flags).result(timeout);
    }
    Message call(const std::string& method, const Value& args = nullptr) {
        return start(method, args).result();
    }
    // Many calls can be in flight.
    Call start(const std::string& method, const Value& args = nullptr, std::uint32_t flags = 0) {
        return Call(raw_, begin(method, args, flags));
    }
    // Does not ask what becomes of it.
    void send(const std::string& method, const Value& args = nullptr) {
        begin(method, args, SIPC_CALL_ONE_WAY);
    }

  private:
    std::uint64_t begin(const std::string& method, const Value& args, std::uint32_t flags) {
        Value::Arrays arrays;
        sipc_value raw = args.describe(arrays);
        std::uint64_t number = 0;
        constexpr std::int64_t room_ns = 5'000'000'000;
        sipc::call(sipc_call, raw_, method.c_str(), &raw, flags, room_ns, &number);
        return number;
    }
};

// A call that was taken and is to be answered; leaving it unanswered is an error for its client.
class Request {
  public:
    explicit Request(Message&& message) : message_(std::move(message)) {}
    std::string_view method() const { return message_.value()[0].get<std::string_view>(); }
    View args() const { return message_.value()[1]; }
    void reply(const Value& value) const { answer(value, 0); }
    // One reply of a stream, before the last; throws Cancelled if nobody waits.
    void push(const Value& value) const { answer(value, SIPC_REPLY_MORE); }
    void fail(std::int64_t code, const std::string& message, const Value& data = nullptr) const {
        answer(Map{{"code", code}, {"message", message}, {"data", data}}, SIPC_REPLY_ERROR);
    }
    // Nobody waits for the answer any more; to be asked in long work.
    bool is_cancelled() const { return sipc_cancelled(message_.raw()) == SIPC_CANCELLED; }
    bool is_one_way() const { return (message_.raw()->flags & SIPC_MESSAGE_ONE_WAY) != 0; }

  private:
    void answer(const Value& value, std::uint32_t flags) const {
        Value::Arrays arrays;
        sipc_value raw = value.describe(arrays);
        call(sipc_reply, message_.raw(), &raw, flags);
    }
    mutable Message message_; // answering does not change what the request says
};

// Takes the calls of a service; each goes to one of its servers. Either give it methods and let it
// serve(), or take the messages and make each a Request.
class Server : public Consumer {
  public:
    using Work = std::function<Value(const Request&)>;
    explicit Server(const std::string& name, const Options& options = {})
        : Consumer(name, SIPC_ROLE_SERVE, options) {}
    // Of the service that this process is to be, as the plugin that a host has started.
    explicit Server(const Options& options = {})
        : Consumer(static_cast<const char*>(nullptr), SIPC_ROLE_SERVE, options) {}
    // Adds a method. What it returns may look at the request, not at what ends with the function.
    // If it is idempotent, a call of it is done again by another server when this one dies.
    void on(const std::string& method, Work work, bool is_idempotent = false) {
        offer_.push_back(Map{{"name", method}, {"idempotent", is_idempotent}});
        describe(offer_);
        methods_[method] = std::move(work);
    }
    // Says what it offers in other words than on(); see sipc_describe.
    void describe(const List& methods) {
        const Value kept(methods);
        Value::Arrays arrays;
        sipc_value raw = kept.describe(arrays);
        call(sipc_describe, raw_, &raw);
    }
    // Answers calls until it is closed or interrupted, or none came within the timeout.
    void serve(Duration timeout = forever) try {
        while (auto message = take(timeout)) answer(Request(std::move(*message)));
    } catch (const Interrupted&) {
    } catch (const Gone& gone) {
        if (gone.status() != SIPC_CLOSED) throw;
    }

  private:
    void answer(const Request& request) const try {
        request.reply(result(request));
    } catch (const ServiceError& error) {
        request.fail(error.code(), error.what(), error.data_);
    } catch (const Cancelled&) {
    } catch (const Misuse&) { // as a result that is too large: its client has been told
    }
    Value result(const Request& request) const try {
        auto found = methods_.find(std::string(request.method()));
        if (found == methods_.end()) throw ServiceError(-32601, "there is no such method");
        return found->second(request);
    } catch (const Cancelled&) {
        throw;
    } catch (const ServiceError&) {
        throw;
    } catch (const std::exception& error) {
        throw ServiceError(-32603, error.what());
    }
    std::map<std::string, Work> methods_;
    List offer_;
};

} // namespace sipc

#endif
