<?php

declare(strict_types=1);

use SimpleIPC\{C, Client, Gone, Host, Misuse, Retry, Server, ServiceError, Timeout};

/** A program that serves; it has to be killed. */
function serving(string $name, string $methods): Program
{
    $text = "\$s = new SimpleIPC\\Server('$name'); $methods echo 1, PHP_EOL; \$s->serve();";
    $server = new Program($text);
    equal('1', $server->line());
    return $server;
}

function stop(Program $program): void
{
    posix_kill($program->pid, SIGKILL);
    $program->end();
}

function test_a_method_is_called_with_places_or_names(): void
{
    $server = serving('calc', '$s->on("add", fn (int $a, $b = 10) => $a + $b);
        $s->on("one", fn ($x) => $x); $s->on("none", fn () => null);
        $s->on("all", fn (...$all) => $all); $s->on("strlen", "strlen");');
    $client = new Client('calc');
    equal(3, $client->call('add', [1, 2], SOON));
    equal(11, $client->call('add', [1], SOON));
    equal(3, $client->call('add', ['b' => 2, 'a' => 1], SOON));
    equal([1, 2], $client->call('one', [[1, 2]], SOON));
    equal(1, $client->call('one', [['k' => 1]], SOON)['k']);
    equal(null, $client->call('none', [], SOON));
    equal([1, 2, 3], $client->call('all', [1, 2, 3], SOON));
    equal(3, $client->call('strlen', ['abc'], SOON));
    foreach ([[1, 2, 3], [], ['b' => 1], ['a' => 1, 'c' => 2]] as $args) {
        $error = failure(ServiceError::class, fn () => $client->call('add', $args, SOON));
        equal(Server::BAD_ARGUMENTS, $error->serviceCode);
    }
    failure(ServiceError::class, fn () => $client->call('add', ['x'], SOON));
    stop($server);
}

function test_a_handler_that_throws_is_an_error_of_its_caller_and_the_server_goes_on(): void
{
    $server = serving('bank', '$s->on("no", fn () =>
            throw new SimpleIPC\ServiceError(17, "empty", ["left" => 3]));
        $s->on("zero", fn () => 1 % 0); $s->on("odd", fn () => new stdClass());
        $s->on("text", fn () => "\xff"); $s->on("bytes", fn () => throw new Exception("\xff"));
        $s->on("stream", function () { yield 1; throw new Exception("late"); });
        $s->on("fine", fn () => 1);');
    $client = new Client('bank');
    $error = failure(ServiceError::class, fn () => $client->call('no', [], SOON));
    equal([17, 'empty', 3], [$error->serviceCode, $error->getMessage(), $error->data['left']]);
    foreach (['zero', 'odd', 'text', 'bytes', 'stream'] as $method) {
        $error = failure(ServiceError::class, fn () => $client->call($method, [], SOON));
        equal(Server::BROKEN, $error->serviceCode, $method);
    }
    $error = failure(ServiceError::class, fn () => $client->call('unknown', [], SOON));
    equal(Server::NO_SUCH_METHOD, $error->serviceCode);
    equal(1, $client->call('fine', [], SOON));
    stop($server);
}

function test_replies_are_streamed_one_by_one(): void
{
    $server = serving('log', '$s->on("count", function (int $to) {
        for ($i = 0; $i < $to; $i++) yield $i; return "the end"; });');
    $client = new Client('log');
    $replies = $client->start('count', [3])->getIterator();
    equal([0, 1, 2], iterator_to_array($replies));
    equal('the end', $replies->getReturn());
    equal('the end', $client->call('count', [3], SOON));
    stop($server);
}

function test_a_call_can_be_cancelled_and_the_server_learns_it(): void
{
    $server = new Server('long');
    $client = new Client('long');
    $call = $client->start('work');
    $request = $server->request(SOON);
    equal(false, $request->isCancelled());
    failure(Timeout::class, fn () => $call->reply(0.01));
    $call->cancel();
    equal(true, $request->isCancelled());
    failure(Retry::class, fn () => $request->push(1), C::CANCELLED);
    failure(Retry::class, fn () => $call->reply(SOON), C::CANCELLED);
    $request->release();
    failure(Gone::class, fn () => $request->isCancelled());
    failure(Timeout::class, fn () => $client->call('work', [], 0.01));
    $call = $client->start('work');
    $request = $server->request(SOON);
    unset($call);
    equal(true, $request->isCancelled(), 'a call that nobody keeps');
}

function test_a_request_that_is_let_go_of_is_an_error(): void
{
    $server = new Server('rude');
    $client = new Client('rude');
    $call = $client->start('work');
    $server->request(SOON);
    $error = failure(ServiceError::class, fn () => $call->reply(SOON));
    equal(Server::BROKEN, $error->serviceCode);
    $call = $client->start('work');
    $request = $server->request(SOON);
    $request->reply(1);
    failure(Misuse::class, fn () => $request->reply(2), C::BAD_ARGUMENT);
    $request->release();
    $request->release();
    failure(Gone::class, fn () => $request->reply(3));
    equal(1, $call->result(SOON));
}

function test_a_client_is_waited_for_beside_others(): void
{
    $server = new Server('slow');
    $client = new Client('slow');
    $call = $client->start('work');
    equal($server, SimpleIPC\wait_any([$client, $server], SOON));
    $server->request(SOON)->reply(5);
    equal($client, SimpleIPC\wait_any([$client, $server], SOON));
    [$read, $none] = [[$client->stream()], null];
    equal(1, stream_select($read, $none, $none, SOON));
    equal(5, $call->result(0));
}

function test_one_way_calls_and_what_there_is(): void
{
    $server = new Server('notes');
    $client = new Client('notes');
    $client->send('note', ['x']);
    $request = $server->request(SOON);
    equal([true, ['x']], [$request->isOneWay(), $request->args]);
    unset($request);
    $program = serving('notebook', '$s->on("note", fn (string $text): string => $text, true,
        "Keeps it.");');
    $offer = (new Client('notebook'))->offers(SOON)[0];
    equal([['text', 'string']], $offer['args']);
    equal(['note', 'string', true, 'Keeps it.'], [$offer['name'], $offer['returns'],
        $offer['idempotent'], $offer['about']]);
    stop($program);
    failure(TypeError::class, fn () => $server->on('x', 5));
    $server->interrupt();
    $server->serve();
    $server->serve(0);
}

function test_a_server_that_dies_is_said_and_an_idempotent_call_goes_to_another(): void
{
    $dies = '$s->on("do", function () { echo 2, PHP_EOL; posix_kill(posix_getpid(), SIGKILL); });';
    $client = new Client('mortal');
    $victim = serving('mortal', $dies);
    failure(Gone::class, fn () => $client->call('do', [], SOON), C::SERVER_DIED);
    $victim->end();
    $victim = serving('mortal', $dies);
    $call = $client->start('do', idempotent: true);
    equal(["2\n", SIGKILL], $victim->end());
    $server = new Server('mortal');
    $server->request(SOON)->reply('another');
    equal('another', $call->result(SOON));
}

function test_a_host_starts_plugins_and_hears_of_their_crashes(): void
{
    $plugin = 'require ' . var_export(__DIR__ . '/../simpleipc.php', true) . ';
        $s = new SimpleIPC\Server(); $s->on("add", fn ($a, $b) => $a + $b);
        $s->on("crash", fn () => posix_kill(posix_getpid(), SIGKILL)); $s->serve();';
    $host = new Host('host', timeout: SOON);
    $host->start('calc', PHP_BINARY, ['-r', $plugin], restarts: 3, within: 60);
    $calc = $host->client('calc');
    equal(5, $calc->call('add', [2, 3], SOON));
    failure(Gone::class, fn () => $calc->call('crash', [], SOON), C::SERVER_DIED);
    $seen = [];
    while (end($seen) !== 'restarting') {
        $seen[] = $host->receive()->value()['event'];
    }
    equal(['started', 'ready', 'killed', 'restarting'], $seen);
    equal(5, $calc->call('add', [2, 3], SOON));
    $host->stop('calc');
    foreach ($host as $message) {
        if (in_array($message->value()['event'], ['ended', 'killed'], true)) {
            break;
        }
    }
    failure(TypeError::class, fn () => $host->start('calc', 5));
    failure(Misuse::class, fn () => $host->start('calc', 'false', restarts: -1));
    failure(Misuse::class, fn () => $host->stop('nobody'));
    failure(Misuse::class, fn () => new Server());
}
