{ The camera of the rover: 20 frames a second on the topic rover.frames, each drawn straight into
  the memory that its readers look at. There is no camera here: what it sees is drawn, a plain with
  rocks over which the rover drives, the same from each start on. SIGTERM ends it. }
program Camera;

{$mode objfpc}{$H+}

uses
  BaseUnix, Math, SysUtils, Sipc;

const
  FrameWidth = 320;
  FrameHeight = 240;
  PeriodNs = 50 * 1000 * 1000;
  Horizon = 80; { rows of sky }
  Focus = 260; { pixels }
  EyeHeight = 1.2; { m }
  Speed = 0.06; { m a frame }
  Road = 14.0; { m after which it is the same again }

type
  TRock = record
    Side, Ahead, Size: Double; { m }
  end;

const
  Rocks: array[0..4] of TRock = (
    (Side: -1.1; Ahead: 2.5; Size: 0.30), (Side: 0.9; Ahead: 5.0; Size: 0.22),
    (Side: -2.2; Ahead: 7.6; Size: 0.42), (Side: 1.9; Ahead: 10.4; Size: 0.36),
    (Side: 0.1; Ahead: 12.9; Size: 0.25));

var
  IsStopped: Boolean = False;

procedure StopOnSignal(Signal: cint); cdecl;
begin
  IsStopped := True;
end;

procedure SetPixel(Frame: PByte; X, Y: Integer; Red, Green, Blue: Double);
var
  Pixel: PByte;
begin
  Pixel := Frame + 3 * (Y * FrameWidth + X);
  Pixel[0] := Round(Red);
  Pixel[1] := Round(Green);
  Pixel[2] := Round(Blue);
end;

procedure DrawPlain(Frame: PByte; Driven: Double);
var
  X, Y: Integer;
  Ahead, Side, Light: Double;
begin
  for Y := 0 to FrameHeight - 1 do
  begin
    Ahead := Focus * EyeHeight / Max(Y - Horizon, 1);
    for X := 0 to FrameWidth - 1 do
    begin
      Side := (X - FrameWidth / 2) * Ahead / Focus;
      { Furrows along and across, which fade into the distance. }
      Light := 1 + 0.16 * Sin(6 * Side) * Sin(5 * (Ahead + Driven)) / (1 + Sqr(Ahead / 6));
      if Y <= Horizon then
        SetPixel(Frame, X, Y, 170 + 0.6 * Y, 120 + 0.7 * Y, 90 + 0.6 * Y)
      else
        SetPixel(Frame, X, Y, 178 * Light, 98 * Light, 62 * Light);
    end;
  end;
end;

{ An ellipse, lit from the left, bluer than anything else here. }
procedure DrawRock(Frame: PByte; const Rock: TRock; Ahead: Double);
var
  X, Y: Integer;
  Middle, Foot, Radius, Across, Up: Double;
begin
  Radius := Focus * Rock.Size / Ahead;
  Middle := FrameWidth / 2 + Focus * Rock.Side / Ahead;
  Foot := Horizon + Focus * EyeHeight / Ahead;
  for Y := Max(Floor(Foot - 1.4 * Radius), 0) to Min(Ceil(Foot), FrameHeight - 1) do
    for X := Max(Floor(Middle - Radius), 0) to Min(Ceil(Middle + Radius), FrameWidth - 1) do
    begin
      Across := (X - Middle) / Radius;
      Up := (Foot - 0.7 * Radius - Y) / (0.7 * Radius);
      if Sqr(Across) + Sqr(Up) <= 1 then
        SetPixel(Frame, X, Y, 66 - 26 * Across + 16 * Up, 70 - 26 * Across + 16 * Up,
          92 - 26 * Across + 16 * Up);
    end;
end;

procedure Draw(Frame: PByte; Number: Int64);
var
  Rock: TRock;
  Ahead: Double;
begin
  DrawPlain(Frame, Speed * Number);
  for Rock in Rocks do
  begin
    Ahead := Rock.Ahead - Speed * Number;
    Ahead := Ahead - Road * Floor(Ahead / Road);
    if Ahead > 1.5 then
      DrawRock(Frame, Rock, Ahead);
  end;
end;

{ snippet-begin }
procedure Run;
var
  Publisher: TSipcPublisher;
  Frame: ISipcLoan;
  Number, Next: Int64;
begin
  Publisher := TSipcPublisher.Create('rover.frames');
  Number := 0;
  Next := SipcNowNs;
  while not IsStopped do
  begin
    Frame := Publisher.LoanTensor(SIPC_DTYPE_U8, [FrameHeight, FrameWidth, 3], 'rgb8');
    Draw(Frame.Data, Number);
    Frame.Put(SipcNowNs);
    Inc(Number);
    Next := Max(Next + PeriodNs, SipcNowNs);
    Sleep(Max(Next - SipcNowNs, 0) div 1000000);
  end;
  Publisher.Free;
end;
{ snippet-end }

begin
  fpSignal(SIGTERM, @StopOnSignal);
  fpSignal(SIGINT, @StopOnSignal);
  try
    Run;
  except
    on Why: Exception do
    begin
      WriteLn(StdErr, Why.Message);
      Halt(1);
    end;
  end;
end.
