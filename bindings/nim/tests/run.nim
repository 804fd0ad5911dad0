## The tests: what interop cannot try.

import std/[os, osproc, strutils, unittest]
import ../simpleipc
import ../simpleipc/generated

const Patience = 20_000

var count = 0

proc fresh(): string =
  inc count
  "channel-" & $count

template fails(Wanted: typedesc, name: int32, body: untyped) =
  ## Whether the body raises an error of this class with this status.
  try:
    body
    check "nothing was raised" == ""
  except Wanted as error:
    check error.status == name

proc passed(value: Value): Value =
  ## What a value is when it arrives.
  let name = fresh()
  let (sender, receiver) = (newSender(name), newReceiver(name))
  sender.send(value)
  receiver.receive(Patience).value

if paramCount() == 2:
  # The server of the tests below, as a program of its own.
  let server = newServer(paramStr(2))
  server.add("add", proc (request: Request): Value =
    %(request.args[0].getInt + request.args[1].getInt))
  server.add("named", proc (request: Request): Value = request.args["text"])
  server.add("broken", proc (request: Request): Value =
    raise newException(ValueError, "no such thing"))
  server.add("own", proc (request: Request): Value =
    raise newServiceError(7, "not today", %*{"until": "noon"}))
  server.add("unsendable", proc (request: Request): Value = %"\xff")
  server.add("count", proc (request: Request): Value =
    for number in 1 .. request.args[0].getInt: request.push(%number)
    %"done")
  server.add("stop", proc (request: Request): Value =
    request.reply(null())
    quit())
  server.serve()

test "structs have the sizes that C gives them":
  let sizes = [sizeof(RawValue), sizeof(RawMessage), sizeof(RawError), sizeof(RawOptions)]
  check sizes.join(" ") == getEnv("SIPC_SIZES")

test "values come back as they were":
  check passed(null()).kind == vkNull
  check passed(%true).getBool
  check passed(%low(int64)).integer == low(int64)
  check passed(%high(uint64)).unsigned == high(uint64)
  check passed(%1.0).kind == vkFloat
  check passed(%7'u8).kind == vkInt
  check passed(%"h\0\xc3\xa9").getStr == "h\0\xc3\xa9"
  check passed(bytes("\xff\0")).data.toSeq == @[255'u8, 0]
  check passed(opaque("{}", "application/json")).label == "application/json"
  let nested = passed(%*{"z": [1, 2.5, nil, []], "a": {"k": "v", "e": {}}})
  check nested.pairs[0][0] == "z"
  check nested["z"][1].getFloat == 2.5
  check nested["z"][3].kind == vkList
  check nested["a"]["e"].kind == vkMap
  check passed(tensor(dtF32, [2, 2], [1'f32, 2, 3, 4], "depth")).view(float32)[3] == 4

test "what is not what is asked for is an error":
  expect ValueError: discard (%1).getStr
  expect ValueError: discard (%high(uint64)).getInt
  expect KeyError: discard (%*{"a": 1})["b"]
  expect ValueError: discard null().len

test "what cannot be sent is refused before anything is sent":
  let name = fresh()
  let (sender, receiver) = (newSender(name), newReceiver(name))
  expect ValueError: sender.send("\xff")
  expect ValueError: sender.send(%*{"\xed\xa0\x80": 1})
  var deep = %1
  for _ in 1 .. 65: deep = %[deep]
  expect ValueError: sender.send(deep)
  expect ValueError: discard tensor(dtU16, [1], [1'u8])
  expect ValueError: discard tensor(dtU8, [-1], [1'u8])
  expect ValueError: discard tensor(dtU8, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1'u8])
  expect TimeoutError: discard receiver.receive(0)

test "a loan is filled and looked at in place, and ends with its put":
  let name = fresh()
  let (subscriber, publisher) = (newSubscriber(name), newPublisher(name))
  let loan = publisher.loan(dtU8, [100, 100])
  zeroMem(loan.address, loan.len)
  publisher.publish(loan)
  fails(GoneError, stClosed): publisher.publish(loan)
  loan.cancel()
  let picture = subscriber.receive(Patience).value
  publisher.close()
  subscriber.close()
  check picture.view(uint8)[9999] == 0

test "loans that are let go are given back":
  let publisher = newPublisher(fresh())
  for _ in 1 .. 100: discard publisher.loanBytes(1000)
  var all: seq[Loan]
  for _ in 1 .. 16: all.add publisher.loanBytes(1000)
  fails(MisuseError, stBadArgument): discard publisher.loanBytes(1000)

test "of ten thousand messages nothing is left":
  let name = fresh()
  let (subscriber, publisher) = (newSubscriber(name), newPublisher(name))
  let data = bytes("x".repeat(2000))
  for index in 1 .. 10_000:
    publisher.publish(data)
    let message = subscriber.receive(Patience)
    if index mod 2 == 0: check message.value.data.len == 2000
  GC_fullCollect()
  check "\"leaks\":[]" in audit(name).replace(" ", "").replace("\n", "")

test "a handle is closed twice without harm, and is of no use then":
  let name = fresh()
  let (sender, receiver) = (newSender(name), newReceiver(name))
  for _ in 1 .. 2:
    sender.close()
    receiver.close()
  fails(GoneError, stClosed): sender.send(1)
  fails(GoneError, stClosed): discard receiver.receive()
  fails(GoneError, stClosed): discard receiver.fd
  fails(GoneError, stClosed): receiver.interrupt()
  for _ in 1 .. 300: discard newReceiver(name) # more than a channel allows at once

test "names and options that are wrong are refused":
  for name in ["a/b", ".hidden", "", "n".repeat(201)]:
    fails(MisuseError, stBadName): discard newSender(name)
  expect ValueError: discard newSender("a\0b")
  expect ValueError: discard newSender("\xff")
  fails(MisuseError, stBadArgument): discard newSender(fresh(), Options(depth: 100))
  let sender = newSender(fresh())
  fails(MisuseError, stWrongPattern): discard newSubscriber(sender.name)
  expect SystemError: discard clean(directory = "/nonexistent")

template eventually(condition: untyped) =
  let finish = nowNs() + Patience * 1_000_000
  while not condition and nowNs() < finish: sleep(1)
  check condition

template isBusy(body: untyped): bool =
  var answer = false
  try: body
  except RetryError as error: answer = error.status == stBusy
  answer

template insisting(body: untyped): int32 =
  ## How it ends, of what is tried again as long as the other thread is inside.
  var status = stBusy
  while status == stBusy:
    try:
      body
      status = stOk
    except IpcError as error: status = error.status
  status

var
  shared: Receiver
  sharedSender: Sender
  ended: int32

proc take(timeout: int) = discard shared.receive(timeout)

proc waitInThread() {.thread.} =
  {.cast(gcsafe).}: ended = insisting(take(Patience))

proc sendInThread() {.thread.} =
  {.cast(gcsafe).}: ended = insisting(sharedSender.send(2, timeout = Patience))

test "another thread finds a handle busy, and may end its wait":
  shared = newReceiver(fresh())
  var thread: Thread[void]
  createThread(thread, waitInThread)
  eventually isBusy(take(1))
  shared.interrupt()
  joinThread(thread)
  check ended == stInterrupted
  shared.close()

test "a loan that is let go while another thread waits in its handle goes back":
  sharedSender = newSender(fresh(), Options(depth: 16))
  var all: seq[Loan]
  for _ in 1 .. 16: all.add sharedSender.loanBytes(1000)
  fails(RetryError, stFull):
    for _ in 1 .. 100: sharedSender.send(1, timeout = 1)
  var thread: Thread[void]
  createThread(thread, sendInThread)
  eventually isBusy(sharedSender.send(3, timeout = 0))
  for index in 8 .. 15: all[index].cancel()
  all.setLen 0
  eventually "\"chunks_in_use\":0" in audit(sharedSender.name).replace(" ", "")
  let receiver = newReceiver(sharedSender.name)
  discard receiver.receive(Patience)
  joinThread(thread)
  check ended == stOk
  sharedSender.close()
  for _ in receiver.messages(0): discard

test "one of several has something":
  let (first, second) = (newSender(fresh()), newSender(fresh()))
  let (one, two) = (newReceiver(first.name), newReceiver(second.name))
  expect TimeoutError: discard select([Consumer(one), two], 0)
  second.send(2)
  check select([Consumer(one), two], Patience) == 1
  check two.receive(0).value.getInt == 2

test "compare and set, locks, semaphores":
  let (setter, watcher) = (newSetter("state-1"), newWatcher("state-1"))
  expect TimeoutError: discard watcher.get(0)
  setter.setIf(1, NoValue)
  fails(RetryError, stConflict): setter.setIf(1, NoValue)
  setter.setIf(2, watcher.get().sequence)
  check get("state-1").value.getInt == 2
  let name = fresh()
  let (a, b) = (newLock(name), newLock(name))
  a.withLock:
    expect TimeoutError: b.acquire(0)
    fails(MisuseError, stBadArgument): a.acquire()
  fails(MisuseError, stBadArgument): a.release()
  let semaphores = fresh()
  let semaphore = newSemaphore(semaphores, 2)
  semaphore.acquire(0)
  expect MisuseError: discard newSemaphore(semaphores, 3)

test "handlers that raise are errors for their callers, and the server goes on":
  let name = fresh()
  let server = startProcess(getAppFilename(), args = ["serve", name])
  let client = newClient(name)
  check client.call("add", %*[1, 2], Patience).getInt == 3
  check client.call("named", %*{"text": "hello"}, Patience).getStr == "hello"
  check call(name, "add", %*[2, 3], Patience).getInt == 5
  for (name, code) in [("broken", -32603), ("unsendable", -32603), ("unknown", -32601)]:
    try:
      discard client.call(name, null(), Patience)
      check name == ""
    except ServiceError as error:
      check error.code == code
  try: discard client.call("own", null(), Patience)
  except ServiceError as error:
    check error.code == 7 and error.msg == "not today" and error.data["until"].getStr == "noon"
  let stream = client.start("count", %*[3])
  for number in 1 .. 3: check stream.next(Patience).value.getInt == number
  check stream.outcome(Patience).getStr == "done"
  check client.methods(Patience).len == 7
  check client.call("stop", null(), Patience).kind == vkNull
  check server.waitForExit() == 0
  server.close()
  expect TimeoutError: discard client.call("add", %*[1, 2], 20)

test "a host hears of its plugin":
  let host = newHost("host")
  expect MisuseError: host.start("a.b", "true")
  host.start("echo", "echo", ["hello"])
  var said = ""
  while true:
    let event = host.event(Patience)
    if event["event"].getStr == "output": said = event["text"].getStr
    if event["event"].getStr == "ended": break
  check said == "hello"

test "who has a channel open is told":
  let name = fresh()
  check peers(name).len == 0
  let watcher = newPeerWatcher(name)
  identify("the tests")
  let sender = newSender(name)
  check peers(name)[0]["language"].getStr == "nim"
  let came = watcher.event(Patience)
  check came["event"].getStr == "up" and came["program"].getStr == "the tests"
  sender.close()
  check watcher.event(Patience)["event"].getStr == "down"
