# Any program talks to any other program on this machine, in any language; README.md shows how.
#
# Timeouts are seconds; "" waits for ever and 0 only tries. Times are nanoseconds of
# CLOCK_MONOTONIC, the same in every process of the machine. What is put is a typed value, as
# {str hello}, {int 42} or {list {{int 1} null}}; see simpleipc/value.h. An object is a handle, and
# belongs to the interpreter that made it.

package require Tcl 8.6-
apply {folder {
    # Lazily, so that a library of another ABI can be asked for it.
    load -lazy [file join $folder libsimpleipctcl.so] Simpleipc
    foreach file {generated channels services} {
        uplevel #0 [list source [file join $folder $file.tcl]]
    }
}} [file dirname [file normalize [info script]]]

namespace eval ::simpleipc {
    # Puts into a queue: one receiver gets it. By name, room is waited for 5 seconds.
    proc send {name value} { raw::once send $name $value }

    # Puts on a topic: all subscribers get it.
    proc publish {name value} { raw::once publish $name $value }

    # Sets the value of a state, which stays.
    proc set_state {name value} { raw::once set $name $value }

    # A message out of a queue.
    proc receive {name {timeout ""}} {
        Message new [raw::take receive $name [nanoseconds $timeout]]
    }

    # The value of a state as it is now, a message.
    proc get {name {timeout ""}} {
        Message new [raw::take get $name [nanoseconds $timeout]]
    }

    # Says that something has happened.
    proc notify {name} { raw::notify $name }

    # Waits for notifications; how many there were since the last time.
    proc wait {name {timeout ""}} { raw::await $name [nanoseconds $timeout] }

    # Waits until one of several handles has something to take, and answers that one.
    proc wait_any {handles {timeout ""}} {
        set numbers [lmap one $handles { $one number }]
        lindex $handles [raw::wait_any $numbers [nanoseconds $timeout]]
    }

    # Who has a channel open now, of any pattern: dicts with pid, program, language, role,
    # since_ns and id.
    proc peers {name {directory ""}} {
        set message [Message new [raw::peers $name [list 0 0 0 0 $directory]]]
        try {
            return [$message value]
        } finally {
            $message destroy
        }
    }

    # Says what this program is called, to those who look for peers.
    proc identify {program} { raw::identify $program }

    # Describes one channel or all of a directory, as JSON; changes nothing.
    proc audit {{name ""} {directory ""}} { raw::audit $name $directory }

    # Removes what nobody uses; queues of which nobody has a handle only if their newest message is
    # older, in seconds. How many channels.
    proc clean {{age 86400} {directory ""}} { raw::clean $directory [nanoseconds $age] }

    # The clock of all times.
    proc now_ns {} { raw::now }

    # The version of the library.
    proc version {} { raw::version }

    # Of a typed value what Tcl has: a map is a dict, a list a list; null is empty. A tensor is a
    # list of dtype, shape, format and data.
    proc plain {typed} {
        lassign $typed kind content
        switch $kind {
            list { lmap one $content { plain $one } }
            map {
                set dict {}
                foreach {key one} $content { dict set dict $key [plain $one] }
                set dict
            }
            default { set content }
        }
    }

    proc nanoseconds {seconds} {
        if {$seconds eq ""} { return -1 }
        if {![string is double -strict $seconds] || !($seconds >= 0)} {
            throw {SIPC VALUE} "a timeout is 0 or more seconds, or empty: $seconds"
        }
        if {$seconds > 9e9} { return -1 }
        expr {wide(ceil($seconds * 1e9))}
    }

    # Options that were given over those there are, which are given with what they are without.
    proc options {given known} {
        if {[llength $given] % 2} {
            throw {SIPC VALUE} "an option has a name and a value: $given"
        }
        foreach {name value} $given {
            if {![dict exists $known $name]} {
                throw {SIPC VALUE} "there is no option $name; there are [dict keys $known]"
            }
            dict set known $name $value
        }
        return $known
    }
}

simpleipc::identify [expr {[info exists ::argv0] ? [file tail $::argv0] : ""}]
package provide simpleipc 0.2
