# Services and hosts of plugins; a part of module simpleipc.

const
  RoomMs = 5000
  NoSuchMethod = -32601
  Broken = -32603

type
  Client* = ref object of Handle
  Call* = ref object
    ## A call in flight.
    client: Client
    number*: uint64
    isOver: bool
    last: Value

  Request* = ref object
    ## A call that was taken and is to be answered.
    message: Message
    name*: string
    args*: Value
    oneWay*: bool

  Method* = proc (request: Request): Value {.closure.}

  Server* = ref object of Consumer
    works: seq[(string, Method)]
    offer: seq[Value]

  Host* = ref object of Consumer

opener(Client, roleCall, newClient)
opener(Server, roleServe, newServer)
opener(Host, roleHost, newHost)

proc newPluginServer*(options = Options()): Server =
  ## The service that this process is to be as a plugin.
  result = Server()
  result.openAs(nil, roleServe, options)

# Calling

proc begin(client: Client, name: string, args: Value, flags: uint32): uint64 =
  var encoded: Encoded
  encoded.encode(args)
  var complaint = newComplaint()
  let (word, root) = (checked(name, "method"), addr encoded.root)
  let status = waiting(client, RoomMs):
    sipc_call(channel, word, root, flags, ns, addr result, addr complaint)
  require status, complaint

proc start*(client: Client, name: string, args = null(), idempotent = false): Call =
  ## Starts a call; 64 can be in flight. The arguments are a list, a map if they have names, or
  ## null.
  let flags = if idempotent: callIdempotent else: 0'u32
  Call(client: client, number: client.begin(name, args, flags))

proc send*(client: Client, name: string, args = null()) =
  ## Calls a method and does not ask what becomes of it.
  discard client.begin(name, args, callOneWay)

proc next*(call: Call, timeout = -1): tuple[value: Value, more: bool] =
  ## The next reply; without `more` it is the result. After a TimeoutError one may ask again.
  if call.isOver: return (call.last, false)
  let message = newMessage()
  var complaint = newComplaint()
  let status = waiting(call.client, timeout):
    sipc_result(channel, call.number, ns, addr message.raw, addr complaint)
  let more = status == stOk and (message.raw.flags and messageMore) != 0
  call.isOver = not (more or status in [stTimeout, stInterrupted, stBusy])
  if status == stFailed:
    let said = message.takeValue
    raise newServiceError(said["code"].getInt, said["message"].getStr, said["data"])
  require status, complaint
  result = (message.takeValue, more)
  if not more: call.last = result.value

proc cancel*(call: Call) =
  ## Ends the call; a server that works on it sees that nobody waits. While another thread waits in
  ## the client it is a RetryError (BUSY), and the call goes on.
  requirePlain sipc_cancel(call.client.rawOf, call.number)

proc uncall(channel: RawChannel, number: uint64): int32 = sipc_cancel(channel, number)

proc outcome*(call: Call, timeout = -1): Value =
  ## The result, after all replies of a stream, which are thrown away. If it does not come in time
  ## the call is cancelled.
  let patience = nowNs() + nanoseconds(timeout)
  while true:
    try:
      let left = int(max(patience - nowNs(), 0) div 1_000_000)
      let (value, more) = call.next(if timeout < 0: -1 else: left)
      if not more: return value
    except TimeoutError:
      let client = call.client
      client.opened.leftovers.giveBack(client.opened.raw, uncall, call.number)
      raise

proc call*(
    client: Client, name: string, args = null(), timeout = -1, idempotent = false
): Value =
  ## Calls a method and returns its result. What the server raises is a ServiceError.
  client.start(name, args, idempotent).outcome(timeout)

proc methods*(client: Client, timeout = -1): Value = client.call(".methods", null(), timeout)

# Serving

proc answer(request: Request, value: Value, flags: uint32) =
  if request.message.isReleased: raiseStatus(stClosed, "the request was answered already")
  var encoded: Encoded
  encoded.encode(value)
  var complaint = newComplaint()
  let (message, root) = (addr request.message.raw, addr encoded.root)
  require sipc_reply(message, root, flags, addr complaint), complaint

proc release*(request: Request) =
  ## Lets go of it: one that was not answered is an error for its caller.
  request.message.release()

proc reply*(request: Request, value: Value) =
  ## Answers with the result.
  request.answer(value, 0)
  request.release()

proc push*(request: Request, value: Value) =
  ## Answers with one of several replies; raises a RetryError (CANCELLED) if nobody waits.
  request.answer(value, replyMore)

proc fail*(request: Request, code: int64, text: string, data = null()) =
  ## Answers with an error of the program.
  request.answer(%*{"code": code, "message": text, "data": data}, replyError)
  request.release()

proc cancelled*(request: Request): bool =
  ## Whether nobody waits for the answer.
  sipc_cancelled(addr request.message.raw) == stCancelled

proc request*(server: Server, timeout = -1): Request =
  ## The next call.
  let message = server.receive(timeout)
  let asked = message.value
  let oneWay = (message.raw.flags and messageOneWay) != 0
  Request(message: message, name: asked[0].getStr, args: asked[1], oneWay: oneWay)

proc add*(server: Server, name: string, work: Method, about = emptyMap()) =
  ## Makes a function a method of the service. `about` is told to those who ask: a map with args
  ## (pairs of a name and a type), returns, about, idempotent.
  var entry = %*{"name": name}
  entry.pairs.add about.pairs
  let offer = server.offer & entry
  var encoded: Encoded
  let methods = %offer
  encoded.encode(methods)
  var complaint = newComplaint()
  require sipc_describe(server.rawOf, addr encoded.root, addr complaint), complaint
  server.offer = offer
  server.works.add (name, work)

proc serveOne(server: Server, request: Request) =
  for (name, work) in server.works:
    if name == request.name:
      try:
        request.reply(work(request))
      except ServiceError as error:
        request.fail(error.code, error.msg, error.data)
      except CatchableError as error:
        if not (error of IpcError) or (ref IpcError)(error).status != stCancelled:
          if not request.message.isReleased:
            request.fail(Broken, $error.name & ": " & error.msg)
      return
  request.fail(NoSuchMethod, "there is no method " & request.name)

proc serve*(server: Server, timeout = -1) =
  ## Answers calls until none comes within the timeout.
  while true:
    var request: Request
    try: request = server.request(timeout)
    except TimeoutError: return
    try: server.serveOne(request)
    except MisuseError: discard # the library has told the caller what cannot be sent
    finally: request.release()

# Plugins

proc tell(host: Host, wish: Value) =
  var encoded: Encoded
  encoded.encode(wish)
  var complaint = newComplaint()
  require sipc_plugin(host.rawOf, addr encoded.root, addr complaint), complaint

proc start*(
    host: Host, name, program: string, args: openArray[string] = [], restarts = 3,
    within = 60_000, hangAfter = 0
) =
  ## Starts a program as a plugin. That it runs, or cannot, is an event. It is started again when it
  ## crashes, at most `restarts` times `within` so many ms, and if it takes no call for `hangAfter`.
  var words: seq[Value]
  for word in args: words.add %word
  var wish = %*{"name": name, "program": program, "args": words, "restarts": restarts}
  wish.pairs.add ("seconds", %(within / 1000))
  if hangAfter > 0: wish.pairs.add ("hang_after", %(hangAfter / 1000))
  host.tell(wish)

proc stop*(host: Host, name: string) =
  ## Asks a plugin to end, and after two seconds ends it; returns when it has gone.
  host.tell(%*{"name": name, "stop": true})

proc client*(host: Host, name: string): Client =
  ## A client of a plugin.
  newClient(host.name & "." & name)

proc event*(host: Host, timeout = -1): Value =
  ## What has happened to a plugin: a map with event, plugin, pid and more.
  host.receive(timeout).takeValue
