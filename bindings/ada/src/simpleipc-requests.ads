--  Calls that a server has taken and is to answer.

with SimpleIPC.Generated;
with SimpleIPC.Messages;
with SimpleIPC.Values;

package SimpleIPC.Requests is

   use SimpleIPC.Values;

   --  It is released at the end of its scope; unanswered, it is an error for its caller.
   type Request is tagged limited private;

   function Method (Call : Request) return String;

   --  A list, a map, one value or null.
   function Args (Call : Request) return Value;

   --  With the result.
   procedure Reply (Call : in out Request; Item : Value);

   --  One of several replies; Reply comes last.
   procedure Push (Call : in out Request; Item : Value);

   --  With an error of this program, which is a Service_Error for its caller.
   procedure Fail
     (Call : in out Request; Code : Long_Long_Integer; Text : String; Data : Value := Null_Value);

   function Is_Answered (Call : Request) return Boolean;

   --  Whether nobody waits for the answer any more.
   function Is_Cancelled (Call : in out Request) return Boolean;

   --  Whether nobody ever did.
   function Is_One_Way (Call : Request) return Boolean;

   procedure Release (Call : in out Request);

   --  For the package of services: where to take one, and that it was taken.
   function Raw (Call : aliased in out Request) return access Generated.sipc_message;
   procedure Look_At_Content (Call : in out Request);

private

   type Request is tagged limited record
      Message  : aliased Messages.Message;
      Content  : Value; --  a list of the method and the arguments
      Answered : Boolean := False;
   end record;

end SimpleIPC.Requests;
