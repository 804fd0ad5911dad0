with Interfaces.C.Strings;

package body SimpleIPC.Failures is

   use Interfaces;
   use Generated;

   --  A task is a thread of the system.
   Status_Said   : Integer_32 := STATUS_OK;
   OS_Code_Said  : Integer_32 := 0;
   Sentence_Said : String (1 .. error_message'Length) := [others => Character'Val (0)];
   Length_Said   : Natural := 0;
   pragma Thread_Local_Storage (Status_Said);
   pragma Thread_Local_Storage (OS_Code_Said);
   pragma Thread_Local_Storage (Sentence_Said);
   pragma Thread_Local_Storage (Length_Said);

   procedure Fail (Said : sipc_error)
     with No_Return;

   function Last_Status return Integer_32 is (Status_Said);

   function Last_OS_Code return Integer_32 is (OS_Code_Said);

   function Last_Sentence return String is (Sentence_Said (1 .. Length_Said));

   procedure Fail (Said : sipc_error) is
   begin
      Status_Said := Said.status;
      OS_Code_Said := Said.os_code;
      Length_Said := 0;
      for Letter of Said.message loop
         exit when Letter = Character'Val (0);
         Length_Said := Length_Said + 1;
         Sentence_Said (Length_Said) := Letter;
      end loop;
      if Said.status = STATUS_TIMEOUT then
         raise Timeout_Error with Last_Sentence;
      elsif Said.status = STATUS_FAILED then
         raise Service_Error with Last_Sentence;
      elsif Said.status <= LAST_RETRY then
         raise Retry_Error with Last_Sentence;
      elsif Said.status <= LAST_GONE then
         raise Gone_Error with Last_Sentence;
      elsif Said.status <= LAST_MISUSE then
         raise Misuse_Error with Last_Sentence;
      elsif Said.status <= LAST_CORRUPT then
         raise Corrupt_Error with Last_Sentence;
      else
         raise System_Error with Last_Sentence;
      end if;
   end Fail;

   procedure Check (Status : Integer_32; Said : sipc_error) is
   begin
      if Status /= STATUS_OK then
         Fail (Said);
      end if;
   end Check;

   procedure Check (Status : Integer_32) is
   begin
      if Status /= STATUS_OK then
         Refuse (Status, C.Strings.Value (sipc_status_text (Status)));
      end if;
   end Check;

   procedure Refuse (Status : Integer_32; Sentence : String) is
      Said : sipc_error;
   begin
      Said.status := Status;
      for Index in 1 .. Natural'Min (Sentence'Length, Said.message'Last - 1) loop
         Said.message (Index) := Sentence (Sentence'First + Index - 1);
      end loop;
      Fail (Said);
   end Refuse;

   function Nanoseconds_Of (Timeout : Duration) return Integer_64
     is (if Timeout = Duration'Last then -1
         else Integer_64
                (Long_Float'Min (9.0E18, Long_Float'Max (0.0, Long_Float (Timeout) * 1.0E9))));

end SimpleIPC.Failures;
