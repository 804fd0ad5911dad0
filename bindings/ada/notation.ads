--  The notation of values: see testing/interop.

with SimpleIPC.Values; use SimpleIPC.Values;

package Notation is

   function Read (Text : String) return Value;

   function Show (Item : Value) return String;

   --  A word of the notation back: that of a string.
   function Text_Of (Word : String) return String is (Read (Word).As_Text);

end Notation;
