--- Serves a few methods on the channel that is named, until the last of these tests has come.

local ipc = require("simpleipc")

local server = ipc.Server(arg[1])
local count = 0

server:method("add", function(a, b) return a + b end, { args = { { "a", "int" }, { "b", "int" } } })
server:method("named", function(given) return given.text end)
server:method("broken", function() error("no such thing") end)
server:method("nothing", function() end)
server:method("own", function()
    error(ipc.service_error(7, "not today", { ["until"] = "noon" }), 0)
end)
server:method("unsendable", function() return print end)
server:method("count", function(to)
    for number = 1, to do coroutine.yield(number) end
    return "done"
end)
while true do
    local request = server:receive(20)
    if not request then break end
    count = count + 1
    if request.one_way then
        print("served")
        break
    end
    server:answer(request)
end
