# Handles on queues, topics, states, signals and locks.

# What all handles have. It is closed by close, or when nothing refers to it any more.
package SimpleIPC::Channel;

use v5.36;
use Carp qw(croak);
use Scalar::Util qw(weaken);

our @CARP_NOT = qw(SimpleIPC::Source SimpleIPC::Server SimpleIPC::Host);

my %FLAGS = (
    lossless => SimpleIPC::C::OPTION_LOSSLESS, latest => SimpleIPC::C::OPTION_LATEST,
    unstamped => SimpleIPC::C::OPTION_UNSTAMPED, tap => SimpleIPC::C::OPTION_TAP,
);
my %BITS = (history => 32, depth => 32, pool_bytes_max => 63, signal => 31, permits => 32);
my $PLACES = join '', @SimpleIPC::C::OPTIONS{
    qw(size flags history depth pool_bytes_max directory signal permits end)
};
my %handles;

# Options: lossless, latest, unstamped, tap, history, depth, pool_bytes_max, directory, signal and
# permits, each for the roles that sipc_options says.
sub new($class, $name, %options) {
    $name = SimpleIPC::Library::name($name) if defined $name;
    my $role = $class->role;
    my $handle = with_options(sub ($place) {
        SimpleIPC::Library::number('J', sub ($room) {
            SimpleIPC::Library::call('open', $name, $role, $place, $room);
        });
    }, %options);
    my $self = bless { raw => $handle }, $class;
    weaken($handles{$handle} = $self);
    return $self;
}

# Calls with the place of a struct of options, and answers what that answers.
sub with_options($work, %options) {
    my $directory = delete $options{directory};
    $directory = SimpleIPC::Library::name($directory) . "\0" if defined $directory;
    my $place = defined $directory ? SimpleIPC::Library::address(\$directory) : 0;
    my $flags = 0;
    delete $options{$_} and $flags |= $FLAGS{$_} for keys %FLAGS;
    my %given = map { $_ => _unsigned($_, delete $options{$_} // 0, $BITS{$_}) } keys %BITS;
    croak "there is no option $_" for keys %options;
    my @numbers = (@given{qw(history depth pool_bytes_max)}, $place, @given{qw(signal permits)});
    my $raw = pack $PLACES, SimpleIPC::C::OPTIONS_SIZE, $flags, @numbers;
    return $work->(SimpleIPC::Library::address(\$raw));
}

# A thread has its own handles.
sub CLONE_SKIP { return 1 }

# The handle, for the library.
sub raw($self) { return $self->{raw} }

# Messages that were taken stay good.
sub close($self) {
    SimpleIPC::Library::plain('close', $self->{raw});
    return;
}

# Ends the wait that goes on in this handle, or else the next one: a Retry whose status is
# SimpleIPC::C::INTERRUPTED. For handlers of signals.
sub interrupt($self) {
    $self->{is_interrupted} = 1;
    SimpleIPC::Library::check_bare(SimpleIPC::Library::plain('interrupt', $self->{raw}));
    return;
}

# Whether a wait ended for interrupt, and not for any signal; said once.
sub take_interrupt($self) { return delete $self->{is_interrupted} }

# A descriptor of what takes and of clients: readable as long as there may be something to take,
# with a timeout of 0 until Timeout.
sub fd($self) {
    return SimpleIPC::Library::number('l', sub ($room) {
        SimpleIPC::Library::call('fd', $self->{raw}, $room);
    });
}

# The same as a file handle, for select and event loops. It is not to be read.
sub fh($self) {
    return $self->{fh} //= do {
        open my $fh, '<&', $self->fd or die "cannot have a copy of the descriptor: $!\n";
        $fh;
    };
}

sub DESTROY($self) {
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT' || !defined $self->{raw};
    $self->close;
    delete $handles{ $self->{raw} };
    return;
}

# The last program out removes the files; so all is closed while that is still possible.
sub END {
    $_->close for grep { defined } values %handles;
    return;
}

sub _unsigned($name, $value, $bits) {
    croak "$name is an integer" if ref $value || $value !~ /^-?\d+$/a;
    croak "$name is $value" if $value < 0 || $value >= 2**$bits;
    return $value;
}

# Calls a function with the handle and the arguments until its status is final, and checks it.
sub _wait($self, $timeout, $function, @arguments) {
    SimpleIPC::Library::check(SimpleIPC::Library::wait_for($timeout, [$self], sub ($ns) {
        SimpleIPC::Library::call($function, $self->{raw}, @arguments, $ns);
    }));
    return;
}

# What puts.
package SimpleIPC::Producer;

our @ISA = 'SimpleIPC::Channel';

# Waits for room until the timeout, then dies with a Retry whose status is SimpleIPC::C::FULL.
# Options: timeout, capture_time_ns.
sub put($self, $value, %options) {
    my $encoder = SimpleIPC::Encoder->new($value, $options{capture_time_ns} // 0);
    return $self->_wait($options{timeout}, 'put', $encoder->address);
}

# Memory of the channel, to be filled in place and then put: a tensor, or bytes if the shape is
# their number. Options: format, timeout.
sub loan($self, $dtype, $shape, %options) {
    return SimpleIPC::Loan->new($self, $dtype, $shape, %options);
}

# What takes.
package SimpleIPC::Source;

our @ISA = 'SimpleIPC::Channel';

# The option timeout is that of all waits that are given none.
sub new($class, $name, %options) {
    my $timeout = delete $options{timeout};
    my $self = SimpleIPC::Channel::new($class, $name, %options);
    $self->{timeout} = $timeout;
    return $self;
}

# The next message; dies with Timeout. Option: timeout.
sub receive($self, %options) { return $self->_take('take', %options) }

# The next message, or undef if none comes within the timeout:
# while (my $message = $receiver->next) { ... }
sub next($self, %options) {
    my $message = eval { $self->receive(%options) };
    die $@ if !$message && !(ref $@ && $@->isa('SimpleIPC::Timeout'));
    return $message;
}

sub _take($self, $function, %options) {
    my $timeout = exists $options{timeout} ? $options{timeout} : $self->{timeout};
    return SimpleIPC::Message->taken($timeout, [$self], sub ($place, $ns) {
        SimpleIPC::Library::call($function, $self->{raw}, $ns, $place);
    });
}

package SimpleIPC::Publisher;

our @ISA = 'SimpleIPC::Producer';

sub role { return SimpleIPC::C::ROLE_PUBLISH }
sub publish($self, @put) { return $self->put(@put) }

# Options: lossless, latest, tap, history.
package SimpleIPC::Subscriber;

our @ISA = 'SimpleIPC::Source';

sub role { return SimpleIPC::C::ROLE_SUBSCRIBE }

package SimpleIPC::Sender;

our @ISA = 'SimpleIPC::Producer';

sub role { return SimpleIPC::C::ROLE_SEND }
sub send($self, @put) { return $self->put(@put) }

package SimpleIPC::Receiver;

our @ISA = 'SimpleIPC::Source';

sub role { return SimpleIPC::C::ROLE_RECEIVE }

# Sets the value of a state, which stays when the setter has gone.
package SimpleIPC::Setter;

our @ISA = 'SimpleIPC::Producer';

sub role { return SimpleIPC::C::ROLE_SET }
sub set($self, @put) { return $self->put(@put) }

# Compare and set: only if the value is still the one with that sequence; undef: if there is none
# yet. Whether it was set. Options: timeout, capture_time_ns.
sub set_if($self, $value, $expected, %options) {
    my $encoder = SimpleIPC::Encoder->new($value, $options{capture_time_ns} // 0);
    my @known = ($encoder->address, ~0);
    $known[1] = SimpleIPC::Channel::_unsigned('expected', $expected, 63) if defined $expected;
    my $status = SimpleIPC::Library::wait_for($options{timeout}, [$self], sub ($ns) {
        SimpleIPC::Library::call('put_if', $self->{raw}, @known, $ns);
    });
    SimpleIPC::Library::check($status) if $status != SimpleIPC::C::CONFLICT;
    return $status == SimpleIPC::C::OK;
}

# Looks at a state: receive, and next, take the newest value not yet taken.
package SimpleIPC::Watcher;

our @ISA = 'SimpleIPC::Source';

sub role { return SimpleIPC::C::ROLE_WATCH }

# The value as it is now; waits only if there is none yet. Option: timeout.
sub get($self, %options) { return $self->_take('current', %options) }

# Says that something has happened, and waits for nobody.
package SimpleIPC::Notifier;

our @ISA = 'SimpleIPC::Producer';

sub role { return SimpleIPC::C::ROLE_NOTIFY }
sub notify($self) { return $self->put(undef) }

# Waits for notifications; none is missed from its opening on. Option: signal, the number of one
# that is to be raised in this process instead.
package SimpleIPC::Waiter;

our @ISA = 'SimpleIPC::Source';

sub role { return SimpleIPC::C::ROLE_WAIT }

# How many there were since the last time; dies with Timeout. Option: timeout.
sub wait($self, %options) { return 0 + ${ $self->receive(%options)->value } }

# Watches who has a channel open, of any pattern, without being on it. What is received are events:
# maps with event (up, down), pid, program, language, role, since_ns and id.
package SimpleIPC::PeerWatcher;

our @ISA = 'SimpleIPC::Source';

sub role { return SimpleIPC::C::ROLE_PEERS }

# A lock of the machine, free at once when its owner dies. Option: permits.
package SimpleIPC::Lock;

our @ISA = 'SimpleIPC::Channel';

sub role { return SimpleIPC::C::ROLE_LOCK }

# Dies with Timeout. Option: timeout.
sub lock($self, %options) {
    my $pid = SimpleIPC::Library::number('Q', sub ($room) {
        SimpleIPC::Library::wait_for($options{timeout}, [$self], sub ($ns) {
            SimpleIPC::Library::call('lock', $self->{raw}, $ns, $room);
        });
    });
    $self->{abandoned_pid} = $pid || undef;
    return;
}

# The process that died with it, if the last owner did; what it protects may be half done.
sub abandoned_pid($self) { return $self->{abandoned_pid} }

# Whether it is free, and now this handle's.
sub try_lock($self) {
    return 1 if eval { $self->lock(timeout => 0); 1 };
    die $@ if !(ref $@ && $@->isa('SimpleIPC::Timeout'));
    return 0;
}

sub unlock($self) {
    SimpleIPC::Library::check(SimpleIPC::Library::call('unlock', $self->{raw}));
    return;
}

# The result of a sub that has the lock meanwhile. Option: timeout.
sub synchronized($self, $work, %options) {
    $self->lock(%options);
    my @result = wantarray ? eval { $work->($self) } : scalar eval { $work->($self) };
    my $failure = $@;
    $self->unlock;
    die $failure if $failure ne '';
    return wantarray ? @result : $result[0];
}

1;
