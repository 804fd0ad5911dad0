-- Every pattern once, in one program; each part could be in a program of its own.
local ffi = require("ffi")
local ipc = require("simpleipc")

-- A queue: each message goes to one receiver.
ipc.send("tour.queue", "hello")
local receiver = ipc.Receiver("tour.queue")
print("queue:", receiver:receive(20).value)
if not receiver:receive(0) then print("queue:", "nothing more") end
receiver:close()

-- A topic: every subscriber gets every message. The frame is filled where it is read.
local subscriber, publisher = ipc.Subscriber("tour.topic"), ipc.Publisher("tour.topic")
publisher:publish(42)
print("topic:", subscriber:receive(20).value)
local frame = publisher:loan { dtype = "u8", shape = { 4, 6, 3 }, format = "rgb8" }
ffi.fill(frame.data, frame.len, 7)
publisher:publish(frame, { capture_time_ns = ipc.now_ns() })
local picture = subscriber:receive(20).value
print("topic:", table.concat(picture.shape, "x"), picture.format, picture.data[0])
publisher:close()
subscriber:close()

-- A state: the latest value, for whoever comes whenever.
local setter, watcher = ipc.Setter("tour.state"), ipc.Watcher("tour.state")
setter:set(30)
local speed = watcher:get()
print("state:", speed.value)
print("state:", setter:set_if(31, speed.sequence)) -- false if somebody else has set it since
print("state:", watcher:receive(20).value)
setter:close()
watcher:close()

-- A signal: something has happened.
local waiter = ipc.Waiter("tour.signal")
ipc.notify("tour.signal")
print("signal:", waiter:wait(20))
waiter:close()

-- A lock: one owner at a time, and free when it dies.
local lock = ipc.Lock("tour.lock")
if lock:acquire(20) then print("lock:", "died with it:", lock.abandoned) end
lock:release()
lock:close()

-- A service; `server:method` and `server:serve()` are the usual way to answer.
local server, client = ipc.Server("tour.service"), ipc.Client("tour.service")
local call = client:start("add", { 1, 2 })
local request = server:receive(20)
print("service:", request.method, table.concat(request.args, ", "))
request:reply(request.args[1] + request.args[2])
print("service:", call:result(20))
client:close()
server:close()
