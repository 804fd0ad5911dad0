(* Prints what arrives; ends when nothing came for 2 seconds. *)
open Simpleipc

let () =
  Receiver.with_open "chat" (fun receiver ->
      Receiver.iter ~timeout:2. receiver (fun message -> print_endline (to_string message.value)))
