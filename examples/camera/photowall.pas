{ The stand-in for a camera: a window that wanders over a wall of real photographs, 60 times a
  second, never losing sight of the face. pictures.py makes the wall. }
unit PhotoWall;

{$mode objfpc}{$H+}

interface

uses
  Frames;

type
  TPhotoWall = class(TPictureSource)
  private
    FWidth, FHeight: Integer;
    FPixels: array of Byte;
    FFaceOnWall: TFace;
    FFirstDueNs: Int64;
    FDueFrame: Int64;
    FWindowX, FWindowY: Integer;
    procedure MoveWindow(Number: Int64);
  public
    { Loads a PPM picture with a "# face X Y WIDTH HEIGHT" comment. }
    constructor Create(const PicturePath: string);
    function AwaitFrame(Number: Int64): Boolean; override;
    procedure DrawInto(Frame: PByte); override;
    function Describe: string; override;
  end;

implementation

uses
  BaseUnix, Classes, Math, SysUtils, Sipc;

const
  FramesPerSecond = 60;
  NsPerSecond = 1000000000;
  NsPerFrame = NsPerSecond div FramesPerSecond;
  { The window swings from one end to the other and back in this many frames. }
  SwingFramesX = 600;
  SwingFramesY = 420;
  FaceMargin = 40;

function ReadTextLine(Stream: TStream): string;
var
  Character: Char;
begin
  Result := '';
  while (Stream.Read(Character, 1) = 1) and (Character <> #10) do
    Result := Result + Character;
end;

constructor TPhotoWall.Create(const PicturePath: string);
var
  Stream: TFileStream;
  FaceWords, SizeWords: array of string;
begin
  inherited Create;
  Stream := TFileStream.Create(PicturePath, fmOpenRead or fmShareDenyNone);
  try
    if ReadTextLine(Stream) <> 'P6' then
      raise Exception.CreateFmt('%s is not a binary PPM picture', [PicturePath]);
    FaceWords := ReadTextLine(Stream).Split(' ');
    if (Length(FaceWords) <> 6) or (FaceWords[1] <> 'face') then
      raise Exception.CreateFmt('%s does not say where the face is', [PicturePath]);
    FFaceOnWall.X := StrToInt(FaceWords[2]);
    FFaceOnWall.Y := StrToInt(FaceWords[3]);
    FFaceOnWall.Width := StrToInt(FaceWords[4]);
    FFaceOnWall.Height := StrToInt(FaceWords[5]);
    SizeWords := ReadTextLine(Stream).Split(' ');
    FWidth := StrToInt(SizeWords[0]);
    FHeight := StrToInt(SizeWords[1]);
    if (FWidth < FrameWidth) or (FHeight < FrameHeight) then
      raise Exception.CreateFmt('%s is smaller than a frame', [PicturePath]);
    ReadTextLine(Stream);
    SetLength(FPixels, FWidth * FHeight * 3);
    Stream.ReadBuffer(FPixels[0], Length(FPixels));
  finally
    Stream.Free;
  end;
  FFirstDueNs := SipcNowNs;
end;

function TPhotoWall.Describe: string;
begin
  Result := Format('a wall of photographs, %d x %d', [FWidth, FHeight]);
end;

{ Frames are due at fixed times from the start, so lateness never adds up; a frame that is a whole
  period late is left out. }
function TPhotoWall.AwaitFrame(Number: Int64): Boolean;
var
  DueNs, RemainingNs: Int64;
  Pause: TTimeSpec;
begin
  DueNs := FFirstDueNs + FDueFrame * NsPerSecond div FramesPerSecond;
  RemainingNs := DueNs - SipcNowNs;
  if RemainingNs > 0 then
  begin
    Pause.tv_sec := RemainingNs div NsPerSecond;
    Pause.tv_nsec := RemainingNs mod NsPerSecond;
    if fpNanoSleep(@Pause, nil) <> 0 then
      Exit(False);
  end;
  FCaptureTimeNs := SipcNowNs;
  FLatenessNs := FCaptureTimeNs - DueNs;
  FSkipped := FSkipped + FLatenessNs div NsPerFrame;
  FDueFrame := FDueFrame + 1 + FLatenessNs div NsPerFrame;
  MoveWindow(Number);
  Result := True;
end;

{ A sine between the two positions at which the face would come near the frame's edge. }
function Swing(Number, Period: Int64; Lowest, Highest: Integer): Integer;
begin
  Result := Lowest + Round((Highest - Lowest) * (1 - Cos(2 * Pi * Number / Period)) / 2);
end;

procedure TPhotoWall.MoveWindow(Number: Int64);
begin
  FWindowX := Swing(Number, SwingFramesX,
    Max(0, FFaceOnWall.X + FFaceOnWall.Width + FaceMargin - FrameWidth),
    Min(FWidth - FrameWidth, FFaceOnWall.X - FaceMargin));
  FWindowY := Swing(Number, SwingFramesY,
    Max(0, FFaceOnWall.Y + FFaceOnWall.Height + FaceMargin - FrameHeight),
    Min(FHeight - FrameHeight, FFaceOnWall.Y - FaceMargin));
  FFace := FFaceOnWall;
  FFace.X := FFaceOnWall.X - FWindowX;
  FFace.Y := FFaceOnWall.Y - FWindowY;
end;

procedure TPhotoWall.DrawInto(Frame: PByte);
var
  Row: Integer;
  Source: PByte;
begin
  Source := @FPixels[(FWindowY * FWidth + FWindowX) * 3];
  for Row := 1 to FrameHeight do
  begin
    Move(Source^, Frame^, RowBytes);
    Inc(Source, FWidth * 3);
    Inc(Frame, RowBytes);
  end;
end;

end.
