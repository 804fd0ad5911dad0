(* Services: methods of one program that others call; and plugins, programs that a host starts. *)

open Simpleipc_generated
open Simpleipc_value
open Simpleipc_message
open Simpleipc_channel

external raw_call : raw -> string -> value -> int -> int = "simpleipc_call"
external raw_result : raw -> int -> int -> Message.t = "simpleipc_result"
external raw_cancel : raw -> int -> unit = "simpleipc_cancel"
external raw_give_up : raw -> int -> unit = "simpleipc_give_up"
external raw_reply : Message.held -> value -> int -> unit = "simpleipc_reply"
external raw_cancelled : Message.held -> bool = "simpleipc_cancelled"
external raw_describe : raw -> value -> unit = "simpleipc_describe"
external raw_plugin : raw -> value -> unit = "simpleipc_plugin"

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
