//! Prints what arrives; ends when nothing came for 2 seconds.
const std = @import("std");
const ipc = @import("simpleipc");

pub fn main(init: std.process.Init) !void {
    var out = std.Io.File.stdout().writerStreaming(init.io, &.{});
    const receiver: ipc.Receiver = try .open("chat", .{});
    defer receiver.close();
    while (receiver.receive(2 * std.time.ns_per_s)) |taken| {
        var message = taken;
        defer message.release();
        try out.interface.print("{f}\n", .{message.value().*});
    } else |failed| if (failed != error.Timeout) return failed;
}
