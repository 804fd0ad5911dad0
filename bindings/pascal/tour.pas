{ Every pattern once, in one program; each part could be in a program of its own. }
program Tour;

uses
  SysUtils, Sipc;

const
  Soon = 20000; { ms }

procedure Queue; { each message goes to one receiver }
var
  Message: TSipcMessage;
  Receiver: TSipcReceiver;
begin
  SipcSend('tour.queue', 'hello');
  Receiver := TSipcReceiver.Create('tour.queue');
  WriteLn('queue: ', Receiver.Receive(Soon).Value.AsString);
  if not Receiver.TryReceive(0, Message) then
    WriteLn('queue: nothing more');
  Receiver.Free;
end;

procedure Topic; { every subscriber gets every message; a frame is filled where it is read }
var
  Subscriber: TSipcSubscriber;
  Publisher: TSipcPublisher;
  Frame: ISipcLoan;
  Message: TSipcMessage;
begin
  Subscriber := TSipcSubscriber.Create('tour.topic');
  Publisher := TSipcPublisher.Create('tour.topic');
  Publisher.Put(42);
  WriteLn('topic: ', Subscriber.Receive(Soon).Value.AsInt);
  Frame := Publisher.LoanTensor(SIPC_DTYPE_U8, [4, 6, 3], 'rgb8');
  FillChar(Frame.Data^, Frame.Len, 7);
  Frame.Put(SipcNowNs);
  Message := Subscriber.Receive(Soon);
  WriteLn('topic: ', Message.Value.Shape(0), ' x ', Message.Value.Shape(1), ' ',
    Message.Value.Caption, ' ', PByte(Message.Value.Data)^);
  Message.Done;
  Publisher.Free;
  Subscriber.Free;
end;

procedure State; { the latest value, for whoever comes whenever }
var
  Setter: TSipcSetter;
  Watcher: TSipcWatcher;
  Speed: TSipcMessage;
  IsSet: Boolean;
begin
  Setter := TSipcSetter.Create('tour.state');
  Watcher := TSipcWatcher.Create('tour.state');
  Setter.Put(30);
  Speed := Watcher.Get(Soon);
  WriteLn('state: ', Speed.Value.AsInt);
  IsSet := Setter.PutIf(31, Speed.Sequence); { False if somebody else was faster }
  WriteLn('state: ', Watcher.Receive(Soon).Value.AsInt, ' ', IsSet);
  Watcher.Free;
  Setter.Free;
end;

procedure Signal; { something has happened }
var
  Waiter: TSipcWaiter;
begin
  Waiter := TSipcWaiter.Create('tour.signal');
  SipcNotify('tour.signal');
  WriteLn('signal: ', Waiter.Wait(Soon));
  Waiter.Free;
end;

procedure OneAtATime; { a lock, free when its owner dies }
var
  Lock: TSipcLock;
begin
  Lock := TSipcLock.Create('tour.lock');
  Lock.Acquire;
  WriteLn('lock: died with it: ', Lock.AbandonedPid);
  Lock.Release;
  Lock.Free;
end;

procedure Service; { the client's side, the server's, and the client's again }
var
  Server: TSipcServer;
  Client: TSipcClient;
  Call: UInt64;
  Request: TSipcRequest;
  Reply: TSipcMessage;
begin
  Server := TSipcServer.Create('tour.service');
  Client := TSipcClient.Create('tour.service');
  Call := Client.Start('add', SipcList([1, 2]));
  if Server.TryTake(Soon, Request) then
  begin
    WriteLn('service: ', Request.Method, ' of ', Request.Args.Count);
    Request.Reply(Request.Args[0].AsInt + Request.Args[1].AsInt);
    Request.Done;
  end;
  if Client.TryResult(Call, Soon, Reply) then
    WriteLn('service: ', Reply.Value.AsInt);
  Reply.Done;
  Client.Free;
  Server.Free;
end;

begin
  Queue;
  Topic;
  State;
  Signal;
  OneAtATime;
  Service;
end.
