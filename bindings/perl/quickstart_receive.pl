# Prints what arrives; ends when nothing came for 2 seconds.
use v5.36;
use FindBin qw($Bin);
use lib $Bin;
use SimpleIPC;

my $receiver = SimpleIPC::Receiver->new('chat', timeout => 2);
while (my $message = $receiver->next) {
    my $value = $message->value;
    say ref $value ? "x=$value->{x} ok=$value->{ok} tags=$value->{tags}[0]" : $value;
}
