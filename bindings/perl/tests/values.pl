use v5.36;
use Harness;
use Test::More;
no warnings 'experimental::builtin';

sub round_trip($value) {
    SimpleIPC::send('values', $value);
    return SimpleIPC::receive('values', timeout => SOON)->value;
}

sub kind_of($value) { return SimpleIPC::Encoder->kind_of($value) }

sub test_structs_have_the_size_they_have_in_c {
    require File::Temp;
    my $folder = File::Temp->newdir;
    my @names = qw(error value message options);
    open my $file, '>', "$folder/sizes.c" or die $!;
    print $file "#include <simpleipc.h>\n#include <stdio.h>\nint main(void) { ",
        (map { "printf(\"%zu \", sizeof(sipc_$_));" } @names), ' return 0; }';
    close $file;
    my $include = $ENV{SIPC_INCLUDE} // "$INC[0]/../../include";
    my $sizes = qx(cc '-I$include' $folder/sizes.c -o $folder/sizes && $folder/sizes);
    no strict 'refs';
    my @here = map { &{'SimpleIPC::C::' . uc . '_SIZE'} } @names;
    is($sizes, "@here ");
}

sub test_values_arrive_as_what_they_were {
    my @numbers = (0, 1, -1, -9223372036854775808, 9223372036854775807, 1.5, 9**9**9);
    for my $value (undef, !!1, !!0, @numbers, '', '5', "gr\x{fc}n\0\x{1f600}") {
        my $there = round_trip($value);
        is($there, $value);
        is(kind_of($there), kind_of($value), 'its kind');
    }
    is(unpack('H*', pack 'd>', round_trip(unpack 'd>', pack 'H*', $_)), $_)
        for '8000000000000000', '7ff80000deadbeef', '3ff0000000000000';
    is_deeply(round_trip([]), []);
    is_deeply(round_trip([1, [2.5, 'x', undef]]), [1, [2.5, 'x', undef]]);
    my $map = round_trip(SimpleIPC::Map->new(b => 1, a => [{ k => 'v' }], '' => undef));
    is_deeply([($map->pairs)[0, 2, 4]], ['b', 'a', '']);
    is($map->{a}[0]{k}, 'v');
    is_deeply([round_trip({ y => 2, x => 1 })->pairs], [x => 1, y => 2]);
    is_deeply([round_trip({})->pairs], []);
    my $bytes = round_trip(SimpleIPC::Bytes->new("\xff\0"));
    is("$bytes", "\xff\0");
    is(kind_of($bytes), SimpleIPC::C::KIND_BYTES);
    my $json = round_trip(SimpleIPC::Opaque->new('{}', 'application/json'));
    is_deeply([$json->data, $json->content_type], ['{}', 'application/json']);
    require JSON::PP;
    is(round_trip(JSON::PP::true()), !!1);
}

sub test_numbers_are_what_they_were_made_as {
    my %kinds = (1 => SimpleIPC::C::KIND_INT, 1.5 => SimpleIPC::C::KIND_FLOAT);
    is(kind_of(1), SimpleIPC::C::KIND_INT);
    is(kind_of(1.5), SimpleIPC::C::KIND_FLOAT);
    is(kind_of(3 / 2 + 0.5), SimpleIPC::C::KIND_FLOAT);
    is(kind_of('1'), SimpleIPC::C::KIND_STR);
    my $text = '1';
    my $sum = $text + 1;
    is(kind_of($text), SimpleIPC::C::KIND_STR, 'a text that was calculated with');
    my $number = 7;
    my $said = "it is $number, $sum";
    is(kind_of($number), SimpleIPC::C::KIND_INT, 'a number that was printed');
    is(kind_of(round_trip(SimpleIPC::Float->new(3))), SimpleIPC::C::KIND_FLOAT);
    is(kind_of(18446744073709551615), SimpleIPC::C::KIND_UINT);
}

sub test_unsigned_integers_stay_unsigned {
    for my $digits (qw(0 5 9223372036854775807 9223372036854775808 18446744073709551615)) {
        my $there = round_trip(SimpleIPC::Uint->new($digits));
        is("$there", $digits);
        is(kind_of($there), SimpleIPC::C::KIND_UINT);
    }
    failure(qr/no unsigned integer/, sub { SimpleIPC::Uint->new($_) })
        for '', '-1', '1.0', 'x', '18446744073709551616', '99999999999999999999', '007';
}

sub test_what_cannot_be_sent_croaks_and_nothing_is_sent {
    my $deep = [];
    $deep = [$deep] for 1 .. 100;
    my $round = [];
    push @$round, $round;
    my @refused = (
        [sub { 1 }, qr/a CODE cannot be sent/], [\1, qr/a SCALAR cannot be sent/],
        [*STDIN, qr/a glob cannot be sent/], [bless({}, 'Odd'), qr/a Odd cannot be sent/],
        ["\x{d800}", qr/a character that UTF-8/], [[["\x{110000}"]], qr/a character that UTF-8/],
        [SimpleIPC::Map->new([] => 1), qr/a key is text/], [$deep, qr/64 deep/],
        [$round, qr/64 deep/],
    );
    failure($_->[1], sub { SimpleIPC::send('refused', $_->[0]) }) for @refused;
    like($@, qr/ at .*values.pl line/, 'it is said where');
    my $long = SimpleIPC::Opaque->new('', 'x' x 256);
    failure('Misuse', sub { SimpleIPC::send('refused', $long) });
    failure(qr/above 255/, sub { SimpleIPC::Bytes->new("\x{100}") });
    failure(qr/a NUL in it/, sub { SimpleIPC::send("a\0b", 1) });
    failure('Timeout', sub { SimpleIPC::receive('refused', timeout => 0) });
    pop @$round;
}

sub test_a_tensor_that_does_not_fit_its_shape_is_refused {
    my @wrong = (
        ['u8', [2, 3], '12345'], ['u8', [-1], ''], ['u8', [1.5], '1'], ['u8', 1, '1'],
        ['u8', [(1) x 9], '1'], ['u9', [1], '1'], ['u8', ['x'], '1'],
    );
    failure(qr/bytes, not|is a reference|no dtype/, sub { SimpleIPC::Tensor->new(@$_) })
        for @wrong;
}

sub test_tensors_of_every_type_arrive {
    for my $dtype (@SimpleIPC::Tensor::DTYPES) {
        my ($name, $width) = @$dtype;
        my $bytes = pack 'C*', map { $_ % 60 } 1 .. 6 * $width;
        my $there = round_trip(SimpleIPC::Tensor->new($name, [2, 3], $bytes, 'any'));
        is_deeply(
            [$there->dtype, $there->shape, $there->format, $there->size, $there->bytes],
            [$name, [2, 3], 'any', 6, $bytes],
        );
        is_deeply($there->strides, [3 * $width, $width]);
    }
}

sub test_a_tensor_is_numbers {
    my $new = sub ($dtype, $shape, $letters, @numbers) {
        SimpleIPC::Tensor->new($dtype, $shape, pack "$letters*", @numbers)->to_array;
    };
    is_deeply($new->('i8', [2, 1], 'c', -1, 1), [[-1], [1]]);
    is_deeply($new->('f32', [2], 'f', 0.5, -2), [0.5, -2]);
    is_deeply($new->('c64', [1], 'f', 1, 2), [[1, 2]]);
    is($new->('u8', [], 'C', 7), 7);
    is_deeply($new->('u8', [2, 0], 'C'), [[], []]);
}

sub test_a_tensor_is_looked_at_where_it_lies {
    SimpleIPC::send('large', SimpleIPC::Tensor->new('u8', [100, 100], 'a' x 10_000));
    my $message = SimpleIPC::receive('large', timeout => SOON);
    my $tensor = $message->value;
    my ($place) = $tensor->memory;
    open my $maps, '<', '/proc/self/maps' or die $!;
    my ($map) = grep {
        no warnings 'portable';
        my ($from, $to) = map { hex } /^(\w+)-(\w+)/;
        $from <= $place && $place < $to;
    } <$maps>;
    like($map, qr/\Q$ENV{SIPC_DIR}/);
    is($place % 64, 0);
    my $view = $tensor->view;
    is(length $$view, 10_000);
    is(substr($$view, 5000, 3), 'aaa');
    failure(qr/read-only/, sub { substr($$view, 0, 1) = 'b' });
    undef $view;
    $message->release;
    failure('Gone', sub { $tensor->view }, SimpleIPC::C::CLOSED);
    failure('Gone', sub { $tensor->bytes });
    failure('Gone', sub { $tensor->memory });
}

sub test_a_tensor_keeps_its_message {
    SimpleIPC::send('kept', SimpleIPC::Tensor->new('u8', [100_000], 'x' x 100_000));
    my $tensor = SimpleIPC::receive('kept', timeout => SOON)->value;
    ok((SimpleIPC::audit('kept'))[0]{chunks_in_use} > 0, 'it is held');
    is($tensor->bytes, 'x' x 100_000);
    undef $tensor;
    is((SimpleIPC::audit('kept'))[0]{chunks_in_use}, 0, 'it is not held any more');
}

run_tests();
