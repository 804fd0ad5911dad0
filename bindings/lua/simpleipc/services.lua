-- Services, hosts of plugins, and presence.

local ffi = require("ffi")
local bit = require("bit")
local generated = require("simpleipc.generated")
local values = require("simpleipc.values")

local ROLE, STATUS, CALL, REPLY = generated.ROLE, generated.STATUS, generated.CALL, generated.REPLY
local MESSAGE = generated.MESSAGE
local ROOM_S = 5
local NO_SUCH_METHOD, BROKEN = -32601, -32603

return function(core)
    local ipc, sipc, class, raw_of = core.ipc, core.sipc, core.class, core.raw_of
    local complaint, nanoseconds = core.complaint, core.nanoseconds
    local require_ok, value_of = core.require_ok, core.value_of

    -- Calling

    local Call = {}
    Call.__index = Call
    local number = ffi.new("uint64_t[1]")

    ipc.Client = class(core.Handle, ROLE.CALL)

    local function begin(client, method, args, flags)
        local raw, keep = values.encode(args)
        local ns, name = nanoseconds(ROOM_S), core.cstring(method, "method")
        local status = sipc.sipc_call(raw_of(client), name, raw, flags, ns, number, complaint)
        require_ok(keep and status)
        return number[0]
    end

    --- Starts a call; 64 can be in flight. `args` is a list, a map if they have names, or nil.
    function ipc.Client:start(method, args, options)
        local flags = options and options.idempotent and CALL.IDEMPOTENT or 0
        return setmetatable({ client = self, number = begin(self, method, args, flags) }, Call)
    end

    --- Calls a method and returns its result; nil and "timeout" if there is none within
    --- options.timeout seconds, and the call is cancelled. What the server raises is raised here.
    function ipc.Client:call(method, args, options)
        return self:start(method, args, options):result(options and options.timeout)
    end

    --- Calls a method and does not ask what becomes of it.
    function ipc.Client:send(method, args) begin(self, method, args, CALL.ONE_WAY) end

    --- What the service offers: a list of maps.
    function ipc.Client:methods(timeout)
        return self:call(".methods", nil, { timeout = timeout })
    end

    --- The next reply of a stream, and whether it is the last one, the result; nil and "timeout" if
    --- there is none in time, after which one may ask again.
    function Call:next(timeout)
        if self.is_over then return self.value, true end
        local raw, client = core.new_raw(), self.client
        local ns = nanoseconds(timeout)
        local status = sipc.sipc_result(raw_of(client), self.number, ns, raw, complaint)
        if status == STATUS.TIMEOUT then return nil, "timeout" end
        if status == STATUS.FAILED then
            self.is_over = true
            local said = value_of(raw, client.exact)
            error(ipc.service_error(said.code, said.message, said.data), 0)
        end
        self.is_over = status ~= STATUS.OK and status ~= STATUS.INTERRUPTED
            or status == STATUS.OK and bit.band(raw.flags, MESSAGE.MORE) == 0
        require_ok(status)
        local value = value_of(raw, client.exact)
        if self.is_over then self.value = value end
        return value, self.is_over
    end

    --- The result, after all replies of a stream, which are thrown away.
    function Call:result(timeout)
        local patience = timeout and tonumber(sipc.sipc_now_ns()) / 1e9 + timeout
        while true do
            local left = patience and math.max(patience - tonumber(sipc.sipc_now_ns()) / 1e9, 0)
            local value, is_last = self:next(left)
            if is_last == "timeout" then
                self:cancel()
                return nil, "timeout"
            elseif is_last then
                return value
            end
        end
    end

    --- for reply in call do ... end: the replies of a stream but the result.
    function Call:__call()
        local value, is_last = self:next()
        if not is_last then return value end
    end

    --- Ends the call; a server that works on it sees that nobody waits.
    function Call:cancel()
        core.require_plain(sipc.sipc_cancel(raw_of(self.client), self.number))
    end

    -- Serving

    local Request = {}
    Request.__index = Request

    local function answer(request, value, flags)
        local raw, keep = values.encode(value)
        require_ok(keep and sipc.sipc_reply(request.message.raw, raw, flags, complaint))
    end

    --- Answers with the result.
    function Request:reply(value)
        answer(self, value, 0)
        self:release()
    end

    --- Answers with one of several replies; raises an error (CANCELLED) if nobody waits.
    function Request:push(value) answer(self, value, REPLY.MORE) end

    --- Answers with an error of the program.
    function Request:fail(code, text, data)
        answer(self, values.map { code = code, message = text, data = data }, REPLY.ERROR)
        self:release()
    end

    --- Whether nobody waits for the answer.
    function Request:cancelled()
        return sipc.sipc_cancelled(self.message.raw) == STATUS.CANCELLED
    end

    --- Lets go of it: one that was not answered is an error for its caller.
    function Request:release()
        self.is_over = true
        self.message:release()
    end

    ipc.Server = class(core.Consumer, ROLE.SERVE)

    function ipc.Server:convert(raw)
        local message = core.message_of(raw, self.exact)
        local asked = message.value
        return setmetatable({
            message = message, method = asked[1], args = asked[2],
            one_way = bit.band(raw.flags, MESSAGE.ONE_WAY) ~= 0,
        }, Request)
    end

    --- Makes a function a method of the service. It gets the arguments, or one table if they have
    --- names; what it gives to coroutine.yield is a reply of a stream. `about` is told to those who
    --- ask: args, returns, about, idempotent.
    function ipc.Server:method(name, work, about)
        if type(work) ~= "function" then error("a method is a function", 0) end
        local entry = values.map { name = core.cstring(name, "method") }
        for key, value in pairs(about or {}) do entry[key] = value end
        local offer = values.list { unpack(self.offer or {}) }
        offer[#offer + 1] = entry
        local raw, keep = values.encode(offer)
        require_ok(keep and sipc.sipc_describe(raw_of(self), raw, complaint))
        self.offer = offer
        self.work = self.work or {}
        self.work[name] = work
    end

    --- What a method returns; what it yields is pushed on the way.
    local function run(request, work)
        local args = request.args
        local is_list = ipc.is(args) == "list"
        local thread = coroutine.create(work)
        local given = is_list and args or args == ipc.null and {} or { args }
        local ok, value = coroutine.resume(thread, unpack(given, 1, #given))
        while ok and coroutine.status(thread) == "suspended" do
            request:push(value)
            ok, value = coroutine.resume(thread)
        end
        if not ok then error(value, 0) end
        request:reply(value)
    end

    --- Answers one request by its method.
    function ipc.Server:answer(request)
        local work = self.work and self.work[request.method]
        if not work then
            return request:fail(NO_SUCH_METHOD, "there is no method " .. request.method)
        end
        local ok, why = pcall(run, request, work)
        if ok or ipc.is_error(why, "CANCELLED") or request.is_over then return end
        if ipc.is_error(why, "FAILED") then
            request:fail(why.code or BROKEN, why.text, why.data)
        else
            -- What the library has told the caller already is refused.
            pcall(request.fail, request, BROKEN, tostring(why):gsub("[\128-\255]", "?"))
        end
    end

    --- Answers calls until none comes within `timeout` seconds.
    function ipc.Server:serve(timeout)
        while true do
            local request = self:receive(timeout)
            if not request then return end
            local ok, why = pcall(self.answer, self, request)
            request:release()
            if not ok and not ipc.is_error(why) then error(why, 0) end
        end
    end

    -- Plugins

    ipc.Host = class(core.Consumer, ROLE.HOST)

    function ipc.Host:convert(raw)
        local event = value_of(raw)
        event.missed = tonumber(raw.missed)
        return event
    end

    local function tell(host, wish)
        local raw, keep = values.encode(values.map(wish))
        require_ok(keep and sipc.sipc_plugin(raw_of(host), raw, complaint))
    end

    --- Starts a program as a plugin. That it runs, or cannot, is an event. It is started again when
    --- it crashes, at most `restarts` times `within` so many seconds, and if it takes no call for
    --- `hang_after` seconds.
    function ipc.Host:start(name, program, args, options)
        options = options or {}
        local hang_after = options.hang_after and values.float(options.hang_after)
        tell(self, {
            name = name, program = program, args = values.list(args), hang_after = hang_after,
            restarts = options.restarts or 3, seconds = values.float(options.within or 60),
        })
    end

    --- Asks a plugin to end, and after two seconds ends it; returns when it has gone.
    function ipc.Host:stop(name) tell(self, { name = name, stop = true }) end

    --- A client of a plugin.
    function ipc.Host:client(name, options) return ipc.Client(self.name .. "." .. name, options) end

    -- Presence

    --- Watches who has a channel open, without being on it: takes who comes and goes.
    ipc.PeerWatcher = class(core.Consumer, ROLE.PEERS)

    function ipc.PeerWatcher:convert(raw) return value_of(raw) end

    --- Who has a channel open now: a list of maps.
    function ipc.peers(name, options)
        local raw = core.new_raw()
        local encoded = core.encode_options(options or {})
        require_ok(sipc.sipc_peers(core.cstring(name, "name"), encoded, raw, complaint))
        return value_of(raw)
    end

    --- Says who this process is to those who look, for handles that are opened from now on.
    function ipc.identify(program)
        require_ok(sipc.sipc_identify(core.cstring(program, "program"), "lua", complaint))
    end
    local script = arg and arg[0] or ""
    ipc.identify(script:match("[^/]*$"))
end
