open Simpleipc_generated
include Simpleipc_value
include Simpleipc_message
include Simpleipc_channel
include Simpleipc_service

(* One call *)

external put_once : int -> string -> value -> unit = "simpleipc_put_once"
external take_once : int -> string -> int -> Message.t = "simpleipc_take_once"
external count_once : int -> string -> int -> int = "simpleipc_count_once"

let send name value = put_once 0 (checked name) value
let publish name value = put_once 1 (checked name) value
let set name value = put_once 2 (checked name) value

let take_by which timeout name =
  let timeout = nanoseconds timeout in
  collect ();
  take_once which (checked name) timeout

let receive ?timeout name = take_by 0 timeout name
let get ?timeout name = take_by 1 timeout name
let notify name = ignore (count_once 0 (checked name) 0)
let wait ?timeout name = count_once 1 (checked name) (nanoseconds timeout)

(* The rest *)

external raw_peers : string -> string option -> Message.t = "simpleipc_peers"
external raw_audit : string option -> string option -> string = "simpleipc_audit"
external raw_clean : string option -> int -> int = "simpleipc_clean"

type peer = {
  pid : int;
  program : string;
  language : string;
  role : string;
  since : int;
  id : int64;
}

let peer_of facts =
  let number key = to_int (field key facts) and text key = to_text (field key facts) in
  { pid = number "pid"; program = text "program"; language = text "language"; role = text "role";
    since = number "since_ns"; id = to_int64 (field "id" facts) }

let peers ?directory name =
  match (raw_peers (checked name) directory).value with
  | List all -> List.map peer_of all
  | other -> unfit other "list of peers"

module Peer_watcher = struct
  include Make (struct let role = role_peers end)

  let event ?timeout watcher =
    let facts = (take_briefly watcher timeout).value in
    if field "event" facts = Str "up" then `Up (peer_of facts) else `Down (peer_of facts)
end

let identify ?program () = raw_identify (Option.map checked program)
let audit ?directory ?name () = raw_audit (Option.map checked name) (Option.map checked directory)
let clean ?directory ?(age_max = 86400.) () = raw_clean directory (nanoseconds (Some age_max))
