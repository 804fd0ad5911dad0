with Ada.Streams;        use Ada.Streams;
with SimpleIPC.Loans;    use SimpleIPC.Loans;
with SimpleIPC.Messages; use SimpleIPC.Messages;
with SimpleIPC.Requests; use SimpleIPC.Requests;

package body Loops is

   Room : constant Duration := 10.0;

   procedure Puts (Outbox : Sender'Class; Item : Value; Times : Count) is
   begin
      for Turn in 1 .. Times loop
         Outbox.Send (Item, Timeout => Room);
      end loop;
   end Puts;

   procedure Loans (Outbox : Sender'Class; Height : Natural; Width : Natural; Times : Count) is
   begin
      for Turn in 1 .. Times loop
         declare
            Frame  : Loan := Outbox.Lend (U8, [Height, Width, 3], Timeout => Room);
            Pixels : Bytes (1 .. Stream_Element_Offset (Frame.Size))
              with Import, Address => Frame.Address;
         begin
            Pixels (1) := 1;
            Pixels (Pixels'Last) := 2;
            Frame.Put (Timeout => Room);
         end;
      end loop;
   end Loans;

   function Takes (Inbox : Receiver'Class; Times : Count) return Count is
      Sum : Count := 0;

      procedure Add_Ends (Data : Bytes) is
      begin
         Sum := Sum + Count (Data (Data'First)) + Count (Data (Data'Last));
      end Add_Ends;
   begin
      for Turn in 1 .. Times loop
         declare
            Item : constant Message := Inbox.Receive (Room);
         begin
            Sum := Sum + Count (Item.Sequence);
            Item.Look (Add_Ends'Access);
         end;
      end loop;
      return Sum;
   end Takes;

   function Calls (Asker : in out Client'Class; Times : Count) return Count is
      Args : constant Value := List ([+2, +3]);
      Sum  : Count := 0;
   begin
      for Turn in 1 .. Times loop
         Sum := Sum + Asker.Call ("add", Args, Room).Content.As_Int;
      end loop;
      return Sum;
   end Calls;

   procedure Serves (Adder : Server'Class; Times : Count) is
   begin
      for Turn in 1 .. Times loop
         declare
            Call : Request := Adder.Receive (Room);
            Args : constant Value := Call.Args;
         begin
            Call.Reply (+(Args (1).As_Int + Args (2).As_Int));
         end;
      end loop;
   end Serves;

end Loops;
