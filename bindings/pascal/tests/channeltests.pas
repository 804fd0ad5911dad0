{ Queues, topics, loans, waits and what they refuse. }
unit ChannelTests;

{$MODE OBJFPC}{$H+}

interface

procedure RunChannelTests;

implementation

uses
  Classes, SysUtils, Harness, Sipc;

procedure QueueInOrder;
var
  Sender: TSipcSender;
  Receiver: TSipcReceiver;
  Message: TSipcMessage;
  Number, FirstSequence: Int64;
begin
  Sender := TSipcSender.Create('order');
  Receiver := TSipcReceiver.Create('order');
  for Number := 1 to 100 do
    Sender.Put(Number);
  FirstSequence := 0;
  for Number := 1 to 100 do
  begin
    Message := Receiver.Receive(1000);
    ExpectInt(Message.Value.AsInt, Number, 'value');
    if Number = 1 then
      FirstSequence := Message.Sequence;
    ExpectInt(Message.Sequence, FirstSequence + Number - 1, 'sequence');
    Expect(not Message.Redelivered, 'a message is said to be delivered again');
  end;
  Expect(not Receiver.TryReceive(0, Message), 'a message too many');
  ExpectInt(Message.Value.Kind, SIPC_KIND_NULL, 'kind of what did not arrive');
  Receiver.Free;
  Sender.Free;
end;

procedure TopicReachesAll;
var
  Publisher: TSipcPublisher;
  First, Second: TSipcSubscriber;
begin
  First := TSipcSubscriber.Create('news');
  Second := TSipcSubscriber.Create('news');
  Publisher := TSipcPublisher.Create('news');
  Publisher.Put('extra');
  ExpectText(First.Receive(1000).Value.AsString, 'extra', 'first subscriber');
  ExpectText(Second.Receive(1000).Value.AsString, 'extra', 'second subscriber');
  SipcPublish('news', 'more');
  ExpectText(First.Receive(1000).Value.AsString, 'more', 'one-call publish');
  Publisher.Free;
  First.Free;
  Second.Free;
end;

procedure TimesAndSender;
var
  Publisher, Silent: TSipcPublisher;
  Subscriber: TSipcSubscriber;
  Options: TSipcOptions;
  Stamped, Unstamped: TSipcMessage;
  Before: Int64;
begin
  Options := SipcOptions;
  Options.Unstamped := True;
  Subscriber := TSipcSubscriber.Create('times');
  Publisher := TSipcPublisher.Create('times');
  Silent := TSipcPublisher.Create('times', Options);
  Before := SipcNowNs;
  Publisher.Put(1, 12345);
  Stamped := Subscriber.Receive(1000);
  ExpectInt(Stamped.CaptureTimeNs, 12345, 'capture time');
  Expect(Stamped.PublishTimeNs >= Before, 'published before it was sent');
  Expect(Stamped.ReceiveTimeNs >= Stamped.PublishTimeNs, 'received before it was published');
  Silent.Put(2);
  Unstamped := Subscriber.Receive(1000);
  ExpectInt(Unstamped.PublishTimeNs, 0, 'publish time of an unstamped message');
  Expect(Unstamped.Sender <> Stamped.Sender, 'two publishers with the same number');
  Silent.Free;
  Publisher.Free;
  Subscriber.Free;
end;

procedure LatestSkips;
var
  Publisher: TSipcPublisher;
  Subscriber: TSipcSubscriber;
  Options: TSipcOptions;
  Message: TSipcMessage;
  Number: Integer;
begin
  Options := SipcOptions;
  Options.Latest := True;
  Subscriber := TSipcSubscriber.Create('latest', Options);
  Publisher := TSipcPublisher.Create('latest');
  for Number := 1 to 5 do
    Publisher.Put(Number);
  Message := Subscriber.Receive(1000);
  ExpectInt(Message.Value.AsInt, 5, 'value');
  ExpectInt(Message.Missed, 4, 'missed');
  Publisher.Free;
  Subscriber.Free;
end;

procedure HistoryForTheLate;
var
  Publisher: TSipcPublisher;
  Subscriber: TSipcSubscriber;
  Options: TSipcOptions;
  Number: Integer;
begin
  Options := SipcOptions;
  Options.History := 2;
  Publisher := TSipcPublisher.Create('history', Options);
  for Number := 1 to 5 do
    Publisher.Put(Number);
  Subscriber := TSipcSubscriber.Create('history', Options);
  ExpectInt(Subscriber.Receive(1000).Value.AsInt, 4, 'first of the history');
  ExpectInt(Subscriber.Receive(1000).Value.AsInt, 5, 'last of the history');
  Publisher.Free;
  Subscriber.Free;
end;

procedure PutIntoFullTopic;
var
  Publisher: TSipcPublisher;
  Subscriber: TSipcSubscriber;
  Options: TSipcOptions;
  Number: Integer;
begin
  Options := SipcOptions;
  Options.Lossless := True;
  Options.Depth := 16;
  Publisher := nil;
  Subscriber := TSipcSubscriber.Create('full', Options);
  try
    Publisher := TSipcPublisher.Create('full');
    for Number := 1 to 17 do
      Publisher.Put(Number, 0, 10);
  finally
    Publisher.Free;
    Subscriber.Free;
  end;
end;

procedure LosslessMakesWait;
begin
  ExpectError(@PutIntoFullTopic, ESipcRetry, SIPC_FULL);
end;

procedure OpenLosslessTap;
var
  Options: TSipcOptions;
begin
  Options := SipcOptions;
  Options.Tap := True;
  Options.Lossless := True;
  TSipcSubscriber.Create('tapped', Options).Free;
end;

procedure TapLooksOn;
var
  Options: TSipcOptions;
  Publisher: TSipcPublisher;
  Tap: TSipcSubscriber;
begin
  Options := SipcOptions;
  Options.Tap := True;
  Tap := TSipcSubscriber.Create('tapped', Options);
  Publisher := TSipcPublisher.Create('tapped');
  Publisher.Put('seen');
  ExpectText(Tap.Receive(1000).Value.AsString, 'seen', 'value');
  Tap.Free;
  Publisher.Free;
  ExpectError(@OpenLosslessTap, ESipcMisuse, SIPC_BAD_ARGUMENT);
end;

procedure SendAndReceiveIn(const Directory: string);
var
  Options: TSipcOptions;
  Sender: TSipcSender;
  Receiver: TSipcReceiver;
begin
  Options := SipcOptions;
  Options.Directory := Directory;
  Sender := TSipcSender.Create('order', Options);
  Receiver := TSipcReceiver.Create('order', Options);
  Sender.Put('here');
  ExpectText(Receiver.Receive(1000).Value.AsString, 'here', 'value');
  Sender.Free;
  Receiver.Free;
end;

procedure OwnDirectory;
var
  Directory: string;
begin
  Directory := GetEnvironmentVariable('SIPC_DIR') + '/apart';
  Expect(CreateDir(Directory), 'no directory ' + Directory);
  SendAndReceiveIn(Directory);
  Expect(RemoveDir(Directory), 'the last one out has left something behind');
end;

procedure LoanedFrame;
var
  Publisher: TSipcPublisher;
  Subscriber: TSipcSubscriber;
  Loan: ISipcLoan;
  Message: TSipcMessage;
  Round: Integer;
begin
  Publisher := TSipcPublisher.Create('frames');
  Subscriber := TSipcSubscriber.Create('frames');
  for Round := 1 to 40 do { more than a handle may have on loan at once }
  begin
    Loan := Publisher.LoanTensor(SIPC_DTYPE_U8, [720, 1280, 3], 'rgb8');
    ExpectInt(Loan.Len, 720 * 1280 * 3, 'bytes lent');
    ExpectInt(PtrUInt(Loan.Data) mod 64, 0, 'alignment');
    FillChar(Loan.Data^, Loan.Len, Round);
    Loan.Put(Round);
    Message := Subscriber.Receive(1000);
    ExpectInt(Message.Value.Len, 720 * 1280 * 3, 'bytes arrived');
    ExpectInt(PByte(Message.Value.Data)[720 * 1280 * 3 - 1], Round, 'last byte');
    ExpectText(Message.Value.Caption, 'rgb8', 'format');
    ExpectInt(Message.CaptureTimeNs, Round, 'capture time');
  end;
  Publisher.Free;
  ExpectInt(PByte(Message.Value.Data)[0], 40, 'first byte, after its publisher has gone');
  Subscriber.Free;
  ExpectInt(PByte(Message.Value.Data)[0], 40, 'first byte, after its subscriber has gone');
end;

procedure LoanedBytes;
var
  Sender: TSipcSender;
  Loan: ISipcLoan;
  Attempt: Integer;
begin
  Sender := TSipcSender.Create('blocks');
  for Attempt := 1 to 40 do
  begin
    Loan := Sender.LoanBytes(100000); { assigning gives the one before back }
    if Odd(Attempt) then
      Loan.Cancel;
  end;
  Loan := Sender.LoanBytes(3);
  Move(PAnsiChar('abc')^, Loan.Data^, 3);
  Loan.Put;
  ExpectInt(SipcReceive('blocks', 1000).Value.AsBytes[2], Ord('c'), 'last byte');
  Sender.Free;
end;

procedure UseLoanTwice;
var
  Sender: TSipcSender;
  Loan: ISipcLoan;
begin
  Sender := TSipcSender.Create('twice');
  try
    Loan := Sender.LoanBytes(3);
    Loan.Put;
    Loan.Put;
  finally
    Sender.Free;
    SipcReceive('twice', 1000);
  end;
end;

procedure LoanIsPutOnce;
begin
  ExpectError(@UseLoanTwice, ESipcGone, SIPC_CLOSED);
end;

procedure WaitForSeveral;
var
  Left, Right: TSipcReceiver;
begin
  Left := TSipcReceiver.Create('left');
  Right := TSipcReceiver.Create('right');
  ExpectInt(SipcWait([Left, Right], 10), -1, 'with nothing to take');
  SipcSend('right', 'r');
  ExpectInt(SipcWait([Left, Right], 1000), 1, 'with something at the right');
  ExpectText(Right.Receive(0).Value.AsString, 'r', 'value');
  SipcSend('left', 'l');
  ExpectInt(SipcWait([Left, Right]), 0, 'with something at the left');
  ExpectText(Left.Receive(0).Value.AsString, 'l', 'value');
  Left.Free;
  Right.Free;
end;

procedure LoopOverMessages;
var
  Receiver: TSipcReceiver;
  Message: TSipcMessage;
  Sum: Int64;
begin
  Receiver := TSipcReceiver.Create('loop');
  SipcSend('loop', 1);
  SipcSend('loop', 2);
  SipcSend('loop', 'stop');
  Sum := 0;
  for Message in Receiver do
    if Message.Value.Kind = SIPC_KIND_INT then
      Sum := Sum + Message.Value.AsInt
    else
      Break;
  ExpectInt(Sum, 3, 'sum');
  Receiver.Free;
end;

procedure ReadAfterDone;
var
  Message: TSipcMessage;
  Item: TSipcValue;
begin
  SipcSend('done', SipcList([1, 2]));
  Message := SipcReceive('done', 1000);
  Item := Message.Value[1];
  ExpectInt(Item.AsInt, 2, 'item');
  Message.Done;
  Message.Done;
  Item.AsInt;
end;

procedure DoneEndsItsValues;
var
  Fresh: TSipcMessage;
begin
  ExpectError(@ReadAfterDone, ESipcGone, SIPC_CLOSED);
  Fresh.Done; { nothing was received: nothing to do }
end;

procedure ForwardReceived;
var
  Message: TSipcMessage;
begin
  SipcSend('here', SipcMap(['points', SipcList([1, 2.5])]));
  Message := SipcReceive('here', 1000);
  SipcSend('there', SipcList([Message.Value, 'forwarded']));
  Expect(SipcReceive('there', 1000).Value[0][0][1].AsFloat = 2.5, 'the value inside');
  Message.Done;
end;

procedure ValuesOutliveTheirMessage;
var
  Item: TSipcValue;

  procedure TakeItem;
  begin
    Item := SipcReceive('outlive', 1000).Value[1];
  end;

begin
  SipcSend('outlive', SipcList([0, StringOfChar('k', 5000)]));
  TakeItem;
  SipcSend('outlive', StringOfChar('x', 6000));
  SipcReceive('outlive', 1000);
  ExpectText(Item.AsString, StringOfChar('k', 5000), 'item');
end;

type
  TChatter = class(TThread)
    procedure Execute; override;
  end;

procedure TChatter.Execute;
var
  Number: Integer;
begin
  for Number := 1 to 100 do
    SipcSend('threads', Number);
end;

procedure SendFromThreads;
var
  Chatters: array[0..3] of TChatter;
  Chatter: TChatter;
  Index: Integer;
  Sum: Int64;
begin
  for Index := 0 to High(Chatters) do
    Chatters[Index] := TChatter.Create(False);
  Sum := 0;
  for Index := 1 to 400 do
    Sum := Sum + SipcReceive('threads', 1000).Value.AsInt;
  ExpectInt(Sum, 4 * 5050, 'sum');
  for Chatter in Chatters do
  begin
    Chatter.WaitFor;
    Chatter.Free;
  end;
end;

type
  TInterrupter = class(TThread)
    Channel: TSipcChannel;
    procedure Execute; override;
  end;

procedure TInterrupter.Execute;
begin
  Sleep(50);
  Channel.Interrupt;
end;

procedure ReceiveUntilInterrupted;
var
  Receiver: TSipcReceiver;
  Thread: TInterrupter;
begin
  Receiver := TSipcReceiver.Create('quiet');
  Thread := TInterrupter.Create(True);
  Thread.Channel := Receiver;
  Thread.Start;
  try
    Receiver.Receive(10000);
  finally
    Thread.WaitFor;
    Thread.Free;
    Receiver.Free;
  end;
end;

procedure InterruptEndsWait;
begin
  ExpectError(@ReceiveUntilInterrupted, ESipcRetry, SIPC_INTERRUPTED);
end;

procedure ReceiveNothing;
begin
  SipcReceive('nothing', 10);
end;

procedure SendWithSlash;
begin
  SipcSend('a/b', 1);
end;

procedure SendWithNul;
begin
  SipcSend('a'#0'b', 1);
end;

procedure PublishOnQueue;
begin
  SipcPublish('nothing', 1);
end;

procedure OpenInNowhere;
var
  Options: TSipcOptions;
begin
  Options := SipcOptions;
  Options.Directory := '/nowhere/at/all';
  TSipcSender.Create('x', Options).Free;
end;

procedure Errors;
var
  Message: TSipcMessage;
begin
  ExpectError(@ReceiveNothing, ESipcTimeout, SIPC_TIMEOUT);
  Expect(not SipcTryReceive('nothing', 0, Message), 'something arrived');
  ExpectError(@SendWithSlash, ESipcMisuse, SIPC_BAD_NAME);
  ExpectError(@SendWithNul, ESipcMisuse, SIPC_BAD_NAME);
  ExpectError(@PublishOnQueue, ESipcMisuse, SIPC_WRONG_PATTERN);
  ExpectError(@OpenInNowhere, ESipcSystem, SIPC_NO_DIRECTORY);
end;

procedure RunChannelTests;
begin
  Test('queue_in_order', @QueueInOrder);
  Test('topic_reaches_all', @TopicReachesAll);
  Test('times_and_sender', @TimesAndSender);
  Test('latest_skips', @LatestSkips);
  Test('history_for_the_late', @HistoryForTheLate);
  Test('lossless_makes_wait', @LosslessMakesWait);
  Test('tap_looks_on', @TapLooksOn);
  Test('own_directory', @OwnDirectory);
  Test('loaned_frame', @LoanedFrame);
  Test('loaned_bytes', @LoanedBytes);
  Test('loan_is_put_once', @LoanIsPutOnce);
  Test('wait_for_several', @WaitForSeveral);
  Test('loop_over_messages', @LoopOverMessages);
  Test('done_ends_its_values', @DoneEndsItsValues);
  Test('forward_received', @ForwardReceived);
  Test('values_outlive_their_message', @ValuesOutliveTheirMessage);
  Test('send_from_threads', @SendFromThreads);
  Test('interrupt_ends_wait', @InterruptEndsWait);
  Test('errors', @Errors);
end;

end.
