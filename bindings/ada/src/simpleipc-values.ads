--  Values: what Ada has and what travels.

with Ada.Finalization;
with Ada.Streams;
with Interfaces;
private with SimpleIPC.Generated;
private with System.Atomic_Operations.Integer_Arithmetic;

package SimpleIPC.Values is

   --  Texts are UTF-8, in a String.
   type Kind is
     (Null_Kind, Bool_Kind, Int_Kind, Uint_Kind, Float_Kind, Text_Kind, Bytes_Kind, List_Kind,
      Map_Kind, Tensor_Kind, Opaque_Kind);

   --  The type of a tensor's elements.
   type Dtype is (Bool, U8, I8, U16, I16, U32, I32, U64, I64, F16, F32, F64, C64, C128);

   --  The bytes of one element.
   function Size (Item : Dtype) return Positive
     is (case Item is
            when Bool | U8 | I8 => 1,
            when U16 | I16 | F16 => 2,
            when U32 | I32 | F32 => 4,
            when U64 | I64 | F64 | C64 => 8,
            when C128 => 16);

   --  One value, which is not changed by what becomes of another one. A map is written as
   --  ["class" => +"cat", "score" => +0.93], and `V (1)` and `V ("class")` are items of V.
   type Value is tagged private
     with Constant_Indexing => Element,
          Aggregate => (Empty => Empty_Map, Add_Named => Insert);

   type Value_Array is array (Positive range <>) of Value;

   subtype Bytes is Ada.Streams.Stream_Element_Array;

   --  Elements along each dimension, at most 8 of them.
   type Dimensions is array (Positive range <>) of Natural;

   Null_Value : constant Value;

   function "+" (Item : Boolean) return Value;
   function "+" (Item : Long_Long_Integer) return Value;
   function "+" (Item : Long_Float) return Value;
   function "+" (Item : String) return Value;
   function "+" (Item : Bytes) return Value;

   --  A uint, which is another kind than an int.
   function Unsigned (Item : Interfaces.Unsigned_64) return Value;

   function List (Items : Value_Array) return Value;

   function Empty_Map return Value;

   --  Adds a pair to a map; a key that is there already gets the new value.
   procedure Insert (Into : in out Value; Key : String; Item : Value);

   --  A tensor, dense and with the last index changing fastest. The format says what the numbers
   --  mean, as rgb8.
   function Tensor
     (Item : Dtype; Shape : Dimensions; Data : Bytes; Format : String := "") return Value;

   --  Bytes with a content type.
   function Opaque (Data : Bytes; Content_Type : String) return Value;

   --  What follows raises Constraint_Error if the value is of another kind, the number does not
   --  fit, or there is no such item.

   function Kind_Of (Item : Value) return Kind;
   function As_Boolean (Item : Value) return Boolean;
   function As_Int (Item : Value) return Long_Long_Integer;
   function As_Integer (Item : Value) return Integer;
   function As_Unsigned (Item : Value) return Interfaces.Unsigned_64;

   --  An int becomes a float, too.
   function As_Float (Item : Value) return Long_Float;
   function As_Text (Item : Value) return String;

   --  Of text, bytes, a tensor or an opaque value.
   function As_Bytes (Item : Value) return Bytes;

   --  Those of a list.
   function Items (Item : Value) return Value_Array;

   --  Items of a list, pairs of a map.
   function Length (Item : Value) return Natural;
   function Element (Item : Value; Index : Positive) return Value;
   function Element (Item : Value; Key : String) return Value;
   function Key (Item : Value; Index : Positive) return String;
   function Has (Item : Value; Key : String) return Boolean;

   function Type_Of (Item : Value) return Dtype;
   function Shape (Item : Value) return Dimensions;

   --  Of a tensor its format, of an opaque value its content type.
   function Label (Item : Value) return String;

   --  As people read it: [class: cat, box: [10, 20]].
   function Image (Item : Value) return String;

private

   type Count is new Integer with Atomic;

   package Counting is new System.Atomic_Operations.Integer_Arithmetic (Count);

   type Bytes_Access is access Bytes;
   type Text_Access is access String;
   type Node;
   type Node_Access is access Node;

   --  A node is shared by all copies of a value, and is not changed as long as there are several.
   type Value is new Ada.Finalization.Controlled with record
      Node : Node_Access;
   end record;

   overriding procedure Adjust (Item : in out Value);
   overriding procedure Finalize (Item : in out Value);

   Null_Value : constant Value := (Ada.Finalization.Controlled with Node => null);

   type Items_Access is access Value_Array;

   type Node is record
      Uses  : aliased Count := 1;
      Kind  : Values.Kind;
      Int   : Interfaces.Integer_64 := 0; --  of a bool, too
      Uint  : Interfaces.Unsigned_64 := 0;
      Float : Long_Float := 0.0;
      Data  : Bytes_Access;
      Label : Text_Access;
      Dtype : Values.Dtype := U8;
      Ndim  : Natural := 0;
      Shape : Generated.value_shape := [others => 0];
      Items : Items_Access; --  of a map keys and values in turn; the last ones may be free
      Used  : Natural := 0;
   end record;

end SimpleIPC.Values;
