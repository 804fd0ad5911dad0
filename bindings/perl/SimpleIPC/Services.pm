# Services: methods of one program that others call; and plugins, programs that a host starts.

# Calls the methods of a service.
package SimpleIPC::Client;

use v5.36;

our @ISA = 'SimpleIPC::Channel';

# How long a call waits for room, in seconds.
use constant ROOM => 5;

sub role { return SimpleIPC::C::ROLE_CALL }

# The result of a method. Arguments are a reference to a list, a hash or a Map, or undef. What the
# server dies with is a ServiceError here; without a result within the timeout the call is
# cancelled. Options: timeout, idempotent.
sub call($self, $method, $args = undef, %options) {
    return $self->start($method, $args, %options)->result(%options);
}

# Starts a call; 64 can be in flight. If it is idempotent, it goes to another server when the one
# that has it dies. Option: idempotent.
sub start($self, $method, $args = undef, %options) {
    my $flags = $options{idempotent} ? SimpleIPC::C::CALL_IDEMPOTENT : 0;
    return SimpleIPC::Call->new($self, $self->_begin($method, $args, $flags));
}

# Calls a method, and does not ask what becomes of it.
sub send($self, $method, $args = undef) {
    $self->_begin($method, $args, SimpleIPC::C::CALL_ONE_WAY);
    return;
}

# What the service offers, as a list of maps. Option: timeout.
sub offers($self, %options) { return @{ $self->call('.methods', undef, %options) } }

sub _begin($self, $method, $args, $flags) {
    my $encoder = SimpleIPC::Encoder->new($args);
    my @what = ($self->{raw}, SimpleIPC::Library::name($method), $encoder->address, $flags);
    return SimpleIPC::Library::number('Q', sub ($room) {
        SimpleIPC::Library::wait_for(ROOM, [$self], sub ($ns) {
            SimpleIPC::Library::call('call', @what, $ns, $room);
        });
    });
}

# A call in flight; it is cancelled when nothing refers to it any more.
package SimpleIPC::Call;

sub new($class, $client, $number) {
    return bless { client => $client, number => $number }, $class;
}

sub CLONE_SKIP { return 1 }

# The result, after all replies of a stream, which are thrown away. Option: timeout.
sub result($self, %options) {
    my $timeout = $options{timeout};
    my $end = defined $timeout
        ? SimpleIPC::now_ns() + SimpleIPC::Library::nanoseconds($timeout) : undef;
    while (1) {
        my $left = defined $end ? ($end - SimpleIPC::now_ns()) / 1e9 : undef;
        $left = 0 if defined $left && $left < 0;
        my $message = eval { $self->reply(timeout => $left) };
        if (!$message) {
            my $failure = $@;
            $self->cancel if ref $failure && $failure->isa('SimpleIPC::Timeout');
            die $failure;
        }
        return $message->value if !$message->has_more;
    }
}

# The next reply, a message; if it says has_more it is one of a stream, else the result. After a
# Timeout one may ask again. Option: timeout.
sub reply($self, %options) {
    my ($client, $number) = @$self{qw(client number)};
    my $status = SimpleIPC::C::OK;
    my $message = SimpleIPC::Message->taken($options{timeout}, [$client], sub ($place, $ns) {
        $status = SimpleIPC::Library::call('result', $client->raw, $number, $ns, $place);
        $status == SimpleIPC::C::FAILED ? SimpleIPC::C::OK : $status;
    });
    $self->{is_over} = !$message->has_more;
    return $message if $status == SimpleIPC::C::OK;
    my $failure = $message->value;
    die SimpleIPC::ServiceError->new(@$failure{qw(code message data)});
}

# A server that works on it sees that nobody waits.
sub cancel($self) {
    my $client = $self->{client}->raw;
    SimpleIPC::Library::check_bare(SimpleIPC::Library::plain('cancel', $client, $self->{number}));
    return;
}

sub DESTROY($self) {
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT' || $self->{is_over};
    SimpleIPC::Library::plain('cancel', $self->{client}->raw, $self->{number});
    return;
}

# A call that was taken and is to be answered; if it is let go of unanswered, that is an error for
# its client.
package SimpleIPC::Request;

sub new($class, $message) {
    my ($method, $args) = @{ $message->value };
    return bless { message => $message, method => $method, args => $args }, $class;
}

sub method($self) { return $self->{method} }

# As they were sent: a reference to a list, a Map, one value or undef.
sub args($self) { return $self->{args} }

# Answers with the result.
sub reply($self, $value = undef) { return $self->_answer($value, 0) }

# One reply of a stream; dies with a Retry whose status is SimpleIPC::C::CANCELLED if nobody waits.
sub push($self, $value) { return $self->_answer($value, SimpleIPC::C::REPLY_MORE) }

# Answers with an error, which the client gets as a ServiceError.
sub fail($self, $code, $message, $data = undef) {
    my $failure = SimpleIPC::Map->new(code => $code, message => $message, data => $data);
    return $self->_answer($failure, SimpleIPC::C::REPLY_ERROR);
}

# Nobody waits for the answer any more; to be asked in long work.
sub is_cancelled($self) {
    $self->{message}{hold}->check;
    my $status = SimpleIPC::Library::plain('cancelled', $self->_place);
    return $status == SimpleIPC::C::CANCELLED;
}

sub is_one_way($self) { return $self->{message}->is_one_way }
sub release($self) { return $self->{message}->release }

sub _place($self) { return $self->{message}{hold}->place }

sub _answer($self, $value, $flags) {
    $self->{message}{hold}->check;
    my $encoder = SimpleIPC::Encoder->new($value);
    my @what = ($self->_place, $encoder->address, $flags);
    SimpleIPC::Library::check(SimpleIPC::Library::call('reply', @what));
    return;
}

# Takes the calls of a service; each goes to one of its servers. Give it methods and serve, or take
# the requests and answer them.
package SimpleIPC::Server;

our @ISA = 'SimpleIPC::Source';

use constant { NO_SUCH_METHOD => -32601, BAD_ARGUMENTS => -32602, BROKEN => -32603 };

sub role { return SimpleIPC::C::ROLE_SERVE }

# Without a name it is that of the plugin which this program is.
sub new($class, $name = undef, %options) {
    return SimpleIPC::Source::new($class, $name, %options);
}

# Makes a sub a method of the service. Its arguments are those of the call, names and values in
# turns if they have names; $_ is the request, for push and is_cancelled. An idempotent call is done
# again by another server when this one dies. Options: idempotent, about.
sub on($self, $name, $work, %options) {
    Carp::croak('a method is a reference to a sub') if ref $work ne 'CODE';
    my $is_idempotent = $options{idempotent} ? !!1 : !!0;
    my $about = $options{about} // '';
    my $offer = { name => $name, idempotent => $is_idempotent, about => $about };
    my $encoder = SimpleIPC::Encoder->new([@{ $self->{offers} // [] }, $offer]);
    my @what = ($self->{raw}, $encoder->address);
    SimpleIPC::Library::check(SimpleIPC::Library::call('describe', @what));
    push @{ $self->{offers} }, $offer;
    $self->{methods}{$name} = $work;
    return $self;
}

# The next request; dies with Timeout. Option: timeout.
sub request($self, %options) { return SimpleIPC::Request->new($self->receive(%options)) }

# Answers calls until the handle is interrupted, or none comes within the timeout.
sub serve($self, %options) {
    while (1) {
        my $request = eval { $self->request(%options) };
        if (!$request) {
            my $failure = $@;
            return if ref $failure && ($failure->isa('SimpleIPC::Timeout')
                || $failure->status == SimpleIPC::C::INTERRUPTED);
            die $failure;
        }
        $self->_serve($request);
        $request->release;
    }
}

sub _serve($self, $request) {
    my $method = $request->method;
    my $work = $self->{methods}{$method}
        // return $request->fail(NO_SUCH_METHOD, "there is no method $method");
    my $args = $request->args;
    my @args = !defined $args ? () : ref $args eq 'ARRAY' ? @$args
        : ref $args eq 'SimpleIPC::Map' ? $args->pairs : ($args);
    return if eval {
        local $_ = $request;
        my $result = $work->(@args);
        $request->reply($result);
        1;
    };
    my $failure = $@;
    if (ref $failure && $failure->isa('SimpleIPC::ServiceError')) {
        return $request->fail($failure->code, $failure->message, $failure->data);
    }
    return if ref $failure && $failure->isa('SimpleIPC::Error')
        && $failure->status == SimpleIPC::C::CANCELLED;
    my $code = $failure =~ /^Too (?:few|many) arguments for sub/ ? BAD_ARGUMENTS : BROKEN;
    # If it has been answered, the client was told that the result is too large.
    eval { $request->fail($code, "$failure"); 1 }
        || (ref $@ && $@->isa('SimpleIPC::Misuse')) || die $@;
    return;
}

# Starts programs as plugins; plugin p of the host h serves h.p. What is received are events: maps
# with event, plugin, pid and more.
package SimpleIPC::Host;

our @ISA = 'SimpleIPC::Source';

sub role { return SimpleIPC::C::ROLE_HOST }

sub new($class, $name, %options) {
    my $self = SimpleIPC::Source::new($class, $name, %options);
    $self->{name} = $name;
    return $self;
}

# It is started again up to `restarts` times within so many seconds, and killed when it takes no
# call for `hang_after` seconds. Options: args, restarts, within, hang_after.
sub start($self, $name, $program, %options) {
    my %order = (name => "$name", program => "$program");
    my $args = delete $options{args} // [];
    $order{args} = [map { "$_" } @$args];
    $order{restarts} = int delete $options{restarts} if exists $options{restarts};
    $order{seconds} = delete $options{within} if exists $options{within};
    return $self->_order({ %order, %options });
}

sub stop($self, $name) { return $self->_order({ name => "$name", stop => !!1 }) }

# A client of a plugin.
sub client($self, $name) { return SimpleIPC::Client->new("$self->{name}.$name") }

sub _order($self, $plugin) {
    my $encoder = SimpleIPC::Encoder->new($plugin);
    my @what = ($self->{raw}, $encoder->address);
    SimpleIPC::Library::check(SimpleIPC::Library::call('plugin', @what));
    return;
}

1;
