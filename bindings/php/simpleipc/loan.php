<?php

declare(strict_types=1);

/** What is filled where its receivers look at it. */

namespace SimpleIPC;

use FFI\CData;

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
