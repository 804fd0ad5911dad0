--- Any program talks to any other program on this machine; see README.md.
--
-- Timeouts are in seconds; nil waits for ever, 0 only tries. What waits answers nil when its time
-- is up; everything else that fails raises an ipc.Error.

local ffi = require("ffi")
local bit = require("bit")
local generated = require("simpleipc.generated")
local values = require("simpleipc.values")

local ROLE, STATUS, OPTION = generated.ROLE, generated.STATUS, generated.OPTION
local NO_VALUE = 0xffffffffffffffffULL

-- Loading

local function load()
    local folder = os.getenv("SIPC_LIB_DIR")
    local path = folder and folder ~= "" and folder .. "/libsimpleipc.so" or "libsimpleipc.so"
    local is_there, library = pcall(ffi.load, path)
    if not is_there then error(library .. "; install it, or set SIPC_LIB_DIR to its folder", 0) end
    local theirs = library.sipc_abi_version()
    if theirs ~= generated.ABI_VERSION then
        local text = "libsimpleipc speaks ABI %d, this program %d"
        error(text:format(theirs, generated.ABI_VERSION), 0)
    end
    return library
end

local sipc = load()

local ipc = { version = ffi.string(sipc.sipc_version()) }
ipc.null, ipc.float, ipc.bytes, ipc.opaque = values.null, values.float, values.bytes, values.opaque
ipc.list, ipc.map, ipc.map_of, ipc.pairs = values.list, values.map, values.map_of, values.pairs
ipc.tensor, ipc.is = values.tensor, values.is

-- Errors

--- What is raised: status, status_name, class ("retry", "gone", "misuse", "corrupt", "system"),
--- os_code and text. Of a service's own error also code and data.
local Error = {}
Error.__index = Error
ipc.Error = Error

function Error:__tostring() return self.text end

local STATUS_NAMES = {}
for name, status in pairs(STATUS) do STATUS_NAMES[status] = name end

local function failure(status, text, os_code)
    local class = "unknown"
    for _, range in ipairs(generated.CLASSES) do
        if range[2] <= status and status <= range[3] then class = range[1] end
    end
    return setmetatable({
        status = status, status_name = STATUS_NAMES[status] or "UNKNOWN", class = class,
        text = text, os_code = os_code or 0,
    }, Error)
end

--- Whether something that was raised is an error of this module; of this class or status, if given.
function ipc.is_error(error, class)
    if getmetatable(error) ~= Error then return false end
    return class == nil or error.class == class or error.status_name == class
end

--- An error of the program, for methods to raise: ipc.service_error(7, "not today", data).
function ipc.service_error(code, text, data)
    local error = failure(STATUS.FAILED, text)
    error.code, error.data = code, data
    return error
end

local complaint = ffi.new("sipc_error", { size = ffi.sizeof("sipc_error") })

local function complain(status)
    error(failure(status, ffi.string(complaint.message), complaint.os_code), 0)
end

local function require_ok(status)
    if status ~= STATUS.OK then complain(status) end
end

--- Whether something came; not when the time is up.
local function arrived(status)
    if status == STATUS.TIMEOUT then return false end
    require_ok(status)
    return true
end

local function nanoseconds(timeout)
    if timeout == nil then return -1LL end
    if type(timeout) ~= "number" or not (timeout >= 0) then
        error("a timeout is a number of seconds from 0, or nil", 0)
    end
    return timeout > 9e9 and -1LL or ffi.cast("int64_t", timeout * 1e9)
end

local function cstring(text, what)
    values.check_text(text, what)
    if text:find("\0", 1, true) then error("the " .. what .. " holds a NUL", 0) end
    return text
end

-- Messages

local Message = {}

local FIELDS = {
    sequence = function(raw) return tonumber(raw.sequence) end,
    sender = function(raw) return raw.sender end,
    missed = function(raw) return tonumber(raw.missed) end,
    redelivered = function(raw) return bit.band(raw.flags, generated.MESSAGE.REDELIVERED) ~= 0 end,
    capture_time_ns = function(raw) return raw.value.capture_time_ns end,
    publish_time_ns = function(raw) return raw.publish_time_ns end,
    receive_time_ns = function(raw) return raw.receive_time_ns end,
    --- Seconds on the way; nil if it is not stamped.
    age = function(raw)
        if raw.publish_time_ns == 0 then return nil end
        return tonumber(raw.receive_time_ns - raw.publish_time_ns) / 1e9
    end,
}

--- A message: value, sequence, sender, missed, redelivered, capture_time_ns, ..., age. Its value
--- keeps it; release() lets go of it at once, and then data in place must not be looked at.
function Message:__index(name)
    if name == "release" then return Message.release end
    local raw = rawget(self, "raw")
    if name == "value" then
        self.value = values.decode(raw.value, rawget(self, "exact"), self)
        return self.value
    end
    return FIELDS[name] and FIELDS[name](raw)
end

--- Twice without harm; in a queue it is done.
function Message:release()
    sipc.sipc_release(self.raw)
    ffi.gc(self.raw, nil)
end

local function new_raw()
    return ffi.new("sipc_message", { size = ffi.sizeof("sipc_message") })
end

local function message_of(raw, exact)
    return setmetatable({ raw = ffi.gc(raw, sipc.sipc_release), exact = exact }, Message)
end

--- What a raw message holds, when nothing but its value is of interest: the message stays only
--- if the value shows its memory.
local function value_of(raw, exact)
    local message = message_of(raw, exact)
    local value = message.value
    if not rawget(message, "is_shown") then message:release() end
    return value
end

-- Handles

local FLAGS = { "lossless", "latest", "unstamped", "tap" }
local WORDS = { "history", "depth", "pool_bytes_max", "directory", "signal", "permits" }

local function encode_options(given)
    local options = ffi.new("sipc_options", { size = ffi.sizeof("sipc_options") })
    for _, name in ipairs(FLAGS) do
        if given[name] then options.flags = bit.bor(options.flags, OPTION[name:upper()]) end
    end
    for _, name in ipairs(WORDS) do
        local word = given[name]
        if name == "directory" and word ~= nil then
            options.directory = cstring(word, name)
        elseif word ~= nil then
            if type(word) ~= "number" or word < 0 or word % 1 ~= 0 or word >= 2 ^ 53
                or word >= 2 ^ 32 and name ~= "pool_bytes_max" then
                error(name .. " is a whole number from 0", 0)
            end
            options[name] = word
        end
    end
    return options
end

local Handle = {}
Handle.__index = Handle

local out_channel = ffi.new("sipc_channel *[1]")
local out_word = ffi.new("uint64_t[1]")
local out_fd = ffi.new("int32_t[1]")

local function open_as(class, role, name, options)
    options = options or {}
    local channel = name and cstring(name, "name")
    local encoded = encode_options(options)
    require_ok(sipc.sipc_open(channel, role, encoded, out_channel, complaint))
    local raw = ffi.gc(out_channel[0], sipc.sipc_close)
    local new = { handle = raw, name = name, exact = options.exact, timeout = options.timeout }
    return setmetatable(new, class)
end

--- A class of handles with what it inherits; it is called to open one.
local function class(base, role)
    local new = setmetatable({}, {
        __index = base,
        __call = function(self, name, options)
            if name == nil and role ~= ROLE.SERVE then error("a channel has a name", 0) end
            return open_as(self, role, name, options)
        end,
    })
    new.__index = new
    new.__call = base.__call
    return new
end

local function gone(text) error(failure(STATUS.CLOSED, text), 0) end

--- Of a call that explains nothing.
local function require_plain(status)
    if status ~= STATUS.OK then
        error(failure(status, ffi.string(sipc.sipc_status_text(status))), 0)
    end
end

--- For calls of the library.
local function raw_of(handle)
    return handle.handle or gone("the handle is closed; open another one")
end

--- Twice without harm. A handle that is forgotten is closed by the collector.
function Handle:close()
    if self.handle then
        sipc.sipc_close(ffi.gc(self.handle, nil))
        self.handle = nil
    end
end

--- Ends the wait in progress, or else the next one, by an error (INTERRUPTED).
function Handle:interrupt()
    require_plain(sipc.sipc_interrupt(raw_of(self)))
end

--- A descriptor that is readable as long as there may be something to take.
function Handle:fd()
    require_ok(sipc.sipc_fd(raw_of(self), out_fd, complaint))
    return out_fd[0]
end

-- Taking

local Consumer = class(Handle)

--- The next message, or nil if none comes within `timeout` seconds.
function Consumer:receive(timeout)
    local raw = new_raw()
    local ns = nanoseconds(timeout == nil and self.timeout or timeout)
    if arrived(sipc.sipc_take(raw_of(self), ns, raw, complaint)) then return self:convert(raw) end
end

function Consumer:convert(raw) return message_of(raw, self.exact) end

--- for message in handle do ... end: until none comes within the handle's timeout.
function Consumer:__call() return self:receive() end

ipc.Subscriber = class(Consumer, ROLE.SUBSCRIBE)
ipc.Receiver = class(Consumer, ROLE.RECEIVE)
ipc.Watcher = class(Consumer, ROLE.WATCH)
ipc.Waiter = class(Consumer, ROLE.WAIT)

--- The value as it is now, or nil if none is set within `timeout` seconds.
function ipc.Watcher:get(timeout)
    local raw = new_raw()
    local status = sipc.sipc_current(raw_of(self), nanoseconds(timeout), raw, complaint)
    if arrived(status) then return message_of(raw, self.exact) end
end

function ipc.Waiter:convert(raw) return value_of(raw) end

--- How many notifications there were, or nil if there is none within `timeout` seconds.
ipc.Waiter.wait = Consumer.receive

--- Which of several handles has something to take, and its index; nil if none has in time.
function ipc.select(handles, timeout)
    local channels = ffi.new("sipc_channel *[?]", #handles)
    for index, handle in ipairs(handles) do channels[index - 1] = raw_of(handle) end
    local found = ffi.new("uint32_t[1]")
    local status = sipc.sipc_wait(channels, #handles, nanoseconds(timeout), found, complaint)
    if arrived(status) then return handles[found[0] + 1], found[0] + 1 end
end

-- Putting

local Loan = {}
Loan.__index = Loan

local Producer = class(Handle)

--- Lends memory for a tensor, {dtype=, shape=, format=}, or for so many bytes. Fill its `data`, a
--- pointer to its elements, from 0 on, and put it.
function Producer:loan(like, timeout)
    local value, pointer = ffi.new("sipc_value", { size = ffi.sizeof("sipc_value") }), "uint8_t *"
    local label
    if type(like) == "table" then
        local element, _ = values.measure(like.dtype, like.shape)
        label, pointer = like.format or "", element.pointer
        value.kind = generated.KIND.TENSOR
        values.write_shape(value, like.dtype, like.shape, label)
    else
        value.kind = generated.KIND.BYTES
        value.len = encode_options({ pool_bytes_max = like }).pool_bytes_max
    end
    require_ok(sipc.sipc_loan(raw_of(self), value, nanoseconds(timeout), complaint))
    local handle = self.handle
    local function unlend(lent) sipc.sipc_unloan(handle, ffi.cast("void *", lent.data)) end
    return setmetatable({
        value = ffi.gc(value, unlend), owner = self, label = label, len = tonumber(value.len),
        data = ffi.cast(pointer, ffi.cast("void *", value.data)),
    }, Loan)
end

--- Gives it back unpublished; after it was put without harm.
function Loan:cancel()
    if self.value then
        sipc.sipc_unloan(raw_of(self.owner), ffi.cast("void *", ffi.gc(self.value, nil).data))
        self.value, self.data = nil, nil
    end
end

local function put_by(call, handle, value, options, ...)
    options = options or {}
    local raw, keep = nil, value
    local is_loan = getmetatable(value) == Loan
    if is_loan then
        raw = value.value or gone("the loan was put or cancelled; ask for another")
    else
        raw, keep = values.encode(value)
    end
    raw.capture_time_ns = options.capture_time_ns or 0
    local words = { ... }
    words[#words + 1] = nanoseconds(options.timeout)
    words[#words + 1] = complaint
    local status = call(raw_of(handle), raw, unpack(words))
    require_ok(keep and status)
    if is_loan then
        ffi.gc(raw, nil)
        value.value, value.data = nil, nil
    end
end

local function put(self, value, options) put_by(sipc.sipc_put, self, value, options) end

ipc.Publisher = class(Producer, ROLE.PUBLISH)
ipc.Sender = class(Producer, ROLE.SEND)
ipc.Setter = class(Producer, ROLE.SET)
ipc.Notifier = class(Handle, ROLE.NOTIFY)

--- Options of a put: capture_time_ns, timeout.
ipc.Publisher.publish, ipc.Sender.send, ipc.Setter.set = put, put, put

--- Sets the value if it is still the one whose message had this sequence; nil: if there is none
--- yet. False if somebody was faster.
function ipc.Setter:set_if(value, sequence, options)
    local expected = sequence == nil and NO_VALUE or ffi.cast("uint64_t", sequence)
    local is_set, why = pcall(put_by, sipc.sipc_put_if, self, value, options, expected)
    if not is_set and not ipc.is_error(why, "CONFLICT") then error(why, 0) end
    return is_set
end

function ipc.Notifier:notify() put(self, nil) end

-- Locks

ipc.Lock = class(Handle, ROLE.LOCK)

--- Whether it is this handle's now; false after `timeout` seconds. `abandoned` is the process that
--- died holding it, if its last owner did, else nil.
function ipc.Lock:acquire(timeout)
    local status = sipc.sipc_lock(raw_of(self), nanoseconds(timeout), out_word, complaint)
    if not arrived(status) then return false end
    self.abandoned = out_word[0] ~= 0 and tonumber(out_word[0]) or nil
    return true
end

function ipc.Lock:release() require_ok(sipc.sipc_unlock(raw_of(self), complaint)) end

--- As a lock, but so many handles may have it at once.
function ipc.Semaphore(name, permits, options)
    local all = { permits = permits }
    for key, value in pairs(options or {}) do all[key] = value end
    return ipc.Lock(name, all)
end

-- The rest, in files of its own

local core = {
    ipc = ipc, sipc = sipc, class = class, Handle = Handle, Consumer = Consumer,
    raw_of = raw_of, new_raw = new_raw, value_of = value_of, message_of = message_of,
    arrived = arrived, require_ok = require_ok, require_plain = require_plain,
    complaint = complaint, nanoseconds = nanoseconds, cstring = cstring,
    encode_options = encode_options,
}
require("simpleipc.services")(core)
require("simpleipc.oneshot")(core)

return ipc
