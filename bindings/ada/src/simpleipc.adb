with Interfaces.C.Strings;
with SimpleIPC.Failures;
with SimpleIPC.Generated;

package body SimpleIPC is

   use type Interfaces.Unsigned_32;

   function Last_Status return Interfaces.Integer_32 renames Failures.Last_Status;

   function Last_OS_Code return Interfaces.Integer_32 renames Failures.Last_OS_Code;

   function Last_Sentence return String renames Failures.Last_Sentence;

   procedure Identify (Program : String := "") is
      Name     : constant String := Program & ASCII.NUL;
      Language : constant String := "ada" & ASCII.NUL;
      Said     : aliased Generated.sipc_error;
   begin
      Failures.Check (Generated.sipc_identify (Name'Address, Language'Address, Said'Access), Said);
   end Identify;

   function Now return Nanoseconds is (Nanoseconds (Generated.sipc_now_ns));

   function Version return String is (Interfaces.C.Strings.Value (Generated.sipc_version));

begin
   --  A library of another ABI is refused before anything else of it is called.
   if Generated.sipc_abi_version /= Generated.ABI_Version then
      Failures.Refuse
        (Generated.STATUS_VERSION,
         "libsimpleipc speaks ABI" & Generated.sipc_abi_version'Image & ", this program"
         & Generated.ABI_Version'Image);
   end if;
   Identify;
end SimpleIPC;
