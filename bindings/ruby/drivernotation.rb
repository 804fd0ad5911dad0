# frozen_string_literal: true

require "zlib"

# The values of testing/interop as words, and as Ruby has them.
module DriverNotation
  PRINTED_BYTES_MAX = 64

  # Reads a word from the left.
  class Parser
    def initialize(word)
      @word = word
      @at = 0
    end

    def value
      @at += 1
      case @word[@at - 1]
      when "n" then nil
      when "b" then field == "1"
      when "i" then Integer(field)
      when "u" then SimpleIPC::Uint.new(Integer(field))
      when "d" then [field.hex].pack("Q").unpack1("d")
      when "s" then text(field)
      when "x" then bytes(field)
      when "[" then items("]") { value }
      when "{" then items("}") { [value, value] }.to_h
      when "t" then tensor(field, field, field) { bytes(field) }
      when "T" then tensor(field, field, field) { |size| pattern(size, Integer(field)) }
      when "o" then opaque(text(field), bytes(field))
      when "X" then pattern(Integer(field), Integer(field))
      when "S" then text_pattern(Integer(field), Integer(field))
      else raise ArgumentError, "there is no such value: #{@word}"
      end
    end

    private

    # Up to the next separator; a colon is passed over.
    def field
      found = @word[@at..][/\A[^:,\]}]*/]
      @at += found.size
      @at += 1 if @word[@at] == ":"
      found
    end

    def items(close)
      all = []
      until @word[@at] == close
        all << yield
        @at += 1 if @word[@at] == ","
      end
      @at += 1
      @at += 1 if @word[@at] == ":"
      all
    end

    def bytes(hex) = [hex].pack("H*")

    def text(hex) = bytes(hex).force_encoding("UTF-8")

    def opaque(type, data) = SimpleIPC::Opaque.new(data, type)

    def pattern(size, seed)
      block = Array.new(251) { |index| (seed + index) & 255 }.pack("C*")
      (block * (size / 251 + 1)).byteslice(0, size)
    end

    def text_pattern(size, seed)
      block = Array.new(23) { |index| (97 + (seed + index) % 26).chr }.join
      (block * (size / 23 + 1))[0, size].encode("UTF-8")
    end

    def tensor(dtype, sizes, format)
      shape = sizes.split("x").map { |size| Integer(size) }
      size = shape.reduce(1, :*) * SimpleIPC::Tensor::DTYPES[dtype.to_sym][0]
      SimpleIPC::Tensor.new(dtype.to_sym, shape, yield(size), text(format))
    end
  end

  def self.print(value)
    case value
    when nil then "n"
    when true then "b1"
    when false then "b0"
    when Integer then "i#{value}"
    when SimpleIPC::Uint then "u#{value.to_i}"
    when Float then "d#{hex([value].pack('G'))}"
    when String then (value.encoding == Encoding::BINARY ? "x" : "s") + data(value)
    when Array then "[#{value.map { |item| print(item) }.join(',')}]"
    when Hash then "{#{value.map { |key, item| "#{print(key)}:#{print(item)}" }.join(',')}}"
    when SimpleIPC::Tensor
      "t#{value.dtype}:#{value.shape.join('x')}:#{hex(value.format)}:#{data(value.bytes)}"
    when SimpleIPC::Opaque then "o#{hex(value.content_type)}:#{data(value.data)}"
    end
  end

  def self.hex(bytes) = bytes.unpack1("H*")

  def self.data(bytes)
    return hex(bytes) if bytes.bytesize <= PRINTED_BYTES_MAX

    format("#%<size>d:%<crc>08x", size: bytes.bytesize, crc: Zlib.crc32(bytes))
  end
end
