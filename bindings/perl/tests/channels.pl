use v5.36;
use Config;
use Harness;
use Test::More;

sub values_of($source) {
    my @values;
    while (my $message = $source->next(timeout => 0)) {
        push @values, $message->value;
    }
    return \@values;
}

sub test_a_message_says_where_it_comes_from {
    my $sender = SimpleIPC::Sender->new('facts');
    $sender->send('x', capture_time_ns => 7);
    $sender->send('y');
    my $receiver = SimpleIPC::Receiver->new('facts', timeout => SOON);
    my $message = $receiver->receive;
    is_deeply(
        [$message->sequence, $message->missed, $message->capture_time_ns],
        [0, 0, 7],
    );
    ok(!$message->is_redelivered);
    ok($message->age >= 0, 'age');
    is($receiver->receive->sequence, 1);
}

sub test_closing_twice_does_no_harm_and_then_nothing_goes {
    my $sender = SimpleIPC::Sender->new('closed');
    my $receiver = SimpleIPC::Receiver->new('closed');
    $sender->put('still here');
    my $message = $receiver->receive(timeout => SOON);
    my $loan = $sender->loan('u8', 8);
    $_->close for $sender, $receiver, $sender, $receiver;
    is($message->value, 'still here');
    $message->release for 1, 2;
    my $closed = SimpleIPC::C::CLOSED;
    failure('Gone', sub { $sender->put(1) }, $closed);
    failure('Gone', sub { $receiver->receive(timeout => 0) }, $closed);
    failure('Gone', sub { $receiver->interrupt }, $closed);
    failure('Gone', sub { $loan->put }, $closed);
    $loan->cancel;
}

sub test_wrong_names_options_and_timeouts_are_errors {
    failure('Misuse', sub { SimpleIPC::send('a/b', 1) }, SimpleIPC::C::BAD_NAME);
    failure('Misuse', sub { SimpleIPC::Receiver->new(undef) });
    my $publisher = SimpleIPC::Publisher->new('a topic');
    failure('Misuse', sub { SimpleIPC::send('a topic', 1) }, SimpleIPC::C::WRONG_PATTERN);
    my $open = sub (@options) { sub { SimpleIPC::Sender->new(@options) } };
    failure(qr/a name is text/, $open->([]));
    failure(qr/no option colour/, $open->('n', colour => 1));
    failure(qr/depth is an integer/, $open->('n', depth => 'x'));
    failure(qr/depth is an integer/, $open->('n', depth => 1.5));
    failure(qr/depth is -1/, $open->('n', depth => -1));
    failure(qr/depth is/, $open->('n', depth => 1 << 32));
    failure('Misuse', $open->('n', depth => 100));
    failure('System', $open->('n', directory => '/no/such'), SimpleIPC::C::NO_DIRECTORY);
    my $receiver = SimpleIPC::Receiver->new('patience');
    my $take = sub ($timeout) { sub { $receiver->receive(timeout => $timeout) } };
    failure(qr/a number of seconds/, $take->('soon'));
    failure(qr/0 or more seconds/, $take->(-1));
    failure(qr/0 or more seconds/, $take->('nan'));
    failure('Timeout', $take->(0));
    failure('Timeout', $take->(0.01));
}

sub test_iterating_ends_when_nothing_comes {
    SimpleIPC::send('numbers', $_) for 0 .. 4;
    my $receiver = SimpleIPC::Receiver->new('numbers', timeout => 0.01);
    my @seen;
    while (my $message = $receiver->next) {
        push @seen, $message->value;
    }
    is_deeply(\@seen, [0 .. 4]);
    $receiver->close;
    failure('Gone', sub { $receiver->next });
}

sub test_a_full_queue_is_said_after_the_timeout {
    my $sender = SimpleIPC::Sender->new('full', depth => 16);
    my $fill = sub { $sender->put(1, timeout => 0.01) while 1 };
    failure('Retry', $fill, SimpleIPC::C::FULL);
    ok(@{ values_of(SimpleIPC::Receiver->new('full')) } >= 16);
}

sub test_subscribers_get_what_their_options_say {
    my $tap = SimpleIPC::Subscriber->new('options', tap => 1, timeout => SOON);
    my $publisher = SimpleIPC::Publisher->new('options', history => 2, depth => 16);
    $publisher->publish($_) for 1 .. 3;
    my $late = sub (%options) {
        values_of(SimpleIPC::Subscriber->new('options', history => 2, %options));
    };
    is_deeply($late->(), [2, 3]);
    is_deeply($late->(latest => 1), [3]);
    my $lossy = SimpleIPC::Subscriber->new('options');
    my $lossless = SimpleIPC::Subscriber->new('options', lossless => 1);
    $publisher->publish($_) for 0 .. 15;
    failure('Retry', sub { $publisher->publish(16, timeout => 0.01) }, SimpleIPC::C::FULL);
    is_deeply(values_of($lossless), [0 .. 15]);
    $lossless->close;
    $publisher->publish($_) for 0 .. 99;
    ok($lossy->receive->missed > 0, 'missed');
    like($tap->receive->value, qr/^\d+$/);
}

sub test_a_loan_is_filled_in_place {
    my $publisher = SimpleIPC::Publisher->new('loans');
    my $subscriber = SimpleIPC::Subscriber->new('loans', timeout => SOON);
    my $loan = $publisher->loan('u8', [2, 3], format => 'grey');
    is($loan->size, 6);
    $loan->write('abc');
    $loan->write('def', 3);
    failure(qr/not within 6/, sub { $loan->write('g', $_) }) for 6, -1;
    $loan->put(capture_time_ns => 9);
    failure('Gone', sub { $loan->put });
    failure('Gone', sub { $loan->write('late') });
    my $message = $subscriber->receive;
    my $tensor = $message->value;
    is_deeply(
        [$tensor->bytes, $tensor->shape, $tensor->format, $message->capture_time_ns],
        ['abcdef', [2, 3], 'grey', 9],
    );
    $loan = $publisher->loan('u8', 200);
    $loan->write('z' x 200);
    $loan->put;
    is($subscriber->receive->value, 'z' x 200);
}

sub test_a_loan_that_is_not_put_goes_back {
    my $sender = SimpleIPC::Sender->new('returned');
    my @loans = map { $sender->loan('u8', 100) } 1 .. 16;
    failure('Misuse', sub { $sender->loan('u8', 100) });
    $_->cancel for @loans, @loans;
    ok($sender->loan('u8', 100)) for 1 .. 40;
    failure(qr/no dtype u9/, sub { $sender->loan('u9', [1]) });
    failure(qr/a shape is/, sub { $sender->loan('u8', [-1]) });
    failure(qr/cannot be lent/, sub { $sender->loan('u8', -1) });
}

sub test_ten_thousand_messages_leave_nothing {
    my $sender = SimpleIPC::Sender->new('many', depth => 16);
    my $receiver = SimpleIPC::Receiver->new('many');
    my $tensor = SimpleIPC::Tensor->new('u8', [300], 'x' x 300);
    for my $number (1 .. 10_000) {
        $sender->put($number % 2 ? $tensor : $number);
        my $message = $receiver->receive(timeout => SOON);
        my $value = $message->value;
        $message->release if $number % 3 == 0;
    }
    my ($audit) = SimpleIPC::audit('many');
    is($audit->{chunks_in_use}, 0);
    ok(!$audit->{peers}[1]{holds_message});
}

sub test_a_message_that_was_not_released_comes_again {
    SimpleIPC::send('again', 'important');
    my $victim = Program->new('my $m = SimpleIPC::receive("again"); say "taken"; sleep 60');
    is($victim->line, 'taken');
    $victim->stop;
    my $message = SimpleIPC::receive('again', timeout => SOON);
    is($message->value, 'important');
    ok($message->is_redelivered);
}

sub test_ctrl_c_ends_a_program_that_waits {
    my $held = SimpleIPC::Lock->new('held');
    $held->lock;
    for my $wait ('SimpleIPC::Receiver->new("c")->receive', 'SimpleIPC::Lock->new("held")->lock',
        'SimpleIPC::receive("one-call")', 'SimpleIPC::Client->new("nobody")->call("m")',
        'SimpleIPC::Host->new("idle")->next') {
        my $child = Program->new("say 1; $wait");
        $child->line;
        eventually(sub { $child->sleeps });
        is_deeply([$child->stop('INT')], ['', 2], $wait);
    }
}

sub test_a_handler_of_signals_runs_and_the_wait_goes_on_or_ends {
    my $child = Program->new('my $r = SimpleIPC::Receiver->new("on");
        $SIG{USR1} = sub { say "heard" }; $SIG{USR2} = sub { $r->interrupt };
        $SIG{TERM} = sub { die "ended\n" };
        say "waiting"; say $r->receive->value;
        eval { $r->receive }; say $@->status;
        eval { say "again"; $r->receive }; print $@;');
    is($child->line, 'waiting');
    kill USR1 => $child->pid;
    is($child->line, 'heard');
    SimpleIPC::send('on', 42);
    is($child->line, 42);
    kill USR2 => $child->pid;
    is($child->line, SimpleIPC::C::INTERRUPTED);
    is($child->line, 'again');
    kill TERM => $child->pid;
    is_deeply([$child->end], ["ended\n", 0]);
}

sub test_several_handles_and_descriptors {
    my $first = SimpleIPC::Receiver->new('first');
    my $second = SimpleIPC::Waiter->new('second');
    my $both = [$first, $second];
    failure('Timeout', sub { SimpleIPC::wait_any($both, timeout => 0.01) });
    SimpleIPC::notify('second');
    is(SimpleIPC::wait_any($both, timeout => SOON), $second);
    is($second->wait(timeout => 0), 1);
    my $fh = $first->fh;
    SimpleIPC::send('first', 1);
    is(SimpleIPC::wait_any($both, timeout => SOON), $first);
    vec(my $wanted = '', fileno $fh, 1) = 1;
    is(select($wanted, undef, undef, SOON), 1);
    is($first->receive(timeout => 0)->value, 1);
    failure('Misuse', sub { SimpleIPC::wait_any([], timeout => 0) });
}

sub test_a_forked_child_has_its_own_handles {
    my $sender = SimpleIPC::Sender->new('forked');
    my $child = fork // die $!;
    if ($child == 0) {
        eval { $sender->put(1) };
        SimpleIPC::send('forked', $@->status);
        kill KILL => $$; # never into the tests of the parent
    }
    my $message = SimpleIPC::receive('forked', timeout => SOON);
    is($message->value, SimpleIPC::C::FORKED);
    waitpid $child, 0;
}

sub test_a_thread_has_its_own_handles {
    plan(skip_all => 'a Perl without threads') unless $Config{useithreads};
    require threads;
    my $sender = SimpleIPC::Sender->new('threads');
    my $is_usable = threads->create(sub {
        SimpleIPC::send('threads', 1);
        eval { $sender->put(2); 1 } ? 1 : 0;
    })->join;
    is($is_usable, 0, 'a handle of another thread cannot be used');
    $sender->put(3);
    my @values = sort @{ values_of(SimpleIPC::Receiver->new('threads')) };
    is_deeply(\@values, [1, 3], 'and stays open');
}

sub test_a_state_is_there_for_whoever_comes_late {
    failure('Timeout', sub { SimpleIPC::get('speed', timeout => 0) });
    SimpleIPC::set('speed', 30);
    is(SimpleIPC::get('speed')->value, 30);
    my $setter = SimpleIPC::Setter->new('speed');
    my $watcher = SimpleIPC::Watcher->new('speed');
    ok(!$setter->set_if(31, undef));
    my $seen = $watcher->get->sequence;
    ok($setter->set_if(31, $seen));
    ok(!$setter->set_if(32, $seen));
    $setter->set(33);
    is($watcher->receive->value, 33);
    is($watcher->get->value, 33);
    failure('Timeout', sub { $watcher->receive(timeout => 0) });
    failure(qr/expected is -2/, sub { $setter->set_if(1, -2) });
}

sub test_notifications_are_counted {
    my $waiter = SimpleIPC::Waiter->new('bell', timeout => 0);
    my $notifier = SimpleIPC::Notifier->new('bell');
    $notifier->notify for 1 .. 3;
    is($waiter->wait, 3);
    failure('Timeout', sub { $waiter->wait });
    failure('Timeout', sub { SimpleIPC::wait('bell', timeout => 0) });
    SimpleIPC::notify('bell');
    is(SimpleIPC::wait('bell', timeout => SOON), 1);
    is($waiter->wait, 1);
}

sub test_a_notification_can_be_a_signal {
    my $child = Program->new('use POSIX; $SIG{USR2} = sub { say "heard"; exit };
        my $w = SimpleIPC::Waiter->new("loud", signal => SIGUSR2); say "open"; sleep 60');
    is($child->line, 'open');
    SimpleIPC::notify('loud');
    is($child->line, 'heard');
    $child->end;
}

sub test_a_lock_has_one_owner {
    my ($mine, $other) = map { SimpleIPC::Lock->new('robot') } 1, 2;
    is($mine->synchronized(sub ($lock) { 5 }), 5);
    is_deeply([$mine->synchronized(sub ($lock) { (1, 2) })], [1, 2]);
    $mine->lock;
    ok(!$other->try_lock);
    failure('Timeout', sub { $other->lock(timeout => 0.01) });
    failure('Misuse', sub { $mine->lock }, SimpleIPC::C::BAD_ARGUMENT);
    $mine->unlock;
    failure(qr/^no$/, sub { $mine->synchronized(sub ($lock) { die "no\n" }) });
    ok($other->try_lock);
    my @permits = map { SimpleIPC::Lock->new('places', permits => 2) } 1 .. 3;
    is_deeply([map { $_->try_lock } @permits], [1, 1, 0]);
}

sub test_the_next_owner_is_told_of_a_death {
    my $victim = Program->new('my $l = SimpleIPC::Lock->new("mortal lock"); $l->lock; say 1;
        sleep 60');
    $victim->line;
    $victim->stop;
    my $lock = SimpleIPC::Lock->new('mortal lock');
    my $pid = sub ($lock) { $lock->abandoned_pid };
    is($lock->synchronized($pid, timeout => SOON), $victim->pid);
    is($lock->synchronized($pid), undef);
}

sub test_who_comes_and_goes_is_told {
    is_deeply([SimpleIPC::peers('visited')], []);
    my $watcher = SimpleIPC::PeerWatcher->new('visited', timeout => SOON);
    my $told = sub { my $event = $watcher->receive->value->hash; "$event->{event} $event->{role}" };
    my $child = Program->new('SimpleIPC::identify("guest");
        my $r = SimpleIPC::Receiver->new("visited"); say 1; sleep 60');
    $child->line;
    is($told->(), 'up receive');
    my $sender = SimpleIPC::Sender->new('visited');
    is($told->(), 'up send');
    my ($guest, $self) = SimpleIPC::peers('visited');
    is_deeply([@$guest{qw(role program language pid)}], ['receive', 'guest', 'perl', $child->pid]);
    is_deeply([@$self{qw(role program)}], ['send', 'channels.pl']);
    $sender->close;
    is($told->(), 'down send');
    $child->stop;
    is($told->(), 'down receive');
    failure('Misuse', sub { SimpleIPC::peers('a/b') });
}

sub test_audit_and_clean {
    my $sender = SimpleIPC::Sender->new('seen');
    ok(grep { $_->{name} eq 'seen' } SimpleIPC::audit());
    is((SimpleIPC::audit('seen'))[0]{pattern}, 'queue');
    $sender->close;
    SimpleIPC::clean(age_max => 0);
    is_deeply([SimpleIPC::audit('seen')], []);
    like(SimpleIPC::version(), qr/^\d+\.\d+\.\d+/);
    ok(SimpleIPC::now_ns() > 0);
}

sub test_an_unknown_status_is_an_error_of_its_class {
    my @kinds = map { ref SimpleIPC::Error->of($_, 0, 'x') } 9, 19, 29, 39, 59, 99;
    is_deeply(\@kinds, [map { "SimpleIPC::$_" } qw(Retry Gone Misuse Corrupt System Error)]);
}

run_tests();
