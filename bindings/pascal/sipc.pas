{ SimpleIPC for Free Pascal, Lazarus and Delphi: any program talks to any other on this machine.

  Send and receive make a queue, publish and subscribe a topic; the first verb used on a name
  decides. Text is UTF-8: a Free Pascal string is taken as UTF-8 bytes, as in Lazarus, a Delphi
  string is converted. What fails raises a descendant of ESipc.

  value.inc and channel.inc hold the implementation, generated.inc the C surface. }
unit Sipc;

{$IFDEF FPC}{$MODE DELPHI}{$H+}{$ENDIF} { the grammar both compilers share }

interface

uses
  SysUtils;

{$I generated.inc}

const
  SIPC_FOR_EVER = -1;  { as a TimeoutMs; 0 only tries }
  SIPC_ROOM_MS = 5000; { how long putting waits for room unless told otherwise }

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
  end;

  { An open channel, for one thread at a time; Free closes it. }
  TSipcChannel = class
  private
    FRaw: Psipc_channel;
  protected
    class function Role: UInt32; virtual; abstract;
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

  TSipcSource = class(TSipcChannel)
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

{ One call each; the channel is opened on first use and stays open. }
procedure SipcSend(const Name: string; const Value: TSipcValue);
procedure SipcPublish(const Name: string; const Value: TSipcValue);
function SipcReceive(const Name: string; TimeoutMs: Int64 = SIPC_FOR_EVER): TSipcMessage;
function SipcTryReceive(const Name: string; TimeoutMs: Int64; out Message: TSipcMessage): Boolean;

{ Values nest: SipcMap(['class', 'cat', 'score', 0.93, 'box', SipcList([10, 20, 64, 48])]). }
function SipcNull: TSipcValue;
function SipcList(const Items: array of TSipcValue): TSipcValue;
function SipcMap(const Pairs: array of TSipcValue): TSipcValue;
function SipcOpaque(const ContentType: string; const Content: TBytes): TSipcValue;
{ A dense tensor. Its data is not copied: keep it until the value has been put. }
function SipcTensor(Dtype: UInt32; const Shape: array of UInt64; Data: Pointer;
  const Format: string = ''): TSipcValue;

{ Which of the sources has a message, or -1 after the timeout. }
function SipcWait(const Sources: array of TSipcSource; TimeoutMs: Int64 = SIPC_FOR_EVER): Integer;
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
end.
