/// Values: what D has and what travels.
module simpleipc.values;

import simpleipc.errors;
import simpleipc.generated;
import std.conv : to;
import std.traits;
import std.utf : validate;

/// The kind of a value.
enum Kind : uint
{
    null_ = SIPC_KIND_NULL,
    bool_ = SIPC_KIND_BOOL,
    int_ = SIPC_KIND_INT,
    uint_ = SIPC_KIND_UINT,
    float_ = SIPC_KIND_FLOAT,
    str = SIPC_KIND_STR,
    bytes = SIPC_KIND_BYTES,
    list = SIPC_KIND_LIST,
    map = SIPC_KIND_MAP,
    tensor = SIPC_KIND_TENSOR,
    opaque = SIPC_KIND_OPAQUE,
}

/// The type of a tensor's elements.
enum Dtype : uint
{
    bool_ = SIPC_DTYPE_BOOL,
    u8 = SIPC_DTYPE_U8,
    i8 = SIPC_DTYPE_I8,
    u16 = SIPC_DTYPE_U16,
    i16 = SIPC_DTYPE_I16,
    u32 = SIPC_DTYPE_U32,
    i32 = SIPC_DTYPE_I32,
    u64 = SIPC_DTYPE_U64,
    i64 = SIPC_DTYPE_I64,
    f16 = SIPC_DTYPE_F16,
    f32 = SIPC_DTYPE_F32,
    f64 = SIPC_DTYPE_F64,
    c64 = SIPC_DTYPE_C64,
    c128 = SIPC_DTYPE_C128,
}

/// The bytes of one element.
size_t sizeOf(Dtype dtype)
{
    static immutable sizes = [0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 8, 16];
    return dtype < sizes.length ? sizes[dtype] : 0;
}

/// The dtype of a type of D.
template dtypeOf(T)
{
    static if (is(immutable T == immutable bool)) enum dtypeOf = Dtype.bool_;
    else static if (is(immutable T == immutable ubyte)) enum dtypeOf = Dtype.u8;
    else static if (is(immutable T == immutable byte)) enum dtypeOf = Dtype.i8;
    else static if (is(immutable T == immutable ushort)) enum dtypeOf = Dtype.u16;
    else static if (is(immutable T == immutable short)) enum dtypeOf = Dtype.i16;
    else static if (is(immutable T == immutable uint)) enum dtypeOf = Dtype.u32;
    else static if (is(immutable T == immutable int)) enum dtypeOf = Dtype.i32;
    else static if (is(immutable T == immutable ulong)) enum dtypeOf = Dtype.u64;
    else static if (is(immutable T == immutable long)) enum dtypeOf = Dtype.i64;
    else static if (is(immutable T == immutable float)) enum dtypeOf = Dtype.f32;
    else static if (is(immutable T == immutable double)) enum dtypeOf = Dtype.f64;
    else static assert(false, "no tensor has elements of type " ~ T.stringof);
}

/// An array of numbers of one type. The data is not copied: neither before it is sent nor when it
/// was received, and then it can be looked at as long as the message is there.
struct Tensor
{
    Dtype dtype; ///
    size_t[] shape; /// elements along each dimension, at most 8
    ptrdiff_t[] strides; /// bytes from one element to the next; none if it is dense
    string format; /// what the numbers mean, as rgb8
    const(ubyte)[] data; ///

    /// A tensor of these elements; without a shape of one dimension.
    static Tensor of(T)(const T[] elements, size_t[] shape = null, string format = null)
    {
        return Tensor(dtypeOf!T, shape is null ? [elements.length] : shape, null, format,
                cast(const(ubyte)[]) elements);
    }

    /// The elements of a dense tensor, in place.
    const(T)[] elements(T)() const
    {
        if (dtype != dtypeOf!T || strides.length)
            throw misuse("the tensor has other elements, or gaps", SIPC_BAD_ARGUMENT);
        return cast(const(T)[]) data;
    }
}

/// Bytes with a content type.
struct Opaque
{
    string contentType; ///
    const(ubyte)[] data; ///
}

/// A key of a map and its value.
struct Pair
{
    string key; ///
    Value value; ///
}

/// A value that is sent or was received. It is made of whatever D has for it: null, bool, integers
/// (int if signed, else uint), floating point, strings, ubyte[], other arrays (list), associative
/// arrays, Pair[] (map in its order), Tensor, Opaque.
struct Value
{
    private Kind kind_;
    private union
    {
        bool truth;
        long whole;
        ulong natural;
        double number;
    }

    private string text;
    private const(ubyte)[] raw;
    private Value[] items_;
    private Pair[] pairs_;
    private Tensor tensor_;

    this(T)(T value)
    {
        static if (is(T : Value)) this = value;
        else static if (is(T == typeof(null))) {}
        else static if (is(T == bool)) { kind_ = Kind.bool_; truth = value; }
        else static if (is(T == enum)) this = Value(cast(OriginalType!T) value);
        else static if (isSomeChar!T) this = Value([value].to!string);
        else static if (isIntegral!T && isSigned!T) { kind_ = Kind.int_; whole = value; }
        else static if (isIntegral!T) { kind_ = Kind.uint_; natural = value; }
        else static if (isFloatingPoint!T) { kind_ = Kind.float_; number = value; }
        else static if (isSomeString!T) { kind_ = Kind.str; text = value.to!string; }
        else static if (is(T : const(ubyte)[])) { kind_ = Kind.bytes; raw = value; }
        else static if (is(T == Tensor)) { kind_ = Kind.tensor; tensor_ = value; }
        else static if (is(T == Opaque))
        {
            kind_ = Kind.opaque;
            text = value.contentType;
            raw = value.data;
        }
        else static if (is(T == Value[])) { kind_ = Kind.list; items_ = value; }
        else static if (is(T == Pair[])) { kind_ = Kind.map; pairs_ = value; }
        else static if (isArray!T)
        {
            kind_ = Kind.list;
            foreach (item; value)
                items_ ~= Value(item);
        }
        else static if (isAssociativeArray!T && isSomeString!(KeyType!T))
        {
            kind_ = Kind.map;
            foreach (key, item; value)
                pairs_ ~= Pair(key.to!string, Value(item));
        }
        else static assert(false, "a value of type " ~ T.stringof ~ " cannot be sent");
    }

    /// A list of values of several types.
    static Value list(Args...)(Args args)
    {
        Value made;
        made.kind_ = Kind.list;
        foreach (arg; args)
            made.items_ ~= Value(arg);
        return made;
    }

    /// A map in its order: keys and values in turn.
    static Value map(Args...)(Args args) if (Args.length % 2 == 0)
    {
        Value made;
        made.kind_ = Kind.map;
        static foreach (at; 0 .. Args.length / 2)
            made.pairs_ ~= Pair(args[2 * at], Value(args[2 * at + 1]));
        return made;
    }

    Kind kind() const { return kind_; } ///

    /// The value as a type of D: bool, an integer that can hold it, floating point (also an int),
    /// string, const(ubyte)[], Value[], Pair[], Tensor or Opaque. Else it is a MisuseException.
    T get(T)() const
    {
        static if (is(T == bool)) { if (kind_ == Kind.bool_) return truth; }
        else static if (isIntegral!T)
        {
            // A ConvOverflowException tells of a number that is too large.
            if (kind_ == Kind.int_) return whole.to!T;
            if (kind_ == Kind.uint_) return natural.to!T;
        }
        else static if (isFloatingPoint!T)
        {
            if (kind_ == Kind.float_) return number;
            if (kind_ == Kind.int_) return whole;
            if (kind_ == Kind.uint_) return natural;
        }
        else static if (is(T == string)) { if (kind_ == Kind.str) return text; }
        else static if (is(T == const(ubyte)[])) { if (kind_ == Kind.bytes) return raw; }
        else static if (is(T == Value[])) { if (kind_ == Kind.list) return cast(T) items_; }
        else static if (is(T == Pair[])) { if (kind_ == Kind.map) return cast(T) pairs_; }
        else static if (is(T == Tensor)) { if (kind_ == Kind.tensor) return cast(T) tensor_; }
        else static if (is(T == Opaque)) { if (kind_ == Kind.opaque) return Opaque(text, raw); }
        else static assert(false, "no value arrives as " ~ T.stringof);
        throw misuse("a value of kind " ~ (cast() kind_).to!string ~ " is no " ~ T.stringof);
    }

    /// Items of a list; a MisuseException if there are not as many.
    Value opIndex(size_t index)
    {
        auto items = get!(Value[]);
        if (index >= items.length)
            throw misuse("there is no item " ~ index.to!string, SIPC_BAD_ARGUMENT);
        return items[index];
    }

    /// The value of a key of a map; null if it is not there.
    Value opIndex(string key)
    {
        foreach (pair; get!(Pair[]))
            if (pair.key == key)
                return pair.value;
        return Value(null);
    }

    /// The items of a list, or the pairs of a map.
    size_t length() const { return kind_ == Kind.map ? pairs_.length : items_.length; }

    string toString() const
    {
        final switch (kind_)
        {
        case Kind.null_: return "null";
        case Kind.bool_: return truth.to!string;
        case Kind.int_: return whole.to!string;
        case Kind.uint_: return natural.to!string;
        case Kind.float_: return number.to!string;
        case Kind.str: return text;
        case Kind.bytes: return raw.to!string;
        case Kind.list: return items_.to!string;
        case Kind.map:
            string told;
            foreach (pair; pairs_)
                told ~= (told ? ", " : "") ~ pair.key ~ ": " ~ pair.value.toString;
            return "[" ~ told ~ "]";
        case Kind.tensor: return "tensor " ~ tensor_.shape.to!string;
        case Kind.opaque: return "opaque " ~ text;
        }
    }

    /// What the library reads; what it points to is kept by the collector.
    package void encode(ref sipc_value to, int depth = 0) const
    {
        enum depthMax = 64;
        if (depth > depthMax)
            throw misuse("lists and maps are nested more than 64 deep");
        to.kind = kind_;
        final switch (kind_)
        {
        case Kind.null_: break;
        case Kind.bool_: to.i = truth; break;
        case Kind.int_: to.i = whole; break;
        case Kind.uint_: to.u = natural; break;
        case Kind.float_: to.f = number; break;
        case Kind.str: putText(to, text); break;
        case Kind.bytes: putData(to, raw); break;
        case Kind.opaque:
            putLabel(to, text);
            putData(to, raw);
            break;
        case Kind.tensor: putTensor(to, tensor_); break;
        case Kind.list:
            auto items = new sipc_value[items_.length];
            foreach (at, ref item; items_)
                item.encode(items[at], depth + 1);
            to.items = items.ptr;
            to.count = items_.length;
            break;
        case Kind.map:
            auto items = new sipc_value[2 * pairs_.length];
            foreach (at, ref pair; pairs_)
            {
                items[2 * at].kind = Kind.str;
                putText(items[2 * at], pair.key);
                pair.value.encode(items[2 * at + 1], depth + 1);
            }
            to.items = items.ptr;
            to.count = pairs_.length;
            break;
        }
    }
}

private void putData(ref sipc_value to, const(void)[] data)
{
    to.data = data.ptr;
    to.len = data.length;
}

private void putText(ref sipc_value to, string text)
{
    validate(text);
    putData(to, text);
}

private void putLabel(ref sipc_value to, string label)
{
    validate(label);
    to.label = label.ptr;
    to.label_len = label.length;
}

package void putShape(ref sipc_value to, Dtype dtype, const size_t[] shape, string format)
{
    if (shape.length > SIPC_DIMS_MAX)
        throw misuse("a tensor has at most 8 dimensions");
    to.kind = Kind.tensor;
    to.dtype = dtype;
    to.ndim = cast(uint) shape.length;
    foreach (at, size; shape)
        to.shape[at] = size;
    putLabel(to, format);
}

private void putTensor(ref sipc_value to, ref const Tensor tensor)
{
    putShape(to, tensor.dtype, tensor.shape, tensor.format);
    if (tensor.strides.length && tensor.strides.length != tensor.shape.length)
        throw misuse("a tensor has as many strides as dimensions");
    foreach (at, stride; tensor.strides)
        to.strides[at] = stride;
    putData(to, tensor.data);
}

package const(ubyte)[] dataOf(ref const sipc_value raw)
{
    return raw.len ? (cast(const(ubyte)*) raw.data)[0 .. raw.len] : null;
}

private string labelOf(ref const sipc_value raw)
{
    return raw.label_len ? raw.label[0 .. raw.label_len].idup : null;
}

/// Text, bytes and what lists and maps hold are copied; the data of a tensor stays where it is.
package Value decode(ref const sipc_value raw)
{
    switch (raw.kind)
    {
    case Kind.null_: return Value(null);
    case Kind.bool_: return Value(raw.i != 0);
    case Kind.int_: return Value(raw.i);
    case Kind.uint_: return Value(raw.u);
    case Kind.float_: return Value(raw.f);
    case Kind.str: return Value((cast(const(char)[]) dataOf(raw)).idup);
    case Kind.bytes: return Value(dataOf(raw).dup);
    case Kind.opaque: return Value(Opaque(labelOf(raw), dataOf(raw).dup));
    case Kind.tensor: return Value(decodeTensor(raw));
    case Kind.list:
        auto items = new Value[raw.count];
        foreach (at, ref item; items)
            item = decode(raw.items[at]);
        return Value(items);
    case Kind.map:
        auto pairs = new Pair[raw.count];
        foreach (at, ref pair; pairs)
        {
            pair.key = (cast(const(char)[]) dataOf(raw.items[2 * at])).idup;
            pair.value = decode(raw.items[2 * at + 1]);
        }
        return Value(pairs);
    default:
        throw misuse("a value of the unknown kind " ~ raw.kind.to!string);
    }
}

private Tensor decodeTensor(ref const sipc_value raw)
{
    auto tensor = Tensor(cast(Dtype) raw.dtype, new size_t[raw.ndim], new ptrdiff_t[raw.ndim],
            labelOf(raw), dataOf(raw));
    bool isDense = true;
    size_t step = sizeOf(tensor.dtype);
    foreach_reverse (at; 0 .. raw.ndim)
    {
        tensor.shape[at] = raw.shape[at];
        tensor.strides[at] = raw.strides[at];
        isDense = isDense && (raw.shape[at] <= 1 || raw.strides[at] == step);
        step *= raw.shape[at] ? raw.shape[at] : 1;
    }
    if (isDense)
        tensor.strides = null;
    return tensor;
}
