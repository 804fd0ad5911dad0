{ Every kind of value through a queue and back, and what its accessors refuse. }
unit ValueTests;

{$MODE OBJFPC}{$H+}

interface

procedure RunValueTests;

implementation

uses
  Math, SysUtils, Harness, Sipc;

{ Sends a value and gives back what arrives. }
function Sent(const Value: TSipcValue): TSipcValue;
begin
  SipcSend('values', Value);
  Result := SipcReceive('values', 1000).Value;
end;

procedure Numbers;
const
  INTS: array[0..6] of Int64 = (0, 1, -1, 42, High(Int32), Low(Int64), High(Int64));
var
  Number: Int64;
begin
  for Number in INTS do
  begin
    ExpectInt(Sent(Number).Kind, SIPC_KIND_INT, 'kind');
    ExpectInt(Sent(Number).AsInt, Number, 'int');
  end;
  ExpectInt(Sent(High(UInt64)).Kind, SIPC_KIND_UINT, 'kind of the largest uint');
  Expect(Sent(High(UInt64)).AsUint = High(UInt64), 'the largest uint');
  ExpectInt(Sent(UInt64(7)).Kind, SIPC_KIND_UINT, 'kind of a small uint');
  ExpectInt(Sent(UInt64(7)).AsInt, 7, 'a small uint read as an int');
  Expect(Sent(7).AsUint = 7, 'a positive int read as a uint');
  Expect(Sent(7).AsFloat = 7.0, 'an int read as a float');
  Expect(Sent(UInt64(7)).AsFloat = 7.0, 'a uint read as a float');
  Expect(Sent(High(UInt64)).AsFloat = 18446744073709551616.0, 'the largest uint read as a float');
end;

procedure Bools;
begin
  ExpectInt(Sent(True).Kind, SIPC_KIND_BOOL, 'kind');
  Expect(Sent(True).AsBool, 'true');
  Expect(not Sent(False).AsBool, 'false');
  Expect(Sent(1 < 2).AsBool, 'a comparison');
end;

{ Quiet and signalling NaNs with a payload, -0, infinities, the smallest and the largest. }
procedure FloatBits;
const
  BITS: array[0..8] of Int64 = ($7FF8DEADBEEF0001, $FFF8000000000001, $7FF4000000000001,
    $8000000000000000, $7FF0000000000000, $FFF0000000000000, $0000000000000001,
    $7FEFFFFFFFFFFFFF, $3FF199999999999A);
var
  Wanted: Int64;
  Found: Double;
begin
  for Wanted in BITS do
  begin
    Found := Sent(PDouble(@Wanted)^).AsFloat;
    Expect(PInt64(@Found)^ = Wanted, 'bits ' + IntToHex(Wanted, 16) + ' arrived as ' +
      IntToHex(PInt64(@Found)^, 16));
  end;
  Expect(GetExceptionMask * [exInvalidOp, exZeroDivide, exOverflow] = [],
    'the exceptions of the floating-point unit are not on, so this test shows nothing');
end;

procedure Texts;
const
  GREETING = 'Gr'#$C3#$BC#$C3#$9F'e '#$F0#$9F#$91#$8B;
var
  Long: string;
begin
  ExpectText(Sent('hello').AsString, 'hello', 'text');
  ExpectText(Sent('').AsString, '', 'empty text');
  ExpectInt(Sent('x').Kind, SIPC_KIND_STR, 'kind of a single character');
  ExpectText(Sent('a'#0'b').AsString, 'a'#0'b', 'text with a NUL');
  ExpectText(Sent(GREETING).AsString, GREETING, 'UTF-8');
  ExpectText(Sent(GREETING).AsString + '!', GREETING + '!', 'UTF-8 and a literal');
  Long := StringOfChar('z', 1000 * 1000);
  ExpectText(Sent(Long).AsString, Long, 'a megabyte of text');
end;

procedure SendBadUtf8;
begin
  SipcSend('values', #$FF#$FE);
end;

procedure TextMustBeUtf8;
begin
  ExpectError(@SendBadUtf8, ESipcMisuse, SIPC_BAD_VALUE);
end;

procedure Blocks;
var
  Large: TBytes;
  Index: Integer;
begin
  ExpectInt(Sent(TBytes.Create(1, 0, 255)).AsBytes[2], 255, 'last byte');
  ExpectInt(Length(Sent(TBytes(nil)).AsBytes), 0, 'empty bytes');
  ExpectInt(Sent(TBytes(nil)).Kind, SIPC_KIND_BYTES, 'kind of empty bytes');
  Large := nil;
  SetLength(Large, 3 * 1000 * 1000);
  for Index := 0 to High(Large) do
    Large[Index] := Index * 7 and 255;
  Expect(CompareMem(Pointer(Sent(Large).AsBytes), Pointer(Large), Length(Large)), 'large bytes');
end;

procedure Lists;
var
  List: TSipcValue;
begin
  List := Sent(SipcList([1, 'two', 3.5, True, SipcNull, UInt64(6), SipcList([]), 'x']));
  ExpectInt(List.Count, 8, 'count');
  ExpectInt(List[0].AsInt, 1, 'int');
  ExpectText(List[1].AsString, 'two', 'text');
  Expect(List[2].AsFloat = 3.5, 'float');
  Expect(List[3].AsBool, 'bool');
  ExpectInt(List[4].Kind, SIPC_KIND_NULL, 'kind of null');
  ExpectInt(List[5].Kind, SIPC_KIND_UINT, 'kind of uint');
  ExpectInt(List[6].Count, 0, 'count of the inner list');
  ExpectText(List[7].AsString, 'x', 'character');
  List := List[6];
  ExpectInt(List.Kind, SIPC_KIND_LIST, 'kind of an item in the variable of its list');
end;

procedure Maps;
var
  Map, Found: TSipcValue;
begin
  Map := Sent(SipcMap(['class', 'cat', 'score', 0.93, 'box', SipcList([10, 20, 64, 48]), '', 0]));
  ExpectInt(Map.Count, 4, 'count');
  ExpectText(Map.Key(0) + ' ' + Map.Key(1) + ' ' + Map.Key(2), 'class score box', 'order of keys');
  ExpectText(Map[0].AsString, 'cat', 'value by index');
  Expect(Map.Find('box', Found), 'a key is not found');
  ExpectInt(Found[3].AsInt, 48, 'value by key');
  Expect(Map.Find('', Found), 'the empty key is not found');
  Expect(not Map.Find('colour', Found), 'a key that is not there is found');
  ExpectInt(Found.Kind, SIPC_KIND_NULL, 'kind of what is not found');
end;

procedure Tensors;
var
  Pixels: array[0..2 * 3 * 4 - 1] of Byte;
  Image, Scalar: TSipcValue;
  Index: Integer;
  Number: Double;
begin
  for Index := 0 to High(Pixels) do
    Pixels[Index] := Index;
  Image := Sent(SipcTensor(SIPC_DTYPE_U8, [2, 3, 4], @Pixels, 'rgba8'));
  ExpectInt(Image.Dtype, SIPC_DTYPE_U8, 'dtype');
  ExpectInt(Image.Dims, 3, 'dimensions');
  ExpectInt(Image.Shape(0) * 100 + Image.Shape(1) * 10 + Image.Shape(2), 234, 'shape');
  ExpectInt(Image.Stride(0) * 100 + Image.Stride(1) * 10 + Image.Stride(2), 1241, 'strides');
  ExpectInt(Image.Len, 24, 'bytes');
  ExpectText(Image.Caption, 'rgba8', 'format');
  Expect(CompareMem(Image.Data, @Pixels, 24), 'content');
  Number := -1.5;
  Scalar := Sent(SipcTensor(SIPC_DTYPE_F64, [], @Number));
  ExpectInt(Scalar.Dims, 0, 'dimensions of a single element');
  Expect(PDouble(Scalar.Data)^ = Number, 'the single element');
  ExpectInt(Sent(SipcTensor(SIPC_DTYPE_C128, [5, 0], nil)).Len, 0, 'bytes of an empty tensor');
end;

procedure LargeTensor;
var
  Frame: TBytes;
  Arrived: TSipcValue;
begin
  Frame := nil;
  SetLength(Frame, 1280 * 720 * 3);
  FillChar(Frame[0], Length(Frame), 77);
  Arrived := Sent(SipcTensor(SIPC_DTYPE_U8, [720, 1280, 3], @Frame[0], 'rgb8'));
  Expect(CompareMem(Arrived.Data, @Frame[0], Length(Frame)), 'content');
  ExpectInt(PtrUInt(Arrived.Data) mod 64, 0, 'alignment');
end;

procedure Opaques;
var
  Json: TSipcValue;
begin
  Json := Sent(SipcOpaque('application/json', TBytes.Create(Ord('{'), Ord('}'))));
  ExpectInt(Json.Kind, SIPC_KIND_OPAQUE, 'kind');
  ExpectText(Json.Caption, 'application/json', 'content type');
  ExpectInt(Json.Len, 2, 'bytes');
  ExpectInt(Json.AsBytes[1], Ord('}'), 'content');
end;

procedure Nulls;
var
  Fresh: TSipcValue;
begin
  ExpectInt(Fresh.Kind, SIPC_KIND_NULL, 'kind of a fresh variable');
  ExpectInt(Sent(Fresh).Kind, SIPC_KIND_NULL, 'kind of a fresh variable sent');
  ExpectInt(Sent(SipcNull).Kind, SIPC_KIND_NULL, 'kind of null');
end;

{ The type of a variable decides, not its value; the smaller unsigned ones fit an int. }
procedure NativeTypes;
var
  TinyUnsigned: Byte = 200;
  SmallUnsigned: Word = 60000;
  Unsigned: Cardinal = 4000000000;
  Tiny: ShortInt = -100;
  Size: SizeInt = 5;
  Real: Single = 0.25;
  Short: ShortString = 'short';
  Letter: Char = 'c';
  Utf8: UTF8String = 'utf';
begin
  ExpectInt(Sent(TinyUnsigned).AsInt * Ord(Sent(TinyUnsigned).Kind = SIPC_KIND_INT), 200, 'Byte');
  ExpectInt(Sent(SmallUnsigned).Kind, SIPC_KIND_INT, 'kind of a Word');
  ExpectInt(Sent(Unsigned).Kind, SIPC_KIND_INT, 'kind of a Cardinal');
  ExpectInt(Sent(Unsigned).AsInt, 4000000000, 'Cardinal');
  ExpectInt(Sent(Tiny).AsInt, -100, 'ShortInt');
  ExpectInt(Sent(Size).AsInt, 5, 'SizeInt');
  Expect(Sent(Real).AsFloat = 0.25, 'Single');
  ExpectText(Sent(Short).AsString, 'short', 'ShortString');
  ExpectText(Sent(Letter).AsString, 'c', 'Char');
  ExpectText(Sent(Utf8).AsString, 'utf', 'UTF8String');
  ExpectText(Sent(PChar('pointer')).AsString, 'pointer', 'PChar');
end;

procedure ReadTextAsInt;
begin
  Sent('text').AsInt;
end;

procedure ReadNegativeAsUint;
begin
  Sent(-1).AsUint;
end;

procedure ReadLargeAsInt;
begin
  Sent(High(UInt64)).AsInt;
end;

procedure ReadPastTheEnd;
begin
  Sent(SipcList([1, 2]))[2].Kind;
end;

procedure ReadNoSuchDimension;
begin
  Sent(SipcTensor(SIPC_DTYPE_U8, [0], nil)).Shape(1);
end;

procedure MakeUnevenMap;
begin
  SipcMap(['key']);
end;

procedure SendNumberAsKey;
begin
  SipcSend('values', SipcMap([1, 2]));
end;

procedure MakeNoSuchType;
begin
  SipcTensor(99, [1], nil);
end;

procedure Refusals;
begin
  ExpectError(@ReadTextAsInt, ESipcMisuse, SIPC_BAD_VALUE);
  ExpectError(@ReadNegativeAsUint, ESipcMisuse, SIPC_BAD_VALUE);
  ExpectError(@ReadLargeAsInt, ESipcMisuse, SIPC_BAD_VALUE);
  ExpectError(@ReadPastTheEnd, ESipcMisuse, SIPC_BAD_ARGUMENT);
  ExpectError(@ReadNoSuchDimension, ESipcMisuse, SIPC_BAD_ARGUMENT);
  ExpectError(@MakeUnevenMap, ESipcMisuse, SIPC_BAD_VALUE);
  ExpectError(@SendNumberAsKey, ESipcMisuse, SIPC_BAD_VALUE);
  ExpectError(@MakeNoSuchType, ESipcMisuse, SIPC_BAD_VALUE);
end;

procedure RunValueTests;
begin
  Test('numbers', @Numbers);
  Test('bools', @Bools);
  Test('float_bits', @FloatBits);
  Test('texts', @Texts);
  Test('text_must_be_utf8', @TextMustBeUtf8);
  Test('bytes', @Blocks);
  Test('lists', @Lists);
  Test('maps', @Maps);
  Test('tensors', @Tensors);
  Test('large_tensor', @LargeTensor);
  Test('opaques', @Opaques);
  Test('nulls', @Nulls);
  Test('native_types', @NativeTypes);
  Test('refusals', @Refusals);
end;

end.
