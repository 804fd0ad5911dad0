-- Values: from Lua to the library's and back.

local ffi = require("ffi")
local bit = require("bit")
local generated = require("simpleipc.generated")

local KIND, DTYPE = generated.KIND, generated.DTYPE
local DEPTH_MAX = 64
local SAFE = 2 ^ 53
local VALUE_BYTES = ffi.sizeof("sipc_value")

local values = {}

--- No value, where Lua's nil cannot stand: inside of lists and maps.
values.null = setmetatable({}, { __tostring = function() return "null" end })

local Float, Bytes, Opaque, Tensor, List, Map = {}, {}, {}, {}, {}, {}
Float.__index, Bytes.__index, Opaque.__index, Tensor.__index = Float, Bytes, Opaque, Tensor
values.List, values.Map = List, Map

--- The keys of received maps, in the order they came.
local orders = setmetatable({}, { __mode = "k" })

local function bad(text, ...)
    error(text:format(...), 0)
end

--- A number that is sent as a float also if it is whole; `exact` handles receive all floats so.
function values.float(number, bits)
    if type(number) ~= "number" then
        bad("a float is made of a number, not of a %s", type(number))
    end
    return setmetatable({ value = number, bits = bits }, Float)
end

--- A string that is sent as bytes; what is received as bytes is one, tostring() gives the string.
function values.bytes(data)
    if type(data) ~= "string" then bad("bytes are made of a string, not of a %s", type(data)) end
    return setmetatable({ data = data, len = #data }, Bytes)
end

function Bytes:__tostring() return ffi.string(self.data, self.len) end
function Bytes:__len() return self.len end

--- Bytes with a content type, as opaque("{}", "application/json").
function values.opaque(data, content_type)
    if type(data) ~= "string" or type(content_type) ~= "string" then
        bad("an opaque value is made of two strings")
    end
    return setmetatable({ data = data, len = #data, content_type = content_type }, Opaque)
end

Opaque.__tostring = Bytes.__tostring

--- A table that is sent as a list, or as a map, also if it is empty.
function values.list(table) return setmetatable(table or {}, List) end
function values.map(table) return setmetatable(table or {}, Map) end

--- A map in this order: map_of { { "first", 1 }, { "second", 2 } }.
function values.map_of(pairs)
    local map, keys = setmetatable({}, Map), {}
    for index, pair in ipairs(pairs) do
        keys[index] = pair[1]
        map[pair[1]] = pair[2]
    end
    orders[map] = keys
    return map
end

--- The pairs of a received map, in the order they came.
function values.pairs(map)
    local keys, index = orders[map], 0
    if not keys then return pairs(map) end
    return function()
        index = index + 1
        return keys[index], map[keys[index]]
    end
end

-- By name: the number, and the C type of its elements.
local ELEMENTS = {
    bool = { DTYPE.BOOL, "uint8_t" }, u8 = { DTYPE.U8, "uint8_t" }, i8 = { DTYPE.I8, "int8_t" },
    u16 = { DTYPE.U16, "uint16_t" }, i16 = { DTYPE.I16, "int16_t" },
    u32 = { DTYPE.U32, "uint32_t" }, i32 = { DTYPE.I32, "int32_t" },
    u64 = { DTYPE.U64, "uint64_t" }, i64 = { DTYPE.I64, "int64_t" },
    f16 = { DTYPE.F16, "uint16_t" }, f32 = { DTYPE.F32, "float" }, f64 = { DTYPE.F64, "double" },
    c64 = { DTYPE.C64, "complex float" }, c128 = { DTYPE.C128, "complex" },
}
local NAMES = {}
for name, element in pairs(ELEMENTS) do
    NAMES[element[1]] = name
    element.bytes = ffi.sizeof(element[2])
    element.pointer = ffi.typeof(element[2] .. " *")
    element.const_pointer = ffi.typeof("const " .. element[2] .. " *")
end

local function is_size(number)
    return type(number) == "number" and number >= 0 and number % 1 == 0 and number <= SAFE
end

--- What a dtype is, and how many bytes a dense tensor of this shape has.
function values.measure(dtype, shape)
    local element = ELEMENTS[dtype]
    if not element then bad("there is no dtype %s", tostring(dtype)) end
    if type(shape) ~= "table" or #shape > generated.DIMS_MAX then
        bad("a shape is a list of at most %d sizes", generated.DIMS_MAX)
    end
    local bytes = element.bytes
    for _, size in ipairs(shape) do
        if not is_size(size) then bad("%s is no size of a dimension", tostring(size)) end
        bytes = bytes * size
    end
    return element, bytes
end

--- A dense tensor over a string or a cdata array: tensor("u8", {2, 3}, data, "grey"). `data` of a
--- received one is a pointer to the elements, which can be read only.
function values.tensor(dtype, shape, data, format)
    local element, bytes = values.measure(dtype, shape)
    local len = type(data) == "string" and #data or type(data) == "cdata" and ffi.sizeof(data)
    if len ~= bytes then
        bad("%s of this shape has %d bytes, not %s", dtype, bytes, tostring(len or type(data)))
    end
    return setmetatable({
        dtype = dtype, shape = shape, format = format or "", len = len, owner = data,
        data = ffi.cast(element.const_pointer, data),
    }, Tensor)
end

--- The bytes of the data, as a string: a copy.
function Tensor:__tostring() return ffi.string(self.data, self.len) end

-- Encoding. `keep` holds what the structs point to until the call is over.

--- Whether a string is UTF-8, by the rules of RFC 3629.
local function is_utf8(text)
    if not text:find("[\128-\255]") then return true end
    local at, len = 1, #text
    while at <= len do
        local a, b, c, d = text:byte(at, at + 3)
        local function follows(byte) return byte and bit.band(byte, 0xc0) == 0x80 end
        if a < 0x80 then
            at = at + 1
        elseif a >= 0xc2 and a < 0xe0 and follows(b) then
            at = at + 2
        elseif a >= 0xe0 and a < 0xf0 and follows(b) and follows(c)
            and (a ~= 0xe0 or b >= 0xa0) and (a ~= 0xed or b < 0xa0) then
            at = at + 3
        elseif a >= 0xf0 and a < 0xf5 and follows(b) and follows(c) and follows(d)
            and (a ~= 0xf0 or b >= 0x90) and (a ~= 0xf4 or b < 0x90) then
            at = at + 4
        else
            return false
        end
    end
    return true
end

local function check_text(text, what)
    if type(text) ~= "string" then bad("the %s is a string, not a %s", what, type(text)) end
    if not is_utf8(text) then bad("the %s is no UTF-8; make it bytes, or mend it", what) end
    return text
end
values.check_text = check_text

local write

local FLOAT_AT = ffi.offsetof("sipc_value", "f")

--- The bits of the float of a struct.
local function bits_at(struct)
    return ffi.cast("uint64_t *", ffi.cast("char *", struct) + FLOAT_AT)
end

local function items_of(keep, target, count, structs, depth)
    if depth == DEPTH_MAX then
        bad("a value may be nested %d deep, and never in itself", DEPTH_MAX)
    end
    local items = ffi.new("sipc_value[?]", math.max(structs, 1))
    keep[#keep + 1] = items
    target.items, target.count = items, count
    return items
end

local function write_list(keep, target, list, depth)
    target.kind = KIND.LIST
    local items = items_of(keep, target, #list, #list, depth)
    for index = 1, #list do write(keep, items[index - 1], list[index], depth + 1) end
end

--- Known keys in their order, then the others by name.
local function keys_of(map)
    local keys, seen = {}, {}
    for _, key in ipairs(orders[map] or {}) do
        if map[key] ~= nil then
            keys[#keys + 1] = key
            seen[key] = true
        end
    end
    local others = {}
    for key in pairs(map) do
        if type(key) ~= "string" then bad("the keys of a map are strings, not a %s", type(key)) end
        if not seen[key] then others[#others + 1] = key end
    end
    table.sort(others)
    for _, key in ipairs(others) do keys[#keys + 1] = key end
    return keys
end

local function write_map(keep, target, map, depth)
    local keys = keys_of(map)
    target.kind = KIND.MAP
    local items = items_of(keep, target, #keys, 2 * #keys, depth)
    for index, key in ipairs(keys) do
        write(keep, items[2 * index - 2], key, depth + 1)
        write(keep, items[2 * index - 1], map[key], depth + 1)
    end
end

local function write_data(target, kind, data, len)
    target.kind, target.data, target.len = kind, ffi.cast("const void *", data), len
end

local function write_label(target, text, what)
    check_text(text, what)
    target.label, target.label_len = text, #text
end

--- A tensor but its data.
function values.write_shape(target, dtype, shape, format)
    target.dtype, target.ndim = ELEMENTS[dtype][1], #shape
    for index, size in ipairs(shape) do target.shape[index - 1] = size end
    write_label(target, format, "format")
end

local function write_table(keep, target, value, depth)
    local meta = getmetatable(value)
    keep[#keep + 1] = value
    if value == values.null then
        target.kind = KIND.NULL
    elseif meta == Float then
        target.kind, target.f = KIND.FLOAT, value.value
        if value.bits then bits_at(target)[0] = value.bits end
    elseif meta == Bytes then
        write_data(target, KIND.BYTES, value.data, value.len)
    elseif meta == Opaque then
        write_data(target, KIND.OPAQUE, value.data, value.len)
        write_label(target, value.content_type, "content type")
    elseif meta == Tensor then
        write_data(target, KIND.TENSOR, value.data, value.len)
        values.write_shape(target, value.dtype, value.shape, value.format)
        if value.strides then
            for index, stride in ipairs(value.strides) do target.strides[index - 1] = stride end
        end
    elseif meta == Map or meta ~= List and #value == 0 and next(value) ~= nil then
        write_map(keep, target, value, depth)
    elseif meta == List or meta == nil then
        write_list(keep, target, value, depth)
    else
        bad("an object of a class cannot be sent; make it a table without one")
    end
end

function write(keep, target, value, depth)
    target.size = VALUE_BYTES
    local kind = type(value)
    if kind == "nil" then
        target.kind = KIND.NULL
    elseif kind == "boolean" then
        target.kind, target.i = KIND.BOOL, value and 1 or 0
    elseif kind == "number" then
        -- -0 and numbers beyond 2^53 are of use as floats only.
        if value % 1 == 0 and math.abs(value) < SAFE and not (value == 0 and 1 / value < 0) then
            target.kind, target.i = KIND.INT, value
        else
            target.kind, target.f = KIND.FLOAT, value
        end
    elseif kind == "string" then
        keep[#keep + 1] = value
        write_data(target, KIND.STR, check_text(value, "text"), #value)
    elseif kind == "table" then
        write_table(keep, target, value, depth)
    elseif kind == "cdata" and ffi.istype("int64_t", value) then
        target.kind, target.i = KIND.INT, value
    elseif kind == "cdata" and ffi.istype("uint64_t", value) then
        target.kind, target.u = KIND.UINT, value
    else
        bad("a %s cannot be sent", kind)
    end
end

--- A value as the library reads it, and what must be kept until the call is over.
function values.encode(value)
    local target, keep = ffi.new("sipc_value"), {}
    write(keep, target, value, 0)
    return target, keep
end

-- Decoding

local function integer(value)
    if value >= -2LL ^ 53 and value <= 2LL ^ 53 then return tonumber(value) end
    return value
end

local function label_of(source)
    return ffi.string(source.label, source.label_len)
end

local function exact_float(source)
    local bits = bits_at(source)[0]
    local is_nan = bit.band(bits, 0x7ff0000000000000ULL) == 0x7ff0000000000000ULL
        and bit.band(bits, 0xfffffffffffffULL) ~= 0
    if is_nan then return values.float(0 / 0, bits) end
    return values.float(source.f)
end

local function read_tensor(source, message)
    message.is_shown = true
    local shape, strides = {}, {}
    for index = 1, source.ndim do
        shape[index] = tonumber(source.shape[index - 1])
        strides[index] = tonumber(source.strides[index - 1])
    end
    local dtype = NAMES[source.dtype]
    return setmetatable({
        dtype = dtype, shape = shape, strides = strides, format = label_of(source),
        data = ffi.cast(ELEMENTS[dtype].const_pointer, source.data),
        len = tonumber(source.len), owner = message,
    }, Tensor)
end

--- The value of a struct. What it shows of the message's memory keeps `message`. With `exact`,
--- sending it gives the same bits again: floats are float(), unsigned integers uint64_t.
local function decode(source, exact, message)
    local kind = source.kind
    if kind == KIND.NULL then
        return values.null
    elseif kind == KIND.BOOL then
        return source.i ~= 0
    elseif kind == KIND.INT then
        return integer(source.i)
    elseif kind == KIND.UINT then
        if not exact and source.u <= 2ULL ^ 53 then return tonumber(source.u) end
        return source.u
    elseif kind == KIND.FLOAT then
        if exact then return exact_float(source) end
        return source.f == source.f and source.f or 0 / 0
    elseif kind == KIND.STR then
        return ffi.string(source.data, source.len)
    elseif kind == KIND.BYTES or kind == KIND.OPAQUE then
        message.is_shown = true
        local found = { data = source.data, len = tonumber(source.len), owner = message }
        if kind == KIND.BYTES then return setmetatable(found, Bytes) end
        found.content_type = label_of(source)
        return setmetatable(found, Opaque)
    elseif kind == KIND.LIST then
        local list = setmetatable({}, List)
        for index = 1, tonumber(source.count) do
            list[index] = decode(source.items[index - 1], exact, message)
        end
        return list
    elseif kind == KIND.MAP then
        local map, keys = setmetatable({}, Map), {}
        for index = 1, tonumber(source.count) do
            local key = source.items[2 * index - 2]
            keys[index] = ffi.string(key.data, key.len)
            map[keys[index]] = decode(source.items[2 * index - 1], exact, message)
        end
        orders[map] = keys
        return map
    elseif kind == KIND.TENSOR then
        return read_tensor(source, message)
    end
    bad("the value is of a kind that this binding does not know")
end
values.decode = decode

function values.is(value)
    local meta = getmetatable(value)
    if value == values.null then return "null" end
    return meta == Float and "float" or meta == Bytes and "bytes" or meta == Opaque and "opaque"
        or meta == Tensor and "tensor" or meta == List and "list" or meta == Map and "map" or nil
end

return values
