# frozen_string_literal: true

require_relative "harness"

class ValuesTest < SipcTest
  C = SimpleIPC::C

  def round_trip(value)
    SimpleIPC.send("values", value)
    SimpleIPC.receive("values", timeout: SOON, &:value)
  end

  def test_structs_have_the_size_they_have_in_c
    names = %w[error value message options]
    printed = names.map { |name| "printf(\"%zu \", sizeof(sipc_#{name}));" }.join
    program = "#include <simpleipc.h>\n#include <stdio.h>\nint main(void) { #{printed} return 0; }"
    sizes = compile_and_run(program).split.map { |size| Integer(size) }
    assert_equal sizes, names.map { |name| C.const_get("#{name.upcase}_SIZE") }
  end

  def test_values_arrive_as_what_they_were
    [nil, true, false, 0, -(1 << 63), (1 << 63) - 1, 1.5, -0.0, Float::INFINITY, "", "gr\u00fcn\0",
     "\xff\x00".b, [], [1, [2.0, "x", nil]], {},
     { "b" => 1, "a" => [{ "k" => "v" }] }].each do |value|
      there = round_trip(value)
      assert_equal [value.class, value.inspect], [there.class, there.inspect]
    end
  end

  def test_text_and_bytes_are_told_apart_by_their_encoding
    assert_equal Encoding::UTF_8, round_trip("a").encoding
    assert_equal Encoding::BINARY, round_trip("a".b).encoding
    assert_equal "gr\u00fcn", round_trip("gr\u00fcn".encode("UTF-16LE"))
    assert_equal({ "k" => "sym" }, round_trip({ k: :sym }))
  end

  def test_unsigned_integers_stay_unsigned
    assert_equal SimpleIPC::Uint.new(5), round_trip(SimpleIPC::Uint.new(5))
    assert_equal SimpleIPC::Uint.new((1 << 64) - 1), round_trip((1 << 64) - 1)
    assert_equal [5], [1, 2, 3, 4, 5, 6][round_trip(SimpleIPC::Uint.new(4)), 1]
  end

  def test_opaque_values_keep_their_content_type
    json = SimpleIPC::Opaque.new("{}".b, "application/json")
    assert_equal json, round_trip(json)
  end

  def test_what_cannot_be_sent_is_an_error_of_ruby_and_nothing_is_sent
    deep = []
    100.times { deep = [deep] }
    round = []
    round << round
    { Object.new => TypeError, 1.0r => TypeError, { 1 => 2 } => TypeError,
      { nil => 2 } => TypeError, (1 << 64) => RangeError, -(1 << 63) - 1 => RangeError,
      SimpleIPC::Uint.new(-1) => RangeError, SimpleIPC::Uint.new(1 << 64) => RangeError,
      "\xff" => EncodingError,
      [["\xc3("]] => EncodingError, { "\xff".b => 1 } => EncodingError, deep => ArgumentError,
      round => ArgumentError, SimpleIPC::Opaque.new("", "x" * 256) => SimpleIPC::Misuse,
      SimpleIPC::Opaque.new(nil, "x") => TypeError }.each do |value, kind|
      assert_raises(kind, value.class) { SimpleIPC.send("refused", value) }
    end
    assert_raises(SimpleIPC::Timeout) { SimpleIPC.receive("refused", timeout: 0) }
  end

  def test_a_tensor_that_does_not_fit_its_shape_is_refused
    u8 = ->(shape, data, **more) { SimpleIPC::Tensor.new(:u8, shape, data, **more) }
    [[[2, 3], "12345"], [[-1], ""], [[1.0], "1"], [[1] * 9, "1"]].each do |shape, data|
      assert_raises(ArgumentError) { u8.call(shape, data) }
    end
    assert_raises(ArgumentError) { SimpleIPC::Tensor.new(:u9, [1], "1") }
    assert_raises(ArgumentError) { u8.call([2, 2], "123", strides: [2, 1]) }
    assert_raises(ArgumentError) { u8.call([2, 2], "1234", strides: [1]) }
  end

  def test_tensors_of_every_type_arrive
    SimpleIPC::Tensor::DTYPES.each do |dtype, (width, _)|
      bytes = Array.new(6 * width) { |index| index % 60 }.pack("C*")
      there = round_trip(SimpleIPC::Tensor.new(dtype, [2, 3], bytes, "any"))
      assert_equal [dtype, [2, 3], "any", 6, 6 * width],
                   [there.dtype, there.shape, there.format, there.size, there.bytesize]
    end
  end

  def test_a_tensor_is_numbers_in_nested_arrays
    numbers = { bool: [1, 0], i8: [-1, 1], u16: [1, 65_535], i64: [-5, 5], f32: [0.5, -2.0] }
    numbers.each do |dtype, (a, b)|
      data = [a, b].pack("#{SimpleIPC::Tensor::DTYPES[dtype][1]}*")
      assert_equal [[a], [b]], SimpleIPC::Tensor.new(dtype, [2, 1], data).to_a
    end
    assert_equal [Complex(1.0, 2.0)], SimpleIPC::Tensor.new(:c64, [1], [1.0, 2.0].pack("f2")).to_a
    assert_equal 7, SimpleIPC::Tensor.new(:u8, [], "\x07").to_a
    assert_equal [[], []], SimpleIPC::Tensor.new(:u8, [2, 0], "").to_a
  end

  def test_a_part_of_an_image_is_sent_by_its_strides
    image = Fiddle::Pointer["0123456789ab"]
    part = SimpleIPC::Tensor.new(:u8, [3, 2], image, strides: [4, 1])
    assert_equal "014589", part.bytes
    SimpleIPC.send("parts", part)
    SimpleIPC.receive("parts", timeout: SOON) do |message|
      assert_equal "014589", message.value.bytes
    end
  end

  def test_a_tensor_is_looked_at_where_it_lies
    SimpleIPC.send("large", SimpleIPC::Tensor.new(:u8, [100, 100], "a".b * 10_000))
    message = SimpleIPC.receive("large", timeout: SOON)
    tensor = message.value
    place = File.readlines("/proc/self/maps").find do |line|
      from, to = line.split[0].split("-").map(&:hex)
      (from...to).cover?(tensor.pointer.to_i)
    end
    assert_includes place, ENV["SIPC_DIR"]
    assert_equal 0, tensor.pointer.to_i % 64
    assert_equal "aaa", tensor.pointer[5000, 3]
    message.release
    assert_raises(SimpleIPC::Gone) { tensor.pointer }
    assert_raises(SimpleIPC::Gone) { tensor.bytes }
  end

  def test_a_tensor_keeps_its_message
    tensor = proc do
      SimpleIPC.send("kept", SimpleIPC::Tensor.new(:u8, [100_000], "x".b * 100_000))
      SimpleIPC.receive("kept", timeout: SOON).value
    end.call
    GC.start
    3.times { |round| SimpleIPC.send("kept", "y".b * 100_000 + round.to_s) }
    assert_equal "x" * 100_000, tensor.bytes
    3.times { SimpleIPC.receive("kept", timeout: SOON, &:value) }
  end
end
