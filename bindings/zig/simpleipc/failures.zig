//! Errors: what a call of the library failed with, and the sentence that says why.

const std = @import("std");
const c = @import("generated.zig");

pub const Error = c.Error;

/// What an error cannot carry.
pub const Failure = struct {
    /// SIPC_*
    status: i32,
    /// The error number of the operating system, or 0.
    os_code: i32,
    /// What failed and what to do, in one sentence.
    message: []const u8,
};

/// What the last call that failed in this thread has said; valid until the next one that fails.
pub fn failure() Failure {
    return .{
        .status = last.status,
        .os_code = last.os_code,
        .message = std.mem.sliceTo(&last.message, 0),
    };
}

threadlocal var last: c.sipc_error = .{};

/// Filled by the library, when a call fails that takes it.
pub fn said() *c.sipc_error {
    return &last;
}

/// An error unless the status is SIPC_OK; for calls that take `said`.
pub fn check(status: i32) Error!void {
    if (status != c.SIPC_OK) return c.errorOf(status);
}

/// The same for calls that fill nothing.
pub fn checkBare(status: i32) Error!void {
    if (status != c.SIPC_OK) return refuse(status, std.mem.span(c.sipc_status_text(status)));
}

/// Fails in the name of the library.
pub fn refuse(status: i32, sentence: []const u8) Error {
    last = .{ .status = status };
    @memcpy(last.message[0..sentence.len], sentence);
    return c.errorOf(status);
}

const Stage = enum(u32) { unseen, met, ready };
var stage: std.atomic.Value(Stage) = .init(.unseen);

/// Before anything else is called: refuses a library of another ABI, and says who this is.
pub fn prepare() Error!void {
    if (stage.load(.acquire) == .ready) return;
    if (c.sipc_abi_version() != c.SIPC_ABI_VERSION) {
        var text: [100]u8 = undefined;
        const sentence = std.fmt.bufPrint(&text, "libsimpleipc speaks ABI {d}, this program {d}", .{
            c.sipc_abi_version(), c.SIPC_ABI_VERSION,
        }) catch unreachable;
        return refuse(c.SIPC_VERSION, sentence);
    }
    // A thread that came later would undo what `identify` of the program has said meanwhile.
    if (stage.cmpxchgStrong(.unseen, .met, .acquire, .monotonic) == null) {
        defer stage.store(.ready, .release);
        try check(c.sipc_identify(null, "zig", &last));
    }
    while (stage.load(.acquire) != .ready) std.atomic.spinLoopHint();
}
