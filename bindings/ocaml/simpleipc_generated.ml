(* Made from spec/api.toml by `cargo xtask gen`; edit that file instead. *)

(* The numbers of the C surface. Its structs and functions are those of simpleipc.h, which
   simpleipc_stubs.h includes. *)

let abi_version = 1

(* What a call failed with. *)
type status =
  | Timeout (* nothing arrived within the time given *)
  | Full (* no room within the time given; nothing was sent *)
  | Interrupted (* the wait was interrupted by a signal or by sipc_interrupt *)
  | Busy (* another thread is inside this handle; open one handle per thread *)
  | Conflict (* somebody else was faster; nothing was set *)
  | Cancelled (* the call was cancelled *)
  | Closed (* the handle is closed *)
  | Forked (* the handle belongs to the parent process; open a new one in the child *)
  | Unlinked (* the channel's file was removed by someone; close the handle and open it again *)
  | Evicted (* this handle was taken for dead because its lock was closed under it; open it again *)
  | Server_died (* the server died while it worked on the call; what it had done by then is not known *)
  | Bad_name (* the channel name is not usable *)
  | Wrong_pattern (* the verb does not fit the pattern of this channel *)
  | Wrong_role (* the handle was opened for the other direction *)
  | Too_large (* the message is larger than the channel's limit *)
  | Bad_value (* the value cannot be sent as it stands *)
  | Bad_argument (* an argument is missing or out of range *)
  | Too_many_producers (* the channel already has its maximum of producers *)
  | Too_many_peers (* the channel already has its maximum of open handles *)
  | Failed (* the server answered with an error of its own *)
  | Corrupt (* the channel's file is damaged *)
  | Version (* the channel was made by a version or machine this library cannot share memory with *)
  | No_space (* shared memory is full *)
  | No_permission (* not permitted *)
  | No_directory (* the channel directory does not exist or is no directory *)
  | System (* the operating system refused *)
  | Internal (* a defect in SimpleIPC; please report it *)
  | Unknown of int (* of a later version *)

let status_of_number = function
  | 1 -> Timeout
  | 2 -> Full
  | 3 -> Interrupted
  | 4 -> Busy
  | 5 -> Conflict
  | 6 -> Cancelled
  | 10 -> Closed
  | 11 -> Forked
  | 12 -> Unlinked
  | 13 -> Evicted
  | 14 -> Server_died
  | 20 -> Bad_name
  | 21 -> Wrong_pattern
  | 22 -> Wrong_role
  | 23 -> Too_large
  | 24 -> Bad_value
  | 25 -> Bad_argument
  | 26 -> Too_many_producers
  | 27 -> Too_many_peers
  | 28 -> Failed
  | 30 -> Corrupt
  | 31 -> Version
  | 40 -> No_space
  | 41 -> No_permission
  | 42 -> No_directory
  | 43 -> System
  | 50 -> Internal
  | number -> Unknown number

let number_of_status = function
  | Timeout -> 1
  | Full -> 2
  | Interrupted -> 3
  | Busy -> 4
  | Conflict -> 5
  | Cancelled -> 6
  | Closed -> 10
  | Forked -> 11
  | Unlinked -> 12
  | Evicted -> 13
  | Server_died -> 14
  | Bad_name -> 20
  | Wrong_pattern -> 21
  | Wrong_role -> 22
  | Too_large -> 23
  | Bad_value -> 24
  | Bad_argument -> 25
  | Too_many_producers -> 26
  | Too_many_peers -> 27
  | Failed -> 28
  | Corrupt -> 30
  | Version -> 31
  | No_space -> 40
  | No_permission -> 41
  | No_directory -> 42
  | System -> 43
  | Internal -> 50
  | Unknown number -> number

(* The classes of statuses: what can be done about it. *)
module Class = struct
  type t =
    | Retry
    | Gone
    | Misuse
    | Corrupt
    | System

  (* Also of a number that is not known. *)
  let of_status status =
    match number_of_status status with
    | number when number <= 9 -> Retry
    | number when number <= 19 -> Gone
    | number when number <= 29 -> Misuse
    | number when number <= 39 -> Corrupt
    | _ -> System
end

(* The type of a tensor's elements, in the order of their numbers. *)
module Dtype = struct
  type t =
    | Bool (* 1 byte, 0 or 1 *)
    | U8 (* 1 byte *)
    | I8 (* 1 byte *)
    | U16 (* 2 bytes *)
    | I16 (* 2 bytes *)
    | U32 (* 4 bytes *)
    | I32 (* 4 bytes *)
    | U64 (* 8 bytes *)
    | I64 (* 8 bytes *)
    | F16 (* 2 bytes, IEEE half *)
    | F32 (* 4 bytes *)
    | F64 (* 8 bytes *)
    | C64 (* 8 bytes, two F32 *)
    | C128 (* 16 bytes, two F64 *)
end

(* What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a queue, set and watch a state, notify and wait a signal, lock a lock or semaphore. *)
let role_publish = 1
let role_subscribe = 2
let role_send = 3
let role_receive = 4
let role_set = 5
let role_watch = 6
let role_notify = 7
let role_wait = 8
let role_lock = 9
let role_call = 10
let role_serve = 11
let role_peers = 12
let role_host = 13

(* The kind of a value. An int sent is an int received, in every language. *)
let kind_null = 0
let kind_bool = 1
let kind_int = 2
let kind_uint = 3
let kind_float = 4
let kind_str = 5
let kind_bytes = 6
let kind_list = 7
let kind_map = 8
let kind_tensor = 9
let kind_opaque = 10

(* Bits of sipc_options.flags. *)
let option_lossless = 1
let option_latest = 2
let option_unstamped = 4
let option_tap = 8

(* Bits of sipc_message.flags. *)
let message_redelivered = 1
let message_one_way = 2
let message_more = 4

(* Bits of the flags of sipc_call. *)
let call_idempotent = 1
let call_one_way = 2

(* Bits of the flags of sipc_reply. *)
let reply_more = 1
let reply_error = 2

let dims_max = 8
let name_bytes_max = 200
let producers_max = 64
let peers_max = 256
