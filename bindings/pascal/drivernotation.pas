{ The driver's notation of values, one word each, and their native Pascal form. }
unit DriverNotation;

{$IFDEF FPC}{$MODE OBJFPC}{$H+}{$ENDIF}

interface

uses
  SysUtils, Sipc;

{ The tensors among the values stay valid until the next call. }
function ParseValue(const Word: string): TSipcValue;
function PrintValue(const Value: TSipcValue): string;

implementation

const
  DTYPES: array[SIPC_DTYPE_BOOL..SIPC_DTYPE_C128] of string = ('bool', 'u8', 'i8', 'u16', 'i16',
    'u32', 'i32', 'u64', 'i64', 'f16', 'f32', 'f64', 'c64', 'c128');
  PRINTED_BYTES_MAX = 64;

type
  { Reads a value from the left. }
  TParser = class
  private
    FText: string;
    FAt: Integer; { of the next character }
    function Field: string;
    function HexField: TBytes;
    function TextField: string;
    function Pattern(Len: Int64): TBytes;
    function TextPattern(Len: Int64): string;
    function FloatField: Double;
    function List: TSipcValue;
    function Map: TSipcValue;
    function Tensor(IsPattern: Boolean): TSipcValue;
    function Value: TSipcValue;
  end;

var
  TensorData: array of TBytes; { what the tensors of the last ParseValue point to }

{ Up to the next separator, which is passed over unless it closes something. }
function TParser.Field: string;
var
  Start: Integer;
begin
  Start := FAt;
  while (FAt <= Length(FText)) and not (FText[FAt] in [':', ',', ']', '}']) do
    Inc(FAt);
  Result := Copy(FText, Start, FAt - Start);
  if (FAt <= Length(FText)) and (FText[FAt] = ':') then
    Inc(FAt);
end;

function TParser.HexField: TBytes;
var
  Digits: string;
  Index: Integer;
begin
  Digits := Field;
  Result := nil;
  SetLength(Result, Length(Digits) div 2);
  for Index := 0 to High(Result) do
    Result[Index] := StrToInt('$' + Copy(Digits, 2 * Index + 1, 2));
end;

function TextOf(const Bytes: TBytes): string;
begin
  SetString(Result, PAnsiChar(Bytes), Length(Bytes));
end;

function TParser.TextField: string;
begin
  Result := TextOf(HexField);
end;

function TParser.FloatField: Double;
var
  Bits: UInt64;
begin
  Bits := StrToQWord('$' + Field);
  Result := PDouble(@Bits)^;
end;

function TParser.Pattern(Len: Int64): TBytes;
var
  Seed: Int64;
  Index: Integer;
begin
  Seed := StrToInt64(Field);
  Result := nil;
  SetLength(Result, Len);
  for Index := 0 to High(Result) do
    Result[Index] := (Seed + Index mod 251) and 255;
end;

function TParser.TextPattern(Len: Int64): string;
var
  Seed: Int64;
  Index: Integer;
begin
  Seed := StrToInt64(Field);
  Result := StringOfChar('a', Len);
  for Index := 0 to Len - 1 do
    Result[Index + 1] := Chr(Ord('a') + (Seed + Index mod 23) mod 26);
end;

function TParser.List: TSipcValue;
var
  Items: array of TSipcValue;
begin
  Items := nil;
  while FText[FAt] <> ']' do
  begin
    SetLength(Items, Length(Items) + 1);
    Items[High(Items)] := Value;
    if FText[FAt] = ',' then
      Inc(FAt);
  end;
  Inc(FAt);
  Result := SipcList(Items);
end;

function TParser.Map: TSipcValue;
var
  Pairs: array of TSipcValue;
begin
  Pairs := nil;
  while FText[FAt] <> '}' do
  begin
    SetLength(Pairs, Length(Pairs) + 2);
    Pairs[High(Pairs) - 1] := Value;
    Pairs[High(Pairs)] := Value;
    if FText[FAt] = ',' then
      Inc(FAt);
  end;
  Inc(FAt);
  Result := SipcMap(Pairs);
end;

function TParser.Tensor(IsPattern: Boolean): TSipcValue;
var
  Name, Dims, Format, Dim: string;
  Dtype: UInt32;
  Shape: array of UInt64;
  Data: TBytes;
begin
  Name := Field;
  Dims := Field;
  Format := TextField;
  Dtype := Low(DTYPES);
  while (Dtype < High(DTYPES)) and (DTYPES[Dtype] <> Name) do
    Inc(Dtype);
  Shape := nil;
  if Dims <> '' then
    for Dim in Dims.Split(['x']) do
    begin
      SetLength(Shape, Length(Shape) + 1);
      Shape[High(Shape)] := StrToQWord(Dim);
    end;
  if IsPattern then
    Data := Pattern(SipcTensor(Dtype, Shape, nil).Len)
  else
    Data := HexField;
  SetLength(TensorData, Length(TensorData) + 1);
  TensorData[High(TensorData)] := Data;
  Result := SipcTensor(Dtype, Shape, Pointer(Data), Format);
end;

function TParser.Value: TSipcValue;
var
  Tag: Char;
  Text: string;
begin
  Tag := FText[FAt];
  Inc(FAt);
  case Tag of
    'n': Result := SipcNull;
    'b': Result := Field = '1';
    'i': Result := StrToInt64(Field);
    'u': Result := StrToQWord(Field);
    'd': Result := FloatField;
    's': Result := TextField;
    'x': Result := HexField;
    '[': Result := List;
    '{': Result := Map;
    't': Result := Tensor(False);
    'T': Result := Tensor(True);
    'o':
      begin
        Text := TextField;
        Result := SipcOpaque(Text, HexField);
      end;
    'X': Result := Pattern(StrToInt64(Field));
    'S': Result := TextPattern(StrToInt64(Field));
  else
    raise Exception.Create('no value begins with ' + Tag);
  end;
end;

function ParseValue(const Word: string): TSipcValue;
var
  Parser: TParser;
begin
  TensorData := nil;
  Parser := TParser.Create;
  try
    Parser.FText := Word;
    Parser.FAt := 1;
    Result := Parser.Value;
  finally
    Parser.Free;
  end;
end;

{ The IEEE CRC-32, as in zlib. }
function Crc32(Data: PByte; Len: UInt64): UInt32;
var
  Table: array[Byte] of UInt32;
  Row: Byte;
  Step: Integer;
  Index: UInt64;
begin
  for Row := 0 to 255 do
  begin
    Table[Row] := Row;
    for Step := 1 to 8 do
      if Odd(Table[Row]) then
        Table[Row] := Table[Row] shr 1 xor $EDB88320
      else
        Table[Row] := Table[Row] shr 1;
  end;
  Result := $FFFFFFFF;
  Index := 0;
  while Index < Len do
  begin
    Result := Result shr 8 xor Table[Byte(Result) xor Data[Index]];
    Inc(Index);
  end;
  Result := not Result;
end;

function Hex(Data: PByte; Len: UInt64): string;
var
  Index: Integer;
begin
  Result := '';
  for Index := 0 to Int64(Len) - 1 do
    Result := Result + LowerCase(IntToHex(Data[Index], 2));
end;

function HexOfText(const Text: string): string;
begin
  Result := Hex(Pointer(Text), Length(Text));
end;

function DataOf(const Value: TSipcValue): string;
begin
  if Value.Len > PRINTED_BYTES_MAX then
    Result := Format('#%u:%s', [Value.Len, LowerCase(IntToHex(Crc32(Value.Data, Value.Len), 8))])
  else
    Result := Hex(Value.Data, Value.Len);
end;

function PrintFloat(Value: Double): string;
begin
  Result := 'd' + LowerCase(IntToHex(PUInt64(@Value)^, 16));
end;

function PrintList(const Value: TSipcValue): string;
var
  Index: Integer;
begin
  Result := '';
  for Index := 0 to Value.Count - 1 do
    Result := Result + ',' + PrintValue(Value[Index]);
  Result := '[' + Copy(Result, 2, MaxInt) + ']';
end;

function PrintMap(const Value: TSipcValue): string;
var
  Index: Integer;
begin
  Result := '';
  for Index := 0 to Value.Count - 1 do
    Result := Result + ',s' + HexOfText(Value.Key(Index)) + ':' + PrintValue(Value[Index]);
  Result := '{' + Copy(Result, 2, MaxInt) + '}';
end;

function PrintTensor(const Value: TSipcValue): string;
var
  Dim: Integer;
begin
  Result := '';
  for Dim := 0 to Value.Dims - 1 do
    Result := Result + 'x' + IntToStr(Value.Shape(Dim));
  Result := 't' + DTYPES[Value.Dtype] + ':' + Copy(Result, 2, MaxInt) + ':' +
    HexOfText(Value.Caption) + ':' + DataOf(Value);
end;

function PrintValue(const Value: TSipcValue): string;
const
  BOOLS: array[Boolean] of string = ('b0', 'b1');
begin
  case Value.Kind of
    SIPC_KIND_NULL: Result := 'n';
    SIPC_KIND_BOOL: Result := BOOLS[Value.AsBool];
    SIPC_KIND_INT: Result := 'i' + IntToStr(Value.AsInt);
    SIPC_KIND_UINT: Result := 'u' + IntToStr(Value.AsUint);
    SIPC_KIND_FLOAT: Result := PrintFloat(Value.AsFloat);
    SIPC_KIND_STR: Result := 's' + DataOf(Value);
    SIPC_KIND_BYTES: Result := 'x' + DataOf(Value);
    SIPC_KIND_LIST: Result := PrintList(Value);
    SIPC_KIND_MAP: Result := PrintMap(Value);
    SIPC_KIND_TENSOR: Result := PrintTensor(Value);
    SIPC_KIND_OPAQUE: Result := 'o' + HexOfText(Value.Caption) + ':' + DataOf(Value);
  else
    Result := Format('?%d', [Value.Kind]);
  end;
end;

end.
