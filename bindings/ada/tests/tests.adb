--  What interop cannot see: bad input, tasks, functions that raise, memory.

with Ada.Command_Line;
with Ada.Environment_Variables;
with Ada.Exceptions;     use Ada.Exceptions;
with Ada.Streams;        use Ada.Streams;
with Ada.Strings.Fixed;
with Ada.Strings.Unbounded;
with Ada.Text_IO;        use Ada.Text_IO;
with Interfaces;         use Interfaces;
with SimpleIPC;          use SimpleIPC;
with SimpleIPC.Channels; use SimpleIPC.Channels;
with SimpleIPC.Generated;
with SimpleIPC.Loans;    use SimpleIPC.Loans;
with SimpleIPC.Messages; use SimpleIPC.Messages;
with SimpleIPC.Requests; use SimpleIPC.Requests;
with SimpleIPC.Services; use SimpleIPC.Services;
with SimpleIPC.Values;   use SimpleIPC.Values;
with System.Storage_Elements;

procedure Tests is

   package C renames SimpleIPC.Generated;

   Soon   : constant Duration := 20.0;
   Failed : Natural := 0;

   Unmet : exception;

   procedure Same (Found : String; Wanted : String) is
   begin
      if Found /= Wanted then
         raise Unmet with "found " & Found & ", wanted " & Wanted;
      end if;
   end Same;

   procedure Same (Found : Long_Long_Integer; Wanted : Long_Long_Integer) is
   begin
      Same (Found'Image, Wanted'Image);
   end Same;

   procedure Holds (Condition : Boolean; Text : String) is
   begin
      if not Condition then
         raise Unmet with Text;
      end if;
   end Holds;

   --  Whether work raises this exception and, if it is one of the library, has this status.
   procedure Refused
     (Work : not null access procedure; Wanted : Exception_Id; Status : Integer_32 := -1) is
   begin
      Work.all;
      raise Unmet with "nothing was raised, wanted " & Exception_Name (Wanted);
   exception
      when Error : others =>
         if Exception_Identity (Error) /= Wanted then
            raise Unmet with "wanted " & Exception_Name (Wanted) & ", got "
              & Exception_Information (Error);
         end if;
         if Status >= 0 then
            Same (Long_Long_Integer (Last_Status), Long_Long_Integer (Status));
         end if;
   end Refused;

   --  A queue, and what becomes of a value in it.
   Outbox : Sender;
   Inbox  : Receiver;

   function Arrived (Item : Value) return Value is
   begin
      Outbox.Send (Item);
      return Inbox.Receive (Soon).Content;
   end Arrived;

   procedure Values_Arrive_As_They_Are is
      Some_Bytes : constant Bytes := [0, 255];
      Tree       : constant Value :=
        ["z" => +1, "a" => List ([+1, +"x", Null_Value]), "b" => Empty_Map];
      Copy       : Value := Tree;
   begin
      Holds (Arrived (Null_Value).Kind_Of = Null_Kind, "null");
      Holds (Arrived (+True).As_Boolean, "bool");
      Same (Arrived (+(-5)).As_Int, -5);
      Same (Arrived (+Long_Long_Integer'First).As_Int, Long_Long_Integer'First);
      Holds (Arrived (Unsigned (5)).Kind_Of = Uint_Kind, "a uint is a uint");
      Holds (Arrived (Unsigned (Unsigned_64'Last)).As_Unsigned = Unsigned_64'Last, "uint");
      Holds (Arrived (+1.5).As_Float = 1.5, "float");
      Holds (Arrived (+2).As_Float = 2.0, "an int as a float");
      Same (Arrived (+("h" & Character'Val (16#C3#) & Character'Val (16#A9#) & ASCII.NUL)).As_Text,
            "h" & Character'Val (16#C3#) & Character'Val (16#A9#) & ASCII.NUL);
      Holds (Arrived (+Some_Bytes).As_Bytes = Some_Bytes, "bytes");
      Holds (Arrived (+Some_Bytes).Kind_Of = Bytes_Kind, "bytes are bytes");
      Same (Arrived (Opaque (Some_Bytes, "a/b")).Label, "a/b");
      Same (Arrived (Tree).Image, "[z: 1, a: [1, x, null], b: []]");
      Copy.Insert ("z", +2);
      Copy.Insert ("c", +0.25);
      Same (Copy.Image, "[z: 2, a: [1, x, null], b: [], c: 0.25]");
      Same (Tree.Image, "[z: 1, a: [1, x, null], b: []]");
      Same (Tree ("a") (2).As_Text, "x");
      Same (Tree.Key (2), "a");
      Holds (not Tree.Has ("q"), "there is no q");
      Same (Image (+1.0E300), "1.00000000000000E+300");
   end Values_Arrive_As_They_Are;

   procedure What_Cannot_Be_Got_Is_An_Error is
      Item : constant Value := List ([+300, +"3", Unsigned (Unsigned_64'Last), +(-1)]);
      Got  : Boolean := False;

      procedure Large is
      begin
         Got := Item (3).As_Int > 0;
      end Large;
      procedure Larger is
      begin
         Got := Arrived (+Long_Long_Integer'Last).As_Integer > 0;
      end Larger;
      procedure Negative is
      begin
         Got := Item (4).As_Unsigned > 0;
      end Negative;
      procedure Text is
      begin
         Got := Item (2).As_Int > 0;
      end Text;
      procedure Beyond is
      begin
         Got := Item (5).As_Int > 0;
      end Beyond;
      procedure Key is
      begin
         Got := Item ("key").As_Int > 0;
      end Key;
      procedure Into_List is
         Copy : Value := Item;
      begin
         Copy.Insert ("key", +1);
      end Into_List;
   begin
      Refused (Large'Access, Constraint_Error'Identity);
      Refused (Larger'Access, Constraint_Error'Identity);
      Refused (Negative'Access, Constraint_Error'Identity);
      Refused (Text'Access, Constraint_Error'Identity);
      Refused (Beyond'Access, Constraint_Error'Identity);
      Refused (Key'Access, Constraint_Error'Identity);
      Refused (Into_List'Access, Constraint_Error'Identity);
      Holds (not Got, "nothing was got");
   end What_Cannot_Be_Got_Is_An_Error;

   procedure What_Cannot_Be_Sent_Is_Refused is
      Bad  : constant String := [Character'Val (16#FF#)];
      Item  : Value;
      Topic : Publisher;

      function Bad_Key return Value is
      begin
         return Map : Value := Empty_Map do
            Map.Insert (Bad, +1);
         end return;
      end Bad_Key;

      procedure Send_It is
      begin
         Outbox.Send (Item);
      end Send_It;
      procedure Take_It is
      begin
         Item := Inbox.Receive (0.0).Content;
      end Take_It;
      procedure Other_Verb is
      begin
         Topic.Open ("values");
      end Other_Verb;
      procedure No_Name is
      begin
         Topic.Open ("a/b");
      end No_Name;
      procedure With_Nul is
      begin
         Topic.Open ("a" & ASCII.NUL & "b");
      end With_Nul;
      procedure Odd_Depth is
      begin
         Topic.Open ("odd", (Depth => 100, others => <>));
      end Odd_Depth;
      procedure Nowhere is
      begin
         Topic.Open
           ("odd",
            (Directory => Ada.Strings.Unbounded.To_Unbounded_String ("/nowhere/at/all"),
             others => <>));
      end Nowhere;
   begin
      for Bad_One in 1 .. 5 loop
         Item := (case Bad_One is
                     when 1 => +Bad,
                     when 2 => List ([+1, +Bad]),
                     when 3 => Bad_Key,
                     when 4 => Tensor (U16, [1], [1]),
                     when others => Tensor (U8, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1]));
         Refused (Send_It'Access, Misuse_Error'Identity, C.STATUS_BAD_VALUE);
      end loop;
      Item := Null_Value;
      for Depth in 1 .. 70 loop
         Item := List ([1 => Item]);
      end loop;
      Refused (Send_It'Access, Misuse_Error'Identity, C.STATUS_BAD_VALUE);
      Refused (Take_It'Access, Timeout_Error'Identity, C.STATUS_TIMEOUT);
      Same (Arrived (+1).As_Int, 1); --  and the handle goes on
      Refused (Other_Verb'Access, Misuse_Error'Identity, C.STATUS_WRONG_PATTERN);
      Refused (No_Name'Access, Misuse_Error'Identity, C.STATUS_BAD_NAME);
      Refused (With_Nul'Access, Misuse_Error'Identity, C.STATUS_BAD_NAME);
      Refused (Odd_Depth'Access, Misuse_Error'Identity, C.STATUS_BAD_ARGUMENT);
      Holds (Ada.Strings.Fixed.Index (Last_Sentence, "depth 100") > 0, Last_Sentence);
      Refused (Nowhere'Access, System_Error'Identity, C.STATUS_NO_DIRECTORY);
   end What_Cannot_Be_Sent_Is_Refused;

   procedure A_Tensor_Is_Looked_At_Where_It_Lies is
      use System.Storage_Elements;

      type Floats is array (Positive range <>) of Float;
      type Shorts is array (Positive range <>) of Integer_16;

      procedure Look_At_Floats is new Look_At (F32, Float, Floats);
      procedure Look_At_Shorts is new Look_At (I16, Integer_16, Shorts);

      Camera : Publisher;
      Screen : Subscriber;
      Sum    : Float := 0.0;
      Last   : Integer_16 := 0;

      procedure Add (Data : Floats) is
      begin
         Sum := Sum + Data (1) + Data (Data'Last) + Float (Data'Length);
      end Add;
      procedure See (Data : Shorts) is
      begin
         Last := Data (1000);
      end See;
      Numbers : constant Floats := [for Index in 1 .. 6000 => Float (Index)];
      Raw     : Bytes (1 .. 24_000) with Import, Address => Numbers'Address;
   begin
      Camera.Open ("tensors");
      Screen.Open ("tensors");
      Camera.Publish (Tensor (F32, [20, 300], Raw, "heights"));
      declare
         Item : Message := Screen.Receive (Soon);

         procedure Wrong_Type is
         begin
            Look_At_Shorts (Item, See'Access);
         end Wrong_Type;
      begin
         Look_At_Floats (Item, Add'Access);
         Holds (Sum = 12_001.0, "the elements");
         Same (Item.Label & Item.Shape (2)'Image, "heights 300");
         Refused (Wrong_Type'Access, Constraint_Error'Identity);
         Holds (Item.Content.As_Bytes = Raw, "the copy");
         Item.Release;
         Item.Release;
         Refused (Wrong_Type'Access, Constraint_Error'Identity);
      end;
      declare
         Frame  : Loan := Camera.Lend (I16, [2, 500], "pcm");
         Pixels : Shorts (1 .. Frame.Size / 2) with Import, Address => Frame.Address;

         procedure Put_Again is
         begin
            Frame.Put;
         end Put_Again;
      begin
         Holds (To_Integer (Frame.Address) mod 64 = 0, "the alignment");
         Pixels := [others => 7];
         Frame.Put (Capture_Time => 5);
         Same (Long_Long_Integer (Frame.Size), 0);
         Refused (Put_Again'Access, Misuse_Error'Identity, C.STATUS_BAD_ARGUMENT);
      end;
      declare
         Item : constant Message := Screen.Receive (Soon);
      begin
         Look_At_Shorts (Item, See'Access);
         Same (Long_Long_Integer (Last), 7);
         Same (Long_Long_Integer (Item.Capture_Time), 5);
      end;
      for Turn in 1 .. 100 loop
         declare
            Forgotten : constant Loan := Camera.Lend (1000);
         begin
            Holds (Forgotten.Size = 1000, "the size");
         end;
      end loop;
   end A_Tensor_Is_Looked_At_Where_It_Lies;

   procedure Nothing_Is_Left_Of_Ten_Thousand_Messages is
      Data : constant Bytes (1 .. 1000) := [others => 3];
   begin
      declare
         Source : Publisher;
         Drain  : Subscriber;
      begin
         Source.Open ("many");
         Drain.Open ("many", (Lossless => True, others => <>));
         for Turn in 1 .. 10_000 loop
            Source.Publish (+Data);
            declare
               Item : constant Message := Drain.Receive (Soon);
            begin
               Holds (Item.Content.As_Bytes'Length = 1000, "the bytes");
            end;
         end loop;
         Holds
           (Ada.Strings.Fixed.Index (Audit ("many"), """leaks"":[]") > 0, Audit ("many"));
      end;
      for Turn in 1 .. 1000 loop --  256 may be open
         declare
            Another : Subscriber;
         begin
            Another.Open ("many");
         end;
      end loop;
      Holds (Clean (Age_Max => 3600.0) = 0, "nothing is to be cleaned");
   end Nothing_Is_Left_Of_Ten_Thousand_Messages;

   --  A task waits in a handle; how that ended.
   generic
      with procedure Finish (Waiting : in out Receiver);
   function Ended (Waiting : in out Receiver) return Integer_32;

   function Ended (Waiting : in out Receiver) return Integer_32 is
      Status : Integer_32 := 0;
   begin
      declare
         task Waiter_Task;

         --  Tries again when it comes while the other one looks.
         task body Waiter_Task is
         begin
            loop
               begin
                  Status := Integer_32 (Waiting.Receive.Content.As_Int);
                  exit;
               exception
                  when Retry_Error | Gone_Error =>
                     Status := Last_Status;
                     exit when Status /= C.STATUS_BUSY;
               end;
            end loop;
         end Waiter_Task;
      begin
         loop
            begin
               Same (Waiting.Receive (0.0).Content.Image, "nothing");
            exception
               when Timeout_Error => null;
               when Retry_Error   => exit; --  it is inside
            end;
         end loop;
         Same (Long_Long_Integer (Last_Status), Long_Long_Integer (C.STATUS_BUSY));
         Finish (Waiting);
      end;
      return Status;
   end Ended;

   procedure Closing_Ends_A_Wait_And_May_Be_Done_Twice is
      procedure Finish (Waiting : in out Receiver) is
      begin
         Waiting.Close;
      end Finish;
      function Ended_By_Close is new Ended (Finish);

      Waiting : Receiver;

      procedure Take is
      begin
         Same (Waiting.Receive.Content.Image, "nothing");
      end Take;
      procedure Stop is
      begin
         Waiting.Interrupt;
      end Stop;
      procedure Nothing (Item : in out Message) is
      begin
         raise Unmet with Item.Content.Image;
      end Nothing;
   begin
      Waiting.Open ("closed");
      Holds (Ended_By_Close (Waiting) = C.STATUS_CLOSED, "closed");
      Waiting.Close;
      Refused (Take'Access, Gone_Error'Identity, C.STATUS_CLOSED);
      Refused (Stop'Access, Gone_Error'Identity, C.STATUS_CLOSED);
      Waiting.Each (Nothing'Access);
      Waiting.Open ("closed"); --  a handle may be opened again
      Waiting.Open ("closed too");
   end Closing_Ends_A_Wait_And_May_Be_Done_Twice;

   procedure A_Wait_Can_Be_Ended is
      procedure Finish (Waiting : in out Receiver) is
      begin
         Waiting.Interrupt;
      end Finish;
      function Ended_By_Interrupt is new Ended (Finish);

      Waiting : Receiver;
      Bell    : Waiter;

      procedure Nothing (Item : in out Message) is
      begin
         raise Unmet with Item.Content.Image;
      end Nothing;
      procedure Wait_Shortly is
      begin
         Same (Wait_Any ([Waiting.Channel, Bell.Channel], 0.0)'Image, "nothing");
      end Wait_Shortly;
   begin
      Waiting.Open ("busy");
      Holds (Ended_By_Interrupt (Waiting) = C.STATUS_INTERRUPTED, "interrupted");
      Waiting.Interrupt;
      Waiting.Each (Nothing'Access);
      Bell.Open ("several");
      Refused (Wait_Shortly'Access, Timeout_Error'Identity);
      Notify ("several");
      Holds (Wait_Any ([Waiting.Channel, Bell.Channel], Soon) = 2, "the second");
      Holds (Bell.Wait (0.0) = 1, "once");
      Holds (Waiting.Descriptor >= 0, "a descriptor");
   end A_Wait_Can_Be_Ended;

   function Calculate (Call : in out Request) return Value is
      Args : constant Value := Call.Args;
   begin
      if Call.Method = "add" then
         return +(Args (1).As_Int + Args (2).As_Int);
      elsif Call.Method = "refuse" then
         Call.Fail (17, "empty", ["left" => +3]);
      elsif Call.Method = "count" then
         Call.Push (+1);
         Call.Push (+2);
         return +3;
      elsif Call.Method = "unsendable" then
         return +String'[Character'Val (16#FF#)];
      else
         raise No_Such_Method;
      end if;
      return Null_Value;
   end Calculate;

   procedure A_Function_That_Raises_Is_An_Error_For_Its_Caller is
      Calculator : Server;
      Asker      : Client;

      procedure Refused_With (Code : Long_Long_Integer; Method : String; Args : Value) is
         procedure Ask is
         begin
            Same (Asker.Call (Method, Args, Soon).Content.Image, "nothing");
         end Ask;
      begin
         Refused (Ask'Access, Service_Error'Identity, C.STATUS_FAILED);
         Same (Asker.Refused_Code, Code);
      end Refused_With;

      task Serving is
         entry Start;
      end Serving;

      task body Serving is
      begin
         accept Start;
         Calculator.Serve (Calculate'Access);
      exception
         when Error : others => Put_Line (Exception_Information (Error));
      end Serving;

      Count : Call_Number;
   begin
      Calculator.Open ("calc");
      Calculator.Describe (List ([Value'["name" => +"add", "idempotent" => +True]]));
      Serving.Start;
      Asker.Open ("calc");
      for Turn in 1 .. 2 loop
         Same (Asker.Call ("add", List ([+1, +2]), Soon).Content.As_Int, 3);
         Refused_With (-32603, "add", List ([+1, +"2"]));
         Refused_With (-32603, "add", List ([1 => +1]));
         Refused_With (-32601, "nothing", Null_Value);
         Refused_With (17, "refuse", Null_Value);
         Same (Asker.Refused_Text & Asker.Refused_Data.Image, "empty[left: 3]");
         Same (Asker.Call ("count", Timeout => Soon).Content.As_Int, 3);
      end loop;
      Count := Asker.Start ("count");
      for Number in 1 .. 3 loop
         declare
            Reply : constant Message := Asker.Next (Count, Soon);
         begin
            Same (Reply.Content.As_Int, Long_Long_Integer (Number));
            Holds (Reply.Has_More = (Number < 3), "more");
         end;
      end loop;
      declare
         Offered : constant Value := Asker.Call (".methods", Timeout => Soon).Content;
      begin
         Same (Offered (1) ("name").As_Text, "add");
      end;
      Asker.Send ("nothing");
      begin
         Same (Asker.Call ("unsendable", Timeout => Soon).Content.Image, "nothing");
      exception
         when Service_Error => null;
      end;
      Calculator.Close;
   exception
      when others =>
         Calculator.Close;
         raise;
   end A_Function_That_Raises_Is_An_Error_For_Its_Caller;

   procedure A_Call_That_Does_Not_End_In_Time_Is_Cancelled is
      Thinker : Server;
      Asker   : Client;
      Number  : Call_Number;

      procedure Ask is
      begin
         Same (Asker.Call ("think", Timeout => 0.001).Content.Image, "nothing");
      end Ask;
   begin
      Thinker.Open ("slow");
      Asker.Open ("slow");
      Refused (Ask'Access, Timeout_Error'Identity);
      Number := Asker.Start ("think", ["of" => +"it"], Idempotent => True);
      declare
         Call : Request := Thinker.Receive (Soon);

         procedure Push_Late is
         begin
            Call.Push (+1);
         end Push_Late;
         procedure Ask_Late is
         begin
            Same (Asker.Result (Number, Soon).Content.Image, "nothing");
         end Ask_Late;
         Args : constant Value := Call.Args;
      begin
         Same (Args ("of").As_Text, "it");
         Holds (not Call.Is_Cancelled, "somebody waits");
         Holds (not Call.Is_One_Way, "for an answer");
         Asker.Cancel (Number);
         Holds (Call.Is_Cancelled, "nobody waits");
         Refused (Push_Late'Access, Retry_Error'Identity, C.STATUS_CANCELLED);
         Refused (Ask_Late'Access, Retry_Error'Identity, C.STATUS_CANCELLED);
      end;
   end A_Call_That_Does_Not_End_In_Time_Is_Cancelled;

   procedure States_Locks_And_Peers is
      Wheel    : Setter;
      Dial     : Watcher;
      One      : Lock;
      Other    : Lock;
      Watching : Peer_Watcher;

      procedure Set_Again is
      begin
         Wheel.Set_If (+2, No_Value);
      end Set_Again;
      procedure Seize_Again is
      begin
         One.Seize;
      end Seize_Again;
      procedure Seize_Other is
      begin
         Other.Seize (0.0);
      end Seize_Other;
   begin
      Wheel.Open ("speed");
      Dial.Open ("speed");
      Wheel.Set_If (+1, No_Value);
      Refused (Set_Again'Access, Retry_Error'Identity, C.STATUS_CONFLICT);
      Wheel.Set_If (+2, Dial.Get (Soon).Sequence);
      Same (Get ("speed", Soon).Content.As_Int, 2);

      Watching.Open ("mutex");
      One.Open ("mutex");
      One.Seize (Soon);
      Refused (Seize_Again'Access, Misuse_Error'Identity, C.STATUS_BAD_ARGUMENT);
      Other.Open ("mutex");
      Refused (Seize_Other'Access, Timeout_Error'Identity);
      declare
         All_Of_Them : constant Value := Peers ("mutex");
         Came        : constant Value := Watching.Receive (Soon).Content;
      begin
         Same (Long_Long_Integer (All_Of_Them.Length), 2);
         Same (All_Of_Them (1) ("language").As_Text, "ada");
         Same (All_Of_Them (1) ("role").As_Text, "lock");
         Same (Came ("event").As_Text, "up");
         Same (Came ("id").As_Int, All_Of_Them (1) ("id").As_Int);
      end;
      One.Close; --  which unlocks
      Other.Seize (Soon);
      Holds (Other.Abandoned = 0, "nobody died");
      Other.Unlock;
   end States_Locks_And_Peers;

   procedure A_Host_And_Its_Plugin is
      Editor : Host;
      Asker  : Client;

      procedure Until_Event (Wanted : String) is
      begin
         loop
            declare
               Told : constant Value := Editor.Receive (Soon).Content;
            begin
               exit when Told ("event").As_Text = Wanted and then Told ("plugin").As_Text = "calc";
            end;
         end loop;
      end Until_Event;

      procedure Stop_Again is
      begin
         Editor.Stop ("calc");
      end Stop_Again;
      procedure Start_Badly is
      begin
         Editor.Start ("a.b", "true");
      end Start_Badly;
      procedure Open_As_Plugin is
         None : Server;
      begin
         None.Open_Plugin;
      end Open_As_Plugin;
   begin
      Editor.Open ("host");
      Editor.Start ("calc", Ada.Environment_Variables.Value ("SIPC_PLUGIN"), [1 => +"plugin"]);
      Until_Event ("ready");
      Editor.Open_Client ("calc", Asker);
      Same (Asker.Call ("add", List ([+2, +3]), Soon).Content.As_Int, 5);
      Editor.Stop ("calc");
      Until_Event ("killed");
      Refused (Stop_Again'Access, Misuse_Error'Identity, C.STATUS_BAD_ARGUMENT);
      Refused (Start_Badly'Access, Misuse_Error'Identity, C.STATUS_BAD_NAME);
      Refused (Open_As_Plugin'Access, Misuse_Error'Identity, C.STATUS_BAD_NAME);
   end A_Host_And_Its_Plugin;

   procedure Try (Name : String; Test : not null access procedure) is
   begin
      Test.all;
      Put_Line ("ok " & Name);
   exception
      when Error : others =>
         Failed := Failed + 1;
         Put_Line ("FAILED " & Name & ": " & Exception_Information (Error));
   end Try;

begin
   if Ada.Command_Line.Argument_Count > 0 then
      Put (Integer'Image (C.sipc_error'Size / 8) & Integer'Image (C.sipc_value'Size / 8)
           & Integer'Image (C.sipc_message'Size / 8) & Integer'Image (C.sipc_options'Size / 8));
      return;
   end if;
   Outbox.Open ("values");
   Inbox.Open ("values");
   Try ("values arrive as they are", Values_Arrive_As_They_Are'Access);
   Try ("what cannot be got is an error", What_Cannot_Be_Got_Is_An_Error'Access);
   Try ("what cannot be sent is refused", What_Cannot_Be_Sent_Is_Refused'Access);
   Try ("a tensor is looked at where it lies", A_Tensor_Is_Looked_At_Where_It_Lies'Access);
   Try
     ("nothing is left of ten thousand messages",
      Nothing_Is_Left_Of_Ten_Thousand_Messages'Access);
   Try
     ("closing ends a wait and may be done twice",
      Closing_Ends_A_Wait_And_May_Be_Done_Twice'Access);
   Try ("a wait can be ended", A_Wait_Can_Be_Ended'Access);
   Try
     ("a function that raises is an error for its caller",
      A_Function_That_Raises_Is_An_Error_For_Its_Caller'Access);
   Try
     ("a call that does not end in time is cancelled",
      A_Call_That_Does_Not_End_In_Time_Is_Cancelled'Access);
   Try ("states, locks and peers", States_Locks_And_Peers'Access);
   Try ("a host and its plugin", A_Host_And_Its_Plugin'Access);
   Ada.Command_Line.Set_Exit_Status (if Failed = 0 then 0 else 1);
end Tests;
