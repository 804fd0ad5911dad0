## The notation of values between testing/interop and its drivers.

import std/[parseutils, sequtils, strutils]
import simpleipc

const ShownBytesMax = 64

proc unhex(text: string): string = parseHexStr(text)
proc hex(text: string): string = toLowerAscii(toHex(text))

proc dtypeOf(name: string): Dtype = parseEnum[Dtype]("dt" & name)
proc sizes(shape: string): seq[int] =
  if shape != "": result = shape.split('x').map(parseInt)

proc pattern(len, seed: int): string =
  result = newString(len)
  for index in 0 ..< len: result[index] = char((seed + index mod 251) and 255)

proc textPattern(len, seed: int): string =
  result = newString(len)
  for index in 0 ..< len: result[index] = char(ord('a') + (seed + index mod 23) mod 26)

proc tensorOf(dtype, shape, format, data: string): Value =
  let bytes = toData(data.toOpenArray(0, data.high))
  tensor(dtypeOf(dtype), sizes(shape), bytes, unhex(format))

proc value(text: string, at: var int): Value =
  let kind = text[at]
  inc at
  case kind
  of '[':
    result = emptyList()
    while text[at] != ']':
      result.items.add value(text, at)
      if text[at] == ',': inc at
    inc at
  of '{':
    result = emptyMap()
    while text[at] != '}':
      var key: string
      at += 1 + text.parseUntil(key, ':', at + 1) + 1
      result.pairs.add (unhex(key), value(text, at))
      if text[at] == ',': inc at
    inc at
  else:
    var word: string
    at += text.parseUntil(word, {',', ']', '}'}, at)
    let parts = word.split(':')
    case kind
    of 'n': result = null()
    of 'b': result = %(word == "1")
    of 'i': result = %parseBiggestInt(word)
    of 'u': result = %parseBiggestUInt(word)
    of 'd': result = %cast[float64](fromHex[uint64](word))
    of 's': result = %unhex(word)
    of 'x': result = bytes(unhex(word))
    of 't': result = tensorOf(parts[0], parts[1], parts[2], unhex(parts[3]))
    of 'o': result = opaque(unhex(parts[1]), unhex(parts[0]))
    of 'X': result = bytes(pattern(parseInt(parts[0]), parseInt(parts[1])))
    of 'S': result = %textPattern(parseInt(parts[0]), parseInt(parts[1]))
    of 'T':
      let count = sizes(parts[1]).foldl(a * b, 1)
      let len = count * itemBytes(dtypeOf(parts[0]))
      result = tensorOf(parts[0], parts[1], parts[2], pattern(len, parseInt(parts[3])))
    else: raise newException(ValueError, "no such value: " & kind)

proc parse*(text: string): Value =
  ## Reads a value.
  var at = 0
  value(text, at)

proc crc32(data: string): uint32 =
  result = high(uint32)
  for letter in data:
    result = result xor uint32(ord(letter))
    for _ in 1 .. 8:
      result = if (result and 1) != 0: (result shr 1) xor 0xedb88320'u32 else: result shr 1
  result = not result

proc showData(data: string): string =
  if data.len <= ShownBytesMax: hex(data)
  else: "#" & $data.len & ":" & toLowerAscii(toHex(crc32(data)))

proc show*(value: Value): string =
  ## Writes a value.
  case value.kind
  of vkNull: "n"
  of vkBool: "b" & $ord(value.boolean)
  of vkInt: "i" & $value.integer
  of vkUint: "u" & $value.unsigned
  of vkFloat: "d" & toLowerAscii(toHex(cast[uint64](value.number)))
  of vkStr: "s" & showData(value.text)
  of vkBytes: "x" & showData($value.data)
  of vkOpaque: "o" & hex(value.label) & ":" & showData($value.data)
  of vkList: "[" & value.items.map(show).join(",") & "]"
  of vkMap: "{" & value.pairs.mapIt(show(%it[0]) & ":" & show(it[1])).join(",") & "}"
  of vkTensor:
    let parts = [($value.dtype)[2 .. ^1].toLowerAscii, value.shape.join("x"), hex(value.label)]
    "t" & parts.join(":") & ":" & showData($value.data)
