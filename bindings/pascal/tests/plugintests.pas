{ Hosts and their plugins, which are this program again. }
unit PluginTests;

{$MODE OBJFPC}{$H+}

interface

procedure RunPluginTests;
{ What this program does when a host has started it. }
procedure BeAPlugin;

implementation

uses
  BaseUnix, Classes, SysUtils, Harness, Sipc;

const
  SOON_MS = 20000;
  SIGNAL_ABORT = 6;

function Add(var Request: TSipcRequest): TSipcValue;
begin
  Result := Request.Args[0].AsInt + Request.Args[1].AsInt;
end;

function Crash(var Request: TSipcRequest): TSipcValue;
begin
  Result := Request.Args;
  fpKill(fpGetPid, SIGNAL_ABORT);
end;

function Hang(var Request: TSipcRequest): TSipcValue;
begin
  Result := Request.Args;
  fpPause;
end;

{ Ends at once: the heap is looked at in the tests only. }
function Finish(var Request: TSipcRequest): TSipcValue;
begin
  Result := Request.Args;
  fpExit(0);
end;

procedure BeAPlugin;
var
  Server: TSipcServer;
begin
  if ParamStr(1) = 'quit' then
  begin
    WriteLn(ParamStr(2));
    WriteLn(StdErr, 'a complaint');
    Flush(Output);
    Flush(StdErr);
    fpExit(3);
  end;
  Server := TSipcServer.CreatePlugin;
  Server.Add('add', @Add);
  Server.Add('crash', @Crash);
  Server.Add('hang', @Hang);
  Server.Add('finish', @Finish);
  Server.Serve;
end;

var
  Said: string;

procedure Say(const Line: string);
begin
  Said := Said + Line + LineEnding;
end;

// snippet-begin
{ Starts a plugin, calls it, and waits until it has crashed and lives again. }
procedure HostOf(const Executable: string);
var
  Host: TSipcHost;
  Calc: TSipcClient;
  Event: TSipcEvent;
begin
  Calc := nil;
  Host := TSipcHost.Create('host');
  try
    Host.Start('calc', Executable, [], 3, 60000);
    Calc := Host.Client('calc');
    ExpectInt(Calc.Call('add', SipcList([2, 3]), 20000).Value.AsInt, 5, 'the sum');
    try
      Calc.Call('crash', SipcNull, 20000);
    except
      on Error: ESipcGone do
        Say('the call is lost: ' + Error.Message);
    end;
    repeat
      Event := Host.Event(20000);
      Say(Event.Plugin + ': ' + SipcEventName(Event.Happening));
    until Event.Happening = shRestarting;
  finally
    Calc.Free;
    Host.Free;
  end;
end;
// snippet-end

procedure PageIsRight;
begin
  Said := '';
  HostOf(ParamStr(0));
  Expect(Pos('the call is lost: ', Said) = 1, Said);
  Expect(Pos('calc: killed', Said) > 0, Said);
end;

type
  TEvents = array of TSipcEvent;

{ Waits for an event, and returns it after the ones on the way to it. }
function UntilEvent(Host: TSipcHost; Wanted: TSipcHappening): TEvents;
begin
  Result := nil;
  repeat
    SetLength(Result, Length(Result) + 1);
    Result[High(Result)] := Host.Event(SOON_MS);
  until Result[High(Result)].Happening = Wanted;
end;

function Last(const Events: TEvents): TSipcEvent;
begin
  Result := Events[High(Events)];
end;

function IsAlive(Pid: Int64): Boolean;
var
  Facts: TStringList;
begin
  Facts := TStringList.Create;
  try
    try
      Facts.LoadFromFile(Format('/proc/%d/stat', [Pid]));
      Result := Pos(') Z', Facts.Text) = 0; { a zombie has ended }
    except
      on EStreamError do
        Result := False;
    end;
  finally
    Facts.Free;
  end;
end;

procedure AnswersAndEndsWithItsHost;
var
  Host: TSipcHost;
  Client: TSipcClient;
  Events: TEvents;
begin
  Host := TSipcHost.Create('host');
  Host.Start('calc', ParamStr(0), []);
  Events := UntilEvent(Host, shReady);
  Expect(Events[0].Happening = shStarted, 'it is ready before it has started');
  ExpectText(string.Join(' ', Last(Events).Methods), 'add crash hang finish', 'methods');
  ExpectText(Last(Events).Plugin, 'calc', 'name');
  Client := Host.Client('calc');
  ExpectInt(Client.Call('add', SipcList([2, 3]), SOON_MS).Value.AsInt, 5, 'sum');
  Expect(IsAlive(Last(Events).Pid), 'who has answered?');
  Client.Free;
  Host.Free;
  Expect(not IsAlive(Last(Events).Pid), 'it has outlived its host');
end;

procedure LinesAreTold;
var
  Host: TSipcHost;
  Event: TSipcEvent;
  HasSpoken, HasComplained, HasEnded: Boolean;
begin
  HasSpoken := False;
  HasComplained := False;
  HasEnded := False;
  Host := TSipcHost.Create('host');
  Host.Start('calc', ParamStr(0), ['quit', 'with an argument'], 0);
  for Event in UntilEvent(Host, shGivenUp) do
    case Event.Happening of
      shOutput:
        if Event.Stream = 'stdout' then
          HasSpoken := HasSpoken or (Event.Text = 'with an argument')
        else
          HasComplained := HasComplained or (Event.Text = 'a complaint');
      shEnded: HasEnded := Event.Code = 3;
    end;
  Host.Free;
  Expect(HasSpoken, 'its output is not told');
  Expect(HasComplained, 'its error output is not told');
  Expect(HasEnded, 'its exit code is not told');
end;

procedure CrashesButNotForEver;
var
  Host: TSipcHost;
  Client: TSipcClient;
  Event: TSipcEvent;
  Life: Integer;
begin
  Host := TSipcHost.Create('host');
  Host.Start('calc', ParamStr(0), [], 2, 60000);
  Client := Host.Client('calc');
  for Life := 0 to 2 do
  begin
    UntilEvent(Host, shReady);
    ExpectInt(Client.Call('add', SipcList([Life, 1]), SOON_MS).Value.AsInt, Life + 1, 'sum');
    try
      Client.Call('crash', SipcNull, SOON_MS);
      Expect(False, 'it answers after it has crashed');
    except
      on Error: ESipcGone do
        ExpectInt(Error.Status, SIPC_SERVER_DIED, 'status');
    end;
    ExpectInt(Last(UntilEvent(Host, shKilled)).Signal, SIGNAL_ABORT, 'signal');
    Event := Host.Event(SOON_MS);
    ExpectInt(Event.Pid, 0, 'process between two lives');
    Expect((Event.Happening = shGivenUp) = (Life = 2), SipcEventName(Event.Happening));
    Expect((Event.AfterMs > 0) = (Event.Happening = shRestarting), 'the pause');
  end;
  Expect(not Host.TryEvent(200, Event), 'something happens after it was given up');
  Client.Free;
  Host.Free;
end;

procedure HangsAndLivesAgain;
var
  Host: TSipcHost;
  Client: TSipcClient;
  Message: TSipcMessage;
  Call: UInt64;
  Pid: Int64;
begin
  Host := TSipcHost.Create('host');
  Host.Start('calc', ParamStr(0), [], 3, 60000, 3000);
  Pid := Last(UntilEvent(Host, shReady)).Pid;
  Client := Host.Client('calc');
  Call := Client.Start('hang', SipcNull);
  ExpectInt(Last(UntilEvent(Host, shHung)).Pid, Pid, 'who hangs');
  try
    Client.TryResult(Call, SOON_MS, Message);
    Expect(False, 'it answers while it hangs');
  except
    on Error: ESipcGone do
      ExpectInt(Error.Status, SIPC_SERVER_DIED, 'status');
  end;
  Expect(Last(UntilEvent(Host, shReady)).Pid <> Pid, 'the same process');
  ExpectInt(Client.Call('add', SipcList([1, 1]), SOON_MS).Value.AsInt, 2, 'sum');
  Client.Free;
  Host.Free;
end;

procedure StopsAndStartsAnew;
var
  Host: TSipcHost;
  Client: TSipcClient;
  Event: TSipcEvent;
begin
  Host := TSipcHost.Create('host');
  Host.Start('calc', ParamStr(0), []);
  Event := Last(UntilEvent(Host, shReady));
  Host.Stop('calc');
  Expect(not IsAlive(Event.Pid), 'it runs after it was stopped');
  ExpectInt(Last(UntilEvent(Host, shKilled)).Signal, SIGTERM, 'signal');
  Host.Start('calc', ParamStr(0), []);
  UntilEvent(Host, shReady);
  Client := Host.Client('calc');
  Client.Send('finish', SipcNull);
  ExpectInt(Last(UntilEvent(Host, shEnded)).Code, 0, 'exit code');
  Expect(not Host.TryEvent(200, Event), 'it is started though it had finished');
  Client.Free;
  Host.Free;
end;

procedure EndsWithAKilledHost;
var
  Child: TPid;
  Events: TSipcSubscriber;
  Event: TSipcEvent;
  Host: TSipcHost;
  EndNs: Int64;
begin
  Events := TSipcSubscriber.Create('host.events'); { anybody may look on }
  Child := fpFork;
  if Child = 0 then
    try
      Host := TSipcHost.Create('host');
      Host.Start('calc', ParamStr(0), []);
      fpPause;
    finally
      fpExit(1); { never back into the parent's tests }
    end;
  repeat
    Event := SipcEvent(Events.Receive(SOON_MS));
  until Event.Happening = shReady;
  Expect(IsAlive(Event.Pid), 'who is ready?');
  fpKill(Child, SIGKILL);
  fpWaitPid(Child, nil, 0);
  EndNs := SipcNowNs + SOON_MS * Int64(1000000);
  while IsAlive(Event.Pid) do
  begin
    Expect(SipcNowNs < EndNs, 'it has outlived its host');
    Sleep(1);
  end;
  TSipcClient.Create('host.calc').Free; { the last one out removes what the killed have left }
  Events.Free;
end;

procedure StartWithABadName;
var
  Host: TSipcHost;
begin
  Host := TSipcHost.Create('host');
  try
    Host.Start('a.b', 'true', []);
  finally
    Host.Free;
  end;
end;

procedure StartNothing;
var
  Host: TSipcHost;
begin
  Host := TSipcHost.Create('host');
  try
    Host.Start('calc', '', []);
  finally
    Host.Free;
  end;
end;

procedure StopNobody;
var
  Host: TSipcHost;
begin
  Host := TSipcHost.Create('host');
  try
    Host.Stop('calc');
  finally
    Host.Free;
  end;
end;

procedure ServeWithoutAHost;
begin
  TSipcServer.CreatePlugin;
end;

procedure TakeWhatIsNoEvent;
var
  Host: TSipcHost;
begin
  Host := TSipcHost.Create('host');
  try
    SipcPublish('host.events', SipcMap(['event', 'later']));
    Host.Event(SOON_MS);
  finally
    Host.Free;
  end;
end;

procedure NoProgramIsAnEvent;
var
  Host: TSipcHost;
  Events: TEvents;
begin
  Host := TSipcHost.Create('host');
  Expect(SipcWait([Host], 0) < 0, 'an event before anything has happened');
  Host.Start('ghost', '/nowhere/at/all', [], 0);
  ExpectInt(SipcWait([Host], SOON_MS), 0, 'who has an event');
  Events := UntilEvent(Host, shGivenUp);
  Expect(Events[0].Happening = shFailed, SipcEventName(Events[0].Happening));
  Expect(Pos('/nowhere/at/all', Events[0].Text) > 0, Events[0].Text);
  Host.Free;
end;

procedure DescriptorTellsOfEvents;
var
  Host: TSipcHost;
  Event: TSipcEvent;
  Ready: pollfd;
begin
  Event := Default(TSipcEvent);
  Host := TSipcHost.Create('host');
  Host.Start('calc', ParamStr(0), []);
  repeat
    Ready.fd := Host.Fd;
    Ready.events := POLLIN;
    ExpectInt(fpPoll(@Ready, 1, SOON_MS), 1, 'descriptors that are ready');
    while Host.TryEvent(0, Event) and (Event.Happening <> shReady) do
      ;
  until Event.Happening = shReady;
  Host.Free;
end;

procedure WhatMakesNoPluginIsRefused;
begin
  ExpectError(@StartWithABadName, ESipcMisuse, SIPC_BAD_NAME);
  ExpectError(@StartNothing, ESipcMisuse, SIPC_BAD_ARGUMENT);
  ExpectError(@StopNobody, ESipcMisuse, SIPC_BAD_ARGUMENT);
  ExpectError(@ServeWithoutAHost, ESipcMisuse, SIPC_BAD_NAME);
  ExpectError(@TakeWhatIsNoEvent, ESipcMisuse, SIPC_BAD_VALUE);
end;

procedure RunPluginTests;
begin
  Test('the_page_of_plugins_is_right', @PageIsRight);
  Test('a_plugin_answers_and_ends_with_its_host', @AnswersAndEndsWithItsHost);
  Test('what_a_plugin_prints_is_told_line_by_line', @LinesAreTold);
  Test('a_crashed_plugin_lives_again_but_not_for_ever', @CrashesButNotForEver);
  Test('a_plugin_that_hangs_is_killed_and_lives_again', @HangsAndLivesAgain);
  Test('a_plugin_can_be_stopped_and_started_anew', @StopsAndStartsAnew);
  Test('plugins_end_with_a_host_that_is_killed', @EndsWithAKilledHost);
  Test('a_program_that_is_not_there_is_an_event', @NoProgramIsAnEvent);
  Test('the_descriptor_of_a_host_tells_of_events', @DescriptorTellsOfEvents);
  Test('what_makes_no_plugin_is_refused', @WhatMakesNoPluginIsRefused);
end;

end.
