with Ada.Exceptions;
with SimpleIPC.Failures;
with SimpleIPC.Generated;
with SimpleIPC.Values.Wire;

package body SimpleIPC.Services is

   use Ada.Strings.Unbounded;
   use Failures;
   use Generated;
   use Interfaces;
   use Values.Wire;

   overriding function Role (Self : Client) return Unsigned_32 is (ROLE_CALL);

   function Started
     (Self    : Client'Class; Method : String; Args : Value; Flags : Unsigned_32;
      Timeout : Duration) return Call_Number
   is
      Text   : constant String := C_Text (Method);
      Value  : aliased Encoded := Encode (Args);
      Time   : constant Integer_64 := Nanoseconds_Of (Timeout);
      Number : aliased Unsigned_64 := 0;
      Said   : aliased sipc_error;
   begin
      Check
        (sipc_call
           (Self.Channel, Text'Address, Raw (Value), Flags, Time, Number'Access, Said'Access),
         Said);
      return Call_Number (Number);
   end Started;

   function Call
     (Self    : in out Client; Method : String; Args : Value := Null_Value;
      Timeout : Duration := Forever) return Message
     is (Self.Result (Self.Start (Method, Args), Timeout));

   function Start
     (Self       : Client; Method : String; Args : Value := Null_Value;
      Idempotent : Boolean := False; Timeout : Duration := Forever) return Call_Number
     is (Started (Self, Method, Args, (if Idempotent then CALL_IDEMPOTENT else 0), Timeout));

   procedure Send (Self : Client; Method : String; Args : Value := Null_Value) is
      Ignored : constant Call_Number := Started (Self, Method, Args, CALL_ONE_WAY, Forever);
   begin
      null;
   end Send;

   procedure Take_Reply
     (Self : in out Client; Number : Call_Number; Time : Integer_64; Into : in out Message)
   is
      Said   : aliased sipc_error;
      Status : constant Integer_32 :=
        sipc_result (Self.Channel, Unsigned_64 (Number), Time, Raw (Into), Said'Access);
   begin
      if Status = STATUS_FAILED then
         Self.Refused := Into.Content;
      end if;
      Check (Status, Said);
   end Take_Reply;

   function Next
     (Self    : in out Client; Number : Call_Number; Timeout : Duration := Forever)
      return Message is
   begin
      return Reply : Message do
         Take_Reply (Self, Number, Nanoseconds_Of (Timeout), Reply);
      end return;
   end Next;

   function Result
     (Self    : in out Client; Number : Call_Number; Timeout : Duration := Forever)
      return Message
   is
      Time : constant Integer_64 := Nanoseconds_Of (Timeout);
      Stop : constant Integer_64 := sipc_now_ns + Time;
   begin
      return Reply : Message do
         loop
            Take_Reply
              (Self, Number,
               (if Time < 0 then Time else Integer_64'Max (0, Stop - sipc_now_ns)), Reply);
            exit when not Reply.Has_More;
            Reply.Release;
         end loop;
      end return;
   exception
      when others =>
         Cancel (Self, Number);
         raise;
   end Result;

   procedure Cancel (Self : Client; Number : Call_Number) is
   begin
      Check (sipc_cancel (Self.Channel, Unsigned_64 (Number)));
   end Cancel;

   function Refused_Code (Self : Client) return Long_Long_Integer
     is (Self.Refused.Element ("code").As_Int);

   function Refused_Text (Self : Client) return String
     is (Self.Refused.Element ("message").As_Text);

   function Refused_Data (Self : Client) return Value is (Self.Refused.Element ("data"));

   overriding function Role (Self : Server) return Unsigned_32 is (ROLE_SERVE);

   procedure Open_Plugin (Self : in out Server; How : Options := Default) is
   begin
      Open_Unnamed (Self, How);
   end Open_Plugin;

   function Receive (Self : Server; Timeout : Duration := Forever) return Request is
      Time : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said : aliased sipc_error;
   begin
      return Taken : aliased Request do
         Check (sipc_take (Self.Channel, Time, Raw (Taken), Said'Access), Said);
         Taken.Look_At_Content;
      end return;
   end Receive;

   --  What cannot be replied its caller does not wait for, or the library has told it.
   procedure Obey
     (Call   : in out Request;
      Answer : not null access function (Call : in out Request) return Value)
   is
      use Ada.Exceptions;
      No_Such : constant := -32601;
      Broken  : constant := -32603;

      procedure Say_No (Code : Long_Long_Integer; Text : String) is
      begin
         if not Call.Is_Answered then
            Call.Fail (Code, Text);
         end if;
      exception
         when Retry_Error | Gone_Error | Misuse_Error | Corrupt_Error | System_Error => null;
      end Say_No;

   begin
      declare
         Result : constant Value := Answer (Call);
      begin
         if not Call.Is_Answered then
            Call.Reply (Result);
         end if;
      end;
   exception
      when No_Such_Method =>
         Say_No (No_Such, "there is no method " & Call.Method);
      when Error : others =>
         Say_No (Broken, Exception_Name (Error) & ": " & Exception_Message (Error));
   end Obey;

   procedure Serve
     (Self    : Server;
      Answer  : not null access function (Call : in out Request) return Value;
      Timeout : Duration := Forever)
   is
      Time   : constant Integer_64 := Nanoseconds_Of (Timeout);
      Status : Integer_32;
      Said   : aliased sipc_error;
   begin
      loop
         declare
            Taken : aliased Request;
         begin
            Status := sipc_take (Self.Channel, Time, Raw (Taken), Said'Access);
            exit when Status in STATUS_TIMEOUT | STATUS_INTERRUPTED | STATUS_CLOSED;
            Check (Status, Said);
            Taken.Look_At_Content;
            Obey (Taken, Answer);
         end;
      end loop;
   end Serve;

   procedure Describe (Self : Server; Methods : Value) is
      Value : aliased Encoded := Encode (Methods);
      Said  : aliased sipc_error;
   begin
      Check (sipc_describe (Self.Channel, Raw (Value), Said'Access), Said);
   end Describe;

   overriding procedure Open (Self : in out Host; Name : String; How : Options := Default) is
   begin
      Consumer (Self).Open (Name, How);
      Self.Name := To_Unbounded_String (Name);
      Self.Directory := How.Directory;
   end Open;

   overriding function Role (Self : Host) return Unsigned_32 is (ROLE_HOST);

   procedure Wish (Self : Host; Item : Value) is
      Value : aliased Encoded := Encode (Item);
      Said  : aliased sipc_error;
   begin
      Check (sipc_plugin (Self.Channel, Raw (Value), Said'Access), Said);
   end Wish;

   procedure Start
     (Self       : Host; Name : String; Program : String; Args : Value_Array := [];
      Restarts   : Natural := 3; Within : Duration := 60.0;
      Hang_After : Duration := Forever)
   is
      Plugin : Value :=
        ["name" => +Name, "program" => +Program, "args" => List (Args),
         "restarts" => +Long_Long_Integer (Restarts), "seconds" => +Long_Float (Within)];
   begin
      if Hang_After /= Forever then
         Plugin.Insert ("hang_after", +Long_Float (Hang_After));
      end if;
      Wish (Self, Plugin);
   end Start;

   procedure Stop (Self : Host; Name : String) is
   begin
      Wish (Self, ["name" => +Name, "stop" => +True]);
   end Stop;

   procedure Open_Client (Self : Host; Name : String; Opened : in out Client'Class) is
   begin
      Opened.Open
        (To_String (Self.Name) & "." & Name, (Directory => Self.Directory, others => <>));
   end Open_Client;

   function Peers (Name : String; How : Options := Default) return Value is
      Text      : constant String := C_Text (Name);
      Directory : constant String := C_Text (To_String (How.Directory));
      Raw_How   : aliased constant sipc_options := Raw_Of (How, Directory'Address);
      Told      : aliased Message;
      Said      : aliased sipc_error;
   begin
      Check (sipc_peers (Text'Address, Raw_How'Access, Raw (Told), Said'Access), Said);
      return Told.Content;
   end Peers;

   overriding function Role (Self : Peer_Watcher) return Unsigned_32 is (ROLE_PEERS);

end SimpleIPC.Services;
