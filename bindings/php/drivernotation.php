<?php

declare(strict_types=1);

/** The values of testing/interop as words, and as PHP has them. */

/** Reads a word from the left. */
final class Parser
{
    private int $at = 0;

    public function __construct(private readonly string $word)
    {
    }

    public function value(): mixed
    {
        return match ($this->word[$this->at++]) {
            'n' => null,
            'b' => $this->field() === '1',
            'i' => (int) $this->field(),
            'u' => SimpleIPC\Uint::of($this->field()),
            'd' => unpack('E', $this->bytes())[1],
            's' => $this->bytes(),
            'x' => new SimpleIPC\Bytes($this->bytes()),
            '[' => $this->list(),
            '{' => $this->map(),
            't' => $this->tensor(fn (int $size) => $this->bytes()),
            'T' => $this->tensor(fn (int $size) => self::pattern($size, (int) $this->field())),
            'o' => $this->opaque(),
            'X' => new SimpleIPC\Bytes(self::pattern((int) $this->field(), (int) $this->field())),
            'S' => self::text((int) $this->field(), (int) $this->field()),
        };
    }

    /** Up to the next separator; a colon is passed over. */
    private function field(): string
    {
        $size = strcspn($this->word, ':,]}', $this->at);
        $field = substr($this->word, $this->at, $size);
        $this->at += $size;
        $this->pass(':');
        return $field;
    }

    private function pass(string $mark): void
    {
        $this->at += (int) (($this->word[$this->at] ?? '') === $mark);
    }

    private function bytes(): string
    {
        return hex2bin($this->field());
    }

    private function list(): array
    {
        for ($list = []; $this->word[$this->at] !== ']'; $this->pass(',')) {
            $list[] = $this->value();
        }
        $this->at++;
        return $list;
    }

    private function map(): SimpleIPC\Map
    {
        for ($map = new SimpleIPC\Map(); $this->word[$this->at] !== '}'; $this->pass(',')) {
            $key = $this->value();
            $map[$key] = $this->value();
        }
        $this->at++;
        return $map;
    }

    private function tensor(Closure $data): SimpleIPC\Tensor
    {
        [$dtype, $sizes, $format] = [$this->field(), $this->field(), $this->bytes()];
        $shape = $sizes === '' ? [] : array_map(intval(...), explode('x', $sizes));
        $size = array_product($shape) * SimpleIPC\Tensor::DTYPES[$dtype][0];
        return new SimpleIPC\Tensor($dtype, $shape, $data($size), $format);
    }

    private function opaque(): SimpleIPC\Opaque
    {
        $type = $this->bytes();
        return new SimpleIPC\Opaque($this->bytes(), $type);
    }

    private static function pattern(int $size, int $seed): string
    {
        $byte = fn (int $index) => chr($seed + $index & 255);
        $block = implode(array_map($byte, range(0, 250)));
        return substr(str_repeat($block, intdiv($size, 251) + 1), 0, $size);
    }

    private static function text(int $size, int $seed): string
    {
        $letter = fn (int $index) => chr(97 + ($seed + $index) % 26);
        $block = implode(array_map($letter, range(0, 22)));
        return substr(str_repeat($block, intdiv($size, 23) + 1), 0, $size);
    }
}

final class Printer
{
    private const PRINTED_BYTES_MAX = 64;

    public static function print(mixed $value): string
    {
        return match (true) {
            $value === null => 'n',
            is_bool($value) => 'b' . (int) $value,
            is_int($value) => "i$value",
            $value instanceof SimpleIPC\Uint => "u$value",
            is_float($value) => 'd' . bin2hex(pack('E', $value)),
            is_string($value) => 's' . self::data($value),
            $value instanceof SimpleIPC\Bytes => 'x' . self::data($value->data),
            is_array($value) => '[' . implode(',', array_map(self::print(...), $value)) . ']',
            $value instanceof SimpleIPC\Map => self::map($value),
            $value instanceof SimpleIPC\Tensor => self::tensor($value),
            $value instanceof SimpleIPC\Opaque =>
                'o' . bin2hex($value->contentType) . ':' . self::data($value->data),
        };
    }

    private static function map(SimpleIPC\Map $map): string
    {
        $pairs = [];
        foreach ($map as $key => $value) {
            $pairs[] = self::print($key) . ':' . self::print($value);
        }
        return '{' . implode(',', $pairs) . '}';
    }

    private static function tensor(SimpleIPC\Tensor $tensor): string
    {
        $shape = implode('x', $tensor->shape);
        $format = bin2hex($tensor->format);
        return "t$tensor->dtype:$shape:$format:" . self::data($tensor->bytes());
    }

    private static function data(string $data): string
    {
        if (strlen($data) <= self::PRINTED_BYTES_MAX) {
            return bin2hex($data);
        }
        return sprintf('#%d:%08x', strlen($data), crc32($data));
    }
}
