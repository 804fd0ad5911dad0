{ SimpleIPC for Free Pascal, Lazarus and Delphi: any program talks to any other on this machine.

  Send and receive make a queue, publish and subscribe a topic, set, get and watch a state, notify
  and wait a signal, acquire and release a lock, call and serve a service; the first verb used on a
  name decides. A host starts programs as its plugins; a peer watcher tells who comes and goes.
  Text is UTF-8: a Free Pascal string is taken as UTF-8 bytes, as in Lazarus, a Delphi string is
  converted. What fails raises a descendant of ESipc.

  value.inc, channel.inc, state.inc (with signals and locks), service.inc, plugin.inc and
  presence.inc hold the implementation, generated.inc the C surface. }
unit Sipc;

{$IFDEF FPC}{$MODE DELPHI}{$H+}{$ENDIF} { the grammar both compilers share }

interface

uses
  SysUtils;

{$I generated.inc}

const
  SIPC_FOR_EVER = -1;  { as a TimeoutMs; 0 only tries }
  SIPC_ROOM_MS = 5000; { how long putting waits for room unless told otherwise }
  SIPC_NO_VALUE = High(UInt64); { what PutIf expects of a state that has none yet }

type
  { One class for each class of status, so that a status added later finds its place. }
  ESipc = class(Exception)
  private
    FStatus, FOsCode: Int32;
  public
    constructor CreateStatus(AStatus, AOsCode: Int32; const Text: string);
    property Status: Int32 read FStatus; { SIPC_TIMEOUT, SIPC_FULL, ... }
    property OsCode: Int32 read FOsCode; { errno, or 0 }
  end;
  ESipcRetry = class(ESipc);       { full, interrupted, busy: trying again may help }
  ESipcTimeout = class(ESipcRetry);
  ESipcGone = class(ESipc);        { closed, forked, unlinked: open the channel again }
  ESipcMisuse = class(ESipc);      { the call is wrong }
  ESipcCorrupt = class(ESipc);     { damaged, or of another version }
  ESipcSystem = class(ESipc);      { the operating system refused }

  { Keeps valid what a TSipcValue points to; Check raises when it no longer is. }
  ISipcMemory = interface
    procedure Check;
  end;

  { A value of any kind; native values convert by themselves, a fresh variable is null. Asking for
    another kind raises ESipcMisuse. What a message holds is looked at in place, never copied. }
  TSipcValue = record
  private
    FMemory: ISipcMemory; { nil: null }
    FRaw: Psipc_value;
    function Expect(const Kinds: array of UInt32): Psipc_value;
    function Inner(Index, PerEntry, Part: Integer): TSipcValue;
    function TensorDim(Dim: Integer): Psipc_value;
  public
    class operator Implicit(Value: Boolean): TSipcValue;
    class operator Implicit(Value: Int64): TSipcValue;
    class operator Implicit(Value: UInt64): TSipcValue;
    class operator Implicit(Value: Double): TSipcValue;
    class operator Implicit(const Value: string): TSipcValue;
    class operator Implicit(const Value: TBytes): TSipcValue;
    function Kind: UInt32;                         { SIPC_KIND_* }
    function AsBool: Boolean;
    function AsInt: Int64;                         { an int, or a uint that fits }
    function AsUint: UInt64;                       { a uint, or an int that fits }
    function AsFloat: Double;                      { a float, int or uint }
    function AsString: string;
    function AsBytes: TBytes;                      { a copy of what is at Data }
    function Data: Pointer;                        { str, bytes, tensor, opaque: read only }
    function Len: UInt64;                          { bytes at Data }
    function Count: Integer;                       { list: items, map: pairs }
    function Item(Index: Integer): TSipcValue;     { list, map: the value of pair Index }
    function Key(Index: Integer): string;          { map }
    function Find(const Name: string; out Found: TSipcValue): Boolean; { map }
    function Dtype: UInt32;                        { tensor: SIPC_DTYPE_* }
    function Dims: Integer;                        { tensor }
    function Shape(Dim: Integer): UInt64;          { tensor }
    function Stride(Dim: Integer): Int64;          { tensor: bytes }
    function Caption: string;                      { tensor: format, opaque: content type }
    function Raw: Psipc_value;                     { the C struct behind it }
    property Items[Index: Integer]: TSipcValue read Item; default;
  end;

  { A received message. The last reference to its value lets go of it, or Done does. }
  TSipcMessage = record
  private
    FMemory: ISipcMemory;
    FRaw: Psipc_message;
  public
    Value: TSipcValue;
    Sequence: UInt64;                { grows by one with each message of one sender }
    Sender: UInt64;
    Missed: UInt64;                  { topic: lost since the previous message taken }
    Redelivered: Boolean;            { queue: an earlier receiver died holding it }
    HasMore: Boolean;                { reply: others to this call follow }
    PublishTimeNs, ReceiveTimeNs, CaptureTimeNs: Int64; { of SipcNowNs; 0 if unstamped }
    procedure Done;                  { from here on its value raises ESipcGone }
  end;

  { A buffer inside the channel: fill Data, then Put. Dropping it gives it back. }
  ISipcLoan = interface
    function Data: Pointer; { 64-byte aligned }
    function Len: UInt64;
    procedure Put(CaptureTimeNs: Int64 = 0; TimeoutMs: Int64 = SIPC_ROOM_MS);
    procedure Cancel;
  end;

  TSipcOptions = record { start from SipcOptions; spec/api.toml explains each }
    Lossless, Latest, Unstamped, Tap: Boolean;
    History, Depth: UInt32;
    PoolBytesMax: UInt64;
    Directory: string;
    Signal: Int32;   { waiter: raise it, as SIGUSR1, after each notification }
    Permits: UInt32; { lock: how many may have it at once }
  end;

  { An open channel, for one thread at a time; Free closes it. }
  TSipcChannel = class
  private
    FRaw: Psipc_channel;
    FName, FDirectory: string;
  protected
    class function Role: UInt32; virtual; abstract;
    procedure Open(Name: PAnsiChar; const Options: TSipcOptions);
  public
    constructor Create(const Name: string); overload;
    constructor Create(const Name: string; const Options: TSipcOptions); overload;
    destructor Destroy; override;
    procedure Interrupt; { from any thread: the wait in progress, or the next, raises ESipcRetry }
    property Raw: Psipc_channel read FRaw;
  end;

  TSipcProducer = class(TSipcChannel)
  private
    function LoanLike(const Like: TSipcValue; TimeoutMs: Int64): ISipcLoan;
  public
    procedure Put(const Value: TSipcValue; CaptureTimeNs: Int64 = 0;
      TimeoutMs: Int64 = SIPC_ROOM_MS);
    function LoanBytes(Len: UInt64; TimeoutMs: Int64 = SIPC_ROOM_MS): ISipcLoan;
    function LoanTensor(Dtype: UInt32; const Shape: array of UInt64; const Format: string = '';
      TimeoutMs: Int64 = SIPC_ROOM_MS): ISipcLoan;
  end;

  TSipcPublisher = class(TSipcProducer)
  protected
    class function Role: UInt32; override;
  end;

  TSipcSender = class(TSipcProducer)
  protected
    class function Role: UInt32; override;
  end;

  { What can be waited for, by SipcWait and in an event loop. }
  TSipcWaitable = class(TSipcChannel)
  private
    function GetFd: Int32;
  public
    { For fpPoll and the like: readable as long as there may be something to take. Then take, with a
      timeout of 0, until there is nothing; only that makes it unreadable. Of a client: ask for the
      result of each call. It is the handle's own, and closed with it. }
    property Fd: Int32 read GetFd;
  end;

  TSipcSource = class;

  { Behind "for Message in Source": waits for ever. Over a receiver, a message is reported done
    when the body of the loop ends, not when the next one has arrived. }
  TSipcMessages = class
  private
    FSource: TSipcSource;
    FCurrent: TSipcMessage;
  public
    constructor Create(Source: TSipcSource);
    function MoveNext: Boolean;
    property Current: TSipcMessage read FCurrent;
  end;

  TSipcSource = class(TSipcWaitable)
  public
    function Receive(TimeoutMs: Int64 = SIPC_FOR_EVER): TSipcMessage;
    function TryReceive(TimeoutMs: Int64; out Message: TSipcMessage): Boolean;
    function GetEnumerator: TSipcMessages;
  end;

  TSipcSubscriber = class(TSipcSource)
  protected
    class function Role: UInt32; override;
  end;

  TSipcReceiver = class(TSipcSource)
  protected
    class function Role: UInt32; override;
  end;

  { Puts values of a state; the last one stays when the setter has gone. }
  TSipcSetter = class(TSipcProducer)
  protected
    class function Role: UInt32; override;
  public
    { Compare and set: False, and nothing is set, if the value is no longer the one whose Sequence
      is Expected. }
    function PutIf(const Value: TSipcValue; Expected: UInt64; CaptureTimeNs: Int64 = 0;
      TimeoutMs: Int64 = SIPC_ROOM_MS): Boolean;
  end;

  { Get is the value of a state now, Receive the newest that was not taken yet. }
  TSipcWatcher = class(TSipcSource)
  protected
    class function Role: UInt32; override;
  public
    function Get(TimeoutMs: Int64 = SIPC_FOR_EVER): TSipcMessage; { waits for a first value only }
    function TryGet(TimeoutMs: Int64; out Message: TSipcMessage): Boolean;
  end;

  TSipcNotifier = class(TSipcChannel)
  protected
    class function Role: UInt32; override;
  public
    procedure Notify;
  end;

  { From its opening on no notification is missed. }
  TSipcWaiter = class(TSipcSource)
  protected
    class function Role: UInt32; override;
  public
    { How many notifications there were since the last time; 0 if none within the timeout. }
    function Wait(TimeoutMs: Int64 = SIPC_FOR_EVER): UInt64;
  end;

  { A named lock, free at once when its owner dies. Free and Release give it back. }
  TSipcLock = class(TSipcChannel)
  private
    FAbandonedPid: UInt64;
  protected
    class function Role: UInt32; override;
  public
    { So many handles may have it at once; all open it with the same number. }
    constructor CreateSemaphore(const Name: string; Permits: UInt32);
    procedure Acquire;
    function TryAcquire(TimeoutMs: Int64 = 0): Boolean;
    procedure Release;
    { The process that died holding it just before it was acquired here: what it protects may be
      half done. 0 if none did. }
    property AbandonedPid: UInt64 read FAbandonedPid;
  end;

  { An error of a server's own program: its method raises it, and so does the call. }
  ESipcService = class(ESipcMisuse)
  private
    FCode: Int64;
    FData: TSipcValue;
  public
    constructor CreateCode(ACode: Int64; const Text: string); overload;
    constructor CreateCode(ACode: Int64; const Text: string; const AData: TSipcValue); overload;
    property Code: Int64 read FCode;
    property Data: TSipcValue read FData;
  end;

  { Calls the methods of a service. Arguments are an SipcList, an SipcMap, one value or SipcNull. }
  TSipcClient = class(TSipcWaitable)
  private
    function StartWith(const Method: string; const Args: TSipcValue; Flags: UInt32): UInt64;
  protected
    class function Role: UInt32; override;
  public
    { The result. After the timeout the call is cancelled and ESipcTimeout raised. If the server
      dies that is an ESipcGone, or, for what may be done twice, another one gets the call. }
    function Call(const Method: string; const Args: TSipcValue;
      TimeoutMs: Int64 = SIPC_FOR_EVER; Idempotent: Boolean = False): TSipcMessage;
    { Many can be in flight; the number is what TryResult and Cancel want. }
    function Start(const Method: string; const Args: TSipcValue;
      Idempotent: Boolean = False): UInt64;
    { The next reply of a call, the last one if it says no HasMore; False after the timeout. }
    function TryResult(Number: UInt64; TimeoutMs: Int64; out Message: TSipcMessage): Boolean;
    procedure Cancel(Number: UInt64);
    procedure Send(const Method: string; const Args: TSipcValue); { asks for no result }
  end;

  { A call that was taken; when it is let go unanswered that is an error for its client. }
  TSipcRequest = record
  private
    FMessage: TSipcMessage;
    procedure Answer(const Value: TSipcValue; Flags: UInt32);
  public
    Method: string;
    Args: TSipcValue;
    procedure Reply(const Value: TSipcValue);
    procedure Push(const Value: TSipcValue); { one of a stream, before the last }
    procedure Fail(Code: Int64; const Text: string; const Data: TSipcValue);
    function IsCancelled: Boolean; { nobody waits any more; to be asked in long work }
    function IsOneWay: Boolean;
    procedure Done;
  end;

  TSipcMethod = function(var Request: TSipcRequest): TSipcValue;

  { Takes the calls of a service. Either give it methods and let it Serve, or TryTake requests. }
  TSipcServer = class(TSipcSource)
  private
    FNames: array of TSipcValue;
    FMethods: array of TSipcMethod;
    procedure Answer(var Request: TSipcRequest);
  protected
    class function Role: UInt32; override;
  public
    { Of the service that this program is to be, as the plugin that a host has started. }
    constructor CreatePlugin;
    procedure Add(const Method: string; Work: TSipcMethod);
    { What the service offers, in other words than Add's; see sipc_describe. }
    procedure Describe(const Methods: TSipcValue);
    function TryTake(TimeoutMs: Int64; out Request: TSipcRequest): Boolean;
    procedure Serve(TimeoutMs: Int64 = SIPC_FOR_EVER); { until none comes in time, or Interrupt }
  end;

  TSipcHappening = (shStarted, shFailed, shReady, shOutput, shHung, shEnded, shKilled,
    shRestarting, shGivenUp, shOther);

  { Something that has happened to a plugin. }
  TSipcEvent = record
    Happening: TSipcHappening;
    Plugin: string;
    Pid: Int64;               { 0: it has no process }
    Text: string;             { failed: why; output: a line it has printed }
    Stream: string;           { output: stdout or stderr }
    Methods: array of string; { ready: what it serves }
    Code, Signal: Integer;    { ended by itself; killed, as by a crash }
    AfterMs: Int64;           { restarting: the pause before it }
    Missed: UInt64;           { events the host was too slow for, before this one }
  end;

  { Starts programs as plugins and hears what becomes of them; they end with it, also when it is
    killed. Plugin p of the host h serves h.p. Take events, or as a source the messages. }
  TSipcHost = class(TSipcSource)
  private
    procedure Tell(const Wish: TSipcValue);
  protected
    class function Role: UInt32; override;
  public
    { It is started again when it crashes, so often in such a time; not if it ends with code 0.
      One that takes no call for HangAfterMs is killed first; 0: it may. That it runs, or cannot,
      is an event. }
    procedure Start(const Plugin, Executable: string; const Args: array of string;
      Restarts: UInt32 = 3; WithinMs: Int64 = 60000; HangAfterMs: Int64 = 0);
    procedure Stop(const Plugin: string); { asks it to end, and after two seconds ends it }
    function Client(const Plugin: string): TSipcClient; { of whichever process it is then }
    function TryEvent(TimeoutMs: Int64; out Event: TSipcEvent): Boolean;
    function Event(TimeoutMs: Int64 = SIPC_FOR_EVER): TSipcEvent;
  end;

  { An open handle of a channel, of a process that lives. }
  TSipcPeer = record
    Pid: Int64;           { as that process sees its own number }
    Executable: string;   { the program's name }
    Language: string;
    Role: string;         { the verb it has opened the channel for, as "subscribe" }
    SinceNs: Int64;       { of SipcNowNs }
    Id: UInt64;           { the Sender of its messages }
  end;
  TSipcPeers = array of TSipcPeer;

  { Somebody has come, or has gone, however that happened. }
  TSipcPeerEvent = record
    IsUp: Boolean;
    Peer: TSipcPeer;
  end;

  { Tells who comes to a channel and who goes, also by being killed; first who is there already. It
    takes no part itself, and may be there before the channel is. }
  TSipcPeerWatcher = class(TSipcSource)
  protected
    class function Role: UInt32; override;
  public
    function TryEvent(TimeoutMs: Int64; out Event: TSipcPeerEvent): Boolean;
    function Event(TimeoutMs: Int64 = SIPC_FOR_EVER): TSipcPeerEvent;
  end;

{ One call each; the channel is opened on first use and stays open. }
procedure SipcSend(const Name: string; const Value: TSipcValue);
procedure SipcPublish(const Name: string; const Value: TSipcValue);
function SipcReceive(const Name: string; TimeoutMs: Int64 = SIPC_FOR_EVER): TSipcMessage;
function SipcTryReceive(const Name: string; TimeoutMs: Int64; out Message: TSipcMessage): Boolean;

procedure SipcSet(const Name: string; const Value: TSipcValue);
function SipcGet(const Name: string; TimeoutMs: Int64 = SIPC_FOR_EVER): TSipcMessage;
function SipcTryGet(const Name: string; TimeoutMs: Int64; out Message: TSipcMessage): Boolean;
procedure SipcNotify(const Name: string);
function SipcAwait(const Name: string; TimeoutMs: Int64 = SIPC_FOR_EVER): UInt64; { as Wait }

{ Values nest: SipcMap(['class', 'cat', 'score', 0.93, 'box', SipcList([10, 20, 64, 48])]). }
function SipcNull: TSipcValue;
function SipcList(const Items: array of TSipcValue): TSipcValue;
function SipcMap(const Pairs: array of TSipcValue): TSipcValue;
function SipcOpaque(const ContentType: string; const Content: TBytes): TSipcValue;
{ A dense tensor. Its data is not copied: keep it until the value has been put. }
function SipcTensor(Dtype: UInt32; const Shape: array of UInt64; Data: Pointer;
  const Format: string = ''): TSipcValue;

{ Which of the sources has a message, or -1 after the timeout. }
function SipcWait(const Sources: array of TSipcWaitable;
  TimeoutMs: Int64 = SIPC_FOR_EVER): Integer;
function SipcEvent(const Message: TSipcMessage): TSipcEvent; { of whoever subscribes to h.events }
function SipcEventName(Happening: TSipcHappening): string; { as it is published }
{ Who has a channel open now, in the order of their coming. }
function SipcPeers(const Name: string; const Directory: string = ''): TSipcPeers;
function SipcPeerEvent(const Message: TSipcMessage): TSipcPeerEvent; { of what was received }
{ What handles opened from now on say of this program; empty: the executable's file name. }
procedure SipcIdentify(const Executable: string; const Language: string = 'pascal');
function SipcOptions: TSipcOptions;
function SipcNowNs: Int64; { the clock of all time stamps }
function SipcVersion: string;

implementation

type
  TUtf8 = {$IFDEF FPC}RawByteString{$ELSE}UTF8String{$ENDIF};
  TSipcErrorClass = class of ESipc;

{ Errors }

constructor ESipc.CreateStatus(AStatus, AOsCode: Int32; const Text: string);
begin
  inherited Create(Text);
  FStatus := AStatus;
  FOsCode := AOsCode;
end;

procedure Fail(Status, OsCode: Int32; const Text: string);
const
  BY_TENS: array[0..3] of TSipcErrorClass = (ESipcRetry, ESipcGone, ESipcMisuse, ESipcCorrupt);
var
  Found: TSipcErrorClass;
begin
  Found := ESipcSystem;
  if Status = SIPC_TIMEOUT then
    Found := ESipcTimeout
  else if (Status > 0) and (Status < 40) then
    Found := BY_TENS[Status div 10];
  raise Found.CreateStatus(Status, OsCode, Text);
end;

function FromUtf8(Data: PAnsiChar; Len: UInt64): string;
{$IFDEF FPC}
begin
  SetString(Result, Data, Len);
end;
{$ELSE}
var
  Text: UTF8String;
begin
  SetString(Text, Data, Len);
  Result := string(Text);
end;
{$ENDIF}

procedure Require(Status: Int32; const Error: sipc_error);
begin
  if Status <> SIPC_OK then
    Fail(Status, Error.os_code, FromUtf8(Error.message, StrLen(Error.message)));
end;

{ Arguments }

function NameOf(const Name: string): TUtf8;
begin
  if Pos(#0, Name) > 0 then
    Fail(SIPC_BAD_NAME, 0, 'the channel name holds a NUL character; leave it out');
  Result := TUtf8(Name);
end;

function NanosecondsOf(Milliseconds: Int64): Int64;
begin
  if (Milliseconds < 0) or (Milliseconds > High(Int64) div 1000000) then
    Result := -1
  else
    Result := Milliseconds * 1000000;
end;

{$I value.inc}

{$I channel.inc}

{$I state.inc}

{$I service.inc}

{$I plugin.inc}

{$I presence.inc}

function SipcOptions: TSipcOptions;
begin
  Result := Default(TSipcOptions);
end;

function SipcNowNs: Int64;
begin
  Result := c_sipc_now_ns;
end;

function SipcVersion: string;
begin
  Result := string(c_sipc_version);
end;

initialization
  NullValue.size := SizeOf(NullValue);
  if c_sipc_abi_version <> SIPC_ABI_VERSION then
    Fail(SIPC_VERSION, 0, Format('the simpleipc library found speaks ABI %d, this program %d; ' +
      'install the library the program was made for', [c_sipc_abi_version, SIPC_ABI_VERSION]));
  SipcIdentify('');
end.
