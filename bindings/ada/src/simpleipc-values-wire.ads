--  Values as the library has them. For the packages beside this one.

private with Ada.Finalization;
with SimpleIPC.Generated;

package SimpleIPC.Values.Wire is

   --  A value as the library takes it; what it points to goes at the end of its scope.
   type Encoded (<>) is limited private;

   function Encode (Item : Value'Class) return Encoded;

   function Raw (Item : aliased in out Encoded) return access Generated.sipc_value;

   --  A copy of what the library has; a tensor loses the gaps between its elements.
   function Decode (Raw : Generated.sipc_value) return Value;

   --  Whether there are none.
   function Is_Dense (Tensor : Generated.sipc_value) return Boolean;

   procedure Put_Shape (Raw : in out Generated.sipc_value; Item : Dtype; Shape : Dimensions);

private

   type Raw_Array is array (Natural range <>) of aliased Generated.sipc_value;

   --  The value itself is at 0, those below it follow. It looks at the data of the source.
   type Encoded (Last : Natural) is new Ada.Finalization.Limited_Controlled with record
      Source : Value;
      Raw    : Raw_Array (0 .. Last);
   end record;

end SimpleIPC.Values.Wire;
