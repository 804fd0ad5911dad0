{ Event loops, and waiting on several handles at once. }
unit LoopTests;

{$MODE OBJFPC}{$H+}

interface

procedure RunLoopTests;

implementation

uses
  BaseUnix, SysUtils, Harness, Sipc;

const
  SOON_MS = 20000;
  STORM = 10000;

type
  TWork = procedure;

{ Does this in a process of its own. }
function Started(Work: TWork): TPid;
begin
  Result := fpFork;
  if Result = 0 then
    try
      Work();
    finally
      fpKill(fpGetPid, SIGKILL); { never back into the parent's tests }
    end;
end;

procedure Ended(Child: TPid);
begin
  fpKill(Child, SIGKILL);
  fpWaitPid(Child, nil, 0);
end;

function IsReadable(Handle: TSipcWaitable; TimeoutMs: Integer): Boolean;
var
  One: TPollFd;
begin
  One.fd := Handle.Fd;
  One.events := POLLIN;
  One.revents := 0;
  Result := (fpPoll(@One, 1, TimeoutMs) = 1) and (One.revents and POLLIN <> 0);
end;

procedure SendStorm;
var
  Sender: TSipcSender;
  Publisher: TSipcPublisher;
  Number: Integer;
begin
  Sender := TSipcSender.Create('storm.queue');
  Publisher := TSipcPublisher.Create('storm.topic');
  for Number := 0 to STORM - 1 do
  begin
    Sender.Put(Number, 0, SOON_MS);
    Publisher.Put(Number, 0, SOON_MS);
    if Number mod 97 = 0 then
      Sleep(Number mod 2);
  end;
  SipcSet('polled', 'done');
  Sleep(60000); { killed when all is taken }
end;

{ Three kinds of handles in one fpPoll; each is asked until it has no more. }
procedure PollMissesNothing;
var
  Handles: array[0..2] of TSipcSource;
  Fds: array[0..2] of TPollFd;
  Message: TSipcMessage;
  Options: TSipcOptions;
  Counts: array[0..2] of Integer = (0, 0, 0);
  Child: TPid;
  Index: Integer;
begin
  Options := SipcOptions;
  Options.Lossless := True;
  Handles[0] := TSipcReceiver.Create('storm.queue');
  Handles[1] := TSipcSubscriber.Create('storm.topic', Options);
  Handles[2] := TSipcWatcher.Create('polled');
  for Index := 0 to 2 do
  begin
    Fds[Index].fd := Handles[Index].Fd;
    Fds[Index].events := POLLIN;
  end;
  Child := Started(@SendStorm);
  while (Counts[0] < STORM) or (Counts[1] < STORM) or (Counts[2] = 0) do
  begin
    Expect(fpPoll(@Fds, 3, SOON_MS) > 0, 'nothing came');
    for Index := 0 to 2 do
      if Fds[Index].revents and POLLIN <> 0 then
        while Handles[Index].TryReceive(0, Message) do
        begin
          if Index < 2 then
            ExpectInt(Message.Value.AsInt, Counts[Index], 'in order');
          Inc(Counts[Index]);
        end;
  end;
  Ended(Child);
  for Index := 0 to 2 do
  begin
    Expect(not Handles[Index].TryReceive(0, Message), 'a message too many');
    Handles[Index].Free;
  end;
end;

function Doubled(var Request: TSipcRequest): TSipcValue;
begin
  Result := Request.Args.AsInt * 2;
end;

procedure ServeForEver;
var
  Server: TSipcServer;
begin
  Server := TSipcServer.Create('doubler');
  Server.Add('double', @Doubled);
  Server.Serve;
end;

procedure ClientIsReadable;
var
  Client: TSipcClient;
  Message: TSipcMessage;
  Numbers: array[1..3] of UInt64;
  Child: TPid;
  Index, Open, Round: Integer;
begin
  Client := TSipcClient.Create('doubler');
  Expect(not IsReadable(Client, 0), 'readable without a call');
  Child := Started(@ServeForEver);
  for Round := 1 to 100 do
  begin
    for Index := 1 to 3 do
      Numbers[Index] := Client.Start('double', Index);
    Open := 3;
    while Open > 0 do
    begin
      Expect(IsReadable(Client, SOON_MS), 'no reply comes');
      for Index := 1 to 3 do
        if (Numbers[Index] <> 0) and Client.TryResult(Numbers[Index], 0, Message) then
        begin
          ExpectInt(Message.Value.AsInt, 2 * Index, 'result');
          Numbers[Index] := 0;
          Dec(Open);
        end;
    end;
    Expect(not IsReadable(Client, 0), 'readable without a call');
  end;
  Message.Done;
  Ended(Child);
  Client.Free;
end;

procedure WaitForAllKinds;
var
  Receiver: TSipcReceiver;
  Watcher: TSipcWatcher;
  Waiter: TSipcWaiter;
  Server: TSipcServer;
  Client: TSipcClient;
  Message: TSipcMessage;
  Request: TSipcRequest;
  Number: UInt64;

  function Ready(TimeoutMs: Int64): Integer;
  begin
    Result := SipcWait([Receiver, Watcher, Waiter, Server, Client], TimeoutMs);
  end;

begin
  Receiver := TSipcReceiver.Create('wait.queue');
  Watcher := TSipcWatcher.Create('polled');
  Watcher.TryReceive(0, Message); { what an earlier test has set }
  Waiter := TSipcWaiter.Create('wait.signal');
  Server := TSipcServer.Create('wait.service');
  Client := TSipcClient.Create('wait.service');
  ExpectInt(Ready(1), -1, 'nothing');
  Number := Client.Start('do', 4);
  ExpectInt(Ready(SOON_MS), 3, 'server');
  Expect(Server.TryTake(0, Request), 'no request');
  ExpectInt(Ready(1), -1, 'the call is not answered');
  Request.Reply(5);
  ExpectInt(Ready(SOON_MS), 4, 'client');
  Expect(Client.TryResult(Number, 0, Message), 'no result');
  ExpectInt(Message.Value.AsInt, 5, 'result');
  SipcSend('wait.queue', 1);
  ExpectInt(Ready(SOON_MS), 0, 'queue');
  ExpectInt(Receiver.Receive(0).Value.AsInt, 1, 'sent');
  SipcSet('polled', 2);
  ExpectInt(Ready(SOON_MS), 1, 'state');
  ExpectInt(Watcher.Receive(0).Value.AsInt, 2, 'set');
  SipcNotify('wait.signal');
  ExpectInt(Ready(SOON_MS), 2, 'signal');
  ExpectInt(Waiter.Wait(0), 1, 'notified');
  ExpectInt(Ready(0), -1, 'all is taken');
  Message.Done;
  Request.Done;
  Receiver.Free;
  Watcher.Free;
  Waiter.Free;
  Server.Free;
  Client.Free;
end;

procedure RunLoopTests;
begin
  Test('fpPoll_misses_nothing_of_three_kinds_of_handles', @PollMissesNothing);
  Test('a_client_is_readable_when_a_call_has_a_reply', @ClientIsReadable);
  Test('one_wait_is_for_all_kinds_of_handles', @WaitForAllKinds);
end;

end.
