program QuickstartSend;
uses Sipc;
begin
  SipcSend('chat', 'hello');
  SipcSend('chat', 42);
  SipcSend('chat', SipcMap(['class', 'cat', 'score', 0.93]));
end.
