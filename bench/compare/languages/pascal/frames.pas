{ The work frame: large messages one at a time, filled in place. Kind follow sends bands of them. }
unit Frames;

{$MODE OBJFPC}{$H+}

interface

procedure FrameA;
procedure FrameB;

implementation

uses
  SysUtils, Sipc, Content, Ends, Figures;

const
  FRAMES_WARM = 3;
  FRAMES_MAX = 1 shl 16;
  BAND_BYTES = 128 shl 10;

{ The messages of a frame are all of one size, but for the last. }
function FrameParts(Size: SizeInt; out Part, Last: TContent): SizeInt;
var
  Step: SizeInt;
begin
  Step := Size;
  if (Words.Kind = 'follow') and (Size > BAND_BYTES) then
    Step := BAND_BYTES;
  Result := (Size + Step - 1) div Step;
  Part.Create(Step);
  Last.Create(Size - (Result - 1) * Step);
end;

procedure FrameA;
var
  Ping: TSipcProducer;
  Pong: TSipcSource;
  Part, Last: TContent;
  Size, Parts, Index: SizeInt;
  Sequence: QWord;
  Done, FromNs, EndNs: Int64;

  function IsWanted: Boolean;
  begin
    if Words.Count > 0 then
      Result := Done < Words.Count + FRAMES_WARM
    else
      Result := (SipcNowNs < EndNs) and (Done < FRAMES_MAX);
  end;

begin
  Pong := OpenInput('pong');
  Ping := OpenOutput('ping');
  Ready;
  for Size in Words.Sizes do
  begin
    Parts := FrameParts(Size, Part, Last);
    Sequence := 0;
    Done := 0;
    EndNs := BudgetEnd(SipcNowNs);
    while IsWanted do
    begin
      FromNs := SipcNowNs;
      for Index := 1 to Parts do
      begin
        if Index < Parts then
          SendMarked(Ping, Part, Sequence, FromNs)
        else
          SendMarked(Ping, Last, Sequence, FromNs);
        Inc(Sequence);
      end;
      Await(Pong);
      Inc(Done);
    end;
    SendStamp(Ping, END_SEQUENCE, Sequence);
    Await(Pong);
  end;
  Ping.Free;
  Pong.Free;
end;

procedure FrameB;
var
  Ping: TSipcSource;
  Pong: TSipcProducer;
  Part, Last: TContent;
  What: ^TContent;
  Times: TSamples;
  Size, Parts, Index, At: SizeInt;
  Sequence, SentNs, Sum: QWord;
  DoneNs: Int64;
  Message: PQWord;
  Copies: TBytes;
  Intact, IsSeen, IsRead: Boolean;

  { Which of the two contents a part has, and so its size. }
  procedure Choose;
  begin
    What := @Part;
    if Index = Parts - 1 then
      What := @Last;
  end;

  procedure CheckCopies;
  begin
    At := 0;
    Index := 0;
    while Index < Parts do
    begin
      Choose;
      Intact := Intact and
        What^.HasMarks(@Copies[At], Sequence - QWord(Parts - Index), SentNs);
      Inc(At, What^.Size);
      Inc(Index);
    end;
  end;

begin
  Ping := OpenInput('ping');
  IsSeen := Words.Kind = 'seen';
  IsRead := Words.Kind = 'read';
  Times.Create(FRAMES_MAX);
  What := @Part;
  Ready;
  Pong := OpenOutput('pong');
  for Size in Words.Sizes do
  begin
    Parts := FrameParts(Size, Part, Last);
    Copies := nil;
    SetLength(Copies, Size);
    FillChar(Copies[0], Size, 1); { so that the pages are there }
    Times.Count := 0;
    Intact := True;
    Sequence := 0;
    Index := 0;
    At := 0;
    repeat
      Message := Take(Ping);
      DoneNs := SipcNowNs;
      SentNs := Message[1];
      if Message[0] = END_SEQUENCE then
        Break;
      Choose;
      if Received.Value.Len <> QWord(What^.Size) then
        raise Exception.Create('a message of another size came');
      if IsSeen then
        Intact := What^.HasMarks(Message, Sequence, SentNs) and Intact
      else if IsRead then
      begin
        Sum := SumWords(Message, What^.Size);
        DoneNs := SipcNowNs;
        Intact := Intact and (Sum = What^.SumMarked(Sequence, SentNs));
      end
      else
      begin
        CopyBytes(@Copies[At], Message, What^.Size);
        DoneNs := SipcNowNs;
      end;
      Received.Done;
      Inc(Sequence);
      Inc(At, What^.Size);
      Inc(Index);
      if Index < Parts then
        Continue;
      Times.Take(DoneNs - Int64(SentNs));
      if not IsSeen and not IsRead then
        CheckCopies;
      Index := 0;
      At := 0;
      SendShort(Pong);
    until False;
    Intact := Intact and (Index = 0) and (SentNs = Sequence);
    Received.Done;
    Say(Format('result size=%d unit=ns %s verified=%d',
      [Size, Times.Words(FRAMES_WARM, 1), Ord(Intact)]));
    SendShort(Pong);
  end;
  Pong.Free;
  Ping.Free;
end;

end.
