<?php

declare(strict_types=1);

/** Handles on queues, topics, states, signals and locks. */

namespace SimpleIPC;

use FFI\CData;

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
