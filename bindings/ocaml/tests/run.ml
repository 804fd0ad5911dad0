(* What interop cannot see: bad input, threads, signals, the garbage collector, methods that throw.
   Prints a line for each test. *)

open Simpleipc

exception Thrown

let soon = 20.

let same what found wanted =
  if found <> wanted then failwith (Printf.sprintf "%s: found %s, wanted %s" what found wanted)

let sure what truth = if not truth then failwith what

let refused status work =
  match work () with
  | exception Error { status = found; sentence; _ } ->
      if found <> status then failwith ("another error: " ^ sentence)
  | _ -> failwith "nothing was thrown"

let throws wanted work =
  match work () with
  | exception thrown -> if thrown <> wanted then raise thrown
  | _ -> failwith "nothing was thrown"

let queue name work =
  Sender.with_open name (fun sender -> Receiver.with_open name (work sender))

let topic ?options name work =
  Publisher.with_open name (fun publisher -> Subscriber.with_open ?options name (work publisher))

let service name work =
  Server.with_open name (fun server -> Client.with_open name (work server))

let values_arrive () =
  queue "values" (fun sender receiver ->
      let arrives value =
        Sender.send sender value;
        let told = Receiver.with_message ~timeout:soon receiver (fun one -> to_string one.value) in
        same "value" told (to_string value)
      in
      List.iter arrives
        [ Null; Bool true; Int Int64.min_int; Uint (-1L); Float nan; Float (-0.);
          Str "h\xc3\xa9\000"; Bytes "\000\xff"; List [ Int 1L; Null ];
          Map [ ("z", Int 1L); ("a", Str "x") ];
          Opaque ("a/b", "{}"); List [ Tensor (Tensor.of_bytes ~format:"g" U16 [ 2 ] "1234") ] ]);
  same "field" (to_string (field "a" (Map [ ("z", Null); ("a", Int 1L) ]))) "Int 1L";
  same "no field" (to_string (field "b" (Map []))) "Null";
  same "uint" (to_string (Uint (-1L))) "Uint 0u18446744073709551615L";
  refused Bad_value (fun () -> to_int (Int Int64.max_int));
  refused Bad_value (fun () -> to_int (Uint (-1L)));
  refused Bad_value (fun () -> to_int (Str "3"));
  refused Bad_value (fun () -> to_text (Int 3L));
  sure "an int" (to_int (Uint 3L) = 3)

let what_cannot_be_sent () =
  queue "refused" (fun sender receiver ->
      let bad value = refused Bad_value (fun () -> Sender.send sender value) in
      let rec deep level = if level = 0 then Null else List [ deep (level - 1) ] in
      let rec endless = Null :: endless in
      let rec nested = List [ nested ] in
      let dims count = Bigarray.(Genarray.create int8_unsigned c_layout (Array.make count 1)) in
      List.iter bad
        [ Str "\xff"; List [ Str "\xff" ]; Map [ ("\xff", Null) ]; Map [ ("a", Null); ("a", Null) ];
          Opaque ("\xff", ""); deep 70; List endless; nested; Tensor (Tensor.make (dims 9));
          Tensor (Tensor.make ~format:(String.make 300 'f') (dims 1)) ];
      refused Bad_value (fun () -> Tensor.of_bytes U16 [ 2 ] "123");
      refused Bad_value (fun () -> Tensor.of_bytes U8 [ -1 ] "");
      refused Bad_value (fun () -> Tensor.of_bytes U64 [ max_int; 8 ] "");
      refused Bad_argument (fun () -> Tensor.make ~dtype:F32 (dims 1));
      refused Bad_argument (fun () ->
          Tensor.make Bigarray.(Genarray.create int c_layout [| 1 |]));
      refused Timeout (fun () -> Receiver.receive ~timeout:0. receiver);
      List.iter
        (fun name -> refused Bad_name (fun () -> Publisher.open_ name))
        [ ""; "a/b"; ".a"; "a\000b"; "\xff"; String.make 201 'n'; String.make 5000 'n' ];
      refused Bad_name (fun () -> send (String.make 5000 'n') Null);
      refused Wrong_pattern (fun () -> Publisher.open_ "refused");
      let odd = { Options.default with depth = 100 } in
      refused Bad_argument (fun () -> Publisher.open_ ~options:odd "odd");
      let nowhere = { Options.default with directory = Some "/nowhere/at/all" } in
      refused No_directory (fun () -> Publisher.open_ ~options:nowhere "odd");
      List.iter
        (fun timeout -> refused Bad_argument (fun () -> Receiver.receive ~timeout receiver))
        [ -1.; nan; infinity ];
      sure "classes" (Class.of_status Timeout = Retry && Class.of_status (Unknown 45) = System))

let tensor_of (message : Message.t) =
  match message.value with Tensor one -> one | _ -> failwith "no tensor"

let tensors () =
  topic "tensors" (fun publisher subscriber ->
      let numbers =
        Bigarray.(Genarray.init float32 c_layout [| 20; 300 |] (fun at ->
            float_of_int ((300 * at.(0)) + at.(1))))
      in
      Publisher.publish publisher (Tensor (Tensor.make ~format:"heights" numbers));
      let message = Subscriber.receive ~timeout:soon subscriber in
      let heights = tensor_of message in
      let seen = Tensor.view Bigarray.float32 heights in
      sure "numbers" (seen = numbers && Tensor.format heights = "heights");
      sure "in place" (seen == Tensor.view Bigarray.float32 heights);
      refused Bad_argument (fun () -> Tensor.view Bigarray.float64 heights);
      Publisher.publish publisher (Tensor heights) (* on from where it is *);
      let again = Subscriber.receive ~timeout:soon subscriber in
      Message.release message;
      Message.release message;
      sure "emptied" (Bigarray.Genarray.dims seen = [| 0; 0 |]);
      refused Bad_value (fun () -> Publisher.publish publisher (Tensor heights));
      (* Another array of the same memory keeps it. *)
      let whole = Tensor.view Bigarray.float32 (tensor_of again) in
      let part = Bigarray.Genarray.sub_left whole 1 2 in
      Message.release again;
      Bigarray.Genarray.fill numbers (-1.);
      for _ = 1 to 1000 do Publisher.publish publisher (Tensor (Tensor.make numbers)) done;
      Gc.full_major ();
      sure "a part" (Bigarray.Genarray.get part [| 1; 299 |] = 899.);
      Publisher.fill publisher ~captured:7 ~format:"pcm" Bigarray.int16_signed [ 2; 500 ]
        (fun samples -> Bigarray.Genarray.fill samples (-9));
      let rec last () =
        let message = Subscriber.receive ~timeout:soon subscriber in
        if message.capture_time = 7 then message else last ()
      in
      let samples = Tensor.view Bigarray.int16_signed (tensor_of (last ())) in
      sure "filled" (Bigarray.Genarray.get samples [| 1; 499 |] = -9);
      let seen = ref None in
      for _ = 1 to 40 do (* 16 may be lent at once *)
        throws Thrown (fun () ->
            Publisher.fill_bytes publisher 1000 (fun bytes -> seen := Some bytes; raise Thrown))
      done;
      sure "of no use" (Option.map Bigarray.Genarray.dims !seen = Some [| 0 |]);
      refused Timeout (fun () -> Subscriber.receive ~timeout:0. subscriber);
      refused Bad_value (fun () -> Publisher.fill_bytes publisher (-1) ignore);
      refused Bad_value (fun () ->
          Publisher.fill publisher Bigarray.float32 [ 1; 1; 1; 1; 1; 1; 1; 1; 1 ] ignore))

(* The number that follows a key of the audit. *)
let number_in text key =
  let key = Printf.sprintf "%S:" key in
  let rec find at = if String.sub text at (String.length key) = key then at else find (at + 1) in
  Scanf.sscanf (String.sub text (find 0 + String.length key) 12) "%d" Fun.id

let nothing_is_left () =
  let numbers = Tensor (Tensor.of_bytes U8 [ 1000 ] (String.make 1000 '1')) in
  topic "many" (fun publisher subscriber ->
      for _ = 1 to 10_000 do (* which nobody releases *)
        Publisher.publish publisher numbers;
        ignore (Subscriber.receive ~timeout:soon subscriber)
      done;
      for _ = 1 to 10_000 do
        Publisher.publish publisher (Bytes (String.make 1000 'b'));
        ignore (Subscriber.receive ~timeout:soon subscriber)
      done;
      Gc.full_major ();
      let told = audit ~name:"many" () in
      sure told (number_in told "chunks" <= 1024) (* of 20000 that were sent *);
      let ends = "\"leaks\":[]}]" in
      let start = String.length told - String.length ends in
      same "leaks" (String.sub told start (String.length ends)) ends);
  for _ = 1 to 1000 do ignore (Subscriber.open_ "many") done (* 256 may be open *);
  Gc.full_major ();
  queue "queued" (fun sender receiver ->
      let sum = ref 0 in
      for index = 1 to 2000 do
        Sender.send sender (List [ Int (Int64.of_int index); numbers ]);
        sum := !sum + (Receiver.receive ~timeout:soon receiver).sequence
      done;
      sure "each once" (!sum = 1999 * 1000))

(* Of a thread that is to wait inside: when the other one is, for a moment, it tries again. *)
let rec insist work = try work () with Error { status = Busy; _ } -> insist work

let until what is_so =
  let ends = now () + int_of_float (soon *. 1e9) in
  while not (is_so ()) do
    sure ("in time: " ^ what) (now () < ends);
    Thread.yield ()
  done

(* Until another thread is inside, which is told by what this one is refused with. *)
let until_busy work =
  until "somebody inside" (fun () ->
      match work () with
      | exception Error { status = Busy; _ } -> true
      | exception Error { status = Timeout | Full | No_space; _ } -> false
      | _ -> failwith "it could be done")

let closing () =
  let receiver = Receiver.open_ "closed" in
  let ended = ref "" in
  let wait () = Receiver.receive ~timeout:soon receiver in
  let other = Thread.create (fun () ->
      try ignore (insist wait) with Error { status = Closed; _ } -> ended := "closed") () in
  until_busy (fun () -> Receiver.receive ~timeout:0. receiver);
  Receiver.close receiver;
  Receiver.close receiver;
  Thread.join other;
  same "ended" !ended "closed";
  refused Closed (fun () -> Receiver.receive receiver);
  refused Closed (fun () -> Receiver.interrupt receiver);
  refused Closed (fun () -> Receiver.fd receiver);
  Receiver.iter receiver (fun _ -> failwith "a message");
  let setter = Setter.open_ "closed state" in
  Setter.close setter;
  refused Closed (fun () -> Setter.set setter Null);
  refused Closed (fun () -> Setter.fill setter Bigarray.float32 [ 1 ] ignore)

let threads () =
  Receiver.with_open "busy" (fun receiver ->
      let ended = ref [] in
      let other = Thread.create (fun () ->
          let wait () = Receiver.receive ~timeout:soon receiver in
          ended := [ to_string (insist wait).value ];
          try ignore (wait ())
          with Error { status = Interrupted; _ } -> ended := "interrupted" :: !ended) () in
      until_busy (fun () -> Receiver.receive ~timeout:0. receiver);
      send "busy" (Int 7L);
      until "it came" (fun () -> !ended <> []);
      Gc.full_major ();
      Receiver.interrupt receiver;
      Thread.join other;
      same "ended" (String.concat " " !ended) "interrupted Int 7L";
      Receiver.interrupt receiver;
      Receiver.iter receiver (fun _ -> failwith "a message");
      Waiter.with_open "several" (fun waiter ->
          let handles = [ Receiver.handle receiver; Waiter.handle waiter ] in
          refused Timeout (fun () -> wait_any ~timeout:0.001 handles);
          refused Bad_argument (fun () -> wait_any ~timeout:0. []);
          refused Bad_argument (fun () -> wait_any (List.init 65 (fun _ -> Waiter.handle waiter)));
          notify "several";
          sure "which" (wait_any ~timeout:soon handles = 1);
          let readable, _, _ = Unix.select [ Waiter.fd waiter ] [] [] soon in
          sure "readable" (List.length readable = 1);
          sure "once" (Waiter.wait ~timeout:0. waiter = 1);
          Waiter.interrupt waiter;
          refused Interrupted (fun () -> wait_any handles)))

let in_background work =
  let ended = ref "" in
  let other = Thread.create (fun () ->
      match insist work with
      | () -> ended := "done"
      | exception thrown -> ended := Printexc.to_string thrown) ()
  in
  fun () -> Thread.join other; same "ended" !ended "done"

let a_loan_that_meets_a_wait () =
  let options = { Options.default with depth = 16 } in
  Sender.with_open ~options "met" (fun sender ->
      let send timeout () = Sender.send ~timeout sender Null in
      let join = ref ignore in
      throws Thrown (fun () ->
          Sender.fill_bytes sender 1000 (fun _ ->
              refused Full (fun () -> for _ = 1 to 100 do send 0.001 () done);
              join := in_background (send soon);
              until_busy (send 0.);
              raise Thrown));
      until "no chunk in use" (fun () -> number_in (audit ~name:"met" ()) "chunks_in_use" = 0);
      Receiver.with_open "met" (fun receiver ->
          ignore (Receiver.receive ~timeout:soon receiver);
          !join ();
          Receiver.iter ~timeout:0. receiver ignore))

let memory_in_use_is_waited_for () =
  let options = { Options.default with pool_bytes_max = 1 lsl 20 } in
  Sender.with_open ~options "room" (fun sender ->
      let send timeout () = Sender.send ~timeout sender (Bytes (String.make 600_000 'x')) in
      send soon ();
      let join = in_background (send soon) in
      until_busy (send 0.);
      Receiver.with_open "room" (fun receiver ->
          Message.release (Receiver.receive ~timeout:soon receiver);
          join ();
          ignore (Receiver.receive ~timeout:soon receiver)))

let a_call_that_meets_a_wait () =
  service "met calls" (fun server client ->
      let kept = Client.start client "kept" Null and other = Client.start client "other" Null in
      let first = Server.request ~timeout:soon server in
      let join = in_background (fun () -> ignore (Client.result ~timeout:soon kept)) in
      until_busy (fun () -> Client.next ~timeout:0. kept);
      refused Busy (fun () -> Client.cancel other);
      refused Busy (fun () -> Client.result ~timeout:0. other);
      Server.reply first Null;
      join ();
      let second = Server.request ~timeout:soon server in
      sure "it may be asked again" (not (Server.cancelled second));
      refused Timeout (fun () -> Client.result ~timeout:0. other);
      sure "cancelled" (Server.cancelled second))

(* A handler that throws ends the wait; of one that does not nothing is seen. *)
let signals () =
  let child = Unix.fork () in
  if child = 0 then begin
    let code = try
      Receiver.with_open "signals" (fun receiver ->
          let seen = ref 0 in
          Sys.set_signal Sys.sigusr1 (Sys.Signal_handle (fun _ -> incr seen));
          Sys.set_signal Sys.sigusr2 (Sys.Signal_handle (fun _ -> raise Thrown));
          send "signals.ready" (Int (Int64.of_int (Unix.getpid ())));
          let first = Receiver.receive receiver in
          Unix.sleepf 0.001 (* in which a signal is handled that came with the message *);
          sure "the handler" (!seen > 0);
          same "value" (to_string first.value) "Int 1L";
          throws Thrown (fun () ->
              send "signals.ready" Null;
              Receiver.receive receiver);
          0)
    with thrown -> prerr_endline (Printexc.to_string thrown); 1
    in
    exit code
  end;
  ignore (Simpleipc.receive ~timeout:soon "signals.ready");
  for _ = 1 to 5 do
    Unix.sleepf 0.002;
    Unix.kill child Sys.sigusr1
  done;
  send "signals" (Int 1L);
  ignore (Simpleipc.receive ~timeout:soon "signals.ready");
  Unix.kill child Sys.sigusr2;
  sure "the child ends well" (snd (Unix.waitpid [] child) = Unix.WEXITED 0)

let methods_that_throw () =
  service "calc" (fun server client ->
      let methods =
        [ Server.on "add" (fun request ->
              match[@warning "-8"] Server.args request with
              | List [ Int a; Int b ] -> Int (Int64.add a b));
          Server.on "throw" (fun _ -> raise Not_found);
          Server.on "refuse" (fun _ ->
              let data = Map [ ("left", Int 3L) ] in
              raise (Service_error { code = 17L; text = "empty"; data }));
          Server.on "bad" (fun _ -> Str "\xff");
          Server.on ~idempotent:true "count" (fun request ->
              Server.push request (Int 1L);
              Server.push request (Int 2L);
              Int 3L) ]
      in
      let other = Thread.create (fun () -> Server.serve server methods) () in
      let call name args = Client.call ~timeout:soon client name args in
      let fails wanted name args =
        match call name args with
        | exception Service_error { code; text; data } ->
            sure (name ^ ": " ^ text) (code = wanted);
            text ^ " " ^ to_string data
        | value -> failwith (to_string value)
      in
      for _ = 1 to 2 do
        same "sum" (to_string (call "add" [ Int 1L; Int 2L ])) "Int 3L";
        ignore (fails (-32602L) "add" [ Str "1"; Int 2L ]);
        ignore (fails (-32602L) "add" []);
        ignore (fails (-32603L) "throw" []);
        ignore (fails (-32603L) "bad" []);
        ignore (fails (-32601L) "nothing" []);
        same "refuse" (fails 17L "refuse" []) "empty Map [(\"left\", Int 3L)]"
      done;
      let counting = Client.start ~idempotent:true client "count" Null in
      let replies = List.init 3 (fun _ -> Client.next ~timeout:soon counting) in
      let told = List.map (fun (one : Message.t) -> to_string one.value) replies in
      same "replies" (String.concat " " told) "Int 1L Int 2L Int 3L";
      same "result" (to_string (call "count" [])) "Int 3L";
      Client.tell client "add" (List [ Int 1L; Int 1L ]);
      (match call ".methods" [] with
      | List all -> sure "offered" (List.length all = 5)
      | other -> failwith (to_string other));
      Server.close server;
      Thread.join other)

let calls_that_are_cancelled () =
  service "slow" (fun server client ->
      let call = Client.start client "sleep" (Int 1L) in
      let request = Server.request ~timeout:soon server in
      same "args" (to_string (Server.args request)) "Int 1L";
      refused Timeout (fun () -> Client.next ~timeout:0. call);
      refused Timeout (fun () -> Client.result ~timeout:0.001 call);
      sure "cancelled" (Server.cancelled request);
      refused Cancelled (fun () -> Client.next ~timeout:soon call);
      Server.forget request;
      refused Closed (fun () -> Server.reply request Null);
      let again = Client.start client "sleep" Null in
      Server.forget (Server.request ~timeout:soon server) (* unanswered *);
      match Client.result ~timeout:soon again with
      | exception Service_error { code = -32603L; _ } -> ()
      | value -> failwith (to_string value))

let states_locks_peers () =
  Setter.with_open "speed" (fun setter ->
      Watcher.with_open "speed" (fun watcher ->
          Setter.set_if setter ~expected:`None (Int 1L);
          refused Conflict (fun () -> Setter.set_if setter ~expected:`None (Int 2L));
          let one = Watcher.get ~timeout:soon watcher in
          Setter.set_if setter ~expected:(`Sequence one.sequence) (Int 2L);
          same "value" (to_string (get ~timeout:soon "speed").value) "Int 2L"));
  Peer_watcher.with_open "mutex" (fun watcher ->
      let lock = Lock.open_ "mutex" in
      sure "nobody died" (Lock.lock ~timeout:soon lock = None);
      refused Bad_argument (fun () -> Lock.lock lock);
      Lock.with_open "mutex" (fun other ->
          refused Timeout (fun () -> Lock.lock ~timeout:0. other);
          let known = peers "mutex" in
          let told = List.map (fun one -> one.language ^ "." ^ one.role) known in
          same "peers" (String.concat " " told) "ocaml.lock ocaml.lock";
          sure "came" (Peer_watcher.event ~timeout:soon watcher = `Up (List.hd known));
          Lock.close lock (* which unlocks *);
          throws Thrown (fun () -> Lock.with_lock ~timeout:soon other (fun _ -> raise Thrown));
          Lock.with_lock ~timeout:0. other ignore));
  sure "removed" (clean () = 0);
  sure "version" (List.length (String.split_on_char '.' (version ())) = 3)

let host_and_plugin () =
  Host.with_open "host" (fun host ->
      let rec until wanted =
        let one = Host.event ~timeout:soon host in
        if one.event = wanted then one else until wanted
      in
      Host.start host ~name:"calc" ~args:[ "plugin" ] ~hang_after:20. Sys.executable_name;
      same "plugin" (until "ready").plugin "calc";
      Client.with_open "host.calc" (fun calc ->
          let sum = Client.call ~timeout:soon calc "add" [ Int 2L; Int 3L ] in
          same "sum" (to_string sum) "Int 5L");
      Host.stop host "calc";
      same "signal" (to_string (field "signal" (until "killed").facts)) "Int 15L";
      refused Bad_argument (fun () -> Host.stop host "calc");
      refused Bad_name (fun () -> Host.start host ~name:"a.b" "true");
      refused Bad_name (fun () -> Server.open_plugin ()) (* this is none *))

let be_plugin () =
  let add request =
    match Server.args request with List [ Int a; Int b ] -> Int (Int64.add a b) | _ -> Null
  in
  Server.serve (Server.open_plugin ()) [ Server.on "add" add ]

(* A program that closes and releases nothing: its end does. *)
let leave () =
  let sender = Sender.open_ "left" in
  Sender.send sender (Str "taken");
  ignore (Sys.opaque_identity (Receiver.receive (Receiver.open_ "left")))

let tests =
  [ ("signals end a wait if their handler throws", signals);
    ("values of OCaml arrive as they are", values_arrive);
    ("what cannot be sent is refused", what_cannot_be_sent);
    ("a tensor is looked at where it lies", tensors);
    ("nothing is left of ten thousand messages", nothing_is_left);
    ("closing ends a wait and may be done twice", closing);
    ("a second thread is told, and an interrupt ends a wait", threads);
    ("a loan that is given back while another thread waits", a_loan_that_meets_a_wait);
    ("memory that is in use is waited for", memory_in_use_is_waited_for);
    ("a call that is cancelled while another thread waits", a_call_that_meets_a_wait);
    ("a method that throws is an error for its caller", methods_that_throw);
    ("a call that is cancelled", calls_that_are_cancelled);
    ("states, locks and peers", states_locks_peers);
    ("a host and its plugin", host_and_plugin) ]

let run (name, work) =
  match work () with
  | () -> Printf.printf "ok %s\n%!" name; true
  | exception thrown -> Printf.printf "FAILED %s: %s\n%!" name (Printexc.to_string thrown); false

let () =
  match Array.to_list Sys.argv with
  | [ _; "plugin" ] -> be_plugin ()
  | [ _; "leave" ] -> leave ()
  | _ -> if List.mem false (List.map run tests) then exit 1
