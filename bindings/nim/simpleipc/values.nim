## Values: from Nim to the library's and back.

import std/macros
import generated

type
  Kind* = enum
    vkNull, vkBool, vkInt, vkUint, vkFloat, vkStr, vkBytes, vkList, vkMap, vkTensor, vkOpaque

  Dtype* = enum
    dtBool = 1, dtU8, dtI8, dtU16, dtI16, dtU32, dtI32, dtU64, dtI64, dtF16, dtF32, dtF64, dtC64,
    dtC128

  Data* = object
    ## Bytes that somebody keeps: a seq of the program's, or a message, whose memory they show.
    address*: pointer
    len*: int
    owner: RootRef

  Value* = object
    ## One value. An int stays an int, a float a float, and a map keeps its order.
    case kind*: Kind
    of vkNull: discard
    of vkBool: boolean*: bool
    of vkInt: integer*: int64
    of vkUint: unsigned*: uint64
    of vkFloat: number*: float64
    of vkStr: text*: string
    of vkList: items*: seq[Value]
    of vkMap: pairs*: seq[(string, Value)]
    of vkBytes, vkTensor, vkOpaque:
      data*: Data
      label*: string ## of a tensor its format, as "rgb8"; of an opaque value its content type
      dtype*: Dtype
      shape*: seq[int]
      strides*: seq[int] ## of a received tensor: bytes from one element to the next

  Owner = ref object of RootObj
    bytes: seq[byte]

const
  DepthMax = 64
  ItemBytes = [1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 8, 16]

proc itemBytes*(dtype: Dtype): int = ItemBytes[ord(dtype) - 1]

# Making values

proc toData(source: pointer, len: int): Data =
  let owner = Owner(bytes: newSeq[byte](len))
  if len > 0:
    copyMem(addr owner.bytes[0], source, len)
    result.address = addr owner.bytes[0]
  result.len = len
  result.owner = owner

proc toData*[T](elements: openArray[T]): Data =
  ## A copy of the elements.
  toData(if elements.len > 0: unsafeAddr elements[0] else: nil, elements.len * sizeof(T))

proc `%`*(value: bool): Value = Value(kind: vkBool, boolean: value)
proc `%`*(value: int): Value = Value(kind: vkInt, integer: int64(value))
proc `%`*(value: int8 | int16 | int32 | int64 | uint8 | uint16 | uint32): Value =
  Value(kind: vkInt, integer: int64(value))
proc `%`*(value: uint64): Value = Value(kind: vkUint, unsigned: value)
proc `%`*(value: uint): Value = %uint64(value)
proc `%`*(value: float): Value = Value(kind: vkFloat, number: value)
proc `%`*(value: float32): Value = %float(value)
proc `%`*(value: string): Value = Value(kind: vkStr, text: value)
proc `%`*(value: Value): Value = value
proc `%`*(items: openArray[Value]): Value = Value(kind: vkList, items: @items)
proc `%`*(pairs: openArray[(string, Value)]): Value = Value(kind: vkMap, pairs: @pairs)

proc null*(): Value = Value(kind: vkNull)

proc bytes*(data: openArray[byte]): Value = Value(kind: vkBytes, data: toData(data))

proc bytes*(data: string): Value =
  Value(kind: vkBytes, data: toData(data.toOpenArray(0, data.high)))

proc opaque*(data, contentType: string): Value =
  Value(kind: vkOpaque, data: toData(data.toOpenArray(0, data.high)), label: contentType)

proc denseBytes*(dtype: Dtype, shape: openArray[int]): int =
  result = itemBytes(dtype)
  for size in shape:
    if size < 0:
      raise newException(ValueError, $size & " is no size of a dimension")
    result *= size

proc tensor*(dtype: Dtype, shape: openArray[int], data: Data, format = ""): Value =
  ## A dense tensor.
  if shape.len > DimsMax:
    raise newException(ValueError, "a tensor has at most " & $DimsMax & " dimensions")
  if data.len != denseBytes(dtype, shape):
    let wanted = $denseBytes(dtype, shape)
    raise newException(ValueError, "this shape has " & wanted & " bytes, not " & $data.len)
  Value(kind: vkTensor, dtype: dtype, shape: @shape, data: data, label: format)

proc tensor*[T](dtype: Dtype, shape: openArray[int], elements: openArray[T], format = ""): Value =
  tensor(dtype, shape, toData(elements), format)

proc emptyList*(): Value = Value(kind: vkList)
proc emptyMap*(): Value = Value(kind: vkMap)

proc toSipc(node: NimNode): NimNode =
  let percent = ident"%"
  case node.kind
  of nnkBracket:
    let items = newNimNode(nnkBracket)
    for item in node: items.add toSipc(item)
    result = if node.len == 0: newCall(bindSym"emptyList") else: newCall(percent, items)
  of nnkTableConstr:
    let pairs = newNimNode(nnkBracket)
    for pair in node: pairs.add newTree(nnkTupleConstr, pair[0], toSipc(pair[1]))
    result = if node.len == 0: newCall(bindSym"emptyMap") else: newCall(percent, pairs)
  of nnkCurly:
    result = newCall(bindSym"emptyMap")
  of nnkNilLit:
    result = newCall(bindSym"null")
  else:
    result = newCall(percent, node)

macro `%*`*(value: untyped): Value =
  ## Nested values: %*{"x": 1.5, "tags": ["a", nil]}. `{}` is an empty map.
  toSipc(value)

# Reading values

proc wrong(value: Value, wanted: string) {.noreturn.} =
  raise newException(ValueError, "the value is a " & ($value.kind)[2 .. ^1] & ", no " & wanted)

proc getInt*(value: Value): int64 =
  case value.kind
  of vkInt: result = value.integer
  of vkUint:
    if value.unsigned > uint64(high(int64)): wrong(value, "int that fits")
    result = int64(value.unsigned)
  else: wrong(value, "int")

proc getFloat*(value: Value): float64 =
  case value.kind
  of vkFloat: result = value.number
  of vkInt: result = float64(value.integer)
  else: wrong(value, "float")

proc getStr*(value: Value): string =
  if value.kind != vkStr: wrong(value, "str")
  value.text

proc getBool*(value: Value): bool =
  if value.kind != vkBool: wrong(value, "bool")
  value.boolean

proc len*(value: Value): int =
  case value.kind
  of vkList: value.items.len
  of vkMap: value.pairs.len
  else: wrong(value, "list or map")

proc `[]`*(value: Value, index: int): Value =
  if value.kind != vkList: wrong(value, "list")
  value.items[index]

proc hasKey*(value: Value, key: string): bool =
  if value.kind != vkMap: wrong(value, "map")
  for (name, _) in value.pairs:
    if name == key: return true

proc `[]`*(value: Value, key: string): Value =
  if value.kind != vkMap: wrong(value, "map")
  for (name, item) in value.pairs:
    if name == key: return item
  raise newException(KeyError, "there is no key " & key)

proc toSeq*(data: Data): seq[byte] =
  ## A copy.
  result = newSeq[byte](data.len)
  if data.len > 0: copyMem(addr result[0], data.address, data.len)

proc `$`*(data: Data): string =
  ## A copy, as a string.
  result = newString(data.len)
  if data.len > 0: copyMem(addr result[0], data.address, data.len)

template view*(value: Value, T: typedesc): openArray[T] =
  ## The elements of a tensor, or the bytes, where they are. Of what was received they can only be
  ## read: who writes is ended by the system.
  toOpenArray(cast[ptr UncheckedArray[T]](value.data.address), 0, value.data.len div sizeof(T) - 1)

# Encoding

type Encoded* = object
  ## The structs of a value. The value must stay as long.
  root*: RawValue
  blocks: seq[seq[RawValue]]

proc isUtf8(text: string): bool =
  ## By the rules of RFC 3629, which the standard library takes less strictly.
  var at = 0
  proc byteAt(index: int): int = (if index < text.len: ord(text[index]) else: 0)
  while at < text.len:
    let (first, second) = (byteAt(at), byteAt(at + 1))
    let (len, low, high) =
      case first
      of 0x00 .. 0x7f: (1, 0, 0)
      of 0xc2 .. 0xdf: (2, 0x80, 0xbf)
      of 0xe0: (3, 0xa0, 0xbf)
      of 0xe1 .. 0xec, 0xee, 0xef: (3, 0x80, 0xbf)
      of 0xed: (3, 0x80, 0x9f)
      of 0xf0: (4, 0x90, 0xbf)
      of 0xf1 .. 0xf3: (4, 0x80, 0xbf)
      of 0xf4: (4, 0x80, 0x8f)
      else: return false
    if len > 1 and second notin low .. high: return false
    for index in at + 2 ..< at + len:
      if byteAt(index) notin 0x80 .. 0xbf: return false
    at += len
  true

proc checkText*(text, what: string) =
  if not isUtf8(text):
    raise newException(ValueError, "the " & what & " is no UTF-8; make it bytes, or mend it")

proc write(encoded: var Encoded, target: ptr RawValue, value: Value, depth: int)

proc writeText(target: ptr RawValue, text: string) =
  checkText(text, "text")
  target.kind = kindStr
  target.data = if text.len > 0: unsafeAddr text[0] else: nil
  target.len = uint64(text.len)

proc structs(
    encoded: var Encoded, target: ptr RawValue, count, each, depth: int
): ptr UncheckedArray[RawValue] =
  if depth == DepthMax:
    raise newException(ValueError, "a value may be nested " & $DepthMax & " deep")
  encoded.blocks.add newSeq[RawValue](max(count * each, 1))
  result = cast[ptr UncheckedArray[RawValue]](addr encoded.blocks[^1][0])
  target.items = result
  target.count = uint64(count)

proc writeLabel*(target: ptr RawValue, label: string) =
  checkText(label, "label")
  target.label = cstring(label)
  target.label_len = uint64(label.len)

proc writeShape*(target: ptr RawValue, dtype: Dtype, shape: openArray[int]) =
  target.dtype = uint32(ord(dtype))
  target.ndim = uint32(shape.len)
  for index, size in shape: target.shape[index] = uint64(size)

proc write(encoded: var Encoded, target: ptr RawValue, value: Value, depth: int) =
  target.size = uint32(sizeof(RawValue))
  target.kind = uint32(ord(value.kind))
  case value.kind
  of vkNull: discard
  of vkBool: target.i = int64(value.boolean)
  of vkInt: target.i = value.integer
  of vkUint: target.u = value.unsigned
  of vkFloat: target.f = value.number
  of vkStr: writeText(target, value.text)
  of vkBytes, vkTensor, vkOpaque:
    target.data = value.data.address
    target.len = uint64(value.data.len)
    if value.kind != vkBytes: writeLabel(target, value.label)
    if value.kind == vkTensor:
      writeShape(target, value.dtype, value.shape)
      for index, stride in value.strides: target.strides[index] = int64(stride)
  of vkList:
    let items = encoded.structs(target, value.items.len, 1, depth)
    # By index: a loop over the items would copy them, and the structs point to what is copied.
    for index in 0 ..< value.items.len:
      encoded.write(addr items[index], value.items[index], depth + 1)
  of vkMap:
    let items = encoded.structs(target, value.pairs.len, 2, depth)
    for index in 0 ..< value.pairs.len:
      items[2 * index].size = uint32(sizeof(RawValue))
      writeText(addr items[2 * index], value.pairs[index][0])
      encoded.write(addr items[2 * index + 1], value.pairs[index][1], depth + 1)

proc encode*(encoded: var Encoded, value: Value) =
  encoded.write(addr encoded.root, value, 0)

# Decoding

proc textOf(address: pointer, len: uint64): string =
  result = newString(int(len))
  if len > 0: copyMem(addr result[0], address, int(len))

proc decode*(source: ptr RawValue, owner: RootRef): Value =
  ## The value of a struct. What it shows of a message's memory keeps the owner.
  if source.kind > uint32(ord(high(Kind))):
    raise newException(ValueError, "the value is of a kind that this binding does not know")
  result = Value(kind: Kind(source.kind))
  case result.kind
  of vkNull: discard
  of vkBool: result.boolean = source.i != 0
  of vkInt: result.integer = source.i
  of vkUint: result.unsigned = source.u
  of vkFloat: result.number = source.f
  of vkStr: result.text = textOf(source.data, source.len)
  of vkBytes, vkTensor, vkOpaque:
    result.data = Data(address: source.data, len: int(source.len), owner: owner)
    result.label = textOf(source.label, source.label_len)
    if result.kind == vkTensor:
      result.dtype = Dtype(source.dtype)
      for index in 0 ..< int(source.ndim):
        result.shape.add int(source.shape[index])
        result.strides.add int(source.strides[index])
  of vkList:
    for index in 0 ..< int(source.count):
      result.items.add decode(addr source.items[index], owner)
  of vkMap:
    for index in 0 ..< int(source.count):
      let key = addr source.items[2 * index]
      result.pairs.add (textOf(key.data, key.len), decode(addr source.items[2 * index + 1], owner))

proc isShown*(value: Value): bool =
  ## Whether the value shows memory that is not its own.
  case value.kind
  of vkBytes, vkTensor, vkOpaque: result = true
  of vkList:
    for item in value.items:
      if isShown(item): return true
  of vkMap:
    for (_, item) in value.pairs:
      if isShown(item): return true
  else: discard
