{ What all works share: the words of the command line, the lines, and the two ends of a channel. }
unit Ends;

{$MODE OBJFPC}{$H+}

interface

uses
  SysUtils, Sipc, Content;

const
  PUT_BYTES_MAX = 4096;
  SHORT_BYTES = 16;

type
  TWords = record
    Work, System, Dir, Kind, Role: string;
    IsSpinning, IsQueue: Boolean;
    Sizes: array of SizeInt;
    BudgetMs, Count, GapMs, Inputs, Outputs: Int64;
  end;

var
  Words: TWords = (Work: ''; System: 'simpleipc'; Dir: ''; Kind: 'seen'; Role: 'a';
    IsSpinning: False; IsQueue: False; Sizes: nil; BudgetMs: 100; Count: 0; GapMs: 0; Inputs: 1;
    Outputs: 1);
  Buffer: TBytes; { of the small messages; as long as the one last sent }
  Received: TSipcMessage;

procedure Parse;
procedure Say(const Line: string);
procedure Ready;
{ When a size that began then is over. }
function BudgetEnd(FromNs: Int64): Int64;

function OpenInput(const Channel: string; IsQueue: Boolean = False): TSipcSource;
function OpenOutput(const Channel: string; IsQueue: Boolean = False): TSipcProducer;
{ Takes the next message into Received, which lets go of the one before. }
function Take(Source: TSipcSource): PQWord;
procedure Await(Source: TSipcSource);
procedure PutBuffer(Target: TSipcProducer);
procedure SendContent(Target: TSipcProducer; var What: TContent; Sequence: QWord);
procedure SendMarked(Target: TSipcProducer; var What: TContent; Sequence, Mark: QWord);
procedure SendStamp(Target: TSipcProducer; Sequence, Number: QWord);
procedure SendShort(Target: TSipcProducer);

implementation

{ The command line }

procedure SetWord(const Key, Value: string);
var
  Size: string;
begin
  case Key of
    'work': Words.Work := Value;
    'role': Words.Role := Value;
    'system': Words.System := Value;
    'dir': Words.Dir := Value;
    'kind': Words.Kind := Value;
    'wait': Words.IsSpinning := Value = 'spin';
    'pattern': Words.IsQueue := Value = 'queue';
    'budget_ms': Words.BudgetMs := StrToInt64(Value);
    'count': Words.Count := StrToInt64(Value);
    'gap_ms': Words.GapMs := StrToInt64(Value);
    'inputs': Words.Inputs := StrToInt64(Value);
    'outputs': Words.Outputs := StrToInt64(Value);
    'index': ;
    'sizes':
      for Size in Value.Split([',']) do
        if Size <> '' then
        begin
          SetLength(Words.Sizes, Length(Words.Sizes) + 1);
          Words.Sizes[High(Words.Sizes)] := StrToInt64(Size);
        end;
  else
    raise Exception.Create('there is no key ' + Key);
  end;
end;

procedure Parse;
var
  Index, Place: Integer;
begin
  for Index := 1 to ParamCount do
  begin
    Place := Pos('=', ParamStr(Index));
    SetWord(Copy(ParamStr(Index), 1, Place - 1), Copy(ParamStr(Index), Place + 1, MaxInt));
  end;
  if (Words.Inputs <> 1) or (Words.Outputs <> 1) then
    raise Exception.Create('Pascal works with one input and one output');
  if (Words.Work = 'wake') or (Words.Work = 'idle') then
    Words.IsSpinning := False;
end;

{ Lines }

procedure Say(const Line: string);
begin
  WriteLn(Line);
  Flush(Output);
end;

procedure Ready;
var
  Line: string;
begin
  Say('ready');
  ReadLn(Line);
  if Line <> 'go' then
    raise Exception.Create('the runner said ' + Line + ' instead of go');
end;

function BudgetEnd(FromNs: Int64): Int64;
begin
  Result := FromNs + Words.BudgetMs * 1000000;
end;

{ Ends }

function Options(IsOutput, IsQueue: Boolean): TSipcOptions;
begin
  Result := SipcOptions;
  Result.Directory := Words.Dir;
  Result.Unstamped := IsOutput and (Words.System <> 'simpleipc-stamped');
  Result.Lossless := not IsOutput and not IsQueue;
end;

function OpenInput(const Channel: string; IsQueue: Boolean): TSipcSource;
begin
  if IsQueue then
    Result := TSipcReceiver.Create(Channel, Options(False, True))
  else
    Result := TSipcSubscriber.Create(Channel, Options(False, False));
end;

function OpenOutput(const Channel: string; IsQueue: Boolean): TSipcProducer;
begin
  if IsQueue then
    Result := TSipcSender.Create(Channel, Options(True, True))
  else
    Result := TSipcPublisher.Create(Channel, Options(True, False));
end;

function Take(Source: TSipcSource): PQWord;
begin
  if Words.IsSpinning then
    while not Source.TryReceive(0, Received) do
  else
    Source.TryReceive(SIPC_FOR_EVER, Received);
  if Received.Missed > 0 then
    raise Exception.Create(IntToStr(Received.Missed) + ' messages were missed');
  Result := Received.Value.Data;
end;

procedure Await(Source: TSipcSource);
begin
  Take(Source);
  Received.Done;
end;

procedure PutBuffer(Target: TSipcProducer);
begin
  Target.Put(Buffer, 0, SIPC_FOR_EVER);
end;

procedure SendContent(Target: TSipcProducer; var What: TContent; Sequence: QWord);
var
  Loan: ISipcLoan;
begin
  if What.Size <= PUT_BYTES_MAX then
  begin
    if Length(Buffer) <> What.Size then
      SetLength(Buffer, What.Size);
    What.Fill(@Buffer[0], Sequence);
    PutBuffer(Target);
  end
  else
  begin
    Loan := Target.LoanBytes(What.Size, SIPC_FOR_EVER);
    What.Fill(Loan.Data, Sequence);
    Loan.Put(0, SIPC_FOR_EVER);
  end;
end;

procedure SendMarked(Target: TSipcProducer; var What: TContent; Sequence, Mark: QWord);
var
  Loan: ISipcLoan;
begin
  if What.Size <= PUT_BYTES_MAX then
  begin
    SetLength(Buffer, What.Size);
    What.FillMarked(@Buffer[0], Sequence, Mark);
    PutBuffer(Target);
  end
  else
  begin
    Loan := Target.LoanBytes(What.Size, SIPC_FOR_EVER);
    What.FillMarked(Loan.Data, Sequence, Mark);
    Loan.Put(0, SIPC_FOR_EVER);
  end;
end;

procedure SendStamp(Target: TSipcProducer; Sequence, Number: QWord);
begin
  SetLength(Buffer, SHORT_BYTES);
  PQWord(@Buffer[0])[0] := Sequence;
  PQWord(@Buffer[0])[1] := Number;
  PutBuffer(Target);
end;

procedure SendShort(Target: TSipcProducer);
begin
  SendStamp(Target, 0, GOLDEN);
end;

end.
