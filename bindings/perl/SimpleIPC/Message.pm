# What was taken, and what the library keeps for it.

# What the library has lent with a message.
package SimpleIPC::Hold;

use v5.36;
use FFI::Platypus::Memory qw(calloc free);
use Scalar::Util qw(weaken);

my %open;

sub new($class) {
    my $place = calloc(1, SimpleIPC::C::MESSAGE_SIZE);
    SimpleIPC::Library::poke($place, pack 'L', SimpleIPC::C::MESSAGE_SIZE);
    my $self = bless { place => $place }, $class;
    weaken($open{$self} = $self);
    return $self;
}

sub CLONE_SKIP { return 1 }

sub place($self) { return $self->{place} }

sub release($self) {
    SimpleIPC::Library::plain('release', $self->{place}) if $self->{place};
    $self->{is_released} = 1;
    return;
}

sub check($self) {
    SimpleIPC::Library::gone('the message has been released') if $self->{is_released};
    return;
}

sub DESTROY($self) {
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT';
    $self->release;
    free(delete $self->{place});
    delete $open{$self};
    return;
}

# What is left at the end of the program is released while that is still possible.
sub END {
    $_->release for grep { defined } values %open;
    return;
}

# A message that was taken. In a queue it counts as done when it is released: by release, or when
# nothing refers to it or to a tensor of it any more. That of a program that dies first comes again.
package SimpleIPC::Message;

my %MESSAGE = %SimpleIPC::C::MESSAGE;

# Takes one; `attempt` is called with where it goes and the nanoseconds to try for. The status may
# be another one that is accepted.
sub taken($class, $timeout, $handles, $attempt, $accepted = SimpleIPC::C::OK) {
    my $hold = SimpleIPC::Hold->new;
    my $place = $hold->place;
    my $status = SimpleIPC::Library::wait_for($timeout, $handles, sub ($ns) {
        $attempt->($place, $ns);
    });
    SimpleIPC::Library::check($status) if $status != $accepted;
    my $raw = SimpleIPC::Library::peek($place, SimpleIPC::C::MESSAGE_SIZE);
    return bless { hold => $hold, raw => $raw, status => $status }, $class;
}

# The value, which is copied, but for tensors, when it is asked for the first time.
sub value($self) {
    if (!exists $self->{value}) {
        $self->{hold}->check;
        $self->{value} = SimpleIPC::Encoder->decode($self->_struct, $self->{hold});
    }
    return $self->{value};
}

# Grows by one with each message of one sender.
sub sequence($self) { return $self->_field('sequence') }

# Identifies the sending handle among all handles of the channel.
sub sender($self) { return $self->_field('sender') }

# Of a topic: how many messages were lost since the last one.
sub missed($self) { return $self->_field('missed') }

# When it was put, and when it was taken, or 0.
sub publish_time_ns($self) { return $self->_field('publish_time_ns') }
sub receive_time_ns($self) { return $self->_field('receive_time_ns') }

# When the content was captured, or 0.
sub capture_time_ns($self) {
    return unpack $SimpleIPC::C::VALUE{capture_time_ns}, $self->_struct;
}

# Seconds from putting to taking, or undef if its sender does not stamp.
sub age($self) {
    return undef if $self->publish_time_ns == 0;
    return ($self->receive_time_ns - $self->publish_time_ns) / 1e9;
}

# An earlier receiver died with it.
sub is_redelivered($self) { return $self->_flag(SimpleIPC::C::MESSAGE_REDELIVERED) }

# Of a reply: others follow.
sub has_more($self) { return $self->_flag(SimpleIPC::C::MESSAGE_MORE) }

# Of a request: nobody waits for a reply.
sub is_one_way($self) { return $self->_flag(SimpleIPC::C::MESSAGE_ONE_WAY) }

sub release($self) { return $self->{hold}->release }

sub _struct($self) { return unpack $MESSAGE{value}, $self->{raw} }
sub _field($self, $name) { return unpack $MESSAGE{$name}, $self->{raw} }
sub _flag($self, $bit) { return !!($self->_field('flags') & $bit) }

1;
