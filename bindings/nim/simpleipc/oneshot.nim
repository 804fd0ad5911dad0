# One call without a handle, and what is there and is left; a part of module simpleipc.

template putOnce(put: untyped, verb: untyped) =
  proc verb*(name: string, value: Value) =
    var encoded: Encoded
    encoded.encode(value)
    var complaint = newComplaint()
    require put(checked(name, "name"), addr encoded.root, addr complaint), complaint

  proc verb*[T](name: string, value: T) = verb(name, %value)

putOnce(sipc_send, send)
putOnce(sipc_publish, publish)
putOnce(sipc_set, set)

template takeOnce(take: untyped, verb: untyped) =
  proc verb*(name: string, timeout = -1): Message =
    result = newMessage()
    var complaint = newComplaint()
    let (channel, ns) = (checked(name, "name"), nanoseconds(timeout))
    require take(channel, ns, addr result.raw, addr complaint), complaint

takeOnce(sipc_receive, receive)
takeOnce(sipc_get, get)

proc notify*(name: string) =
  ## Says that something has happened.
  var complaint = newComplaint()
  require sipc_notify(checked(name, "name"), addr complaint), complaint

proc wait*(name: string, timeout = -1): uint64 =
  ## How many notifications of a signal there were since the last time.
  var complaint = newComplaint()
  let (channel, ns) = (checked(name, "name"), nanoseconds(timeout))
  require sipc_await(channel, ns, addr result, addr complaint), complaint

proc call*(service, name: string, args: Value, timeout = -1): Value =
  ## Calls a method of a service once; a client does it faster.
  let client = newClient(service)
  try: result = client.call(name, args, timeout)
  finally: client.close()

proc audit*(name = "", directory = ""): string =
  ## Describes a channel, or all of a directory, as JSON. Changes nothing.
  var needed = 65536'u64
  while true:
    let capacity = needed
    result = newString(int(capacity))
    var complaint = newComplaint()
    let (channel, place) = (orNil(name, "name"), orNil(directory, "directory"))
    let buffer = addr result[0]
    let status = sipc_audit(channel, place, buffer, capacity, addr needed, addr complaint)
    require status, complaint
    if needed <= capacity:
      result.setLen(int(needed) - 1)
      return

proc clean*(ageMax = 0, directory = ""): uint64 =
  ## Removes what nobody uses, and queues whose newest message is older than so many ms; how many.
  var complaint = newComplaint()
  let (place, ns) = (orNil(directory, "directory"), nanoseconds(ageMax))
  require sipc_clean(place, ns, addr result, addr complaint), complaint
