--  Prints what arrives; ends when nothing came for 2 seconds.

with Ada.Text_IO;
with SimpleIPC.Channels; use SimpleIPC.Channels;
with SimpleIPC.Messages; use SimpleIPC.Messages;

procedure Quickstart_Receive is
   Chat : Receiver;
begin
   Chat.Open ("chat");
   loop
      declare
         Item : constant Message := Chat.Receive (Timeout => 2.0);
      begin
         Ada.Text_IO.Put_Line (Item.Content.Image);
      end;
   end loop;
exception
   when SimpleIPC.Timeout_Error =>
      null;
end Quickstart_Receive;
