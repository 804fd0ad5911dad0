# Sends a few values; start it before or after quickstart_receive.tcl.

package require simpleipc

simpleipc::send chat {str hello}
simpleipc::send chat {int 42}
simpleipc::send chat {map {x {float 1.5} ok {bool 1} tags {list {{str a} null}}}}
