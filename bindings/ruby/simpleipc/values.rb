# frozen_string_literal: true

# What Ruby has no type for, and how values become the library's and back.
module SimpleIPC
  # An integer that is sent, and was received, as an unsigned one.
  Uint = Struct.new(:to_i) { alias_method :to_int, :to_i }

  # Bytes with a content type: Opaque.new("{}", "application/json").
  Opaque = Struct.new(:data, :content_type)

  # An array of numbers: the type of its elements, a shape, and the elements as bytes. One that was
  # received is not copied: it lies in shared memory, read-only, until its message is released.
  class Tensor
    # In the order of SIPC_DTYPE_*: the bytes of an element, and how it is unpacked.
    DTYPES = { bool: [1, "C"], u8: [1, "C"], i8: [1, "c"], u16: [2, "S"], i16: [2, "s"],
               u32: [4, "L"], i32: [4, "l"], u64: [8, "Q"], i64: [8, "q"], f16: [2, "S"],
               f32: [4, "f"], f64: [8, "d"], c64: [8, "f2"], c128: [16, "d2"] }.freeze

    attr_reader :dtype, :shape, :strides, :format

    # `data` is a String, or a Fiddle::Pointer that knows its size. Without strides, which are bytes
    # from one element to the next, it holds all elements, row-major.
    def initialize(dtype, shape, data, format = "", strides: nil, message: nil)
      raise ArgumentError, "there is no dtype #{dtype.inspect}" unless DTYPES.key?(dtype)
      raise ArgumentError, "#{shape} is no shape" unless self.class.shape?(shape)

      @dtype, @shape, @format, @message = dtype, shape, format, message
      @pointer = data.is_a?(String) ? Fiddle::Pointer[data.dup.freeze] : data
      @strides = strides || dense
      wanted = strides ? reach : bytesize
      return if @pointer.size == wanted || (strides && @pointer.size > wanted)

      raise ArgumentError, "#{dtype} #{shape} has #{wanted} bytes, not #{@pointer.size}"
    end

    def self.shape?(sizes)
      sizes.size <= C::DIMS_MAX && sizes.all? { |size| size.is_a?(Integer) && size >= 0 }
    end

    # Bytes of an element, elements, and bytes of all of them.
    def itemsize = DTYPES[@dtype][0]
    def size = @shape.reduce(1, :*)
    def bytesize = size * itemsize

    # Where the elements are. What is left of it after the release of the message must not be used.
    def pointer
      @message&.check_held
      @pointer
    end

    # A copy of all elements, row-major.
    def bytes = @strides == dense ? pointer[0, bytesize] : gather(pointer, 0, 0)

    # A copy as nested arrays of numbers; an f16 is left as its 16 bits.
    def to_a
      width, letters = DTYPES[@dtype]
      copy = bytes
      numbers = (0...copy.bytesize).step(width).map do |at|
        parts = copy.byteslice(at, width).unpack(letters)
        parts.size == 2 ? Complex(*parts) : parts[0]
      end
      nest(numbers, 0)
    end

    private

    def dense
      @shape.each_index.map { |dim| itemsize * @shape.drop(dim + 1).reduce(1, :*) }
    end

    # From the first element to the end of the last one.
    def reach
      raise ArgumentError, "#{@strides} are no strides of #{@shape}" if @strides.size != @shape.size
      return 0 if @shape.include?(0)

      @shape.zip(@strides).sum(itemsize) { |size, stride| (size - 1) * stride }
    end

    def gather(memory, dim, at)
      return memory[at, itemsize] if dim == @shape.size

      (0...@shape[dim]).map { |row| gather(memory, dim + 1, at + row * @strides[dim]) }.join
    end

    def nest(numbers, dim)
      return numbers.shift if dim == @shape.size

      Array.new(@shape[dim]) { nest(numbers, dim + 1) }
    end
  end

  # Between Ruby's values and structs of the library, as the bytes they have in memory.
  module Codec
    DEPTH_MAX = 64
    DTYPE_NAMES = [nil, *Tensor::DTYPES.keys].freeze
    HEAD = C::VALUE.values_at(:size, :kind).join
    CAPTURE_AT = C::VALUE[:capture_time_ns].to_s[/\d+/].to_i

    def self.letters(*fields) = C::VALUE.values_at(*fields).join.freeze

    INT = letters(:i)
    UINT = letters(:u)
    FLOAT = letters(:f)
    DATA = letters(:data, :len)
    ITEMS = letters(:items, :count)
    LABEL = letters(:label, :label_len)
    TENSOR = letters(:data, :len, :label, :label_len, :dtype, :ndim, :shape, :strides)
    KIND = letters(:kind)

    # The struct of a value. It points into memory that lives as long as `keep`.
    def self.encode(value, keep, capture_time_ns = 0)
      raw = pack(value, keep, 0)
      raw[CAPTURE_AT, 8] = [capture_time_ns].pack("q") unless capture_time_ns.zero?
      raw
    end

    # The struct of what is to be lent: of tensors the dtype and shape, of :bytes their number.
    def self.blank(dtype, shape, format, keep)
      return struct(C::KIND_BYTES, DATA, 0, Integer(shape)) if dtype == :bytes
      raise ArgumentError, "there is no dtype #{dtype.inspect}" unless DTYPE_NAMES.index(dtype)
      raise ArgumentError, "#{shape} is no shape" unless Tensor.shape?(shape)

      tensor(dtype, shape, [0] * shape.size, format, [0, 0], keep)
    end

    def self.pack(value, keep, depth)
      raise ArgumentError, "a value is nested more than #{DEPTH_MAX} deep" if depth > DEPTH_MAX

      case value
      when nil then struct(C::KIND_NULL)
      when true, false then struct(C::KIND_BOOL, INT, value ? 1 : 0)
      when Integer then value < 1 << 63 ? signed(value) : unsigned(value)
      when Uint then unsigned(value.to_i)
      when Float then struct(C::KIND_FLOAT, FLOAT, value)
      when String, Symbol then text(value.to_s, keep)
      when Array then items(C::KIND_LIST, value, value.size, keep, depth)
      when Hash then map(value, keep, depth)
      when Opaque
        struct(C::KIND_OPAQUE, DATA + LABEL, *lend(value.data, keep),
               *lend(utf8(value.content_type), keep))
      when Tensor
        keep << value
        tensor(value.dtype, value.shape, value.strides, value.format,
               [value.pointer.to_i, value.pointer.size], keep)
      else raise TypeError, "a #{value.class} cannot be sent"
      end
    end

    def self.struct(kind, letters = "", *fields)
      [C::VALUE_SIZE, kind, *fields].pack(HEAD + letters + C::VALUE[:end])
    end

    def self.signed(value)
      raise RangeError, "#{value} does not fit 64 bits" if value < -(1 << 63)

      struct(C::KIND_INT, INT, value)
    end

    def self.unsigned(value)
      raise RangeError, "#{value} does not fit 64 bits without a sign" if value >> 64 != 0

      struct(C::KIND_UINT, UINT, value)
    end

    # Binary strings are bytes, all others text.
    def self.text(value, keep)
      return struct(C::KIND_BYTES, DATA, *lend(value, keep)) if value.encoding == Encoding::BINARY

      struct(C::KIND_STR, DATA, *lend(utf8(value), keep))
    end

    def self.utf8(value)
      text = value.encode(Encoding::UTF_8)
      return text if text.valid_encoding?

      raise EncodingError, "a text is not valid UTF-8; bytes are sent as a binary string (b)"
    end

    # The address and length of a string. It is a copy that shares its memory: what other threads
    # do with the original does no harm.
    def self.lend(string, keep)
      keep << Fiddle::Pointer[string.dup.freeze]
      [keep.last.to_i, string.bytesize]
    end

    def self.items(kind, values, count, keep, depth)
      structs = values.map { |value| pack(value, keep, depth + 1) }.join
      struct(kind, ITEMS, lend(structs, keep)[0], count)
    end

    def self.map(value, keep, depth)
      pairs = value.flat_map do |key, one|
        is_text = key.is_a?(String) || key.is_a?(Symbol)
        raise TypeError, "a key is text, no #{key.class}" unless is_text

        [utf8(key.to_s), one]
      end
      items(C::KIND_MAP, pairs, value.size, keep, depth)
    end

    def self.tensor(dtype, shape, strides, format, memory, keep)
      fill = [0] * (C::DIMS_MAX - shape.size)
      struct(C::KIND_TENSOR, TENSOR, *memory, *lend(utf8(format), keep), DTYPE_NAMES.index(dtype),
             shape.size, *shape, *fill, *strides, *fill)
    end

    # The value of a struct of a message. A tensor keeps the message.
    def self.decode(raw, message)
      case kind = raw.unpack1(KIND)
      when C::KIND_NULL then nil
      when C::KIND_BOOL then raw.unpack1(INT) != 0
      when C::KIND_INT then raw.unpack1(INT)
      when C::KIND_UINT then Uint.new(raw.unpack1(UINT))
      when C::KIND_FLOAT then raw.unpack1(FLOAT)
      when C::KIND_STR then copy(raw, DATA).force_encoding(Encoding::UTF_8)
      when C::KIND_BYTES then copy(raw, DATA)
      when C::KIND_LIST then list(raw, 1, message)
      when C::KIND_MAP then list(raw, 2, message).each_slice(2).to_h
      when C::KIND_TENSOR then view(raw, message)
      when C::KIND_OPAQUE then Opaque.new(copy(raw, DATA), copy(raw, LABEL).force_encoding("UTF-8"))
      else raise TypeError, "a value of kind #{kind} is none this program knows"
      end
    end

    def self.copy(raw, letters)
      address, len = raw.unpack(letters)
      len.zero? ? String.new : Fiddle::Pointer.new(address)[0, len]
    end

    def self.list(raw, per_item, message)
      address, count = raw.unpack(ITEMS)
      structs = Fiddle::Pointer.new(address)
      Array.new(count * per_item) do |index|
        decode(structs[index * C::VALUE_SIZE, C::VALUE_SIZE], message)
      end
    end

    def self.view(raw, message)
      address, len, _, _, dtype, ndim, *sizes = raw.unpack(TENSOR)
      shape, strides = sizes.each_slice(C::DIMS_MAX).map { |one| one.first(ndim) }
      Tensor.new(DTYPE_NAMES[dtype], shape, Fiddle::Pointer.new(address, len),
                 copy(raw, LABEL).force_encoding("UTF-8"), strides: strides, message: message)
    end
  end
end
