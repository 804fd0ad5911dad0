--  The interop driver: one command per line on stdin, one answer per line on stdout. The protocol
--  is in testing/interop; values become those of Ada and back.

with Ada.Command_Line;
with Ada.Containers.Indefinite_Ordered_Maps;
with Ada.Containers.Indefinite_Vectors;
with Ada.Exceptions;
with Ada.Strings.Fixed;
with Ada.Text_IO;
with Ada.Unchecked_Deallocation;
with Interfaces;            use Interfaces;
with Loops;
with Misuse;
with Notation;              use Notation;
with SimpleIPC;
with SimpleIPC.Channels;    use SimpleIPC.Channels;
with SimpleIPC.Generated;
with SimpleIPC.Loans;       use SimpleIPC.Loans;
with SimpleIPC.Messages;    use SimpleIPC.Messages;
with SimpleIPC.Requests;    use SimpleIPC.Requests;
with SimpleIPC.Services;    use SimpleIPC.Services;
with SimpleIPC.Values;      use SimpleIPC.Values;

procedure Driver is

   use type SimpleIPC.Nanoseconds;

   Room : constant Duration := 10.0; --  how long a put waits for it

   type Handle_Access is access Handle'Class;
   type Message_Access is access Message;
   type Request_Access is access Request;

   procedure Free is new Ada.Unchecked_Deallocation (Handle'Class, Handle_Access);
   procedure Free is new Ada.Unchecked_Deallocation (Message, Message_Access);
   procedure Free is new Ada.Unchecked_Deallocation (Request, Request_Access);

   package Handle_Maps is new Ada.Containers.Indefinite_Ordered_Maps (String, Handle_Access);
   package Word_Vectors is new Ada.Containers.Indefinite_Vectors (Positive, String);

   Handles : Handle_Maps.Map;
   Words   : Word_Vectors.Vector;
   Held    : Message_Access; --  of `hold`, until the next one
   Asked   : Request_Access; --  of `serve`, until it is answered

   function Word (Number : Positive) return String
     is (if Number <= Words.Last_Index then Words (Number) else "");

   function Named (Number : Positive := 2) return Handle_Access is (Handles (Word (Number)));

   function Timeout (Number : Positive) return Duration
     is (Duration'Value (Word (Number)) / 1000.0);

   --  Without the blank that 'Image has.
   function Decimal (Number : Long_Long_Integer) return String
     is (Ada.Strings.Fixed.Trim (Number'Image, Ada.Strings.Left));

   function Digit (Item : Boolean) return String is (if Item then "1" else "0");

   function Describe (Item : Message) return String is
      Is_Aged : constant Boolean :=
        Item.Publish_Time > 0 and then Item.Publish_Time <= Item.Receive_Time;
   begin
      return
        "value " & Show (Item.Content) & " seq=" & Decimal (Long_Long_Integer (Item.Sequence))
        & " missed=" & Decimal (Long_Long_Integer (Item.Missed)) & " redelivered="
        & Digit (Item.Is_Redelivered) & " capture="
        & Decimal (Long_Long_Integer (Item.Capture_Time)) & " aged=" & Digit (Is_Aged);
   end Describe;

   function Made (Role : String) return Handle_Access
     is (if Role = "publish" then new Publisher
         elsif Role = "subscribe" then new Subscriber
         elsif Role = "send" then new Sender
         elsif Role = "receive" then new Receiver
         elsif Role = "set" then new Setter
         elsif Role = "watch" then new Watcher
         elsif Role = "notify" then new Notifier
         elsif Role = "wait" then new Waiter
         elsif Role = "lock" then new Lock
         elsif Role = "call" then new Client
         elsif Role = "serve" then new Server
         elsif Role = "host" then new Host
         elsif Role = "peers" then new Peer_Watcher
         else raise Constraint_Error with "no role " & Role);

   function Open return String is
      How : Options;
      One : Handle_Access := Made (Word (3));
   begin
      for Index in 5 .. Words.Last_Index loop
         declare
            Option : constant String := Word (Index);
            Equals : constant Natural := Ada.Strings.Fixed.Index (Option, "=");
            Name   : constant String :=
              (if Equals = 0 then Option else Option (Option'First .. Equals - 1));
            Number : constant Natural :=
              (if Equals = 0 then 1 else Natural'Value (Option (Equals + 1 .. Option'Last)));
         begin
            if Name = "lossless" then
               How.Lossless := True;
            elsif Name = "latest" then
               How.Latest := True;
            elsif Name = "history" then
               How.History := Number;
            elsif Name = "depth" then
               How.Depth := Number;
            elsif Name = "permits" then
               How.Permits := Number;
            end if;
         end;
      end loop;
      One.Open (Word (4), How);
      Handles.Insert (Word (2), One);
      return "ok";
   exception
      when others =>
         Free (One);
         raise;
   end Open;

   function Put return String is
      One     : constant Handle_Access := Named;
      Item    : constant Value := Read (Word (3));
      Capture : constant String := Word (4);
      Time    : constant SimpleIPC.Nanoseconds :=
        (if Capture = "" then 0
         else SimpleIPC.Nanoseconds'Value (Capture (Capture'First + 8 .. Capture'Last)));
   begin
      if One.all in Publisher then
         Publisher (One.all).Publish (Item, Time, Room);
      elsif One.all in Sender then
         Sender (One.all).Send (Item, Time, Room);
      else
         Setter (One.all).Set (Item, Time, Room);
      end if;
      return "ok";
   end Put;

   function Lend return String is
      One  : Producer'Class renames Producer'Class (Named.all);
      Item : constant Value := Read (Word (3));

      procedure Fill (Frame : in out Loan; Data : Bytes) is
         Place : Bytes (1 .. Data'Length) with Import, Address => Frame.Address;
      begin
         if Place'Length > 0 then
            Place := Data;
         end if;
         Frame.Put (Timeout => Room);
      end Fill;

      Frame : Loan :=
        (if Item.Kind_Of = Tensor_Kind
         then One.Lend (Item.Type_Of, Item.Shape, Item.Label, Room)
         else One.Lend (Natural (Item.As_Bytes'Length), Room));
   begin
      Fill (Frame, Item.As_Bytes);
      return "ok";
   end Lend;

   function Once return String is
      Verb : constant String := Word (2);
      Name : constant String := Word (3);
   begin
      if Verb = "send" then
         Send (Name, Read (Word (4)));
      elsif Verb = "publish" then
         Publish (Name, Read (Word (4)));
      elsif Verb = "set" then
         Set (Name, Read (Word (4)));
      elsif Verb = "notify" then
         Notify (Name);
      elsif Verb = "get" then
         return Describe (Get (Name, Timeout (4)));
      else
         return "count" & Wait (Name, Timeout (4))'Image;
      end if;
      return "ok";
   end Once;

   function Take (Keep : Boolean) return String is
   begin
      Free (Held);
      if not Keep then
         return Describe (Consumer'Class (Named.all).Receive (Timeout (3)));
      end if;
      Held := new Message'(Consumer'Class (Named.all).Receive (Timeout (3)));
      return Describe (Held.all);
   end Take;

   function Call return String is
      Asker : Client'Class renames Client'Class (Named.all);
      Args  : constant Value := Read (Word (4));
   begin
      if Word (5) = "oneway" then
         Asker.Send (Word (3), Args);
         return "call 0";
      end if;
      return "call" & Asker.Start (Word (3), Args, Word (5) = "idempotent")'Image;
   end Call;

   function Result return String is
      Asker  : Client'Class renames Client'Class (Named.all);
      Number : constant Call_Number := Call_Number'Value (Word (3));
   begin
      declare
         Reply : constant Message := Asker.Next (Number, Timeout (4));
      begin
         return "reply " & Show (Reply.Content) & " more=" & Digit (Reply.Has_More);
      end;
   exception
      when SimpleIPC.Service_Error =>
         return
           "failed " & Decimal (Asker.Refused_Code) & " " & Show (+Asker.Refused_Text) & " "
           & Show (Asker.Refused_Data);
   end Result;

   function Serve return String is
   begin
      Free (Asked);
      Asked := new Request'(Server'Class (Named.all).Receive (Timeout (3)));
      return
        "request " & Asked.Method & " " & Show (Asked.Args) & " oneway="
        & Digit (Asked.Is_One_Way);
   end Serve;

   function Start return String is
      Given : constant Value := Read (Word (5));
   begin
      Host'Class (Named.all).Start
        (Word (3), Text_Of (Word (4)), Given.Items, Restarts => Natural'Value (Word (6)));
      return "ok";
   end Start;

   function Event return String is
      Told : constant Value := Consumer'Class (Named.all).Receive (Timeout (3)).Content;
      What : constant String := Told ("event").As_Text;
      Key  : constant String :=
        (if What = "failed" then "text"
         elsif What = "ready" then "methods"
         elsif What = "ended" then "code"
         elsif What = "killed" then "signal"
         elsif What = "restarting" then "after_ms"
         else "");
      Fact : constant Value :=
        (if What = "output" then List ([Told ("stream"), Told ("text")])
         elsif Key = "" then Null_Value
         else Told (Key));
   begin
      return "event " & What & " " & Told ("plugin").As_Text & " " & Show (Fact);
   end Event;

   function Peer return String is
      Told : constant Value := Consumer'Class (Named.all).Receive (Timeout (3)).Content;
   begin
      return
        "peer " & Told ("event").As_Text & " " & Told ("role").As_Text & " "
        & Told ("language").As_Text & " " & Decimal (Told ("pid").As_Int);
   end Peer;

   function Misused return String is
      Kind : constant String := Word (2);
   begin
      return
        (if Kind = "closed" then Misuse.Use_Closed (Word (3))
         elsif Kind = "thread" then Misuse.Use_From_Two_Tasks (Receiver'Class (Named (3).all))
         elsif Kind = "forgotten" then Misuse.Forget (Receiver'Class (Named (3).all))
         elsif Kind = "handler" then Misuse.Fail_In_Handler (Server'Class (Named (3).all))
         else Misuse.Put_Badly (Kind, Sender'Class (Named (3).all)));
   end Misused;

   --  The plurals.
   function Repeated return String is
      Times : constant Loops.Count := Loops.Count'Value (Words.Last_Element);
   begin
      if Word (1) = "puts" then
         Loops.Puts (Sender'Class (Named.all), Read (Word (3)), Times);
      elsif Word (1) = "loans" then
         Loops.Loans
           (Sender'Class (Named.all), Natural'Value (Word (3)), Natural'Value (Word (4)), Times);
      elsif Word (1) = "takes" then
         return "sum " & Decimal (Loops.Takes (Receiver'Class (Named.all), Times));
      elsif Word (1) = "calls" then
         return "sum " & Decimal (Loops.Calls (Client'Class (Named.all), Times));
      else
         Loops.Serves (Server'Class (Named.all), Times);
      end if;
      return "ok";
   end Repeated;

   --  What is only done.
   procedure Obey (Command : String) is
      Gone : Handle_Access;
   begin
      if Command = "put_if" then
         Setter'Class (Named.all).Set_If
           (Read (Word (3)),
            (if Word (4) = "new" then No_Value else Unsigned_64'Value (Word (4))), Room);
      elsif Command = "notify" then
         Notifier'Class (Named.all).Notify;
      elsif Command = "unlock" then
         Lock'Class (Named.all).Unlock;
      elsif Command = "cancel" then
         Client'Class (Named.all).Cancel (Call_Number'Value (Word (3)));
      elsif Command = "reply" and then Word (3) = "more" then
         Asked.Push (Read (Word (2)));
      elsif Command = "reply" then
         Asked.Reply (Read (Word (2)));
         Free (Asked);
      elsif Command = "fail" then
         Asked.Fail
           (Long_Long_Integer'Value (Word (2)), Text_Of (Word (3)), Read (Word (4)));
         Free (Asked);
      elsif Command = "stop" then
         Host'Class (Named.all).Stop (Word (3));
      elsif Command = "close" then
         Gone := Named;
         Handles.Delete (Word (2));
         Free (Gone);
      elsif Command /= "quit" then
         raise Constraint_Error with "no command " & Command;
      end if;
   end Obey;

   function Answer return String is
      Command : constant String := Word (1);
   begin
      if Command = "hello" then
         return "ok ada " & SimpleIPC.Version;
      elsif Command = "open" then
         return Open;
      elsif Command = "put" then
         return Put;
      elsif Command = "loan" then
         return Lend;
      elsif Command = "once" then
         return Once;
      elsif Command in "take" | "hold" then
         return Take (Keep => Command = "hold");
      elsif Command = "get" then
         return Describe (Watcher'Class (Named.all).Get (Timeout (3)));
      elsif Command = "wait" then
         return "count" & Waiter'Class (Named.all).Wait (Timeout (3))'Image;
      elsif Command = "lock" then
         Lock'Class (Named.all).Seize (Timeout (3));
         return "ok abandoned=" & Digit (Lock'Class (Named.all).Abandoned /= 0);
      elsif Command = "call" then
         return Call;
      elsif Command = "result" then
         return Result;
      elsif Command = "serve" then
         return Serve;
      elsif Command = "cancelled" then
         return "cancelled " & Digit (Asked.Is_Cancelled);
      elsif Command = "start" then
         return Start;
      elsif Command = "event" then
         return Event;
      elsif Command = "peer" then
         return Peer;
      elsif Command = "misuse" then
         return Misused;
      elsif Command in "puts" | "loans" | "takes" | "calls" | "serves" then
         return Repeated;
      end if;
      Obey (Command);
      return "ok";
   end Answer;

   --  As a plugin: serves `add` and `crash`, until its host ends it.
   procedure Be_Plugin is

      procedure Abort_Process with Import, Convention => C, External_Name => "abort";

      function Answer (Call : in out Request) return Value is
         Args : constant Value := Call.Args;
      begin
         if Call.Method = "add" then
            return +(Args (1).As_Int + Args (2).As_Int);
         elsif Call.Method = "crash" then
            Abort_Process;
         end if;
         raise SimpleIPC.No_Such_Method;
      end Answer;

      Calculator : Server;
   begin
      Ada.Text_IO.Put_Line ("hello from ada");
      Ada.Text_IO.Flush;
      Calculator.Open_Plugin;
      Calculator.Describe (List ([Value'["name" => +"add"], Value'["name" => +"crash"]]));
      Calculator.Serve (Answer'Access);
   end Be_Plugin;

   procedure Split (Line : String) is
      First : Positive := Line'First;
   begin
      Words.Clear;
      for Last in Line'Range loop
         if Line (Last) = ' ' then
            Words.Append (Line (First .. Last - 1));
            First := Last + 1;
         end if;
      end loop;
      Words.Append (Line (First .. Line'Last));
   end Split;

   procedure Say (Text : String) is
   begin
      Ada.Text_IO.Put_Line ([for Letter of Text => (if Letter = ASCII.LF then ' ' else Letter)]);
      Ada.Text_IO.Flush;
   end Say;

   procedure Say_Error (Status : Integer_32; Sentence : String) is
   begin
      Say ("error " & Decimal (Long_Long_Integer (Status)) & " " & Sentence);
   end Say_Error;

begin
   if Ada.Command_Line.Argument_Count > 0 then
      Be_Plugin;
      return;
   end if;
   loop
      begin
         Split (Ada.Text_IO.Get_Line);
         Say (Answer);
         exit when Word (1) = "quit";
      exception
         when Ada.Text_IO.End_Error =>
            exit;
         when SimpleIPC.Timeout_Error | SimpleIPC.Retry_Error | SimpleIPC.Gone_Error
            | SimpleIPC.Misuse_Error | SimpleIPC.Service_Error | SimpleIPC.Corrupt_Error
            | SimpleIPC.System_Error =>
            Say_Error (SimpleIPC.Last_Status, SimpleIPC.Last_Sentence);
         when Error : others =>
            Say_Error
              (SimpleIPC.Generated.STATUS_BAD_ARGUMENT, Ada.Exceptions.Exception_Message (Error));
      end;
   end loop;
   Free (Held);
   Free (Asked);
   for One of Handles loop
      Free (One);
   end loop;
end Driver;
