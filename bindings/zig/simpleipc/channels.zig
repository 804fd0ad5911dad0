//! Handles of queues, topics, states, signals and locks, and the messages they give.

const std = @import("std");
const c = @import("generated.zig");
const failures = @import("failures.zig");
const values = @import("values.zig");
const check = failures.check;
const said = failures.said;
const Error = failures.Error;
const Value = values.Value;

/// What `waitAny` waits for: the field `channel` of a handle.
pub const Channel = c.sipc_channel;

/// How to open a handle.
pub const Options = struct {
    /// subscriber: the publisher waits for it
    lossless: bool = false,
    /// subscriber: each take skips to the newest message
    latest: bool = false,
    /// subscriber: only look on
    tap: bool = false,
    /// producer: no time stamps
    unstamped: bool = false,
    /// past messages for who comes late
    history: u32 = 0,
    /// how many messages a producer may be ahead
    depth: u32 = 0,
    /// most shared memory for large messages
    pool_bytes_max: u64 = 0,
    /// where the channel lives
    directory: ?[*:0]const u8 = null,
    /// waiter: raise this signal after each notification
    signal: i32 = 0,
    /// lock: how many may have it at once
    permits: u32 = 0,

    pub fn raw(self: Options) c.sipc_options {
        return .{
            .flags = @as(u32, @intFromBool(self.lossless)) * c.SIPC_OPTION_LOSSLESS |
                @as(u32, @intFromBool(self.latest)) * c.SIPC_OPTION_LATEST |
                @as(u32, @intFromBool(self.tap)) * c.SIPC_OPTION_TAP |
                @as(u32, @intFromBool(self.unstamped)) * c.SIPC_OPTION_UNSTAMPED,
            .history = self.history,
            .depth = self.depth,
            .pool_bytes_max = self.pool_bytes_max,
            .directory = self.directory,
            .signal = self.signal,
            .permits = self.permits,
        };
    }
};

/// How to put a value.
pub const Put = struct {
    /// When the content was captured, or 0.
    capture_time_ns: i64 = 0,
    /// How long to wait for room; null: for ever.
    timeout_ns: ?u64 = null,
};

/// What was taken. Its value, and all that was got of it, is there until it is released.
pub const Message = struct {
    raw: c.sipc_message = .{},

    /// Lets go of it and, in a queue, reports it done. Again it does nothing; a copy must not be
    /// released, too.
    pub fn release(self: *Message) void {
        c.sipc_release(&self.raw);
        self.raw.value = .{};
    }

    /// Null once it is released.
    pub fn value(self: *const Message) *const Value {
        return @ptrCast(&self.raw.value);
    }

    /// Grows by one with each message of one sender.
    pub fn sequence(self: *const Message) u64 {
        return self.raw.sequence;
    }

    /// Identifies the sending handle.
    pub fn sender(self: *const Message) u64 {
        return self.raw.sender;
    }

    /// How many this subscriber has lost before it.
    pub fn missed(self: *const Message) u64 {
        return self.raw.missed;
    }

    /// Whether an earlier receiver died holding it.
    pub fn isRedelivered(self: *const Message) bool {
        return self.raw.flags & c.SIPC_MESSAGE_REDELIVERED != 0;
    }

    /// Whether more replies follow.
    pub fn hasMore(self: *const Message) bool {
        return self.raw.flags & c.SIPC_MESSAGE_MORE != 0;
    }

    pub fn captureTimeNs(self: *const Message) i64 {
        return self.raw.value.capture_time_ns;
    }

    pub fn publishTimeNs(self: *const Message) i64 {
        return self.raw.publish_time_ns;
    }

    pub fn receiveTimeNs(self: *const Message) i64 {
        return self.raw.receive_time_ns;
    }

    /// From its putting to its taking.
    pub fn ageNs(self: *const Message) i64 {
        return self.raw.receive_time_ns - self.raw.publish_time_ns;
    }
};

/// A timeout as the library has it.
pub fn span(timeout_ns: ?u64) i64 {
    const ns = timeout_ns orelse return -1;
    return std.math.cast(i64, ns) orelse std.math.maxInt(i64);
}

pub fn join(name: ?[*:0]const u8, role: u32, options: Options) Error!*Channel {
    try failures.prepare();
    var channel: ?*Channel = null;
    const raw = options.raw();
    try check(c.sipc_open(name, role, &raw, &channel, said()));
    return channel.?;
}

/// What handles have in common. One belongs to one thread at a time.
pub const handle = struct {
    /// Closes it, also for a thread that waits in it. Again it does nothing.
    pub fn close(self: anytype) void {
        _ = c.sipc_close(self.channel);
    }

    /// Ends the wait of another thread in it, or else the next, with error.Interrupted. Any thread.
    pub fn interrupt(self: anytype) Error!void {
        try failures.checkBare(c.sipc_interrupt(self.channel));
    }

    /// A descriptor for poll; see the C reference.
    pub fn fd(self: anytype) Error!i32 {
        var descriptor: i32 = undefined;
        try check(c.sipc_fd(self.channel, &descriptor, said()));
        return descriptor;
    }

    /// Puts a copy of a value.
    pub fn put(self: anytype, value: anytype, how: Put) Error!void {
        var below: [values.count(@TypeOf(value))]Value = undefined;
        var built = values.build(value, &below);
        built.raw.capture_time_ns = how.capture_time_ns;
        try check(c.sipc_put(self.channel, &built.raw, span(how.timeout_ns), said()));
    }

    /// Lends a buffer of so many bytes.
    pub fn loanBytes(self: anytype, bytes: u64, timeout_ns: ?u64) Error!Loan {
        return .lend(self.channel, .{ .kind = c.SIPC_KIND_BYTES, .len = bytes }, timeout_ns);
    }

    /// Lends a buffer for a tensor. The format is to be there until the loan is put.
    pub fn loan(
        self: anytype,
        dtype: values.Dtype,
        shape: []const u64,
        format: []const u8,
        timeout_ns: ?u64,
    ) Error!Loan {
        var raw: c.sipc_value = .{
            .kind = c.SIPC_KIND_TENSOR,
            .dtype = @backingInt(dtype),
            .label = @ptrCast(format.ptr),
            .label_len = format.len,
        };
        values.putShape(&raw, shape);
        return .lend(self.channel, raw, timeout_ns);
    }

    /// Takes the next message; null waits for ever, 0 only tries.
    pub fn receive(self: anytype, timeout_ns: ?u64) Error!Message {
        var message: Message = .{};
        try check(c.sipc_take(self.channel, span(timeout_ns), &message.raw, said()));
        return message;
    }

    /// For `while`: the next message, or null once the handle is interrupted or closed.
    pub fn next(self: anytype) Error!?Message {
        return handle.receive(self, null) catch |failed| switch (failed) {
            error.Interrupted, error.Closed => null,
            else => failed,
        };
    }
};

/// Waits until one of several handles that take has a message, and answers which; then take it with
/// a timeout of 0. Another receiver may be faster: wait again.
pub fn waitAny(channels: []const *Channel, timeout_ns: ?u64) Error!usize {
    var index: u32 = undefined;
    const number = std.math.cast(u32, channels.len) orelse std.math.maxInt(u32);
    try check(c.sipc_wait(channels.ptr, number, span(timeout_ns), &index, said()));
    return index;
}

/// A buffer inside a channel: fill it, then put it, and nothing is copied.
pub const Loan = struct {
    channel: *Channel,
    raw: c.sipc_value,
    is_lent: bool = true,

    fn lend(channel: *Channel, raw: c.sipc_value, timeout_ns: ?u64) Error!Loan {
        var lent: Loan = .{ .channel = channel, .raw = raw };
        try check(c.sipc_loan(channel, &lent.raw, span(timeout_ns), said()));
        return lent;
    }

    /// The buffer, 64-byte aligned; empty once it is put or given back.
    pub fn data(self: *const Loan) []u8 {
        if (!self.is_lent or self.raw.len == 0) return &.{};
        return @constCast(@as([*]const u8, @ptrCast(self.raw.data.?)))[0..self.raw.len];
    }

    /// The same as numbers of the tensor's type.
    pub fn elements(self: *const Loan, comptime T: type) values.ValueError![]T {
        if (self.raw.dtype != @backingInt(values.Dtype.of(T))) return error.WrongKind;
        return @alignCast(std.mem.bytesAsSlice(T, self.data()));
    }

    /// Publishes, sends or sets it. If that fails it is still lent.
    pub fn put(self: *Loan, how: Put) Error!void {
        if (!self.is_lent) {
            return failures.refuse(c.SIPC_BAD_ARGUMENT, "the loan was put or given back already");
        }
        self.raw.capture_time_ns = how.capture_time_ns;
        try check(c.sipc_put(self.channel, &self.raw, span(how.timeout_ns), said()));
        self.is_lent = false;
    }

    /// Gives it back, if it was not put.
    pub fn cancel(self: *Loan) void {
        if (self.is_lent) _ = c.sipc_unloan(self.channel, @constCast(self.raw.data));
        self.is_lent = false;
    }
};

/// Puts messages on a topic: every subscriber gets each.
pub const Publisher = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Publisher {
        return .{ .channel = try join(name, c.SIPC_ROLE_PUBLISH, options) };
    }
    pub const publish = handle.put;
    pub const loan = handle.loan;
    pub const loanBytes = handle.loanBytes;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Takes the messages of a topic.
pub const Subscriber = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Subscriber {
        return .{ .channel = try join(name, c.SIPC_ROLE_SUBSCRIBE, options) };
    }
    pub const receive = handle.receive;
    pub const next = handle.next;
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Puts messages into a queue: one receiver gets each.
pub const Sender = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Sender {
        return .{ .channel = try join(name, c.SIPC_ROLE_SEND, options) };
    }
    pub const send = handle.put;
    pub const loan = handle.loan;
    pub const loanBytes = handle.loanBytes;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Takes messages out of a queue.
pub const Receiver = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Receiver {
        return .{ .channel = try join(name, c.SIPC_ROLE_RECEIVE, options) };
    }
    pub const receive = handle.receive;
    pub const next = handle.next;
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Sets a state: each value replaces the one before.
pub const Setter = struct {
    channel: *Channel,

    /// The sequence of a state that has no value yet.
    pub const no_value = std.math.maxInt(u64);

    pub fn open(name: [*:0]const u8, options: Options) Error!Setter {
        return .{ .channel = try join(name, c.SIPC_ROLE_SET, options) };
    }

    /// Sets it if its value still has this sequence; else it is error.Conflict.
    pub fn setIf(self: Setter, value: anytype, expected: u64, how: Put) Error!void {
        var below: [values.count(@TypeOf(value))]Value = undefined;
        var built = values.build(value, &below);
        built.raw.capture_time_ns = how.capture_time_ns;
        try check(c.sipc_put_if(self.channel, &built.raw, expected, span(how.timeout_ns), said()));
    }
    pub const set = handle.put;
    pub const loan = handle.loan;
    pub const loanBytes = handle.loanBytes;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Takes values of a state that it has not taken yet.
pub const Watcher = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Watcher {
        return .{ .channel = try join(name, c.SIPC_ROLE_WATCH, options) };
    }

    /// The value as it is now; waits only for a first one.
    pub fn get(self: Watcher, timeout_ns: ?u64) Error!Message {
        var message: Message = .{};
        try check(c.sipc_current(self.channel, span(timeout_ns), &message.raw, said()));
        return message;
    }
    pub const receive = handle.receive;
    pub const next = handle.next;
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Says that something has happened.
pub const Notifier = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Notifier {
        return .{ .channel = try join(name, c.SIPC_ROLE_NOTIFY, options) };
    }

    /// To all who wait, or have the signal open to wait.
    pub fn notify(self: Notifier) Error!void {
        try handle.put(self, null, .{});
    }
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Waits for a signal.
pub const Waiter = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Waiter {
        return .{ .channel = try join(name, c.SIPC_ROLE_WAIT, options) };
    }

    /// Waits until it happens; how many times since the last time.
    pub fn wait(self: Waiter, timeout_ns: ?u64) Error!u64 {
        var message = try handle.receive(self, timeout_ns);
        defer message.release();
        return message.raw.value.u;
    }
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// Has one owner at a time, or with Options.permits a few. Free at once when one dies.
pub const Lock = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!Lock {
        return .{ .channel = try join(name, c.SIPC_ROLE_LOCK, options) };
    }

    /// Waits until it is this handle's. If its last owner died holding it, that process: what the
    /// lock protects may be half done.
    pub fn lock(self: Lock, timeout_ns: ?u64) Error!?u64 {
        var abandoned: u64 = 0;
        try check(c.sipc_lock(self.channel, span(timeout_ns), &abandoned, said()));
        return if (abandoned == 0) null else abandoned;
    }

    /// Gives it back. `close` does, too.
    pub fn unlock(self: Lock) Error!void {
        try check(c.sipc_unlock(self.channel, said()));
    }
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};
