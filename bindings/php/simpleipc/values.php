<?php

declare(strict_types=1);

/** What PHP has no type for, and how values become the library's and back. */

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

/** Makes structs of values, and keeps what they point to. */
final class Encoder
{
    private const DEPTH_MAX = 64;

    private array $kept = [];

    /** The struct of a value, as a pointer; it is good as long as this object. */
    public function encode(mixed $value, int $captureTimeNs = 0): CData
    {
        $raw = $this->kept[] = Library::$ffi->new('sipc_value');
        $this->fill($raw, $value, 0);
        $raw->capture_time_ns = $captureTimeNs;
        return \FFI::addr($raw);
    }

    /** The struct of what is to be lent: a tensor, or bytes if the shape is their number. */
    public function blank(string $dtype, array|int $shape, string $format): CData
    {
        $raw = $this->kept[] = Library::$ffi->new('sipc_value');
        $this->head($raw, C::KIND_BYTES);
        if (is_int($shape)) {
            $raw->len = $shape >= 0 ? $shape : throw new \ValueError("$shape bytes cannot be lent");
        } else {
            Tensor::sizeOf($dtype, $shape);
            $this->shape($raw, $dtype, $shape, [], $format);
        }
        return \FFI::addr($raw);
    }

    private function fill(CData $raw, mixed $value, int $depth): void
    {
        if ($depth > self::DEPTH_MAX) {
            throw new \ValueError('a value is nested more than ' . self::DEPTH_MAX . ' deep');
        }
        $this->head($raw, match (true) {
            $value === null => C::KIND_NULL,
            is_bool($value) => C::KIND_BOOL,
            is_int($value) => C::KIND_INT,
            $value instanceof Uint => C::KIND_UINT,
            is_float($value) => C::KIND_FLOAT,
            is_string($value) => C::KIND_STR,
            $value instanceof Bytes => C::KIND_BYTES,
            is_array($value) && array_is_list($value) => C::KIND_LIST,
            is_array($value), $value instanceof Map => C::KIND_MAP,
            $value instanceof Tensor => C::KIND_TENSOR,
            $value instanceof Opaque => C::KIND_OPAQUE,
            default => throw new \TypeError('a ' . get_debug_type($value) . ' cannot be sent'),
        });
        match ($raw->kind) {
            C::KIND_NULL => null,
            C::KIND_BOOL, C::KIND_INT => $raw->i = (int) $value,
            C::KIND_UINT => $raw->u = $value->bits,
            C::KIND_FLOAT => $raw->f = $value,
            C::KIND_STR => $this->data($raw, self::text($value)),
            C::KIND_BYTES => $this->data($raw, $value->data),
            C::KIND_LIST => $this->items($raw, $value, count($value), $depth),
            C::KIND_MAP => $this->items($raw, self::pairs($value), count($value), $depth),
            C::KIND_TENSOR => $this->tensor($raw, $value),
            C::KIND_OPAQUE => $this->opaque($raw, $value),
        };
    }

    private function head(CData $raw, int $kind): void
    {
        $raw->size = \FFI::sizeof($raw);
        $raw->kind = $kind;
    }

    private function data(CData $raw, string $data): void
    {
        $this->kept[] = $data;
        $raw->data = Library::address($data);
        $raw->len = strlen($data);
    }

    private function label(CData $raw, string $label): void
    {
        $this->kept[] = self::text($label);
        $raw->label = Library::address($label);
        $raw->label_len = strlen($label);
    }

    private function items(CData $raw, array $values, int $count, int $depth): void
    {
        $structs = $this->kept[] = Library::$ffi->new('sipc_value[' . max(1, count($values)) . ']');
        foreach ($values as $index => $value) {
            $this->fill($structs[$index], $value, $depth + 1);
        }
        $raw->items = Library::$ffi->cast('const struct sipc_value *', \FFI::addr($structs));
        $raw->count = $count;
    }

    /** Keys and values in turns. */
    private static function pairs(iterable $map): array
    {
        $pairs = [];
        foreach ($map as $key => $value) {
            array_push($pairs, (string) $key, $value);
        }
        return $pairs;
    }

    private function tensor(CData $raw, Tensor $tensor): void
    {
        $this->kept[] = $tensor;
        $raw->data = Library::$ffi->cast('const void *', $tensor->pointer());
        $raw->len = $tensor->extent();
        $this->shape($raw, $tensor->dtype, $tensor->shape, $tensor->strides(), $tensor->format);
    }

    private function shape(
        CData $raw,
        string $dtype,
        array $shape,
        array $strides,
        string $format,
    ): void {
        $this->head($raw, C::KIND_TENSOR);
        $this->label($raw, $format);
        $raw->dtype = 1 + array_search($dtype, array_keys(Tensor::DTYPES), true);
        $raw->ndim = count($shape);
        foreach ($shape as $dim => $size) {
            $raw->shape[$dim] = $size;
            $raw->strides[$dim] = $strides[$dim] ?? 0;
        }
    }

    private function opaque(CData $raw, Opaque $opaque): void
    {
        $this->data($raw, $opaque->data);
        $this->label($raw, $opaque->contentType);
    }

    private static function text(string $text): string
    {
        if (!preg_match('//u', $text)) {
            throw new \ValueError('a text is not valid UTF-8; bytes are sent as Bytes');
        }
        return $text;
    }
}

/** Makes values of structs; tensors keep the message that holds them. */
final class Decoder
{
    public function __construct(private readonly Hold $hold)
    {
    }

    public function decode(CData $raw): mixed
    {
        return match ($raw->kind) {
            C::KIND_NULL => null,
            C::KIND_BOOL => $raw->i !== 0,
            C::KIND_INT => $raw->i,
            C::KIND_UINT => new Uint($raw->u),
            C::KIND_FLOAT => $raw->f,
            C::KIND_STR => self::copy($raw->data, $raw->len),
            C::KIND_BYTES => new Bytes(self::copy($raw->data, $raw->len)),
            C::KIND_LIST => $this->list($raw),
            C::KIND_MAP => $this->map($raw),
            C::KIND_TENSOR => $this->tensor($raw),
            C::KIND_OPAQUE => new Opaque(self::copy($raw->data, $raw->len), self::label($raw)),
            default => throw new \UnexpectedValueException("kind {$raw->kind} is not known"),
        };
    }

    private function list(CData $raw): array
    {
        $list = [];
        for ($index = 0; $index < $raw->count; $index++) {
            $list[] = $this->decode($raw->items[$index]);
        }
        return $list;
    }

    private function map(CData $raw): Map
    {
        $map = new Map();
        for ($index = 0; $index < $raw->count; $index++) {
            $key = $this->decode($raw->items[2 * $index]);
            $map[$key] = $this->decode($raw->items[2 * $index + 1]);
        }
        return $map;
    }

    private function tensor(CData $raw): Tensor
    {
        $shape = $strides = [];
        for ($dim = 0; $dim < $raw->ndim; $dim++) {
            $shape[] = $raw->shape[$dim];
            $strides[] = $raw->strides[$dim];
        }
        $dtype = array_keys(Tensor::DTYPES)[$raw->dtype - 1];
        return new Tensor($dtype, $shape, $raw->data, self::label($raw), $strides, $this->hold);
    }

    private static function label(CData $raw): string
    {
        return self::copy($raw->label, $raw->label_len);
    }

    private static function copy(?CData $memory, int $size): string
    {
        return $size === 0 ? '' : \FFI::string($memory, $size);
    }
}
