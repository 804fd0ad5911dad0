<?php

declare(strict_types=1);

use SimpleIPC\{C, Gone, Library, Lock, Misuse, Notifier, Publisher, Receiver, Retry, Sender, Setter,
    Subscriber, SystemFailure, Timeout, Waiter, Watcher};

function test_a_message_says_where_it_comes_from(): void
{
    $sender = new Sender('facts');
    $sender->send('x', captureTimeNs: 7);
    $sender->send('y');
    $receiver = new Receiver('facts', timeout: SOON);
    $message = $receiver->receive();
    equal([0, 0, 7, false], [$message->sequence(), $message->missed(), $message->captureTimeNs(),
        $message->isRedelivered()]);
    isTrue($message->age() >= 0, 'age');
    equal(1, $receiver->receive()->sequence());
}

function test_closing_twice_does_no_harm_and_then_nothing_goes(): void
{
    $sender = new Sender('closed');
    $receiver = new Receiver('closed');
    $sender->put('still here');
    $message = $receiver->receive(SOON);
    $loan = $sender->loan('u8', 8);
    foreach ([$sender, $receiver, $sender, $receiver] as $handle) {
        $handle->close();
    }
    equal('still here', $message->value());
    $message->release();
    $message->release();
    failure(Gone::class, fn () => $sender->put(1), C::CLOSED);
    failure(Gone::class, fn () => $receiver->receive(0), C::CLOSED);
    failure(Gone::class, fn () => $receiver->interrupt(), C::CLOSED);
    failure(Gone::class, fn () => $loan->put(), C::CLOSED);
    $loan->cancel();
}

function test_wrong_names_options_and_timeouts_are_errors(): void
{
    failure(Misuse::class, fn () => SimpleIPC\send('a/b', 1), C::BAD_NAME);
    failure(Misuse::class, fn () => new Receiver(null));
    $publisher = new Publisher('a topic');
    failure(Misuse::class, fn () => SimpleIPC\send('a topic', 1), C::WRONG_PATTERN);
    failure(TypeError::class, fn () => new Sender(5));
    failure(TypeError::class, fn () => new Sender('n', depth: '16'));
    failure(\Error::class, fn () => new Sender('n', colour: 1));
    failure(\Error::class, fn () => new Receiver('n', colour: 1));
    failure(ValueError::class, fn () => new Sender('n', depth: -1));
    failure(ValueError::class, fn () => new Sender('n', depth: 1 << 32));
    failure(Misuse::class, fn () => new Sender('n', depth: 100));
    failure(SystemFailure::class, fn () => new Sender('n', directory: '/no/such'), C::NO_DIRECTORY);
    $receiver = new Receiver('patience');
    failure(TypeError::class, fn () => $receiver->receive('1'));
    failure(ValueError::class, fn () => $receiver->receive(-1));
    failure(ValueError::class, fn () => $receiver->receive(NAN));
    failure(Timeout::class, fn () => $receiver->receive(0));
    failure(Timeout::class, fn () => $receiver->receive(0.01));
}

function test_iterating_ends_when_nothing_comes(): void
{
    foreach (range(0, 4) as $number) {
        SimpleIPC\send('numbers', $number);
    }
    $receiver = new Receiver('numbers', timeout: 0.01);
    foreach ($receiver as $message) {
        equal(0, $message->value());
        break; // the message is released, too
    }
    $seen = [];
    foreach ($receiver as $message) {
        $seen[] = $message->value();
    }
    equal([1, 2, 3, 4], $seen);
    SimpleIPC\send('numbers', 5);
    foreach ($receiver as $message) {
        $kept = $message;
    }
    failure(Gone::class, fn () => $kept->value(), C::CLOSED); // released after the body
}

function test_a_full_queue_is_said_after_the_timeout(): void
{
    $sender = new Sender('full', depth: 16);
    failure(Retry::class, function () use ($sender) {
        for (;;) {
            $sender->put(1, timeout: 0.01);
        }
    }, C::FULL);
    $receiver = new Receiver('full', timeout: 0);
    isTrue(iterator_count($receiver->getIterator()) >= 16, 'all are there');
}

function test_subscribers_get_what_their_options_say(): void
{
    $values = fn (Subscriber $one) => array_map(
        fn ($message) => $message->value(),
        (function () use ($one) {
            try {
                for ($all = []; ; $all[] = $one->receive(0));
            } catch (Timeout) {
                return $all;
            }
        })(),
    );
    $tap = new Subscriber('options', timeout: SOON, tap: true);
    $publisher = new Publisher('options', history: 2, depth: 16);
    foreach ([1, 2, 3] as $number) {
        $publisher->publish($number);
    }
    equal([2, 3], $values(new Subscriber('options', history: 2)));
    equal([3], $values(new Subscriber('options', history: 2, latest: true)));
    $lossy = new Subscriber('options');
    $lossless = new Subscriber('options', lossless: true);
    foreach (range(0, 15) as $number) {
        $publisher->publish($number);
    }
    failure(Retry::class, fn () => $publisher->publish(16, timeout: 0.01), C::FULL);
    equal(range(0, 15), $values($lossless));
    $lossless->close();
    foreach (range(0, 99) as $number) {
        $publisher->publish($number);
    }
    isTrue($lossy->receive()->missed() > 0, 'missed');
    isTrue(is_int($tap->receive()->value()), 'what a tap sees');
}

function test_a_loan_is_filled_in_place(): void
{
    $publisher = new Publisher('loans');
    $subscriber = new Subscriber('loans', timeout: SOON);
    $loan = $publisher->loan('u8', [2, 3], 'grey');
    $loan->write('abc');
    $loan->write('de', 3);
    $loan[5] = ord('f');
    equal([6, 6, ord('a')], [count($loan), $loan->bytesize(), $loan[0]]);
    foreach ([['g', 6], ['g', -1]] as [$bytes, $at]) {
        failure(OutOfBoundsException::class, fn () => $loan->write($bytes, $at));
    }
    foreach ([6, -1, 'x'] as $index) {
        failure(OutOfBoundsException::class, fn () => $loan[$index] = 1);
    }
    $loan->put(captureTimeNs: 9);
    failure(Gone::class, fn () => $loan->put());
    failure(Gone::class, fn () => $loan->write('late'));
    $message = $subscriber->receive();
    $tensor = $message->value();
    equal(['abcdef', [2, 3], 'grey', 9], [$tensor->bytes(), $tensor->shape, $tensor->format,
        $message->captureTimeNs()]);
    $loan = $publisher->loan('c64', [2]);
    $loan[1] = [1.5, -2.5];
    $loan[0] = [0, 0];
    $loan->put();
    equal([[0.0, 0.0], [1.5, -2.5]], $subscriber->receive()->value()->toArray());
    $loan = $publisher->loan('u8', 200);
    $loan->write(str_repeat('z', 200));
    $loan->put();
    equal(str_repeat('z', 200), $subscriber->receive()->value()->data);
}

function test_a_loan_that_is_not_put_goes_back(): void
{
    $sender = new Sender('returned');
    $loans = array_map(fn () => $sender->loan('u8', 100), range(1, 16));
    failure(Misuse::class, fn () => $sender->loan('u8', 100));
    foreach ([...$loans, ...$loans] as $loan) {
        $loan->cancel();
    }
    foreach (range(1, 40) as $_) {
        $sender->loan('u8', 100);
    }
    failure(ValueError::class, fn () => $sender->loan('u9', [1]));
    failure(ValueError::class, fn () => $sender->loan('u8', [-1]));
    failure(ValueError::class, fn () => $sender->loan('u8', -1));
}

function test_ten_thousand_messages_leave_nothing(): void
{
    $sender = new Sender('many', depth: 16);
    $receiver = new Receiver('many');
    $tensor = new SimpleIPC\Tensor('u8', [300], str_repeat('x', 300));
    for ($number = 0; $number < 10_000; $number++) {
        $sender->put($number % 2 ? $tensor : $number);
        $message = $receiver->receive(SOON);
        $value = $message->value();
        if ($number % 3 === 0) {
            $message->release();
        }
    }
    unset($message, $value);
    $audit = SimpleIPC\audit('many')[0];
    equal([0, false], [$audit['chunks_in_use'], $audit['peers'][1]['holds_message']]);
}

function test_a_message_that_was_not_released_comes_again(): void
{
    SimpleIPC\send('again', 'important');
    $victim = new Program('$m = SimpleIPC\receive("again"); echo "taken\n"; sleep(60);');
    equal('taken', $victim->line());
    posix_kill($victim->pid, SIGKILL);
    $victim->end();
    $message = SimpleIPC\receive('again', SOON);
    equal(['important', true], [$message->value(), $message->isRedelivered()]);
}

function test_ctrl_c_ends_a_program_that_waits(): void
{
    $held = new Lock('held');
    $held->lock();
    $waits = ['(new SimpleIPC\Receiver("c"))->receive()', '(new SimpleIPC\Lock("held"))->lock()',
        'SimpleIPC\receive("one-call")', '(new SimpleIPC\Client("nobody"))->call("m")',
        'foreach (new SimpleIPC\Host("idle") as $event)'];
    foreach ($waits as $wait) {
        $child = new Program("echo 1, PHP_EOL; $wait;");
        $child->line();
        eventually(fn () => $child->sleeps());
        posix_kill($child->pid, SIGINT);
        equal(['', SIGINT], $child->end(), $wait);
    }
}

function test_a_handler_of_signals_runs_and_the_wait_goes_on_or_is_interrupted(): void
{
    $child = new Program('pcntl_async_signals(true); $r = new SimpleIPC\Receiver("on");
        pcntl_signal(SIGUSR1, function () { echo "heard\n"; });
        pcntl_signal(SIGUSR2, fn () => $r->interrupt());
        echo "waiting\n"; echo $r->receive()->value(), "\n";
        try { $r->receive(); } catch (SimpleIPC\Retry $e) { echo $e->status, "\n"; }');
    equal('waiting', $child->line());
    posix_kill($child->pid, SIGUSR1);
    equal('heard', $child->line());
    SimpleIPC\send('on', 42);
    equal('42', $child->line());
    posix_kill($child->pid, SIGUSR2);
    equal((string) C::INTERRUPTED, $child->line());
    equal(['', 0], $child->end());
}

function test_several_handles_and_streams(): void
{
    $first = new Receiver('first');
    $second = new Waiter('second');
    failure(Timeout::class, fn () => SimpleIPC\wait_any([$first, $second], 0.01));
    SimpleIPC\notify('second');
    equal($second, SimpleIPC\wait_any(['a' => $first, 'b' => $second], SOON));
    equal(1, $second->wait(0));
    $stream = $first->stream();
    SimpleIPC\send('first', 1);
    equal($first, SimpleIPC\wait_any([$first, $second], SOON));
    [$read, $none] = [[$stream], null];
    equal(1, stream_select($read, $none, $none, SOON));
    equal(1, $first->receive(0)->value());
    failure(Misuse::class, fn () => SimpleIPC\wait_any([], 0));
    fclose($stream);
}

function test_a_forked_child_has_its_own_handles(): void
{
    $sender = new Sender('forked');
    $child = pcntl_fork();
    if ($child === 0) {
        $status = 0;
        try {
            $sender->put(1);
        } catch (Gone $error) {
            $status = $error->status;
        }
        SimpleIPC\send('forked', $status);
        posix_kill(posix_getpid(), SIGKILL); // never into the tests of the parent
    }
    equal(C::FORKED, SimpleIPC\receive('forked', SOON)->value());
    pcntl_waitpid($child, $status);
}

function test_a_state_is_there_for_whoever_comes_late(): void
{
    failure(Timeout::class, fn () => SimpleIPC\get('speed', 0));
    SimpleIPC\set('speed', 30);
    equal(30, SimpleIPC\get('speed')->value());
    [$setter, $watcher] = [new Setter('speed'), new Watcher('speed')];
    equal(false, $setter->setIf(31, null));
    $seen = $watcher->get()->sequence();
    equal([true, false], [$setter->setIf(31, $seen), $setter->setIf(32, $seen)]);
    $setter->set(33);
    equal([33, 33], [$watcher->receive()->value(), $watcher->get()->value()]);
    failure(Timeout::class, fn () => $watcher->receive(0));
    failure(ValueError::class, fn () => $setter->setIf(1, -2));
}

function test_notifications_are_counted(): void
{
    $waiter = new Waiter('bell', timeout: 0);
    $notifier = new Notifier('bell');
    foreach (range(1, 3) as $_) {
        $notifier->notify();
    }
    equal(3, $waiter->wait());
    failure(Timeout::class, fn () => $waiter->wait());
    failure(Timeout::class, fn () => SimpleIPC\wait('bell', 0));
    SimpleIPC\notify('bell');
    equal([1, 1], [SimpleIPC\wait('bell', SOON), $waiter->wait()]);
}

function test_a_notification_can_be_a_signal(): void
{
    $child = new Program('pcntl_async_signals(true); pcntl_signal(SIGUSR2, function () {
        echo "heard\n"; exit; }); $w = new SimpleIPC\Waiter("loud", signal: SIGUSR2);
        echo "open\n"; for (;;) sleep(1);');
    equal('open', $child->line());
    SimpleIPC\notify('loud');
    equal('heard', $child->line());
    $child->end();
}

function test_a_lock_has_one_owner(): void
{
    [$mine, $other] = [new Lock('robot'), new Lock('robot')];
    equal(5, $mine->synchronized(fn () => 5));
    $mine->lock();
    equal(false, $other->tryLock());
    failure(Timeout::class, fn () => $other->lock(0.01));
    failure(Misuse::class, fn () => $mine->lock(), C::BAD_ARGUMENT);
    $mine->unlock();
    $fails = fn () => throw new RuntimeException('no');
    failure(RuntimeException::class, fn () => $mine->synchronized($fails));
    equal(true, $other->tryLock());
    $permits = array_map(fn () => new Lock('places', permits: 2), range(1, 3));
    equal([true, true, false], array_map(fn ($one) => $one->tryLock(), $permits));
}

function test_the_next_owner_is_told_of_a_death(): void
{
    $victim = new Program('$l = new SimpleIPC\Lock("mortal lock"); $l->lock(); echo "1\n";
        sleep(60);');
    $victim->line();
    posix_kill($victim->pid, SIGKILL);
    $victim->end();
    $lock = new Lock('mortal lock');
    equal($victim->pid, $lock->synchronized(fn () => $lock->abandonedPid, SOON));
    equal(null, $lock->synchronized(fn () => $lock->abandonedPid));
}

function test_who_comes_and_goes_is_told(): void
{
    equal([], SimpleIPC\peers('visited'));
    $watcher = new SimpleIPC\PeerWatcher('visited', timeout: SOON);
    $child = new Program('SimpleIPC\identify("guest"); $r = new SimpleIPC\Receiver("visited");
        echo 1, PHP_EOL; sleep(60);');
    $child->line();
    $event = fn () => $watcher->receive()->value();
    $told = fn () => ($one = $event())['event'] . " $one[role]";
    equal('up receive', $told());
    $sender = new Sender('visited');
    equal('up send', $told());
    [$guest, $self] = SimpleIPC\peers('visited');
    equal(['receive', 'guest', 'php', $child->pid, 'send', 'harness.php'], [$guest['role'],
        $guest['program'], $guest['language'], $guest['pid'], $self['role'], $self['program']]);
    $sender->close();
    equal('down send', $told());
    posix_kill($child->pid, SIGKILL);
    $child->end();
    equal('down receive', $told());
    failure(Misuse::class, fn () => SimpleIPC\peers('a/b'));
    failure(Misuse::class, fn () => SimpleIPC\identify("\xff"));
}

function test_audit_and_clean(): void
{
    $sender = new Sender('seen');
    isTrue(in_array('seen', array_column(SimpleIPC\audit(), 'name'), true), 'in the list');
    equal('queue', SimpleIPC\audit('seen')[0]['pattern']);
    $sender->close();
    SimpleIPC\clean(age_max: 0);
    equal([], SimpleIPC\audit('seen'));
    isTrue(preg_match('/^\d+\.\d+\.\d+/', SimpleIPC\version()) === 1, 'version');
    isTrue(SimpleIPC\now_ns() > 0, 'now');
}

function test_an_unknown_status_is_an_error_of_its_class(): void
{
    $kinds = array_map(fn ($status) => get_class(SimpleIPC\Error::of($status, 0, 'x')), [9, 19, 29,
        39, 59, 99]);
    equal([Retry::class, Gone::class, Misuse::class, SimpleIPC\Corrupt::class, SystemFailure::class,
        SimpleIPC\Error::class], $kinds);
}
