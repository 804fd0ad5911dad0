//! Services, plugins and presence.

const std = @import("std");
const c = @import("generated.zig");
const channels = @import("channels.zig");
const failures = @import("failures.zig");
const values = @import("values.zig");
const check = failures.check;
const said = failures.said;
const handle = channels.handle;
const span = channels.span;
const Channel = channels.Channel;
const Error = failures.Error;
const Message = channels.Message;
const Options = channels.Options;
const Value = values.Value;

/// An error of a server's own program.
pub const Refusal = struct {
    /// The program's own.
    code: i64,
    message: []const u8,
    data: *const Value,
};

/// Calls the methods of a service; one for each thread. The arguments are a tuple, a struct or one
/// value.
pub const Client = struct {
    channel: *Channel,
    /// What came with the last error.Failed.
    refused: Message = .{},

    pub fn open(name: [*:0]const u8, options: Options) Error!Client {
        return .{ .channel = try channels.join(name, c.SIPC_ROLE_CALL, options) };
    }

    /// Calls a method and waits for its result. If its program says no that is error.Failed, and
    /// `refusal` has what it says. A call that does not end in time is cancelled.
    pub fn call(
        self: *Client,
        method: [*:0]const u8,
        args: anytype,
        timeout_ns: ?u64,
    ) Error!Message {
        const begun = try self.start(method, args, .{});
        return begun.result(timeout_ns);
    }

    pub const Start = struct {
        /// Should its server die, another one gets the call.
        idempotent: bool = false,
        /// How long to wait for room; null: for ever.
        timeout_ns: ?u64 = null,
    };

    /// Starts a call; up to 64 may be in flight. The client must stay where it is meanwhile.
    pub fn start(self: *Client, method: [*:0]const u8, args: anytype, how: Start) Error!Call {
        const flags = if (how.idempotent) c.SIPC_CALL_IDEMPOTENT else 0;
        return .{ .client = self, .number = try self.begin(method, args, flags, how.timeout_ns) };
    }

    /// Calls a method and does not ask what becomes of it.
    pub fn send(self: *Client, method: [*:0]const u8, args: anytype) Error!void {
        _ = try self.begin(method, args, c.SIPC_CALL_ONE_WAY, null);
    }

    fn begin(
        self: *Client,
        method: [*:0]const u8,
        args: anytype,
        flags: u32,
        timeout_ns: ?u64,
    ) Error!u64 {
        var below: [values.count(@TypeOf(args))]Value = undefined;
        const raw = &values.build(args, &below).raw;
        var number: u64 = 0;
        const time = span(timeout_ns);
        try check(c.sipc_call(self.channel, method, raw, flags, time, &number, said()));
        return number;
    }

    /// What the last error.Failed was about; valid until the next one, and until `close`.
    pub fn refusal(self: *const Client) Refusal {
        const told = self.refused.value();
        const nothing: *const Value = &.{};
        return .{
            .code = if (told.find("code")) |code| code.raw.i else 0,
            .message = if (told.find("message")) |message| message.data() else "",
            .data = told.find("data") orelse nothing,
        };
    }

    /// Closes it; calls in flight are cancelled.
    pub fn close(self: *Client) void {
        self.refused.release();
        handle.close(self);
    }
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
};

/// A call in flight.
pub const Call = struct {
    client: *Client,
    number: u64,

    /// The next reply; the last one is without `hasMore`. After error.Timeout one may ask again.
    pub fn next(self: Call, timeout_ns: ?u64) Error!Message {
        var message: Message = .{};
        const channel = self.client.channel;
        const time = span(timeout_ns);
        const status = c.sipc_result(channel, self.number, time, &message.raw, said());
        if (status == c.SIPC_FAILED) {
            self.client.refused.release();
            self.client.refused = message;
        }
        try check(status);
        return message;
    }

    /// The result, after all other replies. If it does not come in time the call is cancelled.
    pub fn result(self: Call, timeout_ns: ?u64) Error!Message {
        errdefer _ = c.sipc_cancel(self.client.channel, self.number);
        const end = c.sipc_now_ns() +| span(timeout_ns orelse 0);
        while (true) {
            const left: u64 = @intCast(@max(0, end - c.sipc_now_ns()));
            var message = try self.next(if (timeout_ns == null) null else left);
            if (!message.hasMore()) return message;
            message.release();
        }
    }

    /// Ends it; a server that works on it learns it.
    pub fn cancel(self: Call) Error!void {
        try failures.checkBare(c.sipc_cancel(self.client.channel, self.number));
    }
};

/// A call that was taken and is to be answered.
pub const Request = struct {
    message: Message,
    is_answered: bool = false,

    pub fn method(self: *const Request) []const u8 {
        return self.message.value().items()[0].data();
    }

    /// A list, a map, one value or null.
    pub fn args(self: *const Request) *const Value {
        return &self.message.value().items()[1];
    }

    /// With the result.
    pub fn reply(self: *Request, value: anytype) Error!void {
        self.is_answered = true;
        try self.answer(value, 0);
    }

    /// One of several replies; `reply` comes last.
    pub fn push(self: *Request, value: anytype) Error!void {
        try self.answer(value, c.SIPC_REPLY_MORE);
    }

    /// With an error of this program, which is error.Failed for its caller.
    pub fn fail(self: *Request, code: i64, message: []const u8, data: anytype) Error!void {
        self.is_answered = true;
        try self.answer(.{ .code = code, .message = message, .data = data }, c.SIPC_REPLY_ERROR);
    }

    fn answer(self: *Request, value: anytype, flags: u32) Error!void {
        var below: [values.count(@TypeOf(value))]Value = undefined;
        const built = values.build(value, &below);
        try check(c.sipc_reply(&self.message.raw, &built.raw, flags, said()));
    }

    /// Whether nobody waits for the answer any more.
    pub fn isCancelled(self: *Request) bool {
        return c.sipc_cancelled(&self.message.raw) == c.SIPC_CANCELLED;
    }

    /// Whether nobody ever did.
    pub fn isOneWay(self: *const Request) bool {
        return self.message.raw.flags & c.SIPC_MESSAGE_ONE_WAY != 0;
    }

    /// Lets go of it. One that is not answered is an error for its caller.
    pub fn release(self: *Request) void {
        self.message.release();
    }
};

/// A function of a struct that others may call.
pub const Method = struct {
    name: [:0]const u8,
    /// To do it twice is the same as to do it once.
    idempotent: bool = false,
    about: []const u8 = "",
};

/// Takes the calls of a service and answers them.
pub const Server = struct {
    channel: *Channel,

    pub const no_such_method = -32601;
    pub const bad_arguments = -32602;
    pub const broken = -32603;

    pub fn open(name: [*:0]const u8, options: Options) Error!Server {
        return .{ .channel = try channels.join(name, c.SIPC_ROLE_SERVE, options) };
    }

    /// The service that this process is to be as a plugin.
    pub fn plugin(options: Options) Error!Server {
        return .{ .channel = try channels.join(null, c.SIPC_ROLE_SERVE, options) };
    }

    /// The next request.
    pub fn receive(self: Server, timeout_ns: ?u64) Error!Request {
        return .{ .message = try handle.receive(self, timeout_ns) };
    }

    /// Says what this server offers, to those who ask.
    pub fn describe(self: Server, comptime methods: []const Method) Error!void {
        var pairs: [methods.len][3]values.Pair = undefined;
        var items: [methods.len]Value = undefined;
        for (methods, &pairs, &items) |method, *three, *item| {
            three.* = .{
                .{ .key = .of("name"), .value = .of(method.name) },
                .{ .key = .of("idempotent"), .value = .of(method.idempotent) },
                .{ .key = .of("about"), .value = .of(method.about) },
            };
            item.* = .map(three);
        }
        const offer: Value = .list(&items);
        try check(c.sipc_describe(self.channel, &offer.raw, said()));
    }

    /// Answers calls by the functions of a struct, until the handle is interrupted or closed, or
    /// none came in time. `service` points to the struct, whose `methods`, an array of Method,
    /// names the functions. After itself a function takes, if it wants it, a *Request, and then
    /// the arguments by their types; what it returns is the result, and its error one for the
    /// caller.
    pub fn serve(self: Server, service: anytype, timeout_ns: ?u64) Error!void {
        try self.describe(&@TypeOf(service.*).methods);
        while (true) {
            var request = self.receive(timeout_ns) catch |failed| switch (failed) {
                error.Timeout, error.Interrupted, error.Closed => return,
                else => return failed,
            };
            defer request.release();
            obey(service, &request);
        }
    }
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

// A reply that fails does so because its caller has gone, or was told by the library.
fn obey(service: anytype, request: *Request) void {
    const Service = @TypeOf(service.*);
    inline for (Service.methods) |method| {
        if (std.mem.eql(u8, method.name, request.method())) {
            invoke(service, @field(Service, method.name), request) catch |failed| {
                if (request.is_answered) return;
                const code: i64 = switch (failed) {
                    error.BadArguments => Server.bad_arguments,
                    else => Server.broken,
                };
                request.fail(code, @errorName(failed), null) catch {};
            };
            return;
        }
    }
    request.fail(Server.no_such_method, "there is no such method", request.method()) catch {};
}

fn invoke(service: anytype, comptime function: anytype, request: *Request) anyerror!void {
    const Args = std.meta.ArgsTuple(@TypeOf(function));
    const wants = @typeInfo(@TypeOf(function)).@"fn".param_types;
    const takes_request = wants.len > 1 and wants[1] == *Request;
    const first = if (takes_request) 2 else 1;
    var args: Args = undefined;
    args[0] = service;
    if (takes_request) args[1] = request;
    const given: []const Value = switch (request.args().kind()) {
        .list => request.args().items(),
        .null => &.{},
        else => request.args()[0..1],
    };
    if (given.len != wants.len - first) return error.BadArguments;
    inline for (first..wants.len) |at| {
        args[at] = given[at - first].get(wants[at].?) catch return error.BadArguments;
    }
    const answer = @call(.auto, function, args);
    const result = if (@typeInfo(@TypeOf(answer)) == .error_union) try answer else answer;
    if (!request.is_answered) request.reply(result) catch {};
}

/// A program that a host is to start.
pub const Plugin = struct {
    name: []const u8,
    program: []const u8,
    args: []const []const u8 = &.{},
    /// How often it is started again within `seconds`.
    restarts: u32 = 3,
    seconds: f64 = 60,
    /// For how many seconds it may take no call; null: for as long as it likes.
    hang_after: ?f64 = null,
};

/// What a host tells: the value of its messages as a struct. `find` gets what else an event has.
pub const PluginEvent = struct {
    event: []const u8,
    plugin: []const u8,
    pid: i64 = 0,
};

/// Starts programs as plugins and hears what becomes of them.
pub const Host = struct {
    channel: *Channel,
    directory: ?[*:0]const u8,
    name: [c.SIPC_NAME_BYTES_MAX:0]u8,

    /// The directory of the options is to be there as long as the host.
    pub fn open(name: [*:0]const u8, options: Options) Error!Host {
        var host: Host = .{
            .channel = try channels.join(name, c.SIPC_ROLE_HOST, options),
            .directory = options.directory,
            .name = @splat(0),
        };
        const kept = std.mem.span(name);
        @memcpy(host.name[0..kept.len], kept);
        return host;
    }

    /// Starts a plugin and looks after it.
    pub fn start(self: *const Host, wanted: Plugin) (Error || error{OutOfMemory})!void {
        const args = try std.heap.c_allocator.alloc(Value, wanted.args.len);
        defer std.heap.c_allocator.free(args);
        for (args, wanted.args) |*to, from| to.* = .of(from);
        const pairs = [_]values.Pair{
            .{ .key = .of("name"), .value = .of(wanted.name) },
            .{ .key = .of("program"), .value = .of(wanted.program) },
            .{ .key = .of("args"), .value = .list(args) },
            .{ .key = .of("restarts"), .value = .of(@as(i64, wanted.restarts)) },
            .{ .key = .of("seconds"), .value = .of(wanted.seconds) },
            .{ .key = .of("hang_after"), .value = .of(wanted.hang_after) },
        };
        const wish: Value = .map(pairs[0 .. pairs.len - @intFromBool(wanted.hang_after == null)]);
        try check(c.sipc_plugin(self.channel, &wish.raw, said()));
    }

    /// Ends a plugin; returns when it has gone.
    pub fn stop(self: *const Host, name: []const u8) Error!void {
        const pairs = [_]values.Pair{
            .{ .key = .of("name"), .value = .of(name) },
            .{ .key = .of("stop"), .value = .of(true) },
        };
        const wish: Value = .map(&pairs);
        try check(c.sipc_plugin(self.channel, &wish.raw, said()));
    }

    /// A client of a plugin.
    pub fn client(self: *const Host, name: []const u8) Error!Client {
        var text: [c.SIPC_NAME_BYTES_MAX + 1]u8 = undefined;
        const own = std.mem.sliceTo(&self.name, 0);
        const service = std.fmt.bufPrintSentinel(&text, "{s}.{s}", .{ own, name }, 0) catch
            return failures.refuse(c.SIPC_BAD_NAME, "the names of host and plugin are too long");
        return .open(service, .{ .directory = self.directory });
    }
    pub const receive = handle.receive;
    pub const next = handle.next;
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};

/// A handle that somebody has open on a channel.
pub const Peer = struct {
    pid: i64,
    program: []const u8,
    language: []const u8,
    /// The verb.
    role: []const u8,
    since_ns: i64,
    /// The sender of its messages.
    id: i64,
};

/// What a PeerWatcher tells: the value of its messages as a struct. As Peer, and `event` is `up` or
/// `down`.
pub const PeerEvent = struct {
    event: []const u8,
    pid: i64,
    program: []const u8,
    language: []const u8,
    role: []const u8,
    since_ns: i64,
    id: i64,
};

/// Who has a channel open now: a list, each item of which is a Peer.
pub fn peers(name: [*:0]const u8, options: Options) Error!Message {
    try failures.prepare();
    var message: Message = .{};
    const raw = options.raw();
    try check(c.sipc_peers(name, &raw, &message.raw, said()));
    return message;
}

/// Tells who comes and goes on a channel; who is there already comes first.
pub const PeerWatcher = struct {
    channel: *Channel,

    pub fn open(name: [*:0]const u8, options: Options) Error!PeerWatcher {
        return .{ .channel = try channels.join(name, c.SIPC_ROLE_PEERS, options) };
    }
    pub const receive = handle.receive;
    pub const next = handle.next;
    pub const fd = handle.fd;
    pub const interrupt = handle.interrupt;
    pub const close = handle.close;
};
