# Messages, and handles on queues, topics, states, signals and locks.

namespace eval ::simpleipc {
    # A message that was taken. In a queue it counts as done when it is destroyed.
    oo::class create Message {
        constructor {number} {
            my variable raw facts
            set raw $number
            set facts [::simpleipc::raw::facts $number]
        }
        destructor {
            my variable raw
            ::simpleipc::raw::release $raw
        }
        method number {} { my variable raw; return $raw }
        # The value, as Tcl has it, and as it was put.
        method value {} { ::simpleipc::plain [my typed] }
        method typed {} { my variable raw; ::simpleipc::raw::value $raw }
        # sequence, sender, missed, redelivered, capture_time_ns, publish_time_ns, receive_time_ns
        method fact {name} { my variable facts; dict get $facts $name }
        # Seconds from putting to taking; empty if its sender does not stamp.
        method age {} {
            my variable facts
            dict with facts {}
            if {$publish_time_ns == 0} { return "" }
            expr {($receive_time_ns - $publish_time_ns) / 1e9}
        }
    }

    # What all handles have. It is closed when it is destroyed.
    oo::class create Channel {
        constructor {role name known given} {
            my variable raw timeout
            set known [dict merge {-directory ""} $known]
            set options [::simpleipc::options $given $known]
            set timeout ""
            if {[dict exists $options -timeout]} {
                set timeout [dict get $options -timeout]
                ::simpleipc::nanoseconds $timeout
            }
            set raw [::simpleipc::raw::open $name [set ::simpleipc::role::$role] \
                [my Struct $options]]
        }
        destructor { my close }
        # The struct of options: flags, history, depth, pool_bytes_max, directory, signal, permits.
        method Struct {options} {
            set flags 0
            foreach flag {LOSSLESS LATEST UNSTAMPED TAP} {
                set name -[string tolower $flag]
                if {[dict exists $options $name] && [dict get $options $name]} {
                    incr flags [set ::simpleipc::option::$flag]
                }
            }
            set struct $flags
            foreach name {-history -depth -pool_bytes_max -directory -signal -permits} {
                lappend struct [expr {[dict exists $options $name] ? [dict get $options $name] : 0}]
            }
            return $struct
        }
        method number {} { my variable raw; return $raw }
        # Twice without harm. Messages that were taken stay good.
        method close {} {
            my variable raw
            if {[info exists raw]} {
                ::simpleipc::raw::on_ready $raw ""
                ::simpleipc::raw::close $raw
            }
        }
        # Ends the next wait.
        method interrupt {} { my variable raw; ::simpleipc::raw::interrupt $raw }
    }

    # What puts.
    oo::class create Producer {
        superclass ::simpleipc::Channel
        # Waits for room until the timeout, then fails with status FULL.
        method put {value args} {
            my variable raw
            set given [::simpleipc::options $args {-capture 0 -timeout ""}]
            ::simpleipc::raw::put $raw $value [dict get $given -capture] \
                [::simpleipc::nanoseconds [dict get $given -timeout]]
        }
        # Bytes or a tensor, written where they are looked at.
        method put_in_place {value args} {
            my variable raw
            set given [::simpleipc::options $args {-capture 0 -timeout ""}]
            ::simpleipc::raw::put_in_place $raw $value [dict get $given -capture] \
                [::simpleipc::nanoseconds [dict get $given -timeout]]
        }
    }

    # What takes. The timeout of the handle is that of all its waits.
    oo::class create Source {
        superclass ::simpleipc::Channel
        method receive {args} { my Present [my Take take $args] }
        # The timeout is the last of the arguments, or that of the handle.
        method Take {function given} {
            my variable raw timeout
            set seconds [lindex [list $timeout {*}$given] end]
            ::simpleipc::Message new \
                [::simpleipc::raw::take $function $raw [::simpleipc::nanoseconds $seconds]]
        }
        method Present {message} { return $message }
        # Runs a script with every message in a variable, until none comes within the timeout.
        method each {name body} {
            upvar 1 $name message
            while 1 {
                try {
                    set message [my receive]
                } trap {SIPC RETRY 1} {} {
                    return
                }
                try {
                    uplevel 1 $body
                } on break {} {
                    return
                } on continue {} {
                } finally {
                    if {[info object isa object $message]} { $message destroy }
                }
            }
        }
        # The event loop runs a script as long as there may be something to take, with a timeout
        # of 0, until status TIMEOUT. Empty: no more.
        method on_ready {script} { my variable raw; ::simpleipc::raw::on_ready $raw $script }
    }

    # Makes a class of a role.
    proc role_class {class superclass role known} {
        oo::class create $class "
            superclass ::simpleipc::$superclass
            constructor {name args} { next $role \$name {$known} \$args }
        "
    }

    role_class Publisher Producer PUBLISH \
        {-history 0 -depth 0 -pool_bytes_max 0 -unstamped 0}
    role_class Subscriber Source SUBSCRIBE \
        {-lossless 0 -latest 0 -tap 0 -history 0 -depth 0 -pool_bytes_max 0 -timeout ""}
    role_class Sender Producer SEND {-depth 0 -pool_bytes_max 0 -unstamped 0}
    role_class Receiver Source RECEIVE {-depth 0 -pool_bytes_max 0 -timeout ""}
    role_class Setter Producer SET {-pool_bytes_max 0 -unstamped 0}
    role_class Watcher Source WATCH {-timeout ""}
    role_class Notifier Producer NOTIFY {}
    role_class Waiter Source WAIT {-signal 0 -timeout ""}
    role_class PeerWatcher Source PEERS {-timeout ""}
    role_class Lock Channel LOCK {-permits 0}

    oo::define Publisher method publish {value args} { my put $value {*}$args }
    oo::define Sender method send {value args} { my put $value {*}$args }
    oo::define Setter {
        method set {value args} { my put $value {*}$args }
        # Only if the value is still the one with that sequence; empty: if there is none yet.
        # Whether it was set.
        method set_if {value expected args} {
            my variable raw
            ::set given [::simpleipc::options $args {-capture 0 -timeout ""}]
            ::set number [expr {$expected eq "" ? -1 : $expected}]
            try {
                ::simpleipc::raw::put $raw $value [dict get $given -capture] \
                    [::simpleipc::nanoseconds [dict get $given -timeout]] $number
            } trap {SIPC RETRY 5} {} {
                return 0
            }
            return 1
        }
    }
    oo::define Watcher method get {args} { my Take current $args }
    oo::define Notifier method notify {} { my put null }
    oo::define Waiter {
        # How many notifications there were since the last time.
        method wait {args} { my receive {*}$args }
        method Present {message} {
            try {
                return [$message value]
            } finally {
                $message destroy
            }
        }
    }
    oo::define PeerWatcher method Present {message} {
        try {
            return [$message value]
        } finally {
            $message destroy
        }
    }
    oo::define Lock {
        # The process that died with it, if its last owner did; what it protects may be half done.
        # Else 0.
        method lock {{seconds ""}} {
            my variable raw
            ::simpleipc::raw::lock $raw [::simpleipc::nanoseconds $seconds]
        }
        # Whether it is free, and now this handle's.
        method try_lock {} {
            try {
                my lock 0
            } trap {SIPC RETRY 1} {} {
                return 0
            }
            return 1
        }
        method unlock {} { my variable raw; ::simpleipc::raw::unlock $raw }
        # Runs a script while it holds the lock.
        method synchronize {body {seconds ""}} {
            my lock $seconds
            try {
                uplevel 1 $body
            } finally {
                my unlock
            }
        }
    }
}
