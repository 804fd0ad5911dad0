// The plurals, `puts`, `loans`, `takes`, `calls` and `serves`: the same verb many times in a plain
// loop, so that what is measured from outside is the language. A part of driver.cpp.
#ifndef DRIVERLOOPS_HPP
#define DRIVERLOOPS_HPP

#include <simpleipc.hpp>

#include <cstdint>

namespace loops {

constexpr auto room = std::chrono::seconds(10);

inline void puts(sipc::Producer& producer, const sipc::Value& value, std::uint64_t count) {
    for (std::uint64_t k = 0; k < count; k++) producer.put(value, room);
}

// Of each frame only the ends are written: what it costs to fill is not the library's.
inline void loans(sipc::Producer& producer, std::uint64_t height, std::uint64_t width,
                  std::uint64_t count) {
    const auto frame = sipc::Tensor::of<std::uint8_t>({height, width, 3});
    for (std::uint64_t k = 0; k < count; k++) {
        sipc::Loan loan = producer.loan(frame, room);
        auto pixels = loan.elements<std::uint8_t>();
        pixels[0] = 1;
        pixels[pixels.size() - 1] = 2;
        producer.put(std::move(loan), room);
    }
}

inline sipc::Message one_of(std::optional<sipc::Message> found) {
    if (!found) throw sipc::Retry(SIPC_TIMEOUT, 0, sipc_status_text(SIPC_TIMEOUT));
    return std::move(*found);
}

// Adds up sequence numbers and both ends of the data.
inline std::uint64_t takes(sipc::Consumer& consumer, std::uint64_t count) {
    std::uint64_t sum = 0;
    for (std::uint64_t k = 0; k < count; k++) {
        sipc::Message message = one_of(consumer.take(room));
        sipc::View value = message.value();
        sipc::Bytes bytes = value.kind() == SIPC_KIND_TENSOR ? value.get<sipc::Tensor>().data
                                                             : value.get<sipc::Bytes>();
        sum += message.sequence() + bytes[0] + bytes[bytes.size() - 1];
    }
    return sum;
}

// Adds up the results of `add`.
inline std::uint64_t calls(sipc::Client& client, std::uint64_t count) {
    std::int64_t sum = 0;
    for (std::uint64_t k = 0; k < count; k++) {
        sipc::Message reply = one_of(client.call("add", sipc::List{2, 3}, room));
        sum += reply.value().get<std::int64_t>();
    }
    return static_cast<std::uint64_t>(sum);
}

inline void serves(sipc::Server& server, std::uint64_t count) {
    for (std::uint64_t k = 0; k < count; k++) {
        sipc::Request request(one_of(server.take(room)));
        sipc::View args = request.args();
        request.reply(args[0].get<std::int64_t>() + args[1].get<std::int64_t>());
    }
}

} // namespace loops

#endif
