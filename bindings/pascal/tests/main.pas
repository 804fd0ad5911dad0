{ The tests of unit Sipc; bindings/pascal/check compiles and runs them. }
program Main;

{$MODE OBJFPC}{$H+}

uses
  cthreads, ChannelTests, DeathTests, Harness, PatternTests, ValueTests;

begin
  RunValueTests;
  RunChannelTests;
  RunDeathTests;
  RunPatternTests;
  Finish;
end.
