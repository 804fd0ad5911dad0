--  Messages that were taken, and what they hold.

with Interfaces;
with SimpleIPC.Generated;
with SimpleIPC.Values;
private with Ada.Finalization;

package SimpleIPC.Messages is

   use SimpleIPC.Values;

   --  It is released at the end of its scope.
   type Message is tagged limited private;

   --  Lets go of it before that and, in a queue, reports it done. Again it does nothing.
   procedure Release (Item : in out Message);

   --  A copy; null once it is released. Look is for large data.
   function Content (Item : Message) return Value;

   --  Grows by one with each message of one sender.
   function Sequence (Item : Message) return Interfaces.Unsigned_64;

   --  Identifies the sending handle.
   function Sent_By (Item : Message) return Interfaces.Unsigned_64;

   --  How many this subscriber has lost before it.
   function Missed (Item : Message) return Interfaces.Unsigned_64;

   --  Whether an earlier receiver died holding it.
   function Is_Redelivered (Item : Message) return Boolean;

   --  Whether more replies follow.
   function Has_More (Item : Message) return Boolean;

   --  Of a request: whether nobody waits for an answer.
   function Is_One_Way (Item : Message) return Boolean;

   function Capture_Time (Item : Message) return Nanoseconds;
   function Publish_Time (Item : Message) return Nanoseconds;
   function Receive_Time (Item : Message) return Nanoseconds;

   --  Of a tensor, without its data; of all else there are no dimensions.
   function Shape (Item : Message) return Dimensions;

   --  Of a tensor its format, of an opaque value its content type.
   function Label (Item : Message) return String;

   --  Shows the bytes of text, bytes, a tensor or an opaque value where they lie, in shared memory,
   --  which can only be read.
   procedure Look (Item : Message; Process : not null access procedure (Data : Bytes));

   --  The same with the elements of a dense tensor; Constraint_Error if they are of another type.
   generic
      Item_Type : Dtype;
      type Element is private;
      type Elements is array (Positive range <>) of Element;
   procedure Look_At
     (Item : Message; Process : not null access procedure (Data : Elements));

   --  For the packages beside this one.
   function Raw (Item : aliased in out Message) return access Generated.sipc_message;

private

   type Message is new Ada.Finalization.Limited_Controlled with record
      Raw : aliased Generated.sipc_message;
   end record;

   overriding procedure Finalize (Item : in out Message);

end SimpleIPC.Messages;
