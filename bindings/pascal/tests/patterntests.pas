{ States, signals, locks and services. }
unit PatternTests;

{$MODE OBJFPC}{$H+}

interface

procedure RunPatternTests;

implementation

uses
  BaseUnix, Classes, SysUtils, Harness, Sipc;

procedure LateWatcherHasTheValue;
var
  Watcher: TSipcWatcher;
  Message: TSipcMessage;
  Speed: Integer;
begin
  Expect(not SipcTryGet('speed', 0, Message), 'a value before any was set');
  for Speed := 0 to 49 do
    SipcSet('speed', Speed);
  Watcher := TSipcWatcher.Create('speed');
  ExpectInt(Watcher.Receive(1000).Value.AsInt, 49, 'newest');
  Expect(not Watcher.TryReceive(0, Message), 'a value too many');
  ExpectInt(Watcher.Get(1000).Value.AsInt, 49, 'now');
  ExpectInt(SipcGet('speed').Value.AsInt, 49, 'one-call get');
  SipcSet('speed', 'fast');
  SipcSet('speed', 51);
  Message := Watcher.Receive(1000);
  ExpectInt(Message.Value.AsInt, 51, 'changed');
  ExpectInt(Message.Missed, 1, 'missed');
  Watcher.Free;
end;

procedure CompareAndSet;
var
  Setter: TSipcSetter;
  Watcher: TSipcWatcher;
  Known: TSipcMessage;
  Count: Integer;
begin
  Setter := TSipcSetter.Create('count');
  Watcher := TSipcWatcher.Create('count');
  Expect(not Setter.PutIf(1, 0), 'set without a value before');
  Expect(Setter.PutIf(1, SIPC_NO_VALUE), 'the first value is refused');
  Expect(not Setter.PutIf(1, SIPC_NO_VALUE), 'there is a value');
  for Count := 1 to 50 do
  begin
    Known := Watcher.Get(1000);
    ExpectInt(Known.Value.AsInt, Count, 'count');
    Expect(Setter.PutIf(Count + 1, Known.Sequence, 7), 'the known value is replaced');
    Expect(not Setter.PutIf(0, Known.Sequence), 'a value that has gone is replaced');
  end;
  ExpectInt(Watcher.Get.CaptureTimeNs, 7, 'capture time');
  Setter.Free;
  Watcher.Free;
end;

procedure NotificationsAreCounted;
var
  Waiter: TSipcWaiter;
  Notifier: TSipcNotifier;
  Round: Integer;
begin
  ExpectInt(SipcAwait('reload', 0), 0, 'nothing yet');
  Waiter := TSipcWaiter.Create('reload');
  Notifier := TSipcNotifier.Create('reload');
  for Round := 1 to 4 do
    Notifier.Notify;
  SipcNotify('reload');
  ExpectInt(Waiter.Wait(1000), 5, 'notifications');
  ExpectInt(SipcAwait('reload', 1000), 5, 'notifications of the one-call function');
  ExpectInt(Waiter.Wait(0), 0, 'a notification too many');
  Notifier.Notify;
  ExpectInt(SipcWait([Waiter], 1000), 0, 'which of one');
  ExpectInt(Waiter.Wait(0), 1, 'after SipcWait');
  Notifier.Free;
  Waiter.Free;
end;

procedure SetASignal;
begin
  SipcSet('only notified', 1);
end;

procedure LockAState;
begin
  TSipcLock.Create('only set').Free;
end;

procedure WrongVerbs;
begin
  SipcNotify('only notified');
  SipcSet('only set', 1);
  ExpectError(@SetASignal, ESipcMisuse, SIPC_WRONG_PATTERN);
  ExpectError(@LockAState, ESipcMisuse, SIPC_WRONG_PATTERN);
end;

var
  Robot: TSipcLock;

procedure AcquireAgain;
begin
  Robot.Acquire;
end;

procedure LockIsHeldByOne;
var
  Other: TSipcLock;
begin
  Robot := TSipcLock.Create('robot');
  Other := TSipcLock.Create('robot');
  Robot.Acquire;
  Expect(not Other.TryAcquire, 'two have it');
  Expect(not Other.TryAcquire(5), 'two have it after 5 ms');
  ExpectError(@AcquireAgain, ESipcMisuse, SIPC_BAD_ARGUMENT);
  Robot.Release;
  Expect(Other.TryAcquire(1000), 'a released lock is not free');
  ExpectInt(Other.AbandonedPid, 0, 'nobody died');
  Robot.Free;
  Other.Free;
  Robot := TSipcLock.CreateSemaphore('slots', 2);
  Other := TSipcLock.CreateSemaphore('slots', 2);
  Robot.Acquire;
  Expect(Other.TryAcquire, 'the second permit is refused');
  Robot.Free;
  Other.Free;
end;

procedure NextOwnerIsTold;
var
  Child: TPid;
  Lock: TSipcLock;
begin
  Child := fpFork;
  if Child = 0 then
    try
      TSipcLock.Create('mortal').Acquire;
      SipcSend('locked', True);
      Sleep(60000);
    finally
      fpExit(1); { never back into the parent's tests }
    end;
  SipcReceive('locked', 5000);
  Lock := TSipcLock.Create('mortal');
  Expect(not Lock.TryAcquire, 'the child has it');
  fpKill(Child, SIGKILL);
  fpWaitPid(Child, nil, 0);
  Expect(Lock.TryAcquire(10000), 'the lock of the dead is not free');
  ExpectInt(Lock.AbandonedPid, Child, 'who died');
  Lock.Release;
  Lock.Acquire;
  ExpectInt(Lock.AbandonedPid, 0, 'told twice');
  Lock.Free;
end;

function Add(var Request: TSipcRequest): TSipcValue;
begin
  Result := Request.Args[0].AsInt + Request.Args[1].AsInt;
end;

function Withdraw(var Request: TSipcRequest): TSipcValue;
begin
  Result := SipcNull;
  raise ESipcService.CreateCode(17, Request.Method + ': empty', SipcList([3]));
end;

function Count(var Request: TSipcRequest): TSipcValue;
var
  Number: Int64;
begin
  for Number := 0 to Request.Args.AsInt - 1 do
    Request.Push(Number);
  Result := 'end';
end;

type
  TServing = class(TThread)
    Server: TSipcServer;
    procedure Execute; override;
  end;

procedure TServing.Execute;
begin
  Server.Serve;
end;

procedure CallsHaveResultsAndErrors;
var
  Client: TSipcClient;
  Serving: TServing;
  Message: TSipcMessage;
  Number: UInt64;
  Index: Integer;
begin
  Serving := TServing.Create(True);
  Serving.Server := TSipcServer.Create('calc');
  Serving.Server.Add('add', @Add);
  Serving.Server.Add('withdraw', @Withdraw);
  Serving.Server.Add('count', @Count);
  Serving.Start;
  Client := TSipcClient.Create('calc');
  try
    ExpectInt(Client.Call('add', SipcList([1, 2])).Value.AsInt, 3, 'sum');
    try
      Client.Call('withdraw', SipcNull, 10000);
      Expect(False, 'no error');
    except
      on Error: ESipcService do
      begin
        ExpectInt(Error.Code, 17, 'code');
        ExpectInt(Error.Status, SIPC_FAILED, 'status');
        ExpectText(Error.Message, 'withdraw: empty', 'sentence');
        ExpectInt(Error.Data[0].AsInt, 3, 'data');
      end;
    end;
    try
      Client.Call('add', SipcList(['x', 2]), 10000);
      Expect(False, 'no error');
    except
      on Error: ESipcService do
        ExpectInt(Error.Code, -32603, 'code of a broken method');
    end;
    try
      Client.Call('nonsense', SipcNull, 10000);
      Expect(False, 'no error');
    except
      on Error: ESipcService do
        ExpectInt(Error.Code, -32601, 'code of no method');
    end;
    Number := Client.Start('count', 5);
    for Index := 0 to 4 do
    begin
      Expect(Client.TryResult(Number, 10000, Message) and Message.HasMore, 'no reply');
      ExpectInt(Message.Value.AsInt, Index, 'reply of a stream');
    end;
    ExpectText(Client.Call('count', 3).Value.AsString, 'end', 'end of a stream');
    Client.Send('add', SipcList([1, 2]));
    Client.Call('.methods', SipcNull, 10000).Value[0].Find('name', Message.Value);
    ExpectText(Message.Value.AsString, 'add', 'what it offers');
  finally
    Serving.Server.Interrupt;
    Serving.WaitFor;
    Serving.Server.Free;
    Serving.Free;
    Client.Free;
  end;
end;

procedure CallsEndInTime;
var
  Client: TSipcClient;
  Server: TSipcServer;
  Request: TSipcRequest;
  Message: TSipcMessage;
  Number: UInt64;
begin
  Client := TSipcClient.Create('slow');
  try
    Client.Call('work', SipcNull, 5);
    Expect(False, 'a result without a server');
  except
    on ESipcTimeout do;
  end;
  Server := TSipcServer.Create('slow');
  Expect(not Server.TryTake(0, Request), 'a cancelled call arrives');
  Number := Client.Start('work', 5);
  Expect(Server.TryTake(5000, Request), 'no request');
  ExpectText(Request.Method, 'work', 'method');
  ExpectInt(Request.Args.AsInt, 5, 'argument');
  Expect(not Request.IsCancelled and not Request.IsOneWay, 'somebody waits');
  Expect(not Client.TryResult(Number, 0, Message), 'an answer before it was made');
  Client.Cancel(Number);
  Expect(Request.IsCancelled, 'nobody waits');
  Request.Done;
  Number := Client.Start('work', SipcNull);
  Expect(Server.TryTake(5000, Request), 'no second request');
  Request.Reply('done');
  Expect(Client.TryResult(Number, 5000, Message), 'no answer');
  ExpectText(Message.Value.AsString, 'done', 'answer');
  Request.Done;
  Server.Free;
  Client.Free;
end;

procedure RunPatternTests;
begin
  Test('late_watcher_has_the_value', @LateWatcherHasTheValue);
  Test('compare_and_set', @CompareAndSet);
  Test('notifications_are_counted', @NotificationsAreCounted);
  Test('wrong_verbs', @WrongVerbs);
  Test('lock_is_held_by_one', @LockIsHeldByOne);
  Test('next_owner_is_told', @NextOwnerIsTold);
  Test('calls_have_results_and_errors', @CallsHaveResultsAndErrors);
  Test('calls_end_in_time', @CallsEndInTime);
end;

end.
