# Every pattern once, in one program; each part could be in a program of its own.
use v5.36;
use FindBin qw($Bin);
use lib $Bin;
use SimpleIPC;

my @soon = (timeout => 20);

# A queue: each message goes to one receiver.
SimpleIPC::send('tour.queue', 'hello');
my $receiver = SimpleIPC::Receiver->new('tour.queue');
say 'queue: ', $receiver->receive(@soon)->value;
say 'queue: nothing more' if !$receiver->next(timeout => 0);

# A topic: every subscriber gets every message. The frame is filled where it is read.
my $subscriber = SimpleIPC::Subscriber->new('tour.topic', @soon);
my $publisher = SimpleIPC::Publisher->new('tour.topic');
$publisher->publish(42);
say 'topic: ', $subscriber->receive->value;
my $frame = $publisher->loan('u8', [4, 6, 3], format => 'rgb8');
$frame->write("\x07" x $frame->size);
$frame->put(capture_time_ns => SimpleIPC::now_ns());
my $tensor = $subscriber->receive->value;
say 'topic: ', join(' x ', @{ $tensor->shape }), ' ', $tensor->format, ' ',
    unpack 'C', ${ $tensor->view };

# A state: the latest value, for whoever comes whenever.
my $setter = SimpleIPC::Setter->new('tour.state');
my $watcher = SimpleIPC::Watcher->new('tour.state', @soon);
$setter->set(30);
my $speed = $watcher->get;
say 'state: ', $speed->value;
my $is_set = $setter->set_if(31, $speed->sequence); # false if somebody else has set it since
say 'state: ', $watcher->receive->value, " $is_set";

# A signal: something has happened.
my $waiter = SimpleIPC::Waiter->new('tour.signal');
SimpleIPC::notify('tour.signal');
say 'signal: ', $waiter->wait(@soon);

# A lock: one owner at a time, and free when it dies.
my $lock = SimpleIPC::Lock->new('tour.lock');
$lock->synchronized(sub ($lock) {
    say 'lock: died with it: ', $lock->abandoned_pid // 'nobody';
}, @soon);

# A service; `$server->on(add => sub ($x, $y) { $x + $y })` and `$server->serve` are the usual way.
my $server = SimpleIPC::Server->new('tour.service');
my $client = SimpleIPC::Client->new('tour.service');
my $call = $client->start('add', [1, 2]);
my $request = $server->request(@soon);
my ($first, $second) = @{ $request->args };
say 'service: ', $request->method, " $first $second";
$request->reply($first + $second);
say 'service: ', $call->result(@soon);
