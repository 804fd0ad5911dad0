## The interop driver: one command a line on stdin, one answer a line on stdout. See
## testing/interop.

import std/[os, strutils, tables]
import simpleipc, simpleipc/generated, notation

const PutMs = 10_000

var
  handles: Table[string, Handle]
  calls: Table[string, Call]
  held: Message # of `hold`, until the next one
  request: Request # of `serve`, until it is answered

proc handle(id: string): Handle =
  if id notin handles: raise newException(ValueError, "no handle " & id)
  handles[id]

proc producer(id: string): Producer = Producer(handle(id))
proc consumer(id: string): Consumer = Consumer(handle(id))
proc client(id: string): Client = Client(handle(id))

proc open(role, name: string, words: openArray[string]): Handle =
  var options: Options
  for word in words:
    let parts = word.split('=')
    case parts[0]
    of "lossless": options.lossless = true
    of "latest": options.latest = true
    of "history": options.history = uint32(parseUInt(parts[1]))
    of "depth": options.depth = uint32(parseUInt(parts[1]))
    of "permits": options.permits = uint32(parseUInt(parts[1]))
    else: raise newException(ValueError, "no option " & word)
  case role
  of "publish": newPublisher(name, options)
  of "subscribe": newSubscriber(name, options)
  of "send": newSender(name, options)
  of "receive": newReceiver(name, options)
  of "set": newSetter(name, options)
  of "watch": newWatcher(name, options)
  of "notify": newNotifier(name, options)
  of "wait": newWaiter(name, options)
  of "lock": newLock(name, options)
  of "call": newClient(name, options)
  of "serve": newServer(name, options)
  of "host": newHost(name, options)
  of "peers": newPeerWatcher(name, options)
  else: raise newException(ValueError, "no role " & role)

proc describe(message: Message): string =
  let isAged = 0 < message.publishTimeNs and message.publishTimeNs <= message.receiveTimeNs
  "value " & show(message.value) & " seq=" & $message.sequence & " missed=" & $message.missed &
    " redelivered=" & $ord(message.redelivered) & " capture=" & $message.captureTimeNs &
    " aged=" & $ord(isAged)

proc finish(message: Message): string =
  result = describe(message)
  message.release()

proc put(words: openArray[string]): string =
  let capture = if words.len > 3: parseBiggestInt(words[3].split('=')[1]) else: 0
  producer(words[1]).put(parse(words[2]), capture, PutMs)
  "ok"

proc loan(id, word: string): string =
  let value = parse(word)
  let loan =
    if value.kind == vkTensor:
      producer(id).loan(value.dtype, value.shape, value.label, PutMs)
    else:
      producer(id).loanBytes(value.data.len, PutMs)
  if loan.len > 0: copyMem(loan.address, value.data.address, value.data.len)
  producer(id).put(loan, 0, PutMs)
  "ok"

proc once(verb, name, word: string): string =
  result = "ok"
  case verb
  of "send": send(name, parse(word))
  of "publish": publish(name, parse(word))
  of "set": set(name, parse(word))
  of "get": result = finish(get(name, parseInt(word)))
  of "notify": notify(name)
  of "wait": result = "count " & $wait(name, parseInt(word))

proc take(words: openArray[string]): string =
  if held != nil: held.release()
  held = consumer(words[1]).receive(parseInt(words[2]))
  result = describe(held)
  if words[0] == "take": held.release()

proc putIf(id, word, sequence: string): string =
  let expected = if sequence == "new": NoValue else: parseBiggestUInt(sequence)
  Setter(handle(id)).setIf(parse(word), expected, PutMs)
  "ok"

proc begin(words: openArray[string]): string =
  let (client, args) = (client(words[1]), parse(words[3]))
  if "oneway" in words:
    client.send(words[2], args)
    return "call 0"
  let call = client.start(words[2], args, "idempotent" in words)
  calls[$call.number] = call
  "call " & $call.number

proc outcome(number, ms: string): string =
  try:
    let (value, more) = calls[number].next(parseInt(ms))
    result = "reply " & show(value) & " more=" & $ord(more)
  except ServiceError as error:
    result = "failed " & $error.code & " " & show(%error.msg) & " " & show(error.data)

proc serve(id, ms: string): string =
  if request != nil: request.release()
  request = Server(handle(id)).request(parseInt(ms))
  "request " & request.name & " " & show(request.args) & " oneway=" & $ord(request.oneWay)

proc reply(words: openArray[string]): string =
  if words.len > 2: request.push(parse(words[1]))
  else: request.reply(parse(words[1]))
  "ok"

proc start(words: openArray[string]): string =
  var args: seq[string]
  for arg in parse(words[4]).items: args.add arg.getStr
  let (program, restarts) = (parse(words[3]).getStr, parseInt(words[5]))
  Host(handle(words[1])).start(words[2], program, args, restarts)
  "ok"

proc event(id, ms: string): string =
  let told = Host(handle(id)).event(parseInt(ms))
  let fact =
    case told["event"].getStr
    of "failed": told["text"]
    of "ready": told["methods"]
    of "output": %[told["stream"], told["text"]]
    of "ended": told["code"]
    of "killed": told["signal"]
    of "restarting": told["after_ms"]
    else: null()
  "event " & told["event"].getStr & " " & told["plugin"].getStr & " " & show(fact)

proc peer(id, ms: string): string =
  let told = PeerWatcher(handle(id)).event(parseInt(ms))
  "peer " & told["event"].getStr & " " & told["role"].getStr & " " & told["language"].getStr &
    " " & $told["pid"].getInt

proc putMany(id, word: string, count: int): string =
  let (sender, value) = (Sender(handle(id)), parse(word))
  for turn in 1 .. count: sender.put(value, 0, PutMs)
  "ok"

proc loanMany(id: string, height, width, count: int): string =
  ## Of each frame only the ends are written: what it costs to fill is not the library's.
  let sender = Sender(handle(id))
  for turn in 1 .. count:
    let lent = sender.loan(dtU8, [height, width, 3], "", PutMs)
    let pixels = cast[ptr UncheckedArray[byte]](lent.address)
    pixels[0] = 1
    pixels[lent.len - 1] = 2
    sender.put(lent, 0, PutMs)
  "ok"

proc takeMany(id: string, count: int): string =
  ## Adds up sequence numbers and both ends of the data.
  let receiver = Receiver(handle(id))
  var sum = 0'u64
  for turn in 1 .. count:
    let message = receiver.receive(PutMs)
    let data = message.value.data
    let seen = cast[ptr UncheckedArray[byte]](data.address)
    sum += message.sequence + seen[0] + seen[data.len - 1]
    message.release()
  "sum " & $sum

proc callMany(id: string, count: int): string =
  ## Adds up the results of `add`.
  var sum = 0'i64
  for turn in 1 .. count: sum += client(id).call("add", %*[2, 3], timeout = PutMs).getInt
  "sum " & $sum

proc serveMany(id: string, count: int): string =
  let server = Server(handle(id))
  for turn in 1 .. count:
    let asked = server.request(PutMs)
    asked.reply(%(asked.args[0].getInt + asked.args[1].getInt))
    asked.release()
  "ok"

proc repeat(words: openArray[string]): string =
  ## The plurals: the same verb many times, in loops that are measured from outside.
  let (id, count) = (words[1], parseInt(words[^1]))
  case words[0]
  of "puts": putMany(id, words[2], count)
  of "loans": loanMany(id, parseInt(words[2]), parseInt(words[3]), count)
  of "takes": takeMany(id, count)
  of "calls": callMany(id, count)
  else: serveMany(id, count)
template refused(work: untyped): string =
  ## The answer to work that has to raise.
  try:
    work
    "ok"
  except IpcError as error: "refused " & error.msg
  except ValueError as error: "refused " & error.msg

proc useClosed(name: string) =
  let sender = newSender(name)
  sender.close()
  sender.close()
  sender.send(1)

var visited: Receiver # by two threads

proc waitInside() {.thread.} =
  {.cast(gcsafe).}:
    while true:
      try: discard visited.receive()
      except RetryError as error:
        if error.status == stInterrupted: break # else the other one looks

proc look() =
  while true:
    try: discard visited.receive(0)
    except TimeoutError: discard

proc useFromTwoThreads(receiver: Receiver): string =
  visited = receiver
  var thread: Thread[void]
  createThread(thread, waitInside)
  result = refused(look())
  visited.interrupt()
  joinThread(thread)
  visited = nil

proc failInHandler(server: Server) =
  server.add("boom", proc (request: Request): Value =
    server.interrupt()
    raise newException(KeyError, "boom"))
  try: server.serve()
  except RetryError as error:
    if error.status != stInterrupted: raise

proc misuse(kind, id: string): string =
  result = "ok"
  case kind
  of "type":
    static: doAssert not compiles(producer("p").put(proc () = discard))
    result = "impossible what is no Value does not compile"
  of "range": result = "impossible no integer has more than 64 bits"
  of "text": result = refused(Sender(handle(id)).send("caf\xe9"))
  of "closed": result = refused(useClosed(id))
  of "thread": result = useFromTwoThreads(Receiver(handle(id)))
  of "forgotten":
    discard consumer(id).receive(10_000)
    GC_fullCollect()
  of "handler": failInHandler(Server(handle(id)))
  else: raise newException(ValueError, "no misuse " & kind)

proc answer(words: openArray[string]): string =
  result = "ok"
  case words[0]
  of "hello": result = "ok nim " & version()
  of "open": handles[words[1]] = open(words[2], words[3], words[4 .. ^1])
  of "put": result = put(words)
  of "loan": result = loan(words[1], words[2])
  of "once": result = once(words[1], words[2], if words.len > 3: words[3] else: "")
  of "take", "hold": result = take(words)
  of "get": result = finish(Watcher(handle(words[1])).get(parseInt(words[2])))
  of "puts", "loans", "takes", "calls", "serves": result = repeat(words)
  of "put_if": result = putIf(words[1], words[2], words[3])
  of "notify": Notifier(handle(words[1])).notify()
  of "wait": result = "count " & $Waiter(handle(words[1])).wait(parseInt(words[2]))
  of "lock":
    let lock = Lock(handle(words[1]))
    lock.acquire(parseInt(words[2]))
    result = "ok abandoned=" & $ord(lock.abandoned != 0)
  of "unlock": Lock(handle(words[1])).release()
  of "call": result = begin(words)
  of "result": result = outcome(words[2], words[3])
  of "cancel": calls[words[2]].cancel()
  of "serve": result = serve(words[1], words[2])
  of "reply": result = reply(words)
  of "fail": request.fail(parseInt(words[1]), parse(words[2]).getStr, parse(words[3]))
  of "cancelled": result = "cancelled " & $ord(request.cancelled)
  of "start": result = start(words)
  of "stop": Host(handle(words[1])).stop(words[2])
  of "event": result = event(words[1], words[2])
  of "peer": result = peer(words[1], words[2])
  of "misuse": result = misuse(words[1], words[2])
  of "close":
    handle(words[1]).close()
    handles.del words[1]
  else: raise newException(ValueError, "no command " & words[0])

proc abort() {.importc, header: "<stdlib.h>".}

proc beAPlugin() =
  echo "hello from nim"
  flushFile(stdout)
  let server = newPluginServer()
  server.add("add", proc (request: Request): Value =
    %(request.args[0].getInt + request.args[1].getInt))
  server.add("crash", proc (request: Request): Value = abort())
  server.serve()

proc obey() =
  for line in stdin.lines:
    if line == "quit":
      echo "ok"
      break
    try:
      echo answer(line.split(' '))
    except IpcError as error:
      echo "error ", error.status, " ", error.msg
    except CatchableError as error:
      echo "error 25 ", error.name, ": ", error.msg
    flushFile(stdout)

if paramCount() > 0: beAPlugin() else: obey()
