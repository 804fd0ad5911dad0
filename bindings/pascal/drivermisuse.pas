{ What the driver does wrong on purpose, and how that ends. It is described in testing/interop. }
unit DriverMisuse;

{$IFDEF FPC}{$MODE OBJFPC}{$H+}{$ENDIF}

interface

uses
  Classes, SysUtils, Sipc;

{ The answer to misuse; the channel is of no account for closed. }
function Misused(const Kind: string; Channel: TSipcChannel): string;

implementation

type
  TWaiting = class(TThread)
    Receiver: TSipcReceiver;
    procedure Execute; override;
  end;

var
  Serving: TSipcServer; { until the handler has interrupted it }

{ Tries again when it comes while the other one looks. }
procedure TWaiting.Execute;
var
  Status: Int32;
begin
  repeat
    Status := SIPC_OK;
    try
      Receiver.Receive;
    except
      on Error: ESipcRetry do
        Status := Error.Status;
    end;
  until Status <> SIPC_BUSY;
end;

procedure UseFromTwoThreads(Receiver: TSipcReceiver);
var
  Waiting: TWaiting;
  Message: TSipcMessage;
begin
  Waiting := TWaiting.Create(True);
  Waiting.Receiver := Receiver;
  Waiting.Start;
  try
    while not Receiver.TryReceive(0, Message) do
      TThread.Yield;
  finally
    Receiver.Interrupt;
    Waiting.WaitFor;
    Waiting.Free;
  end;
end;

procedure Forget(Receiver: TSipcReceiver);
begin
  Receiver.Receive(10000);
end;

function Boom(var Asked: TSipcRequest): TSipcValue;
begin
  Result := Asked.Args;
  Serving.Interrupt;
  raise EArgumentException.Create('boom');
end;

procedure FailInHandler(Server: TSipcServer);
begin
  Serving := Server;
  Server.Add('boom', @Boom);
  Server.Serve;
end;

function Misused(const Kind: string; Channel: TSipcChannel): string;
begin
  Result := 'ok';
  try
    case Kind of
      'type': Result := 'impossible what does not convert into a value does not compile';
      'range': Result := 'impossible an integer has 64 bits';
      'text': (Channel as TSipcSender).Put('caf'#$E9);
      'closed': Result := 'impossible a channel is closed by Free, and then is no object';
      'thread': UseFromTwoThreads(Channel as TSipcReceiver);
      'forgotten': Forget(Channel as TSipcReceiver);
      'handler': FailInHandler(Channel as TSipcServer);
    else
      raise Exception.Create('no misuse ' + Kind);
    end;
  except
    on Error: ESipc do
      Result := 'refused ' + Error.Message;
  end;
end;

end.
