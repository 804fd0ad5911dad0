<?php

declare(strict_types=1);

/** The PHP side of testing/interop: a command a line in, an answer a line out. */

require_once __DIR__ . '/simpleipc.php';
require_once __DIR__ . '/drivernotation.php';

final class Driver
{
    private const ROOM = 10;
    private const ROLES = [
        'publish' => SimpleIPC\Publisher::class, 'subscribe' => SimpleIPC\Subscriber::class,
        'send' => SimpleIPC\Sender::class, 'receive' => SimpleIPC\Receiver::class,
        'set' => SimpleIPC\Setter::class, 'watch' => SimpleIPC\Watcher::class,
        'notify' => SimpleIPC\Notifier::class, 'wait' => SimpleIPC\Waiter::class,
        'lock' => SimpleIPC\Lock::class, 'call' => SimpleIPC\Client::class,
        'serve' => SimpleIPC\Server::class, 'host' => SimpleIPC\Host::class,
        'peers' => SimpleIPC\PeerWatcher::class,
    ];
    /** What comes with an event. */
    private const FACTS = [
        'failed' => ['text'], 'ready' => ['methods'], 'output' => ['stream', 'text'],
        'ended' => ['code'], 'killed' => ['signal'], 'restarting' => ['after_ms'],
    ];

    private array $handles = [];
    private array $calls = [];
    private ?SimpleIPC\Message $held = null;
    private ?SimpleIPC\Request $request = null;

    public function answer(string $line): string
    {
        $words = explode(' ', $line);
        try {
            return $this->{'do_' . array_shift($words)}(...$words) ?? 'ok';
        } catch (SimpleIPC\Error $error) {
            return "error $error->status {$error->getMessage()}";
        } catch (Throwable $error) {
            return 'error 25 ' . $error::class . ": {$error->getMessage()}";
        }
    }

    private function do_hello(): string
    {
        return 'ok php ' . SimpleIPC\version();
    }

    private function do_open(string $id, string $role, string $name, string ...$options): void
    {
        $given = [];
        foreach ($options as $option) {
            [$key, $number] = explode('=', "$option=");
            $given[$key] = $number === '' ? true : (int) $number;
        }
        $this->handles[$id] = new (self::ROLES[$role])($name, ...$given);
    }

    private function do_put(string $id, string $value, string $capture = 'capture=0'): void
    {
        $this->handles[$id]->put(self::parse($value), (int) substr($capture, 8), self::ROOM);
    }

    private function do_loan(string $id, string $word): void
    {
        $value = self::parse($word);
        if ($value instanceof SimpleIPC\Bytes) {
            $loan = $this->handles[$id]->loan('u8', strlen($value->data), timeout: self::ROOM);
            $loan->write($value->data);
        } else {
            $like = [$value->dtype, $value->shape, $value->format];
            $loan = $this->handles[$id]->loan(...[...$like, self::ROOM]);
            $loan->write($value->bytes());
        }
        $loan->put(0, self::ROOM);
    }

    private function do_once(string $verb, string $name, string $word = ''): ?string
    {
        switch ($verb) {
            case 'get':
                return self::describe(SimpleIPC\get($name, self::seconds($word)));
            case 'wait':
                return 'count ' . SimpleIPC\wait($name, self::seconds($word));
            case 'notify':
                SimpleIPC\notify($name);
                return null;
        }
        "SimpleIPC\\$verb"($name, self::parse($word));
        return null;
    }

    private function do_take(string $id, string $timeout): string
    {
        $this->held?->release();
        return self::describe($this->handles[$id]->receive(self::seconds($timeout)));
    }

    private function do_hold(string $id, string $timeout): string
    {
        $this->held?->release();
        $this->held = $this->handles[$id]->receive(self::seconds($timeout));
        return self::describe($this->held);
    }

    private function do_get(string $id, string $timeout): string
    {
        return self::describe($this->handles[$id]->get(self::seconds($timeout)));
    }

    private function do_put_if(string $id, string $value, string $expected): ?string
    {
        $expected = $expected === 'new' ? null : (int) $expected;
        $isSet = $this->handles[$id]->setIf(self::parse($value), $expected, timeout: self::ROOM);
        return $isSet ? null : 'error ' . SimpleIPC\C::CONFLICT . ' the value is another one';
    }

    private function do_notify(string $id): void
    {
        $this->handles[$id]->notify();
    }

    private function do_wait(string $id, string $timeout): string
    {
        return 'count ' . $this->handles[$id]->wait(self::seconds($timeout));
    }

    private function do_lock(string $id, string $timeout): string
    {
        $this->handles[$id]->lock(self::seconds($timeout));
        return 'ok abandoned=' . (int) ($this->handles[$id]->abandonedPid !== null);
    }

    private function do_unlock(string $id): void
    {
        $this->handles[$id]->unlock();
    }

    private function do_call(string $id, string $method, string $word, string $manner = ''): string
    {
        $args = self::parse($word) ?? [];
        if ($manner === 'oneway') {
            $this->handles[$id]->send($method, $args);
            return 'call 0';
        }
        $this->calls[] = $this->handles[$id]->start($method, $args, $manner === 'idempotent');
        return 'call ' . count($this->calls);
    }

    private function do_result(string $id, string $number, string $timeout): string
    {
        try {
            $reply = $this->calls[$number - 1]->reply(self::seconds($timeout));
        } catch (SimpleIPC\ServiceError $error) {
            $parts = [self::print($error->getMessage()), self::print($error->data)];
            return "failed $error->serviceCode " . implode(' ', $parts);
        }
        return 'reply ' . self::print($reply->value()) . ' more=' . (int) $reply->hasMore();
    }

    private function do_cancel(string $id, string $number): void
    {
        $this->calls[$number - 1]->cancel();
    }

    private function do_serve(string $id, string $timeout): string
    {
        $this->request?->release();
        $this->request = $this->handles[$id]->request(self::seconds($timeout));
        $args = self::print($this->request->args);
        return "request {$this->request->method} $args oneway=" . (int) $this->request->isOneWay();
    }

    private function do_reply(string $value, string $more = ''): void
    {
        if ($more === 'more') {
            $this->request->push(self::parse($value));
            return;
        }
        $this->request->reply(self::parse($value));
        $this->request->release();
    }

    private function do_fail(string $code, string $text, string $data): void
    {
        $this->request->fail((int) $code, self::parse($text), self::parse($data));
        $this->request->release();
    }

    private function do_cancelled(): string
    {
        return 'cancelled ' . (int) $this->request->isCancelled();
    }

    private function do_start(
        string $id,
        string $plugin,
        string $program,
        string $args,
        string $restarts,
    ): void {
        $program = [$plugin, self::parse($program), self::parse($args), (int) $restarts];
        $this->handles[$id]->start(...$program);
    }

    private function do_stop(string $id, string $plugin): void
    {
        $this->handles[$id]->stop($plugin);
    }

    private function do_event(string $id, string $timeout): string
    {
        $event = $this->handles[$id]->receive(self::seconds($timeout))->value();
        $facts = array_map(fn ($key) => $event[$key], self::FACTS[$event['event']] ?? []);
        $fact = self::print(count($facts) > 1 ? $facts : $facts[0] ?? null);
        return "event {$event['event']} {$event['plugin']} $fact";
    }

    private function do_peer(string $id, string $timeout): string
    {
        $told = $this->handles[$id]->receive(self::seconds($timeout))->value();
        return "peer {$told['event']} {$told['role']} {$told['language']} {$told['pid']}";
    }

    /** The plurals: the same verb many times, in loops that are measured from outside. */
    private function do_puts(string $id, string $word, string $count): void
    {
        [$sender, $value] = [$this->handles[$id], self::parse($word)];
        for ($turn = 0; $turn < (int) $count; $turn++) {
            $sender->send($value, timeout: self::ROOM);
        }
    }

    /** Of each frame only the ends are written: what it costs to fill is not the library's. */
    private function do_loans(string $id, string $height, string $width, string $count): void
    {
        [$sender, $shape] = [$this->handles[$id], [(int) $height, (int) $width, 3]];
        for ($turn = 0; $turn < (int) $count; $turn++) {
            $loan = $sender->loan('u8', $shape, timeout: self::ROOM);
            $loan[0] = 1;
            $loan[count($loan) - 1] = 2;
            $loan->put(0, self::ROOM);
        }
    }

    /** Adds up sequence numbers and both ends of the data. */
    private function do_takes(string $id, string $count): string
    {
        [$receiver, $sum] = [$this->handles[$id], 0];
        for ($turn = 0; $turn < (int) $count; $turn++) {
            $message = $receiver->receive(self::ROOM);
            $value = $message->value();
            $sum += $message->sequence() + ($value instanceof SimpleIPC\Bytes
                ? ord($value->data[0]) + ord($value->data[-1])
                : $value[0] + $value[count($value) - 1]);
            $message->release();
        }
        return "sum $sum";
    }

    /** Adds up the results of `add`. */
    private function do_calls(string $id, string $count): string
    {
        [$client, $sum] = [$this->handles[$id], 0];
        for ($turn = 0; $turn < (int) $count; $turn++) {
            $sum += $client->call('add', [2, 3], self::ROOM);
        }
        return "sum $sum";
    }

    private function do_serves(string $id, string $count): void
    {
        for ($turn = 0; $turn < (int) $count; $turn++) {
            $request = $this->handles[$id]->request(self::ROOM);
            $request->reply($request->args[0] + $request->args[1]);
            $request->release();
        }
    }

    /** How it ended when something was done wrong. */
    private function do_misuse(string $kind, string $id): string
    {
        try {
            return match ($kind) {
                'type' => $this->handles[$id]->send(fn () => 1),
                'range' => 'impossible an integer has 64 bits, and more is a float',
                'text' => $this->handles[$id]->send("caf\xe9"),
                'closed' => self::useClosed($id),
                'thread' => 'impossible a program has one thread',
                'forgotten' => self::forget($this->handles[$id]),
                'handler' => self::failInHandler($this->handles[$id]),
            } ?? 'ok';
        } catch (SimpleIPC\Error | TypeError | ValueError $error) {
            return "refused {$error->getMessage()}";
        }
    }

    private static function useClosed(string $name): void
    {
        $sender = new SimpleIPC\Sender($name);
        $sender->close();
        $sender->close();
        $sender->send(1);
    }

    private static function forget(SimpleIPC\Receiver $receiver): void
    {
        $receiver->receive(10);
        gc_collect_cycles();
    }

    private static function failInHandler(SimpleIPC\Server $server): void
    {
        $server->on('boom', function (int $number) use ($server) {
            $server->interrupt();
            throw new LogicException('boom');
        });
        $server->serve();
    }

    private function do_close(string $id): void
    {
        $this->handles[$id]->close();
        unset($this->handles[$id]);
    }

    private function do_quit(): void
    {
        $this->handles = [];
    }

    private static function parse(string $word): mixed
    {
        return (new Parser($word))->value();
    }

    private static function print(mixed $value): string
    {
        return Printer::print($value);
    }

    private static function seconds(string $milliseconds): float
    {
        return (int) $milliseconds / 1000;
    }

    private static function describe(SimpleIPC\Message $message): string
    {
        $isAged = $message->age() !== null && $message->age() >= 0;
        return sprintf(
            'value %s seq=%d missed=%d redelivered=%d capture=%d aged=%d',
            self::print($message->value()),
            $message->sequence(),
            $message->missed(),
            $message->isRedelivered(),
            $message->captureTimeNs(),
            $isAged,
        );
    }
}

/** Serves `add` and `crash`, until its host ends it. */
function be_a_plugin(): void
{
    echo "hello from php\n";
    $server = new SimpleIPC\Server();
    $server->on('add', fn (int $a, int $b) => $a + $b);
    $server->on('crash', fn () => posix_kill(getmypid(), SIGABRT));
    $server->serve();
}

if (($argv[1] ?? '') === 'plugin') {
    be_a_plugin();
}
$driver = new Driver();
while (($line = fgets(STDIN)) !== false) {
    echo $driver->answer(rtrim($line)), "\n";
    if (rtrim($line) === 'quit') {
        break;
    }
}
