# Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
#
# The numbers of the C surface: $simpleipc::status::TIMEOUT, $simpleipc::role::PUBLISH.

namespace eval ::simpleipc::status {
    variable OK 0 ;# success
    variable TIMEOUT 1 ;# nothing arrived within the time given
    variable FULL 2 ;# no room within the time given; nothing was sent
    variable INTERRUPTED 3 ;# the wait was interrupted by a signal or by sipc_interrupt
    variable BUSY 4 ;# another thread is inside this handle; open one handle per thread
    variable CONFLICT 5 ;# somebody else was faster; nothing was set
    variable CANCELLED 6 ;# the call was cancelled
    variable CLOSED 10 ;# the handle is closed
    variable FORKED 11 ;# the handle belongs to the parent process; open a new one in the child
    variable UNLINKED 12 ;# the channel's file was removed by someone; close the handle and open it again
    variable EVICTED 13 ;# this handle was taken for dead because its lock was closed under it; open it again
    variable SERVER_DIED 14 ;# the server died while it worked on the call; what it had done by then is not known
    variable BAD_NAME 20 ;# the channel name is not usable
    variable WRONG_PATTERN 21 ;# the verb does not fit the pattern of this channel
    variable WRONG_ROLE 22 ;# the handle was opened for the other direction
    variable TOO_LARGE 23 ;# the message is larger than the channel's limit
    variable BAD_VALUE 24 ;# the value cannot be sent as it stands
    variable BAD_ARGUMENT 25 ;# an argument is missing or out of range
    variable TOO_MANY_PRODUCERS 26 ;# the channel already has its maximum of producers
    variable TOO_MANY_PEERS 27 ;# the channel already has its maximum of open handles
    variable FAILED 28 ;# the server answered with an error of its own
    variable CORRUPT 30 ;# the channel's file is damaged
    variable VERSION 31 ;# the channel was made by a version or machine this library cannot share memory with
    variable NO_SPACE 40 ;# shared memory is full
    variable NO_PERMISSION 41 ;# not permitted
    variable NO_DIRECTORY 42 ;# the channel directory does not exist or is no directory
    variable SYSTEM 43 ;# the operating system refused
    variable INTERNAL 50 ;# a defect in SimpleIPC; please report it
}

# What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
# queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
namespace eval ::simpleipc::role {
    variable PUBLISH 1
    variable SUBSCRIBE 2
    variable SEND 3
    variable RECEIVE 4
    variable SET 5
    variable WATCH 6
    variable NOTIFY 7
    variable WAIT 8
    variable LOCK 9
    variable CALL 10
    variable SERVE 11
    variable PEERS 12
    variable HOST 13
}

# The kind of a value. An int sent is an int received, in every language.
namespace eval ::simpleipc::kind {
    variable NULL 0
    variable BOOL 1
    variable INT 2
    variable UINT 3
    variable FLOAT 4
    variable STR 5
    variable BYTES 6
    variable LIST 7
    variable MAP 8
    variable TENSOR 9
    variable OPAQUE 10
}

# Element type of a tensor; elements are in the machine's byte order.
namespace eval ::simpleipc::dtype {
    variable BOOL 1
    variable U8 2
    variable I8 3
    variable U16 4
    variable I16 5
    variable U32 6
    variable I32 7
    variable U64 8
    variable I64 9
    variable F16 10
    variable F32 11
    variable F64 12
    variable C64 13
    variable C128 14
}

# Bits of sipc_options.flags.
namespace eval ::simpleipc::option {
    variable LOSSLESS 1
    variable LATEST 2
    variable UNSTAMPED 4
    variable TAP 8
}

# Bits of sipc_message.flags.
namespace eval ::simpleipc::message {
    variable REDELIVERED 1
    variable ONE_WAY 2
    variable MORE 4
}

# Bits of the flags of sipc_call.
namespace eval ::simpleipc::call {
    variable IDEMPOTENT 1
    variable ONE_WAY 2
}

# Bits of the flags of sipc_reply.
namespace eval ::simpleipc::reply {
    variable MORE 1
    variable ERROR 2
}
