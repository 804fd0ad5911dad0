//! A service; start it before or after quickstart_call. Ends when no call came for 5 seconds.
const std = @import("std");
const ipc = @import("simpleipc");

const Gallery = struct {
    cats: u32 = 0,

    pub const methods = [_]ipc.Method{.{ .name = "found", .about = "counts cats" }};

    /// Arguments are checked against these types; an error is one for the caller.
    pub fn found(self: *Gallery, class: []const u8, score: f64) !u32 {
        if (score > 1) return error.ScoreAboveOne;
        if (std.mem.eql(u8, class, "cat")) self.cats += 1;
        return self.cats;
    }
};

pub fn main() !void {
    const server: ipc.Server = try .open("gallery", .{});
    defer server.close();
    var gallery: Gallery = .{};
    try server.serve(&gallery, 5 * std.time.ns_per_s);
}
