--  SimpleIPC for Ada: any program talks to any other program on this machine.
--
--     Send ("chat", +"hello");                        --  one program
--     Item : constant Message := Receive ("chat");    --  another one, in any language
--
--  Values are in SimpleIPC.Values, handles and messages in SimpleIPC.Channels, services, plugins
--  and presence in SimpleIPC.Services.

with Interfaces;

package SimpleIPC is

   --  Nothing arrived in time. The next ones are for the other classes of statuses, and say what
   --  can be done: try again; open the handle again; mend the call; remove the channel; look at
   --  the machine.
   Timeout_Error : exception;
   Retry_Error   : exception;
   Gone_Error    : exception;
   Misuse_Error  : exception;
   Corrupt_Error : exception;
   System_Error  : exception;

   --  The server's own program has said no: see SimpleIPC.Services.Refusal.
   Service_Error : exception;

   --  What a method raises that it does not have; for its caller it is a Service_Error.
   No_Such_Method : exception;

   --  Of the last call that failed in this task: its status, one of SimpleIPC.Generated or of a
   --  later version.
   function Last_Status return Interfaces.Integer_32;

   --  The error number of the operating system, or 0.
   function Last_OS_Code return Interfaces.Integer_32;

   --  What failed and what to do. An exception has as much of it as fits into its message.
   function Last_Sentence return String;

   --  What others see as this program's name; none is the file name of the executable.
   procedure Identify (Program : String := "");

   --  The clock of all time stamps.
   type Nanoseconds is new Interfaces.Integer_64;

   function Now return Nanoseconds;

   --  The version of the library.
   function Version return String;

end SimpleIPC;
