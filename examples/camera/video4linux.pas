{ A real camera: a V4L2 device that delivers 1280 x 720 YUYV pictures into mapped buffers.

  What has been tried: this unit is compiled with the rest, its ioctl numbers and record sizes were
  compared with <linux/videodev2.h>, and its colour conversion with OpenCV's. The machines it was
  written on have no camera, so the capture loop itself has not met a device yet. }
unit Video4Linux;

{$mode objfpc}{$H+}

interface

uses
  BaseUnix, Frames;

const
  BufferCount = 4;

type
  TVideoDevice = class(TPictureSource)
  private
    FDevice: cint;
    FCard: string;
    FBuffers: array[0..BufferCount - 1] of record
      Start: PByte;
      Length: SizeUInt;
    end;
    FFilled: Integer; { the buffer that holds the frame awaited, or -1 }
    procedure Request(Number: culong; Data: Pointer; const Step: string);
    procedure Queue(Index: Integer);
  public
    { Raises an exception that says why when the device cannot do what is needed. }
    constructor Create(const DevicePath: string);
    destructor Destroy; override;
    function AwaitFrame(Number: Int64): Boolean; override;
    procedure DrawInto(Frame: PByte); override;
    function Describe: string; override;
  end;

{ ITU-R BT.601, limited range: 4 bytes are two pixels that share their colour. }
procedure YuyvToRgb(Source, Target: PByte; Pixels: Integer);

implementation

uses
  SysUtils;

const
  VIDIOC_QUERYCAP = $80685600;
  VIDIOC_S_FMT = $C0D05605;
  VIDIOC_REQBUFS = $C0145608;
  VIDIOC_QUERYBUF = $C0585609;
  VIDIOC_QBUF = $C058560F;
  VIDIOC_DQBUF = $C0585611;
  VIDIOC_STREAMON = $40045612;
  V4L2_BUF_TYPE_VIDEO_CAPTURE = 1;
  V4L2_MEMORY_MMAP = 1;
  V4L2_FIELD_NONE = 1;
  V4L2_PIX_FMT_YUYV = $56595559; { 'YUYV' }

type
  { The layouts of 64-bit Linux. }
  TCapability = packed record
    Driver: array[0..15] of Char;
    Card: array[0..31] of Char;
    BusInfo: array[0..31] of Char;
    Version, Capabilities, DeviceCaps: cuint32;
    Reserved: array[0..2] of cuint32;
  end;

  TFormat = packed record
    BufferType, Padding: cuint32;
    Width, Height, PixelFormat, Field, BytesPerLine, SizeImage: cuint32;
    Rest: array[0..175] of Byte;
  end;

  TRequestBuffers = packed record
    Count, BufferType, Memory, Capabilities: cuint32;
    Flags: cuint32;
  end;

  TBuffer = packed record
    Index, BufferType, BytesUsed, Flags, Field, Padding: cuint32;
    Seconds, Microseconds: Int64;
    TimeCode: array[0..15] of Byte;
    Sequence, Memory: cuint32;
    Offset, OffsetPadding: cuint32;
    Length, Reserved: cuint32;
    RequestFd: cint32;
    Tail: cuint32;
  end;

procedure TVideoDevice.Request(Number: culong; Data: Pointer; const Step: string);
begin
  if fpIOCtl(FDevice, Number, Data) < 0 then
    raise Exception.CreateFmt('%s failed: %s', [Step, SysErrorMessage(fpGetErrno)]);
end;

procedure TVideoDevice.Queue(Index: Integer);
var
  Buffer: TBuffer;
begin
  Buffer := Default(TBuffer);
  Buffer.Index := Index;
  Buffer.BufferType := V4L2_BUF_TYPE_VIDEO_CAPTURE;
  Buffer.Memory := V4L2_MEMORY_MMAP;
  Request(VIDIOC_QBUF, @Buffer, 'giving a buffer to the camera');
end;

constructor TVideoDevice.Create(const DevicePath: string);
var
  Capability: TCapability;
  Format: TFormat;
  Buffers: TRequestBuffers;
  Buffer: TBuffer;
  Index: Integer;
  CaptureType: cint = V4L2_BUF_TYPE_VIDEO_CAPTURE;
begin
  inherited Create;
  FFilled := -1;
  FDevice := fpOpen(DevicePath, O_RDWR);
  if FDevice < 0 then
    raise Exception.CreateFmt('%s cannot be opened: %s', [DevicePath,
      SysErrorMessage(fpGetErrno)]);
  Capability := Default(TCapability);
  Request(VIDIOC_QUERYCAP, @Capability, 'asking for the capabilities');
  FCard := Capability.Card;

  Format := Default(TFormat);
  Format.BufferType := V4L2_BUF_TYPE_VIDEO_CAPTURE;
  Format.Width := FrameWidth;
  Format.Height := FrameHeight;
  Format.PixelFormat := V4L2_PIX_FMT_YUYV;
  Format.Field := V4L2_FIELD_NONE;
  Request(VIDIOC_S_FMT, @Format, 'setting the format');
  if (Format.Width <> FrameWidth) or (Format.Height <> FrameHeight)
    or (Format.PixelFormat <> V4L2_PIX_FMT_YUYV) or (Format.BytesPerLine <> FrameWidth * 2) then
    raise Exception.CreateFmt('%s does not deliver %d x %d YUYV', [DevicePath, FrameWidth,
      FrameHeight]);

  Buffers := Default(TRequestBuffers);
  Buffers.Count := BufferCount;
  Buffers.BufferType := V4L2_BUF_TYPE_VIDEO_CAPTURE;
  Buffers.Memory := V4L2_MEMORY_MMAP;
  Request(VIDIOC_REQBUFS, @Buffers, 'asking for buffers');
  if Buffers.Count <> BufferCount then
    raise Exception.CreateFmt('%s has no %d buffers', [DevicePath, BufferCount]);
  for Index := 0 to BufferCount - 1 do
  begin
    Buffer := Default(TBuffer);
    Buffer.Index := Index;
    Buffer.BufferType := V4L2_BUF_TYPE_VIDEO_CAPTURE;
    Buffer.Memory := V4L2_MEMORY_MMAP;
    Request(VIDIOC_QUERYBUF, @Buffer, 'asking for a buffer');
    FBuffers[Index].Length := Buffer.Length;
    FBuffers[Index].Start := fpMMap(nil, Buffer.Length, PROT_READ or PROT_WRITE, MAP_SHARED,
      FDevice, Buffer.Offset);
    if FBuffers[Index].Start = Pointer(-1) then
    begin
      FBuffers[Index].Start := nil;
      raise Exception.CreateFmt('a buffer of %s cannot be mapped', [DevicePath]);
    end;
    Queue(Index);
  end;
  Request(VIDIOC_STREAMON, @CaptureType, 'starting the stream');
end;

{ Closing the device stops its stream. }
destructor TVideoDevice.Destroy;
var
  Index: Integer;
begin
  for Index := 0 to BufferCount - 1 do
    if FBuffers[Index].Start <> nil then
      fpMUnMap(FBuffers[Index].Start, FBuffers[Index].Length);
  if FDevice >= 0 then
    fpClose(FDevice);
  inherited Destroy;
end;

function TVideoDevice.Describe: string;
begin
  Result := FCard;
end;

function TVideoDevice.AwaitFrame(Number: Int64): Boolean;
var
  Buffer: TBuffer;
begin
  Buffer := Default(TBuffer);
  Buffer.BufferType := V4L2_BUF_TYPE_VIDEO_CAPTURE;
  Buffer.Memory := V4L2_MEMORY_MMAP;
  if fpIOCtl(FDevice, VIDIOC_DQBUF, @Buffer) < 0 then
  begin
    if fpGetErrno = ESysEINTR then
      Exit(False);
    raise Exception.CreateFmt('%s gave no picture: %s', [FCard, SysErrorMessage(fpGetErrno)]);
  end;
  FFilled := Buffer.Index;
  { The driver stamps with CLOCK_MONOTONIC, the clock of all times here. }
  FCaptureTimeNs := Buffer.Seconds * 1000000000 + Buffer.Microseconds * 1000;
  Result := True;
end;

procedure TVideoDevice.DrawInto(Frame: PByte);
begin
  YuyvToRgb(FBuffers[FFilled].Start, Frame, FrameWidth * FrameHeight);
  Queue(FFilled);
end;

function Clamped(Value: Integer): Byte; inline;
begin
  if Value < 0 then
    Result := 0
  else if Value > 255 then
    Result := 255
  else
    Result := Value;
end;

procedure YuyvToRgb(Source, Target: PByte; Pixels: Integer);
var
  Pair, Luma, Red, Green, Blue, Pixel: Integer;
begin
  for Pair := 1 to Pixels div 2 do
  begin
    Red := 409 * (Source[3] - 128) + 128;
    Green := -100 * (Source[1] - 128) - 208 * (Source[3] - 128) + 128;
    Blue := 516 * (Source[1] - 128) + 128;
    for Pixel := 0 to 1 do
    begin
      Luma := 298 * (Source[Pixel * 2] - 16);
      Target[0] := Clamped(SarLongint(Luma + Red, 8));
      Target[1] := Clamped(SarLongint(Luma + Green, 8));
      Target[2] := Clamped(SarLongint(Luma + Blue, 8));
      Inc(Target, 3);
    end;
    Inc(Source, 4);
  end;
end;

end.
