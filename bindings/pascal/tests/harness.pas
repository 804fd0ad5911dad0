{ Runs one test after the other, and says how each went and how many did. }
unit Harness;

{$MODE OBJFPC}{$H+}

interface

uses
  SysUtils, Sipc;

type
  TBody = procedure;
  ESipcClass = class of ESipc;

procedure Test(const Name: string; Body: TBody);
procedure Expect(Holds: Boolean; const What: string);
procedure ExpectInt(Found, Wanted: Int64; const What: string);
procedure ExpectText(const Found, Wanted, What: string);
{ Body must raise exactly this class, with this status and a sentence. }
procedure ExpectError(Body: TBody; Wanted: ESipcClass; Status: Int32);
{ Prints the count; the exit code says whether all went well. }
procedure Finish;

implementation

type
  EUnexpected = class(Exception);

var
  Passed, Failed: Integer;

procedure Test(const Name: string; Body: TBody);
begin
  try
    Body();
    Inc(Passed);
    WriteLn('ok ', Name);
  except
    on Why: Exception do
    begin
      Inc(Failed);
      WriteLn('FAILED ', Name, ': ', Why.ClassName, ': ', Why.Message);
    end;
  end;
  Flush(Output);
end;

procedure Expect(Holds: Boolean; const What: string);
begin
  if not Holds then
    raise EUnexpected.Create(What);
end;

procedure ExpectInt(Found, Wanted: Int64; const What: string);
begin
  Expect(Found = Wanted, Format('%s: %d instead of %d', [What, Found, Wanted]));
end;

procedure ExpectText(const Found, Wanted, What: string);
begin
  Expect(Found = Wanted, Format('%s: "%s" instead of "%s"', [What, Found, Wanted]));
end;

procedure ExpectError(Body: TBody; Wanted: ESipcClass; Status: Int32);
begin
  try
    Body();
  except
    on Error: ESipc do
    begin
      ExpectText(Error.ClassName, Wanted.ClassName, 'class of the error');
      ExpectInt(Error.Status, Status, 'status');
      Expect(Length(Error.Message) > 10, 'an error without a sentence');
      Exit;
    end;
  end;
  raise EUnexpected.Create('no error, where ' + Wanted.ClassName + ' was expected');
end;

procedure Finish;
begin
  WriteLn(Passed, ' passed, ', Failed, ' failed');
  if Failed > 0 then
    Halt(1);
end;

end.
