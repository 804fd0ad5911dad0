{ The tests of unit Sipc; bindings/pascal/check compiles and runs them. }
program Main;

{$MODE OBJFPC}{$H+}

uses
  cthreads, SysUtils, ChannelTests, DeathTests, Harness, LoopTests, PatternTests, PeerTests,
  PluginTests, ValueTests;

begin
  if GetEnvironmentVariable('SIPC_PLUGIN') <> '' then
  begin
    BeAPlugin;
    Exit;
  end;
  RunValueTests;
  RunChannelTests;
  RunDeathTests;
  RunPatternTests;
  RunLoopTests;
  RunPluginTests;
  RunPeerTests;
  Finish;
end.
