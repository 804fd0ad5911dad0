{ What is in a message, the same in every language: little-endian words of 64 bits.

  Word 0 is the sequence, the last one a disguise of it, the ones between come from a template. The
  sender writes every byte; the receiver adds up every word and knows what must come out. In frames
  word 1 is a mark, and so it is in the message that ends a size. }
unit Content;

{$MODE OBJFPC}{$H+}{$Q-}{$R-} { sums and products wrap }

interface

const
  GOLDEN = QWord($9E3779B97F4A7C15);
  END_SEQUENCE = High(QWord); { of the message that ends a size }

type
  { The content of the messages of one size. }
  TContent = object
  private
    FTemplate: array of QWord;
    FBetween: QWord; { the sum of the words that are the same in all messages }
    FLast: SizeInt;
  public
    Size: SizeInt;
    constructor Create(ASize: SizeInt);
    procedure Fill(Words: PQWord; Sequence: QWord);
    procedure FillMarked(Words: PQWord; Sequence, Mark: QWord);
    function Sum(Sequence: QWord): QWord;
    function SumMarked(Sequence, Mark: QWord): QWord;
    function IsIntact(Words: PQWord; Len: QWord; Sequence: QWord): Boolean;
    function HasMarks(Words: PQWord; Sequence, Mark: QWord): Boolean;
  end;

function SumWords(Words: PQWord; Bytes: SizeInt): QWord;

{ As in the other workers. Move of Free Pascal 3.2 writes around the caches what is larger than
  256 KiB, so that the other side finds it in no cache: both then take more than twice as long. }
procedure CopyBytes(Target, Source: Pointer; Bytes: SizeUInt); cdecl; external 'c' name 'memcpy';

implementation

function TemplateWord(Index: QWord): QWord;
begin
  Result := RolQWord(Index * GOLDEN, 17);
end;

function SumWords(Words: PQWord; Bytes: SizeInt): QWord;
var
  Past: PQWord;
begin
  Result := 0;
  Past := Words + Bytes div 8;
  while Words < Past do
  begin
    Result := Result + Words^;
    Inc(Words);
  end;
end;

constructor TContent.Create(ASize: SizeInt);
var
  Index: SizeInt;
begin
  Size := ASize;
  FLast := ASize div 8 - 1;
  SetLength(FTemplate, FLast + 1);
  for Index := 0 to FLast do
    FTemplate[Index] := TemplateWord(Index);
  FBetween := 0;
  for Index := 1 to FLast - 1 do
    FBetween := FBetween + FTemplate[Index];
end;

procedure TContent.Fill(Words: PQWord; Sequence: QWord);
begin
  CopyBytes(Words, @FTemplate[0], Size);
  Words[FLast] := Sequence xor GOLDEN;
  Words[0] := Sequence; { also where there is no other word }
end;

procedure TContent.FillMarked(Words: PQWord; Sequence, Mark: QWord);
begin
  Fill(Words, Sequence);
  if FLast > 0 then
    Words[1] := Mark;
end;

function TContent.Sum(Sequence: QWord): QWord;
begin
  Result := FBetween + Sequence;
  if FLast > 0 then
    Result := Result + (Sequence xor GOLDEN);
end;

function TContent.SumMarked(Sequence, Mark: QWord): QWord;
begin
  Result := Sum(Sequence) - TemplateWord(1) + Mark;
end;

function TContent.IsIntact(Words: PQWord; Len: QWord; Sequence: QWord): Boolean;
begin
  Result := (Len = QWord(Size)) and (Words^ = Sequence) and
    (SumWords(Words, Size) = Sum(Sequence));
end;

{ Whether the words that change are right, and one in 512 of the others: for frames, where a look
  at all of them costs a lot. }
function TContent.HasMarks(Words: PQWord; Sequence, Mark: QWord): Boolean;
var
  Index: SizeInt;
begin
  Result := (Words[0] = Sequence) and (Words[1] = Mark) and
    (Words[FLast] = Sequence xor GOLDEN);
  Index := 2;
  while Result and (Index < FLast) do
  begin
    Result := Words[Index] = TemplateWord(Index);
    Inc(Index, 512);
  end;
end;

end.
