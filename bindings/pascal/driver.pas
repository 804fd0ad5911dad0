{ The Pascal side of testing/interop: one command per line on the input, one answer per line. }
program Driver;

{$IFDEF FPC}{$MODE OBJFPC}{$H+}{$ENDIF}

uses
  Classes, SysUtils, Sipc, DriverNotation;

var
  Channels: TStringList; { of TSipcChannel, by id }
  Held: TSipcMessage;    { by hold, until the next one }

function ChannelOf(const Id: string): TSipcChannel;
begin
  if Channels.IndexOf(Id) < 0 then
    raise Exception.Create('no channel ' + Id);
  Result := TSipcChannel(Channels.Objects[Channels.IndexOf(Id)]);
end;

{ What stands behind "name=" among the words from First on, else Default. }
function Setting(const Words: array of string; const Name: string; Default: Int64): Int64;
var
  Word: string;
begin
  Result := Default;
  for Word in Words do
    if Copy(Word, 1, Length(Name) + 1) = Name + '=' then
      Result := StrToInt64(Copy(Word, Length(Name) + 2, MaxInt));
end;

function HasWord(const Words: array of string; const Wanted: string): Boolean;
var
  Word: string;
begin
  Result := False;
  for Word in Words do
    Result := Result or (Word = Wanted);
end;

function Open(const Words: array of string): string;
var
  Options: TSipcOptions;
  Channel: TSipcChannel;
begin
  Options := SipcOptions;
  Options.Lossless := HasWord(Words, 'lossless');
  Options.Latest := HasWord(Words, 'latest');
  Options.History := Setting(Words, 'history', 0);
  Options.Depth := Setting(Words, 'depth', 0);
  case Words[2] of
    'publish': Channel := TSipcPublisher.Create(Words[3], Options);
    'subscribe': Channel := TSipcSubscriber.Create(Words[3], Options);
    'send': Channel := TSipcSender.Create(Words[3], Options);
    'receive': Channel := TSipcReceiver.Create(Words[3], Options);
  else
    raise Exception.Create('no role ' + Words[2]);
  end;
  Channels.AddObject(Words[1], Channel);
  Result := 'ok';
end;

function Put(const Words: array of string): string;
var
  Producer: TSipcProducer;
begin
  Producer := ChannelOf(Words[1]) as TSipcProducer;
  Producer.Put(ParseValue(Words[2]), Setting(Words, 'capture', 0), 10000);
  Result := 'ok';
end;

function PutLoan(const Words: array of string): string;
var
  Producer: TSipcProducer;
  Value: TSipcValue;
  Loan: ISipcLoan;
  Shape: array of UInt64;
  Dim: Integer;
begin
  Producer := ChannelOf(Words[1]) as TSipcProducer;
  Value := ParseValue(Words[2]);
  if Value.Kind = SIPC_KIND_TENSOR then
  begin
    SetLength(Shape, Value.Dims);
    for Dim := 0 to High(Shape) do
      Shape[Dim] := Value.Shape(Dim);
    Loan := Producer.LoanTensor(Value.Dtype, Shape, Value.Caption, 10000);
  end
  else
    Loan := Producer.LoanBytes(Value.Len, 10000);
  Move(Value.Data^, Loan.Data^, Value.Len);
  Loan.Put(0, 10000);
  Result := 'ok';
end;

function Once(const Words: array of string): string;
begin
  if Words[1] = 'send' then
    SipcSend(Words[2], ParseValue(Words[3]))
  else
    SipcPublish(Words[2], ParseValue(Words[3]));
  Result := 'ok';
end;

function Take(const Words: array of string): string;
var
  Message: TSipcMessage;
  IsAged: Boolean;
begin
  Held := Default(TSipcMessage);
  Message := (ChannelOf(Words[1]) as TSipcSource).Receive(StrToInt64(Words[2]));
  IsAged := (Message.PublishTimeNs > 0) and (Message.ReceiveTimeNs >= Message.PublishTimeNs);
  Result := Format('value %s seq=%u missed=%u redelivered=%d capture=%d aged=%d',
    [PrintValue(Message.Value), Message.Sequence, Message.Missed, Ord(Message.Redelivered),
    Message.CaptureTimeNs, Ord(IsAged)]);
  if Words[0] = 'hold' then
    Held := Message;
end;

function Close(const Id: string): string;
begin
  ChannelOf(Id).Free;
  Channels.Delete(Channels.IndexOf(Id));
  Result := 'ok';
end;

function Answer(const Words: array of string): string;
begin
  case Words[0] of
    'hello': Result := 'ok pascal ' + SipcVersion;
    'open': Result := Open(Words);
    'put': Result := Put(Words);
    'loan': Result := PutLoan(Words);
    'once': Result := Once(Words);
    'take', 'hold': Result := Take(Words);
    'close': Result := Close(Words[1]);
    'quit': Result := 'ok';
  else
    raise Exception.Create('no command ' + Words[0]);
  end;
end;

function GuardedAnswer(const Line: string): string;
begin
  try
    Result := Answer(Line.Split([' ']));
  except
    on Error: ESipc do
      Result := Format('error %d %s', [Error.Status, Error.Message]);
    on Error: Exception do
      Result := Format('error %d driver: %s', [SIPC_BAD_ARGUMENT, Error.Message]);
  end;
end;

var
  Line: string;
begin
  Channels := TStringList.Create;
  repeat
    ReadLn(Line);
    if Line <> '' then
      WriteLn(GuardedAnswer(Line));
    Flush(Output);
  until (Line = 'quit') or EOF;
  while Channels.Count > 0 do
    Close(Channels[0]);
  Channels.Free;
end.
