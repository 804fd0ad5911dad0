/// The notation of values: see testing/interop.
module notation;

import simpleipc;
import std.algorithm : countUntil, map;
import std.array : array, join, split;
import std.conv : to;
import std.digest.crc : crc32Of;
import std.format : format;
import std.range : chunks;

private immutable names = [
    "", "bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f16", "f32", "f64",
    "c64", "c128"
];

/// Reads one value.
Value read(string text)
{
    size_t at;
    return readAt(text, at);
}

private Value readAt(string text, ref size_t at)
{
    immutable kind = text[at++];
    if (kind == '[')
    {
        Value[] items;
        readItems(text, at, ']', { items ~= readAt(text, at); });
        return Value(items);
    }
    if (kind == '{')
    {
        Pair[] pairs;
        readItems(text, at, '}', {
            immutable end = at + text[at .. $].countUntil(':');
            auto key = cast(string) unhex(text[at + 1 .. end]);
            at = end + 1;
            pairs ~= Pair(key, readAt(text, at));
        });
        return Value(pairs);
    }
    immutable start = at;
    while (at < text.length && text[at] != ',' && text[at] != ']' && text[at] != '}')
        at++;
    auto word = text[start .. at];
    auto parts = word.split(':');
    switch (kind)
    {
    case 'n': return Value(null);
    case 'b': return Value(word == "1");
    case 'i': return Value(word.to!long);
    case 'u': return Value(word.to!ulong);
    case 'd':
        immutable bits = word.to!ulong(16);
        return Value(*cast(double*)&bits);
    case 's': return Value(cast(string) unhex(word));
    case 'x': return Value(unhex(word));
    case 't': return Value(tensor(parts, unhex(parts[3])));
    case 'T':
        auto made = tensor(parts, null);
        size_t bytes = sizeOf(made.dtype);
        foreach (size; made.shape)
            bytes *= size;
        return Value(tensor(parts, pattern(bytes, parts[3].to!size_t)));
    case 'o': return Value(Opaque(cast(string) unhex(parts[0]), unhex(parts[1])));
    case 'X': return Value(pattern(parts[0].to!size_t, parts[1].to!size_t));
    case 'S':
        auto letters = new char[parts[0].to!size_t];
        foreach (index, ref letter; letters)
            letter = cast(char)('a' + (parts[1].to!size_t + index % 23) % 26);
        return Value(letters.idup);
    default: throw new Exception("no such value: " ~ kind);
    }
}

private void readItems(string text, ref size_t at, char end, scope void delegate() item)
{
    while (text[at] != end)
    {
        item();
        if (text[at] == ',')
            at++;
    }
    at++;
}

private Tensor tensor(string[] parts, const(ubyte)[] data)
{
    auto shape = parts[1].length ? parts[1].split('x').map!(size => size.to!size_t).array : [];
    return Tensor(cast(Dtype) names.countUntil(parts[0]), shape, null,
            cast(string) unhex(parts[2]), data);
}

private ubyte[] pattern(size_t length, size_t seed)
{
    auto data = new ubyte[length];
    foreach (index, ref one; data)
        one = cast(ubyte)(seed + index % 251);
    return data;
}

private ubyte[] unhex(string text)
{
    return text.chunks(2).map!(two => two.to!string.to!ubyte(16)).array;
}

/// Writes a value.
string show(Value value)
{
    final switch (value.kind)
    {
    case Kind.null_: return "n";
    case Kind.bool_: return value.get!bool ? "b1" : "b0";
    case Kind.int_: return format!"i%d"(value.get!long);
    case Kind.uint_: return format!"u%d"(value.get!ulong);
    case Kind.float_:
        immutable number = value.get!double;
        return format!"d%016x"(*cast(ulong*)&number);
    case Kind.str: return "s" ~ showData(cast(const(ubyte)[]) value.get!string);
    case Kind.bytes: return "x" ~ showData(value.get!(const(ubyte)[]));
    case Kind.list: return "[" ~ value.get!(Value[]).map!show.join(",") ~ "]";
    case Kind.map:
        return "{" ~ value.get!(Pair[])
            .map!(pair => show(Value(pair.key)) ~ ":" ~ show(pair.value)).join(",") ~ "}";
    case Kind.tensor:
        auto tensor = value.get!Tensor;
        return format!"t%s:%(%d%|x%):%s:%s"(names[tensor.dtype], tensor.shape,
                hex(cast(const(ubyte)[]) tensor.format), showData(tensor.data));
    case Kind.opaque:
        auto opaque = value.get!Opaque;
        return "o" ~ hex(cast(const(ubyte)[]) opaque.contentType) ~ ":" ~ showData(opaque.data);
    }
}

private string hex(const(ubyte)[] data)
{
    return format!"%(%02x%)"(data);
}

private string showData(const(ubyte)[] data)
{
    if (data.length <= 64)
        return hex(data);
    auto sum = crc32Of(data);
    return format!"#%d:%08x"(data.length, *cast(uint*) sum.ptr);
}
