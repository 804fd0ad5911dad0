--  Buffers inside a channel: fill one, then put it, and nothing is copied.

with Interfaces;
with SimpleIPC.Values;
with System;
private with Ada.Finalization;
private with SimpleIPC.Generated;

package SimpleIPC.Loans is

   use SimpleIPC.Values;

   --  At the end of its scope it is given back if it was not put.
   type Loan is tagged limited private;

   --  Where the buffer is, 64-byte aligned: an array may be laid over it, with Import, Address =>
   --  Frame.Address. Null_Address once it is put or given back.
   function Address (Item : Loan) return System.Address;

   --  How many bytes there are.
   function Size (Item : Loan) return Natural;

   --  Publishes, sends or sets it. If that fails it is still lent.
   procedure Put
     (Item    : in out Loan; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Duration'Last);

   --  Gives it back, if it was not put.
   procedure Cancel (Item : in out Loan);

   --  For the package of channels.

   function Lend_Tensor
     (Channel : System.Address; Item : Dtype; Shape : Dimensions; Format : String;
      Timeout : Interfaces.Integer_64) return Loan;

   function Lend_Bytes
     (Channel : System.Address; Size : Natural; Timeout : Interfaces.Integer_64) return Loan;

private

   type Label_Access is access String;

   --  The library looks at the label until it is put.
   type Loan is new Ada.Finalization.Limited_Controlled with record
      Channel : System.Address := System.Null_Address;
      Raw     : aliased Generated.sipc_value;
      Label   : Label_Access;
      Is_Lent : Boolean := False;
   end record;

   overriding procedure Finalize (Item : in out Loan);

end SimpleIPC.Loans;
