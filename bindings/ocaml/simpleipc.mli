(** SimpleIPC for OCaml: any program talks to any other program on this machine.

    {[
      Simpleipc.(send "chat" (Str "hello"))              (* one program *)
      let message = Simpleipc.receive "chat"             (* another one, in any language *)
    ]}

    A timeout is in seconds; without one a wait has no end, and 0 only tries. What does not come in
    time is an [Error] whose status is [Timeout]. A wait ends as well when a signal handler of the
    program throws, as that of [Sys.catch_break]. A handle belongs to one thread at a time. *)

(** {1 Errors} *)

type status = Simpleipc_generated.status =
  | Timeout | Full | Interrupted | Busy | Conflict | Cancelled | Closed | Forked | Unlinked
  | Evicted | Server_died | Bad_name | Wrong_pattern | Wrong_role | Too_large | Bad_value
  | Bad_argument | Too_many_producers | Too_many_peers | Failed | Corrupt | Version | No_space
  | No_permission | No_directory | System | Internal
  | Unknown of int

(** As in the C surface. *)
val number_of_status : status -> int

(** What can be done about it: try again; open the handle again; mend the call; remove the channel;
    look at the machine. *)
module Class : sig
  type t = Simpleipc_generated.Class.t = Retry | Gone | Misuse | Corrupt | System

  val of_status : status -> t
end

(** What every function fails with: [sentence] says what failed and what to do. *)
exception Error of { status : status; os_code : int; sentence : string }

(** {1 Values} *)

module Dtype : sig
  type t = Simpleipc_generated.Dtype.t =
    | Bool | U8 | I8 | U16 | I16 | U32 | I32 | U64 | I64 | F16 | F32 | F64 | C64 | C128
end

type tensor

type value =
  | Null
  | Bool of bool
  | Int of int64
  | Uint of int64  (** its 64 bits *)
  | Float of float
  | Str of string  (** UTF-8 *)
  | Bytes of string
  | List of value list
  | Map of (string * value) list  (** in its order; no key twice *)
  | Tensor of tensor
  | Opaque of string * string  (** a content type, as application/json, and its data *)

(** An error of a server's own program: a method throws it, and its caller gets it. *)
exception Service_error of { code : int64; text : string; data : value }

(** As OCaml would write it. *)
val to_string : value -> string

(** The value of a key of a map, else [Null]. *)
val field : string -> value -> value

(** An int or a uint that OCaml has an int for; the text of a str; else an [Error] (Bad_value). *)
val to_int : value -> int

val to_int64 : value -> int64
val to_text : value -> string

(** Arrays of numbers of one type, in the layout of C. They are not copied: neither before they are
    sent nor when they were received, and then they can be read until the message is released. After
    that they are empty, and the memory stays only if the program has made other arrays of them. *)
module Tensor : sig
  type ('a, 'b) array = ('a, 'b, Bigarray.c_layout) Bigarray.Genarray.t

  (** The dtype is that of the kind, unless it is said. *)
  val make : ?dtype:Dtype.t -> ?format:string -> ('a, 'b) array -> tensor

  (** One of a copy of these bytes. *)
  val of_bytes : ?format:string -> Dtype.t -> int list -> string -> tensor

  val dtype : tensor -> Dtype.t
  val shape : tensor -> int list
  val format : tensor -> string

  (** Bytes from one element to the next; none if it is dense. *)
  val strides : tensor -> int list

  (** The array where it lies; of one with strides all bytes. Unsigned numbers of 32 and 64 bits are
      those of [int32] and [int64]; F16 and Bool are ints. An [Error] (Bad_argument) if the kind is
      another. *)
  val view : ('a, 'b) Bigarray.kind -> tensor -> ('a, 'b) array

  (** A copy of all bytes. *)
  val bytes : tensor -> string

  type kind = Kind : ('a, 'b) Bigarray.kind -> kind

  (** The kind in which a dtype is kept. *)
  val kind_of : Dtype.t -> kind
end

(** {1 Messages} *)

module Message : sig
  type held

  type t = {
    value : value;
    sequence : int;  (** grows by one with each message of one sender *)
    sender : int64;  (** identifies the sending handle *)
    missed : int;  (** how many this subscriber has lost before it *)
    redelivered : bool;  (** an earlier receiver died while it had it *)
    more : bool;  (** of a reply: others follow *)
    one_way : bool;  (** of a request: nobody waits for a reply *)
    capture_time : int;  (** nanoseconds, as all times of a message, or 0 *)
    publish_time : int;
    receive_time : int;
    held : held;
    failed : bool;
  }

  (** Nanoseconds from putting to taking. *)
  val age : t -> int

  (** Lets go of it and, in a queue, reports it done; again it does nothing. Otherwise the garbage
      collector does it. *)
  val release : t -> unit
end

(** {1 Handles} *)

module Options : sig
  type t = {
    lossless : bool;  (** subscriber: the publisher waits for it *)
    latest : bool;  (** subscriber: each take skips to the newest message *)
    tap : bool;  (** subscriber: only look on *)
    unstamped : bool;  (** producer: no time stamps *)
    history : int;  (** past messages for who comes late *)
    depth : int;  (** how many messages a producer may be ahead *)
    pool_bytes_max : int;  (** most shared memory for large messages *)
    directory : string option;  (** where the channel lives *)
    signal : int;  (** waiter: the system's number of the signal to raise after each notification *)
    permits : int;  (** lock: how many may have it at once *)
  }

  val default : t
end

(** What all handles have in common, for [wait_any]. *)
type handle

module type Handle = sig
  type t

  (** One that is forgotten is closed by the garbage collector, or at the end of the program. *)
  val open_ : ?options:Options.t -> string -> t

  (** Opens one for a function, and closes it then. *)
  val with_open : ?options:Options.t -> string -> (t -> 'a) -> 'a

  (** Closes it, also for a thread that waits in it; again it does nothing. Any thread. *)
  val close : t -> unit

  (** Ends the wait of another thread in it, or else the next, with Interrupted. Any thread. *)
  val interrupt : t -> unit

  (** A descriptor for select; see the C reference. *)
  val fd : t -> Unix.file_descr

  val handle : t -> handle
end

module type Producer = sig
  include Handle

  (** Puts a copy of a value, with the time at which its content was captured; waits for room. *)
  val put : ?timeout:float -> ?captured:int -> t -> value -> unit

  (** Puts what a function fills in place: nothing is copied. If it throws, nothing is put. The
      array is of no use afterwards. *)
  val fill :
    ?timeout:float -> ?captured:int -> ?dtype:Dtype.t -> ?format:string -> t ->
    ('a, 'b) Bigarray.kind -> int list -> (('a, 'b) Tensor.array -> unit) -> unit

  (** The same of so many bytes, which are no tensor. *)
  val fill_bytes :
    ?timeout:float -> ?captured:int -> t -> int ->
    ((int, Bigarray.int8_unsigned_elt) Tensor.array -> unit) -> unit
end

module type Consumer = sig
  include Handle

  val receive : ?timeout:float -> t -> Message.t

  (** Takes one for a function, and releases it then. *)
  val with_message : ?timeout:float -> t -> (Message.t -> 'a) -> 'a

  (** A function for each message, until none comes in time, or the handle is interrupted or
      closed. *)
  val iter : ?timeout:float -> t -> (Message.t -> unit) -> unit
end

(** Puts messages on a topic: every subscriber gets each. *)
module Publisher : sig
  include Producer

  val publish : ?timeout:float -> ?captured:int -> t -> value -> unit
end

(** Takes the messages of a topic. *)
module Subscriber : Consumer

(** Puts messages into a queue: one receiver gets each. *)
module Sender : sig
  include Producer

  val send : ?timeout:float -> ?captured:int -> t -> value -> unit
end

(** Takes messages out of a queue. Each is done when it is released or the next is asked for. *)
module Receiver : Consumer

(** Sets a state: each value replaces the one before. *)
module Setter : sig
  include Producer

  val set : ?timeout:float -> ?captured:int -> t -> value -> unit

  (** Sets it if its value still has this sequence, or if there is none and that is said; else it is
      an [Error] (Conflict). *)
  val set_if : ?timeout:float -> t -> expected:[ `Sequence of int | `None ] -> value -> unit
end

(** Takes values of a state that it has not taken yet. *)
module Watcher : sig
  include Consumer

  (** The value as it is now; waits only for a first one. *)
  val get : ?timeout:float -> t -> Message.t
end

module Notifier : sig
  include Handle

  val notify : t -> unit
end

module Waiter : sig
  include Handle

  (** Waits until it happens; how many times since the last time. *)
  val wait : ?timeout:float -> t -> int
end

(** Has one owner at a time, or with [permits] a few. Free at once when one dies. *)
module Lock : sig
  include Handle

  (** Waits until it is this handle's; the process that died holding it, if its last owner did. *)
  val lock : ?timeout:float -> t -> int option

  val unlock : t -> unit

  (** Has it for a function, which is told who died holding it. *)
  val with_lock : ?timeout:float -> t -> (int option -> 'a) -> 'a
end

(** {1 Services} *)

module Client : sig
  include Handle

  (** A call in flight. *)
  type call

  (** Calls a method with a list of arguments and waits for its result. What the server's program
      says no with is a [Service_error]. A call that does not end in time is cancelled. *)
  val call : ?timeout:float -> t -> string -> value list -> value

  (** Starts a call; up to 64 may be in flight. The arguments are a list, a map or one value. *)
  val start : ?idempotent:bool -> t -> string -> value -> call

  (** Calls a method and does not ask what becomes of it. *)
  val tell : t -> string -> value -> unit

  (** The next reply; the last one has no [more]. After a time-out one may ask again. *)
  val next : ?timeout:float -> call -> Message.t

  (** The result, after all other replies. A call that does not end in time is cancelled. *)
  val result : ?timeout:float -> call -> value

  (** A server that works on it sees that nobody waits. An error while another thread waits in the
      client: [Busy], and it goes on. *)
  val cancel : call -> unit
end

module Server : sig
  include Handle

  (** The service that this process is to be as a plugin. *)
  val open_plugin : ?options:Options.t -> unit -> t

  (** A call that was taken and is to be answered. *)
  type request

  (** The next request. One that is not answered before the next one is asked for is an error for
      its client. *)
  val request : ?timeout:float -> t -> request

  val name : request -> string

  (** A list, a map, one value or [Null]. *)
  val args : request -> value

  val message : request -> Message.t

  (** Answers with the result. *)
  val reply : request -> value -> unit

  (** Answers with one of several replies; [reply] is the last one. *)
  val push : request -> value -> unit

  (** Answers with an error of this program. *)
  val fail : request -> code:int64 -> string -> value -> unit

  (** Whether nobody waits for the answer any more. *)
  val cancelled : request -> bool

  (** Lets go of it; unanswered it is an error for its client. *)
  val forget : request -> unit

  type method_

  (** A method. What it throws is an error for its caller; [Match_failure] says that the arguments
      are wrong. *)
  val on : ?idempotent:bool -> string -> (request -> value) -> method_

  (** Answers calls until the server is interrupted or closed, or none came in time. *)
  val serve : ?timeout:float -> t -> method_ list -> unit
end

(** {1 Plugins} *)

module Host : sig
  include Handle

  (** Something that has happened: see the page of plugins for what comes with it. *)
  type event = { event : string; plugin : string; facts : value  (** all of it: a map *) }

  (** Starts a program as a plugin, again as often as that within so many seconds, also if it takes
      no call for so many. *)
  val start :
    ?args:string list -> ?restarts:int -> ?seconds:float -> ?hang_after:float -> t ->
    name:string -> string -> unit

  (** Ends a plugin; returns when it has gone. *)
  val stop : t -> string -> unit

  val client : t -> string -> Client.t
  val event : ?timeout:float -> t -> event
end

(** {1 One call} Any thread; the channels stay open in this process. *)

val send : string -> value -> unit
val publish : string -> value -> unit
val set : string -> value -> unit
val receive : ?timeout:float -> string -> Message.t
val get : ?timeout:float -> string -> Message.t
val notify : string -> unit
val wait : ?timeout:float -> string -> int

(** {1 Waiting on several} *)

(** Waits until one of several handles that take, or clients, has a message, and answers which; then
    take it with a timeout of 0. Another receiver may be faster: wait again. *)
val wait_any : ?timeout:float -> handle list -> int

(** {1 The rest} *)

(** A handle that somebody has open on a channel. *)
type peer = {
  pid : int;
  program : string;
  language : string;
  role : string;  (** the verb *)
  since : int;  (** nanoseconds *)
  id : int64;  (** the sender of its messages *)
}

(** Who has a channel open now. *)
val peers : ?directory:string -> string -> peer list

(** Tells who comes and goes on a channel; who is there already comes first. *)
module Peer_watcher : sig
  include Handle

  val event : ?timeout:float -> t -> [ `Up of peer | `Down of peer ]
end

(** What others see as this program's name; without one it is the file name of the executable. *)
val identify : ?program:string -> unit -> unit

(** Describes a channel, or all of a directory, as JSON. *)
val audit : ?directory:string -> ?name:string -> unit -> string

(** Removes what nobody uses, and queues whose newest message is older than so many seconds: how
    many channels. *)
val clean : ?directory:string -> ?age_max:float -> unit -> int

(** The clock of all time stamps, in nanoseconds. *)
val now : unit -> int

(** The version of the library. *)
val version : unit -> string
