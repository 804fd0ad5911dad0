## Any program talks to any other program on this machine; see README.md.
##
## Timeouts are in milliseconds: -1 waits for ever, 0 only tries. What waits raises a TimeoutError
## when its time is up. Times are nanoseconds of CLOCK_MONOTONIC.

import std/[atomics, dynlib, os]
import simpleipc/[generated, values]

when not defined(gcDestructors):
  {.error: "compile with --mm:orc or --mm:arc: handles and messages are let go by destructors".}

export values except Encoded, encode, decode, writeLabel, writeShape, isShown, checkText, denseBytes

type
  IpcError* = object of CatchableError
    ## The base of all errors of this module; `msg` says what failed and what to do.
    status*: int32
    osCode*: int32
  RetryError* = object of IpcError ## nothing is wrong; the same call may succeed later
  TimeoutError* = object of RetryError
  GoneError* = object of IpcError ## the handle is of no use any more
  MisuseError* = object of IpcError ## the call cannot succeed as it stands
  ServiceError* = object of MisuseError ## of the server's program; a method raises one
    code*: int64
    data*: Value
  CorruptError* = object of IpcError
  SystemError* = object of IpcError

# Errors

proc raiseStatus(status: int32, text: string, osCode = 0'i32) {.noreturn.} =
  template fail(T: typedesc) =
    raise (ref T)(msg: text, status: status, osCode: osCode)
  case status
  of stTimeout: fail TimeoutError
  of 2 .. 9: fail RetryError
  of 10 .. 19: fail GoneError
  of 20 .. 29: fail MisuseError
  of 30 .. 39: fail CorruptError
  of 40 .. 59: fail SystemError
  else: fail IpcError

proc newServiceError*(code: int64, text: string, data = null()): ref ServiceError =
  (ref ServiceError)(msg: text, status: stFailed, code: code, data: data)

proc newComplaint(): RawError {.inline.} =
  result.size = uint32(sizeof(RawError))

proc require(status: int32, complaint: var RawError) =
  if status != stOk:
    raiseStatus(status, $cast[cstring](addr complaint.message), complaint.os_code)

proc requirePlain(status: int32) =
  if status != stOk: raiseStatus(status, $sipc_status_text(status))

proc nanoseconds(timeout: int): int64 =
  if timeout < 0: -1'i64 else: int64(timeout) * 1_000_000

proc checked(text: string, what: string): cstring =
  checkText(text, what)
  if '\0' in text: raise newException(ValueError, "the " & what & " holds a NUL")
  cstring(text)

proc orNil(text: string, what: string): cstring =
  if text == "": nil else: checked(text, what)

# Loading

proc load() =
  let folder = getEnv("SIPC_LIB_DIR")
  let path = if folder == "": "libsimpleipc.so" else: folder / "libsimpleipc.so"
  let library = loadLib(path)
  if library == nil:
    quit(path & " cannot be loaded; install it, or set SIPC_LIB_DIR to its folder")
  let version = cast[typeof(sipc_abi_version)](library.symAddr("sipc_abi_version"))
  let theirs = if version == nil: 0'u32 else: version()
  if theirs != AbiVersion:
    quit("libsimpleipc speaks ABI " & $theirs & ", this program " & $AbiVersion)
  bindAll(proc (name: string): pointer = library.symAddr(cstring(name)))

load()

proc version*(): string = $sipc_version()
proc nowNs*(): int64 = sipc_now_ns()

proc identify*(program = "") =
  ## Says who this process is to those who look at peers, for handles opened from now on.
  var complaint = newComplaint()
  require sipc_identify(orNil(program, "program"), "nim", addr complaint), complaint

identify()

# Messages

type
  Held = object
    raw: RawMessage
    isReleased: bool

  Message* = ref object of RootObj
    ## A received message. Values of it that show its memory keep it.
    held: Held

proc release(held: var Held) =
  if not held.isReleased:
    held.isReleased = true
    sipc_release(addr held.raw)

proc `=destroy`(held: var Held) = release(held)
proc `=copy`(target: var Held, source: Held) {.error.}

proc raw(message: Message): var RawMessage = message.held.raw

proc isReleased(message: Message): bool = message.held.isReleased

proc release*(message: Message) =
  ## Lets go of it now, twice without harm; in a queue it is done. Data of it in place must not be
  ## looked at any more.
  release(message.held)

proc newMessage(): Message =
  result = Message()
  result.raw.size = uint32(sizeof(RawMessage))

proc value*(message: Message): Value =
  if message.isReleased: raiseStatus(stClosed, "the message was released; use it before")
  decode(addr message.raw.value, message)

proc sequence*(message: Message): uint64 = message.raw.sequence
proc sender*(message: Message): uint64 = message.raw.sender
proc missed*(message: Message): uint64 = message.raw.missed
proc redelivered*(message: Message): bool = (message.raw.flags and messageRedelivered) != 0
proc captureTimeNs*(message: Message): int64 = message.raw.value.capture_time_ns
proc publishTimeNs*(message: Message): int64 = message.raw.publish_time_ns
proc receiveTimeNs*(message: Message): int64 = message.raw.receive_time_ns

proc takeValue(message: Message): Value =
  ## The value, after which the message stays only if the value shows its memory.
  result = message.value
  if not isShown(result): message.release()

# What is given back in a handle; later, if another thread is inside it just then

type
  Undo = proc (channel: RawChannel, one: uint64): int32 {.nimcall, gcsafe, raises: [].}

  Leftover = object
    next: ptr Leftover
    undo: Undo
    one: uint64

  Leftovers = object
    ## Of a handle and its loans, which may outlive it, and be another thread's.
    owners: Atomic[int]
    first: Atomic[ptr Leftover]
    nudges: Atomic[int] # how often a wait was, or will be, interrupted for what is left over
    isMeant: Atomic[bool] # or was by the program

proc newLeftovers(): ptr Leftovers =
  result = createShared(Leftovers)
  result.owners.store(1)

proc giveBack(leftovers: ptr Leftovers, channel: RawChannel, undo: Undo, one: uint64) =
  if undo(channel, one) == stBusy:
    let left = createShared(Leftover)
    left[] = Leftover(next: leftovers.first.load, undo: undo, one: one)
    while not leftovers.first.compareExchange(left.next, left): discard
    discard leftovers.nudges.fetchAdd(1)
    discard sipc_interrupt(channel)

proc goesOn(leftovers: ptr Leftovers, status: int32): bool =
  ## Whether a wait ended only for what is left over. Each nudge ends one wait at most: one that
  ## comes while another is answered here ends the next try.
  if status == stInterrupted:
    let wasMeant = leftovers.isMeant.exchange(false)
    result = not wasMeant and leftovers.nudges.load > 0
    if result: discard leftovers.nudges.fetchSub(1)

proc tidyUp(leftovers: ptr Leftovers, channel: RawChannel) =
  if leftovers.first.load(moRelaxed) == nil: return
  var next = leftovers.first.exchange(nil)
  while next != nil:
    let left = next
    next = left.next
    leftovers.giveBack(channel, left.undo, left.one)
    freeShared(left)

proc letGo(leftovers: var ptr Leftovers, channel: RawChannel) =
  if leftovers != nil and leftovers.owners.fetchSub(1) == 1:
    leftovers.tidyUp(channel) # which is closed: nothing is left over any more
    freeShared(leftovers)
  leftovers = nil

# Handles

type
  Options* = object
    ## All zero is the default. `permits` is of locks, `signal` of waiters.
    lossless*, latest*, unstamped*, tap*: bool
    history*, depth*, permits*: uint32
    poolBytesMax*: uint64
    signal*: int32
    directory*: string

  Opened = object
    raw: RawChannel
    isOpen: bool
    leftovers: ptr Leftovers

  Handle* = ref object of RootObj
    opened: Opened
    name*: string

  Consumer* = ref object of Handle
  Producer* = ref object of Handle
  Publisher* = ref object of Producer
  Subscriber* = ref object of Consumer
  Sender* = ref object of Producer
  Receiver* = ref object of Consumer
  Setter* = ref object of Producer
  Watcher* = ref object of Consumer
  Notifier* = ref object of Producer
  Waiter* = ref object of Consumer
  Lock* = ref object of Handle
    abandoned*: int ## the process that died holding it, if its last owner did; else 0
  PeerWatcher* = ref object of Consumer

proc close(opened: var Opened) =
  if opened.isOpen:
    opened.isOpen = false
    discard sipc_close(opened.raw)

proc `=destroy`(opened: var Opened) =
  close(opened)
  letGo(opened.leftovers, opened.raw)

proc `=copy`(target: var Opened, source: Opened) {.error.}

proc close*(handle: Handle) =
  ## Twice without harm. A handle that is let go is closed.
  close(handle.opened)

proc rawOf*(handle: Handle): RawChannel =
  ## For the next call in it, before which goes back what is left over.
  if not handle.opened.isOpen: raiseStatus(stClosed, "the handle is closed; open another one")
  handle.opened.leftovers.tidyUp(handle.opened.raw)
  handle.opened.raw

proc encodeOptions(options: Options): RawOptions =
  result.size = uint32(sizeof(RawOptions))
  if options.lossless: result.flags = result.flags or optionLossless
  if options.latest: result.flags = result.flags or optionLatest
  if options.unstamped: result.flags = result.flags or optionUnstamped
  if options.tap: result.flags = result.flags or optionTap
  result.history = options.history
  result.depth = options.depth
  result.permits = options.permits
  result.pool_bytes_max = options.poolBytesMax
  result.signal = options.signal
  result.directory = orNil(options.directory, "directory")

proc openAs*(handle: Handle, name: cstring, role: uint32, options: Options) =
  ## For the rest of this module.
  var raw = encodeOptions(options)
  var complaint = newComplaint()
  require sipc_open(name, role, addr raw, addr handle.opened.raw, addr complaint), complaint
  handle.opened.isOpen = true
  handle.opened.leftovers = newLeftovers()
  handle.name = $name

template waiting(handle: Handle, timeout: int, call: untyped): int32 =
  ## The status of a call on a `channel` that waits for `ns`, and that gives back meanwhile.
  let finish = if timeout > 0: nowNs() + nanoseconds(timeout) else: 0'i64
  var (ns {.inject.}, status) = (nanoseconds(timeout), stInterrupted)
  while true:
    let channel {.inject.} = handle.rawOf
    status = call
    if not handle.opened.leftovers.goesOn(status): break
    if timeout > 0: ns = max(finish - nowNs(), 0)
  status

template opener(T: typedesc, role: uint32, construct: untyped) =
  proc construct*(name: string, options = Options()): T =
    result = T()
    result.openAs(checked(name, "name"), role, options)

opener(Publisher, rolePublish, newPublisher)
opener(Subscriber, roleSubscribe, newSubscriber)
opener(Sender, roleSend, newSender)
opener(Receiver, roleReceive, newReceiver)
opener(Setter, roleSet, newSetter)
opener(Watcher, roleWatch, newWatcher)
opener(Notifier, roleNotify, newNotifier)
opener(Waiter, roleWait, newWaiter)
opener(Lock, roleLock, newLock)
opener(PeerWatcher, rolePeers, newPeerWatcher)

proc newSemaphore*(name: string, permits: uint32, options = Options()): Lock =
  ## As a lock, but so many handles may have it at once.
  var all = options
  all.permits = permits
  newLock(name, all)

proc interrupt*(handle: Handle) =
  ## Ends the wait in progress, or else the next one, by a RetryError. From any thread.
  let channel = handle.rawOf
  handle.opened.leftovers.isMeant.store(true)
  requirePlain sipc_interrupt(channel)

proc fd*(handle: Handle): int32 =
  ## A descriptor that is readable as long as there may be something to take.
  var complaint = newComplaint()
  require sipc_fd(handle.rawOf, addr result, addr complaint), complaint

# Taking

proc receive*(handle: Consumer, timeout = -1): Message =
  ## The next message.
  result = newMessage()
  var complaint = newComplaint()
  let ns = nanoseconds(timeout)
  require sipc_take(handle.rawOf, ns, addr result.raw, addr complaint), complaint

iterator messages*(handle: Consumer, timeout = -1): Message =
  ## Until none comes within the timeout; each is released when the body ends.
  while true:
    var message: Message
    try: message = handle.receive(timeout)
    except TimeoutError: break
    yield message
    message.release()

proc get*(handle: Watcher, timeout = -1): Message =
  ## The value as it is now; waits if none has been set yet.
  result = newMessage()
  var complaint = newComplaint()
  let ns = nanoseconds(timeout)
  require sipc_current(handle.rawOf, ns, addr result.raw, addr complaint), complaint

proc wait*(handle: Waiter, timeout = -1): uint64 =
  ## How many notifications there were since the last time.
  handle.receive(timeout).takeValue.unsigned

proc event*(handle: PeerWatcher, timeout = -1): Value =
  ## Who comes and goes: a map with event (up, down), pid, program, language, role and more.
  handle.receive(timeout).takeValue

proc select*(handles: openArray[Consumer], timeout = -1): int =
  ## Which of several handles has something to take.
  var channels: seq[RawChannel]
  for handle in handles: channels.add handle.rawOf
  var index: uint32
  var complaint = newComplaint()
  let first = if channels.len > 0: addr channels[0] else: nil
  let count = uint32(channels.len)
  require sipc_wait(first, count, nanoseconds(timeout), addr index, addr complaint), complaint
  int(index)

proc peers*(name: string, options = Options()): Value =
  ## Who has a channel open now: a list of maps.
  let message = newMessage()
  var raw = encodeOptions(options)
  var complaint = newComplaint()
  let channel = checked(name, "name")
  require sipc_peers(channel, addr raw, addr message.raw, addr complaint), complaint
  message.takeValue

# Putting

type
  Lent = object
    raw: RawValue
    isLent: bool
    channel: RawChannel
    leftovers: ptr Leftovers

  Loan* = ref object
    ## Memory inside a channel: fill it through `address`, then put it.
    lent: Lent
    label: string

proc unloan(channel: RawChannel, data: uint64): int32 =
  sipc_unloan(channel, cast[pointer](data)) # refused if the channel has gone, loan and all

proc cancel(lent: var Lent) =
  if lent.isLent:
    lent.isLent = false
    lent.leftovers.giveBack(lent.channel, unloan, cast[uint64](lent.raw.data))

proc `=destroy`(lent: var Lent) =
  cancel(lent)
  letGo(lent.leftovers, lent.channel)

proc `=copy`(target: var Lent, source: Lent) {.error.}

proc raw(loan: Loan): var RawValue = loan.lent.raw

proc address*(loan: Loan): pointer =
  if not loan.lent.isLent: raiseStatus(stClosed, "the loan was put or cancelled; ask for another")
  loan.raw.data

proc len*(loan: Loan): int = int(loan.raw.len)

proc cancel*(loan: Loan) =
  ## Gives it back unpublished; after it was put without harm. If another thread waits in the
  ## handle, that one does it before its wait goes on.
  cancel(loan.lent)

proc lend(handle: Producer, loan: Loan, timeout: int): Loan =
  var complaint = newComplaint()
  require waiting(handle, timeout, sipc_loan(channel, addr loan.raw, ns, addr complaint)), complaint
  loan.lent.channel = handle.opened.raw
  loan.lent.isLent = true
  loan.lent.leftovers = handle.opened.leftovers
  discard loan.lent.leftovers.owners.fetchAdd(1)
  loan

proc newLoan(): Loan =
  result = Loan()
  result.raw.size = uint32(sizeof(RawValue))

proc loanBytes*(handle: Producer, len: Natural, timeout = -1): Loan =
  let loan = newLoan()
  loan.raw.kind = kindBytes
  loan.raw.len = uint64(len)
  handle.lend(loan, timeout)

proc loan*(
    handle: Producer, dtype: Dtype, shape: openArray[int], format = "", timeout = -1
): Loan =
  ## Memory for a tensor; at most 16 loans at once.
  discard denseBytes(dtype, shape)
  let loan = newLoan()
  loan.label = format
  loan.raw.kind = kindTensor
  writeShape(addr loan.raw, dtype, shape)
  writeLabel(addr loan.raw, loan.label)
  handle.lend(loan, timeout)

template putBy(handle: Producer, given: Value, captured: int64, timeout: int, call: untyped) =
  var encoded: Encoded
  encoded.encode(given)
  encoded.root.capture_time_ns = captured
  let value {.inject.} = addr encoded.root
  var complaint {.inject.} = newComplaint()
  require waiting(handle, timeout, call), complaint

proc put*(handle: Producer, given: Value, captureTimeNs = 0'i64, timeout = -1) =
  ## Publishes, sends or sets a value; waits for room.
  putBy(handle, given, captureTimeNs, timeout):
    sipc_put(channel, value, ns, addr complaint)

proc put*(handle: Producer, loan: Loan, captureTimeNs = 0'i64, timeout = -1) =
  ## Publishes what was filled in place.
  discard loan.address
  loan.raw.capture_time_ns = captureTimeNs
  var complaint = newComplaint()
  require waiting(handle, timeout, sipc_put(channel, addr loan.raw, ns, addr complaint)), complaint
  loan.lent.isLent = false

proc publish*[T](handle: Publisher, value: T, captureTimeNs = 0'i64, timeout = -1) =
  when T is Loan: handle.put(value, captureTimeNs, timeout)
  else: handle.put(%value, captureTimeNs, timeout)

proc send*[T](handle: Sender, value: T, captureTimeNs = 0'i64, timeout = -1) =
  when T is Loan: handle.put(value, captureTimeNs, timeout)
  else: handle.put(%value, captureTimeNs, timeout)

proc set*[T](handle: Setter, value: T, captureTimeNs = 0'i64, timeout = -1) =
  when T is Loan: handle.put(value, captureTimeNs, timeout)
  else: handle.put(%value, captureTimeNs, timeout)

const NoValue* = high(uint64) ## what `setIf` takes for "none yet"

proc setIf*(handle: Setter, given: Value, expected: uint64, timeout = -1) =
  ## Sets the value if it is still the one of this sequence; else raises a RetryError (CONFLICT).
  putBy(handle, given, 0'i64, timeout):
    sipc_put_if(channel, value, expected, ns, addr complaint)

proc setIf*[T](handle: Setter, value: T, expected: uint64, timeout = -1) =
  handle.setIf(%value, expected, timeout)

proc notify*(handle: Notifier) = handle.put(null(), 0, 0)

# Locks

proc acquire*(lock: Lock, timeout = -1) =
  var pid: uint64
  var complaint = newComplaint()
  require sipc_lock(lock.rawOf, nanoseconds(timeout), addr pid, addr complaint), complaint
  lock.abandoned = int(pid)

proc release*(lock: Lock) =
  var complaint = newComplaint()
  require sipc_unlock(lock.rawOf, addr complaint), complaint

template withLock*(lock: Lock, body: untyped) =
  lock.acquire()
  try: body
  finally: lock.release()

include simpleipc/services, simpleipc/oneshot
