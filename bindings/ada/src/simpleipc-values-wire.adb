with Interfaces;
with System.Storage_Elements;

package body SimpleIPC.Values.Wire is

   use Ada.Streams;
   use Interfaces;
   use Generated;

   --  How many values lie below this one.
   function Below (Item : Value'Class) return Natural is
      Sum : Natural := 0;
   begin
      if Item.Node /= null then
         for Index in 1 .. Item.Node.Used loop
            Sum := Sum + 1 + Below (Item.Node.Items (Index));
         end loop;
      end if;
      return Sum;
   end Below;

   --  Fills Space (Slot); what lies below it goes behind each other from Free on.
   procedure Fill
     (Space : in out Raw_Array; Slot : Natural; Item : Value'Class; Free : in out Positive)
   is
      Raw   : sipc_value renames Space (Slot);
      First : constant Positive := Free;
      From  : constant Node_Access := Item.Node;
   begin
      if From = null then
         return;
      end if;
      Raw.kind := Kind'Pos (From.Kind);
      Raw.i := From.Int;
      Raw.u := From.Uint;
      Raw.f := IEEE_Float_64 (From.Float);
      if From.Data /= null then
         Raw.data := From.Data.all'Address;
         Raw.len := From.Data'Length;
      end if;
      if From.Label /= null then
         Raw.label := From.Label.all'Address;
         Raw.label_len := From.Label'Length;
      end if;
      if From.Kind = Tensor_Kind then
         Raw.dtype := Dtype'Pos (From.Dtype) + DTYPE_BOOL;
         Raw.ndim := Unsigned_32 (From.Ndim);
         Raw.shape := From.Shape;
      elsif From.Used > 0 then
         Raw.items := Space (First)'Address;
         Raw.count := Unsigned_64 (Length (Value (Item)));
         Free := Free + From.Used;
         for Index in 1 .. From.Used loop
            Fill (Space, First + Index - 1, From.Items (Index), Free);
         end loop;
      end if;
   end Fill;

   function Encode (Item : Value'Class) return Encoded is
      Free : Positive := 1;
   begin
      return Made_Of : Encoded (Below (Item)) do
         Made_Of.Source := Value (Item);
         Fill (Made_Of.Raw, 0, Item, Free);
      end return;
   end Encode;

   function Raw (Item : aliased in out Encoded) return access sipc_value
     is (Item.Raw (0)'Access);

   procedure Put_Shape (Raw : in out sipc_value; Item : Dtype; Shape : Dimensions) is
   begin
      Raw.dtype := Dtype'Pos (Item) + DTYPE_BOOL;
      Raw.ndim := Shape'Length;
      for Index in 1 .. Natural'Min (Shape'Length, Raw.shape'Last) loop
         Raw.shape (Index) := Unsigned_64 (Shape (Shape'First + Index - 1));
      end loop;
   end Put_Shape;

   function Element_Size (Tensor : sipc_value) return Positive
     is (Size (Dtype'Val (Tensor.dtype - DTYPE_BOOL)));

   function Is_Dense (Tensor : sipc_value) return Boolean is
      Stride : Integer_64 := Integer_64 (Element_Size (Tensor));
   begin
      for Index in reverse 1 .. Natural (Tensor.ndim) loop
         if Tensor.shape (Index) /= 1 and then Tensor.strides (Index) /= Stride then
            return False;
         end if;
         Stride := Stride * Integer_64 (Unsigned_64'Max (1, Tensor.shape (Index)));
      end loop;
      return True;
   end Is_Dense;

   --  Copies the elements of all dimensions from this one on.
   procedure Gather
     (Tensor : sipc_value; From : Bytes; First : Stream_Element_Offset; Dimension : Positive;
      Into   : in out Bytes; Filled : in out Stream_Element_Offset)
   is
      Size : constant Stream_Element_Offset := Stream_Element_Offset (Element_Size (Tensor));
   begin
      if Dimension > Natural (Tensor.ndim) then
         Into (Filled + 1 .. Filled + Size) := From (First .. First + Size - 1);
         Filled := Filled + Size;
         return;
      end if;
      for Index in 0 .. Stream_Element_Offset (Tensor.shape (Dimension)) - 1 loop
         Gather
           (Tensor, From, First + Index * Stream_Element_Offset (Tensor.strides (Dimension)),
            Dimension + 1, Into, Filled);
      end loop;
   end Gather;

   function Dense (Tensor : sipc_value; From : Bytes) return Bytes_Access is
      Bytes  : Stream_Element_Offset := Stream_Element_Offset (Element_Size (Tensor));
      Filled : Stream_Element_Offset := 0;
   begin
      for Index in 1 .. Natural (Tensor.ndim) loop
         Bytes := Bytes * Stream_Element_Offset (Tensor.shape (Index));
      end loop;
      return Into : constant Bytes_Access := new Values.Bytes (1 .. Bytes) do
         Gather (Tensor, From, 1, 1, Into.all, Filled);
      end return;
   end Dense;

   function Decode (Raw : sipc_value) return Value is
      use System.Storage_Elements;
      Made_Of : Node := (Kind => Kind'Val (Raw.kind), others => <>);
      Items   : constant Natural := (if Raw.kind = KIND_MAP then 2 else 1) * Natural (Raw.count);
   begin
      case Made_Of.Kind is
         when Null_Kind =>
            return Null_Value;
         when Bool_Kind | Int_Kind =>
            Made_Of.Int := Raw.i;
         when Uint_Kind =>
            Made_Of.Uint := Raw.u;
         when Float_Kind =>
            Made_Of.Float := Long_Float (Raw.f);
         when Text_Kind | Bytes_Kind | Tensor_Kind | Opaque_Kind =>
            declare
               Data  : Bytes (1 .. Stream_Element_Offset (Raw.len))
                 with Import, Address => Raw.data;
               Label : String (1 .. Natural (Raw.label_len)) with Import, Address => Raw.label;
            begin
               Made_Of.Data :=
                 (if Raw.len = 0 then new Bytes (1 .. 0)
                  elsif Made_Of.Kind = Tensor_Kind and then not Is_Dense (Raw)
                  then Dense (Raw, Data)
                  else new Bytes'(Data));
               Made_Of.Label := new String'(if Label = "" then "" else Label);
            end;
            if Made_Of.Kind = Tensor_Kind then
               Made_Of.Dtype := Dtype'Val (Raw.dtype - DTYPE_BOOL);
               Made_Of.Ndim := Natural (Raw.ndim);
               Made_Of.Shape := Raw.shape;
            end if;
         when List_Kind | Map_Kind =>
            Made_Of.Items := new Value_Array (1 .. Items);
            Made_Of.Used := Items;
            for Index in 1 .. Items loop
               declare
                  Size : constant Storage_Offset := Raw'Size / 8;
                  Item : sipc_value
                    with Import, Address => Raw.items + Storage_Offset (Index - 1) * Size;
               begin
                  Made_Of.Items (Index) := Decode (Item);
               end;
            end loop;
      end case;
      return (Ada.Finalization.Controlled with Node => new Node'(Made_Of));
   end Decode;

end SimpleIPC.Values.Wire;
