# Memory that a producer has lent, 64-byte aligned. It is put once; else it is given back by
# cancel, or when nothing refers to it any more.
package SimpleIPC::Loan;

use v5.36;
use Carp ();

sub new($class, $producer, $dtype, $shape, %options) {
    my $encoder = SimpleIPC::Encoder->blank($dtype, $shape, $options{format} // '');
    $producer->_wait($options{timeout}, 'loan', $encoder->address);
    my ($place, $size) = $encoder->data;
    my %self = (producer => $producer, encoder => $encoder, place => $place, size => $size);
    return bless \%self, $class;
}

sub CLONE_SKIP { return 1 }

sub size($self) { return $self->{size} }

# The address, for other libraries.
sub place($self) {
    return $self->{place} // SimpleIPC::Library::gone('the loan has been put or cancelled');
}

# Copies bytes to a place in it.
sub write($self, $bytes, $at = 0) {
    my $octets = SimpleIPC::Bytes->new($bytes);
    my $size = length $$octets;
    Carp::croak("$size bytes at $at are not within $self->{size}")
        if $at < 0 || $at + $size > $self->{size};
    SimpleIPC::Library::poke($self->place + $at, $$octets);
    return;
}

# Options: timeout, capture_time_ns.
sub put($self, %options) {
    $self->place;
    $self->{encoder}->capture($options{capture_time_ns} // 0);
    $self->{producer}->_wait($options{timeout}, 'put', $self->{encoder}->address);
    delete $self->{place};
    return;
}

# Gives it back; after a put it does nothing.
sub cancel($self) {
    my $place = delete $self->{place};
    SimpleIPC::Library::plain('unloan', $self->{producer}->raw, $place) if defined $place;
    return;
}

sub DESTROY($self) {
    $self->cancel if ${^GLOBAL_PHASE} ne 'DESTRUCT';
    return;
}

1;
