with Ada.Unchecked_Deallocation;
with SimpleIPC.Failures;
with SimpleIPC.Values.Wire;

package body SimpleIPC.Loans is

   use Generated;
   use Interfaces;

   procedure Free is new Ada.Unchecked_Deallocation (String, Label_Access);

   function Address (Item : Loan) return System.Address
     is (if Item.Is_Lent then Item.Raw.data else System.Null_Address);

   function Size (Item : Loan) return Natural
     is (if Item.Is_Lent then Natural (Item.Raw.len) else 0);

   procedure Put
     (Item    : in out Loan; Capture_Time : Nanoseconds := 0;
      Timeout : Duration := Duration'Last)
   is
      Said : aliased sipc_error;
      Time : constant Integer_64 := Failures.Nanoseconds_Of (Timeout);
   begin
      if not Item.Is_Lent then
         Failures.Refuse (STATUS_BAD_ARGUMENT, "the loan was put or given back already");
      end if;
      Item.Raw.capture_time_ns := Integer_64 (Capture_Time);
      Failures.Check (sipc_put (Item.Channel, Item.Raw'Access, Time, Said'Access), Said);
      Item.Is_Lent := False;
   end Put;

   procedure Cancel (Item : in out Loan) is
      Ignored : Integer_32;
   begin
      if Item.Is_Lent then
         Item.Is_Lent := False;
         Ignored := sipc_unloan (Item.Channel, Item.Raw.data);
      end if;
   end Cancel;

   overriding procedure Finalize (Item : in out Loan) is
   begin
      Cancel (Item);
      Free (Item.Label);
   end Finalize;

   procedure Begin_Loan
     (Item : in out Loan; Channel : System.Address; Timeout : Interfaces.Integer_64)
   is
      Said : aliased sipc_error;
   begin
      Item.Channel := Channel;
      Failures.Check (sipc_loan (Channel, Item.Raw'Access, Timeout, Said'Access), Said);
      Item.Is_Lent := True;
   end Begin_Loan;

   function Lend_Tensor
     (Channel : System.Address; Item : Dtype; Shape : Dimensions; Format : String;
      Timeout : Integer_64) return Loan is
   begin
      return Lent : Loan do
         Lent.Label := new String'(Format);
         Lent.Raw.kind := KIND_TENSOR;
         Lent.Raw.label := Lent.Label.all'Address;
         Lent.Raw.label_len := Format'Length;
         Values.Wire.Put_Shape (Lent.Raw, Item, Shape);
         Begin_Loan (Lent, Channel, Timeout);
      end return;
   end Lend_Tensor;

   function Lend_Bytes
     (Channel : System.Address; Size : Natural; Timeout : Integer_64) return Loan is
   begin
      return Lent : Loan do
         Lent.Raw.kind := KIND_BYTES;
         Lent.Raw.len := Unsigned_64 (Size);
         Begin_Loan (Lent, Channel, Timeout);
      end return;
   end Lend_Bytes;

end SimpleIPC.Loans;
