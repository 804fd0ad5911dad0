--  Handles of queues, topics, states, signals and locks, and the messages they give.
--
--  A handle is opened as a file is, and closed at the end of its scope. It belongs to one task at a
--  time; Close and Interrupt may be called by any. A Timeout of Forever waits without an end, and
--  one of 0.0 only tries.

with Ada.Strings.Unbounded;
with Interfaces;
with SimpleIPC.Generated;
with SimpleIPC.Loans;
with SimpleIPC.Messages;
with SimpleIPC.Values;
with System;
private with Ada.Finalization;

package SimpleIPC.Channels is

   use SimpleIPC.Loans;
   use SimpleIPC.Messages;
   use SimpleIPC.Values;

   Forever : constant Duration := Duration'Last;

   --  How to open a handle.
   type Options is record
      Lossless       : Boolean := False; --  subscriber: the publisher waits for it
      Latest         : Boolean := False; --  subscriber: each take skips to the newest message
      Tap            : Boolean := False; --  subscriber: only look on
      Unstamped      : Boolean := False; --  producer: no time stamps
      History        : Natural := 0;     --  past messages for who comes late
      Depth          : Natural := 0;     --  how many messages a producer may be ahead
      Pool_Bytes_Max : Interfaces.Unsigned_64 := 0; --  most shared memory for large messages
      Directory      : Ada.Strings.Unbounded.Unbounded_String; --  where the channel lives
      Signal         : Natural := 0;     --  waiter: raise this signal after each notification
      Permits        : Natural := 0;     --  lock: how many may have it at once
   end record;

   Default : constant Options := (others => <>);

   type Handle is abstract tagged limited private;

   procedure Open (Self : in out Handle; Name : String; How : Options := Default);

   --  Also for a task that waits in it. Again it does nothing.
   procedure Close (Self : in out Handle);

   --  Ends the wait of another task in it, or else the next: a Retry_Error whose status is
   --  STATUS_INTERRUPTED.
   procedure Interrupt (Self : Handle);

   --  A descriptor for poll; see the C reference.
   function Descriptor (Self : Handle) return Integer;

   --  What it is opened for, a number of SimpleIPC.Generated.
   function Role (Self : Handle) return Interfaces.Unsigned_32 is abstract;

   --  The number by which the library knows it.
   function Channel (Self : Handle) return System.Address;

   type Channel_List is array (Positive range <>) of System.Address;

   --  Waits until one of several handles that take has a message, and answers which; then take it
   --  with a timeout of 0.0. Another receiver may be faster: wait again.
   function Wait_Any (Among : Channel_List; Timeout : Duration := Forever) return Positive;

   type Producer is abstract new Handle with private;

   --  Lends a buffer for a tensor, or one of so many bytes.
   function Lend
     (Self : Producer; Item : Dtype; Shape : Dimensions; Format : String := "";
      Timeout : Duration := Forever) return Loan;
   function Lend (Self : Producer; Size : Natural; Timeout : Duration := Forever) return Loan;

   --  Puts messages on a topic: every subscriber gets each.
   type Publisher is new Producer with private;
   overriding function Role (Self : Publisher) return Interfaces.Unsigned_32;
   procedure Publish
     (Self : Publisher; Item : Value; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Forever);

   type Consumer is abstract new Handle with private;

   --  Takes the next message.
   function Receive (Self : Consumer; Timeout : Duration := Forever) return Message;

   --  Processes messages until the handle is interrupted or closed.
   procedure Each
     (Self : Consumer; Process : not null access procedure (Item : in out Message));

   --  Takes the messages of a topic.
   type Subscriber is new Consumer with private;
   overriding function Role (Self : Subscriber) return Interfaces.Unsigned_32;

   --  Puts messages into a queue: one receiver gets each.
   type Sender is new Producer with private;
   overriding function Role (Self : Sender) return Interfaces.Unsigned_32;
   procedure Send
     (Self : Sender; Item : Value; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Forever);

   --  Takes messages out of a queue.
   type Receiver is new Consumer with private;
   overriding function Role (Self : Receiver) return Interfaces.Unsigned_32;

   --  Sets a state: each value replaces the one before.
   type Setter is new Producer with private;
   overriding function Role (Self : Setter) return Interfaces.Unsigned_32;
   procedure Set
     (Self : Setter; Item : Value; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Forever);

   --  The sequence of a state that has no value yet.
   No_Value : constant Interfaces.Unsigned_64 := Interfaces.Unsigned_64'Last;

   --  Sets it if its value still has this sequence; else it is a Retry_Error whose status is
   --  STATUS_CONFLICT.
   procedure Set_If
     (Self : Setter; Item : Value; Expected : Interfaces.Unsigned_64;
      Timeout : Duration := Forever);

   --  Takes values of a state that it has not taken yet.
   type Watcher is new Consumer with private;
   overriding function Role (Self : Watcher) return Interfaces.Unsigned_32;

   --  The value as it is now; waits only for a first one.
   function Get (Self : Watcher; Timeout : Duration := Forever) return Message;

   --  Says that something has happened.
   type Notifier is new Handle with private;
   overriding function Role (Self : Notifier) return Interfaces.Unsigned_32;
   procedure Notify (Self : Notifier);

   --  Waits for a signal.
   type Waiter is new Handle with private;
   overriding function Role (Self : Waiter) return Interfaces.Unsigned_32;

   --  Waits until it happens; how many times since the last time.
   function Wait
     (Self : Waiter; Timeout : Duration := Forever) return Interfaces.Unsigned_64;

   --  Has one owner at a time, or with Options.Permits a few. Free at once when one dies.
   type Lock is new Handle with private;
   overriding function Role (Self : Lock) return Interfaces.Unsigned_32;

   --  Waits until it is this handle's.
   procedure Seize (Self : in out Lock; Timeout : Duration := Forever);
   procedure Unlock (Self : Lock);

   --  The process that died holding it, if its last owner did: what the lock protects may be half
   --  done. Else 0.
   function Abandoned (Self : Lock) return Interfaces.Unsigned_64;

   --  Without a handle, in any task. The channel stays open in this process.

   procedure Send (Name : String; Item : Value);
   procedure Publish (Name : String; Item : Value);
   procedure Set (Name : String; Item : Value);
   function Receive (Name : String; Timeout : Duration := Forever) return Message;
   function Get (Name : String; Timeout : Duration := Forever) return Message;
   procedure Notify (Name : String);
   function Wait
     (Name : String; Timeout : Duration := Forever) return Interfaces.Unsigned_64;

   --  Describes a channel, or all of a directory, as JSON.
   function Audit (Name : String := ""; Directory : String := "") return String;

   --  Removes what nobody uses; how many channels.
   function Clean
     (Directory : String := ""; Age_Max : Duration := 86_400.0) return Interfaces.Unsigned_64;

   --  For the package of services.

   --  Opens without a name.
   procedure Open_Unnamed (Self : in out Handle'Class; How : Options);

   --  The directory looks like that of the options, with a NUL behind it.
   function Raw_Of
     (How : Options; Directory : System.Address) return Generated.sipc_options;

   --  Names of C end with a NUL, and so have none inside.
   function C_Text (Text : String) return String;

private

   type Handle is abstract new Ada.Finalization.Limited_Controlled with record
      Number : aliased System.Address := System.Null_Address;
   end record;

   overriding procedure Finalize (Self : in out Handle);

   type Producer is abstract new Handle with null record;
   type Consumer is abstract new Handle with null record;
   type Publisher is new Producer with null record;
   type Subscriber is new Consumer with null record;
   type Sender is new Producer with null record;
   type Receiver is new Consumer with null record;
   type Setter is new Producer with null record;
   type Watcher is new Consumer with null record;
   type Notifier is new Handle with null record;
   type Waiter is new Handle with null record;
   type Lock is new Handle with record
      Abandoned_By : aliased Interfaces.Unsigned_64 := 0;
   end record;

end SimpleIPC.Channels;
