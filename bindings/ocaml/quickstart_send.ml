(* Sends a few values; start it before or after quickstart_receive. *)
open Simpleipc

let () =
  send "chat" (Str "hello");
  send "chat" (Int 42L);
  send "chat" (Map [ ("class", Str "cat"); ("score", Float 0.93) ])
