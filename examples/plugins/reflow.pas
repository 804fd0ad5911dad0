{ A plugin of the editor, in Object Pascal: it breaks a text into lines of some width. }
program Reflow;

{$MODE OBJFPC}{$H+}

uses
  SysUtils, Sipc;

function BreakIntoLines(var Request: TSipcRequest): TSipcValue;
var
  Column, Width: Integer;
  Text, Word: string;
begin
  Width := Request.Args[1].AsInt;
  if Width < 1 then
    raise ESipcService.CreateCode(1, 'a line has at least one column');
  Text := '';
  Column := 0;
  for Word in Request.Args[0].AsString.Split([' ', #10], TStringSplitOptions.ExcludeEmpty) do
  begin
    if Text = '' then
      Column := 0
    else if Column + 1 + Length(Word) > Width then
    begin
      Text := Text + #10;
      Column := 0;
    end
    else
    begin
      Text := Text + ' ';
      Inc(Column);
    end;
    Text := Text + Word;
    Inc(Column, Length(Word));
  end;
  Result := Text;
end;

var
  Server: TSipcServer;
begin
  Server := TSipcServer.CreatePlugin;
  Server.Add('reflow', @BreakIntoLines);
  Server.Serve;
end.
