// c++ -std=c++17 quickstart.cpp $(pkg-config --cflags --libs simpleipc) && ./a.out
#include <simpleipc.hpp>

#include <iostream>

int main() {
    sipc::send("chat", "hello");
    sipc::send("chat", sipc::Map{{"box", sipc::List{10, 20, 64, 48}}, {"label", "cat"}});
    auto hello = sipc::receive("chat"); // in this program or in any other
    auto found = sipc::receive("chat");
    std::cout << hello->value().get<std::string_view>() << ' '
              << found->value().find("label")->get<std::string_view>() << '\n';
}
