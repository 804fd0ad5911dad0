# The Perl side of testing/interop: a command a line in, an answer a line out.

use v5.36;
use SimpleIPC;
use DriverNotation;

use constant ROOM => 10;

my %ROLES = (
    publish => 'Publisher', subscribe => 'Subscriber', send => 'Sender', receive => 'Receiver',
    set => 'Setter', watch => 'Watcher', notify => 'Notifier', wait => 'Waiter', lock => 'Lock',
    call => 'Client', serve => 'Server', host => 'Host',
    peers => 'PeerWatcher',
);

# What comes with an event.
my %FACTS = (
    failed => ['text'], ready => ['methods'], output => ['stream', 'text'], ended => ['code'],
    killed => ['signal'], restarting => ['after_ms'],
);

my (%handles, @calls, $held, $request);

sub parse($word) { return DriverNotation->parse($word) }
sub show($value) { return DriverNotation->show($value) }
sub seconds($milliseconds) { return $milliseconds / 1000 }
sub bit($value) { return $value ? 1 : 0 }

sub describe($message) {
    my $is_aged = defined $message->age && $message->age >= 0;
    return sprintf 'value %s seq=%u missed=%u redelivered=%d capture=%d aged=%d',
        show($message->value), $message->sequence, $message->missed,
        bit($message->is_redelivered), $message->capture_time_ns, bit($is_aged);
}

my %misuses = (
    type => sub ($id) { $handles{$id}->send(\&parse) },
    range => sub ($id) { $handles{$id}->send(SimpleIPC::Uint->new('18446744073709551616')) },
    text => sub ($id) { $handles{$id}->send("caf\x{d800}") },
    closed => sub ($name) {
        my $sender = SimpleIPC::Sender->new($name);
        $sender->close for 1, 2;
        $sender->send(1);
    },
    thread => sub ($id) { die "impossible a handle does not come along into another thread\n" },
    forgotten => sub ($id) { $handles{$id}->receive(timeout => 10); undef },
    handler => sub ($id) {
        my $server = $handles{$id};
        $server->on(boom => sub { $server->interrupt; die "boom\n" });
        $server->serve;
    },
);

# How a misuse ended.
sub misuse($kind, $id) {
    return 'ok' if eval { $misuses{$kind}->($id); 1 };
    my $why = ref $@ ? $@->message : $@ =~ s/\n//gr;
    return $why =~ /^impossible / ? $why : "refused $why";
}

my %commands = (
    hello => sub { 'ok perl ' . SimpleIPC::version() },
    open => sub ($id, $role, $name, @options) {
        my %given = map { my ($key, $number) = split /=/; $key => $number // 1 } @options;
        $handles{$id} = "SimpleIPC::$ROLES{$role}"->new($name, %given);
        undef;
    },
    put => sub ($id, $value, $capture = 'capture=0') {
        my $time_ns = $capture =~ s/capture=//r;
        $handles{$id}->put(parse($value), capture_time_ns => $time_ns, timeout => ROOM);
        undef;
    },
    loan => sub ($id, $word) {
        my $value = parse($word);
        my $is_bytes = $value isa SimpleIPC::Bytes;
        my @like = $is_bytes ? ('u8', length "$value") : ($value->dtype, $value->shape);
        my $format = $is_bytes ? '' : $value->format;
        my $loan = $handles{$id}->loan(@like, format => $format, timeout => ROOM);
        $loan->write($is_bytes ? "$value" : $value->bytes);
        $loan->put(timeout => ROOM);
        undef;
    },
    once => sub ($verb, $name, $word = '') {
        return describe(SimpleIPC::get($name, timeout => seconds($word))) if $verb eq 'get';
        return 'count ' . SimpleIPC::wait($name, timeout => seconds($word)) if $verb eq 'wait';
        my %once = (send => \&SimpleIPC::send, publish => \&SimpleIPC::publish,
            set => \&SimpleIPC::set);
        $verb eq 'notify' ? SimpleIPC::notify($name) : $once{$verb}->($name, parse($word));
        undef;
    },
    take => sub ($id, $timeout) {
        undef $held;
        describe($handles{$id}->receive(timeout => seconds($timeout)));
    },
    hold => sub ($id, $timeout) {
        undef $held;
        $held = $handles{$id}->receive(timeout => seconds($timeout));
        describe($held);
    },
    get => sub ($id, $timeout) { describe($handles{$id}->get(timeout => seconds($timeout))) },
    put_if => sub ($id, $value, $expected) {
        $expected = $expected eq 'new' ? undef : 0 + $expected;
        return undef if $handles{$id}->set_if(parse($value), $expected, timeout => ROOM);
        'error ' . SimpleIPC::C::CONFLICT . ' the value is another one';
    },
    notify => sub ($id) { $handles{$id}->notify; undef },
    wait => sub ($id, $timeout) {
        'count ' . $handles{$id}->wait(timeout => seconds($timeout));
    },
    lock => sub ($id, $timeout) {
        $handles{$id}->lock(timeout => seconds($timeout));
        'ok abandoned=' . bit($handles{$id}->abandoned_pid);
    },
    unlock => sub ($id) { $handles{$id}->unlock; undef },
    call => sub ($id, $method, $word, $manner = '') {
        if ($manner eq 'oneway') {
            $handles{$id}->send($method, parse($word));
            return 'call 0';
        }
        my $is_idempotent = $manner eq 'idempotent';
        push @calls, $handles{$id}->start($method, parse($word), idempotent => $is_idempotent);
        'call ' . @calls;
    },
    result => sub ($id, $number, $timeout) {
        my $reply = eval { $calls[$number - 1]->reply(timeout => seconds($timeout)) };
        return 'reply ' . show($reply->value) . ' more=' . bit($reply->has_more) if $reply;
        die $@ unless ref $@ && $@->isa('SimpleIPC::ServiceError');
        join ' ', 'failed', $@->code, show($@->message), show($@->data);
    },
    cancel => sub ($id, $number) { $calls[$number - 1]->cancel; undef },
    serve => sub ($id, $timeout) {
        $request->release if $request;
        $request = $handles{$id}->request(timeout => seconds($timeout));
        join ' ', 'request', $request->method, show($request->args),
            'oneway=' . bit($request->is_one_way);
    },
    reply => sub ($value, $more = '') {
        if ($more) {
            $request->push(parse($value));
        } else {
            $request->reply(parse($value));
            $request->release;
        }
        undef;
    },
    fail => sub ($code, $text, $data) {
        $request->fail(0 + $code, parse($text), parse($data));
        $request->release;
        undef;
    },
    cancelled => sub { 'cancelled ' . bit($request->is_cancelled) },
    start => sub ($id, $plugin, $program, $args, $restarts) {
        my %options = (args => parse($args), restarts => $restarts);
        $handles{$id}->start($plugin, parse($program), %options);
        undef;
    },
    stop => sub ($id, $plugin) { $handles{$id}->stop($plugin); undef },
    event => sub ($id, $timeout) {
        my $event = $handles{$id}->receive(timeout => seconds($timeout))->value->hash;
        my @facts = @$event{ @{ $FACTS{ $event->{event} } // [] } };
        my $fact = @facts > 1 ? \@facts : $facts[0];
        join ' ', 'event', $event->{event}, $event->{plugin}, show($fact);
    },
    peer => sub ($id, $timeout) {
        my $told = $handles{$id}->receive(timeout => seconds($timeout))->value->hash;
        join ' ', 'peer', @$told{qw(event role language pid)};
    },
    # The plurals: the same verb many times, in loops that are measured from outside.
    puts => sub ($id, $word, $count) {
        my ($sender, $value) = ($handles{$id}, parse($word));
        $sender->send($value, timeout => ROOM) for 1 .. $count;
        undef;
    },
    # Of each frame only the ends are written: what it costs to fill is not the library's.
    loans => sub ($id, $height, $width, $count) {
        my ($sender, $shape) = ($handles{$id}, [$height, $width, 3]);
        for (1 .. $count) {
            my $loan = $sender->loan('u8', $shape, timeout => ROOM);
            $loan->write("\1");
            $loan->write("\2", $loan->size - 1);
            $loan->put(timeout => ROOM);
        }
        undef;
    },
    # Adds up sequence numbers and both ends of the data.
    takes => sub ($id, $count) {
        my ($receiver, $sum) = ($handles{$id}, 0);
        for (1 .. $count) {
            my $message = $receiver->receive(timeout => ROOM);
            my $value = $message->value;
            my $data = $value isa SimpleIPC::Tensor ? $value->view : $value;
            $sum += $message->sequence + ord($$data) + ord(substr $$data, -1);
            $message->release;
        }
        "sum $sum";
    },
    # Adds up the results of `add`.
    calls => sub ($id, $count) {
        my ($client, $sum) = ($handles{$id}, 0);
        $sum += $client->call('add', [2, 3], timeout => ROOM) for 1 .. $count;
        "sum $sum";
    },
    serves => sub ($id, $count) {
        for (1 .. $count) {
            my $asked = $handles{$id}->request(timeout => ROOM);
            $asked->reply($asked->args->[0] + $asked->args->[1]);
            $asked->release;
        }
        undef;
    },
    misuse => \&misuse,
    close => sub ($id) { (delete $handles{$id})->close; undef },
    quit => sub { %handles = (); undef },
);

sub answer($line) {
    my ($command, @words) = split / /, $line;
    my $answer = eval { $commands{$command}->(@words) // 'ok' };
    return $answer if defined $answer;
    my $failure = $@;
    return 'error ' . $failure->status . ' ' . $failure->message if ref $failure;
    return 'error 25 ' . $failure =~ s/\n/ /gr;
}

# Serves `add` and `crash`, until its host ends it.
sub be_a_plugin() {
    say 'hello from perl';
    my $server = SimpleIPC::Server->new;
    $server->on(add => sub ($first, $second) { $first + $second });
    $server->on(crash => sub { kill ABRT => $$ });
    $server->serve;
    return;
}

binmode STDOUT, ':encoding(UTF-8)';
$| = 1;
be_a_plugin() if ($ARGV[0] // '') eq 'plugin';
while (my $line = <STDIN>) {
    chomp $line;
    say answer($line);
    last if $line eq 'quit';
}
