// What the tests of the C++ binding share.
#ifndef SIPC_TESTS_HPP
#define SIPC_TESTS_HPP

#include <simpleipc.hpp>

#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition) check_that(condition, __LINE__, #condition)
inline void check_that(bool holds, int line, const char* text) {
    if (!holds) throw std::runtime_error("line " + std::to_string(line) + ": not true: " + text);
}

// The call throws this class with this status and a sentence.
template <class E, class F> void check_throws(int line, std::int32_t status, F call) {
    try {
        call();
    } catch (const E& error) {
        check_that(error.status() == status, line, error.what());
        return check_that(*error.what() != 0, line, "the error has a sentence");
    }
    check_that(false, line, "an exception");
}
#define CHECK_THROWS(Class, status, ...) \
    check_throws<sipc::Class>(__LINE__, status, [&] { __VA_ARGS__; })

struct Test {
    const char* name;
    void (*run)();
};
#define TEST(name) {#name, name}
extern const std::vector<Test> loop_tests;
extern const std::vector<Test> pattern_tests;
extern const std::vector<Test> peer_tests;
extern const std::vector<Test> plugin_tests;

// This program, to be started again, and what it does when a host has started it.
extern std::string program_path;
int be_a_plugin(const std::vector<std::string>& args);

#endif
