{ A worker of the comparison in Pascal: one end of SimpleIPC, through unit Sipc, doing one work.

    fpc -O2 -Fubindings/pascal -Fltarget/release -k-rpath -k$PWD/target/release \
        -FUobjects -obench-pascal bench/compare/languages/pascal/worker.pas
    ./bench-pascal work=pingpong role=b wait=spin sizes=8,64 dir=/dev/shm/x
    ./bench-pascal work=pingpong role=a wait=spin sizes=8,64 dir=/dev/shm/x

  where objects is any folder. It does the works pingpong, wake, stream, frame, start, idle and call
  as the harness describes them, with the same messages on the same channels, so that its partner
  may be a worker in any language. As in the Rust worker, messages bear no time unless the system is
  called simpleipc-stamped, and messages above 4096 bytes are filled into a loan. }
program Worker;

{$MODE OBJFPC}{$H+}

uses
  SysUtils, Sipc, Content, Ends, Figures, Frames;

const
  ROUNDS_WARM = 500;
  SAMPLES_MAX = 1 shl 20;
  WAKES_WARM = 2;
  BATCHES_WARM = 5;
  CALLS_PER_SAMPLE = 1000;
  { The clock is read once in as many messages, or in as many bytes if that is sooner. }
  MESSAGES_PER_LOOK = 256;
  BYTES_PER_LOOK = 1 shl 20;

var
  MainNs: Int64; { when the program began }

{ pingpong: a sends, b checks and answers, a checks. Reported is half of each round trip. }

procedure PingpongA;
var
  Ping: TSipcProducer;
  Pong: TSipcSource;
  Times: TSamples;
  What: TContent;
  Size: SizeInt;
  Sequence: QWord;
  FromNs, ToNs, EndNs: Int64;
  Intact: Boolean;

  procedure Round;
  var
    Answer: PQWord;
  begin
    SendContent(Ping, What, Sequence);
    Answer := Take(Pong);
    Intact := What.IsIntact(Answer, Received.Value.Len, Sequence) and Intact;
    Inc(Sequence);
  end;

begin
  Pong := OpenInput('pong');
  Ping := OpenOutput('ping');
  Times.Create(SAMPLES_MAX);
  Ready;
  for Size in Words.Sizes do
  begin
    What.Create(Size);
    Intact := True;
    Sequence := 0;
    Times.Count := 0;
    while Sequence < ROUNDS_WARM do
      Round;
    EndNs := BudgetEnd(SipcNowNs);
    repeat
      FromNs := SipcNowNs;
      Round;
      ToNs := SipcNowNs;
      Times.Take(ToNs - FromNs);
    until (ToNs >= EndNs) or Times.IsFull;
    SendMarked(Ping, What, END_SEQUENCE, Sequence);
    Await(Pong); { b has nothing of this size left }
    Say(Format('result size=%d unit=ns %s verified=%d', [Size, Times.Words(0, 2), Ord(Intact)]));
  end;
  Ping.Free;
  Pong.Free;
end;

procedure PingpongB;
var
  Ping: TSipcSource;
  Pong: TSipcProducer;
  What: TContent;
  Size: SizeInt;
  Next: QWord;
  Question: PQWord;
  Ended: Boolean;
begin
  Ping := OpenInput('ping');
  Ready;
  Pong := OpenOutput('pong');
  for Size in Words.Sizes do
  begin
    What.Create(Size);
    Next := 0;
    repeat
      Question := Take(Ping);
      Ended := Question^ = END_SEQUENCE;
      if Ended or What.IsIntact(Question, Received.Value.Len, Next) then
        SendContent(Pong, What, Next)
      else
        SendContent(Pong, What, END_SEQUENCE - 1); { which a takes for damage }
      Inc(Next);
    until Ended;
  end;
  Pong.Free;
  Ping.Free;
end;

{ wake: a sleeps between messages, b in TryReceive. }

procedure WakeA;
var
  Ping: TSipcProducer;
  Sequence: Int64;
begin
  Ping := OpenOutput('ping');
  Ready;
  for Sequence := 0 to Words.Count - 1 do
  begin
    Sleep(Words.GapMs);
    SendStamp(Ping, Sequence, SipcNowNs);
  end;
  Ping.Free;
end;

{ Also of the work start, whose messages are all the first of somebody. }
procedure StampsB;
var
  Ping: TSipcSource;
  Times: TSamples;
  Next: Int64;
  Stamp: PQWord;
  Intact: Boolean;
  Warm: SizeInt;
  IsStart: Boolean;
begin
  Ping := OpenInput('ping');
  Times.Create(Words.Count);
  Intact := True;
  IsStart := Words.Work = 'start';
  Ready;
  for Next := 0 to Words.Count - 1 do
  begin
    Stamp := Take(Ping);
    Times.Take(SipcNowNs - Int64(Stamp[1]));
    Intact := Intact and (Received.Value.Len = SHORT_BYTES) and
      ((Stamp[0] = 0) or not IsStart and (Stamp[0] = QWord(Next)));
  end;
  Warm := WAKES_WARM;
  if IsStart then
    Warm := 0;
  Say(Format('result size=%d unit=ns %s verified=%d',
    [SHORT_BYTES, Times.Words(Warm, 1), Ord(Intact)]));
  Received.Done;
  Ping.Free;
end;

{ stream: as fast as it goes, the receiver holding the sender back. }

procedure StreamA;
var
  Ping: TSipcProducer;
  Pong: TSipcSource;
  What: TContent;
  Size, Burst: SizeInt;
  Sequence, Next: QWord;
  StartNs, EndNs: Int64;
begin
  Pong := OpenInput('pong');
  Ping := OpenOutput('ping');
  Ready;
  for Size in Words.Sizes do
  begin
    What.Create(Size);
    Burst := BYTES_PER_LOOK div Size;
    if Burst > MESSAGES_PER_LOOK then
      Burst := MESSAGES_PER_LOOK;
    if Burst < 1 then
      Burst := 1;
    Sequence := 0;
    StartNs := SipcNowNs;
    EndNs := BudgetEnd(StartNs);
    while SipcNowNs < EndNs do
    begin
      Next := Sequence + QWord(Burst);
      while Sequence < Next do
      begin
        SendContent(Ping, What, Sequence);
        Inc(Sequence);
      end;
    end;
    SendMarked(Ping, What, END_SEQUENCE, Sequence);
    Await(Pong);
    Say(Format('result size=%d start_ns=%d count=%d', [Size, StartNs, Sequence]));
  end;
  Ping.Free;
  Pong.Free;
end;

procedure StreamB;
var
  Ping: TSipcSource;
  Pong: TSipcProducer;
  What: TContent;
  Size: SizeInt;
  Next: QWord;
  Message: PQWord;
  Intact, Ended: Boolean;
begin
  Ping := OpenInput('ping');
  Ready;
  Pong := OpenOutput('pong');
  for Size in Words.Sizes do
  begin
    What.Create(Size);
    Intact := True;
    Next := 0;
    repeat
      Message := Take(Ping);
      Ended := Message^ = END_SEQUENCE;
      if not Ended then
      begin
        Intact := What.IsIntact(Message, Received.Value.Len, Next) and Intact;
        Inc(Next);
      end
      else if Received.Value.Len >= SHORT_BYTES then
        Intact := Intact and (Message[1] = Next);
    until Ended;
    Say(Format('result size=%d end_ns=%d count=%d verified=%d',
      [Size, SipcNowNs, Next, Ord(Intact)]));
    Received.Done;
    SendShort(Pong);
  end;
  Pong.Free;
  Ping.Free;
end;

{ start: from the first line of the program to the first message being there. }

procedure StartA;
var
  Ping: TSipcProducer;
begin
  Ping := OpenOutput('ping');
  SendStamp(Ping, 0, MainNs);
  Say('done');
  Ping.Free;
end;

{ idle: what waiting costs. }

procedure IdleA;
var
  Ping: TSipcProducer;
begin
  Ping := OpenOutput('ping');
  Ready;
  SendStamp(Ping, 0, 0);
  if Words.GapMs = 0 then
    Words.GapMs := 1000;
  Sleep(Words.GapMs);
  SendStamp(Ping, 1, 0);
  Ping.Free;
end;

type
  TUsage = record { of this system's getrusage: user and system time, then counts }
    UserSeconds, UserMicroseconds, SystemSeconds, SystemMicroseconds: Int64;
    Others: array[0..11] of Int64;
    Waits, Preemptions: Int64;
  end;

function getrusage(Who: LongInt; out Usage: TUsage): LongInt; cdecl; external 'c';

function CpuNs(const Usage: TUsage): Int64;
begin
  Result := (Usage.UserSeconds + Usage.SystemSeconds) * 1000000000 +
    (Usage.UserMicroseconds + Usage.SystemMicroseconds) * 1000;
end;

function Switches(const Usage: TUsage): Int64;
begin
  Result := Usage.Waits + Usage.Preemptions;
end;

procedure IdleB;
var
  Ping: TSipcSource;
  Before, After: TUsage;
  FromNs: Int64;
begin
  Ping := OpenInput('ping');
  Ready;
  Await(Ping);
  FromNs := SipcNowNs;
  getrusage(0, Before);
  Await(Ping);
  getrusage(0, After);
  Say(Format('result cpu_ns=%d switches=%d seconds=%.3f verified=1',
    [CpuNs(After) - CpuNs(Before), Switches(After) - Switches(Before),
    (SipcNowNs - FromNs) / 1e9]));
  Ping.Free;
end;

{ call: put, take and release in one process. }

function CallBatch(Target: TSipcProducer; Source: TSipcSource; Size: SizeInt): Int64;
var
  Number: Int64;
  IsRight: Boolean;
begin
  Result := SipcNowNs;
  for Number := 0 to CALLS_PER_SAMPLE - 1 do
  begin
    if Size = 8 then
      Target.Put(Number, 0, SIPC_FOR_EVER)
    else
    begin
      PLongWord(@Buffer[0])^ := Number;
      PutBuffer(Target);
    end;
    Source.TryReceive(SIPC_FOR_EVER, Received);
    if Size = 8 then
      IsRight := Received.Value.AsInt = Number
    else
      IsRight := PLongWord(Received.Value.Data)^ = Number;
    if not IsRight then
      raise Exception.Create('another value came than was sent');
  end;
  Result := SipcNowNs - Result;
end;

procedure Call;
var
  Target: TSipcProducer;
  Source: TSipcSource;
  Times: TSamples;
  Size: SizeInt;
  Batch: Integer;
  EndNs: Int64;
begin
  Source := OpenInput('ping', Words.IsQueue);
  Target := OpenOutput('ping', Words.IsQueue);
  Times.Create(SAMPLES_MAX);
  Ready;
  for Size in Words.Sizes do
  begin
    SetLength(Buffer, Size);
    Times.Count := 0;
    for Batch := 1 to BATCHES_WARM do
      CallBatch(Target, Source, Size);
    EndNs := BudgetEnd(SipcNowNs);
    while SipcNowNs < EndNs do
      Times.Take(CallBatch(Target, Source, Size));
    Say(Format('result size=%d unit=ns %s verified=1', [Size, Times.Words(0, CALLS_PER_SAMPLE)]));
  end;
  Received.Done;
  Target.Free;
  Source.Free;
end;

procedure Work;
var
  Line: string;
begin
  case Words.Work + ' ' + Words.Role of
    'pingpong a': PingpongA;
    'pingpong b': PingpongB;
    'wake a': WakeA;
    'wake b', 'start b': StampsB;
    'stream a': StreamA;
    'stream b': StreamB;
    'frame a': FrameA;
    'frame b': FrameB;
    'start a': StartA;
    'idle a': IdleA;
    'idle b': IdleB;
    'call a', 'call b': Call;
  else
    raise Exception.Create('the work ' + Words.Work + ' is not done in Pascal');
  end;
  if Words.Work + Words.Role = 'starta' then
    Exit;
  Say('done');
  ReadLn(Line);
end;

begin
  MainNs := SipcNowNs;
  try
    Parse;
    Work;
  except
    on Failure: Exception do
    begin
      Say('error ' + Failure.Message);
      Halt(1);
    end;
  end;
end.
