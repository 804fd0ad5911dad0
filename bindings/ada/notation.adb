with Ada.Characters.Handling;
with Ada.Streams;             use Ada.Streams;
with Ada.Strings.Fixed;
with Ada.Unchecked_Conversion;
with Ada.Unchecked_Deallocation;
with GNAT.CRC32;
with Interfaces;              use Interfaces;

package body Notation is

   type Bytes_Access is access Bytes;

   procedure Free is new Ada.Unchecked_Deallocation (Bytes, Bytes_Access);

   function To_Float is new Ada.Unchecked_Conversion (Unsigned_64, Long_Float);
   function To_Bits is new Ada.Unchecked_Conversion (Long_Float, Unsigned_64);

   function Unhex (Word : String) return Bytes is
   begin
      return Data : Bytes (1 .. Word'Length / 2) do
         for Index in Data'Range loop
            declare
               First : constant Positive := Word'First + 2 * Natural (Index - 1);
            begin
               Data (Index) := Stream_Element'Value ("16#" & Word (First .. First + 1) & "#");
            end;
         end loop;
      end return;
   end Unhex;

   function Untext (Word : String) return String is
      Data : constant Bytes := Unhex (Word);
   begin
      return Text : String (1 .. Data'Length) do
         for Index in Text'Range loop
            Text (Index) := Character'Val (Data (Stream_Element_Offset (Index)));
         end loop;
      end return;
   end Untext;

   --  On the heap, because it may be large.
   function Pattern (Length : Natural; Seed : Natural) return Bytes_Access is
   begin
      return Data : constant Bytes_Access := new Bytes (1 .. Stream_Element_Offset (Length)) do
         for Index in Data'Range loop
            Data (Index) := Stream_Element'Mod (Seed + Natural ((Index - 1) mod 251));
         end loop;
      end return;
   end Pattern;

   function Letters (Length : Natural; Seed : Natural) return String is
   begin
      return Text : String (1 .. Length) do
         for Index in Text'Range loop
            Text (Index) :=
              Character'Val (Character'Pos ('a') + (Seed + (Index - 1) mod 23) mod 26);
         end loop;
      end return;
   end Letters;

   --  The part of a word with this number; they have colons between them.
   function Part (Word : String; Number : Positive; Separator : Character := ':') return String is
      First : Positive := Word'First;
   begin
      for Skipped in 2 .. Number loop
         First := Ada.Strings.Fixed.Index (Word, [Separator], First) + 1;
      end loop;
      for Last in First .. Word'Last loop
         if Word (Last) = Separator then
            return Word (First .. Last - 1);
         end if;
      end loop;
      return Word (First .. Word'Last);
   end Part;

   function Shape_Of (Word : String) return Dimensions is
   begin
      if Word = "" then
         return [];
      end if;
      return Shape : Dimensions (1 .. 1 + Ada.Strings.Fixed.Count (Word, "x")) do
         for Index in Shape'Range loop
            Shape (Index) := Natural'Value (Part (Word, Index, 'x'));
         end loop;
      end return;
   end Shape_Of;

   function Tensor_Of (Word : String; Is_Pattern : Boolean) return Value is
      Item   : constant Dtype := Dtype'Value (Part (Word, 1));
      Shape  : constant Dimensions := Shape_Of (Part (Word, 2));
      Format : constant String := Untext (Part (Word, 3));
      Bytes  : Natural := Size (Item);
      Data   : Bytes_Access;
   begin
      if not Is_Pattern then
         return Tensor (Item, Shape, Unhex (Part (Word, 4)), Format);
      end if;
      for Size of Shape loop
         Bytes := Bytes * Size;
      end loop;
      Data := Pattern (Bytes, Natural'Value (Part (Word, 4)));
      return Made : constant Value := Tensor (Item, Shape, Data.all, Format) do
         Free (Data);
      end return;
   end Tensor_Of;

   function Simple (Kind : Character; Word : String) return Value is
      Data : Bytes_Access;
   begin
      case Kind is
         when 'n' => return Null_Value;
         when 'b' => return +(Word = "1");
         when 'i' => return +Long_Long_Integer'Value (Word);
         when 'u' => return Unsigned (Unsigned_64'Value (Word));
         when 'd' => return +To_Float (Unsigned_64'Value ("16#" & Word & "#"));
         when 's' => return +Untext (Word);
         when 'x' => return +Unhex (Word);
         when 'o' => return Opaque (Unhex (Part (Word, 2)), Untext (Part (Word, 1)));
         when 't' => return Tensor_Of (Word, Is_Pattern => False);
         when 'T' => return Tensor_Of (Word, Is_Pattern => True);
         when 'S' =>
            return +Letters (Natural'Value (Part (Word, 1)), Natural'Value (Part (Word, 2)));
         when 'X' =>
            Data := Pattern (Natural'Value (Part (Word, 1)), Natural'Value (Part (Word, 2)));
            return Made : constant Value := +Data.all do
               Free (Data);
            end return;
         when others => raise Constraint_Error with "no such value: " & Kind;
      end case;
   end Simple;

   procedure Read (Text : String; From : in out Positive; Into : out Value) is
      Kind  : constant Character := Text (From);
      First : Positive;

      --  Whether what ends a list or map is next; goes past it, and past a comma.
      function Ended (Mark : Character) return Boolean is
         Next : constant Character := Text (From);
      begin
         if Next in Mark | ',' then
            From := From + 1;
         end if;
         return Next = Mark;
      end Ended;

      procedure Read_List (So_Far : Value_Array) is
         Item : Value;
      begin
         if Ended (']') then
            Into := List (So_Far);
         else
            Read (Text, From, Item);
            Read_List ([for Index in 1 .. So_Far'Length + 1 =>
                          (if Index <= So_Far'Length then So_Far (Index) else Item)]);
         end if;
      end Read_List;

      Item : Value;
   begin
      From := From + 1;
      First := From;
      if Kind = '[' then
         Read_List ([]);
      elsif Kind = '{' then
         Into := Empty_Map;
         while not Ended ('}') loop
            First := From + 1;
            From := Ada.Strings.Fixed.Index (Text, ":", From) + 1;
            declare
               Key : constant String := Untext (Text (First .. From - 2));
            begin
               Read (Text, From, Item);
               Into.Insert (Key, Item);
            end;
         end loop;
      else
         while From <= Text'Last and then Text (From) not in ',' | ']' | '}' loop
            From := From + 1;
         end loop;
         Into := Simple (Kind, Text (First .. From - 1));
      end if;
   end Read;

   function Read (Text : String) return Value is
      From : Positive := Text'First;
   begin
      return Item : Value do
         Read (Text, From, Item);
      end return;
   end Read;

   function Hex (Bits : Unsigned_64; Digit_Count : Positive) return String is
      Digit : constant String := "0123456789abcdef";
      Rest  : Unsigned_64 := Bits;
   begin
      return Text : String (1 .. Digit_Count) do
         for Index in reverse Text'Range loop
            Text (Index) := Digit (1 + Natural (Rest mod 16));
            Rest := Rest / 16;
         end loop;
      end return;
   end Hex;

   function Hex (Data : Bytes) return String is
   begin
      return Text : String (1 .. 2 * Data'Length) do
         for Index in Data'Range loop
            declare
               First : constant Positive := 1 + 2 * Natural (Index - Data'First);
            begin
               Text (First .. First + 1) := Hex (Unsigned_64 (Data (Index)), 2);
            end;
         end loop;
      end return;
   end Hex;

   function Hex (Text : String) return String is (Hex (As_Bytes (+Text)));

   function Decimal (Item : Value) return String is (Item.Image);

   function Show_Data (Data : Bytes) return String is
      Sum : GNAT.CRC32.CRC32;
   begin
      if Data'Length <= 64 then
         return Hex (Data);
      end if;
      GNAT.CRC32.Initialize (Sum);
      GNAT.CRC32.Update (Sum, Data);
      return
        "#" & Decimal (+Long_Long_Integer (Data'Length)) & ":"
        & Hex (Unsigned_64 (GNAT.CRC32.Get_Value (Sum)), 8);
   end Show_Data;

   function Show_Shape (Shape : Dimensions) return String
     is (if Shape'Length = 0 then ""
         else Decimal (+Long_Long_Integer (Shape (Shape'First)))
              & (if Shape'Length = 1 then ""
                 else "x" & Show_Shape (Shape (Shape'First + 1 .. Shape'Last))));

   function Show_Items (Item : Value; From : Positive) return String
     is (if From > Item.Length then ""
         else (if From > 1 then "," else "")
              & (if Item.Kind_Of = Map_Kind then "s" & Hex (Item.Key (From)) & ":" else "")
              & Show (Item (From)) & Show_Items (Item, From + 1));

   function Show (Item : Value) return String
     is (case Item.Kind_Of is
            when Null_Kind => "n",
            when Bool_Kind => (if Item.As_Boolean then "b1" else "b0"),
            when Int_Kind => "i" & Decimal (Item),
            when Uint_Kind => "u" & Decimal (Item),
            when Float_Kind => "d" & Hex (To_Bits (Item.As_Float), 16),
            when Text_Kind => "s" & Show_Data (Item.As_Bytes),
            when Bytes_Kind => "x" & Show_Data (Item.As_Bytes),
            when List_Kind => "[" & Show_Items (Item, 1) & "]",
            when Map_Kind => "{" & Show_Items (Item, 1) & "}",
            when Tensor_Kind =>
               "t" & Ada.Characters.Handling.To_Lower (Item.Type_Of'Image) & ":"
               & Show_Shape (Item.Shape) & ":" & Hex (Item.Label) & ":"
               & Show_Data (Item.As_Bytes),
            when Opaque_Kind =>
               "o" & Hex (Item.Label) & ":" & Show_Data (Item.As_Bytes));

end Notation;
