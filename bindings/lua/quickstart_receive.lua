-- Prints what arrives; ends when nothing came for 2 seconds.
local ipc = require("simpleipc")

for message in ipc.Receiver("chat", { timeout = 2 }) do
    local value = message.value
    if type(value) == "table" then value = value.x end
    print(type(value), value)
end
