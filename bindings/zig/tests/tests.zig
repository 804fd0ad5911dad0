//! What interop cannot see: bad input, threads, handlers that fail, memory.
const std = @import("std");
const ipc = @import("simpleipc");
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectError = std.testing.expectError;
const expectEqualStrings = std.testing.expectEqualStrings;

const soon = 20 * std.time.ns_per_s;

/// A queue, and what becomes of a value in it.
const Through = struct {
    sender: ipc.Sender,
    receiver: ipc.Receiver,
    message: ipc.Message = .{},

    fn open(name: [*:0]const u8) !Through {
        return .{ .sender = try .open(name, .{}), .receiver = try .open(name, .{}) };
    }

    fn close(self: *Through) void {
        self.message.release();
        self.sender.close();
        self.receiver.close();
    }

    fn arrived(self: *Through, value: anytype) !*const ipc.Value {
        self.message.release();
        try self.sender.send(value, .{});
        self.message = try self.receiver.receive(soon);
        return self.message.value();
    }
};

test "structs are those of C" {
    var text: [64]u8 = undefined;
    const sizes = try std.fmt.bufPrint(&text, "{d} {d} {d} {d} {d}", .{
        @sizeOf(ipc.c.sipc_error),
        @sizeOf(ipc.c.sipc_value),
        @sizeOf(ipc.c.sipc_message),
        @sizeOf(ipc.c.sipc_options),
        @offsetOf(ipc.c.sipc_value, "shape"),
    });
    try expectEqualStrings(std.mem.span(std.c.getenv("SIPC_SIZES").?), sizes);
}

test "values of Zig arrive as they are" {
    var through: Through = try .open("values");
    defer through.close();
    try expectEqual(ipc.Kind.null, (try through.arrived(null)).kind());
    try expectEqual(true, (try through.arrived(true)).get(bool));
    try expectEqual(-5, (try through.arrived(-5)).get(i8));
    try expectEqual(ipc.Kind.uint, (try through.arrived(@as(u16, 5))).kind());
    try expectEqual(ipc.Kind.int, (try through.arrived(@as(i7, 5))).kind());
    try expectEqual(std.math.maxInt(u64), (try through.arrived(std.math.maxInt(u64))).get(u64));
    try expectEqual(1.5, (try through.arrived(@as(f16, 1.5))).get(f64));
    try expectEqual(2.0, (try through.arrived(2)).get(f32));
    try expectEqual(@as(?u8, null), (try through.arrived(@as(?u8, null))).get(?u8));
    try expectEqual(@as(?u8, 7), (try through.arrived(@as(?u8, 7))).get(?u8));
    const text: [*:0]const u8 = "many";
    try expectEqualStrings("many", try (try through.arrived(text)).get([]const u8));
    try expectEqualStrings("h\u{e9}\x00", try (try through.arrived("h\u{e9}\x00")).get([]const u8));
    const bytes: ipc.Bytes = .{ .data = "\x00\xff" };
    try expectEqualStrings("\x00\xff", (try (try through.arrived(bytes)).get(ipc.Bytes)).data);
    try expectEqual([3]i32{ 1, 2, 3 }, (try through.arrived([3]i32{ 1, 2, 3 })).get([3]i32));
    const json: ipc.Opaque = .{ .data = "{}", .content_type = "a/json" };
    const found = try (try through.arrived(json)).get(ipc.Opaque);
    try expectEqualStrings("a/json", found.content_type);
    const items = [_]ipc.Value{ .of(1), .of("two"), .list(&.{.of(3.5)}) };
    const list = try through.arrived(@as([]const ipc.Value, &items));
    try expectEqual(3, list.items().len);
    try expectEqual(3.5, list.items()[2].items()[0].get(f64));
}

test "a struct is a map, and a map a struct" {
    const Box = struct { x: i32, y: i32 };
    const Found = struct {
        class: []const u8,
        score: f64 = 1,
        box: Box,
        tags: [2]?[]const u8 = .{ null, null },
    };
    var through: Through = try .open("structs");
    defer through.close();
    const cat: Found = .{
        .class = "cat",
        .score = 0.5,
        .box = .{ .x = 1, .y = -2 },
        .tags = .{ "a", null },
    };
    const found = try (try through.arrived(cat)).get(Found);
    try expectEqualStrings("cat", found.class);
    try expectEqual(cat.box, found.box);
    try expectEqualStrings("a", found.tags[0].?);
    try expectEqual(null, found.tags[1]);
    var text: [100]u8 = undefined;
    const told = try std.fmt.bufPrint(&text, "{f}", .{through.message.value().*});
    try expectEqualStrings("[class: cat, score: 0.5, box: [x: 1, y: -2], tags: [a, null]]", told);

    const short = try through.arrived(.{ .box = Box{ .x = 3, .y = 4 }, .class = "dog" });
    try expectEqual(1, (try short.get(Found)).score);
    try expectError(error.Missing, short.get(struct { missing: i32 }));
    try expectEqual(null, short.find("missing"));
    try expectError(error.WrongKind, short.get(struct { class: i32 }));
    try expectError(error.WrongKind, short.get(struct { i32, i32 }));
    try expectError(error.WrongKind, short.get([]const u8));
    try expectError(error.Overflow, (try through.arrived(300)).get(u8));
    try expectError(error.Overflow, (try through.arrived(-1)).get(u64));
    try expectError(error.WrongKind, (try through.arrived("3")).get(i32));
    try expectError(error.WrongKind, (try through.arrived(.{ 1, 2, 3 })).get([2]i32));
}

test "what cannot be sent is refused, and nothing is sent" {
    var through: Through = try .open("refused");
    defer through.close();
    const sender = through.sender;
    try expectError(error.BadValue, sender.send("\xff", .{}));
    try expect(std.mem.find(u8, ipc.failure().message, "UTF-8") != null);
    try expectError(error.BadValue, sender.send(.{ 1, "\xff" }, .{}));
    for ([_]ipc.Value{ .of("\xff"), .of(1), .of(null) }) |key| {
        const pairs = [_]ipc.Pair{.{ .key = key, .value = .of(1) }};
        try expectError(error.BadValue, sender.send(ipc.Value.map(&pairs), .{}));
    }
    const oddly: ipc.Opaque = .{ .data = "", .content_type = "\xff" };
    try expectError(error.BadValue, sender.send(oddly, .{}));
    var deep: [70][1]ipc.Value = @splat(.{.of(null)});
    for (deep[1..], deep[0..69]) |*outer, *inner| outer.* = .{.list(inner)};
    try expectError(error.BadValue, sender.send(&deep[69], .{}));
    const short: ipc.Tensor = .{ .dtype = .u16, .shape = &.{1}, .data = "a" };
    try expectError(error.BadValue, sender.send(short, .{}));
    const ones: [9]u64 = @splat(1);
    const high: ipc.Tensor = .{ .dtype = .u8, .shape = &ones, .data = "a" };
    try expectError(error.BadValue, sender.send(high, .{}));
    try expectError(error.Timeout, through.receiver.receive(0));
    try expectEqual(1, (try through.arrived(1)).get(i32)); // and the handle goes on

    for ([_][*:0]const u8{ "", "a/b", ".a", "\xff" }) |name| {
        try expectError(error.BadName, ipc.Publisher.open(name, .{}));
    }
    try expectError(error.WrongPattern, ipc.Publisher.open("refused", .{}));
    try expectError(error.BadArgument, ipc.Publisher.open("odd", .{ .depth = 100 }));
    try expectEqual(ipc.Class.misuse, ipc.classOf(error.BadArgument));
    const nowhere = ipc.Publisher.open("odd", .{ .directory = "/nowhere/at/all" });
    try expectError(error.NoDirectory, nowhere);
    try expectEqual(ipc.Class.system, ipc.classOf(error.NoDirectory));
}

test "a status that is not known is an error of its class" {
    try expectEqual(error.OtherRetry, ipc.c.errorOf(9));
    try expectEqual(error.OtherGone, ipc.c.errorOf(19));
    try expectEqual(error.OtherMisuse, ipc.c.errorOf(29));
    try expectEqual(error.OtherCorrupt, ipc.c.errorOf(39));
    try expectEqual(error.OtherSystem, ipc.c.errorOf(49));
    try expectEqual(error.OtherSystem, ipc.c.errorOf(1000));
    try expectEqual(ipc.Class.gone, ipc.classOf(error.OtherGone));
}

test "a tensor is looked at where it lies" {
    const publisher: ipc.Publisher = try .open("tensors", .{});
    defer publisher.close();
    const subscriber: ipc.Subscriber = try .open("tensors", .{});
    defer subscriber.close();
    var numbers: [6000]f32 = undefined;
    for (&numbers, 0..) |*number, at| number.* = @floatFromInt(at);
    try publisher.publish(ipc.Tensor.of(&numbers, &.{ 20, 300 }, "heights"), .{});
    var message = try subscriber.receive(soon);
    defer message.release();
    const tensor = try message.value().get(ipc.Tensor);
    try expectEqual(message.value().data().ptr, tensor.data.ptr);
    try std.testing.expectEqualSlices(f32, &numbers, try tensor.elements(f32));
    try expectEqualStrings("heights", tensor.format);
    try expectError(error.WrongKind, tensor.elements(f64));
    try publisher.publish(tensor, .{}); // on from where it is
    var again = try subscriber.receive(soon);
    defer again.release();
    const passed_on = try again.value().get(ipc.Tensor);
    try std.testing.expectEqualSlices(u64, &.{ 20, 300 }, passed_on.shape);
    var gaps: ipc.Tensor = .of("ab.cd", &.{ 2, 2 }, "");
    gaps.strides = &.{ 3, 1 };
    try publisher.publish(gaps, .{});
    var strided = try subscriber.receive(soon);
    defer strided.release();
    const found = try strided.value().get(ipc.Tensor);
    try std.testing.expectEqualSlices(i64, &.{ 3, 1 }, found.strides);
    try expectError(error.WrongKind, found.elements(u8));

    var loan = try publisher.loan(.i16, &.{ 2, 500 }, "pcm", soon);
    try expect(std.mem.isAligned(@intFromPtr(loan.data().ptr), 64));
    @memset(try loan.elements(i16), 7);
    try expectError(error.WrongKind, loan.elements(i32));
    try loan.put(.{ .capture_time_ns = 5 });
    try expectEqual(0, loan.data().len);
    try expectError(error.BadArgument, loan.put(.{}));
    loan.cancel();
    var lent = try subscriber.receive(soon);
    defer lent.release();
    try expectEqual(7, (try (try lent.value().get(ipc.Tensor)).elements(i16))[999]);
    try expectEqual(5, lent.captureTimeNs());
    for (0..100) |_| {
        var given_back = try publisher.loanBytes(1000, soon);
        given_back.cancel();
        given_back.cancel();
    }
}

test "nothing is left of ten thousand messages" {
    const publisher: ipc.Publisher = try .open("many", .{});
    const subscriber: ipc.Subscriber = try .open("many", .{ .lossless = true });
    const data: ipc.Bytes = .{ .data = &@as([1000]u8, @splat(3)) };
    for (0..10_000) |_| {
        try publisher.publish(data, .{});
        var message = try subscriber.receive(soon);
        try expectEqual(1000, message.value().data().len);
        message.release();
        message.release();
        try expectEqual(ipc.Kind.null, message.value().kind());
    }
    const gpa = std.testing.allocator;
    const json = try ipc.audit(gpa, "many", null);
    defer gpa.free(json);
    const Channel = struct { leaks: []const std.json.Value, chunks_in_use: u64, depth: u64 };
    const options: std.json.ParseOptions = .{ .ignore_unknown_fields = true };
    const told = try std.json.parseFromSlice([]const Channel, gpa, json, options);
    defer told.deinit();
    try expectEqual(0, told.value[0].leaks.len);
    try expect(told.value[0].chunks_in_use <= told.value[0].depth);
    publisher.close();
    subscriber.close();
    for (0..1000) |_| { // 256 may be open
        const another: ipc.Subscriber = try .open("many", .{});
        another.close();
    }
    try expectEqual(0, try ipc.clean(null, std.math.maxInt(u64)));
}

/// Tries again when it comes while the other thread looks.
fn waiting(receiver: ipc.Receiver, ended: *?anyerror) void {
    var end = receiver.receive(null);
    while (end == error.Busy) end = receiver.receive(null);
    if (end) |_| {} else |failed| ended.* = failed;
}

/// Returns when another thread is inside.
fn untilBusy(receiver: ipc.Receiver) !void {
    while (true) {
        var message = receiver.receive(0) catch |failed| switch (failed) {
            error.Busy => return,
            error.Timeout => continue,
            else => return failed,
        };
        message.release();
    }
}

test "closing ends a wait and may be done twice" {
    const receiver: ipc.Receiver = try .open("closed", .{});
    var ended: ?anyerror = null;
    const thread = try std.Thread.spawn(.{}, waiting, .{ receiver, &ended });
    try untilBusy(receiver);
    receiver.close();
    thread.join();
    try expectEqual(error.Closed, ended.?);
    receiver.close();
    try expectError(error.Closed, receiver.receive(null));
    try expectEqual(ipc.Class.gone, ipc.classOf(error.Closed));
    try expectEqual(null, try receiver.next());
    try expectError(error.Closed, receiver.interrupt());
    try expect(ipc.failure().message.len > 0);
    const publisher: ipc.Publisher = try .open("closed topic", .{});
    publisher.close();
    try expectError(error.Closed, publisher.publish(1, .{}));
}

test "a second thread is told, and a wait can be ended" {
    const receiver: ipc.Receiver = try .open("busy", .{});
    defer receiver.close();
    var ended: ?anyerror = null;
    const thread = try std.Thread.spawn(.{}, waiting, .{ receiver, &ended });
    try untilBusy(receiver);
    try receiver.interrupt();
    thread.join();
    try expectEqual(error.Interrupted, ended.?);
    try receiver.interrupt();
    try expectEqual(null, try receiver.next());

    const waiter: ipc.Waiter = try .open("several", .{});
    defer waiter.close();
    const both = [_]*ipc.Channel{ receiver.channel, waiter.channel };
    try expectError(error.Timeout, ipc.waitAny(&both, 0));
    try ipc.notify("several");
    try expectEqual(1, try ipc.waitAny(&both, soon));
    try expectEqual(1, try waiter.wait(0));
    try expect(try receiver.fd() >= 0);
}

const Calculator = struct {
    left: i64,

    pub const methods = [_]ipc.Method{
        .{ .name = "add", .idempotent = true, .about = "the sum of two ints" },
        .{ .name = "fail" },
        .{ .name = "refuse" },
        .{ .name = "count" },
        .{ .name = "unsendable" },
        .{ .name = "move" },
        .{ .name = "nothing" },
    };

    pub fn add(_: *Calculator, a: i64, b: i64) i64 {
        return a + b;
    }

    pub fn fail(_: *Calculator) !void {
        return error.Empty;
    }

    pub fn refuse(self: *Calculator, request: *ipc.Request) !void {
        try request.fail(17, "empty", .{ .left = self.left });
    }

    pub fn count(_: *Calculator, request: *ipc.Request, number: u32) !u32 {
        for (1..number) |one| try request.push(one);
        return number;
    }

    pub fn unsendable(_: *Calculator) []const u8 {
        return "\xff";
    }

    pub fn move(_: *Calculator, to: struct { x: i32, y: i32 = 5 }) struct { i32, i32 } {
        return .{ to.x, to.y };
    }

    pub fn nothing(_: *Calculator) void {}
};

fn serving(server: ipc.Server, ended: *?anyerror) void {
    var calculator: Calculator = .{ .left = 3 };
    server.serve(&calculator, null) catch |failed| {
        ended.* = failed;
    };
}

fn refused(client: *ipc.Client, method: [*:0]const u8, args: anytype) !i64 {
    try expectError(error.Failed, client.call(method, args, soon));
    return client.refusal().code;
}

test "a method that fails is an error for its caller, and the server goes on" {
    const server: ipc.Server = try .open("calc", .{});
    var ended: ?anyerror = null;
    const thread = try std.Thread.spawn(.{}, serving, .{ server, &ended });
    var client: ipc.Client = try .open("calc", .{});
    defer client.close();
    for (0..2) |_| {
        var sum = try client.call("add", .{ 1, 2 }, soon);
        defer sum.release();
        try expectEqual(3, sum.value().get(i32));
        try expectEqual(ipc.Server.bad_arguments, try refused(&client, "add", .{ 1, "2" }));
        try expectEqual(ipc.Server.bad_arguments, try refused(&client, "add", .{1}));
        try expectEqual(ipc.Server.broken, try refused(&client, "fail", null));
        try expectEqualStrings("Empty", client.refusal().message);
        try expectEqual(ipc.Server.no_such_method, try refused(&client, "missing", null));
        try expectEqual(17, try refused(&client, "refuse", .{}));
        try expectEqualStrings("empty", client.refusal().message);
        try expectEqual(3, client.refusal().data.find("left").?.get(i32));
        try expectError(error.Failed, client.call("unsendable", null, soon));
        var moved = try client.call("move", .{ .x = 4 }, soon);
        defer moved.release();
        try expectEqual([2]i32{ 4, 5 }, moved.value().get([2]i32));
        var nothing = try client.call("nothing", null, soon);
        defer nothing.release();
        try expectEqual(ipc.Kind.null, nothing.value().kind());
    }
    const call = try client.start("count", .{3}, .{});
    for (1..4) |number| {
        var reply = try call.next(soon);
        defer reply.release();
        try expectEqual(number, reply.value().get(usize));
        try expectEqual(number < 3, reply.hasMore());
    }
    var last = try client.call("count", .{3}, soon);
    defer last.release();
    try expectEqual(3, last.value().get(u32));
    var offered = try client.call(".methods", null, soon);
    defer offered.release();
    try expectEqual(Calculator.methods.len, offered.value().items().len);
    try client.send("nothing", null);
    server.close();
    thread.join();
    try expectEqual(null, ended);
}

test "a call that does not end in time is cancelled" {
    const server: ipc.Server = try .open("slow", .{});
    defer server.close();
    var client: ipc.Client = try .open("slow", .{});
    defer client.close();
    try expectError(error.Timeout, client.call("think", null, 1));
    const call = try client.start("think", .{ .of = "it" }, .{ .idempotent = true });
    var request = try server.receive(soon);
    defer request.release();
    try expectEqualStrings("it", try request.args().find("of").?.get([]const u8));
    try expect(!request.isCancelled());
    try expect(!request.isOneWay());
    try call.cancel();
    try expect(request.isCancelled());
    try expectError(error.Cancelled, request.push(1));
    try expectError(error.Cancelled, call.result(soon));
}

test "states, locks and peers" {
    const setter: ipc.Setter = try .open("speed", .{});
    defer setter.close();
    const watcher: ipc.Watcher = try .open("speed", .{});
    defer watcher.close();
    try setter.setIf(1, ipc.Setter.no_value, .{});
    try expectError(error.Conflict, setter.setIf(2, ipc.Setter.no_value, .{}));
    var one = try watcher.get(soon);
    defer one.release();
    try setter.setIf(2, one.sequence(), .{});
    var two = try ipc.get("speed", soon);
    defer two.release();
    try expectEqual(2, two.value().get(i32));

    const peers: ipc.PeerWatcher = try .open("mutex", .{});
    defer peers.close();
    const lock: ipc.Lock = try .open("mutex", .{});
    try expectEqual(null, try lock.lock(soon));
    try expectError(error.BadArgument, lock.lock(null));
    const other: ipc.Lock = try .open("mutex", .{});
    defer other.close();
    try expectError(error.Timeout, other.lock(0));
    var all = try ipc.peers("mutex", .{});
    defer all.release();
    try expectEqual(2, all.value().items().len);
    const first = try all.value().items()[0].get(ipc.Peer);
    try expectEqualStrings("zig", first.language);
    try expectEqualStrings("lock", first.role);
    var came = try peers.receive(soon);
    defer came.release();
    const told = try came.value().get(ipc.PeerEvent);
    try expectEqualStrings("up", told.event);
    try expectEqual(first.id, told.id);
    lock.close(); // which unlocks
    try expectEqual(null, try other.lock(soon));
    try other.unlock();
}

test "a host and its plugin" {
    const host: ipc.Host = try .open("host", .{});
    defer host.close();
    const program = std.mem.span(std.c.getenv("SIPC_PLUGIN").?);
    try host.start(.{ .name = "calc", .program = program, .args = &.{"plugin"} });
    try untilEvent(host, "ready");
    var calc = try host.client("calc");
    defer calc.close();
    var sum = try calc.call("add", .{ 2, 3 }, soon);
    defer sum.release();
    try expectEqual(5, sum.value().get(i32));
    try host.stop("calc");
    try untilEvent(host, "killed");
    try expectError(error.BadArgument, host.stop("calc"));
    try expectError(error.BadName, host.start(.{ .name = "a.b", .program = "true" }));
    try expectError(error.BadName, ipc.Server.plugin(.{})); // this is none
}

fn untilEvent(host: ipc.Host, wanted: []const u8) !void {
    while (true) {
        var message = try host.receive(soon);
        defer message.release();
        const told = try message.value().get(ipc.PluginEvent);
        if (std.mem.eql(u8, told.event, wanted)) return expectEqualStrings("calc", told.plugin);
    }
}
