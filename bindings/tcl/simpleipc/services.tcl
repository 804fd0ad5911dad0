# Services: methods of one program that others call; and plugins, programs that a host starts.

namespace eval ::simpleipc {
    role_class Client Channel CALL {}
    role_class ServerBase Source SERVE {-timeout ""}
    role_class Host Source HOST {-timeout ""}

    # Fails as a method does that says no: with a number, a text and a typed value.
    proc fail {code text {data null}} {
        set said [list map [list code [list int $code] message [list str $text] data $data]]
        throw [list SIPC FAILED $said] $text
    }

    oo::define Client {
        # The result of a method, as Tcl has it. Arguments are a typed list or map, or null.
        # Without a result in time the call is cancelled.
        method call {method {arguments null} {seconds ""}} {
            ::simpleipc::nanoseconds $seconds
            set call [my start $method $arguments]
            try {
                return [$call result $seconds]
            } finally {
                $call destroy
            }
        }
        # Starts a call; 64 can be in flight. Flags: IDEMPOTENT, ONE_WAY.
        method start {method {arguments null} {flag ""}} {
            my variable raw
            set flags [expr {$flag eq "" ? 0 : [set ::simpleipc::call::$flag]}]
            ::simpleipc::Call new $raw \
                [::simpleipc::raw::call $raw $method $arguments $flags 5000000000]
        }
        # Calls a method, and does not ask what becomes of it.
        method send {method {arguments null}} { [my start $method $arguments ONE_WAY] destroy }
        # What the service offers, as dicts.
        method offers {{seconds ""}} { my call .methods null $seconds }
    }

    # A call in flight; it is cancelled when it is destroyed before its result.
    oo::class create Call {
        constructor {channel call} {
            my variable raw number
            set raw $channel
            set number $call
        }
        destructor { catch { my cancel } }
        # The next reply, a message; if its fact more is 1 it is one of a stream, else the result.
        method reply {{seconds ""}} {
            my variable raw number
            ::simpleipc::Message new \
                [::simpleipc::raw::result $raw $number [::simpleipc::nanoseconds $seconds]]
        }
        # The result, as Tcl has it, after all replies of a stream, which a script may see.
        method result {{seconds ""} {name ""} {body ""}} {
            if {$name ne ""} { upvar 1 $name value }
            while 1 {
                set message [my reply $seconds]
                set value [$message value]
                set more [$message fact more]
                $message destroy
                if {!$more} { return $value }
                uplevel 1 $body
            }
        }
        method cancel {} { my variable raw number; ::simpleipc::raw::cancel $raw $number }
    }

    # A call that was taken and is to be answered; one that is destroyed unanswered is an error for
    # its client.
    oo::class create Request {
        constructor {taken} {
            my variable message
            set message $taken
        }
        destructor { my variable message; $message destroy }
        method method {} { my variable message; lindex [$message value] 0 }
        # Typed, and as Tcl has them.
        method typed {} { my variable message; lindex [lindex [$message typed] 1] 1 }
        method args {} { ::simpleipc::plain [my typed] }
        method one_way {} { my variable message; $message fact one_way }
        # The result, a typed value.
        method reply {{value null}} { my Answer $value 0 }
        # One reply of a stream, before the result.
        method push {value} { my Answer $value $::simpleipc::reply::MORE }
        # An error of this program.
        method fail {code text {data null}} {
            set said [list map [list code [list int $code] message [list str $text] data $data]]
            my Answer $said $::simpleipc::reply::ERROR
        }
        # Nobody waits for the answer any more.
        method cancelled {} {
            my variable message
            ::simpleipc::raw::cancelled [$message number]
        }
        method Answer {value flags} {
            my variable message
            ::simpleipc::raw::reply [$message number] $value $flags
        }
    }

    # Answers the calls of a service. Without a name it is that of the plugin which this program
    # is. Give it methods and `serve`, or receive requests and answer them.
    oo::class create Server {
        superclass ::simpleipc::ServerBase
        constructor {{name ""} args} {
            my variable methods offers
            set methods {}
            set offers {}
            next $name {*}$args
        }
        method Present {message} { ::simpleipc::Request new $message }
        # Makes a command a method of the service: it is called with the arguments as Tcl has them,
        # a map as one dict, and answers a typed value. A request behind these, for streams, if
        # -request is 1.
        method on {name command args} {
            my variable raw methods offers
            set given [::simpleipc::options $args {-args {} -idempotent 0 -about "" -request 0}]
            set pairs [lmap one [dict get $given -args] {
                list list [list [list str $one] {str any}]
            }]
            lappend offers [list map [list name [list str $name] args [list list $pairs] \
                idempotent [list bool [dict get $given -idempotent]] \
                about [list str [dict get $given -about]]]]
            ::simpleipc::raw::tell describe $raw [list list $offers]
            dict set methods $name [list $command [dict get $given -request]]
        }
        # Answers calls until the handle is closed or interrupted, or none comes within the timeout.
        method serve {args} {
            while 1 {
                try {
                    set request [my receive {*}$args]
                } trap {SIPC RETRY 1} {} - trap {SIPC RETRY 3} {} - trap {SIPC GONE 10} {} {
                    return
                }
                try {
                    my AnswerCall $request
                } finally {
                    $request destroy
                }
            }
        }
        method AnswerCall {request} {
            my variable methods
            set name [$request method]
            if {![dict exists $methods $name]} {
                $request fail -32601 "there is no method $name"
                return
            }
            lassign [dict get $methods $name] command wants_request
            set typed [$request typed]
            set places [switch [lindex $typed 0] {
                list { $request args }
                null { list }
                default { list [$request args] }
            }]
            if {$wants_request} { lappend places $request }
            try {
                $request reply [uplevel #0 [list {*}$command {*}$places]]
            } trap {SIPC FAILED} {text options} {
                my Refuse $request [lindex [dict get $options -errorcode] 2]
            } trap {SIPC RETRY 6} {} {
                # nobody waits
            } trap {TCL WRONGARGS} {text} {
                $request fail -32602 $text
            } on error {text} {
                # A misuse: the client was told that the result is too large.
                catch { $request fail -32603 $text }
            }
        }
        method Refuse {request said} {
            set facts [lindex $said 1]
            set data [expr {[dict exists $facts data] ? [dict get $facts data] : "null"}]
            $request fail [lindex [dict get $facts code] 1] [lindex [dict get $facts message] 1] \
                $data
        }
    }

    # Starts programs as plugins; plugin p of the host h serves h.p. What is received are events:
    # dicts with event, plugin, pid and more.
    oo::define Host {
        # Options: -restarts, -within and -hang_after, seconds.
        method start {name program arguments args} {
            my variable raw
            set given [::simpleipc::options $args {-restarts "" -within "" -hang_after ""}]
            set strings [lmap one $arguments { list str $one }]
            set order [list name [list str $name] program [list str $program] \
                args [list list $strings]]
            foreach {option key kind} {
                -restarts restarts int -within seconds float -hang_after hang_after float
            } {
                set value [dict get $given $option]
                if {$value ne ""} { lappend order $key [list $kind $value] }
            }
            ::simpleipc::raw::tell plugin $raw [list map $order]
        }
        method stop {name} {
            my variable raw
            ::simpleipc::raw::tell plugin $raw [list map [list name [list str $name] stop {bool 1}]]
        }
        # An event as it was put: a typed map.
        method event {args} {
            set message [my Take take $args]
            try {
                return [$message typed]
            } finally {
                $message destroy
            }
        }
    }
}
