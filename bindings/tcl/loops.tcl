# The plurals of the driver: the same verb many times, in loops that are measured from outside.

namespace eval loops {
    variable ROOM 10

    proc puts {sender value count} {
        variable ROOM
        for {set at 0} {$at < $count} {incr at} { $sender put $value -timeout $ROOM }
    }

    # Tcl has no memory of others to write to: the frame is made once, and copied into each loan.
    proc loans {sender height width count} {
        variable ROOM
        set between [string repeat "\0" [expr {$height * $width * 3 - 2}]]
        set frame [list tensor [list u8 [list $height $width 3] "" "\1$between\2"]]
        for {set at 0} {$at < $count} {incr at} { $sender put_in_place $frame -timeout $ROOM }
    }

    # Adds up sequence numbers and both ends of the data.
    proc takes {receiver count} {
        variable ROOM
        set sum 0
        for {set at 0} {$at < $count} {incr at} {
            set message [$receiver receive $ROOM]
            lassign [$message typed] kind data
            # Not by expr, which would look whether all of it is a number.
            if {$kind eq "tensor"} { set data [lindex $data 3] }
            binary scan $data cu first
            binary scan $data @[expr {[string length $data] - 1}]cu last
            incr sum [expr {[$message fact sequence] + $first + $last}]
            $message destroy
        }
        return $sum
    }

    # Adds up the results of add.
    proc calls {client count} {
        variable ROOM
        set sum 0
        for {set at 0} {$at < $count} {incr at} {
            incr sum [$client call add {list {{int 2} {int 3}}} $ROOM]
        }
        return $sum
    }

    proc serves {server count} {
        variable ROOM
        for {set at 0} {$at < $count} {incr at} {
            set request [$server receive $ROOM]
            $request reply [list int [expr [join [$request args] +]]]
            $request destroy
        }
    }
}
