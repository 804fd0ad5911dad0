--  Calls methods of quickstart_serve.

with Ada.Text_IO;        use Ada.Text_IO;
with SimpleIPC.Services; use SimpleIPC.Services;
with SimpleIPC.Values;   use SimpleIPC.Values;

procedure Quickstart_Call is
   Calculator : Client;
begin
   Calculator.Open ("calc");
   Put_Line (Calculator.Call ("add", List ([+1, +2]), Timeout => 20.0).Content.Image);
   Put_Line (Calculator.Call ("divide", List ([+1, +0]), Timeout => 20.0).Content.Image);
exception
   when SimpleIPC.Service_Error =>
      Put_Line (Calculator.Refused_Text);
end Quickstart_Call;
