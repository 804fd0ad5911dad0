--  A service; start it before or after quickstart_call. Ends when no call came for 5 seconds.

with SimpleIPC.Requests; use SimpleIPC.Requests;
with SimpleIPC.Services; use SimpleIPC.Services;
with SimpleIPC.Values;   use SimpleIPC.Values;

procedure Quickstart_Serve is

   --  What it returns is the result, what it raises an error for the caller.
   function Answer (Call : in out Request) return Value is
      Args : constant Value := Call.Args;
   begin
      if Call.Method = "add" then
         return +(Args (1).As_Int + Args (2).As_Int);
      end if;
      raise SimpleIPC.No_Such_Method;
   end Answer;

   Calculator : Server;
begin
   Calculator.Open ("calc");
   Calculator.Serve (Answer'Access, Timeout => 5.0);
end Quickstart_Serve;
