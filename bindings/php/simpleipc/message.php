<?php

declare(strict_types=1);

/** What was taken, and what the library keeps for it. */

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
