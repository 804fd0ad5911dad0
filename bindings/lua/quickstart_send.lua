-- Sends a few values; start it before or after quickstart_receive.lua.
local ipc = require("simpleipc")

ipc.send("chat", "hello")
ipc.send("chat", 42)
ipc.send("chat", { x = 1.5, ok = true, tags = { "a", ipc.null } })
