--- The tests: what interop cannot try. Prints a line for each, and at the end how many.

local ffi = require("ffi")
local ipc = require("simpleipc")

local PATIENCE = 20
local passed, failed = 0, 0

local function test(name, work)
    local ok, why = xpcall(work, function(why) return debug.traceback(tostring(why), 2) end)
    collectgarbage()
    if ok then passed = passed + 1 else failed = failed + 1 end
    print(ok and "ok " .. name or ("FAILED %s: %s"):format(name, why:gsub("\n", " ")))
end

local function equal(found, wanted)
    if found ~= wanted then
        error(("found %s; wanted %s"):format(tostring(found), tostring(wanted)), 2)
    end
end

--- Whether a function raises an error with this text, or of this class or status of the library.
local function raises(wanted, work, ...)
    local ok, why = pcall(work, ...)
    if ok then error("nothing was raised", 2) end
    if ipc.is_error(why, wanted) then return why end
    if not tostring(why):find(wanted, 1, true) then
        error(("raised %s; wanted %s"):format(tostring(why), wanted), 2)
    end
end

local count = 0
local function fresh()
    count = count + 1
    return "channel-" .. count
end

local function queue()
    local name = fresh()
    return ipc.Sender(name), ipc.Receiver(name)
end

--- What a value is when it arrives.
local function passed_on(value, options)
    local name = fresh()
    local sender, receiver = ipc.Sender(name), ipc.Receiver(name, options)
    sender:send(value)
    local received = receiver:receive(PATIENCE).value
    sender:close()
    receiver:close()
    return received
end

test("structs have the sizes that C gives them", function()
    local names, sizes = { "value", "message", "error", "options" }, {}
    for index, name in ipairs(names) do sizes[index] = ffi.sizeof("sipc_" .. name) end
    equal(table.concat(sizes, " "), os.getenv("SIPC_SIZES"))
end)

test("values come back as they were", function()
    local numbers = { 0, -1, 2 ^ 52, 1.5, 1e300, math.huge }
    for _, value in ipairs { true, false, "", "h\0\195\169", unpack(numbers) } do
        equal(passed_on(value), value)
    end
    equal(passed_on(nil), ipc.null)
    equal(passed_on(ipc.null), ipc.null)
    local nan = passed_on(0 / 0)
    equal(nan ~= nan, true)
    local nested = passed_on { a = { 1, { 2.5, ipc.null } }, b = { c = "d" } }
    equal(nested.a[2][1], 2.5)
    equal(nested.a[2][2], ipc.null)
    equal(nested.b.c, "d")
    equal(ipc.is(passed_on {}), "list")
    equal(ipc.is(passed_on(ipc.map())), "map")
    equal(tostring(passed_on(ipc.bytes("\255\0"))), "\255\0")
    equal(tostring(passed_on(ipc.bytes(("x"):rep(100000)))), ("x"):rep(100000))
    local opaque = passed_on(ipc.opaque("{}", "application/json"))
    equal(tostring(opaque) .. opaque.content_type, "{}application/json")
end)

test("whole numbers are ints, others floats", function()
    local exact = { exact = true }
    equal(type(passed_on(1, exact)), "number")
    equal(ipc.is(passed_on(1.5, exact)), "float")
    equal(ipc.is(passed_on(-0.0, exact)), "float")
    equal(ipc.is(passed_on(2 ^ 53, exact)), "float")
    equal(ipc.is(passed_on(ipc.float(1), exact)), "float")
    equal(passed_on(ipc.float(1)), 1)
    equal(passed_on(2LL ^ 62), 2LL ^ 62)
    equal(passed_on(2ULL ^ 63), 2ULL ^ 63)
    equal(type(passed_on(5ULL, exact)), "cdata")
    equal(passed_on(5ULL), 5)
end)

test("maps keep the order they came in", function()
    local pairs_given = { { "z", 1 }, { "a", 2 }, { "m", 3 } }
    local twice = passed_on(passed_on(ipc.map_of(pairs_given)))
    local keys = {}
    for key in ipc.pairs(twice) do keys[#keys + 1] = key end
    equal(table.concat(keys), "zam")
    twice.new = 4
    twice.a = nil
    keys = {}
    for key in ipc.pairs(passed_on(twice)) do keys[#keys + 1] = key end
    equal(table.concat(keys, " "), "z m new")
end)

test("what cannot be sent is refused before anything is sent", function()
    local sender, receiver = queue()
    local cycle = {}
    cycle[1] = cycle
    for text, value in pairs {
        ["a function cannot"] = print, ["no UTF-8"] = "\255", ["nested 64 deep"] = cycle,
        ["a cdata cannot"] = ffi.new("int[3]"), ["keys of a map"] = { [{}] = 1 },
        ["object of a class"] = setmetatable({}, { __index = string }),
    } do
        raises(text, sender.send, sender, value)
    end
    raises("no UTF-8", sender.send, sender, { k = "\237\160\128" })
    raises("no UTF-8", sender.send, sender, { ["\192\128"] = 1 })
    raises("made of a number", ipc.float, "1")
    raises("made of a string", ipc.bytes, 1)
    raises("no dtype", ipc.tensor, "u9", { 1 }, "x")
    raises("no size", ipc.tensor, "u8", { -1 }, "x")
    raises("has 2 bytes", ipc.tensor, "u16", { 1 }, "x")
    equal(receiver:receive(0), nil)
end)

test("a tensor is looked at in place, and can only be read", function()
    local name = fresh()
    local subscriber, publisher = ipc.Subscriber(name), ipc.Publisher(name)
    local loan = publisher:loan { dtype = "f32", shape = { 100, 50 }, format = "depth" }
    for index = 0, 4999 do loan.data[index] = index end
    publisher:publish(loan)
    raises("CLOSED", publisher.publish, publisher, loan)
    loan:cancel()
    local tensor = subscriber:receive(PATIENCE).value
    publisher:close()
    subscriber:close()
    collectgarbage()
    equal(tensor.data[4999], 4999)
    equal(tensor.format .. #tensor.shape, "depth2")
    raises("constant", function() tensor.data[0] = 1 end)
end)

test("loans that are forgotten are given back", function()
    local publisher = ipc.Publisher(fresh())
    for _ = 1, 20 do
        for _ = 1, 16 do publisher:loan(1000) end
        raises("BAD_ARGUMENT", publisher.loan, publisher, 1000)
        collectgarbage()
        collectgarbage()
    end
    raises("whole number", publisher.loan, publisher, -1)
end)

test("of ten thousand messages that nobody releases nothing is left", function()
    local name = fresh()
    local subscriber, publisher = ipc.Subscriber(name), ipc.Publisher(name)
    local data = ipc.bytes(("x"):rep(2000))
    for index = 1, 10000 do
        publisher:publish(data)
        local message = subscriber:receive(PATIENCE)
        if index % 2 == 0 then equal(message.value.len, 2000) end
    end
    collectgarbage()
    collectgarbage()
    local audit = ipc.audit(name)
    equal(tonumber(audit:match('"chunks_in_use":%s*(%d+)')) <= 256, true)
    equal(audit:match('"leaks":%s*(%[%s*%])') ~= nil, true)
end)

test("a handle is closed twice without harm, and is of no use then", function()
    local sender, receiver = queue()
    sender:close()
    sender:close()
    receiver:close()
    raises("CLOSED", sender.send, sender, 1)
    raises("gone", receiver.receive, receiver)
    raises("CLOSED", receiver.fd, receiver)
    raises("CLOSED", receiver.interrupt, receiver)
    for _ = 1, 300 do ipc.Receiver(fresh()) end -- more than a channel or a process is given
    collectgarbage()
end)

test("names and options that are wrong are refused", function()
    for _, name in ipairs { "a/b", ".hidden", "", ("n"):rep(201) } do
        raises("BAD_NAME", ipc.Sender, name)
    end
    raises("holds a NUL", ipc.Sender, "a\0b")
    raises("is a string", ipc.Sender, 5)
    raises("a channel has a name", ipc.Sender)
    raises("BAD_ARGUMENT", ipc.Sender, fresh(), { depth = 100 })
    raises("whole number", ipc.Sender, fresh(), { depth = -1 })
    local sender, receiver = queue()
    raises("WRONG_PATTERN", ipc.Subscriber, sender.name)
    raises("seconds", receiver.receive, receiver, -1)
    raises("seconds", receiver.receive, receiver, "1")
    raises("system", ipc.clean, { directory = "/nonexistent" })
end)

test("an interrupt ends the next wait", function()
    local _, receiver = queue()
    receiver:interrupt()
    raises("INTERRUPTED", receiver.receive, receiver)
    equal(receiver:receive(0), nil)
end)

test("one of several has something", function()
    local first, one = queue()
    local second, two = queue()
    equal(ipc.select({ one, two }, 0), nil)
    second:send(2)
    local found, index = ipc.select({ one, two }, PATIENCE)
    equal(found, two)
    equal(index, 2)
    equal(found:receive(0).value, 2)
    first:close()
end)

test("compare and set, locks, semaphores", function()
    local setter, watcher = ipc.Setter("state-1"), ipc.Watcher("state-1")
    equal(watcher:get(0), nil)
    equal(setter:set_if(1), true)
    equal(setter:set_if(1), false)
    equal(setter:set_if(2, watcher:get().sequence), true)
    equal(ipc.get("state-1").value, 2)
    local name = fresh()
    local a, b = ipc.Lock(name), ipc.Lock(name)
    equal(a:acquire(), true)
    equal(b:acquire(0), false)
    raises("BAD_ARGUMENT", a.acquire, a)
    a:release()
    raises("BAD_ARGUMENT", a.release, a)
    equal(b:acquire(0), true)
    local semaphore = fresh()
    equal(ipc.Semaphore(semaphore, 2):acquire(0), true)
    raises("misuse", ipc.Semaphore, semaphore, 3)
    collectgarbage()
end)

--- Starts a program of Lua's that serves these methods on a channel; ends when nobody calls.
local function serve(name)
    local script = debug.getinfo(1, "S").source:match("^@(.*/)") .. "server.lua"
    return io.popen(("luajit %s %s"):format(script, name))
end

test("handlers that raise are errors for their callers, and the server goes on", function()
    local name = fresh()
    local server = serve(name)
    local client = ipc.Client(name)
    local soon = { timeout = PATIENCE }
    equal(client:call("add", { 1, 2 }, soon), 3)
    equal(client:call("named", { text = "hello" }, soon), "hello")
    equal(client:call("nothing", nil, soon), ipc.null)
    equal(ipc.call(name, "add", { 2, 3 }, soon), 5)
    equal(raises("FAILED", client.call, client, "broken", nil, soon).code, -32603)
    local own = raises("FAILED", client.call, client, "own", nil, soon)
    equal(("%d %s %s"):format(own.code, own.text, own.data["until"]), "7 not today noon")
    equal(raises("FAILED", client.call, client, "unsendable", nil, soon).code, -32603)
    equal(raises("FAILED", client.call, client, "unknown", nil, soon).code, -32601)
    local call, seen = client:start("count", { 3 }), {}
    for number in call do seen[#seen + 1] = number end
    equal(table.concat(seen, ",") .. call:result(), "1,2,3done")
    local methods = client:methods(PATIENCE)
    equal(#methods, 7)
    equal(methods[1].args[1][1], "a")
    client:send("nothing")
    equal(server:read("*a"), "served\n")
    local _, why = client:call("add", { 1, 2 }, { timeout = 0.02 })
    equal(why, "timeout")
    raises("a method is a function", ipc.Server(fresh()).method, ipc.Server(fresh()), "m", 5)
end)

test("a host hears of its plugin", function()
    local host = ipc.Host("host")
    raises("misuse", host.start, host, "a.b", "true")
    host:start("echo", "echo", { "hello" })
    local events = {}
    repeat
        local event = host:receive(PATIENCE)
        events[event.event] = event
    until event.event == "ended"
    equal(events.ended.code, 0)
    equal(events.output.text, "hello")
    host:close()
end)

test("who has a channel open is told", function()
    local name = fresh()
    equal(#ipc.peers(name), 0)
    local watcher = ipc.PeerWatcher(name)
    local sender = ipc.Sender(name)
    equal(ipc.peers(name)[1].language, "lua")
    local came = watcher:receive(PATIENCE)
    equal(came.event .. came.role .. came.program, "upsendrun.lua")
    sender:close()
    equal(watcher:receive(PATIENCE).event, "down")
end)

collectgarbage()
collectgarbage()
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and 0 or 1, true)
