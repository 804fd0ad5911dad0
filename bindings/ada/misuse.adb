with Ada.Exceptions;     use Ada.Exceptions;
with Interfaces;         use Interfaces;
with SimpleIPC.Generated;
with SimpleIPC.Messages; use SimpleIPC.Messages;
with SimpleIPC.Requests; use SimpleIPC.Requests;
with SimpleIPC.Values;   use SimpleIPC.Values;

package body Misuse is

   function Refused (Error : Exception_Occurrence) return String
     is ("refused " & Exception_Message (Error));

   function Put_Badly (Kind : String; Outbox : Sender'Class) return String is
      Large : constant Long_Long_Long_Integer :=
        Long_Long_Long_Integer'Value ("18446744073709551616");
   begin
      if Kind = "type" then
         return "impossible what is no Value does not compile";
      elsif Kind = "range" then
         Outbox.Send (+Long_Long_Integer (Large));
      else
         Outbox.Send (+("caf" & Character'Val (16#E9#)));
      end if;
      return "ok";
   exception
      when Error : Constraint_Error | SimpleIPC.Misuse_Error =>
         return Refused (Error);
   end Put_Badly;

   function Use_Closed (Name : String) return String is
      Outbox : Sender;
   begin
      Outbox.Open (Name);
      Outbox.Close;
      Outbox.Close;
      Outbox.Send (+1);
      return "ok";
   exception
      when Error : SimpleIPC.Gone_Error =>
         return Refused (Error);
   end Use_Closed;

   function Use_From_Two_Tasks (Inbox : aliased in out Receiver'Class) return String is

      task Waiting;

      --  Tries again when it comes while the other one looks.
      task body Waiting is
      begin
         loop
            begin
               exit when Inbox.Receive.Sequence < 0;
            exception
               when SimpleIPC.Retry_Error =>
                  exit when SimpleIPC.Last_Status = SimpleIPC.Generated.STATUS_INTERRUPTED;
            end;
         end loop;
      end Waiting;

   begin
      loop
         begin
            exit when Inbox.Receive (0.0).Sequence < 0;
         exception
            when SimpleIPC.Timeout_Error =>
               null;
         end;
      end loop;
      return "ok";
   exception
      when Error : SimpleIPC.Retry_Error =>
         Inbox.Interrupt;
         return Refused (Error);
   end Use_From_Two_Tasks;

   function Forget (Inbox : Receiver'Class) return String is
      Item : constant Message := Inbox.Receive (10.0);
   begin
      return (if Item.Content.Kind_Of = Null_Kind then "nothing" else "ok");
   end Forget;

   function Fail_In_Handler (Bomb : Server'Class) return String is

      function Explode (Call : in out Request) return Value is
      begin
         Bomb.Interrupt;
         return Call.Args.Element ("no such key");
      end Explode;
   begin
      Bomb.Serve (Explode'Access);
      return "ok";
   end Fail_In_Handler;

end Misuse;
