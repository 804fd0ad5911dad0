with Ada.Streams;
with SimpleIPC.Values.Wire;

package body SimpleIPC.Messages is

   use Generated;
   use Interfaces;

   function Has_Flag (Item : Message; Flag : Unsigned_32) return Boolean
     is ((Item.Raw.flags and Flag) /= 0);

   procedure Release (Item : in out Message) is
      Nothing : sipc_value;
   begin
      sipc_release (Item.Raw'Access);
      Item.Raw.value := Nothing;
   end Release;

   overriding procedure Finalize (Item : in out Message) is
   begin
      Release (Item);
   end Finalize;

   function Content (Item : Message) return Value is (Values.Wire.Decode (Item.Raw.value));

   function Sequence (Item : Message) return Unsigned_64 is (Item.Raw.sequence);

   function Sent_By (Item : Message) return Unsigned_64 is (Item.Raw.sender);

   function Missed (Item : Message) return Unsigned_64 is (Item.Raw.missed);

   function Is_Redelivered (Item : Message) return Boolean
     is (Has_Flag (Item, MESSAGE_REDELIVERED));

   function Has_More (Item : Message) return Boolean is (Has_Flag (Item, MESSAGE_MORE));

   function Is_One_Way (Item : Message) return Boolean is (Has_Flag (Item, MESSAGE_ONE_WAY));

   function Capture_Time (Item : Message) return Nanoseconds
     is (Nanoseconds (Item.Raw.value.capture_time_ns));

   function Publish_Time (Item : Message) return Nanoseconds
     is (Nanoseconds (Item.Raw.publish_time_ns));

   function Receive_Time (Item : Message) return Nanoseconds
     is (Nanoseconds (Item.Raw.receive_time_ns));

   function Shape (Item : Message) return Dimensions is
   begin
      return Sizes : Dimensions (1 .. Natural (Item.Raw.value.ndim)) do
         for Index in Sizes'Range loop
            Sizes (Index) := Natural (Item.Raw.value.shape (Index));
         end loop;
      end return;
   end Shape;

   function Label (Item : Message) return String is
      Text : String (1 .. Natural (Item.Raw.value.label_len))
        with Import, Address => Item.Raw.value.label;
   begin
      return (if Text'Length = 0 then "" else Text);
   end Label;

   procedure Look (Item : Message; Process : not null access procedure (Data : Bytes)) is
      Nothing : constant Bytes (1 .. 0) := [];
      Data    : Bytes (1 .. Ada.Streams.Stream_Element_Offset (Item.Raw.value.len))
        with Import, Address => Item.Raw.value.data;
   begin
      if Data'Length = 0 then
         Process (Nothing);
      else
         Process (Data);
      end if;
   end Look;

   procedure Look_At
     (Item : Message; Process : not null access procedure (Data : Elements))
   is
      Nothing : Elements (1 .. 0);
      Bytes   : constant Natural := Natural (Item.Raw.value.len);
      Data    : Elements (1 .. Bytes / Size (Item_Type))
        with Import, Address => Item.Raw.value.data;
   begin
      if Item.Raw.value.kind /= KIND_TENSOR
        or else Item.Raw.value.dtype /= Dtype'Pos (Item_Type) + DTYPE_BOOL
        or else Elements'Component_Size /= 8 * Size (Item_Type)
      then
         raise Constraint_Error with "this is no tensor of " & Item_Type'Image;
      elsif not Values.Wire.Is_Dense (Item.Raw.value) then
         raise Constraint_Error with "there are gaps between the elements";
      elsif Data'Length = 0 then
         Process (Nothing);
      else
         Process (Data);
      end if;
   end Look_At;

   function Raw (Item : aliased in out Message) return access sipc_message
     is (Item.Raw'Access);

end SimpleIPC.Messages;
