(* Errors and values: what OCaml has for what travels. *)

open Simpleipc_generated

(* Errors *)

type status = Simpleipc_generated.status =
  | Timeout | Full | Interrupted | Busy | Conflict | Cancelled | Closed | Forked | Unlinked
  | Evicted | Server_died | Bad_name | Wrong_pattern | Wrong_role | Too_large | Bad_value
  | Bad_argument | Too_many_producers | Too_many_peers | Failed | Corrupt | Version | No_space
  | No_permission | No_directory | System | Internal
  | Unknown of int

let number_of_status = number_of_status

module Class = Class
module Dtype = Dtype

exception Error of { status : status; os_code : int; sentence : string }

let fail status sentence = raise (Error { status; os_code = 0; sentence })

let () =
  Callback.register "simpleipc.fail" (fun number os_code sentence ->
      raise (Error { status = status_of_number number; os_code; sentence }));
  Printexc.register_printer (function Error { sentence; _ } -> Some sentence | _ -> None)

(* Values. The C side knows the order of the constructors and of the fields. *)

type ('a, 'b) genarray = ('a, 'b, Bigarray.c_layout) Bigarray.Genarray.t

type tensor = {
  dtype : Dtype.t;
  shape : int array;
  strides : int array;
  format : string;
  data : Obj.t; (* a genarray of the kind of the dtype; with strides, of bytes *)
}

type value =
  | Null
  | Bool of bool
  | Int of int64
  | Uint of int64
  | Float of float
  | Str of string
  | Bytes of string
  | List of value list
  | Map of (string * value) list
  | Tensor of tensor
  | Opaque of string * string

exception Service_error of { code : int64; text : string; data : value }

let rec to_string value =
  let joined shown items = String.concat "; " (List.map shown items) in
  match value with
  | Null -> "Null"
  | Bool truth -> Printf.sprintf "Bool %b" truth
  | Int number -> Printf.sprintf (if number < 0L then "Int (%LdL)" else "Int %LdL") number
  | Uint number -> Printf.sprintf "Uint 0u%LuL" number
  | Float number -> Printf.sprintf (if number < 0. then "Float (%F)" else "Float %F") number
  | Str text -> Printf.sprintf "Str %S" text
  | Bytes bytes -> Printf.sprintf "Bytes %S" bytes
  | List items -> "List [" ^ joined to_string items ^ "]"
  | Map pairs ->
      let pair (key, item) = Printf.sprintf "(%S, %s)" key (to_string item) in
      "Map [" ^ joined pair pairs ^ "]"
  | Tensor { shape; format; _ } ->
      Printf.sprintf "Tensor [%s] %S" (joined string_of_int (Array.to_list shape)) format
  | Opaque (content, data) -> Printf.sprintf "Opaque (%S, %S)" content data

let field key = function
  | Map pairs -> Option.value ~default:Null (List.assoc_opt key pairs)
  | _ -> Null

let unfit value wanted = fail Bad_value (to_string value ^ " is no " ^ wanted)

let to_int = function
  | Int number when Int64.of_int (Int64.to_int number) = number -> Int64.to_int number
  | Uint number when number >= 0L && Int64.to_int number >= 0 -> Int64.to_int number
  | other -> unfit other "int of OCaml"

let to_int64 = function Int number -> number | other -> unfit other "int"
let to_text = function Str text -> text | other -> unfit other "text"
let of_int number = Int (Int64.of_int number)

module Tensor = struct
  type ('a, 'b) array = ('a, 'b) genarray
  type kind = Kind : ('a, 'b) Bigarray.kind -> kind

  external raw_bytes : Obj.t -> string = "simpleipc_bytes"
  external raw_of_bytes : Dtype.t -> int Array.t -> string -> Obj.t = "simpleipc_of_bytes"

  let dtype_of (type a b) (kind : (a, b) Bigarray.kind) : Dtype.t =
    match kind with
    | Bigarray.Int8_unsigned -> U8
    | Bigarray.Char -> U8
    | Bigarray.Int8_signed -> I8
    | Bigarray.Int16_unsigned -> U16
    | Bigarray.Int16_signed -> I16
    | Bigarray.Int32 -> I32
    | Bigarray.Int64 -> I64
    | Bigarray.Float32 -> F32
    | Bigarray.Float64 -> F64
    | Bigarray.Complex32 -> C64
    | Bigarray.Complex64 -> C128
    | Bigarray.Int | Bigarray.Nativeint ->
        fail Bad_argument "ints and nativeints of OCaml have no dtype; use int64"

  let kind_of : Dtype.t -> kind = function
    | Bool | U8 -> Kind Bigarray.int8_unsigned
    | I8 -> Kind Bigarray.int8_signed
    | U16 | F16 -> Kind Bigarray.int16_unsigned
    | I16 -> Kind Bigarray.int16_signed
    | U32 | I32 -> Kind Bigarray.int32
    | U64 | I64 -> Kind Bigarray.int64
    | F32 -> Kind Bigarray.float32
    | F64 -> Kind Bigarray.float64
    | C64 -> Kind Bigarray.complex32
    | C128 -> Kind Bigarray.complex64

  let checked dtype kind =
    let (Kind wanted) = kind_of dtype in
    if dtype_of wanted <> dtype_of kind then
      fail Bad_argument "the elements of the tensor are of another kind"

  let make ?dtype ?(format = "") array =
    let kind = Bigarray.Genarray.kind array in
    let dtype = match dtype with Some dtype -> dtype | None -> dtype_of kind in
    checked dtype kind;
    { dtype; shape = Bigarray.Genarray.dims array; strides = [||]; format; data = Obj.repr array }

  let of_bytes ?(format = "") dtype shape bytes =
    let shape = Array.of_list shape in
    { dtype; shape; strides = [||]; format; data = raw_of_bytes dtype shape bytes }

  let bytes tensor = raw_bytes tensor.data
  let dtype tensor = tensor.dtype
  let shape tensor = Array.to_list tensor.shape
  let format tensor = tensor.format
  let strides tensor = Array.to_list tensor.strides

  let view (type a b) (kind : (a, b) Bigarray.kind) tensor : (a, b) array =
    let dtype : Dtype.t = if tensor.strides = [||] then tensor.dtype else U8 in
    checked dtype kind;
    Obj.obj tensor.data (* both are kept in the same way, as was just seen; a char is a byte *)
end
