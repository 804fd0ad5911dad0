(* Every pattern once, in one program; each part could be in a program of its own. *)
open Simpleipc

let soon = 20.
let print pattern (message : Message.t) = Printf.printf "%s: %s\n" pattern (to_string message.value)

let () =
  (* A queue: each message goes to one receiver. *)
  send "tour.queue" (Str "hello");
  Receiver.with_open "tour.queue" (fun receiver ->
      Receiver.with_message ~timeout:soon receiver (print "queue");
      try print "queue" (Receiver.receive ~timeout:0. receiver)
      with Error { status = Timeout; _ } -> print_endline "queue: nothing more");

  (* A topic: every subscriber gets every message. The frame is filled where it is read. *)
  Subscriber.with_open "tour.topic" (fun subscriber ->
      Publisher.with_open "tour.topic" (fun publisher ->
          Publisher.publish publisher (Int 42L);
          print "topic" (Subscriber.receive ~timeout:soon subscriber);
          Publisher.fill publisher ~captured:(now ()) ~format:"rgb8" Bigarray.int8_unsigned
            [ 4; 6; 3 ] (fun frame -> Bigarray.Genarray.fill frame 7);
          Subscriber.with_message ~timeout:soon subscriber (fun message ->
              match message.value with
              | Tensor picture ->
                  let pixels = Tensor.view Bigarray.int8_unsigned picture in
                  print "topic" message;
                  Printf.printf "topic: %d\n" (Bigarray.Genarray.get pixels [| 3; 5; 2 |])
              | other -> print_endline (to_string other))));

  (* A state: the latest value, for whoever comes whenever. *)
  Setter.with_open "tour.state" (fun setter ->
      Watcher.with_open "tour.state" (fun watcher ->
          Setter.set setter (Int 30L);
          let speed = Watcher.get ~timeout:soon watcher in
          print "state" speed;
          (* An Error (Conflict) if somebody else has set it since. *)
          Setter.set_if setter ~expected:(`Sequence speed.sequence) (Int 31L);
          print "state" (Watcher.receive ~timeout:soon watcher)));

  (* A signal: something has happened. *)
  Waiter.with_open "tour.signal" (fun waiter ->
      notify "tour.signal";
      Printf.printf "signal: %d\n" (Waiter.wait ~timeout:soon waiter));

  (* A lock: one owner at a time, and free when it dies. *)
  Lock.with_open "tour.lock" (fun lock ->
      Lock.with_lock ~timeout:soon lock (fun died ->
          Printf.printf "lock: died with it: %b\n" (died <> None)));

  (* A service; Server.serve and Server.on are the usual way to answer. *)
  Server.with_open "tour.service" (fun server ->
      Client.with_open "tour.service" (fun client ->
          let call = Client.start client "add" (List [ Int 1L; Int 2L ]) in
          let request = Server.request ~timeout:soon server in
          (match Server.args request with
          | List [ Int a; Int b ] -> Server.reply request (Int (Int64.add a b))
          | _ -> Server.fail request ~code:1L "two ints are added" Null);
          Printf.printf "service: %s %s\n" (Server.name request) (to_string (Server.args request));
          print_endline ("service: " ^ to_string (Client.result ~timeout:soon call))))
