// The display of the rover: each frame with boxes round the rocks that were found in this very
// frame. Without a detector it shows frames without boxes.
//
//     display          in the terminal, which should have 80 columns and colours; Ctrl-C ends it
//     display FILE     writes the first frame that has rocks as a picture (PPM), and ends
#include <simpleipc.hpp>

#include <csignal>
#include <cstdio>
#include <deque>
#include <fstream>

using namespace std::chrono_literals;

namespace {

constexpr std::size_t frames_held = 8; // what a frame waits for a detector at most: 0.4 s
constexpr int columns = 80;

volatile std::sig_atomic_t is_ended = 0;

// A copy, to draw on: the frame itself can only be read.
class Picture {
  public:
    explicit Picture(const sipc::Tensor& frame)
        : height_(int(frame.shape[0])), width_(int(frame.shape[1])),
          pixels_(frame.data.begin(), frame.data.end()) {}

    // A frame of two pixels around x, y, width and height.
    void box(sipc::View sides) {
        auto side = [&](std::size_t index) { return int(sides[index].get<std::int64_t>()); };
        const int left = side(0), top = side(1), right = left + side(2), bottom = top + side(3);
        for (int y = top - 2; y < bottom + 2; y++)
            for (int x = left - 2; x < right + 2; x++)
                if (y < top || y >= bottom || x < left || x >= right) paint(x, y);
    }

    void write(const std::string& path) const {
        std::ofstream file(path, std::ios::binary);
        file << "P6\n" << width_ << ' ' << height_ << "\n255\n";
        file.write(reinterpret_cast<const char*>(pixels_.data()), std::streamsize(pixels_.size()));
        if (!file.flush()) throw std::runtime_error(path + " cannot be written");
    }

    // Two pixels, one above the other, are a letter: the upper half of a block in two colours.
    void print() const {
        const int cell = width_ / columns;
        std::string text = "\x1b[H";
        for (int y = 0; y + 2 * cell <= height_; y += 2 * cell) {
            for (int x = 0; x + cell <= width_; x += cell)
                text += "\x1b[38;2;" + mean(x, y, cell) + ";48;2;" + mean(x, y + cell, cell) +
                        "m\xe2\x96\x80";
            text += "\x1b[0m\n";
        }
        std::fputs(text.c_str(), stdout);
    }

  private:
    void paint(int x, int y) {
        if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
        const std::uint8_t green[] = {64, 255, 96};
        std::copy(green, green + 3, &pixels_[at(x, y)]);
    }
    std::size_t at(int x, int y) const { return 3 * std::size_t(y * width_ + x); }
    std::string mean(int left, int top, int cell) const {
        int sums[3] = {};
        for (int y = top; y < top + cell; y++)
            for (int x = left; x < left + cell; x++)
                for (int k = 0; k < 3; k++) sums[k] += pixels_[at(x, y) + std::size_t(k)];
        std::string text;
        for (int sum : sums) text += (text.empty() ? "" : ";") + std::to_string(sum / cell / cell);
        return text;
    }

    int height_, width_;
    std::vector<std::uint8_t> pixels_;
};

void show(const sipc::Message& frame, const sipc::Message* found, const std::string& news,
          const char* path) {
    Picture picture(frame.value().get<sipc::Tensor>());
    std::size_t rocks = 0;
    if (found != nullptr) {
        const sipc::View boxes = *found->value().find("boxes");
        for (rocks = 0; rocks < boxes.size(); rocks++) picture.box(boxes[rocks]);
    }
    if (path != nullptr && rocks > 0) {
        picture.write(path);
        is_ended = 1;
    }
    if (path != nullptr) return;
    picture.print();
    const double age = double(sipc::now_ns() - frame.capture_time_ns()) / 1e6;
    const auto number = static_cast<unsigned long long>(frame.sequence());
    std::printf("frame %llu, %.1f ms old, ", number, age);
    std::printf(found ? "rocks: %zu" : "no detector", rocks);
    std::printf("\x1b[K\n%s\x1b[K", news.c_str());
    std::fflush(stdout);
}

// snippet-begin
void run(const char* path) {
    sipc::Subscriber frames("rover.frames"), rocks("rover.rocks"), events("crew.events");
    std::deque<sipc::Message> held; // frames in which a detector may still find something
    std::string news;               // what became last of the programs of this system
    while (!is_ended) {
        sipc::wait({&frames, &rocks}, 1s);
        while (auto event = events.take(0ns)) {
            const auto what = event->value();
            news = what.find("plugin")->get<std::string>() + ' ' +
                   what.find("event")->get<std::string>();
        }
        while (auto frame = frames.take(0ns)) held.push_back(std::move(*frame));
        while (auto found = rocks.take(0ns)) {
            const auto captured = found->capture_time_ns();
            while (!held.empty() && held.front().capture_time_ns() < captured) held.pop_front();
            if (!held.empty() && held.front().capture_time_ns() == captured)
                show(held.front(), &*found, news, path);
        }
        while (held.size() > frames_held) {
            show(held.front(), nullptr, news, path);
            held.pop_front();
        }
    }
}
// snippet-end

} // namespace

int main(int argc, char** argv) try {
    for (int number : {SIGINT, SIGTERM}) std::signal(number, [](int) { is_ended = 1; });
    const char* path = argc > 1 ? argv[1] : nullptr;
    if (path == nullptr) std::fputs("\x1b[2J\x1b[?25l", stdout); // empty, and without a cursor
    try {
        run(path);
    } catch (const sipc::Interrupted&) {
        // By a signal.
    }
    if (path == nullptr) std::fputs("\x1b[?25h\n", stdout);
} catch (const std::exception& error) {
    std::fprintf(stderr, "display: %s\n", error.what());
    return 1;
}
