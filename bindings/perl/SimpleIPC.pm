# Any program talks to any other program on this machine, in any language; README.md shows how.
#
# Timeouts are seconds; undef waits for ever and 0 only tries. Times are nanoseconds of
# CLOCK_MONOTONIC, the same in every process of the machine.
package SimpleIPC;

use v5.36;
use File::Basename ();
use JSON::PP ();

our $VERSION = '0.2.0';

use SimpleIPC::Library;
use SimpleIPC::Values;
use SimpleIPC::Message;
use SimpleIPC::Loan;
use SimpleIPC::Channels;
use SimpleIPC::Services;

# The one-call functions. Their channels stay open in this process; a forked child has its own.

# Puts into a queue: one receiver gets it. Waits 5 seconds for room at most.
sub send($name, $value) { return _put('send', $name, $value) }

# Puts on a topic: all subscribers get it.
sub publish($name, $value) { return _put('publish', $name, $value) }

# Sets the value of a state, which stays.
sub set($name, $value) { return _put('set', $name, $value) }

# Takes a message out of a queue. Option: timeout.
sub receive($name, %options) { return _take('receive', $name, %options) }

# The value of a state, as it is now, as a message. Option: timeout.
sub get($name, %options) { return _take('get', $name, %options) }

# Says that something has happened.
sub notify($name) {
    SimpleIPC::Library::check(SimpleIPC::Library::call('notify', _name($name)));
    return;
}

# Waits for notifications; how many there were since the last time. Option: timeout.
sub wait($name, %options) {
    $name = _name($name);
    return SimpleIPC::Library::number('Q', sub ($room) {
        SimpleIPC::Library::wait_for($options{timeout}, [], sub ($ns) {
            SimpleIPC::Library::call('await', $name, $ns, $room);
        });
    });
}

# Waits until one of several handles has something to take, and answers that one. Option: timeout.
sub wait_any($handles, %options) {
    my $all = pack 'J*', map { $_->raw } @$handles;
    my $place = SimpleIPC::Library::address(\$all);
    my $index = SimpleIPC::Library::number('L', sub ($room) {
        SimpleIPC::Library::wait_for($options{timeout}, $handles, sub ($ns) {
            SimpleIPC::Library::call('wait', $place, scalar @$handles, $ns, $room);
        });
    });
    return $handles->[$index];
}

# Who has a channel open now, of any pattern: a list of maps with pid, program, language, role,
# since_ns and id. Option: directory.
sub peers($name, %options) {
    $name = _name($name);
    my $peers = SimpleIPC::Channel::with_options(sub ($options) {
        SimpleIPC::Message->taken(0, [], sub ($place, $ns) {
            SimpleIPC::Library::call('peers', $name, $options, $place);
        });
    }, directory => $options{directory});
    return @{ $peers->value };
}

# Says what this program is called, to those who look for peers; '' for its executable's name.
sub identify($program) {
    SimpleIPC::Library::check(SimpleIPC::Library::call('identify', _name($program), 'perl'));
    return;
}

# Describes one channel or all of a directory, as a list of hashes; changes nothing. Option:
# directory.
sub audit($name = undef, %options) {
    my $text = '';
    my @where = map { defined ? _name($_) : undef } $name, $options{directory};
    while (1) {
        my $size = length $text;
        my $place = SimpleIPC::Library::address(\$text);
        my $needed = SimpleIPC::Library::number('Q', sub ($room) {
            SimpleIPC::Library::call('audit', @where, $place, $size, $room);
        });
        return @{ JSON::PP::decode_json(unpack 'Z*', $text) } if $needed <= $size;
        $text = "\0" x $needed;
    }
}

# Removes what nobody uses; queues of which nobody has a handle only if their newest message is
# older than age_max seconds, a day if it is not given. How many channels. Option: directory.
sub clean(%options) {
    my $directory = defined $options{directory} ? _name($options{directory}) : undef;
    my $age = SimpleIPC::Library::nanoseconds($options{age_max} // 86_400);
    return SimpleIPC::Library::number('Q', sub ($room) {
        SimpleIPC::Library::call('clean', $directory, $age, $room);
    });
}

# The clock of all times.
sub now_ns { return SimpleIPC::Library::plain('now_ns') }

# The version of the library.
sub version { return SimpleIPC::Library::plain('version') }

sub _name($name) { return SimpleIPC::Library::name($name) }

sub _put($verb, $name, $value) {
    my $encoder = SimpleIPC::Encoder->new($value);
    SimpleIPC::Library::check(
        SimpleIPC::Library::call($verb, _name($name), $encoder->address),
    );
    return;
}

sub _take($verb, $name, %options) {
    $name = _name($name);
    return SimpleIPC::Message->taken($options{timeout}, [], sub ($place, $ns) {
        SimpleIPC::Library::call($verb, $name, $ns, $place);
    });
}

identify(File::Basename::basename($0) =~ s/[^ -~]/?/gr);

1;
