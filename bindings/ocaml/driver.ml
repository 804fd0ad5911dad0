(* The interop driver: one command per line on stdin, one answer per line on stdout. The protocol is
   in testing/interop; values become those of OCaml and back. *)

open Simpleipc
open Printf

type opened =
  | Publishing of Publisher.t
  | Subscribing of Subscriber.t
  | Sending of Sender.t
  | Receiving of Receiver.t
  | Setting of Setter.t
  | Watching of Watcher.t
  | Notifying of Notifier.t
  | Waiting of Waiter.t
  | Locking of Lock.t
  | Calling of Client.t
  | Serving of Server.t
  | Hosting of Host.t
  | Peering of Peer_watcher.t

exception Wrong of string

let room = 10. (* seconds for which a put waits *)
let handles : (string, opened) Hashtbl.t = Hashtbl.create 8
let calls : (string, Client.call) Hashtbl.t = Hashtbl.create 8
let held : Message.t option ref = ref None (* of hold, until the next one *)
let request : Server.request option ref = ref None (* of serve, until it is answered *)
let bit truth = if truth then 1 else 0
let wrong () = raise (Wrong "no handle for that")

let handle name =
  match Hashtbl.find_opt handles name with
  | Some one -> one
  | None -> raise (Wrong ("no handle " ^ name))

let seconds word = float_of_string word /. 1000.

let options words =
  let option (all : Options.t) word : Options.t =
    match String.split_on_char '=' word with
    | [ "lossless" ] -> { all with lossless = true }
    | [ "latest" ] -> { all with latest = true }
    | [ "history"; count ] -> { all with history = int_of_string count }
    | [ "depth"; count ] -> { all with depth = int_of_string count }
    | [ "permits"; count ] -> { all with permits = int_of_string count }
    | _ -> raise (Wrong ("no option " ^ word))
  in
  List.fold_left option Options.default words

let open_as role options name =
  match role with
  | "publish" -> Publishing (Publisher.open_ ~options name)
  | "subscribe" -> Subscribing (Subscriber.open_ ~options name)
  | "send" -> Sending (Sender.open_ ~options name)
  | "receive" -> Receiving (Receiver.open_ ~options name)
  | "set" -> Setting (Setter.open_ ~options name)
  | "watch" -> Watching (Watcher.open_ ~options name)
  | "notify" -> Notifying (Notifier.open_ ~options name)
  | "wait" -> Waiting (Waiter.open_ ~options name)
  | "lock" -> Locking (Lock.open_ ~options name)
  | "call" -> Calling (Client.open_ ~options name)
  | "serve" -> Serving (Server.open_ ~options name)
  | "host" -> Hosting (Host.open_ ~options name)
  | "peers" -> Peering (Peer_watcher.open_ ~options name)
  | _ -> raise (Wrong ("no role " ^ role))

let close = function
  | Publishing one -> Publisher.close one
  | Subscribing one -> Subscriber.close one
  | Sending one -> Sender.close one
  | Receiving one -> Receiver.close one
  | Setting one -> Setter.close one
  | Watching one -> Watcher.close one
  | Notifying one -> Notifier.close one
  | Waiting one -> Waiter.close one
  | Locking one -> Lock.close one
  | Calling one -> Client.close one
  | Serving one -> Server.close one
  | Hosting one -> Host.close one
  | Peering one -> Peer_watcher.close one

let put ?captured name value =
  match handle name with
  | Publishing one -> Publisher.publish ~timeout:room ?captured one value
  | Sending one -> Sender.send ~timeout:room ?captured one value
  | Setting one -> Setter.set ~timeout:room ?captured one value
  | _ -> wrong ()

let lend (type a) (module P : Producer with type t = a) (producer : a) value =
  match value with
  | Bytes bytes ->
      P.fill_bytes ~timeout:room producer (String.length bytes) (fun array ->
          let array = Bigarray.array1_of_genarray array in
          String.iteri (fun at letter -> array.{at} <- Char.code letter) bytes)
  | Tensor one ->
      let (Kind kind) = Tensor.kind_of (Tensor.dtype one) in
      let dtype = Tensor.dtype one and format = Tensor.format one in
      P.fill ~timeout:room ~dtype ~format producer kind (Tensor.shape one)
        (Bigarray.Genarray.blit (Tensor.view kind one))
  | _ -> raise (Wrong "no such loan")

let loan name value =
  match handle name with
  | Publishing one -> lend (module Publisher) one value
  | Sending one -> lend (module Sender) one value
  | Setting one -> lend (module Setter) one value
  | _ -> wrong ()

let let_go () =
  Option.iter Message.release !held;
  held := None

let take name timeout =
  let_go ();
  match handle name with
  | Subscribing one -> Subscriber.receive ~timeout one
  | Receiving one -> Receiver.receive ~timeout one
  | Watching one -> Watcher.receive ~timeout one
  | _ -> wrong ()

let describe (message : Message.t) =
  let is_aged = message.publish_time > 0 && Message.age message >= 0 in
  sprintf "value %s seq=%d missed=%d redelivered=%d capture=%d aged=%d"
    (Notation.show message.value) message.sequence message.missed (bit message.redelivered)
    message.capture_time (bit is_aged)

let fact_of (event : Host.event) =
  let fact key = field key event.facts in
  match event.event with
  | "failed" -> fact "text"
  | "ready" -> fact "methods"
  | "ended" -> fact "code"
  | "killed" -> fact "signal"
  | "restarting" -> fact "after_ms"
  | "output" -> List [ fact "stream"; fact "text" ]
  | _ -> Null

let asked () = match !request with Some one -> one | None -> raise (Wrong "there is no request")

let answered work =
  let one = asked () in
  work one;
  Server.forget one;
  request := None

(* What it does wrong, and how that ended. *)

let refused work =
  match work () with () -> "ok" | exception thrown -> "refused " ^ Printexc.to_string thrown

let misuse_thread receiver =
  (* Whoever comes while the other one looks is refused; this one is to be inside. *)
  let rec wait () =
    match Receiver.receive receiver with
    | _ -> ()
    | exception Error { status = Busy; _ } -> wait ()
    | exception Error _ -> ()
  in
  let other = Thread.create wait () in
  let rec until_refused () =
    match Receiver.receive ~timeout:0. receiver with
    | _ -> ()
    | exception Error { status = Timeout; _ } ->
        Thread.yield ();
        until_refused ()
  in
  let told = refused until_refused in
  Receiver.interrupt receiver;
  Thread.join other;
  told

let misuse kind name =
  match kind with
  | "type" -> "impossible a function is no value"
  | "range" -> "impossible an int64 has 64 bits"
  | "text" -> refused (fun () -> put name (Str "\xff"))
  | "closed" ->
      refused (fun () ->
          let sender = Sender.open_ name in
          Sender.close sender;
          Sender.close sender;
          Sender.send sender Null)
  | _ -> (
      match (kind, handle name) with
      | "thread", Receiving receiver -> misuse_thread receiver
      | "forgotten", Receiving receiver ->
          ignore (Receiver.receive ~timeout:room receiver);
          (* That of a queue stays until the next one is asked for. *)
          Receiver.iter ~timeout:0. receiver ignore;
          Gc.full_major ();
          "ok"
      | "handler", Serving server ->
          let boom _ =
            Server.interrupt server;
            failwith "boom"
          in
          Server.serve ~timeout:room server [ Server.on "boom" boom ];
          "ok"
      | _ -> raise (Wrong ("no misuse " ^ kind)))

(* The plurals: the same verb many times, in loops that are measured from outside. *)

let many count work = for _ = 1 to int_of_string count do work () done

let summed count work =
  let sum = ref 0 in
  many count (fun () -> sum := !sum + work ());
  sprintf "sum %d" !sum

(* The sequence number and both ends of the data. *)
let ends (message : Message.t) =
  match message.value with
  | Bytes bytes ->
      message.sequence + Char.code bytes.[0] + Char.code bytes.[String.length bytes - 1]
  | Tensor one ->
      let array = Tensor.view Bigarray.int8_unsigned one in
      let last = Array.map pred (Bigarray.Genarray.dims array) in
      let first = Array.map (fun _ -> 0) last in
      message.sequence + Bigarray.Genarray.get array first + Bigarray.Genarray.get array last
  | _ -> raise (Wrong "neither bytes nor a tensor")

let plural words =
  match words with
  | [ "puts"; name; text; count ] ->
      let value = Notation.read text in
      many count (fun () -> put name value);
      "ok"
  | [ "loans"; name; height; width; count ] ->
      let sender = match handle name with Sending one -> one | _ -> wrong () in
      let height = int_of_string height and width = int_of_string width in
      (* Only the ends are written: what it costs to fill is not the library's. *)
      let fill array =
        Bigarray.Genarray.set array [| 0; 0; 0 |] 1;
        Bigarray.Genarray.set array [| height - 1; width - 1; 2 |] 2
      in
      many count (fun () ->
          Sender.fill ~timeout:room sender Bigarray.int8_unsigned [ height; width; 3 ] fill);
      "ok"
  | [ "takes"; name; count ] ->
      let receiver = match handle name with Receiving one -> one | _ -> wrong () in
      summed count (fun () -> Receiver.with_message ~timeout:room receiver ends)
  | [ "calls"; name; count ] ->
      let client = match handle name with Calling one -> one | _ -> wrong () in
      summed count (fun () -> to_int (Client.call ~timeout:room client "add" [ Int 2L; Int 3L ]))
  | [ "serves"; name; count ] ->
      let server = match handle name with Serving one -> one | _ -> wrong () in
      many count (fun () ->
          let one = Server.request ~timeout:room server in
          (match Server.args one with
          | List [ Int a; Int b ] -> Server.reply one (Int (Int64.add a b))
          | _ -> raise (Wrong "no such call"));
          Server.forget one);
      "ok"
  | _ -> raise (Wrong ("no command " ^ String.concat " " words))

let answer words =
  match words with
  | [ "hello" ] -> "ok ocaml " ^ version ()
  | "open" :: name :: role :: channel :: rest ->
      Hashtbl.replace handles name (open_as role (options rest) channel);
      "ok"
  | [ "put"; name; text ] -> put name (Notation.read text); "ok"
  | [ "put"; name; text; capture ] ->
      put ~captured:(Scanf.sscanf capture "capture=%d" Fun.id) name (Notation.read text);
      "ok"
  | [ "loan"; name; text ] -> loan name (Notation.read text); "ok"
  | [ "once"; "send"; name; text ] -> send name (Notation.read text); "ok"
  | [ "once"; "publish"; name; text ] -> publish name (Notation.read text); "ok"
  | [ "once"; "set"; name; text ] -> set name (Notation.read text); "ok"
  | [ "once"; "notify"; name ] -> notify name; "ok"
  | [ "once"; "get"; name; time ] -> describe (get ~timeout:(seconds time) name)
  | [ "once"; "wait"; name; time ] -> sprintf "count %d" (wait ~timeout:(seconds time) name)
  | [ "take"; name; time ] ->
      let message = take name (seconds time) in
      let told = describe message in
      Message.release message;
      told
  | [ "hold"; name; time ] ->
      let message = take name (seconds time) in
      held := Some message;
      describe message
  | [ "get"; name; time ] -> (
      match handle name with
      | Watching one -> describe (Watcher.get ~timeout:(seconds time) one)
      | _ -> wrong ())
  | [ "put_if"; name; text; expected ] -> (
      let expected = if expected = "new" then `None else `Sequence (int_of_string expected) in
      match handle name with
      | Setting one -> Setter.set_if ~timeout:room one ~expected (Notation.read text); "ok"
      | _ -> wrong ())
  | [ "notify"; name ] -> (
      match handle name with Notifying one -> Notifier.notify one; "ok" | _ -> wrong ())
  | [ "wait"; name; time ] -> (
      match handle name with
      | Waiting one -> sprintf "count %d" (Waiter.wait ~timeout:(seconds time) one)
      | _ -> wrong ())
  | [ "lock"; name; time ] -> (
      match handle name with
      | Locking one ->
          sprintf "ok abandoned=%d" (bit (Lock.lock ~timeout:(seconds time) one <> None))
      | _ -> wrong ())
  | [ "unlock"; name ] -> (
      match handle name with Locking one -> Lock.unlock one; "ok" | _ -> wrong ())
  | "call" :: name :: method_ :: text :: flags -> (
      let args = Notation.read text in
      match (handle name, flags) with
      | Calling one, [ "oneway" ] -> Client.tell one method_ args; "call 0"
      | Calling one, _ ->
          let number = string_of_int (Hashtbl.length calls + 1) in
          let idempotent = flags = [ "idempotent" ] in
          Hashtbl.replace calls number (Client.start ~idempotent one method_ args);
          "call " ^ number
      | _ -> wrong ())
  | [ "result"; _; number; time ] -> (
      match Client.next ~timeout:(seconds time) (Hashtbl.find calls number) with
      | message -> sprintf "reply %s more=%d" (Notation.show message.value) (bit message.more)
      | exception Service_error { code; text; data } ->
          sprintf "failed %Ld %s %s" code (Notation.show (Str text)) (Notation.show data))
  | [ "cancel"; _; number ] -> Client.cancel (Hashtbl.find calls number); "ok"
  | [ "serve"; name; time ] -> (
      match handle name with
      | Serving server ->
          let one = Server.request ~timeout:(seconds time) server in
          request := Some one;
          sprintf "request %s %s oneway=%d" (Server.name one)
            (Notation.show (Server.args one))
            (bit (Server.message one).one_way)
      | _ -> wrong ())
  | [ "reply"; text ] -> answered (fun one -> Server.reply one (Notation.read text)); "ok"
  | [ "reply"; text; "more" ] -> Server.push (asked ()) (Notation.read text); "ok"
  | [ "fail"; code; text; data ] ->
      answered (fun one ->
          Server.fail one ~code:(Int64.of_string code) (to_text (Notation.read text))
            (Notation.read data));
      "ok"
  | [ "cancelled" ] -> sprintf "cancelled %d" (bit (Server.cancelled (asked ())))
  | [ "start"; name; plugin; program; args; restarts ] -> (
      match (handle name, Notation.read args) with
      | Hosting host, List args ->
          Host.start host ~name:plugin ~args:(List.map to_text args)
            ~restarts:(int_of_string restarts)
            (to_text (Notation.read program));
          "ok"
      | _ -> wrong ())
  | [ "stop"; name; plugin ] -> (
      match handle name with Hosting host -> Host.stop host plugin; "ok" | _ -> wrong ())
  | [ "event"; name; time ] -> (
      match handle name with
      | Hosting host ->
          let event = Host.event ~timeout:(seconds time) host in
          sprintf "event %s %s %s" event.event event.plugin (Notation.show (fact_of event))
      | _ -> wrong ())
  | [ "peer"; name; time ] -> (
      let told way (peer : peer) =
        sprintf "peer %s %s %s %d" way peer.role peer.language peer.pid
      in
      match handle name with
      | Peering one -> (
          match Peer_watcher.event ~timeout:(seconds time) one with
          | `Up peer -> told "up" peer
          | `Down peer -> told "down" peer)
      | _ -> wrong ())
  | [ "misuse"; kind; name ] -> misuse kind name
  | [ "close"; name ] ->
      close (handle name);
      Hashtbl.remove handles name;
      "ok"
  | [ "quit" ] -> "ok"
  | _ -> plural words

(* Serves add and crash, until its host ends it. *)
let be_plugin () =
  print_endline "hello from ocaml";
  let add request =
    match Server.args request with
    | List [ Int a; Int b ] -> Int (Int64.add a b)
    | _ -> raise (Wrong "two ints are added")
  in
  let crash _ =
    Unix.kill (Unix.getpid ()) Sys.sigabrt;
    Null
  in
  Server.serve (Server.open_plugin ()) [ Server.on "add" add; Server.on "crash" crash ]

let rec next () =
  match input_line stdin with
  | exception End_of_file -> ()
  | line ->
      let told =
        try answer (String.split_on_char ' ' line) with
        | Error { status; sentence; _ } -> sprintf "error %d %s" (number_of_status status) sentence
        | Wrong text | Failure text -> "error 25 " ^ text
      in
      print_endline (String.map (fun letter -> if letter = '\n' then ' ' else letter) told);
      if line <> "quit" then next ()

let () = if Array.length Sys.argv > 1 then be_plugin () else next ()
