--  Sends a few values; start it before or after quickstart_receive.

with SimpleIPC.Channels; use SimpleIPC.Channels;
with SimpleIPC.Values;   use SimpleIPC.Values;

procedure Quickstart_Send is
begin
   Send ("chat", +"hello");
   Send ("chat", +42);
   Send ("chat", ["class" => +"cat", "score" => +0.93]);
end Quickstart_Send;
