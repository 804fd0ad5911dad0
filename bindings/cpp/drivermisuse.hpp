// What the driver does wrong on purpose, and how that ends. It is described in testing/interop. A
// part of driver.cpp.
#ifndef DRIVERMISUSE_HPP
#define DRIVERMISUSE_HPP

#include <simpleipc.hpp>

#include <string>
#include <thread>

namespace misuse {

// The answer to work that has to throw.
template <class F> std::string refused(F work) try {
    work();
    return "ok";
} catch (const sipc::Error& error) {
    return std::string("refused ") + error.what();
}

inline std::string value(const std::string& kind, sipc::Producer& producer) {
    if (kind == "type") return "impossible what does not convert into a Value does not compile";
    if (kind == "range") return "impossible an integer of more than 64 bits does not compile";
    return refused([&] { producer.put("caf\xe9"); });
}

inline std::string closed(const std::string& name) {
    return refused([&] {
        sipc::Sender sender(name);
        sender.close();
        sender.close();
        sender.put(1);
    });
}

inline std::string thread(sipc::Consumer& consumer) {
    std::thread other([&] {
        for (;;) try {
                consumer.take();
            } catch (const sipc::Interrupted&) {
                return;
            } catch (const sipc::Retry&) { // the other one looks
            }
    });
    std::string answer = refused([&] {
        while (!consumer.take(sipc::Duration(0))) std::this_thread::yield();
    });
    consumer.interrupt();
    other.join();
    return answer;
}

inline std::string forgotten(sipc::Consumer& consumer) {
    consumer.take();
    return "ok";
}

inline std::string handler(sipc::Server& server) {
    server.on("boom", [&](const sipc::Request&) -> sipc::Value {
        server.interrupt();
        throw std::out_of_range("boom");
    });
    server.serve();
    return "ok";
}

} // namespace misuse

#endif
