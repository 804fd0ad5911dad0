--- The notation of values between testing/interop and its drivers, and exact values.

local bit = require("bit")
local ffi = require("ffi")
local ipc = require("simpleipc")

local SHOWN_BYTES_MAX = 64
local ITEM_BYTES = {
    bool = 1, u8 = 1, i8 = 1, u16 = 2, i16 = 2, u32 = 4, i32 = 4, u64 = 8, i64 = 8,
    f16 = 2, f32 = 4, f64 = 8, c64 = 8, c128 = 16,
}

local notation = {}

local function unhex(text)
    return (text:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function hex(text)
    return (text:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function sizes(shape)
    local found = {}
    for size in shape:gmatch("%d+") do found[#found + 1] = tonumber(size) end
    return found
end

local function pattern(bytes, seed)
    local block = {}
    for index = 0, 250 do block[index + 1] = string.char((seed + index) % 256) end
    return table.concat(block):rep(math.floor(bytes / 251) + 1):sub(1, bytes)
end

local function text_pattern(letters, seed)
    local block = {}
    for index = 0, 22 do block[index + 1] = string.char(97 + (seed + index) % 26) end
    return table.concat(block):rep(math.floor(letters / 23) + 1):sub(1, letters)
end

local function tensor(dtype, shape, format, data)
    return ipc.tensor(dtype, sizes(shape), data, unhex(format))
end

local as_bits = ffi.new("union { double number; uint64_t bits; }")

local function bits_of(digits)
    local high, low = tonumber(digits:sub(1, 8), 16), tonumber(digits:sub(9), 16)
    return ffi.cast("uint64_t", high) * 2ULL ^ 32 + ffi.cast("uint64_t", low)
end

local function float(digits)
    as_bits.bits = bits_of(digits)
    -- A NaN with bits of its own must not become a number of Lua's.
    if digits:find("^[7f]ff") and not digits:find("^[7f]ff0000000000000$") then
        return ipc.float(0 / 0, as_bits.bits + 0ULL)
    end
    return ipc.float(as_bits.number)
end

--- A decimal number as a 64-bit integer of this type.
local function whole(text, kind)
    local value, is_negative = 0ULL, text:sub(1, 1) == "-"
    for digit in text:gmatch("%d") do value = value * 10 + tonumber(digit) end
    if kind == "uint64_t" then return value end
    return is_negative and -ffi.cast("int64_t", value) or ffi.cast("int64_t", value)
end

--- Reads a value.
function notation.parse(text)
    local at = 1
    local value

    local function word()
        local found = text:match("^[^,%]}]*", at)
        at = at + #found
        return found
    end

    local function items(stop, item)
        while text:sub(at, at) ~= stop do
            item()
            if text:sub(at, at) == "," then at = at + 1 end
        end
        at = at + 1
    end

    function value()
        local kind = text:sub(at, at)
        at = at + 1
        if kind == "[" then
            local list = ipc.list()
            items("]", function() list[#list + 1] = value() end)
            return list
        elseif kind == "{" then
            local pairs = {}
            items("}", function()
                local key = text:match("^s(%x*):", at)
                at = at + #key + 2
                pairs[#pairs + 1] = { unhex(key), value() }
            end)
            return ipc.map_of(pairs)
        end
        local parts = {}
        for part in (word() .. ":"):gmatch("([^:]*):") do parts[#parts + 1] = part end
        local first = parts[1]
        if kind == "n" then return ipc.null
        elseif kind == "b" then return first == "1"
        elseif kind == "i" then return whole(first, "int64_t")
        elseif kind == "u" then return whole(first, "uint64_t")
        elseif kind == "d" then return float(first)
        elseif kind == "s" then return unhex(first)
        elseif kind == "x" then return ipc.bytes(unhex(first))
        elseif kind == "t" then return tensor(first, parts[2], parts[3], unhex(parts[4]))
        elseif kind == "o" then return ipc.opaque(unhex(parts[2]), unhex(first))
        elseif kind == "X" then return ipc.bytes(pattern(tonumber(first), tonumber(parts[2])))
        elseif kind == "S" then return text_pattern(tonumber(first), tonumber(parts[2]))
        elseif kind == "T" then
            local bytes = ITEM_BYTES[first]
            for _, size in ipairs(sizes(parts[2])) do bytes = bytes * size end
            return tensor(first, parts[2], parts[3], pattern(bytes, tonumber(parts[4])))
        end
        error("no such value: " .. kind, 0)
    end
    return value()
end

local CRC = ffi.new("uint32_t[256]")
for byte = 0, 255 do
    local crc = byte
    for _ = 1, 8 do
        local half = bit.rshift(crc, 1)
        crc = bit.band(crc, 1) == 1 and bit.bxor(half, 0xedb88320) or half
    end
    CRC[byte] = ffi.cast("uint32_t", bit.tobit(crc))
end

local function crc32(data, len)
    local bytes, crc = ffi.cast("const uint8_t *", data), -1
    for index = 0, len - 1 do
        local entry = bit.tobit(CRC[bit.band(bit.bxor(crc, bytes[index]), 255)])
        crc = bit.bxor(bit.rshift(crc, 8), entry)
    end
    return bit.tohex(bit.bnot(crc))
end

local function show_data(data, len)
    if len <= SHOWN_BYTES_MAX then return hex(ffi.string(data, len)) end
    return ("#%d:%s"):format(len, crc32(data, len))
end

--- Writes a value that was received with `exact`.
function notation.show(value)
    local kind, what = type(value), ipc.is(value)
    if value == nil or what == "null" then return "n"
    elseif kind == "boolean" then return value and "b1" or "b0"
    elseif kind == "number" then return ("i%d"):format(value)
    elseif kind == "cdata" then
        local digits = tostring(value):match("^%-?%d+")
        return (ffi.istype("uint64_t", value) and "u" or "i") .. digits
    elseif kind == "string" then return "s" .. show_data(value, #value)
    elseif what == "float" then
        as_bits.number = value.value
        local bits = value.bits or as_bits.bits
        return "d" .. bit.tohex(tonumber(bits / 2ULL ^ 32)) .. bit.tohex(tonumber(bits % 2ULL ^ 32))
    elseif what == "bytes" then return "x" .. show_data(value.data, value.len)
    elseif what == "opaque" then
        return "o" .. hex(value.content_type) .. ":" .. show_data(value.data, value.len)
    elseif what == "tensor" then
        local shape, data = table.concat(value.shape, "x"), show_data(value.data, value.len)
        return ("t%s:%s:%s:%s"):format(value.dtype, shape, hex(value.format), data)
    end
    local parts = {}
    if what == "list" then
        for index = 1, #value do parts[index] = notation.show(value[index]) end
        return "[" .. table.concat(parts, ",") .. "]"
    end
    for key, item in ipc.pairs(value) do
        parts[#parts + 1] = notation.show(key) .. ":" .. notation.show(item)
    end
    return "{" .. table.concat(parts, ",") .. "}"
end

return notation
