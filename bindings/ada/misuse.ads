--  What the driver does wrong on purpose, and how that ends. It is described in testing/interop.

with SimpleIPC.Channels; use SimpleIPC.Channels;
with SimpleIPC.Services; use SimpleIPC.Services;

package Misuse is

   --  Puts what no message can be.
   function Put_Badly (Kind : String; Outbox : Sender'Class) return String;

   --  Uses a handle after it was closed twice.
   function Use_Closed (Name : String) return String;

   --  Uses a handle in which another task waits.
   function Use_From_Two_Tasks (Inbox : aliased in out Receiver'Class) return String;

   --  Takes a message and does not release it.
   function Forget (Inbox : Receiver'Class) return String;

   --  Serves one call with a function that raises.
   function Fail_In_Handler (Bomb : Server'Class) return String;

end Misuse;
