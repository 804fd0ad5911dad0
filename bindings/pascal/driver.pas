{ The Pascal side of testing/interop: one command per line on the input, one answer per line. }
program Driver;

{$IFDEF FPC}{$MODE OBJFPC}{$H+}{$ENDIF}

uses
  cthreads, BaseUnix, Classes, SysUtils, Sipc, DriverNotation, DriverMisuse;

var
  Channels: TStringList; { of TSipcChannel, by id }
  Held: TSipcMessage;    { by hold, until the next one }
  Request: TSipcRequest; { of serve, until it is answered }

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
  Options.Permits := Setting(Words, 'permits', 0);
  case Words[2] of
    'publish': Channel := TSipcPublisher.Create(Words[3], Options);
    'subscribe': Channel := TSipcSubscriber.Create(Words[3], Options);
    'send': Channel := TSipcSender.Create(Words[3], Options);
    'receive': Channel := TSipcReceiver.Create(Words[3], Options);
    'set': Channel := TSipcSetter.Create(Words[3], Options);
    'watch': Channel := TSipcWatcher.Create(Words[3], Options);
    'notify': Channel := TSipcNotifier.Create(Words[3], Options);
    'wait': Channel := TSipcWaiter.Create(Words[3], Options);
    'lock': Channel := TSipcLock.Create(Words[3], Options);
    'call': Channel := TSipcClient.Create(Words[3], Options);
    'serve': Channel := TSipcServer.Create(Words[3], Options);
    'host': Channel := TSipcHost.Create(Words[3], Options);
    'peers': Channel := TSipcPeerWatcher.Create(Words[3], Options);
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

function Describe(const Message: TSipcMessage): string;
var
  IsAged: Boolean;
begin
  IsAged := (Message.PublishTimeNs > 0) and (Message.ReceiveTimeNs >= Message.PublishTimeNs);
  Result := Format('value %s seq=%u missed=%u redelivered=%d capture=%d aged=%d',
    [PrintValue(Message.Value), Message.Sequence, Message.Missed, Ord(Message.Redelivered),
    Message.CaptureTimeNs, Ord(IsAged)]);
end;

function CountOf(Notifications: UInt64): string;
begin
  if Notifications = 0 then
    raise ESipcTimeout.CreateStatus(SIPC_TIMEOUT, 0, 'no notification in time');
  Result := Format('count %u', [Notifications]);
end;

function Once(const Words: array of string): string;
begin
  Result := 'ok';
  case Words[1] of
    'send': SipcSend(Words[2], ParseValue(Words[3]));
    'publish': SipcPublish(Words[2], ParseValue(Words[3]));
    'set': SipcSet(Words[2], ParseValue(Words[3]));
    'get': Result := Describe(SipcGet(Words[2], StrToInt64(Words[3])));
    'notify': SipcNotify(Words[2]);
    'wait': Result := CountOf(SipcAwait(Words[2], StrToInt64(Words[3])));
  else
    raise Exception.Create('no one-call helper ' + Words[1]);
  end;
end;

function Take(const Words: array of string): string;
var
  Message: TSipcMessage;
begin
  Held := Default(TSipcMessage);
  if Words[0] = 'get' then
    Message := (ChannelOf(Words[1]) as TSipcWatcher).Get(StrToInt64(Words[2]))
  else
    Message := (ChannelOf(Words[1]) as TSipcSource).Receive(StrToInt64(Words[2]));
  Result := Describe(Message);
  if Words[0] = 'hold' then
    Held := Message;
end;

function PutIf(const Words: array of string): string;
var
  Expected: UInt64;
begin
  Expected := SIPC_NO_VALUE;
  if Words[3] <> 'new' then
    Expected := StrToQWord(Words[3]);
  Result := 'ok';
  if not (ChannelOf(Words[1]) as TSipcSetter).PutIf(ParseValue(Words[2]), Expected) then
    Result := Format('error %d the value is another one', [SIPC_CONFLICT]);
end;

function Lock(const Words: array of string): string;
var
  Locked: TSipcLock;
begin
  Locked := ChannelOf(Words[1]) as TSipcLock;
  if Locked.TryAcquire(StrToInt64(Words[2])) then
    Result := Format('ok abandoned=%d', [Ord(Locked.AbandonedPid <> 0)])
  else
    Result := Format('error %d somebody has it', [SIPC_TIMEOUT]);
end;

function Call(const Words: array of string): string;
var
  Client: TSipcClient;
  Number: UInt64;
begin
  Client := ChannelOf(Words[1]) as TSipcClient;
  Number := 0;
  if HasWord(Words, 'oneway') then
    Client.Send(Words[2], ParseValue(Words[3]))
  else
    Number := Client.Start(Words[2], ParseValue(Words[3]), HasWord(Words, 'idempotent'));
  Result := Format('call %u', [Number]);
end;

function ResultOf(const Words: array of string): string;
var
  Client: TSipcClient;
  Message: TSipcMessage;
begin
  Client := ChannelOf(Words[1]) as TSipcClient;
  try
    if not Client.TryResult(StrToQWord(Words[2]), StrToInt64(Words[3]), Message) then
      Exit(Format('error %d no reply in time', [SIPC_TIMEOUT]));
    Result := Format('reply %s more=%d', [PrintValue(Message.Value), Ord(Message.HasMore)]);
  except
    on Error: ESipcService do
      Result := Format('failed %d %s %s', [Error.Code, PrintValue(Error.Message),
        PrintValue(Error.Data)]);
  end;
end;

function Serve(const Words: array of string): string;
begin
  Request := Default(TSipcRequest);
  if (ChannelOf(Words[1]) as TSipcServer).TryTake(StrToInt64(Words[2]), Request) then
    Result := Format('request %s %s oneway=%d', [Request.Method, PrintValue(Request.Args),
      Ord(Request.IsOneWay)])
  else
    Result := Format('error %d no call in time', [SIPC_TIMEOUT]);
end;

function Respond(const Words: array of string): string;
begin
  Result := 'ok';
  if HasWord(Words, 'more') then
  begin
    Request.Push(ParseValue(Words[1]));
    Exit;
  end;
  if Words[0] = 'reply' then
    Request.Reply(ParseValue(Words[1]))
  else
    Request.Fail(StrToInt64(Words[1]), ParseValue(Words[2]).AsString, ParseValue(Words[3]));
  Request.Done;
end;

function Add(var Asked: TSipcRequest): TSipcValue;
begin
  Result := Asked.Args[0].AsInt + Asked.Args[1].AsInt;
end;

procedure RepeatPut(Sender: TSipcProducer; const Value: TSipcValue; Count: Int64);
var
  Turn: Int64;
begin
  for Turn := 1 to Count do
    Sender.Put(Value, 0, 10000);
end;

{ Of each frame only the ends are written: what it costs to fill is not the library's. }
procedure RepeatLoan(Sender: TSipcProducer; Height, Width: UInt64; Count: Int64);
var
  Frame: ISipcLoan;
  Turn: Int64;
begin
  for Turn := 1 to Count do
  begin
    Frame := Sender.LoanTensor(SIPC_DTYPE_U8, [Height, Width, 3], '', 10000);
    PByte(Frame.Data)[0] := 1;
    PByte(Frame.Data)[Frame.Len - 1] := 2;
    Frame.Put(0, 10000);
  end;
end;

{ Adds up sequence numbers and both ends of the data. }
function RepeatTake(Source: TSipcSource; Count: Int64): string;
var
  Message: TSipcMessage;
  Turn: Int64;
  Sum: UInt64;
begin
  Sum := 0;
  for Turn := 1 to Count do
  begin
    Message := Source.Receive(10000);
    Sum := Sum + Message.Sequence + PByte(Message.Value.Data)[0] +
      PByte(Message.Value.Data)[Message.Value.Len - 1];
    Message.Done;
  end;
  Result := Format('sum %u', [Sum]);
end;

{ Adds up the results of add. }
function RepeatCall(Client: TSipcClient; Count: Int64): string;
var
  Turn, Sum: Int64;
begin
  Sum := 0;
  for Turn := 1 to Count do
    Sum := Sum + Client.Call('add', SipcList([2, 3]), 10000).Value.AsInt;
  Result := Format('sum %d', [Sum]);
end;

procedure RepeatServe(Server: TSipcServer; Count: Int64);
var
  Asked: TSipcRequest;
  Turn: Int64;
begin
  for Turn := 1 to Count do
  begin
    if not Server.TryTake(10000, Asked) then
      raise ESipcTimeout.CreateStatus(SIPC_TIMEOUT, 0, 'no call in time');
    Asked.Reply(Add(Asked));
    Asked.Done;
  end;
end;

{ The plurals: the same verb many times, in a loop that is measured from outside. }
function Again(const Words: array of string): string;
var
  Channel: TSipcChannel;
  Count: Int64;
begin
  Channel := ChannelOf(Words[1]);
  Count := StrToInt64(Words[High(Words)]);
  Result := 'ok';
  case Words[0] of
    'puts': RepeatPut(Channel as TSipcProducer, ParseValue(Words[2]), Count);
    'loans': RepeatLoan(Channel as TSipcProducer, StrToQWord(Words[2]), StrToQWord(Words[3]),
        Count);
    'takes': Result := RepeatTake(Channel as TSipcSource, Count);
    'calls': Result := RepeatCall(Channel as TSipcClient, Count);
    'serves': RepeatServe(Channel as TSipcServer, Count);
  end;
end;

procedure StartPlugin(const Words: array of string);
var
  Parsed: TSipcValue;
  Args: array of string;
  Index: Integer;
begin
  Parsed := ParseValue(Words[4]);
  SetLength(Args, Parsed.Count);
  for Index := 0 to High(Args) do
    Args[Index] := Parsed[Index].AsString;
  (ChannelOf(Words[1]) as TSipcHost).Start(Words[2], ParseValue(Words[3]).AsString, Args,
    StrToInt(Words[5]));
end;

{ What comes with an event, as its kind has it. }
function FactOf(const Event: TSipcEvent): TSipcValue;
var
  Names: array of TSipcValue;
  Index: Integer;
begin
  Result := SipcNull;
  case Event.Happening of
    shFailed: Result := Event.Text;
    shReady:
      begin
        SetLength(Names, Length(Event.Methods));
        for Index := 0 to High(Names) do
          Names[Index] := Event.Methods[Index];
        Result := SipcList(Names);
      end;
    shOutput: Result := SipcList([Event.Stream, Event.Text]);
    shEnded: Result := Event.Code;
    shKilled: Result := Event.Signal;
    shRestarting: Result := Event.AfterMs;
  end;
end;

function EventOf(const Words: array of string): string;
var
  Event: TSipcEvent;
begin
  Event := (ChannelOf(Words[1]) as TSipcHost).Event(StrToInt64(Words[2]));
  Result := Format('event %s %s %s', [SipcEventName(Event.Happening), Event.Plugin,
    PrintValue(FactOf(Event))]);
end;

function PeerEventOf(const Words: array of string): string;
const
  WORD_FOR: array[Boolean] of string = ('down', 'up');
var
  Event: TSipcPeerEvent;
begin
  Event := (ChannelOf(Words[1]) as TSipcPeerWatcher).Event(StrToInt64(Words[2]));
  Result := Format('peer %s %s %s %d', [WORD_FOR[Event.IsUp], Event.Peer.Role,
    Event.Peer.Language, Event.Peer.Pid]);
end;

function Crash(var Asked: TSipcRequest): TSipcValue;
begin
  Result := Asked.Args;
  fpKill(fpGetPid, SIGABRT);
end;

{ As a plugin it serves add and crash, until its host ends it. }
procedure BeAPlugin;
var
  Server: TSipcServer;
begin
  WriteLn('hello from pascal');
  Flush(Output);
  Server := TSipcServer.CreatePlugin;
  Server.Add('add', @Add);
  Server.Add('crash', @Crash);
  Server.Serve;
  Server.Free;
end;

function Close(const Id: string): string;
begin
  ChannelOf(Id).Free;
  Channels.Delete(Channels.IndexOf(Id));
  Result := 'ok';
end;

function Answer(const Words: array of string): string;
begin
  Result := 'ok';
  case Words[0] of
    'hello': Result := 'ok pascal ' + SipcVersion;
    'open': Result := Open(Words);
    'put': Result := Put(Words);
    'loan': Result := PutLoan(Words);
    'once': Result := Once(Words);
    'take', 'hold', 'get': Result := Take(Words);
    'puts', 'loans', 'takes', 'calls', 'serves': Result := Again(Words);
    'put_if': Result := PutIf(Words);
    'notify': (ChannelOf(Words[1]) as TSipcNotifier).Notify;
    'wait': Result := CountOf((ChannelOf(Words[1]) as TSipcWaiter).Wait(StrToInt64(Words[2])));
    'lock': Result := Lock(Words);
    'unlock': (ChannelOf(Words[1]) as TSipcLock).Release;
    'call': Result := Call(Words);
    'result': Result := ResultOf(Words);
    'cancel': (ChannelOf(Words[1]) as TSipcClient).Cancel(StrToQWord(Words[2]));
    'serve': Result := Serve(Words);
    'reply', 'fail': Result := Respond(Words);
    'cancelled': Result := Format('cancelled %d', [Ord(Request.IsCancelled)]);
    'start': StartPlugin(Words);
    'stop': (ChannelOf(Words[1]) as TSipcHost).Stop(Words[2]);
    'event': Result := EventOf(Words);
    'peer': Result := PeerEventOf(Words);
    'misuse':
      if Words[1] = 'closed' then
        Result := Misused('closed', nil)
      else
        Result := Misused(Words[1], ChannelOf(Words[2]));
    'close': Result := Close(Words[1]);
    'quit': ;
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
  if ParamStr(1) = 'plugin' then
  begin
    BeAPlugin;
    Exit;
  end;
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
