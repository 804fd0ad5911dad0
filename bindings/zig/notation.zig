//! The notation of values: see testing/interop. What is read lives as long as its allocator.
const std = @import("std");
const ipc = @import("simpleipc");
const Allocator = std.mem.Allocator;
const Value = ipc.Value;
const Writer = std.Io.Writer;

/// Reads one value.
pub fn read(arena: Allocator, text: []const u8) anyerror!Value {
    var reader: Reader = .{ .arena = arena, .text = text };
    return reader.value();
}

const Reader = struct {
    arena: Allocator,
    text: []const u8,
    at: usize = 0,

    fn value(self: *Reader) anyerror!Value {
        const kind = self.text[self.at];
        self.at += 1;
        switch (kind) {
            '[' => {
                var items: std.ArrayList(Value) = .empty;
                while (!self.skip(']')) try items.append(self.arena, try self.value());
                return .list(items.items);
            },
            '{' => {
                var pairs: std.ArrayList(ipc.Pair) = .empty;
                while (!self.skip('}')) {
                    const key = try self.value();
                    _ = self.skip(':');
                    try pairs.append(self.arena, .{ .key = key, .value = try self.value() });
                }
                return .map(pairs.items);
            },
            else => return self.simple(kind),
        }
    }

    /// Whether what ends a list or map is next; goes past it, and past a comma.
    fn skip(self: *Reader, end: u8) bool {
        const next = self.text[self.at];
        if (next == end or next == ',') self.at += 1;
        return next == end;
    }

    fn simple(self: *Reader, kind: u8) anyerror!Value {
        const word = self.part(if (kind == 's') ":,]}" else ",]}");
        var parts = std.mem.splitScalar(u8, word, ':');
        const first = parts.first();
        switch (kind) {
            'n' => return .of(null),
            'b' => return .of(word[0] == '1'),
            'i' => return .of(try std.fmt.parseInt(i64, word, 10)),
            'u' => return .of(try std.fmt.parseInt(u64, word, 10)),
            'd' => return .of(@as(f64, @bitCast(try std.fmt.parseInt(u64, word, 16)))),
            's' => return .of(try self.unhex(word)),
            'x' => return .of(ipc.Bytes{ .data = try self.unhex(word) }),
            'o' => {
                const content_type = try self.unhex(first);
                const data = try self.unhex(parts.next().?);
                return .of(ipc.Opaque{ .data = data, .content_type = content_type });
            },
            'X' => {
                const data = try self.pattern(try number(first), parts.next().?);
                return .of(ipc.Bytes{ .data = data });
            },
            'S' => {
                const text = try self.arena.alloc(u8, try number(first));
                const seed = try number(parts.next().?);
                for (text, 0..) |*letter, index| {
                    letter.* = @intCast('a' + (seed + index % 23) % 26);
                }
                return .of(@as([]const u8, text));
            },
            't', 'T' => {
                const dtype = std.meta.stringToEnum(ipc.Dtype, first).?;
                var shape: std.ArrayList(u64) = .empty;
                var sizes = std.mem.tokenizeScalar(u8, parts.next().?, 'x');
                var bytes = dtype.size();
                while (sizes.next()) |size| {
                    try shape.append(self.arena, try number(size));
                    bytes *= shape.getLast();
                }
                const format = try self.unhex(parts.next().?);
                const data = if (kind == 't')
                    try self.unhex(parts.next().?)
                else
                    try self.pattern(bytes, parts.next().?);
                return .of(ipc.Tensor{
                    .dtype = dtype,
                    .shape = shape.items,
                    .format = format,
                    .data = data,
                });
            },
            else => return error.NoSuchValue,
        }
    }

    fn part(self: *Reader, ends: []const u8) []const u8 {
        const rest = self.text[self.at..];
        const length = std.mem.findAny(u8, rest, ends) orelse rest.len;
        self.at += length;
        return rest[0..length];
    }

    fn unhex(self: *Reader, word: []const u8) anyerror![]const u8 {
        return std.fmt.hexToBytes(try self.arena.alloc(u8, word.len / 2), word);
    }

    fn pattern(self: *Reader, length: usize, word: []const u8) anyerror![]const u8 {
        const data = try self.arena.alloc(u8, length);
        const seed = try number(word);
        for (data, 0..) |*byte, index| byte.* = @truncate(seed + index % 251);
        return data;
    }
};

fn number(word: []const u8) !usize {
    return std.fmt.parseInt(usize, word, 10);
}

/// Writes a value, as `{f}`.
pub const Shown = struct {
    value: *const Value,

    pub fn format(self: Shown, out: *Writer) Writer.Error!void {
        const value = self.value;
        switch (value.kind()) {
            .null => try out.writeAll("n"),
            .bool => try out.writeAll(if (value.raw.i != 0) "b1" else "b0"),
            .int => try out.print("i{d}", .{value.raw.i}),
            .uint => try out.print("u{d}", .{value.raw.u}),
            .float => try out.print("d{x:0>16}", .{@as(u64, @bitCast(value.raw.f))}),
            .str => try out.print("s{f}", .{Data{ .data = value.data() }}),
            .bytes => try out.print("x{f}", .{Data{ .data = value.data() }}),
            .list => {
                try out.writeAll("[");
                for (value.items(), 0..) |*item, at| {
                    try out.print("{s}{f}", .{ if (at > 0) "," else "", show(item) });
                }
                try out.writeAll("]");
            },
            .map => {
                try out.writeAll("{");
                for (value.pairs(), 0..) |*pair, at| {
                    const comma = if (at > 0) "," else "";
                    try out.print("{s}{f}:{f}", .{ comma, show(&pair.key), show(&pair.value) });
                }
                try out.writeAll("}");
            },
            .tensor => {
                const tensor = value.get(ipc.Tensor) catch unreachable;
                try out.print("t{t}:", .{tensor.dtype});
                for (tensor.shape, 0..) |size, at| {
                    try out.print("{s}{d}", .{ if (at > 0) "x" else "", size });
                }
                try out.print(":{x}:{f}", .{ tensor.format, Data{ .data = tensor.data } });
            },
            .@"opaque" => {
                const found = value.get(ipc.Opaque) catch unreachable;
                try out.print("o{x}:{f}", .{ found.content_type, Data{ .data = found.data } });
            },
            _ => try out.print("?{d}", .{value.raw.kind}),
        }
    }
};

pub fn show(value: *const Value) Shown {
    return .{ .value = value };
}

const Data = struct {
    data: []const u8,

    pub fn format(self: Data, out: *Writer) Writer.Error!void {
        if (self.data.len <= 64) return out.print("{x}", .{self.data});
        try out.print("#{d}:{x:0>8}", .{ self.data.len, std.hash.Crc32.hash(self.data) });
    }
};
