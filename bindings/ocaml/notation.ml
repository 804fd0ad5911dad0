(* The notation of values: see testing/interop. *)

open Simpleipc

let names : (string * Dtype.t) list =
  [ ("bool", Bool); ("u8", U8); ("i8", I8); ("u16", U16); ("i16", I16); ("u32", U32); ("i32", I32);
    ("u64", U64); ("i64", I64); ("f16", F16); ("f32", F32); ("f64", F64); ("c64", C64);
    ("c128", C128) ]

let name_of dtype = fst (List.find (fun (_, one) -> one = dtype) names)

let unhex text =
  let byte at = Char.chr (int_of_string ("0x" ^ String.sub text (2 * at) 2)) in
  String.init (String.length text / 2) byte

let hex data =
  let text = Buffer.create (2 * String.length data) in
  String.iter (fun letter -> Printf.bprintf text "%02x" (Char.code letter)) data;
  Buffer.contents text

let pattern count seed =
  String.init count (fun at -> Char.unsafe_chr ((seed + (at mod 251)) land 255))

let letters count seed =
  String.init count (fun at -> Char.unsafe_chr (97 + ((seed + (at mod 23)) mod 26)))

let tensor_of name shape format fill =
  let dtype = List.assoc name names in
  let shape =
    if shape = "" then [] else List.map int_of_string (String.split_on_char 'x' shape)
  in
  let (Kind kind) = Tensor.kind_of dtype in
  let count = List.fold_left ( * ) (Bigarray.kind_size_in_bytes kind) shape in
  Tensor (Tensor.of_bytes ~format:(unhex format) dtype shape (fill count))

let value_of kind word =
  match (kind, String.split_on_char ':' word) with
  | 'n', _ -> Null
  | 'b', _ -> Bool (word = "1")
  | 'i', _ -> Int (Int64.of_string word)
  | 'u', _ -> Uint (Int64.of_string ("0u" ^ word))
  | 'd', _ -> Float (Int64.float_of_bits (Int64.of_string ("0x" ^ word)))
  | 's', _ -> Str (unhex word)
  | 'x', _ -> Bytes (unhex word)
  | 't', [ name; shape; format; data ] -> tensor_of name shape format (fun _ -> unhex data)
  | 'T', [ name; shape; format; seed ] ->
      tensor_of name shape format (fun count -> pattern count (int_of_string seed))
  | 'o', [ content; data ] -> Opaque (unhex content, unhex data)
  | 'X', [ count; seed ] -> Bytes (pattern (int_of_string count) (int_of_string seed))
  | 'S', [ count; seed ] -> Str (letters (int_of_string count) (int_of_string seed))
  | _ -> failwith ("no value " ^ String.make 1 kind ^ word)

let read text =
  let at = ref 0 in
  let until ends =
    let start = !at in
    while !at < String.length text && not (String.contains ends text.[!at]) do incr at done;
    String.sub text start (!at - start)
  in
  let rec part () =
    let kind = text.[!at] in
    incr at;
    match kind with
    | '[' -> List (items ']' part)
    | '{' -> Map (items '}' pair)
    | _ -> value_of kind (until ",]}")
  and pair () =
    incr at;
    let key = unhex (until ":") in
    incr at;
    let value = part () in
    (key, value)
  and items : 'a. char -> (unit -> 'a) -> 'a list = fun last item ->
    if text.[!at] = last then (incr at; [])
    else begin
      if text.[!at] = ',' then incr at;
      let first = item () in
      first :: items last item
    end
  in
  part ()

let table =
  let turn bits = if bits land 1 = 1 then (bits lsr 1) lxor 0xedb88320 else bits lsr 1 in
  let rec turned times bits = if times = 0 then bits else turned (times - 1) (turn bits) in
  Array.init 256 (turned 8)

let crc data =
  let sum = ref 0xffffffff in
  let add letter = sum := table.((!sum lxor Char.code letter) land 255) lxor (!sum lsr 8) in
  String.iter add data;
  !sum lxor 0xffffffff

let show_data data =
  if String.length data <= 64 then hex data
  else Printf.sprintf "#%d:%08x" (String.length data) (crc data)

let rec show = function
  | Null -> "n"
  | Bool truth -> if truth then "b1" else "b0"
  | Int number -> Printf.sprintf "i%Ld" number
  | Uint number -> Printf.sprintf "u%Lu" number
  | Float number -> Printf.sprintf "d%016Lx" (Int64.bits_of_float number)
  | Str text -> "s" ^ show_data text
  | Bytes bytes -> "x" ^ show_data bytes
  | List items -> "[" ^ String.concat "," (List.map show items) ^ "]"
  | Map pairs ->
      let shown (key, value) = "s" ^ show_data key ^ ":" ^ show value in
      "{" ^ String.concat "," (List.map shown pairs) ^ "}"
  | Tensor one ->
      let shape = String.concat "x" (List.map string_of_int (Tensor.shape one)) in
      Printf.sprintf "t%s:%s:%s:%s" (name_of (Tensor.dtype one)) shape (hex (Tensor.format one))
        (show_data (Tensor.bytes one))
  | Opaque (content, data) -> "o" ^ hex content ^ ":" ^ show_data data
