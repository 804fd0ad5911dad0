--  Services, plugins and presence.

with Interfaces;
with SimpleIPC.Channels;
with SimpleIPC.Messages;
with SimpleIPC.Requests;
with SimpleIPC.Values;
private with Ada.Strings.Unbounded;

package SimpleIPC.Services is

   use SimpleIPC.Channels;
   use SimpleIPC.Messages;
   use SimpleIPC.Requests;
   use SimpleIPC.Values;

   --  Calls the methods of a service; one for each task. Arguments are a list, a map, one value or
   --  null.
   type Client is new Handle with private;
   overriding function Role (Self : Client) return Interfaces.Unsigned_32;

   --  A call in flight, of this client.
   type Call_Number is new Interfaces.Unsigned_64;

   --  Calls a method and waits for its result. One that does not come in time is cancelled. If the
   --  program of the server says no that is a Service_Error; see Refused_Code and the others.
   function Call
     (Self    : in out Client; Method : String; Args : Value := Null_Value;
      Timeout : Duration := Forever) return Message;

   --  Starts a call; up to 64 may be in flight. One that is idempotent goes to another server if
   --  its server dies.
   function Start
     (Self    : Client; Method : String; Args : Value := Null_Value;
      Idempotent : Boolean := False; Timeout : Duration := Forever) return Call_Number;

   --  Calls a method and does not ask what becomes of it.
   procedure Send (Self : Client; Method : String; Args : Value := Null_Value);

   --  The next reply; the last one is without Has_More. After a Timeout_Error one may ask again.
   function Next
     (Self    : in out Client; Number : Call_Number; Timeout : Duration := Forever)
      return Message;

   --  The result, after all other replies. If it does not come in time the call is cancelled.
   function Result
     (Self    : in out Client; Number : Call_Number; Timeout : Duration := Forever)
      return Message;

   --  Ends it; a server that works on it learns it.
   procedure Cancel (Self : Client; Number : Call_Number);

   --  What came with the last Service_Error.
   function Refused_Code (Self : Client) return Long_Long_Integer;
   function Refused_Text (Self : Client) return String;
   function Refused_Data (Self : Client) return Value;

   --  Takes the calls of a service and answers them.
   type Server is new Handle with private;
   overriding function Role (Self : Server) return Interfaces.Unsigned_32;

   --  Opens the service that this process is to be as a plugin.
   procedure Open_Plugin (Self : in out Server; How : Options := Default);

   --  The next request.
   function Receive (Self : Server; Timeout : Duration := Forever) return Request;

   --  Answers calls until the handle is interrupted or closed, or none came in time. What the
   --  function returns is the result, unless it has answered itself; what it raises is an error for
   --  the caller: No_Such_Method, or any other one with its name and message.
   procedure Serve
     (Self    : Server;
      Answer  : not null access function (Call : in out Request) return Value;
      Timeout : Duration := Forever);

   --  Says what this server offers, to those who ask: a list of maps with name and, if wanted,
   --  idempotent, about, args and returns.
   procedure Describe (Self : Server; Methods : Value);

   --  Starts programs as plugins and hears what becomes of them: messages that are maps with event,
   --  plugin, pid and more.
   type Host is new Consumer with private;
   overriding procedure Open (Self : in out Host; Name : String; How : Options := Default);
   overriding function Role (Self : Host) return Interfaces.Unsigned_32;

   --  Starts a plugin and looks after it: it is started again if it crashes, so often within so
   --  much time. Hang_After: for how long it may take no call; Forever: as long as it likes.
   procedure Start
     (Self       : Host; Name : String; Program : String; Args : Value_Array := [];
      Restarts   : Natural := 3; Within : Duration := 60.0;
      Hang_After : Duration := Forever);

   --  Ends a plugin; returns when it has gone.
   procedure Stop (Self : Host; Name : String);

   --  Opens a client of a plugin.
   procedure Open_Client (Self : Host; Name : String; Opened : in out Client'Class);

   --  Who has a channel open now: a list of maps with pid, program, language, role, since_ns and
   --  id.
   function Peers (Name : String; How : Options := Default) return Value;

   --  Tells who comes and goes on a channel, as such maps with event (up, down); who is there
   --  already comes first.
   type Peer_Watcher is new Consumer with private;
   overriding function Role (Self : Peer_Watcher) return Interfaces.Unsigned_32;

private

   type Client is new Handle with record
      Refused : Value;
   end record;

   type Server is new Handle with null record;

   type Host is new Consumer with record
      Name      : Ada.Strings.Unbounded.Unbounded_String;
      Directory : Ada.Strings.Unbounded.Unbounded_String;
   end record;

   type Peer_Watcher is new Consumer with null record;

end SimpleIPC.Services;
