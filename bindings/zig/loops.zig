//! The plurals: the same verb many times, in loops that are measured from outside.
const std = @import("std");
const ipc = @import("simpleipc");

const room = 10 * std.time.ns_per_s;

pub fn puts(sender: ipc.Sender, value: ipc.Value, count: u64) !void {
    for (0..count) |_| try sender.send(value, .{ .timeout_ns = room });
}

/// Of each frame only the ends are written: what it costs to fill is not the library's.
pub fn loans(sender: ipc.Sender, height: u64, width: u64, count: u64) !void {
    for (0..count) |_| {
        var lent = try sender.loan(.u8, &.{ height, width, 3 }, "", room);
        defer lent.cancel();
        const pixels = lent.data();
        pixels[0] = 1;
        pixels[pixels.len - 1] = 2;
        try lent.put(.{ .timeout_ns = room });
    }
}

/// Adds up sequence numbers and both ends of the data.
pub fn takes(receiver: ipc.Receiver, count: u64) !u64 {
    var sum: u64 = 0;
    for (0..count) |_| {
        var message = try receiver.receive(room);
        defer message.release();
        const data = message.value().data();
        sum += message.sequence() + data[0] + data[data.len - 1];
    }
    return sum;
}

/// Adds up the results of `add`.
pub fn calls(client: *ipc.Client, count: u64) !u64 {
    var sum: u64 = 0;
    for (0..count) |_| {
        var message = try client.call("add", .{ 2, 3 }, room);
        defer message.release();
        sum += try message.value().get(u64);
    }
    return sum;
}

pub fn serves(server: ipc.Server, count: u64) !void {
    for (0..count) |_| {
        var request = try server.receive(room);
        defer request.release();
        const a, const b = try request.args().get(struct { i64, i64 });
        try request.reply(a + b);
    }
}
