--  From statuses to exceptions.

with Interfaces;
with SimpleIPC.Generated;

private package SimpleIPC.Failures is

   --  Raises what belongs to a status, unless it is STATUS_OK.
   procedure Check (Status : Interfaces.Integer_32; Said : Generated.sipc_error);

   --  The same for calls that say nothing more.
   procedure Check (Status : Interfaces.Integer_32);

   --  Raises in the name of the library.
   procedure Refuse (Status : Interfaces.Integer_32; Sentence : String)
     with No_Return;

   --  As the library has it: -1 waits for ever.
   function Nanoseconds_Of (Timeout : Duration) return Interfaces.Integer_64;

   --  What the last of them was about, in this task.
   function Last_Status return Interfaces.Integer_32;
   function Last_OS_Code return Interfaces.Integer_32;
   function Last_Sentence return String;

end SimpleIPC.Failures;
