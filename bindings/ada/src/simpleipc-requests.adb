with Interfaces;
with SimpleIPC.Failures;
with SimpleIPC.Values.Wire;

package body SimpleIPC.Requests is

   use Generated;
   use Interfaces;
   use Values.Wire;

   function Method (Call : Request) return String is (Call.Content (1).As_Text);

   function Args (Call : Request) return Value is (Call.Content (2));

   procedure Answer (Call : in out Request; Item : Value; Flags : Unsigned_32) is
      Value : aliased Encoded := Encode (Item);
      Said  : aliased sipc_error;
   begin
      Failures.Check
        (sipc_reply (Messages.Raw (Call.Message), Raw (Value), Flags, Said'Access), Said);
   end Answer;

   procedure Reply (Call : in out Request; Item : Value) is
   begin
      Call.Answered := True;
      Answer (Call, Item, 0);
   end Reply;

   procedure Push (Call : in out Request; Item : Value) is
   begin
      Answer (Call, Item, REPLY_MORE);
   end Push;

   procedure Fail
     (Call : in out Request; Code : Long_Long_Integer; Text : String; Data : Value := Null_Value)
   is
   begin
      Call.Answered := True;
      Answer (Call, ["code" => +Code, "message" => +Text, "data" => Data], REPLY_ERROR);
   end Fail;

   function Is_Answered (Call : Request) return Boolean is (Call.Answered);

   function Is_Cancelled (Call : in out Request) return Boolean
     is (sipc_cancelled (Messages.Raw (Call.Message)) = STATUS_CANCELLED);

   function Is_One_Way (Call : Request) return Boolean is (Call.Message.Is_One_Way);

   procedure Release (Call : in out Request) is
   begin
      Call.Content := Null_Value;
      Call.Message.Release;
   end Release;

   function Raw (Call : aliased in out Request) return access sipc_message
     is (Messages.Raw (Call.Message));

   procedure Look_At_Content (Call : in out Request) is
   begin
      Call.Content := Call.Message.Content;
   end Look_At_Content;

end SimpleIPC.Requests;
