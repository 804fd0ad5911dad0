<?php

declare(strict_types=1);

use SimpleIPC\{Bytes, C, Gone, Library, Map, Misuse, Opaque, Tensor, Timeout, Uint};

function round_trip(mixed $value): mixed
{
    SimpleIPC\send('values', $value);
    return SimpleIPC\receive('values', SOON)->value();
}

function test_structs_have_the_size_they_have_in_c(): void
{
    $folder = sys_get_temp_dir() . '/sipc-php-' . getmypid();
    mkdir($folder);
    $names = ['error', 'value', 'message', 'options'];
    $prints = array_map(fn ($name) => "printf(\"%zu \", sizeof(sipc_$name));", $names);
    $text = "#include <simpleipc.h>\n#include <stdio.h>\nint main(void) { " . implode($prints)
        . ' return 0; }';
    file_put_contents("$folder/sizes.c", $text);
    $include = getenv('SIPC_INCLUDE') ?: __DIR__ . '/../../../include';
    $sizes = shell_exec("cc '-I$include' $folder/sizes.c -o $folder/sizes && $folder/sizes");
    array_map(unlink(...), glob("$folder/*"));
    rmdir($folder);
    $here = array_map(fn ($name) => FFI::sizeof(Library::$ffi->new("sipc_$name")), $names);
    equal(implode(' ', $here), trim($sizes));
}

function test_values_arrive_as_what_they_were(): void
{
    $values = [null, true, false, 0, PHP_INT_MIN, PHP_INT_MAX, 1.5, 2.0, INF, '', "gr\u{fc}n\0", [],
        [1, [2.0, 'x', null]]];
    foreach ($values as $value) {
        equal($value, round_trip($value));
    }
    equal('-0', (string) round_trip(-0.0));
    isTrue(is_nan(round_trip(NAN)), 'a NaN');
    $map = round_trip(['b' => 1, 'a' => [['k' => 'v']], '7' => 2]);
    equal(['b' => 1, 'a' => [['k' => 'v']], 7 => 2], $map->toArray());
    $keys = [];
    foreach ($map as $key => $_) {
        $keys[] = $key;
    }
    equal(['b', 'a', '7'], $keys);
    equal([true, false, 3, 1], [isset($map['b']), isset($map['c']), count($map), $map['b']]);
    failure(OutOfBoundsException::class, fn () => $map['c']);
    equal(0, count(round_trip(new Map())));
    equal("\xff\0", round_trip(new Bytes("\xff\0"))->data);
    $json = round_trip(new Opaque('{}', 'application/json'));
    equal(['{}', 'application/json'], [$json->data, $json->contentType]);
}

function test_unsigned_integers_stay_unsigned(): void
{
    $good = ['0', '5', '9223372036854775807', '9223372036854775808', '18446744073709551615'];
    foreach ($good as $digits) {
        equal($digits, (string) round_trip(Uint::of($digits)));
    }
    $bad = ['', '-1', '1.0', 'x', '18446744073709551616', '99999999999999999999', '007'];
    foreach ($bad as $digits) {
        failure(ValueError::class, fn () => Uint::of($digits));
    }
}

function test_what_cannot_be_sent_is_an_error_of_php_and_nothing_is_sent(): void
{
    $deep = [];
    for ($depth = 0; $depth < 100; $depth++) {
        $deep = [$deep];
    }
    $round = [];
    $round[] = &$round;
    $refused = [
        [new stdClass(), TypeError::class], [STDIN, TypeError::class],
        [fn () => 1, TypeError::class],
        ["\xff", ValueError::class], [[["\xc3("]], ValueError::class],
        [["\xff" => 1], ValueError::class], [$deep, ValueError::class], [$round, ValueError::class],
        [new Opaque('', str_repeat('x', 256)), Misuse::class],
    ];
    foreach ($refused as [$value, $class]) {
        failure($class, fn () => SimpleIPC\send('refused', $value));
    }
    failure(Timeout::class, fn () => SimpleIPC\receive('refused', 0));
    failure(ValueError::class, fn () => SimpleIPC\send("a\0b", 1));
}

function test_a_tensor_that_does_not_fit_its_shape_is_refused(): void
{
    $wrong = [['u8', [2, 3], '12345'], ['u8', [-1], ''], ['u8', [1.0], '1'], ['u8', ['1'], '1'],
        ['u8', array_fill(0, 9, 1), '1'], ['u9', [1], '1'], ['u8', ['x' => 1], '1']];
    foreach ($wrong as [$dtype, $shape, $data]) {
        failure(ValueError::class, fn () => new Tensor($dtype, $shape, $data));
    }
}

function test_tensors_of_every_type_arrive(): void
{
    foreach (Tensor::DTYPES as $dtype => [$width]) {
        $bytes = implode(array_map(fn ($index) => chr($index % 60), range(1, 6 * $width)));
        $there = round_trip(new Tensor($dtype, [2, 3], $bytes, 'any'));
        equal([$dtype, [2, 3], 'any', 6, $bytes, $there->strides()], [$there->dtype, $there->shape,
            $there->format, count($there), $there->bytes(), [3 * $width, $width]]);
    }
}

function test_a_tensor_is_numbers(): void
{
    equal([[-1], [1]], round_trip(new Tensor('i8', [2, 1], "\xff\x01"))->toArray());
    equal([0.5, -2.0], round_trip(new Tensor('f32', [2], pack('f2', 0.5, -2.0)))->toArray());
    equal([[1.0, 2.0]], (new Tensor('c64', [1], pack('f2', 1, 2)))->toArray());
    equal(7, (new Tensor('u8', [], "\x07"))->toArray());
    equal([[], []], (new Tensor('u8', [2, 0], ''))->toArray());
    $tensor = round_trip(new Tensor('u16', [2, 2], pack('v4', 1, 2, 3, 4)));
    equal([3, true, false], [$tensor[2], isset($tensor[3]), isset($tensor[4])]);
    foreach ([-1, 4, 'x', 1.5] as $index) {
        failure(OutOfBoundsException::class, fn () => $tensor[$index]);
    }
    failure(LogicException::class, function () use ($tensor) {
        $tensor[0] = 1;
    });
}

function test_a_tensor_is_looked_at_where_it_lies(): void
{
    SimpleIPC\send('large', new Tensor('u8', [100, 100], str_repeat('a', 10_000)));
    $message = SimpleIPC\receive('large', SOON);
    $tensor = $message->value();
    $address = Library::$ffi->cast('size_t', $tensor->pointer())->cdata;
    $places = array_filter(file('/proc/self/maps'), function (string $line) use ($address) {
        [$from, $to] = sscanf($line, '%x-%x');
        return $from <= $address && $address < $to;
    });
    isTrue(str_contains(reset($places), getenv('SIPC_DIR')), 'in shared memory');
    equal([0, ord('a')], [$address % 64, $tensor[5000]]);
    $message->release();
    failure(Gone::class, fn () => $tensor[0], C::CLOSED);
    failure(Gone::class, fn () => $tensor->bytes());
    failure(Gone::class, fn () => $message->value() === $tensor && $tensor->pointer());
}

function test_a_tensor_keeps_its_message(): void
{
    SimpleIPC\send('kept', new Tensor('u8', [100_000], str_repeat('x', 100_000)));
    $tensor = SimpleIPC\receive('kept', SOON)->value();
    isTrue(SimpleIPC\audit('kept')[0]['chunks_in_use'] > 0, 'it is held');
    equal(str_repeat('x', 100_000), $tensor->bytes());
    unset($tensor);
    equal(0, SimpleIPC\audit('kept')[0]['chunks_in_use'], 'it is not held any more');
}
