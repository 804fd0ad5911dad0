# The Tcl side of testing/interop: a command a line on the input, an answer a line on the output.

package require simpleipc
foreach file {notation loops misuse} {
    source [file join [file dirname [info script]] $file.tcl]
}

namespace eval driver {
    variable ROOM 10
    variable classes {
        publish Publisher subscribe Subscriber send Sender receive Receiver set Setter
        watch Watcher notify Notifier wait Waiter lock Lock call Client serve Server host Host
        peers PeerWatcher
    }
    # What comes with an event.
    variable facts {
        failed text ready methods output {stream text} ended code killed signal restarting after_ms
    }
    variable handles {}
    variable calls {}
    variable held ""
    variable request ""

    proc handle {id} { variable handles; dict get $handles $id }
    proc seconds {milliseconds} { expr {$milliseconds / 1000.0} }

    proc do_hello {} { return "ok tcl [simpleipc::version]" }

    proc do_open {id role name args} {
        variable handles
        variable classes
        set given {}
        foreach option $args {
            lassign [split $option =] key number
            lappend given -$key [expr {$number eq "" ? 1 : $number}]
        }
        dict set handles $id [simpleipc::[dict get $classes $role] new $name {*}$given]
        return ok
    }

    proc do_put {id value {capture capture=0}} {
        variable ROOM
        [handle $id] put [notation::parse $value] -timeout $ROOM \
            -capture [lindex [split $capture =] 1]
        return ok
    }

    proc do_loan {id value} {
        variable ROOM
        [handle $id] put_in_place [notation::parse $value] -timeout $ROOM
        return ok
    }

    proc do_once {verb name {word ""}} {
        switch $verb {
            send { simpleipc::send $name [notation::parse $word] }
            publish { simpleipc::publish $name [notation::parse $word] }
            set { simpleipc::set_state $name [notation::parse $word] }
            notify { simpleipc::notify $name }
            get { return [describe_and_destroy [simpleipc::get $name [seconds $word]]] }
            wait { return "count [simpleipc::wait $name [seconds $word]]" }
        }
        return ok
    }

    proc describe {message} {
        set put [$message fact publish_time_ns]
        set aged [expr {$put > 0 && [$message fact receive_time_ns] >= $put}]
        return "value [notation::print [$message typed]] seq=[$message fact sequence]\
            missed=[$message fact missed] redelivered=[$message fact redelivered]\
            capture=[$message fact capture_time_ns] aged=$aged"
    }

    proc describe_and_destroy {message} {
        try {
            describe $message
        } finally {
            $message destroy
        }
    }

    proc let_go {} {
        variable held
        if {$held ne ""} { $held destroy }
        set held ""
    }

    proc do_take {id timeout} {
        let_go
        describe_and_destroy [[handle $id] receive [seconds $timeout]]
    }

    proc do_hold {id timeout} {
        variable held
        let_go
        set held [[handle $id] receive [seconds $timeout]]
        describe $held
    }

    proc do_get {id timeout} { describe_and_destroy [[handle $id] get [seconds $timeout]] }

    proc do_put_if {id value expected} {
        variable ROOM
        set expected [expr {$expected eq "new" ? "" : $expected}]
        if {[[handle $id] set_if [notation::parse $value] $expected -timeout $ROOM]} { return ok }
        return "error $simpleipc::status::CONFLICT the value is another one"
    }

    proc do_notify {id} { [handle $id] notify; return ok }
    proc do_wait {id timeout} { return "count [[handle $id] wait [seconds $timeout]]" }

    proc do_lock {id timeout} {
        return "ok abandoned=[expr {[[handle $id] lock [seconds $timeout]] != 0}]"
    }

    proc do_unlock {id} { [handle $id] unlock; return ok }

    proc do_call {id method word {manner ""}} {
        variable calls
        set args [notation::parse $word]
        if {$manner eq "oneway"} {
            [handle $id] send $method $args
            return "call 0"
        }
        set number [expr {[dict size $calls] + 1}]
        set flag [expr {$manner eq "" ? "" : "IDEMPOTENT"}]
        dict set calls $number [[handle $id] start $method $args $flag]
        return "call $number"
    }

    proc do_result {id number timeout} {
        variable calls
        try {
            set reply [[dict get $calls $number] reply [seconds $timeout]]
        } trap {SIPC FAILED} {text options} {
            set said [lindex [lindex [dict get $options -errorcode] 2] 1]
            return "failed [lindex [dict get $said code] 1]\
                [notation::print [dict get $said message]] [notation::print [dict get $said data]]"
        }
        set more [$reply fact more]
        set value [notation::print [$reply typed]]
        $reply destroy
        return "reply $value more=$more"
    }

    proc do_cancel {id number} {
        variable calls
        [dict get $calls $number] cancel
        return ok
    }

    proc finish {} {
        variable request
        if {$request ne ""} { $request destroy }
        set request ""
    }

    proc do_serve {id timeout} {
        variable request
        finish
        set request [[handle $id] receive [seconds $timeout]]
        return "request [$request method] [notation::print [$request typed]]\
            oneway=[$request one_way]"
    }

    proc do_reply {value {more ""}} {
        variable request
        if {$more ne ""} {
            $request push [notation::parse $value]
        } else {
            $request reply [notation::parse $value]
            finish
        }
        return ok
    }

    proc do_fail {code text data} {
        variable request
        $request fail $code [lindex [notation::parse $text] 1] [notation::parse $data]
        finish
        return ok
    }

    proc do_cancelled {} { variable request; return "cancelled [$request cancelled]" }

    proc do_start {id plugin program args restarts} {
        set arguments [simpleipc::plain [notation::parse $args]]
        set program [lindex [notation::parse $program] 1]
        [handle $id] start $plugin $program $arguments -restarts $restarts
        return ok
    }

    proc do_stop {id plugin} { [handle $id] stop $plugin; return ok }

    proc do_event {id timeout} {
        variable facts
        set event [lindex [[handle $id] event [seconds $timeout]] 1]
        set name [lindex [dict get $event event] 1]
        set wanted [expr {[dict exists $facts $name] ? [dict get $facts $name] : ""}]
        set found [lmap one $wanted { dict get $event $one }]
        switch [llength $found] {
            0 { set fact null }
            1 { set fact [lindex $found 0] }
            default { set fact [list list $found] }
        }
        return "event $name [lindex [dict get $event plugin] 1] [notation::print $fact]"
    }

    proc do_peer {id timeout} {
        set told [[handle $id] receive [seconds $timeout]]
        return "peer [dict get $told event] [dict get $told role] [dict get $told language]\
            [dict get $told pid]"
    }

    proc do_puts {id value count} {
        loops::puts [handle $id] [notation::parse $value] $count
        return ok
    }
    proc do_loans {id height width count} {
        loops::loans [handle $id] $height $width $count
        return ok
    }
    proc do_takes {id count} { return "sum [loops::takes [handle $id] $count]" }
    proc do_calls {id count} { return "sum [loops::calls [handle $id] $count]" }
    proc do_serves {id count} { loops::serves [handle $id] $count; return ok }

    proc do_misuse {kind id} {
        variable handles
        misuse::$kind [expr {[dict exists $handles $id] ? [dict get $handles $id] : $id}]
    }

    proc do_close {id} {
        variable handles
        [handle $id] destroy
        dict unset handles $id
        return ok
    }

    proc do_quit {} {
        variable handles
        let_go
        finish
        foreach one [dict values $handles] { $one destroy }
        return ok
    }

    proc answer {line} {
        set words [split $line " "]
        try {
            do_[lindex $words 0] {*}[lrange $words 1 end]
        } trap SIPC {text options} {
            set status [lindex [dict get $options -errorcode] 2]
            if {![string is integer -strict $status]} { set status 25 }
            return "error $status $text"
        } on error {text} {
            return "error 25 [string map {\n " "} $text]"
        }
    }
}

# Serves add and crash, until its host ends it.
proc be_a_plugin {} {
    puts "hello from tcl"
    set server [simpleipc::Server new]
    $server on add {apply {{a b} { list int [expr {$a + $b}] }}} -args {a b}
    $server on crash {apply {{} { exec sh -c "kill -ABRT [pid]"; after 60000; list null }}}
    $server serve
}

fconfigure stdout -buffering line -encoding utf-8 -translation lf
if {$argv eq "plugin"} {
    be_a_plugin
    exit
}
while {[gets stdin line] >= 0} {
    puts [driver::answer $line]
    if {$line eq "quit"} break
}
