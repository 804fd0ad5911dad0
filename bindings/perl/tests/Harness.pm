# What the tests have in common: each sub test_* of the file that uses it is a test.
package Harness;

use v5.36;
use Exporter qw(import);
use SimpleIPC;
use Test::More;

our @EXPORT = qw(SOON failure eventually);

# Seconds that are long enough on any machine.
use constant SOON => 20;

# What a sub dies with, which has to be of a class, or a text that matches; it may have to have a
# status.
sub failure($wanted, $work, $status = undef) {
    my $is_done = eval { $work->(); 1 };
    my $failure = $@;
    ok(!$is_done, "it fails") or return undef;
    if (ref $wanted eq 'Regexp') {
        like("$failure", $wanted);
    } else {
        isa_ok($failure, "SimpleIPC::$wanted") or diag($failure);
    }
    is($failure->status, $status, "the status of: $failure") if defined $status;
    return $failure;
}

# Waits until it is true.
sub eventually($is_true) {
    my $end = time + SOON;
    until ($is_true->()) {
        die "it did not come to be\n" if time > $end;
    }
    return;
}

# A program that uses the library, given as lines of Perl; what it prints can be read.
package Program;

sub new($class, $text) {
    my @command = ($^X, (map { "-I$_" } grep { !ref } @INC), '-MSimpleIPC', '-e');
    my $pid = open my $output, '-|', @command, "\$| = 1; use v5.36; $text" or die "$^X: $!\n";
    return bless { pid => $pid, output => $output }, $class;
}

sub pid($self) { return $self->{pid} }

sub line($self) {
    my $line = readline $self->{output};
    chomp $line if defined $line;
    return $line;
}

# What is left of its output, and the signal that ended it.
sub end($self) {
    my $rest = join '', readline $self->{output};
    close $self->{output};
    return ($rest, $? & 127);
}

sub stop($self, $signal = 'KILL') {
    kill $signal => $self->{pid};
    return $self->end;
}

# Whether it sleeps in a futex.
sub sleeps($self) {
    open my $file, '<', "/proc/$self->{pid}/syscall" or return 0;
    return (readline($file) // '') =~ /^(?:202|449) /;
}

package main;

# After all of the file has been compiled.
sub main::run_tests {
    no strict 'refs';
    for my $name (sort grep { /^test_/ && defined &{"main::$_"} } keys %main::) {
        Test::More::subtest($name => \&{"main::$name"});
    }
    Test::More::done_testing();
    return;
}

1;
