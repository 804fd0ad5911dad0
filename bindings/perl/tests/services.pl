use v5.36;
use Harness;
use Test::More;

# A program that serves; it has to be stopped.
sub serving($name, $methods) {
    my $text = "my \$s = SimpleIPC::Server->new('$name'); $methods; say 1; \$s->serve";
    my $server = Program->new($text);
    is($server->line, 1, "$name is served");
    return $server;
}

my @SOON = (timeout => SOON);

sub test_a_method_is_called_with_places_or_names {
    my $server = serving('calc', '$s->on(add => sub ($first, $second = 10) { $first + $second });
        $s->on(one => sub ($x) { $x }); $s->on(none => sub () { undef });
        $s->on(named => sub (%args) { $args{a} - $args{b} })');
    my $client = SimpleIPC::Client->new('calc');
    is($client->call('add', [1, 2], @SOON), 3);
    is($client->call('add', [1], @SOON), 11);
    is($client->call('named', { a => 3, b => 1 }, @SOON), 2);
    is_deeply($client->call('one', [[1, 2]], @SOON), [1, 2]);
    is($client->call('one', [{ k => 1 }], @SOON)->{k}, 1);
    is($client->call('none', undef, @SOON), undef);
    for my $args ([1, 2, 3], undef) {
        my $error = failure('ServiceError', sub { $client->call('add', $args, @SOON) });
        is($error->code, SimpleIPC::Server::BAD_ARGUMENTS);
    }
    $server->stop;
}

sub test_a_handler_that_dies_is_an_error_of_its_caller_and_the_server_goes_on {
    my $server = serving('bank', '$s->on(no => sub {
            die SimpleIPC::ServiceError->new(17, "empty", { left => 3 }) });
        $s->on(zero => sub { 1 % 0 }); $s->on(odd => sub { sub { 1 } });
        $s->on(text => sub { "\x{d800}" }); $s->on(object => sub { die bless {}, "Odd" });
        $s->on(late => sub { $_->push(1); die "late" }); $s->on(fine => sub { 1 })');
    my $client = SimpleIPC::Client->new('bank');
    my $error = failure('ServiceError', sub { $client->call('no', undef, @SOON) });
    is_deeply([$error->code, "$error", $error->data->hash], [17, 'empty', { left => 3 }]);
    for my $method (qw(zero odd text object late)) {
        my $error = failure('ServiceError', sub { $client->call($method, undef, @SOON) });
        is($error->code, SimpleIPC::Server::BROKEN, $method);
    }
    $error = failure('ServiceError', sub { $client->call('unknown', undef, @SOON) });
    is($error->code, SimpleIPC::Server::NO_SUCH_METHOD);
    is($client->call('fine', undef, @SOON), 1);
    $server->stop;
}

sub test_replies_are_streamed_one_by_one {
    my $server = serving('log', '$s->on(count => sub ($to) {
        my $request = $_; $request->push($_) for 0 .. $to - 1; "the end" })');
    my $client = SimpleIPC::Client->new('log');
    my $call = $client->start('count', [3]);
    my @seen;
    my $reply;
    push @seen, $reply->value while ($reply = $call->reply(@SOON))->has_more;
    is_deeply([@seen, $reply->value], [0, 1, 2, 'the end']);
    is($client->call('count', [3], @SOON), 'the end');
    $server->stop;
}

sub test_a_call_can_be_cancelled_and_the_server_learns_it {
    my $server = SimpleIPC::Server->new('long');
    my $client = SimpleIPC::Client->new('long');
    my $call = $client->start('work');
    my $request = $server->request(@SOON);
    ok(!$request->is_cancelled);
    failure('Timeout', sub { $call->reply(timeout => 0.01) });
    $call->cancel;
    ok($request->is_cancelled);
    failure('Retry', sub { $request->push(1) }, SimpleIPC::C::CANCELLED);
    failure('Retry', sub { $call->reply(@SOON) }, SimpleIPC::C::CANCELLED);
    $request->release;
    failure('Gone', sub { $request->is_cancelled });
    failure('Timeout', sub { $client->call('work', undef, timeout => 0.01) });
    $call = $client->start('work');
    $request = $server->request(@SOON);
    undef $call;
    ok($request->is_cancelled, 'a call that nobody keeps');
}

sub test_a_request_that_is_let_go_of_is_an_error {
    my $server = SimpleIPC::Server->new('rude');
    my $client = SimpleIPC::Client->new('rude');
    my $call = $client->start('work');
    $server->request(@SOON);
    my $error = failure('ServiceError', sub { $call->reply(@SOON) });
    is($error->code, SimpleIPC::Server::BROKEN);
    $call = $client->start('work');
    my $request = $server->request(@SOON);
    $request->reply(1);
    failure('Misuse', sub { $request->reply(2) }, SimpleIPC::C::BAD_ARGUMENT);
    $request->release for 1, 2;
    failure('Gone', sub { $request->reply(3) });
    is($call->result(@SOON), 1);
}

sub test_a_client_is_waited_for_beside_others {
    my $server = SimpleIPC::Server->new('slow');
    my $client = SimpleIPC::Client->new('slow');
    my $call = $client->start('work');
    is(SimpleIPC::wait_any([$client, $server], @SOON), $server);
    $server->request(@SOON)->reply(5);
    is(SimpleIPC::wait_any([$client, $server], @SOON), $client);
    is($call->result(timeout => 0), 5);
}

sub test_one_way_calls_and_what_there_is {
    my $server = SimpleIPC::Server->new('notes');
    my $client = SimpleIPC::Client->new('notes');
    $client->send('note', ['x']);
    my $request = $server->request(@SOON);
    ok($request->is_one_way);
    is_deeply($request->args, ['x']);
    my $program = serving('notebook',
        '$s->on(note => sub ($text) { $text }, idempotent => 1, about => "Keeps it.")');
    my ($offer) = SimpleIPC::Client->new('notebook')->offers(@SOON);
    is_deeply($offer->hash, { name => 'note', idempotent => !!1, about => 'Keeps it.' });
    $program->stop;
    failure(qr/a reference to a sub/, sub { $server->on('x', 5) });
    $server->interrupt;
    $server->serve;
    $server->serve(timeout => 0);
}

sub test_a_server_that_dies_is_said_and_an_idempotent_call_goes_to_another {
    my $dies = '$s->on(do => sub { say 2; kill KILL => $$ })';
    my $client = SimpleIPC::Client->new('mortal');
    my $victim = serving('mortal', $dies);
    failure('Gone', sub { $client->call('do', undef, @SOON) }, SimpleIPC::C::SERVER_DIED);
    $victim->end;
    $victim = serving('mortal', $dies);
    my $call = $client->start('do', undef, idempotent => 1);
    is_deeply([$victim->end], ["2\n", 9]);
    my $server = SimpleIPC::Server->new('mortal');
    $server->request(@SOON)->reply('another');
    is($call->result(@SOON), 'another');
}

sub test_a_host_starts_plugins_and_hears_of_their_crashes {
    my $plugin = 'use v5.36; my $s = SimpleIPC::Server->new;
        $s->on(add => sub ($x, $y) { $x + $y });
        $s->on(crash => sub { kill KILL => $$ }); $s->serve';
    my $host = SimpleIPC::Host->new('host', @SOON);
    my @args = ((map { "-I$_" } grep { !ref } @INC), '-MSimpleIPC', '-e', $plugin);
    $host->start('calc', $^X, args => \@args, restarts => 3, within => 60);
    my $calc = $host->client('calc');
    is($calc->call('add', [2, 3], @SOON), 5);
    failure('Gone', sub { $calc->call('crash', undef, @SOON) }, SimpleIPC::C::SERVER_DIED);
    my @seen = '';
    push @seen, $host->receive->value->{event} until $seen[-1] eq 'restarting';
    is_deeply(\@seen, ['', qw(started ready killed restarting)]);
    is($calc->call('add', [2, 3], @SOON), 5);
    $host->stop('calc');
    my $event = '';
    $event = $host->receive->value->{event} until $event eq 'ended' || $event eq 'killed';
    failure('Misuse', sub { $host->start('calc', 'false', restarts => -1) });
    failure('Misuse', sub { $host->start('calc', 'false', colour => 1) });
    failure('Misuse', sub { $host->stop('nobody') });
    failure('Misuse', sub { SimpleIPC::Server->new });
}

run_tests();
