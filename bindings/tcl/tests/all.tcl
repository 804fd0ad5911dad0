# The tests of the Tcl binding. $SIPC_DIR is theirs.

package require tcltest
package require simpleipc
namespace import tcltest::test

# Seconds that are long enough on any machine.
set SOON 20
set here [file dirname [file normalize [info script]]]

proc round_trip {value} {
    simpleipc::send values $value
    take typed [simpleipc::receive values $::SOON]
}

# What a message says, which then goes.
proc take {what message} {
    try {
        return [$message {*}$what]
    } finally {
        $message destroy
    }
}

# The errorCode of a script, or none.
proc code_of {body} {
    set code none
    catch { uplevel 1 $body } text options
    if {[dict exists $options -errorcode]} { set code [dict get $options -errorcode] }
    return $code
}

# The class and the status of what the library refuses.
proc status_of {body} { lrange [uplevel 1 [list code_of $body]] 1 2 }

proc with {name object body} {
    upvar 1 $name one
    set one $object
    try {
        uplevel 1 $body
    } finally {
        $object destroy
    }
}

# A program that uses the library; what it prints can be read.
proc program {text} {
    set channel [open [list | [info nameofexecutable] << \
        "package require simpleipc\nfconfigure stdout -buffering line\n$text" 2>@stderr] r]
    return $channel
}

proc kill {channel} {
    exec sh -c "kill -KILL [pid $channel]"
    catch { close $channel }
}

test structs {a package of this library and no other} {
    list [regexp {^\d+\.\d+\.\d+} [simpleipc::version]] [expr {[simpleipc::now_ns] > 0}]
} {1 1}

foreach value [list null {bool 1} {bool 0} {int 0} {int -9223372036854775808} \
    {int 9223372036854775807} {uint 18446744073709551615} {uint 0} {float 1.5} {float -0.0} \
    {float Inf} {str {}} [list str "gr\u00fcn\0"] [list str \U1f600] {bytes {}} \
    [list bytes \xff\0] {list {}} {list {{int 1} {list {{float 2.0} {str x} null}}}} {map {}} \
    {map {b {int 1} a {list {{map {k {str v}}}}}}} {opaque {application/json {{}}}} \
    {tensor {u8 {2 3} grey abcdef}} {tensor {f64 {} {} 12345678}}] {
    test values "[lindex $value 0] arrives as what it was" {
        round_trip $value
    } $value
}

test plain {a map is a dict, a list a list} {
    simpleipc::plain {map {a {list {{int 1} {map {b {str c d}}}}} e null}}
} {a {1 {b c}} e {}}

foreach {value what} [list {callback x} type {int 1.5} number {int 9223372036854775808} range \
    {int -9223372036854775809} range {uint -1} range {uint 18446744073709551616} range \
    {float x} number {bool x} truth {} nothing {int} content {null 1} content {map {a}} pairs \
    {list {{int 1} x}} item [list str \ud800] surrogate {tensor {u8 {2 3} {} 12345}} shape \
    {tensor {u9 {1} {} 1}} dtype {tensor {u8 {1 1 1 1 1 1 1 1 1} {} 1}} dims \
    {tensor {u8 {-1} {} {}}} size {opaque x} label] {
    test refused "a wrong $what is refused before anything is sent" {
        list [catch { simpleipc::send refused $value }] \
            [expr {[lindex [code_of { simpleipc::send refused $value }] 1] in {RETRY MISUSE}}]
    } {1 0}
}

test refused {nesting has an end} {
    set deep null
    for {set at 0} {$at < 100} {incr at} { set deep [list list [list $deep]] }
    catch { simpleipc::send refused $deep } text
    string range $text 0 34
} {a value is nested more than 64 deep}

test refused {nothing was sent} {
    status_of { simpleipc::receive refused 0 }
} {RETRY 1}

test facts {a message says where it comes from} {
    with sender [simpleipc::Sender new facts] {
        $sender send {str x} -capture 7
        $sender send {str x}
    }
    with receiver [simpleipc::Receiver new facts -timeout $SOON] {
        with message [$receiver receive] {
            set names {sequence missed capture_time_ns redelivered}
            set found [lmap one $names { $message fact $one }]
            lappend found [expr {[$message age] >= 0}]
        }
        lappend found [take {fact sequence} [$receiver receive]]
    }
    set found
} {0 0 7 0 1 1}

test close {closing twice does no harm, and then nothing goes} {
    set sender [simpleipc::Sender new closed]
    set receiver [simpleipc::Receiver new closed -timeout $SOON]
    $sender send {str {still here}}
    set message [$receiver receive]
    foreach one [list $sender $receiver $sender $receiver] { $one close }
    set found [list [take value $message] [status_of { $sender send {int 1} }] \
        [status_of { $receiver receive }] [status_of { $receiver interrupt }]]
    foreach one [list $sender $receiver] { $one destroy }
    set found
} {{still here} {GONE 10} {GONE 10} {GONE 10}}

test released {a message that was released is gone} {
    simpleipc::send released {int 1}
    set message [simpleipc::receive released $SOON]
    set number [$message number]
    $message destroy
    simpleipc::raw::release $number
    status_of { simpleipc::raw::value $number }
} {GONE 10}

test wrong {names, verbs and options} {
    set found [list [status_of { simpleipc::send a/b {int 1} }] \
        [code_of { simpleipc::send "a\0b" {int 1} }] \
        [code_of { simpleipc::Sender new n -colour 1 }] \
        [code_of { simpleipc::Sender new n -depth }] \
        [code_of { simpleipc::Sender new n -depth -1 }] \
        [code_of { simpleipc::Sender new n -depth 4294967296 }] \
        [status_of { simpleipc::Sender new n -depth 100 }] \
        [status_of { simpleipc::Sender new n -directory /no/such/place }]]
    with publisher [simpleipc::Publisher new {a topic}] {
        lappend found [status_of { simpleipc::send {a topic} {int 1} }]
    }
    set found
} {{MISUSE 20} {SIPC VALUE} {SIPC VALUE} {SIPC VALUE} {SIPC VALUE} {SIPC VALUE} {MISUSE 25}\
    {SYSTEM 42} {MISUSE 21}}

test timeouts {wrong ones are errors} {
    with receiver [simpleipc::Receiver new patience] {
        list [code_of { $receiver receive x }] [code_of { $receiver receive -1 }] \
            [code_of { $receiver receive NaN }] [status_of { $receiver receive 0 }] \
            [status_of { $receiver receive 0.01 }]
    }
} {{SIPC VALUE} {SIPC VALUE} {SIPC VALUE} {RETRY 1} {RETRY 1}}

test each {iterating ends when nothing comes, by break, and with an error} {
    foreach number {0 1 2 3 4} { simpleipc::send numbers [list int $number] }
    set found {}
    with receiver [simpleipc::Receiver new numbers -timeout 0.01] {
        $receiver each message {
            lappend found [$message value]
            if {[$message value] == 1} break
        }
        catch { $receiver each message { error [$message value] } } text
        lappend found $text
        $receiver each message {
            if {[$message value] == 3} continue
            lappend found [$message value]
        }
    }
    set found
} {0 1 2 4}

test full {a full queue is said after the timeout} {
    with sender [simpleipc::Sender new full -depth 16] {
        set status [status_of { while 1 { $sender send {int 1} -timeout 0.01 } }]
        with receiver [simpleipc::Receiver new full -timeout 0] {
            set count 0
            $receiver each message { incr count }
        }
    }
    list $status [expr {$count >= 16}]
} {{RETRY 2} 1}

test options {subscribers get what they say} {
    with publisher [simpleipc::Publisher new options -history 2 -depth 16] {
        foreach number {1 2 3} { $publisher publish [list int $number] }
        set late [simpleipc::Subscriber new options -history 2 -timeout 0]
        set latest [simpleipc::Subscriber new options -history 2 -latest 1 -timeout 0]
        set lossless [simpleipc::Subscriber new options -lossless 1 -timeout 0]
        set found {}
        $late each message { lappend found [$message value] }
        $latest each message { lappend found [$message value] }
        foreach number {1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16} { $publisher publish {int 1} }
        lappend found [status_of { $publisher publish {int 1} -timeout 0.01 }]
        foreach one [list $late $latest $lossless] { $one destroy }
    }
    set found
} {2 3 3 {RETRY 2}}

test in_place {tensors and bytes are written in place} {
    with publisher [simpleipc::Publisher new loans] {
        with subscriber [simpleipc::Subscriber new loans -timeout $SOON] {
            $publisher put_in_place {tensor {u8 {2 3} grey abcdef}} -capture 9
            with message [$subscriber receive] {
                set found [list [$message value] [$message fact capture_time_ns]]
            }
            $publisher put_in_place [list bytes [string repeat z 200]]
            lappend found [string length [take value [$subscriber receive]]]
            lappend found [catch { $publisher put_in_place {int 1} }]
        }
    }
    set found
} {{u8 {2 3} grey abcdef} 9 200 1}

test many {ten thousand messages leave nothing} {
    with sender [simpleipc::Sender new many -depth 16] {
        with receiver [simpleipc::Receiver new many -timeout $SOON] {
            set large [list bytes [string repeat x 300]]
            for {set number 0} {$number < 10000} {incr number} {
                $sender send [expr {$number % 2 ? $large : "int 1"}]
                take value [$receiver receive]
            }
            regexp {"chunks_in_use": *(\d+)} [simpleipc::audit many] -> chunks
        }
    }
    expr {$chunks <= 1}
} 1

test again {a message that was not released comes again} {
    simpleipc::send again {str important}
    set victim [program { set m [[simpleipc::Receiver new again] receive]; puts taken; vwait x }]
    set found [gets $victim]
    kill $victim
    with message [simpleipc::receive again $SOON] {
        lappend found [$message value] [$message fact redelivered]
    }
    set found
} {taken important 1}

test leave {a program that ends leaves nothing it had} {
    simpleipc::send {ended with} {int 1}
    set done [program { set m [simpleipc::receive {ended with}]; [simpleipc::Lock new el] lock }]
    set found [list [read $done] [catch { close $done }]]
    lappend found [status_of { simpleipc::receive {ended with} 0 }]
    with lock [simpleipc::Lock new el] { lappend found [$lock lock 0] }
} {{} 0 {RETRY 1} 0}

test interrupt {ends the next wait} {
    with receiver [simpleipc::Receiver new interrupted] {
        $receiver interrupt
        list [status_of { $receiver receive }] [status_of { $receiver receive 0 }]
    }
} {{RETRY 3} {RETRY 1}}

test wait_any {several handles} {
    with first [simpleipc::Receiver new first] {
        with second [simpleipc::Waiter new second] {
            set both [list $first $second]
            set found [status_of { simpleipc::wait_any $both 0.01 }]
            simpleipc::notify second
            lappend found [expr {[simpleipc::wait_any $both $SOON] eq $second}] [$second wait 0]
            simpleipc::send first {int 1}
            lappend found [expr {[simpleipc::wait_any $both $SOON] eq $first}]
            take value [$first receive 0]
            lappend found {*}[status_of { simpleipc::wait_any {} 0 }]
        }
    }
} {RETRY 1 1 1 1 MISUSE 25}

test on_ready {the event loop runs a script} {
    set ::got ""
    with receiver [simpleipc::Receiver new events] {
        $receiver on_ready [list apply {{receiver} {
            catch { while 1 { set ::got [take value [$receiver receive 0]] } }
        }} $receiver]
        after 0 { simpleipc::send events {str news} }
        set timer [after [expr {$SOON * 1000}] { set ::got late }]
        while {$::got eq ""} { vwait ::got }
        after cancel $timer
        $receiver on_ready ""
    }
    set ::got
} news

test states {a state is there for whoever comes late} {
    set found [status_of { simpleipc::get speed 0 }]
    simpleipc::set_state speed {int 30}
    lappend found [take value [simpleipc::get speed 0]]
    with setter [simpleipc::Setter new speed] {
        with watcher [simpleipc::Watcher new speed -timeout 0] {
            lappend found [$setter set_if {int 31} ""]
            set seen [take {fact sequence} [$watcher get]]
            lappend found [$setter set_if {int 31} $seen] [$setter set_if {int 32} $seen]
            $setter set {int 33}
            lappend found [take value [$watcher receive]] [take value [$watcher get]]
            lappend found {*}[status_of { $watcher receive }]
        }
    }
} {RETRY 1 30 0 1 0 33 33 RETRY 1}

test signals {notifications are counted} {
    with waiter [simpleipc::Waiter new bell -timeout 0] {
        with notifier [simpleipc::Notifier new bell] {
            foreach _ {1 2 3} { $notifier notify }
        }
        set found [list [$waiter wait] {*}[status_of { $waiter wait }]]
        simpleipc::notify bell
        $waiter each count { lappend found $count }
    }
    lappend found {*}[status_of { simpleipc::wait bell 0 }]
    simpleipc::notify bell
    lappend found [simpleipc::wait bell $SOON]
} {3 RETRY 1 1 RETRY 1 1}

test locks {a lock has one owner} {
    with mine [simpleipc::Lock new robot] {
        with other [simpleipc::Lock new robot] {
            set found [$mine synchronize { expr {2 + 3} }]
            $mine synchronize {
                lappend found [$other try_lock] {*}[status_of { $other lock 0.01 }] \
                    {*}[status_of { $mine lock }]
            }
            lappend found [catch { $mine synchronize { error no } }] [$other try_lock]
        }
    }
    set places [lmap _ {1 2 3} { simpleipc::Lock new places -permits 2 }]
    lappend found {*}[lmap one $places { $one try_lock }]
    foreach one $places { $one destroy }
    set found
} {5 0 RETRY 1 MISUSE 25 1 1 1 1 0}

test deaths {the next owner is told} {
    set victim [program { [simpleipc::Lock new mortal] lock; puts locked; vwait x }]
    gets $victim
    set pid [pid $victim]
    kill $victim
    with lock [simpleipc::Lock new mortal] {
        set found [expr {[$lock lock $SOON] == $pid}]
        $lock unlock
        lappend found [$lock lock]
    }
} {1 0}

test presence {who comes and goes is told} {
    set found [simpleipc::peers visited]
    with watcher [simpleipc::PeerWatcher new visited -timeout $SOON] {
        set child [program {
            simpleipc::identify guest
            set r [simpleipc::Receiver new visited]
            puts 1
            vwait x
        }]
        gets $child
        lappend found [dict get [$watcher receive] event]
        set peer [lindex [simpleipc::peers visited] 0]
        lappend found [dict get $peer program] [dict get $peer language] \
            [expr {[dict get $peer pid] == [pid $child]}]
        kill $child
        lappend found [dict get [$watcher receive] event]
    }
    lappend found {*}[status_of { simpleipc::peers a/b }]
} {up guest tcl 1 down MISUSE 20}

# A server in a program of its own; the script has a client.
proc serving {name methods body} {
    set server [program "
        set server \[simpleipc::Server new $name\]
        $methods
        puts open
        \$server serve
    "]
    gets $server
    try {
        with ::client [simpleipc::Client new $name] { uplevel 1 $body }
    } finally {
        kill $server
    }
}

test services {a method is called, says no, fails, or is not there} {
    set found {}
    serving bank {
        $server on add {apply {{a {b 10}} { list int [expr {$a + $b}] }}}
        $server on no {simpleipc::fail 17 empty {map {left {int 3}}}}
        $server on zero {apply {{} { expr {1 / 0} }}}
        $server on odd {apply {{} { return {what 1} }}}
    } {
        lappend found [$::client call add {list {{int 1} {int 2}}} $::SOON] \
            [$::client call add {list {{int 1}}} $::SOON] [$::client call add {int 5} $::SOON]
        lassign [code_of { $::client call no null $::SOON }] _ class said
        lappend found $class [simpleipc::plain $said]
        foreach method {zero odd unknown add} {
            set said [lindex [code_of { $::client call $method null $::SOON }] 2]
            lappend found [dict get [simpleipc::plain $said] code]
        }
        lappend found [$::client call add {int 1} $::SOON]
    }
    set found
} {3 11 15 FAILED {code 17 message empty data {left 3}} -32603 -32603 -32601 -32602 11}

test streams {replies come one by one} {
    set found {}
    serving log {
        $server on count {apply {{to request} {
            for {set at 0} {$at < $to} {incr at} { $request push [list int $at] }
            return {str end}
        }}} -request 1
    } {
        with call [$::client start count {int 3}] {
            lappend found [$call result $::SOON value { lappend found $value }]
        }
        lappend found [$::client call count {int 2} $::SOON]
    }
    set found
} {0 1 2 end end}

test cancelling {a call can be cancelled, and the server learns it} {
    with server [simpleipc::Server new long -timeout $SOON] {
        with client [simpleipc::Client new long] {
            set call [$client start work]
            with request [$server receive] {
                set found [list [$request cancelled] [status_of { $call reply 0.01 }]]
                $call cancel
                lappend found [$request cancelled] [status_of { $request push {int 1} }]
            }
            lappend found [status_of { $call reply $SOON }] \
                [status_of { $client call work null 0.01 }]
            $call destroy
            set call [$client start work]
            with request [$server receive] {
                $call destroy
                lappend found [$request cancelled]
            }
        }
    }
    set found
} {0 {RETRY 1} 1 {RETRY 6} {RETRY 6} {RETRY 1} 1}

test rude {a request that is let go of is an error} {
    with server [simpleipc::Server new rude -timeout $SOON] {
        with client [simpleipc::Client new rude] {
            with call [$client start work] {
                [$server receive] destroy
                set said [lindex [code_of { $call reply $SOON }] 2]
                set found [dict get [simpleipc::plain $said] code]
            }
            with call [$client start work] {
                with request [$server receive] {
                    $request reply {int 1}
                    lappend found [status_of { $request reply {int 2} }]
                }
                lappend found [$call result $SOON]
            }
            $client send note {list {{str x}}}
            with request [$server receive] { lappend found [$request one_way] [$request args] }
            $server on note concat -args text -idempotent 1 -about {Keeps it.}
            with call [$client start .methods] {
                $server serve 0
                lappend found [$call result $SOON]
            }
        }
    }
    set found
} {-32603 {MISUSE 25} 1 1 x {{name note args {{text any}} idempotent 1 about {Keeps it.}}}}

test mortal {a server that dies is said, and an idempotent call goes to another} {
    set mortal { [simpleipc::Server new mortal] receive; puts called; vwait x }
    with client [simpleipc::Client new mortal] {
        with call [$client start do] {
            set victim [program $mortal]
            gets $victim
            kill $victim
            set found [status_of { $call result $SOON }]
        }
        with call [$client start do null IDEMPOTENT] {
            set victim [program $mortal]
            gets $victim
            kill $victim
            with server [simpleipc::Server new mortal -timeout $SOON] {
                with request [$server receive] { $request reply {str another} }
            }
            lappend found [$call result $SOON]
        }
    }
} {GONE 14 another}

test plugins {a host starts them and hears of their crashes} {
    set file [file join $::env(SIPC_DIR) plugin.tcl]
    set channel [open $file w]
    puts $channel {
        package require simpleipc
        set server [simpleipc::Server new]
        $server on add {apply {{a b} { list int [expr {$a + $b}] }}}
        $server on crash {apply {{} { exec sh -c "kill -KILL [pid]"; after 60000 }}}
        $server serve
    }
    close $channel
    with host [simpleipc::Host new host -timeout $SOON] {
        $host start calc [info nameofexecutable] [list $file] -restarts 3 -within 60
        with calc [simpleipc::Client new host.calc] {
            set add {list {{int 2} {int 3}}}
            set found [$calc call add $add $SOON]
            lappend found [status_of { $calc call crash null $SOON }]
            foreach _ {1 2 3 4} {
                lappend found [dict get [take value [$host receive]] event]
            }
            lappend found [$calc call add $add $SOON]
        }
        $host stop calc
        while {[dict get [take value [$host receive]] event] ni {ended killed}} {}
        lappend found [status_of { $host stop nobody }] [code_of { $host start x false {} -r 1 }]
    }
    file delete $file
    lappend found [status_of { simpleipc::Server new }]
} {5 {GONE 14} started ready killed restarting 5 {MISUSE 25} {SIPC VALUE} {MISUSE 20}}

test audit {and clean} {
    with sender [simpleipc::Sender new seen] {
        $sender send {str x}
        set found [regexp {"pattern": *"queue"} [simpleipc::audit seen]]
    }
    lappend found [string is integer [simpleipc::clean 0]] [regexp seen [simpleipc::audit]]
} {1 1 0}

tcltest::cleanupTests
