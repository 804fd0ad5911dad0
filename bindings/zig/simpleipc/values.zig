//! Values: what Zig has and what travels. Nothing here allocates, and nothing copies data.

const std = @import("std");
const c = @import("generated.zig");

/// Why a value is not what was asked for.
pub const ValueError = error{
    /// It is of another kind, or a list of another length.
    WrongKind,
    /// The number does not fit.
    Overflow,
    /// The map has no such key.
    Missing,
    /// The elements do not lie where such numbers can.
    Unaligned,
};

/// The kind of a value.
pub const Kind = enum(u32) {
    null = c.SIPC_KIND_NULL,
    bool = c.SIPC_KIND_BOOL,
    int = c.SIPC_KIND_INT,
    uint = c.SIPC_KIND_UINT,
    float = c.SIPC_KIND_FLOAT,
    str = c.SIPC_KIND_STR,
    bytes = c.SIPC_KIND_BYTES,
    list = c.SIPC_KIND_LIST,
    map = c.SIPC_KIND_MAP,
    tensor = c.SIPC_KIND_TENSOR,
    @"opaque" = c.SIPC_KIND_OPAQUE,
    _,
};

/// The type of a tensor's elements.
pub const Dtype = enum(u32) {
    bool = c.SIPC_DTYPE_BOOL,
    u8 = c.SIPC_DTYPE_U8,
    i8 = c.SIPC_DTYPE_I8,
    u16 = c.SIPC_DTYPE_U16,
    i16 = c.SIPC_DTYPE_I16,
    u32 = c.SIPC_DTYPE_U32,
    i32 = c.SIPC_DTYPE_I32,
    u64 = c.SIPC_DTYPE_U64,
    i64 = c.SIPC_DTYPE_I64,
    f16 = c.SIPC_DTYPE_F16,
    f32 = c.SIPC_DTYPE_F32,
    f64 = c.SIPC_DTYPE_F64,
    c64 = c.SIPC_DTYPE_C64,
    c128 = c.SIPC_DTYPE_C128,
    _,

    /// That of a type of Zig.
    pub fn of(comptime T: type) Dtype {
        return switch (T) {
            bool => .bool,
            u8 => .u8,
            i8 => .i8,
            u16 => .u16,
            i16 => .i16,
            u32 => .u32,
            i32 => .i32,
            u64, usize => .u64,
            i64, isize => .i64,
            f16 => .f16,
            f32 => .f32,
            f64 => .f64,
            std.math.Complex(f32) => .c64,
            std.math.Complex(f64) => .c128,
            else => @compileError("no tensor has elements of type " ++ @typeName(T)),
        };
    }

    /// The bytes of one element.
    pub fn size(dtype: Dtype) usize {
        return switch (dtype) {
            .bool, .u8, .i8 => 1,
            .u16, .i16, .f16 => 2,
            .u32, .i32, .f32 => 4,
            .u64, .i64, .f64, .c64 => 8,
            .c128 => 16,
            _ => 0,
        };
    }
};

/// Bytes, which are no text.
pub const Bytes = struct { data: []const u8 };

/// Bytes with a content type.
pub const Opaque = struct { data: []const u8, content_type: []const u8 };

/// An array of numbers of one type.
pub const Tensor = struct {
    dtype: Dtype,
    /// Elements along each dimension, at most 8 of them.
    shape: []const u64,
    /// Bytes from one element to the next; none if it is dense, the last index changing fastest.
    strides: []const i64 = &.{},
    /// What the numbers mean, as rgb8.
    format: []const u8 = "",
    data: []const u8,

    /// A dense tensor of a slice of numbers.
    pub fn of(numbers: anytype, shape: []const u64, format: []const u8) Tensor {
        const T = std.meta.Elem(@TypeOf(numbers));
        const data = std.mem.sliceAsBytes(@as([]const T, numbers));
        return .{ .dtype = .of(T), .shape = shape, .format = format, .data = data };
    }

    /// The elements of a dense tensor, where they lie.
    pub fn elements(self: Tensor, comptime T: type) ValueError![]const T {
        if (self.dtype != Dtype.of(T) or !self.isDense()) return error.WrongKind;
        if (!std.mem.isAligned(@intFromPtr(self.data.ptr), @alignOf(T))) return error.Unaligned;
        return @alignCast(std.mem.bytesAsSlice(T, self.data));
    }

    /// Whether there are no gaps between its elements.
    pub fn isDense(self: Tensor) bool {
        var stride: u64 = self.dtype.size();
        var at = self.strides.len;
        while (at > 0) : (at -= 1) {
            if (self.shape[at - 1] != 1 and self.strides[at - 1] != stride) return false;
            stride *= @max(1, self.shape[at - 1]);
        }
        return true;
    }
};

/// A key of a map, of kind str, and its value.
pub const Pair = extern struct { key: Value, value: Value };

/// One value. One that was received looks at the memory of its message, and goes with it; one that
/// is made looks at what it is made of. `format` is for `{f}`.
pub const Value = extern struct {
    raw: c.sipc_value = .{},

    /// A value of whatever Zig has for it, without values below it: see `build` for the others.
    pub fn of(value: anytype) Value {
        var below: [count(@TypeOf(value))]Value = undefined;
        if (below.len > 0) @compileError("a list or map is made of values that are kept somewhere");
        return build(value, &below);
    }

    /// A list of these values, which are not copied.
    pub fn list(items_: []const Value) Value {
        return .{ .raw = .{
            .kind = c.SIPC_KIND_LIST,
            .items = @ptrCast(items_.ptr),
            .count = items_.len,
        } };
    }

    /// A map of these pairs, which are not copied.
    pub fn map(pairs_: []const Pair) Value {
        return .{ .raw = .{
            .kind = c.SIPC_KIND_MAP,
            .items = @ptrCast(pairs_.ptr),
            .count = pairs_.len,
        } };
    }

    pub fn kind(self: *const Value) Kind {
        return @fromBackingInt(@intCast(self.raw.kind));
    }

    /// The values of a list; of all others none.
    pub fn items(self: *const Value) []const Value {
        if (self.kind() != .list or self.raw.count == 0) return &.{};
        return @as([*]const Value, @ptrCast(self.raw.items.?))[0..self.raw.count];
    }

    /// The pairs of a map; of all others none.
    pub fn pairs(self: *const Value) []const Pair {
        if (self.kind() != .map or self.raw.count == 0) return &.{};
        return @as([*]const Pair, @ptrCast(self.raw.items.?))[0..self.raw.count];
    }

    /// The value of a key of a map.
    pub fn find(self: *const Value, key: []const u8) ?*const Value {
        for (self.pairs()) |*pair| {
            if (std.mem.eql(u8, pair.key.data(), key)) return &pair.value;
        }
        return null;
    }

    /// The bytes of text, bytes, a tensor or an opaque value, where they lie; of all others none.
    pub fn data(self: *const Value) []const u8 {
        return slice(self.raw.data, self.raw.len);
    }

    /// It as a type of Zig: bool, any int or float, []const u8 (text), Bytes, Opaque, Tensor, Value
    /// or a pointer to it, an optional (null), an array or tuple (list), a struct (map; a field
    /// that has a default may be missing).
    pub fn get(self: *const Value, comptime T: type) ValueError!T {
        switch (T) {
            Value => return self.*,
            *const Value => return self,
            []const u8 => return (try self.expect(.str)).data(),
            Bytes => return .{ .data = (try self.expect(.bytes)).data() },
            Opaque => return .{
                .data = (try self.expect(.@"opaque")).data(),
                .content_type = self.label(),
            },
            Tensor => return .{
                .dtype = @fromBackingInt(@intCast((try self.expect(.tensor)).raw.dtype)),
                .shape = self.raw.shape[0..self.raw.ndim],
                .strides = self.raw.strides[0..self.raw.ndim],
                .format = self.label(),
                .data = self.data(),
            },
            else => {},
        }
        switch (@typeInfo(T)) {
            .bool => return (try self.expect(.bool)).raw.i != 0,
            .int => return switch (self.kind()) {
                .int => std.math.cast(T, self.raw.i) orelse error.Overflow,
                .uint => std.math.cast(T, self.raw.u) orelse error.Overflow,
                else => error.WrongKind,
            },
            .float => return switch (self.kind()) {
                .float => @floatCast(self.raw.f),
                .int => @floatFromInt(self.raw.i),
                else => error.WrongKind,
            },
            .optional => |optional| {
                return if (self.kind() == .null) null else try self.get(optional.child);
            },
            .array => |array| {
                if ((try self.expect(.list)).raw.count != array.len) return error.WrongKind;
                var result: T = undefined;
                for (&result, self.items()) |*to, *from| to.* = try from.get(array.child);
                return result;
            },
            .@"struct" => |fields| {
                _ = try self.expect(if (fields.is_tuple) .list else .map);
                const names = fields.field_names;
                if (fields.is_tuple and self.raw.count != names.len) return error.WrongKind;
                var result: T = undefined;
                const types = fields.field_types;
                inline for (names, types, fields.field_attrs, 0..) |name, Field, field, at| {
                    const found: ?*const Value =
                        if (fields.is_tuple) &self.items()[at] else self.find(name);
                    @field(result, name) = if (found) |value|
                        try value.get(Field)
                    else
                        field.defaultValue(Field) orelse return error.Missing;
                }
                return result;
            },
            else => @compileError("no value becomes a " ++ @typeName(T)),
        }
    }

    fn expect(self: *const Value, wanted: Kind) ValueError!*const Value {
        return if (self.kind() == wanted) self else error.WrongKind;
    }

    fn label(self: *const Value) []const u8 {
        return slice(self.raw.label, self.raw.label_len);
    }

    /// As people read it: `[class: cat, box: [10, 20]]`.
    pub fn format(self: Value, writer: *std.Io.Writer) std.Io.Writer.Error!void {
        switch (self.kind()) {
            .null => try writer.writeAll("null"),
            .bool => try writer.print("{}", .{self.raw.i != 0}),
            .int => try writer.print("{d}", .{self.raw.i}),
            .uint => try writer.print("{d}", .{self.raw.u}),
            .float => try writer.print("{d}", .{self.raw.f}),
            .str => try writer.writeAll(self.data()),
            .list => {
                try writer.writeAll("[");
                for (self.items(), 0..) |item, at| {
                    try writer.print("{s}{f}", .{ if (at > 0) ", " else "", item });
                }
                try writer.writeAll("]");
            },
            .map => {
                try writer.writeAll("[");
                for (self.pairs(), 0..) |pair, at| {
                    const comma = if (at > 0) ", " else "";
                    try writer.print("{s}{f}: {f}", .{ comma, pair.key, pair.value });
                }
                try writer.writeAll("]");
            },
            else => try writer.print("{d} bytes of {t}", .{ self.raw.len, self.kind() }),
        }
    }
};

fn slice(first: anytype, len: u64) []const u8 {
    return if (len == 0) "" else @as([*]const u8, @ptrCast(first.?))[0..len];
}

/// How many values lie below one of this type.
pub fn count(comptime T: type) comptime_int {
    switch (T) {
        Value, *const Value, Bytes, Opaque, Tensor => return 0,
        else => {},
    }
    switch (@typeInfo(T)) {
        .optional => |optional| return count(optional.child),
        .array => |array| return array.len * (1 + count(array.child)),
        .pointer => |pointer| {
            return if (isText(T) or pointer.size != .one) 0 else count(pointer.child);
        },
        .@"struct" => |fields| {
            comptime var sum = 0;
            inline for (fields.field_types) |Field| {
                sum += count(Field) + if (fields.is_tuple) 1 else 2;
            }
            return sum;
        },
        else => return 0,
    }
}

fn isText(comptime T: type) bool {
    const pointer = switch (@typeInfo(T)) {
        .pointer => |pointer| pointer,
        else => return false,
    };
    return switch (pointer.size) {
        .slice => pointer.child == u8,
        .many, .c => pointer.child == u8 and pointer.sentinel() == 0,
        .one => switch (@typeInfo(pointer.child)) {
            .array => |array| array.child == u8,
            else => false,
        },
    };
}

/// A value of whatever Zig has for it; `below`, count(@TypeOf(value)) of them, is to be kept as
/// long as it is used.
pub fn build(value: anytype, below: []Value) Value {
    const T = @TypeOf(value);
    switch (T) {
        Value => return value,
        *const Value => return value.*,
        Bytes => return .{ .raw = dataOf(c.SIPC_KIND_BYTES, value.data, "") },
        Opaque => return .{ .raw = dataOf(c.SIPC_KIND_OPAQUE, value.data, value.content_type) },
        Tensor => {
            var raw = dataOf(c.SIPC_KIND_TENSOR, value.data, value.format);
            raw.dtype = @backingInt(value.dtype);
            putShape(&raw, value.shape);
            for (value.strides[0..@min(value.strides.len, raw.strides.len)], 0..) |stride, at| {
                raw.strides[at] = stride;
            }
            return .{ .raw = raw };
        },
        else => {},
    }
    if (comptime isText(T)) {
        const has_length = @typeInfo(T).pointer.size != .many;
        const text: []const u8 = if (has_length) value else std.mem.span(value);
        return .{ .raw = dataOf(c.SIPC_KIND_STR, text, "") };
    }
    switch (@typeInfo(T)) {
        .null, .void => return .{},
        .bool => return .{ .raw = .{ .kind = c.SIPC_KIND_BOOL, .i = @intFromBool(value) } },
        .comptime_int => return if (value > std.math.maxInt(i64))
            .{ .raw = .{ .kind = c.SIPC_KIND_UINT, .u = value } }
        else
            .{ .raw = .{ .kind = c.SIPC_KIND_INT, .i = value } },
        .int => |int| {
            if (int.bits > 64) @compileError("no message carries an " ++ @typeName(T));
            return switch (int.signedness) {
                .signed => .{ .raw = .{ .kind = c.SIPC_KIND_INT, .i = value } },
                .unsigned => .{ .raw = .{ .kind = c.SIPC_KIND_UINT, .u = value } },
            };
        },
        .comptime_float => return .{ .raw = .{ .kind = c.SIPC_KIND_FLOAT, .f = value } },
        .float => |float| {
            if (float.bits > 64) @compileError("no message carries an " ++ @typeName(T));
            return .{ .raw = .{ .kind = c.SIPC_KIND_FLOAT, .f = value } };
        },
        .optional => return if (value) |present| build(present, below) else .{},
        .pointer => |pointer| switch (pointer.size) {
            .one => return build(value.*, below),
            .slice => if (pointer.child == Value) return .list(value),
            else => {},
        },
        .array => {
            const own = below[0..value.len];
            var rest = below[value.len..];
            for (own, &value) |*to, *from| {
                const size = count(@TypeOf(from.*));
                to.* = build(from.*, rest[0..size]);
                rest = rest[size..];
            }
            return .list(own);
        },
        .@"struct" => |fields| {
            const wide = if (fields.is_tuple) 1 else 2;
            const own = below[0 .. fields.field_names.len * wide];
            var rest = below[own.len..];
            inline for (fields.field_names, fields.field_types, 1..) |name, Field, at| {
                if (!fields.is_tuple) own[at * wide - 2] = build(@as([]const u8, name), &.{});
                own[at * wide - 1] = build(@field(value, name), rest[0..count(Field)]);
                rest = rest[count(Field)..];
            }
            return if (fields.is_tuple) .list(own) else .map(@ptrCast(own));
        },
        else => {},
    }
    @compileError("no message carries a " ++ @typeName(T) ++
        "; Tensor.of, a []const Value or an array can hold many");
}

fn dataOf(kind: u32, data: []const u8, label: []const u8) c.sipc_value {
    return .{
        .kind = kind,
        .data = data.ptr,
        .len = data.len,
        .label = @ptrCast(label.ptr),
        .label_len = label.len,
    };
}

/// More dimensions than there can be are told to the library, which says so.
pub fn putShape(raw: *c.sipc_value, shape: []const u64) void {
    raw.ndim = @intCast(shape.len);
    for (shape[0..@min(shape.len, raw.shape.len)], 0..) |size, at| raw.shape[at] = size;
}
