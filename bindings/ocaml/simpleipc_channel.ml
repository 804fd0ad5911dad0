(* Handles on queues, topics, states, signals and locks. *)

open Simpleipc_generated
open Simpleipc_value
open Simpleipc_message

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

(* The C side. Times are nanoseconds; -1 waits for ever. *)

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
