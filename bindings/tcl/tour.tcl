# Every pattern once, in one program; each part could be in a program of its own.

package require simpleipc

# A queue: each message goes to one receiver.
simpleipc::send tour.queue {str hello}
set receiver [simpleipc::Receiver new tour.queue]
set message [$receiver receive 20]
puts "queue: [$message value]"
$message destroy
try {
    $receiver receive 0
} trap {SIPC RETRY 1} {} {
    puts "queue: nothing more"
}
$receiver destroy

# A topic: every subscriber gets every message. The frame is written where it is read.
set subscriber [simpleipc::Subscriber new tour.topic -timeout 20]
set publisher [simpleipc::Publisher new tour.topic]
$publisher publish {int 42}
set message [$subscriber receive]
puts "topic: [$message value]"
$message destroy
set frame [list u8 {4 6 3} rgb8 [string repeat \x07 72]]
$publisher put_in_place [list tensor $frame] -capture [simpleipc::now_ns]
set message [$subscriber receive]
lassign [$message value] dtype shape format data
binary scan $data cu first
puts "topic: $shape $format $first"
$message destroy
$subscriber destroy
$publisher destroy

# A state: the latest value, for whoever comes whenever.
set setter [simpleipc::Setter new tour.state]
set watcher [simpleipc::Watcher new tour.state -timeout 20]
$setter set {int 30}
set speed [$watcher get]
puts "state: [$speed value]"
set is_set [$setter set_if {int 31} [$speed fact sequence]] ;# 0 if somebody else has set it since
$speed destroy
set message [$watcher receive]
puts "state: [$message value] $is_set"
$message destroy
$setter destroy
$watcher destroy

# A signal: something has happened.
set waiter [simpleipc::Waiter new tour.signal]
simpleipc::notify tour.signal
puts "signal: [$waiter wait 20]"
$waiter destroy

# A lock: one owner at a time, and free when it dies.
set lock [simpleipc::Lock new tour.lock]
puts "lock: died with it: [$lock lock 20]"
$lock unlock
$lock destroy

# A service; `$server on add ...` and `$server serve` are the usual way to answer.
set server [simpleipc::Server new tour.service]
set client [simpleipc::Client new tour.service]
set call [$client start add {list {{int 1} {int 2}}}]
set request [$server receive 20]
puts "service: [$request method] [$request args]"
$request reply [list int [expr [join [$request args] +]]]
$request destroy
puts "service: [$call result 20]"
foreach one [list $call $client $server] { $one destroy }
