# Sends a few values; start it before or after quickstart_receive.pl.
use v5.36;
use FindBin qw($Bin);
use lib $Bin;
use SimpleIPC;

SimpleIPC::send('chat', 'hello');
SimpleIPC::send('chat', 42);
SimpleIPC::send('chat', { x => 1.5, ok => !!1, tags => ['a', undef] });
