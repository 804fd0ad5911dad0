# What Perl has no type for, and how values become the library's and back.

# An integer that is sent, and was received, as an unsigned one.
package SimpleIPC::Uint;

use v5.36;
use overload '0+' => sub ($self, @) { $$self }, '""' => sub ($self, @) { "$$self" }, fallback => 1;

sub new($class, $value) {
    my $number = $value =~ /^\d+$/a ? 0 + $value : '';
    Carp::croak("$value is no unsigned integer of 64 bits") if $number eq '' || $number ne $value;
    return bless \$number, $class;
}

# A number that is sent as a float, also if it is whole.
package SimpleIPC::Float;

use overload '0+' => sub ($self, @) { $$self }, '""' => sub ($self, @) { "$$self" }, fallback => 1;

sub new($class, $value) { return bless \(my $copy = 0 + $value), $class }

# A string that is sent, and was received, as bytes and not as text.
package SimpleIPC::Bytes;

use overload '""' => sub ($self, @) { $$self }, fallback => 1;

sub new($class, $bytes) {
    utf8::downgrade($bytes, 1) or Carp::croak('bytes have a character above 255 among them');
    return bless \(my $copy = $bytes), $class;
}

# Bytes with a content type.
package SimpleIPC::Opaque;

sub new($class, $data, $content_type) {
    my $bytes = SimpleIPC::Bytes->new($data);
    return bless { data => "$bytes", content_type => $content_type }, $class;
}

sub data($self) { return $self->{data} }
sub content_type($self) { return $self->{content_type} }

# A map that keeps its order: SimpleIPC::Map->new(a => 1, b => 2). It can be used as a reference to
# a hash, which is a copy.
package SimpleIPC::Map;

use overload '%{}' => sub ($self, @) { $self->hash }, fallback => 1;

sub new($class, @pairs) {
    Carp::croak('a map has a value for each key') if @pairs % 2;
    return bless [@pairs], $class;
}

# Keys and values in turns, as they were put.
sub pairs($self) { return @$self }
sub hash($self) { return { @$self } }

# An array of numbers: the type of its elements, a shape, and the elements as bytes. One that was
# received is not copied: it lies in shared memory, read-only, until its message is released.
package SimpleIPC::Tensor;

use FFI::Platypus::Buffer qw(window);

# In the order of SIPC_DTYPE_*: the name, the bytes of an element, and how it is unpacked.
our @DTYPES = (
    [bool => 1, 'C'], [u8 => 1, 'C'], [i8 => 1, 'c'], [u16 => 2, 'S'], [i16 => 2, 's'],
    [u32 => 4, 'L'], [i32 => 4, 'l'], [u64 => 8, 'Q'], [i64 => 8, 'q'], [f16 => 2, 'S'],
    [f32 => 4, 'f'], [f64 => 8, 'd'], [c64 => 8, 'f2'], [c128 => 16, 'd2'],
);
our %DTYPES = map { $DTYPES[$_][0] => $_ + 1 } 0 .. $#DTYPES;

# The data are all elements, row-major.
sub new($class, $dtype, $shape, $data, $format = '') {
    my $size = bytes_of($dtype, $shape);
    my $bytes = SimpleIPC::Bytes->new($data);
    my $found = length $$bytes;
    Carp::croak("$dtype [@$shape] has $size bytes, not $found") if $found != $size;
    my %self = (dtype => $dtype, shape => [@$shape], format => $format, data => $$bytes);
    my $self = bless \%self, $class;
    $self->{strides} = $self->dense(0);
    return $self;
}

# One that a message holds.
sub received($class, $dtype, $shape, $strides, $place, $size, $format, $hold) {
    my %self = (
        dtype => $DTYPES[$dtype - 1][0], shape => $shape, strides => $strides, format => $format,
        place => $place, extent => $size, hold => $hold,
    );
    return bless \%self, $class;
}

# The bytes of a dense tensor; croaks if there is no such dtype or shape.
sub bytes_of($dtype, $shape) {
    my $number = $DTYPES{$dtype} // Carp::croak("there is no dtype $dtype");
    my $dims = SimpleIPC::C::DIMS_MAX;
    my $is_shape = ref $shape eq 'ARRAY' && @$shape <= $dims && !grep { !/^\d+$/a } @$shape;
    Carp::croak("a shape is a reference to at most $dims sizes") unless $is_shape;
    my $bytes = $DTYPES[$number - 1][1];
    $bytes *= $_ for @$shape;
    return $bytes;
}

sub dtype($self) { return $self->{dtype} }
sub shape($self) { return $self->{shape} }
sub strides($self) { return $self->{strides} }
sub format($self) { return $self->{format} }

# How many elements.
sub size($self) {
    my $size = 1;
    $size *= $_ for @{ $self->{shape} };
    return $size;
}

# A reference to a read-only string that is the memory itself, from the first element to the last:
# unpack and substr look into it. It must not be used after the release of the message.
sub view($self) {
    return \$self->{data} unless $self->{hold};
    $self->{hold}->check;
    window(my $view, $self->{place}, $self->{extent});
    return \$view;
}

# Where the elements are, and the bytes up to the end of the last one.
sub memory($self) {
    $self->{hold}->check if $self->{hold};
    return $self->{hold} ? @$self{qw(place extent)}
        : (SimpleIPC::Library::address(\$self->{data}), length $self->{data});
}

# A copy of all elements, row-major.
sub bytes($self) {
    my $view = $self->view;
    return $self->_gather($view, 0, 0);
}

# A copy as nested arrays of numbers; an f16 is left as its 16 bits, a complex number is two.
sub to_array($self) {
    my ($width, $letters) = @{ $DTYPES[$DTYPES{ $self->{dtype} } - 1] }[1, 2];
    my @numbers = unpack "($letters)*", $self->bytes;
    if ($letters =~ /2/) {
        @numbers = map { [@numbers[2 * $_, 2 * $_ + 1]] } 0 .. $#numbers / 2;
    }
    return $self->_nest(\@numbers, 0);
}

# The strides of the dimensions from one on, if there is nothing between the elements.
sub dense($self, $dim) {
    my $bytes = $DTYPES[$DTYPES{ $self->{dtype} } - 1][1];
    my @strides;
    for my $size (reverse @{ $self->{shape} }[$dim .. $#{ $self->{shape} }]) {
        unshift @strides, $bytes;
        $bytes *= $size;
    }
    return \@strides;
}

sub _gather($self, $view, $dim, $offset) {
    my @shape = @{ $self->{shape} }[$dim .. $#{ $self->{shape} }];
    my @strides = @{ $self->{strides} }[$dim .. $#{ $self->{strides} }];
    return substr $$view, $offset, bytes_of($self->{dtype}, \@shape)
        if "@strides" eq "@{ $self->dense($dim) }";
    return join '',
        map { $self->_gather($view, $dim + 1, $offset + $_ * $strides[0]) } 0 .. $shape[0] - 1;
}

sub _nest($self, $numbers, $dim) {
    return shift @$numbers if $dim == @{ $self->{shape} };
    return [map { $self->_nest($numbers, $dim + 1) } 1 .. $self->{shape}[$dim]];
}

# Makes structs of values; what they point to lives as long as the encoder.
package SimpleIPC::Encoder;

use B ();
use Scalar::Util qw(blessed);
no warnings 'experimental::builtin';

use constant DEPTH_MAX => 64;

our @CARP_NOT = qw(SimpleIPC SimpleIPC::Producer SimpleIPC::Client SimpleIPC::Tensor);

my $HEAD = join '', @SimpleIPC::C::VALUE{qw(size kind)};
my $END = $SimpleIPC::C::VALUE{end};
my $CAPTURE_AT = $SimpleIPC::C::VALUE{capture_time_ns} =~ s/\D//gr;
my %FIELDS = (
    i => $SimpleIPC::C::VALUE{i},
    u => $SimpleIPC::C::VALUE{u},
    f => $SimpleIPC::C::VALUE{f},
    data => join('', @SimpleIPC::C::VALUE{qw(data len)}),
    items => join('', @SimpleIPC::C::VALUE{qw(items count)}),
    opaque => join('', @SimpleIPC::C::VALUE{qw(data len label label_len)}),
    tensor => join(
        '', @SimpleIPC::C::VALUE{qw(data len label label_len dtype ndim shape strides)},
    ),
);

sub new($class, $value, $capture_time_ns = 0) {
    my $self = bless { kept => [] }, $class;
    $self->{raw} = $self->_pack($value, 0);
    substr($self->{raw}, $CAPTURE_AT, 8) = pack 'q', $capture_time_ns;
    return $self;
}

# Of what is to be lent: a tensor, or bytes if the shape is their number.
sub blank($class, $dtype, $shape, $format) {
    my $self = bless { kept => [] }, $class;
    if (ref $shape) {
        SimpleIPC::Tensor::bytes_of($dtype, $shape);
        $self->{raw} = $self->_tensor($dtype, $shape, [(0) x @$shape], $format, 0, 0);
    } else {
        Carp::croak("$shape bytes cannot be lent") if $shape !~ /^\d+$/a;
        $self->{raw} = $self->_struct(SimpleIPC::C::KIND_BYTES, 'data', 0, $shape);
    }
    return $self;
}

# Where the struct is.
sub address($self) { return SimpleIPC::Library::address(\$self->{raw}) }

# For what the library has written into it.
sub data($self) { return unpack $FIELDS{data}, $self->{raw} }

sub capture($self, $time_ns) {
    substr($self->{raw}, $CAPTURE_AT, 8) = pack 'q', $time_ns;
    return;
}

my %KINDS = (
    'SimpleIPC::Uint' => SimpleIPC::C::KIND_UINT, 'SimpleIPC::Float' => SimpleIPC::C::KIND_FLOAT,
    'SimpleIPC::Bytes' => SimpleIPC::C::KIND_BYTES, 'SimpleIPC::Map' => SimpleIPC::C::KIND_MAP,
    'SimpleIPC::Tensor' => SimpleIPC::C::KIND_TENSOR,
    'SimpleIPC::Opaque' => SimpleIPC::C::KIND_OPAQUE,
    'JSON::PP::Boolean' => SimpleIPC::C::KIND_BOOL,
    ARRAY => SimpleIPC::C::KIND_LIST, HASH => SimpleIPC::C::KIND_MAP,
);

# The kind as which a value is sent. A number is what it was made as; one that has been both is an
# int.
sub kind_of($class, $value) {
    return SimpleIPC::C::KIND_NULL unless defined $value;
    if (my $ref = ref $value) {
        return $KINDS{$ref} // Carp::croak("a $ref cannot be sent");
    }
    Carp::croak('a glob cannot be sent') if ref \$value eq 'GLOB';
    return SimpleIPC::C::KIND_BOOL if builtin::is_bool($value);
    return SimpleIPC::C::KIND_STR unless builtin::created_as_number($value);
    my $flags = B::svref_2object(\$value)->FLAGS;
    return SimpleIPC::C::KIND_FLOAT unless $flags & B::SVf_IOK;
    return $value > ~0 >> 1 ? SimpleIPC::C::KIND_UINT : SimpleIPC::C::KIND_INT;
}

sub _pack($self, $value, $depth) {
    Carp::croak("a value is nested more than ${\ DEPTH_MAX} deep") if $depth > DEPTH_MAX;
    my $kind = __PACKAGE__->kind_of($value);
    return $self->_struct($kind) if $kind == SimpleIPC::C::KIND_NULL;
    return $self->_struct($kind, 'i', $value ? 1 : 0) if $kind == SimpleIPC::C::KIND_BOOL;
    return $self->_struct($kind, 'i', $value) if $kind == SimpleIPC::C::KIND_INT;
    my $number = ref $value eq 'SimpleIPC::Uint' || ref $value eq 'SimpleIPC::Float' ? $$value
        : $value;
    return $self->_struct($kind, 'u', $number) if $kind == SimpleIPC::C::KIND_UINT;
    return $self->_struct($kind, 'f', $number) if $kind == SimpleIPC::C::KIND_FLOAT;
    return $self->_struct($kind, 'data', $self->_text($value)) if $kind == SimpleIPC::C::KIND_STR;
    return $self->_struct($kind, 'data', $self->_keep("$value"))
        if $kind == SimpleIPC::C::KIND_BYTES;
    return $self->_items($kind, $value, scalar @$value, $depth)
        if $kind == SimpleIPC::C::KIND_LIST;
    return $self->_map($value, $depth) if $kind == SimpleIPC::C::KIND_MAP;
    if ($kind == SimpleIPC::C::KIND_OPAQUE) {
        my @label = $self->_text($value->content_type);
        return $self->_struct($kind, 'opaque', $self->_keep($value->data), @label);
    }
    push @{ $self->{kept} }, $value;
    my @what = ($value->dtype, $value->shape, $value->strides, $value->format);
    return $self->_tensor(@what, $value->memory);
}

sub _struct($self, $kind, $fields = undef, @values) {
    my $letters = $HEAD . (defined $fields ? $FIELDS{$fields} : '') . $END;
    return pack $letters, SimpleIPC::C::VALUE_SIZE, $kind, @values;
}

# The address and length of a string.
sub _keep($self, $bytes) {
    push @{ $self->{kept} }, \$bytes;
    return (SimpleIPC::Library::address(\$bytes), length $bytes);
}

sub _text($self, $text) {
    Carp::croak('a text has a character that UTF-8 does not have')
        if $text =~ /[\x{D800}-\x{DFFF}]|[^\x{0}-\x{10FFFF}]/;
    utf8::encode($text);
    return $self->_keep($text);
}

sub _items($self, $kind, $values, $count, $depth) {
    my $structs = join '', map { $self->_pack($_, $depth + 1) } @$values;
    my ($address) = $self->_keep($structs);
    return $self->_struct($kind, 'items', $address, $count);
}

# A hash of Perl has no order; its keys are sorted.
sub _map($self, $map, $depth) {
    my @pairs = ref $map eq 'HASH' ? map { $_ => $map->{$_} } sort keys %$map : $map->pairs;
    for my $index (0 .. $#pairs) {
        Carp::croak('a key is text') if $index % 2 == 0 && ref $pairs[$index];
        $pairs[$index] = "$pairs[$index]" if $index % 2 == 0;
    }
    return $self->_items(SimpleIPC::C::KIND_MAP, \@pairs, @pairs / 2, $depth);
}

sub _tensor($self, $dtype, $shape, $strides, $format, $address, $size) {
    my @fill = (0) x (SimpleIPC::C::DIMS_MAX - @$shape);
    my @label = $self->_text($format);
    my $number = $SimpleIPC::Tensor::DTYPES{$dtype};
    my @dims = (@$shape, @fill, @$strides, @fill);
    my @fields = ($address, $size, @label, $number, scalar @$shape, @dims);
    return $self->_struct(SimpleIPC::C::KIND_TENSOR, 'tensor', @fields);
}

# The value of a struct; a tensor keeps what holds its message.
sub decode($class, $raw, $hold) {
    my $kind = unpack $SimpleIPC::C::VALUE{kind}, $raw;
    return undef if $kind == SimpleIPC::C::KIND_NULL;
    return !!unpack($FIELDS{i}, $raw) if $kind == SimpleIPC::C::KIND_BOOL;
    return unpack $FIELDS{i}, $raw if $kind == SimpleIPC::C::KIND_INT;
    return SimpleIPC::Uint->new(unpack $FIELDS{u}, $raw) if $kind == SimpleIPC::C::KIND_UINT;
    return unpack $FIELDS{f}, $raw if $kind == SimpleIPC::C::KIND_FLOAT;
    return _string(unpack $FIELDS{data}, $raw) if $kind == SimpleIPC::C::KIND_STR;
    return SimpleIPC::Bytes->new(SimpleIPC::Library::peek(unpack $FIELDS{data}, $raw))
        if $kind == SimpleIPC::C::KIND_BYTES;
    return [_items_of($raw, 1, $hold)] if $kind == SimpleIPC::C::KIND_LIST;
    return SimpleIPC::Map->new(_items_of($raw, 2, $hold)) if $kind == SimpleIPC::C::KIND_MAP;
    my ($data, $len, $label, $label_len, $dtype, $ndim, @sizes) = unpack $FIELDS{tensor}, $raw;
    my $text = _string($label, $label_len);
    return SimpleIPC::Opaque->new(SimpleIPC::Library::peek($data, $len), $text)
        if $kind == SimpleIPC::C::KIND_OPAQUE;
    die "a value of kind $kind is none this program knows\n" if $kind != SimpleIPC::C::KIND_TENSOR;
    my $strides = [@sizes[SimpleIPC::C::DIMS_MAX .. SimpleIPC::C::DIMS_MAX + $ndim - 1]];
    my $shape = [@sizes[0 .. $ndim - 1]];
    return SimpleIPC::Tensor->received($dtype, $shape, $strides, $data, $len, $text, $hold);
}

sub _string($place, $size) {
    my $text = SimpleIPC::Library::peek($place, $size);
    utf8::decode($text);
    return $text;
}

sub _items_of($raw, $per_item, $hold) {
    my ($place, $count) = unpack $FIELDS{items}, $raw;
    my $size = SimpleIPC::C::VALUE_SIZE;
    return map {
        __PACKAGE__->decode(SimpleIPC::Library::peek($place + $_ * $size, $size), $hold)
    } 0 .. $count * $per_item - 1;
}

1;
