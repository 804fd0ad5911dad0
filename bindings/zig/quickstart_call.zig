//! Calls a method of quickstart_serve, twice.
const std = @import("std");
const ipc = @import("simpleipc");

pub fn main(init: std.process.Init) !void {
    var out = std.Io.File.stdout().writerStreaming(init.io, &.{});
    var client: ipc.Client = try .open("gallery", .{});
    defer client.close();
    const soon = 20 * std.time.ns_per_s;
    var cats = try client.call("found", .{ "cat", 0.93 }, soon);
    defer cats.release();
    try out.interface.print("{d}\n", .{try cats.value().get(u32)});
    _ = client.call("found", .{ "cat", 93 }, soon) catch |failed| {
        if (failed != error.Failed) return failed;
        try out.interface.print("{s}\n", .{client.refusal().message});
    };
}
