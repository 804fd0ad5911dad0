// The C++ binding: values, views, exceptions and handles. Each test runs in a process and a
// channel directory of its own.
#include "tests.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <numeric>
#include <thread>

using namespace std::chrono_literals;
using sipc::List;
using sipc::Map;

namespace {

sipc::Message echo(const sipc::Value& value) {
    sipc::send("echo", value);
    auto message = sipc::receive("echo", 5s);
    CHECK(message.has_value());
    return std::move(*message);
}

void native_values_keep_their_kind() {
    CHECK(echo(nullptr).value().is_null());
    CHECK(echo(true).value().get<bool>());
    CHECK(echo(-42).value().get<std::int64_t>() == -42);
    CHECK(echo(INT64_MIN).value().get<std::int64_t>() == INT64_MIN);
    CHECK(echo(42u).value().get<std::uint64_t>() == 42);
    CHECK(echo(UINT64_MAX).value().get<std::uint64_t>() == UINT64_MAX);
    CHECK(echo(0.1).value().get<double>() == 0.1);
    CHECK(echo(0.5f).value().get<double>() == 0.5);
    CHECK(std::signbit(echo(-0.0).value().get<double>()));
    CHECK(echo("hello").value().get<std::string_view>() == "hello");
    CHECK(echo(std::string("a\0b", 3)).value().get<std::string>() == std::string("a\0b", 3));
    CHECK(echo(std::string_view("view")).value().get<std::string>() == "view");
    CHECK(echo(std::vector<std::uint8_t>{1, 2, 255}).value().get<sipc::Bytes>()[2] == 255);
    CHECK(echo(sipc::Bytes()).value().get<sipc::Bytes>().empty());
}

void lists_and_maps_nest_and_keep_their_order() {
    auto message = echo(Map{{"id", 7}, {"box", List{1.5, "x", nullptr}}, {"empty", Map{}}});
    sipc::View map = message.value();
    CHECK(map.size() == 3);
    CHECK(map.key(0) == "id" && map.key(1) == "box" && map.key(2) == "empty");
    CHECK(map.value(0).get<std::int64_t>() == 7);
    sipc::View box = *map.find("box");
    CHECK(box.size() == 3);
    CHECK(box[0].get<double>() == 1.5);
    CHECK(box[1].get<std::string>() == "x");
    CHECK(box[2].is_null());
    CHECK(map.find("empty")->size() == 0);
    CHECK(!map.find("none"));
    CHECK(echo(List{List{List{}}}).value()[0][0].size() == 0);
    bool thrown = false;
    try {
        box[3];
    } catch (const std::out_of_range&) {
        thrown = true;
    }
    CHECK(thrown);
}

void tensors_are_typed_views() {
    std::vector<float> numbers(6);
    std::iota(numbers.begin(), numbers.end(), 1.0f);
    auto message = echo(sipc::Tensor::of<float>({2, 3}, numbers, "grid"));
    auto tensor = message.value().get<sipc::Tensor>();
    CHECK(tensor.shape == std::vector<std::uint64_t>({2, 3}));
    CHECK(tensor.format == "grid");
    auto elements = tensor.elements<float>();
    CHECK(std::equal(elements.begin(), elements.end(), numbers.begin(), numbers.end()));
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, tensor.elements<std::int32_t>());
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, sipc::send("echo", sipc::Tensor::of<float>({7}, numbers)));

    tensor.shape = {2, 2};
    auto padded = echo(tensor);
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, padded.value().get<sipc::Tensor>().elements<float>());
    CHECK(sipc::dtype_of<std::int8_t>() == SIPC_DTYPE_I8);
    CHECK(sipc::dtype_of<unsigned long long>() == SIPC_DTYPE_U64);
    CHECK(sipc::dtype_of<const std::complex<double>>() == SIPC_DTYPE_C128);
}

void opaque_bytes_keep_their_content_type() {
    const std::vector<std::uint8_t> json = {'{', '}'};
    auto message = echo(sipc::Opaque{"application/json", json});
    auto opaque = message.value().get<sipc::Opaque>();
    CHECK(opaque.content_type == "application/json");
    CHECK(opaque.data.size() == 2 && opaque.data[0] == '{');
}

void the_wrong_kind_is_misuse() {
    auto message = echo(42);
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, message.value().get<std::uint64_t>());
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, message.value().get<double>());
    CHECK_THROWS(Misuse, SIPC_BAD_VALUE, message.value()[0]);
}

void errors_are_classes() {
    CHECK_THROWS(Misuse, SIPC_BAD_NAME, sipc::send("../x", 1));
    sipc::Options options;
    options.depth = 16;
    sipc::Sender sender("full", options);
    for (int k = 0; k < 16; k++) sender.put(k);
    CHECK_THROWS(Full, SIPC_FULL, sender.put(16, 0ns));
    CHECK_THROWS(Misuse, SIPC_WRONG_PATTERN, sipc::publish("full", 1));
    sender.close();
    CHECK_THROWS(Gone, SIPC_CLOSED, sender.put(1));
    options.directory = "/dev/shm/no/such/place";
    CHECK_THROWS(System, SIPC_NO_DIRECTORY, sipc::Sender("full", options));
}

void a_tap_looks_on() {
    sipc::Options options;
    options.tap = true;
    sipc::Subscriber tap("news", options);
    sipc::Publisher publisher("news");
    publisher.put(7);
    CHECK(tap.take().value().get<std::int64_t>() == 7);
    CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, sipc::Publisher("news", options));
    options.lossless = true;
    CHECK_THROWS(Misuse, SIPC_BAD_ARGUMENT, sipc::Subscriber("news", options));
}

void nothing_in_time_is_no_error() {
    CHECK(!sipc::receive("empty", 0ns));
    sipc::Receiver receiver("empty");
    CHECK(!receiver.take(1ms));
    CHECK(!sipc::wait({&receiver}, 1ms));
}

void messages_tell_their_facts() {
    sipc::Subscriber subscriber("news");
    sipc::Publisher publisher("news");
    publisher.put(1, 1s, 4711);
    publisher.put(2);
    sipc::Message first = subscriber.take();
    sipc::Message second = subscriber.take();
    CHECK(first.capture_time_ns() == 4711 && second.capture_time_ns() == 0);
    CHECK(second.sequence() == first.sequence() + 1 && second.sender() == first.sender());
    CHECK(first.publish_time_ns() > 0 && first.receive_time_ns() >= first.publish_time_ns());
    CHECK(first.missed() == 0 && !first.is_redelivered());
    sipc::Message moved = std::move(first);
    CHECK(moved.value().get<std::int64_t>() == 1);
    moved = std::move(second);
    CHECK(moved.value().get<std::int64_t>() == 2);
}

void loans_are_filled_in_place() {
    sipc::Subscriber subscriber("film");
    sipc::Publisher publisher("film");
    auto frame = publisher.loan(sipc::Tensor::of<std::uint16_t>({20, 30}, {}, "depth16"));
    auto pixels = frame.elements<std::uint16_t>();
    CHECK(pixels.size() == 600);
    std::iota(pixels.begin(), pixels.end(), std::uint16_t{0});
    publisher.put(std::move(frame), 1s, 99);
    sipc::Message message = subscriber.take();
    CHECK(message.capture_time_ns() == 99);
    CHECK(message.value().get<sipc::Tensor>().elements<std::uint16_t>()[599] == 599);

    for (int round = 0; round < 50; round++) publisher.loan(1000); // each is given back
    auto bytes = publisher.loan(1000);
    std::fill(bytes.data().begin(), bytes.data().end(), std::uint8_t{7});
    sipc::Loan moved = std::move(bytes);
    publisher.put(std::move(moved));
    CHECK(subscriber.take().value().get<sipc::Bytes>()[999] == 7);
}

void a_failed_put_leaves_the_loan() {
    sipc::Options options;
    options.depth = 16;
    sipc::Sender sender("film", options);
    for (int k = 0; k < 16; k++) sender.put(k);
    auto loan = sender.loan(100);
    loan.data()[0] = 9;
    CHECK_THROWS(Full, SIPC_FULL, sender.put(std::move(loan), 0ns));
    CHECK(loan.data()[0] == 9);
    CHECK(sipc::receive("film", 1s)->value().get<std::int64_t>() == 0);
    sender.put(std::move(loan));
}

void iteration_ends_when_the_handle_is_closed() {
    sipc::Receiver receiver("jobs");
    for (int k = 0; k < 10; k++) sipc::send("jobs", k);
    std::int64_t sum = 0;
    std::thread closer;
    for (sipc::Message& message : receiver) {
        sum += message.value().get<std::int64_t>();
        if (message.value().get<std::int64_t>() == 9)
            closer = std::thread([&] {
                std::this_thread::sleep_for(20ms);
                receiver.close();
            });
    }
    closer.join();
    CHECK(sum == 45);
}

void interrupt_throws_interrupted() {
    sipc::Receiver receiver("jobs");
    std::thread other([&] {
        std::this_thread::sleep_for(20ms);
        receiver.interrupt();
    });
    CHECK_THROWS(Interrupted, SIPC_INTERRUPTED, receiver.take());
    other.join();
}

void wait_tells_who_has_a_message() {
    sipc::Receiver jobs("jobs");
    sipc::Subscriber news("news");
    sipc::publish("news", "x");
    CHECK(sipc::wait({&jobs, &news}, 5s) == std::size_t{1});
    CHECK(news.take(0ns)->value().get<std::string>() == "x");
}

void handles_and_messages_can_be_moved() {
    std::vector<sipc::Receiver> receivers;
    for (int k = 0; k < 5; k++) receivers.emplace_back("jobs");
    receivers.erase(receivers.begin());
    sipc::send("jobs", 1);
    CHECK(receivers.front().take().value().get<std::int64_t>() == 1);
}

void audit_and_clean_look_after_channels() {
    { sipc::Sender("left").put(1); }
    CHECK(sipc::audit().find("\"left\"") != std::string::npos);
    CHECK(sipc::audit("right") == "[]");
    CHECK(sipc::clean(1h) == 0);
    CHECK(sipc::clean(0ns) == 1);
    CHECK(sipc::now_ns() > 0);
}

const std::vector<Test> tests = {
    TEST(native_values_keep_their_kind),
    TEST(lists_and_maps_nest_and_keep_their_order),
    TEST(tensors_are_typed_views),
    TEST(opaque_bytes_keep_their_content_type),
    TEST(the_wrong_kind_is_misuse),
    TEST(errors_are_classes),
    TEST(a_tap_looks_on),
    TEST(nothing_in_time_is_no_error),
    TEST(messages_tell_their_facts),
    TEST(loans_are_filled_in_place),
    TEST(a_failed_put_leaves_the_loan),
    TEST(iteration_ends_when_the_handle_is_closed),
    TEST(interrupt_throws_interrupted),
    TEST(wait_tells_who_has_a_message),
    TEST(handles_and_messages_can_be_moved),
    TEST(audit_and_clean_look_after_channels),
};

// Runs a test in a child; what it writes to the pipe is why it failed.
std::string run(const Test& test) {
    char directory[] = "/dev/shm/sipc-cpp-XXXXXX";
    int ends[2];
    if (mkdtemp(directory) == nullptr || pipe(ends) != 0) return "cannot set up";
    pid_t child = fork();
    if (child == 0) {
        setenv("SIPC_DIR", directory, 1);
        alarm(30);
        std::string why;
        try {
            test.run();
        } catch (const std::exception& error) {
            why = error.what();
        }
        _exit(write(ends[1], why.data(), why.size()) > 0);
    }
    close(ends[1]);
    char why[1024];
    ssize_t got = read(ends[0], why, sizeof why);
    close(ends[0]);
    int state = 0;
    waitpid(child, &state, 0);
    std::filesystem::remove_all(directory);
    if (WIFSIGNALED(state)) return "signal " + std::to_string(WTERMSIG(state));
    return {why, static_cast<std::size_t>(got > 0 ? got : 0)};
}

} // namespace

std::string program_path;

// Usage: tests PREFIX. The prefix tells apart the builds in the output.
int main(int argc, char** argv) {
    if (std::getenv("SIPC_PLUGIN") != nullptr) return be_a_plugin({argv + 1, argv + argc});
    program_path = argv[0];
    int failures = 0;
    for (const auto* list : {&tests, &pattern_tests, &loop_tests, &plugin_tests, &peer_tests}) {
        for (const Test& test : *list) {
            std::string why = run(test);
            failures += !why.empty();
            std::cout << (why.empty() ? "ok " : "FAILED ") << argv[1] << ' ' << test.name
                      << (why.empty() ? "" : ": ") << why << std::endl;
        }
    }
    return failures != 0;
}
