--  The plurals: the same verb many times, in loops that are measured from outside.

with SimpleIPC.Channels; use SimpleIPC.Channels;
with SimpleIPC.Services; use SimpleIPC.Services;
with SimpleIPC.Values;   use SimpleIPC.Values;

package Loops is

   subtype Count is Long_Long_Integer;

   procedure Puts (Outbox : Sender'Class; Item : Value; Times : Count);

   --  Of each frame only the ends are written: what it costs to fill is not the library's.
   procedure Loans (Outbox : Sender'Class; Height : Natural; Width : Natural; Times : Count);

   --  The sum of sequence numbers and both ends of the data.
   function Takes (Inbox : Receiver'Class; Times : Count) return Count;

   --  The sum of the results of `add`.
   function Calls (Asker : in out Client'Class; Times : Count) return Count;

   procedure Serves (Adder : Server'Class; Times : Count);

end Loops;
