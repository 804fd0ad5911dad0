# The values of testing/interop as words, and as Perl has them.
package DriverNotation;

use v5.36;
use Compress::Zlib qw(crc32);

use constant PRINTED_BYTES_MAX => 64;

# The value that a word stands for.
sub parse($class, $word) { return _value(\$word) }

# Reads a value from the left of what is left.
sub _value($rest) {
    my $tag = substr $$rest, 0, 1, '';
    return undef if $tag eq 'n';
    return _field($rest) eq '1' if $tag eq 'b';
    return 0 + _field($rest) if $tag eq 'i';
    return SimpleIPC::Uint->new(_field($rest)) if $tag eq 'u';
    return unpack 'd>', _bytes($rest) if $tag eq 'd';
    return _text($rest) if $tag eq 's';
    return SimpleIPC::Bytes->new(_bytes($rest)) if $tag eq 'x';
    return [_items($rest)] if $tag eq '[';
    return SimpleIPC::Map->new(_items($rest)) if $tag eq '{';
    return SimpleIPC::Bytes->new(_pattern(_field($rest), _field($rest))) if $tag eq 'X';
    return _letters(_field($rest), _field($rest)) if $tag eq 'S';
    if ($tag eq 'o') {
        my $type = _text($rest);
        return SimpleIPC::Opaque->new(_bytes($rest), $type);
    }
    my ($dtype, $sizes, $format) = (_field($rest), _field($rest), _text($rest));
    my $shape = [map { 0 + $_ } split /x/, $sizes];
    my $size = SimpleIPC::Tensor::bytes_of($dtype, $shape);
    my $data = $tag eq 't' ? _bytes($rest) : _pattern($size, _field($rest));
    return SimpleIPC::Tensor->new($dtype, $shape, $data, $format);
}

# Up to the next separator; a colon is passed over.
sub _field($rest) {
    $$rest =~ s/^([^:,\]}]*):?//;
    return $1;
}

sub _bytes($rest) { return pack 'H*', _field($rest) }

sub _text($rest) {
    my $text = _bytes($rest);
    utf8::decode($text);
    return $text;
}

# Of a list values, of a map keys and values in turns.
sub _items($rest) {
    my @items;
    push @items, _value($rest) while $$rest !~ s/^[\]}]:?// && ($$rest =~ s/^,// || 1);
    return @items;
}

sub _pattern($size, $seed) {
    my $block = pack 'C*', map { ($seed + $_) & 255 } 0 .. 250;
    return substr $block x (int($size / 251) + 1), 0, $size;
}

sub _letters($size, $seed) {
    my $block = join '', map { chr(97 + ($seed + $_) % 26) } 0 .. 22;
    return substr $block x (int($size / 23) + 1), 0, $size;
}

# The word for a value.
sub show($class, $value) {
    my $kind = SimpleIPC::Encoder->kind_of($value);
    my %words = (
        SimpleIPC::C::KIND_NULL, sub { 'n' },
        SimpleIPC::C::KIND_BOOL, sub { $value ? 'b1' : 'b0' },
        SimpleIPC::C::KIND_INT, sub { "i$value" },
        SimpleIPC::C::KIND_UINT, sub { "u$value" },
        SimpleIPC::C::KIND_FLOAT, sub { 'd' . unpack 'H*', pack 'd>', $value },
        SimpleIPC::C::KIND_STR, sub { 's' . _data(_utf8($value)) },
        SimpleIPC::C::KIND_BYTES, sub { 'x' . _data("$value") },
        SimpleIPC::C::KIND_LIST, sub { '[' . join(',', map { $class->show($_) } @$value) . ']' },
        SimpleIPC::C::KIND_MAP, sub { '{' . _pairs($value->pairs) . '}' },
        SimpleIPC::C::KIND_TENSOR, sub {
            my $shape = join 'x', @{ $value->shape };
            my $format = unpack 'H*', _utf8($value->format);
            join ':', 't' . $value->dtype, $shape, $format, _data($value->bytes);
        },
        SimpleIPC::C::KIND_OPAQUE, sub {
            'o' . unpack('H*', _utf8($value->content_type)) . ':' . _data($value->data);
        },
    );
    return $words{$kind}->();
}

sub _pairs(@pairs) {
    my @words = map { __PACKAGE__->show($_) } @pairs;
    return join ',', map { "$words[2 * $_]:$words[2 * $_ + 1]" } 0 .. @words / 2 - 1;
}

sub _utf8($text) {
    utf8::encode($text);
    return $text;
}

sub _data($data) {
    return unpack 'H*', $data if length $data <= PRINTED_BYTES_MAX;
    return sprintf '#%d:%08x', length $data, crc32($data);
}

1;
