open Simpleipc_generated
include Simpleipc_value

(* Messages *)

module Message = struct
  type held

  type t = {
    value : value;
    sequence : int;
    sender : int64;
    missed : int;
    redelivered : bool;
    more : bool;
    one_way : bool;
    capture_time : int;
    publish_time : int;
    receive_time : int;
    held : held;
    failed : bool;
  }

  external let_go : held -> unit = "simpleipc_release"
  external empty : Obj.t -> unit = "simpleipc_empty"

  let age message = message.receive_time - message.publish_time

  let rec has_tensor = function
    | Tensor _ -> true
    | List items -> List.exists has_tensor items
    | Map pairs -> List.exists (fun (_, item) -> has_tensor item) pairs
    | _ -> false

  let rec empty_all = function
    | Tensor { data; _ } -> empty data
    | List items -> List.iter empty_all items
    | Map pairs -> List.iter (fun (_, item) -> empty_all item) pairs
    | _ -> ()

  let release message =
    empty_all message.value;
    let_go message.held
end

(* The C side. Times are nanoseconds; -1 waits for ever. *)

module Options = struct
  type t = {
    lossless : bool;
    latest : bool;
    tap : bool;
    unstamped : bool;
    history : int;
    depth : int;
    pool_bytes_max : int;
    directory : string option;
    signal : int;
    permits : int;
  }

  let default =
    { lossless = false; latest = false; tap = false; unstamped = false; history = 0; depth = 0;
      pool_bytes_max = 0; directory = None; signal = 0; permits = 0 }
end

type raw
type loan

external abi : unit -> int = "simpleipc_abi_version"
external version : unit -> string = "simpleipc_version"
external now : unit -> int = "simpleipc_now"
external raw_identify : string option -> unit = "simpleipc_identify"
external raw_open : string option -> int -> Options.t -> raw = "simpleipc_open"
external raw_close : raw -> unit = "simpleipc_close"
external raw_interrupt : raw -> unit = "simpleipc_interrupt"
external raw_fd : raw -> Unix.file_descr = "simpleipc_fd"
external raw_put : raw -> value -> int -> int -> unit = "simpleipc_put"
external raw_put_if : raw -> value -> int -> int -> unit = "simpleipc_put_if"
external raw_take : raw -> bool -> int -> Message.t = "simpleipc_take"
external raw_current : raw -> int -> Message.t = "simpleipc_current"
external raw_loan : raw -> Obj.t -> int -> loan * ('a, 'b) genarray = "simpleipc_loan"
external raw_put_loan : raw -> loan -> int -> int -> unit = "simpleipc_put_loan"
external raw_unloan : raw -> loan -> unit = "simpleipc_unloan"
external raw_lock : raw -> int -> int = "simpleipc_lock"
external raw_unlock : raw -> unit = "simpleipc_unlock"
external raw_wait_any : raw array -> int -> int = "simpleipc_wait_any"
external raw_call : raw -> string -> value -> int -> int = "simpleipc_call"
external raw_result : raw -> int -> int -> Message.t = "simpleipc_result"
external raw_cancel : raw -> int -> unit = "simpleipc_cancel"
external raw_give_up : raw -> int -> unit = "simpleipc_give_up"
external raw_reply : Message.held -> value -> int -> unit = "simpleipc_reply"
external raw_cancelled : Message.held -> bool = "simpleipc_cancelled"
external raw_describe : raw -> value -> unit = "simpleipc_describe"
external raw_plugin : raw -> value -> unit = "simpleipc_plugin"
external put_once : int -> string -> value -> unit = "simpleipc_put_once"
external take_once : int -> string -> int -> Message.t = "simpleipc_take_once"
external count_once : int -> string -> int -> int = "simpleipc_count_once"
external raw_peers : string -> string option -> Message.t = "simpleipc_peers"
external raw_audit : string option -> string option -> string = "simpleipc_audit"
external raw_clean : string option -> int -> int = "simpleipc_clean"
external held_count : unit -> int = "simpleipc_held"
external let_all_go : unit -> unit = "simpleipc_end"

(* A library of another ABI is refused before anything else of it is called. *)
let () =
  if abi () <> abi_version then
    failwith (Printf.sprintf "libsimpleipc speaks ABI %d, this program %d" (abi ()) abi_version);
  raw_identify None;
  at_exit let_all_go

let nanoseconds = function
  | None -> -1
  | Some seconds when seconds >= 0. && seconds < 4e9 -> int_of_float (Float.ceil (seconds *. 1e9))
  | Some seconds -> fail Bad_argument (Printf.sprintf "no wait is %g s long" seconds)

let checked name =
  if String.contains name '\000' then fail Bad_name "there is a NUL in a name" else name

(* To the garbage collector messages are small, so that it might see no reason to run: it runs when
   the number of those that are not released has doubled. *)
let goal_min = 8
let goal = ref goal_min

let collect () =
  let count = held_count () in
  if count >= !goal then begin
    Gc.full_major ();
    goal := max goal_min (2 * held_count ())
  end
  else if 4 * count < !goal then goal := max goal_min (2 * count)

(* Handles *)

type handle = {
  raw : raw;
  name : string;
  options : Options.t;
  mutable latest : Message.t option; (* is done when the next one is asked for *)
}

module type Handle = sig
  type t

  val open_ : ?options:Options.t -> string -> t
  val with_open : ?options:Options.t -> string -> (t -> 'a) -> 'a
  val close : t -> unit
  val interrupt : t -> unit
  val fd : t -> Unix.file_descr
  val handle : t -> handle
end

let opened ?(options = Options.default) role name =
  Option.iter (fun place -> ignore (checked place)) options.directory;
  collect ();
  let raw = raw_open (Option.map checked name) role options in
  { raw; name = Option.value ~default:"" name; options; latest = None }

module Make (Role : sig
  val role : int
end) =
struct
  type t = handle

  let open_ ?options name = opened ?options Role.role (Some name)
  let close handle = raw_close handle.raw

  let with_open ?options name work =
    let handle = open_ ?options name in
    Fun.protect ~finally:(fun () -> close handle) (fun () -> work handle)

  let interrupt handle = raw_interrupt handle.raw
  let fd handle = raw_fd handle.raw
  let handle handle = handle
end

(* Takes a message that is kept until it is released or the next one is asked for. *)
let take_lasting handle timeout =
  let timeout = nanoseconds timeout in
  (match handle.latest with
  | Some old when not (Message.has_tensor old.value) -> Message.let_go old.held
  | _ -> ());
  handle.latest <- None;
  collect ();
  let message = raw_take handle.raw true timeout in
  handle.latest <- Some message;
  message

let take_briefly handle timeout =
  let timeout = nanoseconds timeout in
  collect ();
  raw_take handle.raw false timeout

module type Producer = sig
  include Handle

  val put : ?timeout:float -> ?captured:int -> t -> value -> unit

  val fill :
    ?timeout:float -> ?captured:int -> ?dtype:Dtype.t -> ?format:string -> t ->
    ('a, 'b) Bigarray.kind -> int list -> (('a, 'b) genarray -> unit) -> unit

  val fill_bytes :
    ?timeout:float -> ?captured:int -> t -> int ->
    ((int, Bigarray.int8_unsigned_elt) genarray -> unit) -> unit
end

module Make_producer (Role : sig
  val role : int
end) =
struct
  include Make (Role)

  let put ?timeout ?(captured = 0) handle value =
    raw_put handle.raw value captured (nanoseconds timeout)

  let filled ?timeout ?(captured = 0) handle room work =
    let timeout = nanoseconds timeout in
    let loan, array = raw_loan handle.raw room timeout in
    match
      work array;
      raw_put_loan handle.raw loan captured timeout
    with
    | () -> Message.empty (Obj.repr array)
    | exception thrown ->
        Message.empty (Obj.repr array);
        raw_unloan handle.raw loan;
        raise thrown

  let fill ?timeout ?captured ?dtype ?(format = "") handle kind shape work =
    let dtype = match dtype with Some dtype -> dtype | None -> Tensor.dtype_of kind in
    Tensor.checked dtype kind;
    filled ?timeout ?captured handle (Obj.repr (dtype, Array.of_list shape, format)) work

  let fill_bytes ?timeout ?captured handle count work =
    filled ?timeout ?captured handle (Obj.repr count) work
end

module type Consumer = sig
  include Handle

  val receive : ?timeout:float -> t -> Message.t
  val with_message : ?timeout:float -> t -> (Message.t -> 'a) -> 'a
  val iter : ?timeout:float -> t -> (Message.t -> unit) -> unit
end

module Make_consumer (Role : sig
  val role : int
  val lasts : bool
end) =
struct
  include Make (Role)

  let receive ?timeout handle =
    if Role.lasts then take_lasting handle timeout else take_briefly handle timeout

  let released work message =
    Fun.protect ~finally:(fun () -> Message.release message) (fun () -> work message)

  let with_message ?timeout handle work = released work (receive ?timeout handle)

  let rec iter ?timeout handle work =
    match receive ?timeout handle with
    | message ->
        released work message;
        iter ?timeout handle work
    | exception Error { status = Timeout | Interrupted | Closed; _ } -> ()
end

module Publisher = struct
  include Make_producer (struct let role = role_publish end)

  let publish = put
end

module Subscriber = Make_consumer (struct let role = role_subscribe let lasts = false end)

module Sender = struct
  include Make_producer (struct let role = role_send end)

  let send = put
end

module Receiver = Make_consumer (struct let role = role_receive let lasts = true end)

module Setter = struct
  include Make_producer (struct let role = role_set end)

  let set = put

  let set_if ?timeout handle ~expected value =
    let expected = match expected with `Sequence number -> number | `None -> -1 in
    raw_put_if handle.raw value expected (nanoseconds timeout)
end

module Watcher = struct
  include Make_consumer (struct let role = role_watch let lasts = false end)

  let get ?timeout handle =
    let timeout = nanoseconds timeout in
    collect ();
    raw_current handle.raw timeout
end

module Notifier = struct
  include Make (struct let role = role_notify end)

  let notify handle = raw_put handle.raw Null 0 (-1)
end

module Waiter = struct
  include Make (struct let role = role_wait end)

  let wait ?timeout handle = to_int (take_briefly handle timeout).value
end

module Lock = struct
  include Make (struct let role = role_lock end)

  let lock ?timeout handle =
    match raw_lock handle.raw (nanoseconds timeout) with 0 -> None | pid -> Some pid

  let unlock handle = raw_unlock handle.raw

  let with_lock ?timeout handle work =
    let died = lock ?timeout handle in
    Fun.protect ~finally:(fun () -> unlock handle) (fun () -> work died)
end

let wait_any ?timeout handles =
  let timeout = nanoseconds timeout in
  raw_wait_any (Array.of_list (List.map (fun handle -> handle.raw) handles)) timeout

(* Services *)

module Client = struct
  include Make (struct let role = role_call end)

  type call = { client : handle; number : int }

  let begin_ client name args flags =
    { client; number = raw_call client.raw (checked name) args flags }

  let start ?(idempotent = false) client name args =
    begin_ client name args (if idempotent then call_idempotent else 0)

  let tell client name args = ignore (begin_ client name args call_one_way)

  let next ?timeout call =
    let timeout = nanoseconds timeout in
    collect ();
    let message = raw_result call.client.raw call.number timeout in
    let fact key = field key message.value in
    if message.failed then
      let code = to_int64 (fact "code") and text = to_text (fact "message") in
      raise (Service_error { code; text; data = fact "data" })
    else message

  let cancel call = raw_cancel call.client.raw call.number

  let result ?timeout call =
    let ends = Option.map (fun seconds -> now () + nanoseconds (Some seconds)) timeout in
    let left () = Option.map (fun ends -> float_of_int (max 0 (ends - now ())) /. 1e9) ends in
    let rec last () =
      let message = next ?timeout:(left ()) call in
      if message.more then last () else message.value
    in
    match last () with
    | value -> value
    | exception (Error { status = Busy; _ } as thrown) -> raise thrown (* it may be asked again *)
    | exception thrown ->
        raw_give_up call.client.raw call.number;
        raise thrown

  let call ?timeout client name args =
    result ?timeout (start client name (if args = [] then Null else List args))
end

module Server = struct
  include Make (struct let role = role_serve end)

  let open_plugin ?options () = opened ?options role_serve None

  type request = { name : string; args : value; message : Message.t }

  let request ?timeout server =
    let message = take_lasting server timeout in
    match message.value with
    | List [ Str name; args ] -> { name; args; message }
    | other -> unfit other "request"

  let name request = request.name
  let args request = request.args
  let message request = request.message
  let answer request value flags = raw_reply request.message.held value flags
  let reply request value = answer request value 0
  let push request value = answer request value reply_more

  let fail request ~code text data =
    answer request (Map [ ("code", Int code); ("message", Str text); ("data", data) ]) reply_error

  let cancelled request = raw_cancelled request.message.held
  let forget request = Message.release request.message

  type method_ = { title : string; idempotent : bool; work : request -> value }

  let on ?(idempotent = false) title work = { title; idempotent; work }
  let no_such_method = -32601L
  let bad_arguments = -32602L
  let broken = -32603L

  let perform methods request =
    (* Its client is gone, or was told by the library. *)
    let refuse code text data = try fail request ~code text data with Error _ -> () in
    match List.find_opt (fun one -> one.title = request.name) methods with
    | None -> refuse no_such_method ("there is no method " ^ request.name) Null
    | Some one -> (
        try reply request (one.work request) with
        | Sys.Break -> raise Sys.Break
        | Service_error { code; text; data } -> refuse code text data
        | Match_failure _ -> refuse bad_arguments ("the arguments do not fit " ^ request.name) Null
        | thrown -> refuse broken (Printexc.to_string thrown) Null)

  let rec answer_all ?timeout server methods =
    match request ?timeout server with
    | request ->
        Fun.protect ~finally:(fun () -> forget request) (fun () -> perform methods request);
        answer_all ?timeout server methods
    | exception Error { status = Timeout | Interrupted | Closed; _ } -> ()

  let serve ?timeout server methods =
    let offer one = Map [ ("name", Str one.title); ("idempotent", Bool one.idempotent) ] in
    raw_describe server.raw (List (List.map offer methods));
    answer_all ?timeout server methods
end

module Host = struct
  include Make (struct let role = role_host end)

  type event = { event : string; plugin : string; facts : value }

  let start ?(args = []) ?(restarts = 3) ?(seconds = 60.) ?hang_after host ~name program =
    let hang = match hang_after with Some after -> [ ("hang_after", Float after) ] | None -> [] in
    raw_plugin host.raw
      (Map
         ([ ("name", Str name); ("program", Str program);
            ("args", List (List.map (fun arg -> Str arg) args)); ("restarts", of_int restarts);
            ("seconds", Float seconds) ]
         @ hang))

  let stop host name = raw_plugin host.raw (Map [ ("name", Str name); ("stop", Bool true) ])

  let client host plugin =
    let options = { Options.default with directory = host.options.directory } in
    Client.open_ ~options (host.name ^ "." ^ plugin)

  let event ?timeout host =
    let facts = (take_briefly host timeout).value in
    { event = to_text (field "event" facts); plugin = to_text (field "plugin" facts); facts }
end

(* One call *)

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
