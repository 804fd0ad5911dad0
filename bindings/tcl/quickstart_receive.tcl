# Prints what arrives; ends when nothing came for 2 seconds.

package require simpleipc

set chat [simpleipc::Receiver new chat -timeout 2]
$chat each message {
    puts "[lindex [$message typed] 0]: [$message value]"
}
$chat destroy
