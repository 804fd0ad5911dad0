{ Who is on a channel, and who comes and goes. }
unit PeerTests;

{$MODE OBJFPC}{$H+}

interface

procedure RunPeerTests;

implementation

uses
  BaseUnix, SysUtils, Harness, Sipc;

const
  SOON_MS = 20000;

var
  Said: string;

procedure Say(const Line: string);
begin
  Said := Said + Line + LineEnding;
end;

// snippet-begin
{ Says when a server of the service comes, and when it goes. }
procedure WatchService(const Service: string);
var
  Watcher: TSipcPeerWatcher;
  Event: TSipcPeerEvent;
begin
  Watcher := TSipcPeerWatcher.Create(Service);
  try
    repeat
      Event := Watcher.Event(20000);
      if Event.Peer.Role <> 'serve' then
        Continue;
      if Event.IsUp then
        Say(Event.Peer.Executable + ' serves')
      else
        Say(Event.Peer.Executable + ' has gone');
    until not Event.IsUp;
  finally
    Watcher.Free;
  end;
end;
// snippet-end

{ A process that has this open until it is killed, or by itself ends after so many seconds. }
function StartServer(const Service: string; Seconds: Integer): TPid;
begin
  Result := fpFork;
  if Result <> 0 then
    Exit;
  TSipcServer.Create(Service);
  if Seconds > 0 then
    fpAlarm(Seconds);
  while True do
    fpPause;
end;

procedure Finish(Process: TPid; Signal: Integer);
var
  Status: Integer;
begin
  if Signal > 0 then
    fpKill(Process, Signal);
  Status := 0;
  fpWaitPid(Process, Status, 0);
end;

{ The last one out removes the channel that the dead one has left. }
procedure Leave(const Service: string);
begin
  TSipcServer.Create(Service).Free;
end;

procedure PageIsRight;
var
  Server: TPid;
  Name: string;
begin
  Said := '';
  Server := StartServer('calc', 1);
  WatchService('calc');
  Finish(Server, 0);
  Leave('calc');
  Name := ExtractFileName(ParamStr(0));
  ExpectText(Said, Name + ' serves' + LineEnding + Name + ' has gone' + LineEnding, 'said');
end;

procedure PeersSayWhoTheyAre;
var
  Publisher: TSipcPublisher;
  Subscriber: TSipcSubscriber;
  Peers: TSipcPeers;
  Before: Int64;
begin
  ExpectInt(Length(SipcPeers('t')), 0, 'nobody');
  Before := SipcNowNs;
  Publisher := TSipcPublisher.Create('t');
  SipcIdentify('viewer', 'a dialect');
  Subscriber := TSipcSubscriber.Create('t');
  SipcIdentify('');
  Peers := SipcPeers('t', GetEnvironmentVariable('SIPC_DIR'));
  ExpectInt(Length(Peers), 2, 'both');
  ExpectText(Peers[0].Executable, ExtractFileName(ParamStr(0)), 'program');
  ExpectText(Peers[0].Language, 'pascal', 'language');
  ExpectText(Peers[0].Role, 'publish', 'role');
  ExpectInt(Peers[0].Pid, fpGetPid, 'pid');
  Expect((Before <= Peers[0].SinceNs) and (Peers[1].SinceNs <= SipcNowNs), 'since when');
  ExpectText(Peers[1].Executable, 'viewer', 'name given');
  ExpectText(Peers[1].Language, 'a dialect', 'language given');
  Publisher.Put(1);
  ExpectInt(Subscriber.Receive(SOON_MS).Sender, Peers[0].Id, 'sender');
  Subscriber.Free;
  Publisher.Free;
end;

procedure BadName;
begin
  SipcPeers('a/b');
end;

procedure WrongNameIsRefused;
begin
  ExpectError(@BadName, ESipcMisuse, SIPC_BAD_NAME);
end;

procedure ComingAndGoingIsTold;
var
  Watcher: TSipcPeerWatcher;
  Receiver: TSipcReceiver;
  Came, Went: TSipcPeerEvent;
  Server: TPid;
  Life: Integer;
begin
  Watcher := TSipcPeerWatcher.Create('calc');
  Receiver := TSipcReceiver.Create('queue');
  Expect(not Watcher.TryEvent(0, Came), 'nobody is there');
  for Life := 1 to 3 do
  begin
    Server := StartServer('calc', 0);
    ExpectInt(SipcWait([Receiver, Watcher], SOON_MS), 1, 'who is ready');
    Came := Watcher.Event(SOON_MS);
    Expect(Came.IsUp and (Came.Peer.Pid = Server), 'it came');
    fpKill(Server, SIGSTOP);
    Expect(not Watcher.TryEvent(100, Went), 'a stopped one is there');
    Finish(Server, SIGKILL);
    Went := Watcher.Event(SOON_MS);
    Expect((not Went.IsUp) and (Went.Peer.Id = Came.Peer.Id), 'it went');
  end;
  Receiver.Free;
  Watcher.Free;
  Leave('calc');
end;

procedure RunPeerTests;
begin
  Test('the_page_of_presence_is_right', @PageIsRight);
  Test('peers_say_who_they_are', @PeersSayWhoTheyAre);
  Test('peers_of_a_wrong_name_are_refused', @WrongNameIsRefused);
  Test('who_comes_and_goes_is_told_of_also_when_killed', @ComingAndGoingIsTold);
end;

end.
