program QuickstartReceive;
uses Sipc;
begin
  WriteLn(SipcReceive('chat').Value.AsString); { waits, without using the CPU }
  WriteLn(SipcReceive('chat').Value.AsInt);
  WriteLn(SipcReceive('chat').Value[1].AsFloat:4:2);
end.
