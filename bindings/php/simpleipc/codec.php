<?php

declare(strict_types=1);

/** How values become the library's and back. */

namespace SimpleIPC;

use FFI\CData;

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
