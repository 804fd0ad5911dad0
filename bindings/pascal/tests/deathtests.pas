{ What becomes of a queue's message when its receiver is killed. }
unit DeathTests;

{$MODE OBJFPC}{$H+}

interface

procedure RunDeathTests;

implementation

uses
  BaseUnix, SysUtils, Harness, Sipc;

type
  TChildBody = procedure(Receiver: TSipcReceiver);

{ Tells the parent that the message has been taken. }
procedure Report;
begin
  SipcSend('taken', True);
end;

procedure HoldForEver(Receiver: TSipcReceiver);
var
  Message: TSipcMessage;
begin
  Message := Receiver.Receive;
  Report;
  while Message.Value.Kind <> SIPC_KIND_NULL do
    Sleep(1000);
end;

procedure LoopForEver(Receiver: TSipcReceiver);
var
  Message: TSipcMessage;
begin
  for Message in Receiver do
    Report;
end;

procedure ReceiveForEver(Receiver: TSipcReceiver);
var
  Message: TSipcMessage;
begin
  while Receiver.TryReceive(SIPC_FOR_EVER, Message) do
    Report;
end;

procedure AssignForEver(Receiver: TSipcReceiver);
var
  Message: TSipcMessage;
begin
  repeat
    Message := Receiver.Receive;
    Report;
  until Message.Value.Kind = SIPC_KIND_NULL;
end;

{ Kills a child that has taken a message, and says whether that message comes again. }
function ComesAgainAfter(Body: TChildBody; const Name: string): Boolean;
var
  Child: TPid;
  Message: TSipcMessage;
begin
  Child := fpFork;
  if Child = 0 then
    try
      Body(TSipcReceiver.Create(Name));
    finally
      fpExit(1); { never back into the parent's tests }
    end;
  SipcSend(Name, 'work');
  SipcReceive('taken', 5000);
  Sleep(300); { for the child to enter its next wait }
  fpKill(Child, SIGKILL);
  fpWaitPid(Child, nil, 0);
  Result := SipcTryReceive(Name, 300, Message);
  if Result then
    Expect(Message.Redelivered, 'delivered again, but not said to be');
end;

procedure HeldComesAgain;
begin
  Expect(ComesAgainAfter(@HoldForEver, 'held'), 'the message is lost');
end;

procedure LoopReportsDone;
begin
  Expect(not ComesAgainAfter(@LoopForEver, 'looped'), 'a finished message comes again');
end;

procedure TryReceiveReportsDone;
begin
  Expect(not ComesAgainAfter(@ReceiveForEver, 'tried'), 'a finished message comes again');
end;

procedure ReceiveReportsDone;
begin
  Expect(not ComesAgainAfter(@AssignForEver, 'assigned'), 'a finished message comes again');
end;

procedure RunDeathTests;
begin
  Test('held_comes_again', @HeldComesAgain);
  Test('loop_reports_done', @LoopReportsDone);
  Test('try_receive_reports_done', @TryReceiveReportsDone);
  Test('receive_reports_done', @ReceiveReportsDone);
end;

end.
