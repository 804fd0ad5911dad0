-- One call without a handle, and what is there and is left.

local ffi = require("ffi")
local values = require("simpleipc.values")

return function(core)
    local ipc, sipc, complaint = core.ipc, core.sipc, core.complaint
    local cstring, require_ok = core.cstring, core.require_ok
    local out_word = ffi.new("uint64_t[1]")

    local function put_by(call)
        return function(name, value)
            local raw, keep = values.encode(value)
            require_ok(keep and call(cstring(name, "name"), raw, complaint))
        end
    end

    --- Sends to a queue, publishes on a topic, sets a state: name, value.
    ipc.send, ipc.publish = put_by(sipc.sipc_send), put_by(sipc.sipc_publish)
    ipc.set = put_by(sipc.sipc_set)

    local function take_by(call)
        return function(name, timeout, options)
            local raw = core.new_raw()
            local ns = core.nanoseconds(timeout)
            if core.arrived(call(cstring(name, "name"), ns, raw, complaint)) then
                return core.message_of(raw, options and options.exact)
            end
        end
    end

    --- Takes a message of a queue, the value of a state: name, timeout; nil when the time is up.
    ipc.receive, ipc.get = take_by(sipc.sipc_receive), take_by(sipc.sipc_get)

    --- Says that something has happened.
    function ipc.notify(name) require_ok(sipc.sipc_notify(cstring(name, "name"), complaint)) end

    --- Waits until it does; how often it did since the last time, or nil when the time is up.
    function ipc.wait(name, timeout)
        local ns = core.nanoseconds(timeout)
        local status = sipc.sipc_await(cstring(name, "name"), ns, out_word, complaint)
        if core.arrived(status) then return tonumber(out_word[0]) end
    end

    local clients = {}

    --- Calls a method of a service: see Client:call.
    function ipc.call(service, method, args, options)
        local client = clients[service] or ipc.Client(service)
        clients[service] = client
        local outcome = { pcall(client.call, client, method, args, options) }
        if outcome[1] then return unpack(outcome, 2, 3) end
        if ipc.is_error(outcome[2], "gone") and outcome[2].status_name ~= "SERVER_DIED" then
            clients[service] = nil -- of no use any more: the next call opens it anew
            client:close()
        end
        error(outcome[2], 0)
    end

    --- Describes a channel, or all of a directory, as a text of JSON. Changes nothing.
    function ipc.audit(name, options)
        local directory = options and options.directory
        local capacity = 65536
        while true do
            local buffer = ffi.new("char[?]", capacity)
            local channel = name and cstring(name, "name")
            local place = directory and cstring(directory, "directory")
            local found = sipc.sipc_audit(channel, place, buffer, capacity, out_word, complaint)
            require_ok(found)
            if out_word[0] <= capacity then return ffi.string(buffer) end
            capacity = tonumber(out_word[0])
        end
    end

    --- Removes what nobody uses, and queues whose newest message is older than so many seconds;
    --- how many.
    function ipc.clean(options)
        options = options or {}
        local place = options.directory and cstring(options.directory, "directory")
        local ns = core.nanoseconds(options.age_max or 0)
        require_ok(sipc.sipc_clean(place, ns, out_word, complaint))
        return tonumber(out_word[0])
    end

    --- The clock of all time stamps: nanoseconds of CLOCK_MONOTONIC, as an int64_t.
    function ipc.now_ns() return sipc.sipc_now_ns() end
end
