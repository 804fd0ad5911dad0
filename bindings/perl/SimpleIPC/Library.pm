# What can go wrong. The number of a status tells its class, also of one added later.
package SimpleIPC::Error;

use v5.36;
use SimpleIPC::C;
use overload '""' => sub ($self, @) { $self->message }, bool => sub { 1 }, fallback => 1;

sub of($class, $status, $os_code, $message) {
    my ($name) = map { $_->[1] } grep { $status <= $_->[0] } @SimpleIPC::C::CLASSES;
    my %kinds = (
        retry => 'Retry', gone => 'Gone', misuse => 'Misuse', corrupt => 'Corrupt',
        system => 'System',
    );
    my $kind = $status == SimpleIPC::C::TIMEOUT ? 'Timeout' : $kinds{ $name // '' } // 'Error';
    my $self = { status => $status, os_code => $os_code, message => $message };
    return bless $self, "SimpleIPC::$kind";
}

sub status($self) { return $self->{status} }
sub os_code($self) { return $self->{os_code} }
sub message($self) { return $self->{message} }

# Nothing is wrong; the same call may succeed later.
@SimpleIPC::Retry::ISA = 'SimpleIPC::Error';
# Nothing arrived within the time given.
@SimpleIPC::Timeout::ISA = 'SimpleIPC::Retry';
# The handle, or the message, is of no use any more.
@SimpleIPC::Gone::ISA = 'SimpleIPC::Error';
# The call cannot succeed as it stands; mend it.
@SimpleIPC::Misuse::ISA = 'SimpleIPC::Error';
# The channel's file is damaged, or of another version.
@SimpleIPC::Corrupt::ISA = 'SimpleIPC::Error';
# The operating system refused; os_code says why.
@SimpleIPC::System::ISA = 'SimpleIPC::Error';

# What a server answers with when its program says no; a method dies with one to do so.
package SimpleIPC::ServiceError;

our @ISA = 'SimpleIPC::Misuse';

sub new($class, $code, $message, $data = undef) {
    my $status = SimpleIPC::C::FAILED;
    my %self = (status => $status, os_code => 0, message => $message, code => $code, data => $data);
    return bless \%self, $class;
}

sub code($self) { return $self->{code} }
sub data($self) { return $self->{data} }

# The loaded library, and how it is called.
package SimpleIPC::Library;

use Carp qw(croak);
use FFI::Platypus 2.00;
use FFI::Platypus::DL ();
use FFI::Platypus::Buffer qw(scalar_to_pointer);
use FFI::Platypus::Memory qw(calloc memcpy);
use Scalar::Util qw(looks_like_number);

use constant { SLICE_NS => 1_000_000_000, NS_MAX => ~0 >> 1 };

our @CARP_NOT = qw(SimpleIPC SimpleIPC::Channel SimpleIPC::Encoder SimpleIPC::Tensor);

my $folder = $ENV{SIPC_LIB_DIR};
my $path = (defined $folder ? "$folder/" : '') . 'libsimpleipc.so';
# Each thread closes it at its end; it stays loaded.
use constant { RTLD_LAZY => 1, RTLD_NODELETE => 0x1000 };
FFI::Platypus::DL::dlopen($path, RTLD_LAZY | RTLD_NODELETE);
my $ffi = FFI::Platypus->new(api => 2, lib => $path);
my $abi_version = eval { $ffi->function(sipc_abi_version => [] => 'uint32') }
    // die "$path cannot be loaded; set SIPC_LIB_DIR to its folder\n";
if ((my $theirs = $abi_version->call) != SimpleIPC::C::ABI_VERSION) {
    die "libsimpleipc speaks ABI $theirs, this program ${\ SimpleIPC::C::ABI_VERSION}\n";
}

my %types = (
    l => 'sint32', L => 'uint32', q => 'sint64', Q => 'uint64', d => 'double', J => 'opaque',
    p => 'string', v => 'void',
);
# As subs, which threads may share, and not as objects, which they may not.
while (my ($name, $letters) = each %SimpleIPC::C::FUNCTIONS) {
    my ($result, @arguments) = @types{ split //, $letters };
    $ffi->attach(["sipc_$name" => "SimpleIPC::Native::$name"] => \@arguments => $result);
}

# Room for an error and a number, which each thread has for itself.
my ($error, $room);

sub CLONE {
    $error = calloc(1, SimpleIPC::C::ERROR_SIZE);
    $room = calloc(1, 8);
    poke($error, pack 'L', SimpleIPC::C::ERROR_SIZE);
    return;
}
CLONE();

# Calls a function as it is.
sub plain($name, @arguments) { return "SimpleIPC::Native"->can($name)->(@arguments) }

# Calls a function whose last argument is the error; its status.
sub call($name, @arguments) { return "SimpleIPC::Native"->can($name)->(@arguments, $error) }

# Dies unless a status is OK; of what was called with the error.
sub check($status) {
    return if $status == SimpleIPC::C::OK;
    my $raw = peek($error, SimpleIPC::C::ERROR_SIZE);
    my ($os_code, $message) = unpack join('', @SimpleIPC::C::ERROR{qw(os_code message)}), $raw;
    utf8::decode($message);
    die SimpleIPC::Error->of($status, $os_code, $message);
}

# Dies unless a status is OK; of what gives no sentence.
sub check_bare($status) {
    return if $status == SimpleIPC::C::OK;
    die SimpleIPC::Error->of($status, 0, plain('status_text', $status));
}

# Dies for what is used after its end.
sub gone($message) { die SimpleIPC::Error->of(SimpleIPC::C::CLOSED, 0, $message) }

# Calls with room for one number, checks the status and answers the number.
sub number($letter, $attempt) {
    check($attempt->($room));
    return unpack $letter, peek($room, 8);
}

# Calls with the nanoseconds to try for, until the status is final, and answers that. Between two
# tries, a second apart at most, Perl runs handlers of signals.
sub wait_for($timeout, $handles, $attempt) {
    my $limit = defined $timeout ? nanoseconds($timeout) : undef;
    my $start = plain('now_ns');
    while (1) {
        my $left = defined $limit ? $limit - (plain('now_ns') - $start) : NS_MAX;
        $left = 0 if $left < 0;
        my $status = $attempt->($left < SLICE_NS ? $left : SLICE_NS);
        if ($status == SimpleIPC::C::INTERRUPTED) {
            return $status if grep { $_->take_interrupt } @$handles;
        } elsif ($status == SimpleIPC::C::TIMEOUT || $status == SimpleIPC::C::FULL) {
            return $status if $left <= SLICE_NS;
        } else {
            return $status;
        }
    }
}

# Seconds as nanoseconds.
sub nanoseconds($seconds) {
    croak 'a timeout is a number of seconds, or undef' unless looks_like_number($seconds);
    croak 'a timeout is 0 or more seconds' unless $seconds >= 0;
    my $ns = $seconds * 1e9;
    return $ns < 9e18 ? int($ns + 0.5) : NS_MAX;
}

# A text as the library takes it.
sub name($name) {
    croak 'a name is text' if !defined $name || ref $name;
    croak 'a name has a NUL in it' if index($name, "\0") >= 0;
    utf8::encode($name);
    return $name;
}

# Where the bytes of a string are, as long as nobody changes it.
sub address($string) { return scalar_to_pointer($$string) }

# A copy of memory.
sub peek($place, $size) { return $size == 0 ? '' : unpack "P$size", pack 'J', $place }

# Copies bytes to memory.
sub poke($place, $bytes) {
    memcpy($place, scalar_to_pointer($bytes), length $bytes);
    return;
}

1;
