//! Every pattern once, in one program; each part could be in a program of its own.
const std = @import("std");
const ipc = @import("simpleipc");

const soon = 20 * std.time.ns_per_s;

pub fn main(init: std.process.Init) !void {
    var stdout = std.Io.File.stdout().writerStreaming(init.io, &.{});
    const out = &stdout.interface;
    try queue(out);
    try topic(out);
    try state(out);

    // A signal: something has happened.
    const waiter: ipc.Waiter = try .open("tour.signal", .{});
    defer waiter.close();
    try ipc.notify("tour.signal");
    try out.print("signal: {d}\n", .{try waiter.wait(soon)});

    // A lock: one owner at a time, and free when it dies.
    const lock: ipc.Lock = try .open("tour.lock", .{});
    defer lock.close();
    try out.print("lock: died with it: {?d}\n", .{try lock.lock(soon)});
    try lock.unlock();

    try service(out);
}

/// A queue: each message goes to one receiver.
fn queue(out: *std.Io.Writer) !void {
    try ipc.send("tour.queue", "hello");
    const receiver: ipc.Receiver = try .open("tour.queue", .{});
    defer receiver.close();
    var message = try receiver.receive(soon);
    defer message.release();
    try out.print("queue: {s}\n", .{try message.value().get([]const u8)});
    if (receiver.receive(0)) |_| unreachable else |failed| switch (failed) {
        error.Timeout => try out.print("queue: nothing more\n", .{}),
        else => return failed,
    }
}

/// A topic: every subscriber gets every message. The frame is filled where it is read.
fn topic(out: *std.Io.Writer) !void {
    const subscriber: ipc.Subscriber = try .open("tour.topic", .{});
    defer subscriber.close();
    const publisher: ipc.Publisher = try .open("tour.topic", .{});
    defer publisher.close();
    try publisher.publish(42, .{});
    var number = try subscriber.receive(soon);
    defer number.release();
    try out.print("topic: {d}\n", .{try number.value().get(u32)});

    var frame = try publisher.loan(.u8, &.{ 4, 6, 3 }, "rgb8", soon);
    defer frame.cancel(); // unless it was put
    @memset(frame.data(), 7);
    try frame.put(.{ .capture_time_ns = ipc.nowNs() });
    var message = try subscriber.receive(soon);
    defer message.release();
    const picture = try message.value().get(ipc.Tensor);
    const pixels = try picture.elements(u8);
    try out.print("topic: {any} {s} {d}\n", .{ picture.shape, picture.format, pixels[0] });
}

/// A state: the latest value, for whoever comes whenever.
fn state(out: *std.Io.Writer) !void {
    const setter: ipc.Setter = try .open("tour.state", .{});
    defer setter.close();
    const watcher: ipc.Watcher = try .open("tour.state", .{});
    defer watcher.close();
    try setter.set(30, .{});
    var speed = try watcher.get(soon);
    defer speed.release();
    try out.print("state: {f}\n", .{speed.value().*});
    try setter.setIf(31, speed.sequence(), .{}); // error.Conflict if somebody else has set it since
    var next = try watcher.receive(soon);
    defer next.release();
    try out.print("state: {f}\n", .{next.value().*});
}

/// A service; `server.serve` with a struct of functions is the usual way to answer.
fn service(out: *std.Io.Writer) !void {
    const server: ipc.Server = try .open("tour.service", .{});
    defer server.close();
    var client: ipc.Client = try .open("tour.service", .{});
    defer client.close();
    const call = try client.start("add", .{ 1, 2 }, .{});
    {
        var request = try server.receive(soon);
        defer request.release();
        try out.print("service: {s} {f}\n", .{ request.method(), request.args().* });
        const a, const b = try request.args().get(struct { i64, i64 });
        try request.reply(a + b);
    }
    var sum = try call.result(soon);
    defer sum.release();
    try out.print("service: {f}\n", .{sum.value().*});
}
