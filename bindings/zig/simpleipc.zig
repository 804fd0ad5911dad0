//! SimpleIPC for Zig: any program talks to any other program on this machine.
//!
//!     const ipc = @import("simpleipc");
//!     try ipc.send("chat", "hello");                 // one program
//!     var message = try ipc.receive("chat", null);   // another one, in any language
//!     defer message.release();
//!
//! A timeout is in nanoseconds: null waits for ever, 0 only tries. What fails returns an Error, and
//! `failure` says more about it.

const std = @import("std");
const channels = @import("simpleipc/channels.zig");
const failures = @import("simpleipc/failures.zig");
const services = @import("simpleipc/services.zig");
const values = @import("simpleipc/values.zig");
const check = failures.check;
const said = failures.said;

/// The C surface.
pub const c = @import("simpleipc/generated.zig");

pub const Class = c.Class;
pub const classOf = c.classOf;
pub const Error = failures.Error;
pub const Failure = failures.Failure;
pub const failure = failures.failure;

pub const Bytes = values.Bytes;
pub const Dtype = values.Dtype;
pub const Kind = values.Kind;
pub const Opaque = values.Opaque;
pub const Pair = values.Pair;
pub const Tensor = values.Tensor;
pub const Value = values.Value;
pub const ValueError = values.ValueError;

pub const Channel = channels.Channel;
pub const Loan = channels.Loan;
pub const Message = channels.Message;
pub const Options = channels.Options;
pub const Put = channels.Put;
pub const Publisher = channels.Publisher;
pub const Subscriber = channels.Subscriber;
pub const Sender = channels.Sender;
pub const Receiver = channels.Receiver;
pub const Setter = channels.Setter;
pub const Watcher = channels.Watcher;
pub const Notifier = channels.Notifier;
pub const Waiter = channels.Waiter;
pub const Lock = channels.Lock;
pub const waitAny = channels.waitAny;

pub const Call = services.Call;
pub const Client = services.Client;
pub const Host = services.Host;
pub const Method = services.Method;
pub const Peer = services.Peer;
pub const PeerEvent = services.PeerEvent;
pub const PeerWatcher = services.PeerWatcher;
pub const Plugin = services.Plugin;
pub const PluginEvent = services.PluginEvent;
pub const Refusal = services.Refusal;
pub const Request = services.Request;
pub const Server = services.Server;
pub const peers = services.peers;

/// Sends one value to a queue; the channel stays open in this process. Any thread.
pub fn send(name: [*:0]const u8, value: anytype) Error!void {
    try once(c.sipc_send, name, value);
}

/// Publishes one value on a topic, as send.
pub fn publish(name: [*:0]const u8, value: anytype) Error!void {
    try once(c.sipc_publish, name, value);
}

/// Sets the value of a state, as send.
pub fn set(name: [*:0]const u8, value: anytype) Error!void {
    try once(c.sipc_set, name, value);
}

fn once(comptime put: anytype, name: [*:0]const u8, value: anytype) Error!void {
    try failures.prepare();
    var below: [values.count(@TypeOf(value))]Value = undefined;
    const built = values.build(value, &below);
    try check(put(name, &built.raw, said()));
}

/// Takes one message out of a queue. Any thread.
pub fn receive(name: [*:0]const u8, timeout_ns: ?u64) Error!Message {
    return taken(c.sipc_receive, name, timeout_ns);
}

/// The value of a state as it is now. Any thread.
pub fn get(name: [*:0]const u8, timeout_ns: ?u64) Error!Message {
    return taken(c.sipc_get, name, timeout_ns);
}

fn taken(comptime take: anytype, name: [*:0]const u8, timeout_ns: ?u64) Error!Message {
    try failures.prepare();
    var message: Message = .{};
    try check(take(name, channels.span(timeout_ns), &message.raw, said()));
    return message;
}

/// Says that something has happened.
pub fn notify(name: [*:0]const u8) Error!void {
    try failures.prepare();
    try check(c.sipc_notify(name, said()));
}

/// Waits until it happens; how many times since the last time.
pub fn wait(name: [*:0]const u8, timeout_ns: ?u64) Error!u64 {
    try failures.prepare();
    var count: u64 = undefined;
    try check(c.sipc_await(name, channels.span(timeout_ns), &count, said()));
    return count;
}

/// What others see as this program's name; null is the file name of the executable.
pub fn identify(program: ?[*:0]const u8) Error!void {
    try failures.prepare();
    try check(c.sipc_identify(program, "zig", said()));
}

/// Describes a channel, or with null all of a directory, as JSON. The caller frees it.
pub fn audit(
    allocator: std.mem.Allocator,
    name: ?[*:0]const u8,
    directory: ?[*:0]const u8,
) (Error || error{OutOfMemory})![]u8 {
    try failures.prepare();
    var needed: u64 = 1 << 16;
    while (true) {
        const buffer = try allocator.alloc(u8, needed);
        errdefer allocator.free(buffer);
        try check(c.sipc_audit(name, directory, buffer.ptr, buffer.len, &needed, said()));
        if (needed <= buffer.len) return try allocator.realloc(buffer, needed - 1);
        allocator.free(buffer);
    }
}

/// Removes what nobody uses; how many channels.
pub fn clean(directory: ?[*:0]const u8, age_max_ns: u64) Error!u64 {
    try failures.prepare();
    var count: u64 = undefined;
    try check(c.sipc_clean(directory, channels.span(age_max_ns), &count, said()));
    return count;
}

/// The clock of all time stamps.
pub fn nowNs() i64 {
    return c.sipc_now_ns();
}

/// The version of the library.
pub fn version() []const u8 {
    return std.mem.span(c.sipc_version());
}
