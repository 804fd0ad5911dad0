--  Every pattern once, in one program; each part could be in a program of its own.

with Ada.Streams;        use Ada.Streams;
with Ada.Text_IO;        use Ada.Text_IO;
with SimpleIPC.Channels; use SimpleIPC.Channels;
with SimpleIPC.Loans;    use SimpleIPC.Loans;
with SimpleIPC.Messages; use SimpleIPC.Messages;
with SimpleIPC.Requests; use SimpleIPC.Requests;
with SimpleIPC.Services; use SimpleIPC.Services;
with SimpleIPC.Values;   use SimpleIPC.Values;

procedure Tour is

   Soon : constant Duration := 20.0;

   --  A queue: each message goes to one receiver.
   procedure Show_Queue is
      Inbox : Receiver;
   begin
      Send ("tour.queue", +"hello");
      Inbox.Open ("tour.queue");
      Put_Line ("queue: " & Inbox.Receive (Soon).Content.As_Text);
      Put_Line ("queue: " & Inbox.Receive (0.0).Content.As_Text);
   exception
      when SimpleIPC.Timeout_Error =>
         Put_Line ("queue: nothing more");
   end Show_Queue;

   --  A topic: every subscriber gets every message. The frame is filled where it is read.
   procedure Show_Topic is
      Screen : Subscriber;
      Camera : Publisher;
   begin
      Screen.Open ("tour.topic");
      Camera.Open ("tour.topic");
      Camera.Publish (+42);
      Put_Line ("topic: " & Screen.Receive (Soon).Content.Image);
      declare
         Frame  : Loan := Camera.Lend (U8, [4, 6, 3], "rgb8");
         Pixels : Bytes (1 .. Stream_Element_Offset (Frame.Size))
           with Import, Address => Frame.Address;
      begin
         Pixels := [others => 7];
         Frame.Put (Capture_Time => SimpleIPC.Now);
      end;
      declare
         Picture : constant Message := Screen.Receive (Soon);

         Size    : constant Dimensions := Picture.Shape;

         procedure Show (Pixels : Bytes) is
         begin
            Put_Line
              ("topic:" & Size (1)'Image & " x" & Size (2)'Image & " x" & Size (3)'Image & " "
               & Picture.Label & Pixels (1)'Image);
         end Show;
      begin
         Picture.Look (Show'Access);
      end;
   end Show_Topic;

   --  A state: the latest value, for whoever comes whenever.
   procedure Show_State is
      Wheel : Setter;
      Dial  : Watcher;
   begin
      Wheel.Open ("tour.state");
      Dial.Open ("tour.state");
      Wheel.Set (+30);
      declare
         Speed : constant Message := Dial.Get (Soon);
      begin
         Put_Line ("state: " & Speed.Content.Image);
         Wheel.Set_If (+31, Speed.Sequence); --  a Retry_Error if somebody else has set it since
      end;
      Put_Line ("state: " & Dial.Receive (Soon).Content.Image);
   end Show_State;

   --  A signal: something has happened.
   procedure Show_Signal is
      Bell : Waiter;
   begin
      Bell.Open ("tour.signal");
      Notify ("tour.signal");
      Put_Line ("signal:" & Bell.Wait (Soon)'Image);
   end Show_Signal;

   --  A lock: one owner at a time, and free when it dies.
   procedure Show_Lock is
      Robot : Lock;
   begin
      Robot.Open ("tour.lock");
      Robot.Seize (Soon);
      Put_Line ("lock: died with it:" & Robot.Abandoned'Image);
      Robot.Unlock;
   end Show_Lock;

   --  A service; Server.Serve with a function that answers is the usual way.
   procedure Show_Service is
      Adder : Server;
      Asker : Client;
      Sum   : Call_Number;
   begin
      Adder.Open ("tour.service");
      Asker.Open ("tour.service");
      Sum := Asker.Start ("add", List ([+1, +2]));
      declare
         Call : Request := Adder.Receive (Soon);
         Args : constant Value := Call.Args;
      begin
         Put_Line ("service: " & Call.Method & " " & Args.Image);
         Call.Reply (+(Args (1).As_Int + Args (2).As_Int));
      end;
      Put_Line ("service: " & Asker.Result (Sum, Soon).Content.Image);
   end Show_Service;

begin
   Show_Queue;
   Show_Topic;
   Show_State;
   Show_Signal;
   Show_Lock;
   Show_Service;
end Tour;
