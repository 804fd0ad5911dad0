//! Sends a few values; start it before or after quickstart_receive.
const ipc = @import("simpleipc");

pub fn main() !void {
    try ipc.send("chat", "hello");
    try ipc.send("chat", 42);
    try ipc.send("chat", .{ .class = "cat", .score = 0.93 });
}
