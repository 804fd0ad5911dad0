with SimpleIPC.Failures;
with SimpleIPC.Values.Wire;

package body SimpleIPC.Channels is

   use Ada.Strings.Unbounded;
   use Failures;
   use Generated;
   use Interfaces;
   use Values.Wire;
   use type System.Address;

   function Raw_Of (How : Options; Directory : System.Address) return sipc_options
     is ((flags =>
            (if How.Lossless then OPTION_LOSSLESS else 0)
            or (if How.Latest then OPTION_LATEST else 0)
            or (if How.Tap then OPTION_TAP else 0)
            or (if How.Unstamped then OPTION_UNSTAMPED else 0),
          history => Unsigned_32 (How.History),
          depth => Unsigned_32 (How.Depth),
          pool_bytes_max => How.Pool_Bytes_Max,
          directory =>
            (if How.Directory = "" then System.Null_Address else Directory),
          signal => Integer_32 (How.Signal),
          permits => Unsigned_32 (How.Permits),
          others => <>));

   function C_Text (Text : String) return String is
   begin
      if (for some Letter of Text => Letter = ASCII.NUL) then
         Refuse (STATUS_BAD_NAME, "there is a NUL in a name");
      end if;
      return Text & ASCII.NUL;
   end C_Text;

   procedure Join (Self : in out Handle'Class; Name : System.Address; How : Options) is
      Directory : constant String := C_Text (To_String (How.Directory));
      Raw       : aliased constant sipc_options := Raw_Of (How, Directory'Address);
      Said      : aliased sipc_error;
      Opened    : aliased System.Address;
   begin
      Check (sipc_open (Name, Self.Role, Raw'Access, Opened'Access, Said'Access), Said);
      Close (Self);
      Self.Number := Opened;
   end Join;

   procedure Open (Self : in out Handle; Name : String; How : Options := Default) is
      Text : constant String := C_Text (Name);
   begin
      Join (Handle'Class (Self), Text'Address, How);
   end Open;

   procedure Open_Unnamed (Self : in out Handle'Class; How : Options) is
   begin
      Join (Self, System.Null_Address, How);
   end Open_Unnamed;

   --  The number stays: by it the library says that the handle is closed.
   procedure Close (Self : in out Handle) is
      Ignored : constant Integer_32 := sipc_close (Self.Number);
   begin
      null;
   end Close;

   overriding procedure Finalize (Self : in out Handle) is
   begin
      Close (Self);
   end Finalize;

   procedure Interrupt (Self : Handle) is
   begin
      Check (sipc_interrupt (Self.Number));
   end Interrupt;

   function Descriptor (Self : Handle) return Integer is
      Found : aliased Integer_32;
      Said  : aliased sipc_error;
   begin
      Check (sipc_fd (Self.Number, Found'Access, Said'Access), Said);
      return Integer (Found);
   end Descriptor;

   function Channel (Self : Handle) return System.Address is (Self.Number);

   function Wait_Any (Among : Channel_List; Timeout : Duration := Forever) return Positive is
      Time  : constant Integer_64 := Nanoseconds_Of (Timeout);
      Index : aliased Unsigned_32;
      Said  : aliased sipc_error;
   begin
      Check (sipc_wait (Among'Address, Among'Length, Time, Index'Access, Said'Access), Said);
      return Among'First + Natural (Index);
   end Wait_Any;

   function Lend
     (Self    : Producer; Item : Dtype; Shape : Dimensions; Format : String := "";
      Timeout : Duration := Forever) return Loan
     is (Lend_Tensor (Self.Number, Item, Shape, Format, Nanoseconds_Of (Timeout)));

   function Lend (Self : Producer; Size : Natural; Timeout : Duration := Forever) return Loan
     is (Lend_Bytes (Self.Number, Size, Nanoseconds_Of (Timeout)));

   procedure Put
     (Number  : System.Address; Item : Value; Capture_Time : Nanoseconds; Timeout : Duration)
   is
      Value : aliased Encoded := Encode (Item);
      Said  : aliased sipc_error;
   begin
      Raw (Value).capture_time_ns := Integer_64 (Capture_Time);
      Check (sipc_put (Number, Raw (Value), Nanoseconds_Of (Timeout), Said'Access), Said);
   end Put;

   overriding function Role (Self : Publisher) return Unsigned_32 is (ROLE_PUBLISH);

   procedure Publish
     (Self    : Publisher; Item : Value; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Forever) is
   begin
      Put (Self.Number, Item, Capture_Time, Timeout);
   end Publish;

   function Receive (Self : Consumer; Timeout : Duration := Forever) return Message is
      Time : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said : aliased sipc_error;
   begin
      return Taken : aliased Message do
         Check (sipc_take (Self.Number, Time, Raw (Taken), Said'Access), Said);
      end return;
   end Receive;

   procedure Each (Self : Consumer; Process : not null access procedure (Item : in out Message))
   is
      Status : Integer_32;
      Said   : aliased sipc_error;
   begin
      loop
         declare
            Taken : aliased Message;
         begin
            Status := sipc_take (Self.Number, -1, Raw (Taken), Said'Access);
            exit when Status in STATUS_INTERRUPTED | STATUS_CLOSED;
            Check (Status, Said);
            Process (Taken);
         end;
      end loop;
   end Each;

   overriding function Role (Self : Subscriber) return Unsigned_32 is (ROLE_SUBSCRIBE);

   overriding function Role (Self : Sender) return Unsigned_32 is (ROLE_SEND);

   procedure Send
     (Self    : Sender; Item : Value; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Forever) is
   begin
      Put (Self.Number, Item, Capture_Time, Timeout);
   end Send;

   overriding function Role (Self : Receiver) return Unsigned_32 is (ROLE_RECEIVE);

   overriding function Role (Self : Setter) return Unsigned_32 is (ROLE_SET);

   procedure Set
     (Self    : Setter; Item : Value; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Forever) is
   begin
      Put (Self.Number, Item, Capture_Time, Timeout);
   end Set;

   procedure Set_If
     (Self    : Setter; Item : Value; Expected : Unsigned_64; Timeout : Duration := Forever)
   is
      Value : aliased Encoded := Encode (Item);
      Time  : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said  : aliased sipc_error;
   begin
      Check (sipc_put_if (Self.Number, Raw (Value), Expected, Time, Said'Access), Said);
   end Set_If;

   overriding function Role (Self : Watcher) return Unsigned_32 is (ROLE_WATCH);

   function Get (Self : Watcher; Timeout : Duration := Forever) return Message is
      Time : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said : aliased sipc_error;
   begin
      return Taken : aliased Message do
         Check (sipc_current (Self.Number, Time, Raw (Taken), Said'Access), Said);
      end return;
   end Get;

   overriding function Role (Self : Notifier) return Unsigned_32 is (ROLE_NOTIFY);

   procedure Notify (Self : Notifier) is
   begin
      Put (Self.Number, Null_Value, 0, Forever);
   end Notify;

   overriding function Role (Self : Waiter) return Unsigned_32 is (ROLE_WAIT);

   function Wait (Self : Waiter; Timeout : Duration := Forever) return Unsigned_64 is
      Time  : constant Integer_64 := Nanoseconds_Of (Timeout);
      Taken : aliased sipc_message;
      Said  : aliased sipc_error;
   begin
      Check (sipc_take (Self.Number, Time, Taken'Access, Said'Access), Said);
      sipc_release (Taken'Access);
      return Taken.value.u;
   end Wait;

   overriding function Role (Self : Lock) return Unsigned_32 is (ROLE_LOCK);

   procedure Seize (Self : in out Lock; Timeout : Duration := Forever) is
      Time : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said : aliased sipc_error;
   begin
      Self.Abandoned_By := 0;
      Check (sipc_lock (Self.Number, Time, Self.Abandoned_By'Access, Said'Access), Said);
   end Seize;

   procedure Unlock (Self : Lock) is
      Said : aliased sipc_error;
   begin
      Check (sipc_unlock (Self.Number, Said'Access), Said);
   end Unlock;

   function Abandoned (Self : Lock) return Unsigned_64 is (Self.Abandoned_By);

   --  Without a handle.

   procedure Send (Name : String; Item : Value) is
      Text  : constant String := C_Text (Name);
      Value : aliased Encoded := Encode (Item);
      Said  : aliased sipc_error;
   begin
      Check (sipc_send (Text'Address, Raw (Value), Said'Access), Said);
   end Send;

   procedure Publish (Name : String; Item : Value) is
      Text  : constant String := C_Text (Name);
      Value : aliased Encoded := Encode (Item);
      Said  : aliased sipc_error;
   begin
      Check (sipc_publish (Text'Address, Raw (Value), Said'Access), Said);
   end Publish;

   procedure Set (Name : String; Item : Value) is
      Text  : constant String := C_Text (Name);
      Value : aliased Encoded := Encode (Item);
      Said  : aliased sipc_error;
   begin
      Check (sipc_set (Text'Address, Raw (Value), Said'Access), Said);
   end Set;

   function Receive (Name : String; Timeout : Duration := Forever) return Message is
      Text : constant String := C_Text (Name);
      Time : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said : aliased sipc_error;
   begin
      return Taken : aliased Message do
         Check (sipc_receive (Text'Address, Time, Raw (Taken), Said'Access), Said);
      end return;
   end Receive;

   function Get (Name : String; Timeout : Duration := Forever) return Message is
      Text : constant String := C_Text (Name);
      Time : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said : aliased sipc_error;
   begin
      return Taken : aliased Message do
         Check (sipc_get (Text'Address, Time, Raw (Taken), Said'Access), Said);
      end return;
   end Get;

   procedure Notify (Name : String) is
      Text : constant String := C_Text (Name);
      Said : aliased sipc_error;
   begin
      Check (sipc_notify (Text'Address, Said'Access), Said);
   end Notify;

   function Wait (Name : String; Timeout : Duration := Forever) return Unsigned_64 is
      Text  : constant String := C_Text (Name);
      Count : aliased Unsigned_64;
      Time  : constant Integer_64 := Nanoseconds_Of (Timeout);
      Said  : aliased sipc_error;
   begin
      Check (sipc_await (Text'Address, Time, Count'Access, Said'Access), Said);
      return Count;
   end Wait;

   --  None is NULL.
   function Address_Of (Text : String) return System.Address
     is (if Text'Length = 1 then System.Null_Address else Text'Address);

   function Audit (Name : String := ""; Directory : String := "") return String is
      Named  : constant String := C_Text (Name);
      Placed : constant String := C_Text (Directory);
      Needed : aliased Unsigned_64 := 2 ** 16;
   begin
      loop
         declare
            Buffer : String (1 .. Natural (Needed));
            Said   : aliased sipc_error;
         begin
            Check
              (sipc_audit
                 (Address_Of (Named), Address_Of (Placed), Buffer'Address, Buffer'Length,
                  Needed'Access, Said'Access),
               Said);
            if Needed <= Buffer'Length then
               return Buffer (1 .. Natural (Needed) - 1);
            end if;
         end;
      end loop;
   end Audit;

   function Clean (Directory : String := ""; Age_Max : Duration := 86_400.0) return Unsigned_64
   is
      Placed : constant String := C_Text (Directory);
      Count  : aliased Unsigned_64;
      Age    : constant Integer_64 := Nanoseconds_Of (Age_Max);
      Said   : aliased sipc_error;
   begin
      Check (sipc_clean (Address_Of (Placed), Age, Count'Access, Said'Access), Said);
      return Count;
   end Clean;

end SimpleIPC.Channels;
