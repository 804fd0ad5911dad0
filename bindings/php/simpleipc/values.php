<?php

declare(strict_types=1);

/** Values that PHP has no type for. */

namespace SimpleIPC;

use FFI\CData;

/** An integer that is sent, and was received, as an unsigned one of 64 bits. */
final class Uint implements \Stringable
{
    /** @param int $bits the same 64 bits as an integer of PHP: negative from 2^63 on */
    public function __construct(public readonly int $bits)
    {
    }

    /** Of decimal digits, also above PHP_INT_MAX. */
    public static function of(string $digits): self
    {
        $bits = (int) $digits;
        if ((string) $bits !== $digits && strlen($digits) <= 20) {
            // 2^63 is 9223372036854775808; the rest is added in steps that fit.
            $tens = (int) substr($digits, 0, -1) - 922337203685477580;
            $bits = PHP_INT_MIN + $tens * 9 + $tens + (int) substr($digits, -1) - 8;
        }
        if (!is_int($bits) || sprintf('%u', $bits) !== $digits) {
            throw new \ValueError("$digits is no unsigned integer of 64 bits");
        }
        return new self($bits);
    }

    public function __toString(): string
    {
        return sprintf('%u', $this->bits);
    }
}

/** A string that is sent, and was received, as bytes and not as text. */
final class Bytes implements \Stringable
{
    public function __construct(public readonly string $data)
    {
    }

    public function __toString(): string
    {
        return $this->data;
    }
}

/** Bytes with a content type: new Opaque('{}', 'application/json'). */
final class Opaque
{
    public function __construct(public readonly string $data, public readonly string $contentType)
    {
    }
}

/**
 * A map that was received: to be read as an array and iterated over, in its order. As an array of
 * PHP it would lose that it is none of numbers if its keys are 0, 1, ..., or if it has none.
 */
final class Map implements \ArrayAccess, \IteratorAggregate, \Countable
{
    private array $pairs = [];

    public function __construct(iterable $pairs = [])
    {
        foreach ($pairs as $key => $value) {
            $this->pairs[$key] = $value;
        }
    }

    public function offsetExists(mixed $key): bool
    {
        return array_key_exists($key, $this->pairs);
    }

    public function offsetGet(mixed $key): mixed
    {
        if (!$this->offsetExists($key)) {
            throw new \OutOfBoundsException("there is no key $key");
        }
        return $this->pairs[$key];
    }

    public function offsetSet(mixed $key, mixed $value): void
    {
        if ($key === null) {
            throw new \ValueError('a value of a map has a key');
        }
        $this->pairs[$key] = $value;
    }

    public function offsetUnset(mixed $key): void
    {
        unset($this->pairs[$key]);
    }

    /** The keys are strings, also those that PHP turns into numbers in arrays. */
    public function getIterator(): \Generator
    {
        foreach ($this->pairs as $key => $value) {
            yield (string) $key => $value;
        }
    }

    public function count(): int
    {
        return count($this->pairs);
    }

    /** As an array of PHP, and so all maps in it. */
    public function toArray(): array
    {
        return self::plain($this->pairs);
    }

    private static function plain(mixed $value): mixed
    {
        $value = $value instanceof self ? $value->pairs : $value;
        return is_array($value) ? array_map(self::plain(...), $value) : $value;
    }
}

/**
 * An array of numbers: the type of its elements, a shape, and the elements. One that was received
 * is not copied: it lies in shared memory until its message is released. `$tensor[5]` is an
 * element, counted row-major; a complex one is a list of two, an f16 its 16 bits.
 */
final class Tensor implements \ArrayAccess, \Countable
{
    /** In the order of SIPC_DTYPE_*: the bytes of an element, and what it is in C. */
    public const DTYPES = [
        'bool' => [1, 'uint8_t'], 'u8' => [1, 'uint8_t'], 'i8' => [1, 'int8_t'],
        'u16' => [2, 'uint16_t'], 'i16' => [2, 'int16_t'], 'u32' => [4, 'uint32_t'],
        'i32' => [4, 'int32_t'], 'u64' => [8, 'uint64_t'], 'i64' => [8, 'int64_t'],
        'f16' => [2, 'uint16_t'], 'f32' => [4, 'float'], 'f64' => [8, 'double'],
        'c64' => [8, 'float'], 'c128' => [16, 'double'],
    ];

    private readonly CData $memory;
    private readonly int $size;

    /**
     * @param string|CData $data all elements, row-major
     * @param ?array $strides of what was received, bytes from one element to the next
     */
    public function __construct(
        public readonly string $dtype,
        public readonly array $shape,
        private readonly string|CData $data,
        public readonly string $format = '',
        private readonly ?array $strides = null,
        private readonly ?Hold $hold = null,
    ) {
        $this->size = self::sizeOf($dtype, $shape);
        if (is_string($data) && strlen($data) !== $this->bytesize()) {
            $text = "$dtype [" . implode(', ', $shape) . "] has {$this->bytesize()} bytes, not ";
            throw new \ValueError($text . strlen($data));
        }
        $memory = is_string($data) ? Library::address($data) : $data;
        $this->memory = Library::$ffi->cast('const uint8_t *', $memory);
    }

    /** How many elements a shape has; throws if it, or the dtype, is none. */
    public static function sizeOf(string $dtype, array $shape): int
    {
        $isSize = fn (mixed $size) => is_int($size) && $size >= 0;
        if (!isset(self::DTYPES[$dtype])) {
            throw new \ValueError("there is no dtype $dtype");
        }
        if (count($shape) > C::DIMS_MAX || $shape !== array_filter(array_values($shape), $isSize)) {
            throw new \ValueError('a shape is a list of at most ' . C::DIMS_MAX . ' sizes');
        }
        return array_product($shape);
    }

    public function count(): int
    {
        return $this->size;
    }

    public function bytesize(): int
    {
        return $this->size * self::DTYPES[$this->dtype][0];
    }

    /**
     * Where the elements are, as a pointer of FFI, which does not look whether one is inside. What
     * is received is read-only, and must not be used after the release of its message.
     */
    public function pointer(): CData
    {
        return $this->elements(0);
    }

    public function strides(): array
    {
        return $this->strides ?? self::dense($this->dtype, $this->shape);
    }

    /** From the first byte of its elements to behind the last one. */
    public function extent(): int
    {
        $extent = self::DTYPES[$this->dtype][0];
        foreach ($this->strides() as $dim => $stride) {
            $extent += ($this->shape[$dim] - 1) * $stride;
        }
        return $this->size === 0 ? 0 : $extent;
    }

    private static function dense(string $dtype, array $shape): array
    {
        $strides = [];
        $bytes = self::DTYPES[$dtype][0];
        foreach (array_reverse($shape) as $size) {
            array_unshift($strides, $bytes);
            $bytes *= $size;
        }
        return $strides;
    }

    /** A copy of all elements, row-major. */
    public function bytes(): string
    {
        $this->hold?->check();
        if (is_string($this->data)) {
            return $this->data;
        }
        return $this->gather(0, 0);
    }

    /** A copy as nested arrays. */
    public function toArray(): mixed
    {
        $next = 0;
        return $this->nest(0, $next);
    }

    public function offsetExists(mixed $index): bool
    {
        return is_int($index) && $index >= 0 && $index < $this->size;
    }

    public function offsetGet(mixed $index): int|float|array
    {
        if (!$this->offsetExists($index)) {
            throw new \OutOfBoundsException("there is no element $index");
        }
        $offset = 0;
        $strides = $this->strides();
        foreach (array_reverse($this->shape, true) as $dim => $size) {
            $offset += $index % $size * $strides[$dim];
            $index = intdiv($index, $size);
        }
        $elements = $this->elements($offset);
        return $this->dtype[0] === 'c' ? [$elements[0], $elements[1]] : $elements[0];
    }

    public function offsetSet(mixed $index, mixed $value): void
    {
        throw new \LogicException('a tensor is read-only; a loan is filled');
    }

    public function offsetUnset(mixed $index): void
    {
        throw new \LogicException('a tensor is read-only; a loan is filled');
    }

    private function elements(int $offset): CData
    {
        $this->hold?->check();
        $type = self::DTYPES[$this->dtype][1];
        return Library::$ffi->cast("const $type *", $this->memory + $offset);
    }

    /** The elements of a row of a dimension, one after the other. */
    private function gather(int $dim, int $offset): string
    {
        $rest = array_slice($this->shape, $dim);
        if (array_slice($this->strides(), $dim) === self::dense($this->dtype, $rest)) {
            $bytes = array_product($rest) * self::DTYPES[$this->dtype][0];
            return \FFI::string($this->memory + $offset, $bytes);
        }
        $rows = '';
        for ($row = 0; $row < $this->shape[$dim]; $row++) {
            $rows .= $this->gather($dim + 1, $offset + $row * $this->strides[$dim]);
        }
        return $rows;
    }

    private function nest(int $dim, int &$next): mixed
    {
        if ($dim === count($this->shape)) {
            return $this[$next++];
        }
        $row = [];
        for ($index = 0; $index < $this->shape[$dim]; $index++) {
            $row[] = $this->nest($dim + 1, $next);
        }
        return $row;
    }
}
