//! What the driver does wrong on purpose, and how that ends. It is described in testing/interop.
const std = @import("std");
const ipc = @import("simpleipc");
const Writer = std.Io.Writer;

/// The answer to work that has to fail.
fn judge(out: *Writer, end: anytype) Writer.Error!void {
    if (end) |_| {
        try out.writeAll("ok");
    } else |_| {
        try out.print("refused {s}", .{ipc.failure().message});
    }
}

/// Puts what no message can be.
pub fn value(out: *Writer, kind: []const u8, sender: ipc.Sender) !void {
    if (std.mem.eql(u8, kind, "text")) return judge(out, sender.send("caf\xe9", .{}));
    try out.writeAll(if (std.mem.eql(u8, kind, "type"))
        "impossible what is no value, nor made of values, does not compile"
    else
        "impossible an integer of more than 64 bits does not compile");
}

/// Uses a handle after it was closed twice.
pub fn closed(out: *Writer, name: [*:0]const u8) !void {
    const sender: ipc.Sender = try .open(name, .{});
    sender.close();
    sender.close();
    try judge(out, sender.send(1, .{}));
}

/// Uses a handle in which another thread waits.
pub fn thread(out: *Writer, receiver: ipc.Receiver) !void {
    const other = try std.Thread.spawn(.{}, waitInside, .{receiver});
    var end = receiver.receive(0);
    while (end == error.Timeout) end = receiver.receive(0);
    try judge(out, end);
    try receiver.interrupt();
    other.join();
}

/// Tries again when it comes while the other one looks.
fn waitInside(receiver: ipc.Receiver) void {
    var end = receiver.receive(null);
    while (end == error.Busy) end = receiver.receive(null);
}

/// Serves one call with a function that fails.
pub fn handler(out: *Writer, server: ipc.Server) !void {
    var bomb: Bomb = .{ .server = server };
    try server.serve(&bomb, null);
    try out.writeAll("ok");
}

const Bomb = struct {
    server: ipc.Server,

    pub const methods = [_]ipc.Method{.{ .name = "boom" }};

    pub fn boom(self: *Bomb, _: i64) !void {
        try self.server.interrupt();
        return error.Boom;
    }
};
