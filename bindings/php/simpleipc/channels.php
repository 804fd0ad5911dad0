<?php

declare(strict_types=1);

/** Handles on queues, topics, states, signals and locks. */

namespace SimpleIPC;

use FFI\CData;

/** What the library has lent: released by `release`, or when nothing refers to it any more. */
final class Hold
{
    /** The struct of a message, for the library. */
    public readonly CData $raw;
    private bool $isReleased = false;

    public function __construct()
    {
        $this->raw = Library::$ffi->new('sipc_message');
        $this->raw->size = \FFI::sizeof($this->raw);
    }

    public function __destruct()
    {
        $this->release();
    }

    public function release(): void
    {
        Library::$ffi->sipc_release(\FFI::addr($this->raw));
        $this->isReleased = true;
    }

    public function check(): void
    {
        if ($this->isReleased) {
            throw new Gone('the message has been released', C::CLOSED);
        }
    }
}

/**
 * A message that was taken. In a queue it counts as done when it is released: by `release`, or when
 * nothing refers to it or to a tensor of it any more. That of a program that dies first comes
 * again.
 */
final class Message
{
    /** The struct, for the library. */
    public readonly CData $raw;
    private readonly Hold $hold;
    private mixed $value = null;
    private bool $isDecoded = false;

    public function __construct()
    {
        $this->hold = new Hold();
        $this->raw = $this->hold->raw;
    }

    /** Takes one by a one-call function. */
    public static function taken(string $function, string $name, int|float|null $timeout): self
    {
        $message = new self();
        $given = fn (int $ns) => [$name, $ns, \FFI::addr($message->raw)];
        Library::wait($function, $timeout, [], $given);
        return $message;
    }

    /** The value, which is copied, but for tensors, when it is asked for the first time. */
    public function value(): mixed
    {
        if (!$this->isDecoded) {
            $this->check();
            $this->value = (new Decoder($this->hold))->decode($this->raw->value);
            $this->isDecoded = true;
        }
        return $this->value;
    }

    /** Grows by one with each message of one sender. */
    public function sequence(): int
    {
        return $this->raw->sequence;
    }

    /** Identifies the sending handle among all handles of the channel. */
    public function sender(): int
    {
        return $this->raw->sender;
    }

    /** Of a topic: how many messages were lost since the last one. */
    public function missed(): int
    {
        return $this->raw->missed;
    }

    /** An earlier receiver died with it. */
    public function isRedelivered(): bool
    {
        return ($this->raw->flags & C::MESSAGE_REDELIVERED) !== 0;
    }

    /** Of a reply: others follow. */
    public function hasMore(): bool
    {
        return ($this->raw->flags & C::MESSAGE_MORE) !== 0;
    }

    /** Of a request: nobody waits for a reply. */
    public function isOneWay(): bool
    {
        return ($this->raw->flags & C::MESSAGE_ONE_WAY) !== 0;
    }

    /** When the content was captured, or 0. */
    public function captureTimeNs(): int
    {
        return $this->raw->value->capture_time_ns;
    }

    /** When it was put, or 0. */
    public function publishTimeNs(): int
    {
        return $this->raw->publish_time_ns;
    }

    /** When it was taken, or 0. */
    public function receiveTimeNs(): int
    {
        return $this->raw->receive_time_ns;
    }

    /** Seconds from putting to taking, or null if its sender does not stamp. */
    public function age(): ?float
    {
        $isStamped = $this->publishTimeNs() !== 0;
        return $isStamped ? ($this->receiveTimeNs() - $this->publishTimeNs()) / 1e9 : null;
    }

    public function release(): void
    {
        $this->hold->release();
    }

    /** Throws if it has been released. */
    public function check(): void
    {
        $this->hold->check();
    }
}

/** What all handles have. It is closed by `close`, or when nothing refers to it any more. */
abstract class Channel
{
    /** The handle, for the library. */
    public readonly CData $raw;
    private bool $isInterrupted = false;

    abstract protected static function role(): int;

    /** Each option is for the roles that sipc_options says. */
    public function __construct(
        ?string $name,
        bool $lossless = false,
        bool $latest = false,
        bool $unstamped = false,
        bool $tap = false,
        int $history = 0,
        int $depth = 0,
        int $poolBytesMax = 0,
        ?string $directory = null,
        int $signal = 0,
        int $permits = 0,
    ) {
        $flags = ($lossless ? C::OPTION_LOSSLESS : 0) | ($latest ? C::OPTION_LATEST : 0)
            | ($unstamped ? C::OPTION_UNSTAMPED : 0) | ($tap ? C::OPTION_TAP : 0);
        $options = self::options($directory);
        $options->flags = $flags;
        $options->history = self::unsigned('history', $history);
        $options->depth = self::unsigned('depth', $depth);
        $options->pool_bytes_max = self::unsigned('poolBytesMax', $poolBytesMax, PHP_INT_MAX);
        $options->signal = self::unsigned('signal', $signal, 64);
        $options->permits = self::unsigned('permits', $permits);
        $room = Library::$ffi->new('sipc_channel *');
        $name = $name === null ? null : Library::name($name);
        Library::call('open', $name, static::role(), \FFI::addr($options), \FFI::addr($room));
        $this->raw = $room;
    }

    /** The struct of options; it points to the directory as it was given, ended by a NUL. */
    public static function options(?string &$directory): CData
    {
        $options = Library::$ffi->new('sipc_options');
        $options->size = \FFI::sizeof($options);
        if ($directory !== null) {
            $directory = Library::name($directory) . "\0";
            $options->directory = Library::address($directory);
        }
        return $options;
    }

    public function __destruct()
    {
        $this->close();
    }

    /** Messages that were taken stay good. */
    public function close(): void
    {
        if (isset($this->raw)) {
            Library::$ffi->sipc_close($this->raw);
        }
    }

    /**
     * Ends the wait that goes on in this handle, or else the next one: a Retry whose status is
     * C::INTERRUPTED. For handlers of signals.
     */
    public function interrupt(): void
    {
        $this->isInterrupted = true;
        Library::checkBare(Library::$ffi->sipc_interrupt($this->raw));
    }

    /**
     * A descriptor of what takes and of clients: readable as long as there may be something to
     * take, with a timeout of 0 until Timeout.
     */
    public function fd(): int
    {
        $fd = Library::$ffi->new('int32_t');
        Library::call('fd', $this->raw, \FFI::addr($fd));
        return $fd->cdata;
    }

    /** The same as a stream, for stream_select and event loops; it is not to be read. */
    public function stream()
    {
        return fopen('php://fd/' . $this->fd(), 'r');
    }

    /** Whether a wait ended for `interrupt`, and not for any signal; said once. */
    public function takeInterrupt(): bool
    {
        [$was, $this->isInterrupted] = [$this->isInterrupted, false];
        return $was;
    }

    protected static function unsigned(string $name, int $value, int $max = 0xffffffff): int
    {
        return $value >= 0 && $value <= $max ? $value : throw new \ValueError("$name is $value");
    }
}

/** What puts. */
abstract class Producer extends Channel
{
    /** Waits for room until the timeout, then throws a Retry whose status is C::FULL. */
    public function put(mixed $value, int $captureTimeNs = 0, int|float|null $timeout = null): void
    {
        $encoder = new Encoder();
        $raw = $encoder->encode($value, $captureTimeNs);
        Library::wait('put', $timeout, [$this], fn (int $ns) => [$this->raw, $raw, $ns]);
    }

    /**
     * Memory of the channel, to be filled in place and then put: a tensor, or bytes if the shape is
     * their number.
     */
    public function loan(
        string $dtype,
        array|int $shape,
        string $format = '',
        int|float|null $timeout = null,
    ): Loan {
        return new Loan($this, $dtype, $shape, $format, $timeout);
    }
}

/**
 * Memory that a producer has lent, 64-byte aligned: `$loan[5] = 1` sets an element, counted
 * row-major. It is put once; else it is given back by `cancel`, or when nothing refers to it.
 */
final class Loan implements \ArrayAccess, \Countable
{
    private readonly Encoder $encoder;
    private readonly CData $raw;
    private bool $isLent = false;

    public function __construct(
        private readonly Producer $producer,
        private readonly string $dtype,
        array|int $shape,
        string $format,
        int|float|null $timeout,
    ) {
        $this->encoder = new Encoder();
        $this->raw = $this->encoder->blank($dtype, $shape, $format);
        $given = fn (int $ns) => [$producer->raw, $this->raw, $ns];
        Library::wait('loan', $timeout, [$producer], $given);
        $this->isLent = true;
    }

    public function __destruct()
    {
        $this->cancel();
    }

    public function bytesize(): int
    {
        return $this->raw[0]->len;
    }

    public function count(): int
    {
        return intdiv($this->bytesize(), Tensor::DTYPES[$this->dtype][0]);
    }

    /** A pointer of FFI to the elements, which does not look whether one is inside. */
    public function pointer(): CData
    {
        if (!$this->isLent) {
            throw new Gone('the loan has been put or cancelled', C::CLOSED);
        }
        return Library::$ffi->cast(Tensor::DTYPES[$this->dtype][1] . ' *', $this->raw[0]->data);
    }

    /** Copies bytes to a place in it. */
    public function write(string $bytes, int $at = 0): void
    {
        $memory = Library::$ffi->cast('uint8_t *', $this->pointer());
        if ($at < 0 || $at + strlen($bytes) > $this->bytesize()) {
            $text = strlen($bytes) . " bytes at $at are not within " . $this->bytesize();
            throw new \OutOfBoundsException($text);
        }
        \FFI::memcpy($memory + $at, $bytes, strlen($bytes));
    }

    public function offsetExists(mixed $index): bool
    {
        return is_int($index) && $index >= 0 && $index < count($this);
    }

    public function offsetGet(mixed $index): int|float|array
    {
        $elements = $this->element($index);
        return $this->dtype[0] === 'c' ? [$elements[0], $elements[1]] : $elements[0];
    }

    public function offsetSet(mixed $index, mixed $value): void
    {
        $elements = $this->element($index);
        foreach ($this->dtype[0] === 'c' ? $value : [$value] as $part => $number) {
            $elements[$part] = $number;
        }
    }

    public function offsetUnset(mixed $index): void
    {
        throw new \LogicException('an element is set, and never taken away');
    }

    private function element(mixed $index): CData
    {
        if (!$this->offsetExists($index)) {
            throw new \OutOfBoundsException("there is no element $index");
        }
        return $this->pointer() + ($this->dtype[0] === 'c' ? 2 * $index : $index);
    }

    public function put(int $captureTimeNs = 0, int|float|null $timeout = null): void
    {
        $this->pointer();
        $this->raw[0]->capture_time_ns = $captureTimeNs;
        $given = fn (int $ns) => [$this->producer->raw, $this->raw, $ns];
        Library::wait('put', $timeout, [$this->producer], $given);
        $this->isLent = false;
    }

    /** Gives it back; after a put it does nothing. */
    public function cancel(): void
    {
        if ($this->isLent) {
            $data = Library::$ffi->cast('void *', $this->raw[0]->data);
            Library::$ffi->sipc_unloan($this->producer->raw, $data);
        }
        $this->isLent = false;
    }
}

/** What takes. It can be iterated over. */
abstract class Source extends Channel implements \IteratorAggregate
{
    /** @param int|float|null $timeout of all waits that are given none */
    public function __construct(
        ?string $name,
        protected readonly int|float|null $timeout = null,
        mixed ...$options,
    ) {
        parent::__construct($name, ...$options);
    }

    /** The next message; throws Timeout. Without a timeout given, that of the handle is meant. */
    public function receive(int|float|null|false $timeout = false): Message
    {
        return $this->take('take', $timeout);
    }

    /** Every message, released before the next one, until none comes within the timeout. */
    public function getIterator(): \Generator
    {
        for (;;) {
            try {
                $message = $this->take('take', false);
            } catch (Timeout) {
                return;
            }
            try {
                yield $message;
            } finally {
                $message->release();
            }
        }
    }

    protected function take(string $function, int|float|null|false $timeout): Message
    {
        $message = new Message();
        $given = fn (int $ns) => [$this->raw, $ns, \FFI::addr($message->raw)];
        Library::wait($function, $timeout === false ? $this->timeout : $timeout, [$this], $given);
        return $message;
    }
}

/** Publishes on a topic: every subscriber gets every message. */
class Publisher extends Producer
{
    protected static function role(): int
    {
        return C::ROLE_PUBLISH;
    }

    /** As `put`. */
    public function publish(
        mixed $value,
        int $captureTimeNs = 0,
        int|float|null $timeout = null,
    ): void {
        $this->put($value, $captureTimeNs, $timeout);
    }
}

/** Takes the messages of a topic. Options: lossless, latest, tap, history. */
class Subscriber extends Source
{
    protected static function role(): int
    {
        return C::ROLE_SUBSCRIBE;
    }
}

/** Sends to a queue: each message goes to one receiver. */
class Sender extends Producer
{
    protected static function role(): int
    {
        return C::ROLE_SEND;
    }

    /** As `put`. */
    public function send(mixed $value, int $captureTimeNs = 0, int|float|null $timeout = null): void
    {
        $this->put($value, $captureTimeNs, $timeout);
    }
}

/** Takes messages out of a queue. */
class Receiver extends Source
{
    protected static function role(): int
    {
        return C::ROLE_RECEIVE;
    }
}

/** Sets the value of a state, which stays when the setter has gone. */
class Setter extends Producer
{
    protected static function role(): int
    {
        return C::ROLE_SET;
    }

    /** As `put`. */
    public function set(mixed $value, int $captureTimeNs = 0, int|float|null $timeout = null): void
    {
        $this->put($value, $captureTimeNs, $timeout);
    }

    /**
     * Compare and set: only if the value is still the one with that sequence; null: if there is
     * none yet. Whether it was set.
     */
    public function setIf(
        mixed $value,
        ?int $expected,
        int $captureTimeNs = 0,
        int|float|null $timeout = null,
    ): bool {
        $encoder = new Encoder();
        $raw = $encoder->encode($value, $captureTimeNs);
        $expected = $expected === null ? -1 : self::unsigned('expected', $expected, PHP_INT_MAX);
        $given = fn (int $ns) => [$this->raw, $raw, $expected, $ns];
        return Library::wait('put_if', $timeout, [$this], $given, C::CONFLICT) === C::OK;
    }
}

/** Looks at a state: `receive`, and `foreach`, take the newest value not yet taken. */
class Watcher extends Source
{
    protected static function role(): int
    {
        return C::ROLE_WATCH;
    }

    /** The value as it is now; waits only if there is none yet. */
    public function get(int|float|null|false $timeout = false): Message
    {
        return $this->take('current', $timeout);
    }
}

/** Says that something has happened. */
class Notifier extends Producer
{
    protected static function role(): int
    {
        return C::ROLE_NOTIFY;
    }

    /** Waits for nobody. */
    public function notify(): void
    {
        $this->put(null);
    }
}

/**
 * Waits for notifications; none is missed from its opening on. Option: signal, as SIGUSR1, which is
 * raised in this process instead.
 */
class Waiter extends Source
{
    protected static function role(): int
    {
        return C::ROLE_WAIT;
    }

    /** How many there were since the last time; throws Timeout. */
    public function wait(int|float|null|false $timeout = false): int
    {
        return $this->receive($timeout)->value()->bits;
    }
}

/**
 * Watches who has a channel open, of any pattern, without being on it. What is received are events:
 * maps with event (up, down), pid, program, language, role, since_ns and id.
 */
class PeerWatcher extends Source
{
    protected static function role(): int
    {
        return C::ROLE_PEERS;
    }
}

/** A lock of the machine, free at once when its owner dies. Option: permits. */
class Lock extends Channel
{
    /** The process that died with it, if the last owner did; what it protects may be half done. */
    public ?int $abandonedPid = null;

    protected static function role(): int
    {
        return C::ROLE_LOCK;
    }

    /** Throws Timeout. */
    public function lock(int|float|null $timeout = null): void
    {
        $pid = Library::$ffi->new('uint64_t');
        $given = fn (int $ns) => [$this->raw, $ns, \FFI::addr($pid)];
        Library::wait('lock', $timeout, [$this], $given);
        $this->abandonedPid = $pid->cdata ?: null;
    }

    /** Whether it is free, and now this handle's. */
    public function tryLock(): bool
    {
        try {
            $this->lock(0);
            return true;
        } catch (Timeout) {
            return false;
        }
    }

    public function unlock(): void
    {
        Library::call('unlock', $this->raw);
    }

    /** The result of a function that has the lock meanwhile. */
    public function synchronized(callable $work, int|float|null $timeout = null): mixed
    {
        $this->lock($timeout);
        try {
            return $work($this);
        } finally {
            $this->unlock();
        }
    }
}
