{ One frame of the camera: its size, the stamp in its last row, and where frames come from.

  README.md beside this file shows the stamp's bytes. }
unit Frames;

{$mode objfpc}{$H+}
{$modeswitch advancedrecords}

interface

const
  FrameWidth = 1280;
  FrameHeight = 720;
  RowBytes = FrameWidth * 3;
  FrameBytes = FrameHeight * RowBytes;

type
  { Where the face is in a frame; Width 0 when nobody knows. }
  TFace = record
    X, Y, Width, Height: Integer;
  end;

  { Something that can be drawn as frames: a real camera, or the wall of photographs. }
  TPictureSource = class
  protected
    FCaptureTimeNs: Int64;
    FFace: TFace;
    FSkipped: Int64;
    FLatenessNs: Int64;
  public
    { Waits until the next frame is due; False when a signal came first. }
    function AwaitFrame(Number: Int64): Boolean; virtual; abstract;
    { Draws the frame awaited into FrameBytes bytes. }
    procedure DrawInto(Frame: PByte); virtual; abstract;
    function Describe: string; virtual; abstract;
    property CaptureTimeNs: Int64 read FCaptureTimeNs;
    property Face: TFace read FFace;
    { Frames that could not be drawn in time and were left out. }
    property Skipped: Int64 read FSkipped;
    { How long after its due time the frame awaited began. }
    property LatenessNs: Int64 read FLatenessNs;
  end;

{ Writes number, face and checksum over the first bytes of the last row. }
procedure StampFrame(Frame: PByte; Number: Int64; const Face: TFace);

implementation

type
  TStamp = packed record
    Number: Int64;
    Checksum: QWord;
    FaceX, FaceY, FaceWidth, FaceHeight: Word;
  end;
  PStamp = ^TStamp;

{ Row numbers from 1 weigh the rows' sums of 64-bit words, so that a row of another frame, or a row
  in another place, changes the sum. It wraps around: that is meant. }
{$push}{$Q-}{$R-}
function ChecksumOf(Frame: PByte): QWord;
var
  Row, Column: Integer;
  RowSum: QWord;
  Words: PQWord;
begin
  Result := 0;
  Words := PQWord(Frame);
  for Row := 1 to FrameHeight do
  begin
    RowSum := 0;
    for Column := 0 to RowBytes div 8 - 1 do
      RowSum := RowSum + Words[Column];
    Result := Result + QWord(Row) * RowSum;
    Inc(Words, RowBytes div 8);
  end;
end;
{$pop}

procedure StampFrame(Frame: PByte; Number: Int64; const Face: TFace);
var
  Stamp: PStamp;
begin
  Stamp := PStamp(Frame + (FrameHeight - 1) * RowBytes);
  Stamp^.Number := Number;
  Stamp^.FaceX := Face.X;
  Stamp^.FaceY := Face.Y;
  Stamp^.FaceWidth := Face.Width;
  Stamp^.FaceHeight := Face.Height;
  { Counted as 0 in its own sum. }
  Stamp^.Checksum := 0;
  Stamp^.Checksum := ChecksumOf(Frame);
end;

end.
