//! The interop driver: one command per line on stdin, one answer per line on stdout. The protocol
//! is in testing/interop; values become those of Zig and back.
const std = @import("std");
const ipc = @import("simpleipc");
const loops = @import("loops.zig");
const misuse = @import("misuse.zig");
const notation = @import("notation.zig");
const show = notation.show;

const room = 10 * std.time.ns_per_s; // how long a put waits for it

const Handle = union(enum) {
    publish: ipc.Publisher,
    subscribe: ipc.Subscriber,
    send: ipc.Sender,
    receive: ipc.Receiver,
    set: ipc.Setter,
    watch: ipc.Watcher,
    notify: ipc.Notifier,
    wait: ipc.Waiter,
    lock: ipc.Lock,
    call: ipc.Client,
    serve: ipc.Server,
    host: ipc.Host,
    peers: ipc.PeerWatcher,
};

// zig fmt: off
const Command = enum {
    hello, open, put, loan, once, take, hold, get, put_if, notify, wait, lock, unlock, call, result,
    cancel, serve, reply, fail, cancelled, start, stop, event, peer, misuse, puts, loans,
    takes, calls, serves, close, quit,
};
// zig fmt: on

const Role = std.meta.Tag(Handle);
const Words = std.mem.SplitIterator(u8, .scalar);

const Driver = struct {
    /// For what stays to the end.
    kept: std.mem.Allocator,
    /// For what one command needs.
    arena: std.heap.ArenaAllocator,
    out: *std.Io.Writer,
    /// A client must stay where it is.
    handles: std.StringHashMap(*Handle),
    held: ipc.Message = .{},
    request: ipc.Request = .{ .message = .{} },

    fn answer(self: *Driver, words: *Words) !void {
        const word = words.first();
        const command = std.meta.stringToEnum(Command, word) orelse return error.NoSuchCommand;
        switch (command) {
            .hello => return self.out.print("ok zig {s}", .{ipc.version()}),
            .open => try self.open(words),
            .put => try self.put(words),
            .loan => try self.loan(words),
            .once => return self.once(words),
            .take, .hold => {
                self.held.release();
                self.held = try switch ((try self.handle(words)).*) {
                    inline .subscribe, .receive, .watch => |one| one.receive(try timeout(words)),
                    else => error.NoSuchHandle,
                };
                try self.describe(&self.held);
                if (command == .take) self.held.release();
                return;
            },
            .get => {
                const watcher = try self.get(.watch, words);
                var message = try watcher.get(try timeout(words));
                defer message.release();
                return self.describe(&message);
            },
            .put_if => {
                const setter = try self.get(.set, words);
                const value = try self.read(words.next().?);
                const expected = words.next().?;
                const sequence = if (std.mem.eql(u8, expected, "new"))
                    ipc.Setter.no_value
                else
                    try std.fmt.parseInt(u64, expected, 10);
                try setter.setIf(value, sequence, .{ .timeout_ns = room });
            },
            .notify => try (try self.get(.notify, words)).notify(),
            .wait => {
                const waiter = try self.get(.wait, words);
                return self.out.print("count {d}", .{try waiter.wait(try timeout(words))});
            },
            .lock => {
                const lock = try self.get(.lock, words);
                const abandoned = try lock.lock(try timeout(words));
                return self.out.print("ok abandoned={d}", .{@intFromBool(abandoned != null)});
            },
            .unlock => try (try self.get(.lock, words)).unlock(),
            .call => return self.call(words),
            .result => return self.result(words),
            .cancel => try (try self.inFlight(words)).cancel(),
            .serve => {
                self.request.release();
                self.request = try (try self.get(.serve, words)).receive(try timeout(words));
                return self.out.print("request {s} {f} oneway={d}", .{
                    self.request.method(),
                    show(self.request.args()),
                    @intFromBool(self.request.isOneWay()),
                });
            },
            .reply => {
                const value = try self.read(words.next().?);
                if (words.next() != null) {
                    try self.request.push(value);
                } else {
                    try self.request.reply(value);
                    self.request.release();
                }
            },
            .fail => {
                const code = try std.fmt.parseInt(i64, words.next().?, 10);
                const text = try self.read(words.next().?);
                const data = try self.read(words.next().?);
                try self.request.fail(code, text.data(), data);
                self.request.release();
            },
            .cancelled => {
                const is_cancelled = self.request.isCancelled();
                return self.out.print("cancelled {d}", .{@intFromBool(is_cancelled)});
            },
            .start => try self.start(words),
            .stop => try (try self.get(.host, words)).stop(words.next().?),
            .event => return self.event(words),
            .peer => {
                const watcher = try self.get(.peers, words);
                var message = try watcher.receive(try timeout(words));
                defer message.release();
                const told = try message.value().get(ipc.PeerEvent);
                const text = "peer {s} {s} {s} {d}";
                return self.out.print(text, .{ told.event, told.role, told.language, told.pid });
            },
            .misuse => return self.misused(words),
            .puts => {
                const sender = try self.get(.send, words);
                const value = try self.read(words.next().?);
                try loops.puts(sender.*, value, try number(words));
            },
            .loans => {
                const sender = try self.get(.send, words);
                const height = try number(words);
                const width = try number(words);
                try loops.loans(sender.*, height, width, try number(words));
            },
            .takes => {
                const receiver = try self.get(.receive, words);
                return self.out.print("sum {d}", .{try loops.takes(receiver.*, try number(words))});
            },
            .calls => {
                const client = try self.get(.call, words);
                return self.out.print("sum {d}", .{try loops.calls(client, try number(words))});
            },
            .serves => {
                const server = try self.get(.serve, words);
                try loops.serves(server.*, try number(words));
            },
            .close => {
                const id = words.next().?;
                const entry = self.handles.fetchRemove(id) orelse return error.NoSuchHandle;
                switch (entry.value.*) {
                    inline else => |*one| one.close(),
                }
            },
            .quit => {},
        }
        try self.out.writeAll("ok");
    }

    fn handle(self: *Driver, words: *Words) !*Handle {
        return self.handles.get(words.next().?) orelse error.NoSuchHandle;
    }

    fn get(self: *Driver, comptime role: Role, words: *Words) !*@FieldType(Handle, @tagName(role)) {
        const found = try self.handle(words);
        return if (found.* == role) &@field(found, @tagName(role)) else error.NoSuchHandle;
    }

    fn read(self: *Driver, word: []const u8) !ipc.Value {
        return notation.read(self.arena.allocator(), word);
    }

    /// A word with the NUL at its end that names have.
    fn name(self: *Driver, words: *Words) ![:0]const u8 {
        return self.arena.allocator().dupeSentinel(u8, words.next().?, 0);
    }

    fn open(self: *Driver, words: *Words) !void {
        const id = try self.kept.dupe(u8, words.next().?);
        const role = std.meta.stringToEnum(Role, words.next().?) orelse return error.NoSuchRole;
        const channel = try self.name(words);
        var options: ipc.Options = .{};
        while (words.next()) |word| {
            var parts = std.mem.splitScalar(u8, word, '=');
            const option = parts.first();
            const size = try std.fmt.parseInt(u32, parts.next() orelse "1", 10);
            inline for (.{ "history", "depth", "permits" }) |known| {
                if (std.mem.eql(u8, option, known)) @field(options, known) = size;
            }
            inline for (.{ "lossless", "latest" }) |known| {
                if (std.mem.eql(u8, option, known)) @field(options, known) = true;
            }
        }
        const one = try self.kept.create(Handle);
        one.* = switch (role) {
            inline else => |tag| @unionInit(Handle, @tagName(tag), try .open(channel, options)),
        };
        try self.handles.put(id, one);
    }

    fn put(self: *Driver, words: *Words) !void {
        const found = try self.handle(words);
        const value = try self.read(words.next().?);
        var how: ipc.Put = .{ .timeout_ns = room };
        if (words.next()) |word| {
            how.capture_time_ns = try std.fmt.parseInt(i64, word["capture=".len..], 10);
        }
        switch (found.*) {
            .publish => |one| try one.publish(value, how),
            .send => |one| try one.send(value, how),
            .set => |one| try one.set(value, how),
            else => return error.NoSuchHandle,
        }
    }

    fn loan(self: *Driver, words: *Words) !void {
        const found = try self.handle(words);
        const value = try self.read(words.next().?);
        var lent = try switch (found.*) {
            inline .publish, .send, .set => |one| if (value.get(ipc.Tensor)) |tensor|
                one.loan(tensor.dtype, tensor.shape, tensor.format, room)
            else |_|
                one.loanBytes(value.data().len, room),
            else => error.NoSuchHandle,
        };
        defer lent.cancel();
        @memcpy(lent.data(), value.data());
        try lent.put(.{ .timeout_ns = room });
    }

    fn once(self: *Driver, words: *Words) !void {
        const Verb = enum { send, publish, set, notify, get, wait };
        const verb = std.meta.stringToEnum(Verb, words.next().?) orelse return error.NoSuchVerb;
        const channel = try self.name(words);
        switch (verb) {
            .send => try ipc.send(channel, try self.read(words.next().?)),
            .publish => try ipc.publish(channel, try self.read(words.next().?)),
            .set => try ipc.set(channel, try self.read(words.next().?)),
            .notify => try ipc.notify(channel),
            .get => {
                var message = try ipc.get(channel, try timeout(words));
                defer message.release();
                return self.describe(&message);
            },
            .wait => {
                const count = try ipc.wait(channel, try timeout(words));
                return self.out.print("count {d}", .{count});
            },
        }
        try self.out.writeAll("ok");
    }

    fn describe(self: *Driver, message: *const ipc.Message) !void {
        const published = message.publishTimeNs();
        try self.out.print("value {f} seq={d} missed={d} redelivered={d} capture={d} aged={d}", .{
            show(message.value()),
            message.sequence(),
            message.missed(),
            @intFromBool(message.isRedelivered()),
            message.captureTimeNs(),
            @intFromBool(published > 0 and message.ageNs() >= 0),
        });
    }

    fn call(self: *Driver, words: *Words) !void {
        const client = try self.get(.call, words);
        const method = try self.name(words);
        const args = try self.read(words.next().?);
        const manner = words.next() orelse "";
        if (std.mem.eql(u8, manner, "oneway")) {
            try client.send(method, args);
            return self.out.writeAll("call 0");
        }
        const is_idempotent = std.mem.eql(u8, manner, "idempotent");
        const begun = try client.start(method, args, .{ .idempotent = is_idempotent });
        try self.out.print("call {d}", .{begun.number});
    }

    fn inFlight(self: *Driver, words: *Words) !ipc.Call {
        const client = try self.get(.call, words);
        return .{ .client = client, .number = try std.fmt.parseInt(u64, words.next().?, 10) };
    }

    fn result(self: *Driver, words: *Words) !void {
        const begun = try self.inFlight(words);
        var message = begun.next(try timeout(words)) catch |failed| {
            if (failed != error.Failed) return failed;
            const told = begun.client.refusal();
            const sentence: ipc.Value = .of(told.message);
            const text = "failed {d} {f} {f}";
            return self.out.print(text, .{ told.code, show(&sentence), show(told.data) });
        };
        defer message.release();
        const has_more = @intFromBool(message.hasMore());
        try self.out.print("reply {f} more={d}", .{ show(message.value()), has_more });
    }

    fn misused(self: *Driver, words: *Words) !void {
        const kind = words.next().?;
        const Kind = enum { closed, thread, forgotten, handler, type, range, text };
        switch (std.meta.stringToEnum(Kind, kind) orelse return error.NoSuchMisuse) {
            .closed => try misuse.closed(self.out, try self.name(words)),
            .thread => try misuse.thread(self.out, (try self.get(.receive, words)).*),
            .forgotten => {
                try self.out.writeAll("impossible nothing but release lets go of a message");
            },
            .handler => try misuse.handler(self.out, (try self.get(.serve, words)).*),
            .type, .range, .text => {
                try misuse.value(self.out, kind, (try self.get(.send, words)).*);
            },
        }
    }

    fn start(self: *Driver, words: *Words) !void {
        const host = try self.get(.host, words);
        const plugin = words.next().?;
        const program = try self.read(words.next().?);
        const given = try self.read(words.next().?);
        const args = try self.arena.allocator().alloc([]const u8, given.items().len);
        for (args, given.items()) |*to, *from| to.* = from.data();
        const restarts = try std.fmt.parseInt(u32, words.next().?, 10);
        try host.start(.{
            .name = plugin,
            .program = program.data(),
            .args = args,
            .restarts = restarts,
        });
    }

    fn event(self: *Driver, words: *Words) !void {
        const host = try self.get(.host, words);
        var message = try host.receive(try timeout(words));
        defer message.release();
        const told = try message.value().get(ipc.PluginEvent);
        try self.out.print("event {s} {s} ", .{ told.event, told.plugin });
        if (std.mem.eql(u8, told.event, "output")) {
            const stream = message.value().find("stream").?;
            const text = message.value().find("text").?;
            return self.out.print("[{f},{f}]", .{ show(stream), show(text) });
        }
        const Facts = enum { failed, ready, ended, killed, restarting };
        const key = if (std.meta.stringToEnum(Facts, told.event)) |known| switch (known) {
            .failed => "text",
            .ready => "methods",
            .ended => "code",
            .killed => "signal",
            .restarting => "after_ms",
        } else return self.out.writeAll("n");
        try self.out.print("{f}", .{show(message.value().find(key).?)});
    }
};

fn number(words: *Words) !u64 {
    return std.fmt.parseInt(u64, words.next().?, 10);
}

fn timeout(words: *Words) !?u64 {
    return try number(words) * std.time.ns_per_ms;
}

/// Whether the library said it, or this program.
fn isOfLibrary(failed: anyerror) bool {
    inline for (@typeInfo(ipc.Error).error_set.error_names.?) |known| {
        if (std.mem.eql(u8, known, @errorName(failed))) return true;
    }
    return false;
}

/// What it does as a plugin.
const Calculator = struct {
    pub const methods = [_]ipc.Method{ .{ .name = "add" }, .{ .name = "crash" } };

    pub fn add(_: *Calculator, a: i64, b: i64) i64 {
        return a + b;
    }

    pub fn crash(_: *Calculator) void {
        std.process.abort();
    }
};

pub fn main(init: std.process.Init) !void {
    const buffer = try init.gpa.alloc(u8, 1 << 20);
    defer init.gpa.free(buffer);
    var output = std.Io.File.stdout().writerStreaming(init.io, &.{});
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    if (args.len > 1) {
        try output.interface.writeAll("hello from zig\n");
        const server: ipc.Server = try .plugin(.{});
        var calculator: Calculator = .{};
        return server.serve(&calculator, null);
    }
    var input = std.Io.File.stdin().readerStreaming(init.io, buffer);
    var line: std.Io.Writer.Allocating = .init(init.gpa);
    defer line.deinit();
    var driver: Driver = .{
        .kept = init.arena.allocator(),
        .arena = .init(init.gpa),
        .out = &line.writer,
        .handles = .init(init.arena.allocator()),
    };
    defer driver.arena.deinit();
    while (try input.interface.takeDelimiter('\n')) |text| {
        line.clearRetainingCapacity();
        var words = std.mem.splitScalar(u8, text, ' ');
        driver.answer(&words) catch |failed| {
            line.clearRetainingCapacity();
            const said: ipc.Failure = if (isOfLibrary(failed)) ipc.failure() else .{
                .status = ipc.c.SIPC_BAD_ARGUMENT,
                .os_code = 0,
                .message = @errorName(failed),
            };
            try line.writer.print("error {d} {s}", .{ said.status, said.message });
        };
        std.mem.replaceScalar(u8, line.written(), '\n', ' ');
        try line.writer.writeByte('\n');
        try output.interface.writeAll(line.written());
        _ = driver.arena.reset(.{ .retain_with_limit = 1 << 20 });
        if (std.mem.eql(u8, text, "quit")) break;
    }
}
