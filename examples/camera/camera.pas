{ The camera: publishes 1280 x 720 RGB frames on the topic "camera", each drawn straight into the
  memory its readers look at.

      camera WALL.ppm [--no-device]

  The frames come from a V4L2 device if there is one that delivers them, else (or with --no-device)
  from the wall of photographs that pictures.py has made. Ctrl-C ends it. }
program Camera;

{$mode objfpc}{$H+}

uses
  BaseUnix, Math, SysUtils, Frames, PhotoWall, Sipc, Video4Linux;

const
  DevicePath = '/dev/video0';
  ReportPeriodNs = 500 * 1000 * 1000;

var
  IsStopped: Boolean = False;

procedure StopOnSignal(Signal: cint); cdecl;
begin
  IsStopped := True;
end;

{ Without SA_RESTART, so that a wait in progress ends. }
procedure CatchSignals;
var
  Action: SigActionRec;
begin
  Action := Default(SigActionRec);
  Action.sa_handler := SigActionHandler(@StopOnSignal);
  fpSigAction(SIGINT, @Action, nil);
  fpSigAction(SIGTERM, @Action, nil);
end;

function OpenSource: TPictureSource;
begin
  if FileExists(DevicePath) and (ParamStr(2) <> '--no-device') then
    try
      Exit(TVideoDevice.Create(DevicePath));
    except
      on Why: Exception do
        WriteLn('camera: no video device: ', Why.Message);
    end;
  Result := TPhotoWall.Create(ParamStr(1));
end;

procedure PublishFrame(Publisher: TSipcPublisher; Source: TPictureSource; Number: Int64);
var
  Loan: ISipcLoan;
begin
  Loan := Publisher.LoanTensor(SIPC_DTYPE_U8, [FrameHeight, FrameWidth, 3], 'rgb8');
  Source.DrawInto(Loan.Data);
  StampFrame(Loan.Data, Number, Source.Face);
  Loan.Put(Source.CaptureTimeNs);
end;

procedure Run;
var
  Source: TPictureSource;
  Publisher: TSipcPublisher;
  Number: Int64 = 0;
  StartNs, ReportNs, WorstLatenessNs: Int64;

  procedure Report;
  var
    Seconds: Double;
  begin
    Seconds := (Source.CaptureTimeNs - StartNs) / 1e9;
    WriteLn(Format('camera: frames=%d skipped=%d fps=%.2f lateness_us=%d worst_lateness_us=%d',
      [Number, Source.Skipped, (Number - 1) / Max(Seconds, 0.001), Source.LatenessNs div 1000,
      WorstLatenessNs div 1000]));
    Flush(Output);
    WorstLatenessNs := 0;
  end;

begin
  Source := OpenSource;
  Publisher := TSipcPublisher.Create('camera');
  try
    WriteLn('camera: shows ', Source.Describe);
    Flush(Output);
    StartNs := 0;
    ReportNs := SipcNowNs + ReportPeriodNs;
    WorstLatenessNs := 0;
    while not IsStopped do
    begin
      if not Source.AwaitFrame(Number) then
        Continue;
      if Source.LatenessNs > WorstLatenessNs then
        WorstLatenessNs := Source.LatenessNs;
      if Number = 0 then
        StartNs := Source.CaptureTimeNs;
      PublishFrame(Publisher, Source, Number);
      Inc(Number);
      if SipcNowNs >= ReportNs then
      begin
        Report;
        Inc(ReportNs, ReportPeriodNs);
      end;
    end;
    Report;
  finally
    Publisher.Free;
    Source.Free;
  end;
end;

begin
  CatchSignals;
  try
    Run;
  except
    on Why: Exception do
    begin
      WriteLn(StdErr, 'camera: ', Why.Message);
      Halt(1);
    end;
  end;
end.
