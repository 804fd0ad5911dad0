--- The interop driver: one command a line on stdin, one answer a line on stdout. See
--- testing/interop.

local ffi = require("ffi")
local ipc = require("simpleipc")
local notation = require("notation")
local parse, show = notation.parse, notation.show

local PUT_S = 10
local ROLES = {
    publish = ipc.Publisher, subscribe = ipc.Subscriber, send = ipc.Sender, receive = ipc.Receiver,
    set = ipc.Setter, watch = ipc.Watcher, notify = ipc.Notifier, wait = ipc.Waiter,
    lock = ipc.Lock, call = ipc.Client, serve = ipc.Server, host = ipc.Host,
    peers = ipc.PeerWatcher,
}

local handles, calls = {}, {}
local held -- the message of `hold`, until the next one
local request -- the one of `serve`, until it is answered

local function handle_of(id) return handles[id] or error("no handle " .. id, 0) end

local function seconds(ms) return tonumber(ms) / 1000 end

local function number_of(value) return (tostring(value):gsub("[UL]+$", "")) end

local function describe(message)
    if not message then return "error 1 nothing arrived in time" end
    local age = message.age
    return ("value %s seq=%d missed=%d redelivered=%d capture=%s aged=%d"):format(
        show(message.value), message.sequence, message.missed, message.redelivered and 1 or 0,
        number_of(message.capture_time_ns), age and age >= 0 and 1 or 0
    )
end

local function finish(message)
    local text = describe(message)
    if message then message:release() end
    return text
end

local function verb_of(handle)
    return handle.publish or handle.send or handle.set
end

local function capture_of(word)
    local digits = word and word:match("=(%d+)")
    return digits and parse("i" .. digits)
end

local function counted(count)
    return count and "count " .. count or "error 1 no notification in time"
end

local commands = {}

function commands.hello() return "ok lua " .. ipc.version end

function commands.open(id, role, name, ...)
    local options = { exact = role ~= "host" and role ~= "peers" }
    for _, word in ipairs { ... } do
        local key, number = word:match("^(%w+)=?(%d*)$")
        options[key] = number == "" or tonumber(number)
    end
    handles[id] = ROLES[role](name, options)
    return "ok"
end

function commands.put(id, word, capture)
    local handle = handle_of(id)
    local options = { capture_time_ns = capture_of(capture), timeout = PUT_S }
    verb_of(handle)(handle, parse(word), options)
    return "ok"
end

function commands.loan(id, word)
    local handle, value = handle_of(id), parse(word)
    local lent = handle:loan(ipc.is(value) == "tensor" and value or value.len, PUT_S)
    ffi.copy(ffi.cast("void *", lent.data), value.data, value.len)
    verb_of(handle)(handle, lent)
    return "ok"
end

function commands.once(verb, name, word)
    if verb == "get" then return finish(ipc.get(name, seconds(word), { exact = true })) end
    if verb == "wait" then return counted(ipc.wait(name, seconds(word))) end
    if verb == "notify" then ipc.notify(name) else ipc[verb](name, parse(word)) end
    return "ok"
end

local function let_go()
    if held then held:release() end
    held = nil
end

function commands.take(id, ms)
    let_go()
    return finish(handle_of(id):receive(seconds(ms)))
end

function commands.hold(id, ms)
    let_go()
    held = handle_of(id):receive(seconds(ms))
    return describe(held)
end

function commands.get(id, ms) return finish(handle_of(id):get(seconds(ms))) end

function commands.put_if(id, word, sequence)
    local expected = sequence ~= "new" and parse("u" .. sequence) or nil
    if handle_of(id):set_if(parse(word), expected, { timeout = PUT_S }) then return "ok" end
    return "error 5 the value is another one"
end

function commands.notify(id)
    handle_of(id):notify()
    return "ok"
end

function commands.wait(id, ms) return counted(handle_of(id):wait(seconds(ms))) end

function commands.lock(id, ms)
    local lock = handle_of(id)
    if not lock:acquire(seconds(ms)) then return "error 1 somebody has it" end
    return "ok abandoned=" .. (lock.abandoned and 1 or 0)
end

function commands.unlock(id)
    handle_of(id):release()
    return "ok"
end

function commands.call(id, method, word, manner)
    local client, args = handle_of(id), parse(word)
    if manner == "oneway" then
        client:send(method, args)
        return "call 0"
    end
    local call = client:start(method, args, { idempotent = manner == "idempotent" })
    local number = number_of(call.number)
    calls[number] = call
    return "call " .. number
end

function commands.result(_, number, ms)
    local ok, value, is_last = pcall(calls[number].next, calls[number], seconds(ms))
    if ok and is_last == "timeout" then return "error 1 no reply in time" end
    if ok then return ("reply %s more=%d"):format(show(value), is_last and 0 or 1) end
    if not ipc.is_error(value, "FAILED") then error(value, 0) end
    return ("failed %s %s %s"):format(number_of(value.code), show(value.text), show(value.data))
end

function commands.cancel(_, number)
    calls[number]:cancel()
    return "ok"
end

function commands.serve(id, ms)
    if request then request:release() end
    request = handle_of(id):receive(seconds(ms))
    if not request then return "error 1 no call in time" end
    local one_way = request.one_way and 1 or 0
    return ("request %s %s oneway=%d"):format(request.method, show(request.args), one_way)
end

function commands.reply(word, more)
    if more then request:push(parse(word)) else request:reply(parse(word)) end
    return "ok"
end

function commands.fail(code, text, data)
    request:fail(tonumber(code), parse(text), parse(data))
    return "ok"
end

function commands.cancelled() return "cancelled " .. (request:cancelled() and 1 or 0) end

function commands.start(id, plugin, program, args, restarts)
    local options = { restarts = tonumber(restarts) }
    handle_of(id):start(plugin, parse(program), parse(args), options)
    return "ok"
end

function commands.stop(id, plugin)
    handle_of(id):stop(plugin)
    return "ok"
end

--- What comes with an event.
local FACTS = {
    failed = function(told) return told.text end,
    ready = function(told) return told.methods end,
    output = function(told) return ipc.list { told.stream, told.text } end,
    ended = function(told) return told.code end,
    killed = function(told) return told.signal end,
    restarting = function(told) return told.after_ms end,
}

function commands.event(id, ms)
    local told = handle_of(id):receive(seconds(ms))
    if not told then return "error 1 no event in time" end
    local fact = FACTS[told.event]
    return ("event %s %s %s"):format(told.event, told.plugin, show(fact and fact(told)))
end

function commands.peer(id, ms)
    local told = handle_of(id):receive(seconds(ms))
    if not told then return "error 1 nobody came or went in time" end
    return ("peer %s %s %s %d"):format(told.event, told.role, told.language, told.pid)
end

-- The plurals: the same verb many times, in loops that are measured from outside.

function commands.puts(id, word, count)
    local sender, value, options = handle_of(id), parse(word), { timeout = PUT_S }
    for _ = 1, tonumber(count) do sender:send(value, options) end
    return "ok"
end

--- Of each frame only the ends are written: what it costs to fill is not the library's.
function commands.loans(id, height, width, count)
    local sender, options = handle_of(id), { timeout = PUT_S }
    local frame = { dtype = "u8", shape = { tonumber(height), tonumber(width), 3 } }
    for _ = 1, tonumber(count) do
        local lent = sender:loan(frame, PUT_S)
        lent.data[0] = 1
        lent.data[lent.len - 1] = 2
        sender:send(lent, options)
    end
    return "ok"
end

--- Adds up sequence numbers and both ends of the data.
function commands.takes(id, count)
    local receiver, sum = handle_of(id), 0
    for _ = 1, tonumber(count) do
        local message = receiver:receive(PUT_S)
        local value = message.value
        local data = ffi.cast("const uint8_t *", value.data)
        sum = sum + message.sequence + data[0] + data[value.len - 1]
        message:release()
    end
    return ("sum %d"):format(sum)
end

--- Adds up the results of `add`.
function commands.calls(id, count)
    local client, options, sum = handle_of(id), { timeout = PUT_S }, 0
    for _ = 1, tonumber(count) do
        sum = sum + client:call("add", ipc.list { 2, 3 }, options)
    end
    return ("sum %d"):format(sum)
end

function commands.serves(id, count)
    local server = handle_of(id)
    for _ = 1, tonumber(count) do
        local asked = server:receive(PUT_S)
        asked:reply(asked.args[1] + asked.args[2])
    end
    return "ok"
end

--- The answer to work that has to raise.
local function refused(work)
    local ok, why = pcall(work)
    if ok then return "ok" end
    return "refused " .. tostring(why)
end

local MISUSES = {}

function MISUSES.type(id)
    return refused(function() handle_of(id):send(print) end)
end

function MISUSES.range()
    return "impossible an integer is a number up to 2^53, an int64_t or a uint64_t"
end

function MISUSES.text(id)
    return refused(function() handle_of(id):send("caf\xe9") end)
end

function MISUSES.closed(name)
    return refused(function()
        local sender = ipc.Sender(name)
        sender:close()
        sender:close()
        sender:send(1)
    end)
end

function MISUSES.thread() return "impossible there are no threads in Lua" end

function MISUSES.forgotten(id)
    handle_of(id):receive(10)
    collectgarbage()
    return "ok"
end

function MISUSES.handler(id)
    local server = handle_of(id)
    server:method("boom", function()
        server:interrupt()
        error("boom")
    end)
    local ok, why = pcall(server.serve, server)
    if not ok and not ipc.is_error(why, "INTERRUPTED") then error(why, 0) end
    return "ok"
end

function commands.misuse(kind, id) return MISUSES[kind](id) end

function commands.close(id)
    handle_of(id):close()
    handles[id] = nil
    return "ok"
end

local function answer(line)
    local words = {}
    for word in line:gmatch("%S+") do words[#words + 1] = word end
    local ok, said = pcall(commands[words[1]], unpack(words, 2))
    if ok then return said end
    if ipc.is_error(said) then return ("error %d %s"):format(said.status, said.text) end
    return "error 25 " .. tostring(said)
end

if arg[1] == "plugin" then
    io.stdout:write("hello from lua\n")
    io.stdout:flush()
    ffi.cdef "void abort(void);"
    local server = ipc.Server()
    server:method("add", function(a, b) return a + b end)
    server:method("crash", function() ffi.C.abort() end)
    server:serve()
else
    for line in io.lines() do
        io.stdout:write(line == "quit" and "ok" or answer(line), "\n")
        io.stdout:flush()
        if line == "quit" then break end
    end
end
