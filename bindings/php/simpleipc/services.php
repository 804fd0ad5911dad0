<?php

declare(strict_types=1);

/** Services: methods of one program that others call; and plugins, programs that a host starts. */

namespace SimpleIPC;

/** Calls the methods of a service. */
class Client extends Channel
{
    /** How long a call waits for room, in seconds. */
    private const ROOM = 5;

    protected static function role(): int
    {
        return C::ROLE_CALL;
    }

    /**
     * The result of a method. Arguments are a list, or an array or Map with names. What the server
     * throws is a ServiceError here; without a result within the timeout the call is cancelled.
     */
    public function call(
        string $method,
        array|Map $args = [],
        int|float|null $timeout = null,
        bool $idempotent = false,
    ): mixed {
        return $this->start($method, $args, $idempotent)->result($timeout);
    }

    /**
     * Starts a call; 64 can be in flight. If it is idempotent, it goes to another server when the
     * one that has it dies.
     */
    public function start(string $method, array|Map $args = [], bool $idempotent = false): Call
    {
        return new Call($this, $this->begin($method, $args, $idempotent ? C::CALL_IDEMPOTENT : 0));
    }

    /** Calls a method, and does not ask what becomes of it. */
    public function send(string $method, array|Map $args = []): void
    {
        $this->begin($method, $args, C::CALL_ONE_WAY);
    }

    /** What the service offers, as a list of maps. */
    public function offers(int|float|null $timeout = null): array
    {
        return $this->call('.methods', [], $timeout);
    }

    private function begin(string $method, array|Map $args, int $flags): int
    {
        $encoder = new Encoder();
        $raw = $encoder->encode($args === [] ? null : $args);
        $number = Library::$ffi->new('uint64_t');
        $method = Library::name($method);
        $given = fn (int $ns) => [$this->raw, $method, $raw, $flags, $ns, \FFI::addr($number)];
        Library::wait('call', self::ROOM, [$this], $given);
        return $number->cdata;
    }
}

/** A call in flight; it is cancelled when nothing refers to it any more. */
final class Call implements \IteratorAggregate
{
    private bool $isOver = false;

    public function __construct(private readonly Client $client, private readonly int $number)
    {
    }

    public function __destruct()
    {
        if (!$this->isOver) {
            Library::$ffi->sipc_cancel($this->client->raw, $this->number);
        }
    }

    /** The result, after all replies of a stream, which are thrown away. */
    public function result(int|float|null $timeout = null): mixed
    {
        $end = $timeout === null ? null : now_ns() + Library::nanoseconds($timeout);
        try {
            do {
                $left = $end === null ? null : max(0, $end - now_ns()) / 1e9;
                $message = $this->reply($left);
            } while ($message->hasMore());
        } catch (Timeout $timeout) {
            $this->cancel();
            throw $timeout;
        }
        return $message->value();
    }

    /**
     * The next reply; if it says `hasMore` it is one of a stream, else the result. After a Timeout
     * one may ask again.
     */
    public function reply(int|float|null $timeout = null): Message
    {
        $message = new Message();
        $to = \FFI::addr($message->raw);
        $given = fn (int $ns) => [$this->client->raw, $this->number, $ns, $to];
        if (Library::wait('result', $timeout, [$this->client], $given, C::FAILED) === C::FAILED) {
            $this->isOver = true;
            $failure = $message->value();
            throw new ServiceError($failure['code'], $failure['message'], $failure['data']);
        }
        $this->isOver = !$message->hasMore();
        return $message;
    }

    /** The values of a stream, one by one; what the generator returns is the result. */
    public function getIterator(): \Generator
    {
        while (($message = $this->reply())->hasMore()) {
            yield $message->value();
        }
        return $message->value();
    }

    /** A server that works on it sees that nobody waits. */
    public function cancel(): void
    {
        Library::checkBare(Library::$ffi->sipc_cancel($this->client->raw, $this->number));
    }
}

/**
 * A call that was taken and is to be answered; if it is let go of unanswered, that is an error for
 * its client.
 */
final class Request
{
    public readonly string $method;
    /** As they were sent: a list, a Map, one value or null. */
    public readonly mixed $args;

    public function __construct(private readonly Message $message)
    {
        [$this->method, $this->args] = $message->value();
    }

    /** Answers with the result. */
    public function reply(mixed $value = null): void
    {
        $this->answer($value, 0);
    }

    /** One reply of a stream; a Retry whose status is C::CANCELLED if nobody waits. */
    public function push(mixed $value): void
    {
        $this->answer($value, C::REPLY_MORE);
    }

    /** Answers with an error, which the client gets as a ServiceError. */
    public function fail(int $code, string $message, mixed $data = null): void
    {
        $failure = ['code' => $code, 'message' => $message, 'data' => $data];
        $this->answer($failure, C::REPLY_ERROR);
    }

    /** Nobody waits for the answer any more; to be asked in long work. */
    public function isCancelled(): bool
    {
        $this->message->check();
        return Library::$ffi->sipc_cancelled(\FFI::addr($this->message->raw)) === C::CANCELLED;
    }

    public function isOneWay(): bool
    {
        return $this->message->isOneWay();
    }

    public function release(): void
    {
        $this->message->release();
    }

    private function answer(mixed $value, int $flags): void
    {
        $this->message->check();
        $encoder = new Encoder();
        Library::call('reply', \FFI::addr($this->message->raw), $encoder->encode($value), $flags);
    }
}

/**
 * Takes the calls of a service; each goes to one of its servers. Give it methods and `serve`, or
 * take the requests and answer them.
 */
class Server extends Source
{
    public const NO_SUCH_METHOD = -32601;
    public const BAD_ARGUMENTS = -32602;
    public const BROKEN = -32603;

    private array $methods = [];
    private array $offers = [];

    /** The name null is that of the plugin which this program is. */
    public function __construct(
        ?string $name = null,
        int|float|null $timeout = null,
        mixed ...$options,
    ) {
        parent::__construct($name, $timeout, ...$options);
    }

    protected static function role(): int
    {
        return C::ROLE_SERVE;
    }

    /**
     * Makes what can be called a method of the service. What a generator yields are replies of a
     * stream; what it returns is the result. An idempotent call is done again by another server
     * when this one dies.
     */
    public function on(
        string $name,
        callable $work,
        bool $idempotent = false,
        string $about = '',
    ): static {
        $work = $work(...);
        $reflection = new \ReflectionFunction($work);
        $type = fn (?\ReflectionType $type) => $type === null ? 'any' : (string) $type;
        $args = array_map(
            fn (\ReflectionParameter $one) => [$one->getName(), $type($one->getType())],
            $reflection->getParameters(),
        );
        $returns = $type($reflection->getReturnType());
        $offer = compact('name', 'args', 'returns', 'idempotent', 'about');
        $encoder = new Encoder();
        Library::call('describe', $this->raw, $encoder->encode([...$this->offers, $offer]));
        $this->offers[] = $offer;
        $this->methods[$name] = $work;
        return $this;
    }

    /** The next request; throws Timeout. */
    public function request(int|float|null|false $timeout = false): Request
    {
        return new Request($this->receive($timeout));
    }

    /** Answers calls until the handle is interrupted, or none comes within the timeout. */
    public function serve(int|float|null|false $timeout = false): void
    {
        for (;;) {
            try {
                $request = $this->request($timeout);
            } catch (Timeout) {
                return;
            } catch (Retry $error) {
                if ($error->status === C::INTERRUPTED) {
                    return;
                }
                throw $error;
            }
            try {
                $this->answer($request);
            } finally {
                $request->release();
            }
        }
    }

    private function answer(Request $request): void
    {
        $work = $this->methods[$request->method] ?? null;
        if ($work === null) {
            $text = "there is no method $request->method";
            $request->fail(self::NO_SUCH_METHOD, $text);
            return;
        }
        try {
            $result = $work(...self::bound($work, $request->args));
            if ($result instanceof \Generator) {
                foreach ($result as $value) {
                    $request->push($value);
                }
                $result = $result->getReturn();
            }
            $request->reply($result);
        } catch (ServiceError $error) {
            $request->fail($error->serviceCode, $error->getMessage(), $error->data);
        } catch (\Throwable $error) {
            self::broken($request, $error);
        }
    }

    /** Nobody waits, or an error of the server's program. */
    private static function broken(Request $request, \Throwable $error): void
    {
        if ($error instanceof Error && $error->status === C::CANCELLED) {
            return;
        }
        $text = $error::class . ': ' . $error->getMessage();
        if (!preg_match('//u', $text)) {
            $text = preg_replace('/[\x80-\xff]/', '?', $text);
        }
        try {
            $request->fail(self::BROKEN, $text);
        } catch (Misuse) {
            // It has been answered: the client was told that the result is too large.
        }
    }

    /** The arguments as the function takes them. */
    private static function bound(\Closure $work, mixed $args): array
    {
        $given = match (true) {
            $args === null => [],
            $args instanceof Map => iterator_to_array($args),
            is_array($args) => $args,
            default => [$args],
        };
        $missing = $given;
        $isGood = true;
        $count = 0;
        $isVariadic = false;
        foreach ((new \ReflectionFunction($work))->getParameters() as $index => $one) {
            $key = array_is_list($given) ? $index : $one->getName();
            $isGood = $isGood && ($one->isOptional() || array_key_exists($key, $given));
            $isVariadic = $isVariadic || $one->isVariadic();
            unset($missing[$key]);
        }
        if (!$isGood || ($missing !== [] && !$isVariadic)) {
            throw new ServiceError(self::BAD_ARGUMENTS, 'these are no arguments of the method');
        }
        return $given;
    }
}

/**
 * Starts programs as plugins; plugin `p` of the host `h` serves `h.p`. What is received are events:
 * maps with event, plugin, pid and more.
 */
class Host extends Source
{
    private readonly string $name;

    public function __construct(
        string $name,
        int|float|null $timeout = null,
        mixed ...$options,
    ) {
        parent::__construct($name, $timeout, ...$options);
        $this->name = $name;
    }

    protected static function role(): int
    {
        return C::ROLE_HOST;
    }

    /**
     * It is started again up to `restarts` times within so many seconds, and killed when it takes
     * no call for `hangAfter` seconds.
     */
    public function start(
        string $name,
        string $program,
        array $args = [],
        ?int $restarts = null,
        int|float|null $within = null,
        int|float|null $hangAfter = null,
    ): void {
        $limits = ['restarts' => $restarts, 'seconds' => $within, 'hang_after' => $hangAfter];
        $limits = array_filter($limits, fn ($limit) => $limit !== null);
        $what = ['name' => $name, 'program' => $program, 'args' => array_values($args)];
        $this->order($what + $limits);
    }

    public function stop(string $name): void
    {
        $this->order(['name' => $name, 'stop' => true]);
    }

    /** A client of a plugin. */
    public function client(string $name): Client
    {
        return new Client("$this->name.$name");
    }

    private function order(array $plugin): void
    {
        $encoder = new Encoder();
        Library::call('plugin', $this->raw, $encoder->encode($plugin));
    }
}
