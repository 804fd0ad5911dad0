with Ada.Characters.Handling;
with Ada.Long_Float_Text_IO;
with Ada.Strings.Fixed;
with Ada.Unchecked_Deallocation;
with System;

package body SimpleIPC.Values is

   use Interfaces;
   use type Ada.Streams.Stream_Element_Array;

   procedure Free is new Ada.Unchecked_Deallocation (Node, Node_Access);
   procedure Free is new Ada.Unchecked_Deallocation (Bytes, Bytes_Access);
   procedure Free is new Ada.Unchecked_Deallocation (String, Text_Access);
   procedure Free is new Ada.Unchecked_Deallocation (Value_Array, Items_Access);

   function Made (From : Node) return Value
     is (Ada.Finalization.Controlled with Node => new Node'(From));

   overriding procedure Adjust (Item : in out Value) is
   begin
      if Item.Node /= null then
         Counting.Atomic_Add (Item.Node.Uses, 1);
      end if;
   end Adjust;

   overriding procedure Finalize (Item : in out Value) is
      Gone : Node_Access := Item.Node;
   begin
      Item.Node := null;
      if Gone /= null and then Counting.Atomic_Fetch_And_Subtract (Gone.Uses, 1) = 1 then
         Free (Gone.Data);
         Free (Gone.Label);
         Free (Gone.Items);
         Free (Gone);
      end if;
   end Finalize;

   --  The making of values.

   function As_Stream (Text : String) return Bytes_Access is
      Data : Bytes (1 .. Text'Length) with Import, Address => Text'Address;
   begin
      return new Bytes'(Data);
   end As_Stream;

   function "+" (Item : Boolean) return Value
     is (Made ((Kind => Bool_Kind, Int => Boolean'Pos (Item), others => <>)));

   function "+" (Item : Long_Long_Integer) return Value
     is (Made ((Kind => Int_Kind, Int => Integer_64 (Item), others => <>)));

   function "+" (Item : Long_Float) return Value
     is (Made ((Kind => Float_Kind, Float => Item, others => <>)));

   function "+" (Item : String) return Value
     is (Made ((Kind => Text_Kind, Data => As_Stream (Item), others => <>)));

   function "+" (Item : Bytes) return Value
     is (Made ((Kind => Bytes_Kind, Data => new Bytes'(Item), others => <>)));

   function Unsigned (Item : Unsigned_64) return Value
     is (Made ((Kind => Uint_Kind, Uint => Item, others => <>)));

   function List (Items : Value_Array) return Value is
      subtype From_One is Value_Array (1 .. Items'Length);
   begin
      return
        Made
          ((Kind => List_Kind, Items => new Value_Array'(From_One (Items)),
            Used => Items'Length, others => <>));
   end List;

   function Empty_Map return Value is (Made ((Kind => Map_Kind, others => <>)));

   function Find (Item : Value; Key : String) return Natural is
      Data : Bytes (1 .. Key'Length) with Import, Address => Key'Address;
   begin
      for Index in 1 .. Length (Item) loop
         if Item.Node.Items (2 * Index - 1).Node.Data.all = Data then
            return Index;
         end if;
      end loop;
      return 0;
   end Find;

   procedure Insert (Into : in out Value; Key : String; Item : Value) is
      Found : Natural;
      Old   : Items_Access;
   begin
      if Kind_Of (Into) /= Map_Kind then
         raise Constraint_Error with "a " & Kind_Of (Into)'Image & " has no keys";
      elsif Into.Node.Uses > 1 then
         declare
            Copy : Node := Into.Node.all;
         begin
            Copy.Uses := 1;
            if Copy.Items /= null then
               Copy.Items := new Value_Array'(Copy.Items.all);
            end if;
            Into := Made (Copy);
         end;
      end if;
      Found := Find (Into, Key);
      if Found > 0 then
         Into.Node.Items (2 * Found) := Item;
         return;
      elsif Into.Node.Items = null then
         Into.Node.Items := new Value_Array (1 .. 16);
      elsif Into.Node.Used = Into.Node.Items'Last then
         Old := Into.Node.Items;
         Into.Node.Items := new Value_Array (1 .. 2 * Old'Last);
         Into.Node.Items (Old'Range) := Old.all;
         Free (Old);
      end if;
      Into.Node.Items (Into.Node.Used + 1) := +Key;
      Into.Node.Items (Into.Node.Used + 2) := Item;
      Into.Node.Used := Into.Node.Used + 2;
   end Insert;

   function Tensor
     (Item : Dtype; Shape : Dimensions; Data : Bytes; Format : String := "") return Value
   is
      Made_Of : Node :=
        (Kind => Tensor_Kind, Dtype => Item, Ndim => Shape'Length, Data => new Bytes'(Data),
         Label => new String'(Format), others => <>);
   begin
      for Index in 1 .. Natural'Min (Shape'Length, Made_Of.Shape'Last) loop
         Made_Of.Shape (Index) := Unsigned_64 (Shape (Shape'First + Index - 1));
      end loop;
      return Made (Made_Of);
   end Tensor;

   function Opaque (Data : Bytes; Content_Type : String) return Value
     is (Made
          ((Kind => Opaque_Kind, Data => new Bytes'(Data), Label => new String'(Content_Type),
            others => <>)));

   --  Looking at values.

   function Kind_Of (Item : Value) return Kind
     is (if Item.Node = null then Null_Kind else Item.Node.Kind);

   procedure Expect (Item : Value; Wanted : Kind) is
   begin
      if Kind_Of (Item) /= Wanted then
         raise Constraint_Error with
           "the value is of " & Kind_Of (Item)'Image & ", and not of " & Wanted'Image;
      end if;
   end Expect;

   function As_Boolean (Item : Value) return Boolean is
   begin
      Expect (Item, Bool_Kind);
      return Item.Node.Int /= 0;
   end As_Boolean;

   function As_Int (Item : Value) return Long_Long_Integer is
   begin
      if Kind_Of (Item) = Uint_Kind then
         return Long_Long_Integer (Item.Node.Uint);
      end if;
      Expect (Item, Int_Kind);
      return Long_Long_Integer (Item.Node.Int);
   end As_Int;

   function As_Integer (Item : Value) return Integer is (Integer (As_Int (Item)));

   function As_Unsigned (Item : Value) return Unsigned_64 is
   begin
      if Kind_Of (Item) = Uint_Kind then
         return Item.Node.Uint;
      end if;
      Expect (Item, Int_Kind);
      if Item.Node.Int < 0 then
         raise Constraint_Error with "the int is below 0";
      end if;
      return Unsigned_64 (Item.Node.Int);
   end As_Unsigned;

   function As_Float (Item : Value) return Long_Float is
   begin
      if Kind_Of (Item) = Int_Kind then
         return Long_Float (Item.Node.Int);
      end if;
      Expect (Item, Float_Kind);
      return Item.Node.Float;
   end As_Float;

   function As_Text (Item : Value) return String is
   begin
      Expect (Item, Text_Kind);
      declare
         Text : String (1 .. Item.Node.Data'Length)
           with Import, Address => Item.Node.Data.all'Address;
      begin
         return Text;
      end;
   end As_Text;

   function As_Bytes (Item : Value) return Bytes is
   begin
      if Item.Node = null or else Item.Node.Data = null then
         Expect (Item, Bytes_Kind);
      end if;
      return Item.Node.Data.all;
   end As_Bytes;

   function Length (Item : Value) return Natural is
   begin
      if Kind_Of (Item) = Map_Kind then
         return Item.Node.Used / 2;
      end if;
      Expect (Item, List_Kind);
      return Item.Node.Used;
   end Length;

   function Items (Item : Value) return Value_Array is
   begin
      Expect (Item, List_Kind);
      return Item.Node.Items (1 .. Item.Node.Used);
   end Items;

   function Element (Item : Value; Index : Positive) return Value is
   begin
      if Index > Length (Item) then
         raise Constraint_Error with "there is no item" & Index'Image;
      end if;
      return Item.Node.Items (if Item.Node.Kind = Map_Kind then 2 * Index else Index);
   end Element;

   function Element (Item : Value; Key : String) return Value is
      Found : Natural;
   begin
      Expect (Item, Map_Kind);
      Found := Find (Item, Key);
      if Found = 0 then
         raise Constraint_Error with "there is no key " & Key;
      end if;
      return Item.Node.Items (2 * Found);
   end Element;

   function Key (Item : Value; Index : Positive) return String is
   begin
      Expect (Item, Map_Kind);
      if Index > Length (Item) then
         raise Constraint_Error with "there is no item" & Index'Image;
      end if;
      return As_Text (Item.Node.Items (2 * Index - 1));
   end Key;

   function Has (Item : Value; Key : String) return Boolean
     is (Kind_Of (Item) = Map_Kind and then Find (Item, Key) > 0);

   function Type_Of (Item : Value) return Dtype is
   begin
      Expect (Item, Tensor_Kind);
      return Item.Node.Dtype;
   end Type_Of;

   function Shape (Item : Value) return Dimensions is
   begin
      Expect (Item, Tensor_Kind);
      return Sizes : Dimensions (1 .. Item.Node.Ndim) do
         for Index in Sizes'Range loop
            Sizes (Index) := Natural (Item.Node.Shape (Index));
         end loop;
      end return;
   end Shape;

   function Label (Item : Value) return String is
   begin
      if Kind_Of (Item) /= Opaque_Kind then
         Expect (Item, Tensor_Kind);
      end if;
      return Item.Node.Label.all;
   end Label;

   function Float_Image (Item : Long_Float) return String is
      use Ada.Strings;
      Text : String (1 .. 40);
   begin
      if abs Item >= 1.0E15 or else (Item /= 0.0 and then abs Item < 1.0E-4) then
         return Fixed.Trim (Item'Image, Both);
      end if;
      Ada.Long_Float_Text_IO.Put (Text, Item, Aft => 15, Exp => 0);
      declare
         Digit : constant String := Fixed.Trim (Text, Left);
         Last  : Positive := Digit'Last;
      begin
         while Digit (Last) = '0' and then Digit (Last - 1) /= '.' loop
            Last := Last - 1;
         end loop;
         return Digit (Digit'First .. Last);
      end;
   end Float_Image;

   function Items_Image (Item : Value; From : Positive) return String
     is (if From > Length (Item) then "]"
         else (if From > 1 then ", " else "")
              & (if Item.Node.Kind = Map_Kind then Key (Item, From) & ": " else "")
              & Image (Element (Item, From)) & Items_Image (Item, From + 1));

   function Image (Item : Value) return String
     is (case Kind_Of (Item) is
            when Null_Kind => "null",
            when Bool_Kind => Ada.Characters.Handling.To_Lower (As_Boolean (Item)'Image),
            when Int_Kind => Ada.Strings.Fixed.Trim (As_Int (Item)'Image, Ada.Strings.Left),
            when Uint_Kind => Ada.Strings.Fixed.Trim (As_Unsigned (Item)'Image, Ada.Strings.Left),
            when Float_Kind => Float_Image (Item.Node.Float),
            when Text_Kind => As_Text (Item),
            when List_Kind | Map_Kind => "[" & Items_Image (Item, 1),
            when others => Item.Node.Data'Length'Image & " bytes");

end SimpleIPC.Values;
