# Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
#
# What libsimpleipc declares. The functions are found when the library is loaded: `bindAll`.

const
  AbiVersion* = 1'u32
  DimsMax* = 8 ## Most dimensions a tensor may have.
  NameBytesMax* = 200 ## Longest channel name in bytes of UTF-8.
  ProducersMax* = 64 ## Most publishers or senders on one channel at once.
  PeersMax* = 256 ## Most open handles of all roles on one channel at once.

  # Statuses.
  stOk* = 0'i32 ## success
  stTimeout* = 1'i32 ## nothing arrived within the time given
  stFull* = 2'i32 ## no room within the time given; nothing was sent
  stInterrupted* = 3'i32 ## the wait was interrupted by a signal or by sipc_interrupt
  stBusy* = 4'i32 ## another thread is inside this handle; open one handle per thread
  stConflict* = 5'i32 ## somebody else was faster; nothing was set
  stCancelled* = 6'i32 ## the call was cancelled
  stClosed* = 10'i32 ## the handle is closed
  stForked* = 11'i32 ## the handle belongs to the parent process; open a new one in the child
  stUnlinked* = 12'i32 ## the channel's file was removed by someone; close the handle and open it again
  stEvicted* = 13'i32 ## this handle was taken for dead because its lock was closed under it; open it again
  stServerDied* = 14'i32 ## the server died while it worked on the call; what it had done by then is not known
  stBadName* = 20'i32 ## the channel name is not usable
  stWrongPattern* = 21'i32 ## the verb does not fit the pattern of this channel
  stWrongRole* = 22'i32 ## the handle was opened for the other direction
  stTooLarge* = 23'i32 ## the message is larger than the channel's limit
  stBadValue* = 24'i32 ## the value cannot be sent as it stands
  stBadArgument* = 25'i32 ## an argument is missing or out of range
  stTooManyProducers* = 26'i32 ## the channel already has its maximum of producers
  stTooManyPeers* = 27'i32 ## the channel already has its maximum of open handles
  stFailed* = 28'i32 ## the server answered with an error of its own
  stCorrupt* = 30'i32 ## the channel's file is damaged
  stVersion* = 31'i32 ## the channel was made by a version or machine this library cannot share memory with
  stNoSpace* = 40'i32 ## shared memory is full
  stNoPermission* = 41'i32 ## not permitted
  stNoDirectory* = 42'i32 ## the channel directory does not exist or is no directory
  stSystem* = 43'i32 ## the operating system refused
  stInternal* = 50'i32 ## a defect in SimpleIPC; please report it

  Classes* = [
    ("ok", 0'i32, 0'i32),
    ("retry", 1'i32, 9'i32),
    ("gone", 10'i32, 19'i32),
    ("misuse", 20'i32, 29'i32),
    ("corrupt", 30'i32, 39'i32),
    ("system", 40'i32, 59'i32),
  ] ## The classes of statuses: name, first and last number, also of statuses to come.

  # What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
  # queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
  rolePublish* = 1'u32
  roleSubscribe* = 2'u32
  roleSend* = 3'u32
  roleReceive* = 4'u32
  roleSet* = 5'u32
  roleWatch* = 6'u32
  roleNotify* = 7'u32
  roleWait* = 8'u32
  roleLock* = 9'u32
  roleCall* = 10'u32
  roleServe* = 11'u32
  rolePeers* = 12'u32
  roleHost* = 13'u32

  # The kind of a value. An int sent is an int received, in every language.
  kindNull* = 0'u32
  kindBool* = 1'u32
  kindInt* = 2'u32
  kindUint* = 3'u32
  kindFloat* = 4'u32
  kindStr* = 5'u32
  kindBytes* = 6'u32
  kindList* = 7'u32
  kindMap* = 8'u32
  kindTensor* = 9'u32
  kindOpaque* = 10'u32

  # Element type of a tensor; elements are in the machine's byte order.
  dtypeBool* = 1'u32
  dtypeU8* = 2'u32
  dtypeI8* = 3'u32
  dtypeU16* = 4'u32
  dtypeI16* = 5'u32
  dtypeU32* = 6'u32
  dtypeI32* = 7'u32
  dtypeU64* = 8'u32
  dtypeI64* = 9'u32
  dtypeF16* = 10'u32
  dtypeF32* = 11'u32
  dtypeF64* = 12'u32
  dtypeC64* = 13'u32
  dtypeC128* = 14'u32

  # Bits of sipc_options.flags.
  optionLossless* = 1'u32
  optionLatest* = 2'u32
  optionUnstamped* = 4'u32
  optionTap* = 8'u32

  # Bits of sipc_message.flags.
  messageRedelivered* = 1'u32
  messageOneWay* = 2'u32
  messageMore* = 4'u32

  # Bits of the flags of sipc_call.
  callIdempotent* = 1'u32
  callOneWay* = 2'u32

  # Bits of the flags of sipc_reply.
  replyMore* = 1'u32
  replyError* = 2'u32

type
  RawChannel* = distinct pointer

  RawError* {.bycopy.} = object
    size*: uint32
    status*: int32
    os_code*: int32
    reserved*: uint32
    message*: array[496, char]

  RawValue* {.bycopy.} = object
    size*: uint32
    kind*: uint32
    i*: int64
    u*: uint64
    f*: float64
    data*: pointer
    len*: uint64
    items*: ptr UncheckedArray[RawValue]
    count*: uint64
    label*: cstring
    label_len*: uint64
    dtype*: uint32
    ndim*: uint32
    shape*: array[8, uint64]
    strides*: array[8, int64]
    capture_time_ns*: int64

  RawMessage* {.bycopy.} = object
    size*: uint32
    flags*: uint32
    value*: RawValue
    sequence*: uint64
    sender*: uint64
    publish_time_ns*: int64
    receive_time_ns*: int64
    missed*: uint64
    hold*: pointer

  RawOptions* {.bycopy.} = object
    size*: uint32
    flags*: uint32
    history*: uint32
    depth*: uint32
    pool_bytes_max*: uint64
    directory*: cstring
    signal*: int32
    permits*: uint32

var
  sipc_abi_version*: proc (
    ): uint32 {.cdecl, gcsafe, raises: [].}
  sipc_version*: proc (
    ): cstring {.cdecl, gcsafe, raises: [].}
  sipc_status_text*: proc (
      `status`: int32
    ): cstring {.cdecl, gcsafe, raises: [].}
  sipc_now_ns*: proc (
    ): int64 {.cdecl, gcsafe, raises: [].}
  sipc_send*: proc (
      `name`: cstring, 
      `value`: ptr RawValue, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_send_bool*: proc (
      `name`: cstring, 
      `value`: int32, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_send_int*: proc (
      `name`: cstring, 
      `value`: int64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_send_float*: proc (
      `name`: cstring, 
      `value`: float64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_send_str*: proc (
      `name`: cstring, 
      `value`: cstring, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_send_bytes*: proc (
      `name`: cstring, 
      `data`: pointer, 
      `len`: uint64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_publish*: proc (
      `name`: cstring, 
      `value`: ptr RawValue, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_publish_bool*: proc (
      `name`: cstring, 
      `value`: int32, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_publish_int*: proc (
      `name`: cstring, 
      `value`: int64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_publish_float*: proc (
      `name`: cstring, 
      `value`: float64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_publish_str*: proc (
      `name`: cstring, 
      `value`: cstring, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_publish_bytes*: proc (
      `name`: cstring, 
      `data`: pointer, 
      `len`: uint64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_receive*: proc (
      `name`: cstring, 
      `timeout_ns`: int64, 
      `message`: ptr RawMessage, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_set*: proc (
      `name`: cstring, 
      `value`: ptr RawValue, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_get*: proc (
      `name`: cstring, 
      `timeout_ns`: int64, 
      `message`: ptr RawMessage, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_notify*: proc (
      `name`: cstring, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_await*: proc (
      `name`: cstring, 
      `timeout_ns`: int64, 
      `count`: ptr uint64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_open*: proc (
      `name`: cstring, 
      `role`: uint32, 
      `options`: ptr RawOptions, 
      `channel`: ptr RawChannel, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_close*: proc (
      `channel`: RawChannel
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_put*: proc (
      `channel`: RawChannel, 
      `value`: ptr RawValue, 
      `timeout_ns`: int64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_take*: proc (
      `channel`: RawChannel, 
      `timeout_ns`: int64, 
      `message`: ptr RawMessage, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_put_if*: proc (
      `channel`: RawChannel, 
      `value`: ptr RawValue, 
      `expected`: uint64, 
      `timeout_ns`: int64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_current*: proc (
      `channel`: RawChannel, 
      `timeout_ns`: int64, 
      `message`: ptr RawMessage, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_lock*: proc (
      `channel`: RawChannel, 
      `timeout_ns`: int64, 
      `abandoned_pid`: ptr uint64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_unlock*: proc (
      `channel`: RawChannel, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_plugin*: proc (
      `channel`: RawChannel, 
      `plugin`: ptr RawValue, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_peers*: proc (
      `name`: cstring, 
      `options`: ptr RawOptions, 
      `message`: ptr RawMessage, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_identify*: proc (
      `program`: cstring, 
      `language`: cstring, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_release*: proc (
      `message`: ptr RawMessage
    ): void {.cdecl, gcsafe, raises: [].}
  sipc_loan*: proc (
      `channel`: RawChannel, 
      `value`: ptr RawValue, 
      `timeout_ns`: int64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_unloan*: proc (
      `channel`: RawChannel, 
      `data`: pointer
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_wait*: proc (
      `channels`: ptr RawChannel, 
      `count`: uint32, 
      `timeout_ns`: int64, 
      `index`: ptr uint32, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_fd*: proc (
      `channel`: RawChannel, 
      `fd`: ptr int32, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_interrupt*: proc (
      `channel`: RawChannel
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_call*: proc (
      `channel`: RawChannel, 
      `method`: cstring, 
      `args`: ptr RawValue, 
      `flags`: uint32, 
      `timeout_ns`: int64, 
      `call`: ptr uint64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_result*: proc (
      `channel`: RawChannel, 
      `call`: uint64, 
      `timeout_ns`: int64, 
      `message`: ptr RawMessage, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_cancel*: proc (
      `channel`: RawChannel, 
      `call`: uint64
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_reply*: proc (
      `request`: ptr RawMessage, 
      `value`: ptr RawValue, 
      `flags`: uint32, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_cancelled*: proc (
      `request`: ptr RawMessage
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_describe*: proc (
      `channel`: RawChannel, 
      `methods`: ptr RawValue, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_audit*: proc (
      `name`: cstring, 
      `directory`: cstring, 
      `buffer`: pointer, 
      `capacity`: uint64, 
      `needed`: ptr uint64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}
  sipc_clean*: proc (
      `directory`: cstring, 
      `age_max_ns`: int64, 
      `count`: ptr uint64, 
      `error`: ptr RawError
    ): int32 {.cdecl, gcsafe, raises: [].}

proc bindAll*(symbol: proc (name: string): pointer) =
  ## Finds the functions in the library.
  sipc_abi_version =
    cast[typeof(sipc_abi_version)](symbol("sipc_abi_version"))
  sipc_version =
    cast[typeof(sipc_version)](symbol("sipc_version"))
  sipc_status_text =
    cast[typeof(sipc_status_text)](symbol("sipc_status_text"))
  sipc_now_ns =
    cast[typeof(sipc_now_ns)](symbol("sipc_now_ns"))
  sipc_send =
    cast[typeof(sipc_send)](symbol("sipc_send"))
  sipc_send_bool =
    cast[typeof(sipc_send_bool)](symbol("sipc_send_bool"))
  sipc_send_int =
    cast[typeof(sipc_send_int)](symbol("sipc_send_int"))
  sipc_send_float =
    cast[typeof(sipc_send_float)](symbol("sipc_send_float"))
  sipc_send_str =
    cast[typeof(sipc_send_str)](symbol("sipc_send_str"))
  sipc_send_bytes =
    cast[typeof(sipc_send_bytes)](symbol("sipc_send_bytes"))
  sipc_publish =
    cast[typeof(sipc_publish)](symbol("sipc_publish"))
  sipc_publish_bool =
    cast[typeof(sipc_publish_bool)](symbol("sipc_publish_bool"))
  sipc_publish_int =
    cast[typeof(sipc_publish_int)](symbol("sipc_publish_int"))
  sipc_publish_float =
    cast[typeof(sipc_publish_float)](symbol("sipc_publish_float"))
  sipc_publish_str =
    cast[typeof(sipc_publish_str)](symbol("sipc_publish_str"))
  sipc_publish_bytes =
    cast[typeof(sipc_publish_bytes)](symbol("sipc_publish_bytes"))
  sipc_receive =
    cast[typeof(sipc_receive)](symbol("sipc_receive"))
  sipc_set =
    cast[typeof(sipc_set)](symbol("sipc_set"))
  sipc_get =
    cast[typeof(sipc_get)](symbol("sipc_get"))
  sipc_notify =
    cast[typeof(sipc_notify)](symbol("sipc_notify"))
  sipc_await =
    cast[typeof(sipc_await)](symbol("sipc_await"))
  sipc_open =
    cast[typeof(sipc_open)](symbol("sipc_open"))
  sipc_close =
    cast[typeof(sipc_close)](symbol("sipc_close"))
  sipc_put =
    cast[typeof(sipc_put)](symbol("sipc_put"))
  sipc_take =
    cast[typeof(sipc_take)](symbol("sipc_take"))
  sipc_put_if =
    cast[typeof(sipc_put_if)](symbol("sipc_put_if"))
  sipc_current =
    cast[typeof(sipc_current)](symbol("sipc_current"))
  sipc_lock =
    cast[typeof(sipc_lock)](symbol("sipc_lock"))
  sipc_unlock =
    cast[typeof(sipc_unlock)](symbol("sipc_unlock"))
  sipc_plugin =
    cast[typeof(sipc_plugin)](symbol("sipc_plugin"))
  sipc_peers =
    cast[typeof(sipc_peers)](symbol("sipc_peers"))
  sipc_identify =
    cast[typeof(sipc_identify)](symbol("sipc_identify"))
  sipc_release =
    cast[typeof(sipc_release)](symbol("sipc_release"))
  sipc_loan =
    cast[typeof(sipc_loan)](symbol("sipc_loan"))
  sipc_unloan =
    cast[typeof(sipc_unloan)](symbol("sipc_unloan"))
  sipc_wait =
    cast[typeof(sipc_wait)](symbol("sipc_wait"))
  sipc_fd =
    cast[typeof(sipc_fd)](symbol("sipc_fd"))
  sipc_interrupt =
    cast[typeof(sipc_interrupt)](symbol("sipc_interrupt"))
  sipc_call =
    cast[typeof(sipc_call)](symbol("sipc_call"))
  sipc_result =
    cast[typeof(sipc_result)](symbol("sipc_result"))
  sipc_cancel =
    cast[typeof(sipc_cancel)](symbol("sipc_cancel"))
  sipc_reply =
    cast[typeof(sipc_reply)](symbol("sipc_reply"))
  sipc_cancelled =
    cast[typeof(sipc_cancelled)](symbol("sipc_cancelled"))
  sipc_describe =
    cast[typeof(sipc_describe)](symbol("sipc_describe"))
  sipc_audit =
    cast[typeof(sipc_audit)](symbol("sipc_audit"))
  sipc_clean =
    cast[typeof(sipc_clean)](symbol("sipc_clean"))
