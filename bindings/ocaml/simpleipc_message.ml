(* Messages, and the memory that they keep. *)

open Simpleipc_value

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

external held_count : unit -> int = "simpleipc_held"

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
