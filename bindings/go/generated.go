// Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

package simpleipc

import "unsafe"

const abiVersion = 1

// ClassRetry is the class of the statuses from 1 to 9.
const ClassRetry Class = 1

// ClassGone is the class of the statuses from 10 to 19.
const ClassGone Class = 10

// ClassMisuse is the class of the statuses from 20 to 29.
const ClassMisuse Class = 20

// ClassCorrupt is the class of the statuses from 30 to 39.
const ClassCorrupt Class = 30

// ClassSystem is the class of the statuses from 40 to 59.
const ClassSystem Class = 40

// Class is the class of the status, also of one that was added to the library after this program
// was written. It is 0 for a number that lies in no class.
func (s Status) Class() Class {
	switch {
	case s >= 1 && s <= 9:
		return ClassRetry
	case s >= 10 && s <= 19:
		return ClassGone
	case s >= 20 && s <= 29:
		return ClassMisuse
	case s >= 30 && s <= 39:
		return ClassCorrupt
	case s >= 40 && s <= 59:
		return ClassSystem
	}
	return 0
}

const statusOk Status = 0

// ErrTimeout: nothing arrived within the time given (class retry).
const ErrTimeout Status = 1

// ErrFull: no room within the time given; nothing was sent (class retry).
const ErrFull Status = 2

// ErrInterrupted: the wait was interrupted by a signal or by sipc_interrupt (class retry).
const ErrInterrupted Status = 3

// ErrBusy: another thread is inside this handle; open one handle per thread (class retry).
const ErrBusy Status = 4

// ErrConflict: somebody else was faster; nothing was set (class retry).
const ErrConflict Status = 5

// ErrCancelled: the call was cancelled (class retry).
const ErrCancelled Status = 6

// ErrClosed: the handle is closed (class gone).
const ErrClosed Status = 10

// ErrForked: the handle belongs to the parent process; open a new one in the child (class gone).
const ErrForked Status = 11

// ErrUnlinked: the channel's file was removed by someone; close the handle and open it again (class gone).
const ErrUnlinked Status = 12

// ErrEvicted: this handle was taken for dead because its lock was closed under it; open it again (class gone).
const ErrEvicted Status = 13

// ErrServerDied: the server died while it worked on the call; what it had done by then is not known (class gone).
const ErrServerDied Status = 14

// ErrBadName: the channel name is not usable (class misuse).
const ErrBadName Status = 20

// ErrWrongPattern: the verb does not fit the pattern of this channel (class misuse).
const ErrWrongPattern Status = 21

// ErrWrongRole: the handle was opened for the other direction (class misuse).
const ErrWrongRole Status = 22

// ErrTooLarge: the message is larger than the channel's limit (class misuse).
const ErrTooLarge Status = 23

// ErrBadValue: the value cannot be sent as it stands (class misuse).
const ErrBadValue Status = 24

// ErrBadArgument: an argument is missing or out of range (class misuse).
const ErrBadArgument Status = 25

// ErrTooManyProducers: the channel already has its maximum of producers (class misuse).
const ErrTooManyProducers Status = 26

// ErrTooManyPeers: the channel already has its maximum of open handles (class misuse).
const ErrTooManyPeers Status = 27

// ErrFailed: the server answered with an error of its own (class misuse).
const ErrFailed Status = 28

// ErrCorrupt: the channel's file is damaged (class corrupt).
const ErrCorrupt Status = 30

// ErrVersion: the channel was made by a version or machine this library cannot share memory with (class corrupt).
const ErrVersion Status = 31

// ErrNoSpace: shared memory is full (class system).
const ErrNoSpace Status = 40

// ErrNoPermission: not permitted (class system).
const ErrNoPermission Status = 41

// ErrNoDirectory: the channel directory does not exist or is no directory (class system).
const ErrNoDirectory Status = 42

// ErrSystem: the operating system refused (class system).
const ErrSystem Status = 43

// ErrInternal: a defect in SimpleIPC; please report it (class system).
const ErrInternal Status = 50

func (s Status) Error() string {
	switch s {
	case ErrTimeout:
		return `nothing arrived within the time given`
	case ErrFull:
		return `no room within the time given; nothing was sent`
	case ErrInterrupted:
		return `the wait was interrupted by a signal or by sipc_interrupt`
	case ErrBusy:
		return `another thread is inside this handle; open one handle per thread`
	case ErrConflict:
		return `somebody else was faster; nothing was set`
	case ErrCancelled:
		return `the call was cancelled`
	case ErrClosed:
		return `the handle is closed`
	case ErrForked:
		return `the handle belongs to the parent process; open a new one in the child`
	case ErrUnlinked:
		return `the channel's file was removed by someone; close the handle and open it again`
	case ErrEvicted:
		return `this handle was taken for dead because its lock was closed under it; open it again`
	case ErrServerDied:
		return `the server died while it worked on the call; what it had done by then is not known`
	case ErrBadName:
		return `the channel name is not usable`
	case ErrWrongPattern:
		return `the verb does not fit the pattern of this channel`
	case ErrWrongRole:
		return `the handle was opened for the other direction`
	case ErrTooLarge:
		return `the message is larger than the channel's limit`
	case ErrBadValue:
		return `the value cannot be sent as it stands`
	case ErrBadArgument:
		return `an argument is missing or out of range`
	case ErrTooManyProducers:
		return `the channel already has its maximum of producers`
	case ErrTooManyPeers:
		return `the channel already has its maximum of open handles`
	case ErrFailed:
		return `the server answered with an error of its own`
	case ErrCorrupt:
		return `the channel's file is damaged`
	case ErrVersion:
		return `the channel was made by a version or machine this library cannot share memory with`
	case ErrNoSpace:
		return `shared memory is full`
	case ErrNoPermission:
		return `not permitted`
	case ErrNoDirectory:
		return `the channel directory does not exist or is no directory`
	case ErrSystem:
		return `the operating system refused`
	case ErrInternal:
		return `a defect in SimpleIPC; please report it`
	}
	return "unknown status"
}

const rolePublish = 1

const roleSubscribe = 2

const roleSend = 3

const roleReceive = 4

const roleSet = 5

const roleWatch = 6

const roleNotify = 7

const roleWait = 8

const roleLock = 9

const roleCall = 10

const roleServe = 11

const rolePeers = 12

const roleHost = 13

const kindNull = 0

const kindBool = 1

const kindInt = 2

const kindUint = 3

const kindFloat = 4

const kindStr = 5

const kindBytes = 6

const kindList = 7

const kindMap = 8

const kindTensor = 9

const kindOpaque = 10

// DtypeBool: 1 byte, 0 or 1.
const DtypeBool Dtype = 1

// DtypeU8: 1 byte.
const DtypeU8 Dtype = 2

// DtypeI8: 1 byte.
const DtypeI8 Dtype = 3

// DtypeU16: 2 bytes.
const DtypeU16 Dtype = 4

// DtypeI16: 2 bytes.
const DtypeI16 Dtype = 5

// DtypeU32: 4 bytes.
const DtypeU32 Dtype = 6

// DtypeI32: 4 bytes.
const DtypeI32 Dtype = 7

// DtypeU64: 8 bytes.
const DtypeU64 Dtype = 8

// DtypeI64: 8 bytes.
const DtypeI64 Dtype = 9

// DtypeF16: 2 bytes, IEEE half.
const DtypeF16 Dtype = 10

// DtypeF32: 4 bytes.
const DtypeF32 Dtype = 11

// DtypeF64: 8 bytes.
const DtypeF64 Dtype = 12

// DtypeC64: 8 bytes, two F32.
const DtypeC64 Dtype = 13

// DtypeC128: 16 bytes, two F64.
const DtypeC128 Dtype = 14

const optionLossless = 1

const optionLatest = 2

const optionUnstamped = 4

const optionTap = 8

const messageRedelivered = 1

const messageOneWay = 2

const messageMore = 4

const callIdempotent = 1

const callOneWay = 2

const replyMore = 1

const replyError = 2

// Most dimensions a tensor may have.
const dimsMax = 8

// Longest channel name in bytes of UTF-8.
const nameBytesMax = 200

// Most publishers or senders on one channel at once.
const producersMax = 64

// Most open handles of all roles on one channel at once.
const peersMax = 256

type rawError struct {
	size uint32

	status int32

	osCode int32

	reserved uint32

	message [496]byte
}

type rawValue struct {
	size uint32

	kind uint32

	i int64

	u uint64

	f float64

	data unsafe.Pointer

	len uint64

	items *rawValue

	count uint64

	label *byte

	labelLen uint64

	dtype uint32

	ndim uint32

	shape [8]uint64

	strides [8]int64

	captureTimeNs int64
}

type rawMessage struct {
	size uint32

	flags uint32

	value rawValue

	sequence uint64

	sender uint64

	publishTimeNs int64

	receiveTimeNs int64

	missed uint64

	hold uintptr
}

type rawOptions struct {
	size uint32

	flags uint32

	history uint32

	depth uint32

	poolBytesMax uint64

	directory *byte

	signal int32

	permits uint32
}

const (
	atAbiVersion = iota
	atVersion
	atStatusText
	atNowNs
	atSend
	atSendBool
	atSendInt
	atSendFloat
	atSendStr
	atSendBytes
	atPublish
	atPublishBool
	atPublishInt
	atPublishFloat
	atPublishStr
	atPublishBytes
	atReceive
	atSet
	atGet
	atNotify
	atAwait
	atOpen
	atClose
	atPut
	atTake
	atPutIf
	atCurrent
	atLock
	atUnlock
	atPlugin
	atPeers
	atIdentify
	atRelease
	atLoan
	atUnloan
	atWait
	atFd
	atInterrupt
	atCall
	atResult
	atCancel
	atReply
	atCancelled
	atDescribe
	atAudit
	atClean
)

var functionNames = [...]string{
	"sipc_abi_version",
	"sipc_version",
	"sipc_status_text",
	"sipc_now_ns",
	"sipc_send",
	"sipc_send_bool",
	"sipc_send_int",
	"sipc_send_float",
	"sipc_send_str",
	"sipc_send_bytes",
	"sipc_publish",
	"sipc_publish_bool",
	"sipc_publish_int",
	"sipc_publish_float",
	"sipc_publish_str",
	"sipc_publish_bytes",
	"sipc_receive",
	"sipc_set",
	"sipc_get",
	"sipc_notify",
	"sipc_await",
	"sipc_open",
	"sipc_close",
	"sipc_put",
	"sipc_take",
	"sipc_put_if",
	"sipc_current",
	"sipc_lock",
	"sipc_unlock",
	"sipc_plugin",
	"sipc_peers",
	"sipc_identify",
	"sipc_release",
	"sipc_loan",
	"sipc_unloan",
	"sipc_wait",
	"sipc_fd",
	"sipc_interrupt",
	"sipc_call",
	"sipc_result",
	"sipc_cancel",
	"sipc_reply",
	"sipc_cancelled",
	"sipc_describe",
	"sipc_audit",
	"sipc_clean",
}

func sipcAbiVersion() uint32 {
	return uint32(invoke(functions[atAbiVersion], 0, 0, 0, 0, 0, 0, 0))
}

func sipcVersion() string {
	return text(invoke(functions[atVersion], 0, 0, 0, 0, 0, 0, 0))
}

func sipcStatusText(status int32) string {
	return text(invoke(functions[atStatusText], uintptr(status), 0, 0, 0, 0, 0, 0))
}

func sipcNowNs() int64 {
	return int64(invoke(functions[atNowNs], 0, 0, 0, 0, 0, 0, 0))
}

func sipcSend(name *byte, value *rawValue, error_ *rawError) Status {
	return Status(invoke(functions[atSend], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(value)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcSendBool(name *byte, value int32, error_ *rawError) Status {
	return Status(invoke(functions[atSendBool], uintptr(unsafe.Pointer(name)), uintptr(value), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcSendInt(name *byte, value int64, error_ *rawError) Status {
	return Status(invoke(functions[atSendInt], uintptr(unsafe.Pointer(name)), uintptr(value), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcSendStr(name *byte, value *byte, error_ *rawError) Status {
	return Status(invoke(functions[atSendStr], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(value)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcSendBytes(name *byte, data unsafe.Pointer, len_ uint64, error_ *rawError) Status {
	return Status(invoke(functions[atSendBytes], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(data)), uintptr(len_), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcPublish(name *byte, value *rawValue, error_ *rawError) Status {
	return Status(invoke(functions[atPublish], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(value)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcPublishBool(name *byte, value int32, error_ *rawError) Status {
	return Status(invoke(functions[atPublishBool], uintptr(unsafe.Pointer(name)), uintptr(value), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcPublishInt(name *byte, value int64, error_ *rawError) Status {
	return Status(invoke(functions[atPublishInt], uintptr(unsafe.Pointer(name)), uintptr(value), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcPublishStr(name *byte, value *byte, error_ *rawError) Status {
	return Status(invoke(functions[atPublishStr], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(value)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcPublishBytes(name *byte, data unsafe.Pointer, len_ uint64, error_ *rawError) Status {
	return Status(invoke(functions[atPublishBytes], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(data)), uintptr(len_), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcReceive(name *byte, timeoutNs int64, message *rawMessage, error_ *rawError) Status {
	return Status(invoke(functions[atReceive], uintptr(unsafe.Pointer(name)), uintptr(timeoutNs), uintptr(unsafe.Pointer(message)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcSet(name *byte, value *rawValue, error_ *rawError) Status {
	return Status(invoke(functions[atSet], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(value)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcGet(name *byte, timeoutNs int64, message *rawMessage, error_ *rawError) Status {
	return Status(invoke(functions[atGet], uintptr(unsafe.Pointer(name)), uintptr(timeoutNs), uintptr(unsafe.Pointer(message)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcNotify(name *byte, error_ *rawError) Status {
	return Status(invoke(functions[atNotify], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0, 0))
}

func sipcAwait(name *byte, timeoutNs int64, count *uint64, error_ *rawError) Status {
	return Status(invoke(functions[atAwait], uintptr(unsafe.Pointer(name)), uintptr(timeoutNs), uintptr(unsafe.Pointer(count)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcOpen(name *byte, role uint32, options *rawOptions, channel *uintptr, error_ *rawError) Status {
	return Status(invoke(functions[atOpen], uintptr(unsafe.Pointer(name)), uintptr(role), uintptr(unsafe.Pointer(options)), uintptr(unsafe.Pointer(channel)), uintptr(unsafe.Pointer(error_)), 0, 0))
}

func sipcClose(channel uintptr) Status {
	return Status(invoke(functions[atClose], uintptr(channel), 0, 0, 0, 0, 0, 0))
}

func sipcPut(channel uintptr, value *rawValue, timeoutNs int64, error_ *rawError) Status {
	return Status(invoke(functions[atPut], uintptr(channel), uintptr(unsafe.Pointer(value)), uintptr(timeoutNs), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcTake(channel uintptr, timeoutNs int64, message *rawMessage, error_ *rawError) Status {
	return Status(invoke(functions[atTake], uintptr(channel), uintptr(timeoutNs), uintptr(unsafe.Pointer(message)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcPutIf(channel uintptr, value *rawValue, expected uint64, timeoutNs int64, error_ *rawError) Status {
	return Status(invoke(functions[atPutIf], uintptr(channel), uintptr(unsafe.Pointer(value)), uintptr(expected), uintptr(timeoutNs), uintptr(unsafe.Pointer(error_)), 0, 0))
}

func sipcCurrent(channel uintptr, timeoutNs int64, message *rawMessage, error_ *rawError) Status {
	return Status(invoke(functions[atCurrent], uintptr(channel), uintptr(timeoutNs), uintptr(unsafe.Pointer(message)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcLock(channel uintptr, timeoutNs int64, abandonedPid *uint64, error_ *rawError) Status {
	return Status(invoke(functions[atLock], uintptr(channel), uintptr(timeoutNs), uintptr(unsafe.Pointer(abandonedPid)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcUnlock(channel uintptr, error_ *rawError) Status {
	return Status(invoke(functions[atUnlock], uintptr(channel), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0, 0))
}

func sipcPlugin(channel uintptr, plugin *rawValue, error_ *rawError) Status {
	return Status(invoke(functions[atPlugin], uintptr(channel), uintptr(unsafe.Pointer(plugin)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcPeers(name *byte, options *rawOptions, message *rawMessage, error_ *rawError) Status {
	return Status(invoke(functions[atPeers], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(options)), uintptr(unsafe.Pointer(message)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcIdentify(program *byte, language *byte, error_ *rawError) Status {
	return Status(invoke(functions[atIdentify], uintptr(unsafe.Pointer(program)), uintptr(unsafe.Pointer(language)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcRelease(message *rawMessage) {
	invoke(functions[atRelease], uintptr(unsafe.Pointer(message)), 0, 0, 0, 0, 0, 0)
}

func sipcLoan(channel uintptr, value *rawValue, timeoutNs int64, error_ *rawError) Status {
	return Status(invoke(functions[atLoan], uintptr(channel), uintptr(unsafe.Pointer(value)), uintptr(timeoutNs), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcUnloan(channel uintptr, data uintptr) Status {
	return Status(invoke(functions[atUnloan], uintptr(channel), uintptr(data), 0, 0, 0, 0, 0))
}

func sipcWait(channels *uintptr, count uint32, timeoutNs int64, index *uint32, error_ *rawError) Status {
	return Status(invoke(functions[atWait], uintptr(unsafe.Pointer(channels)), uintptr(count), uintptr(timeoutNs), uintptr(unsafe.Pointer(index)), uintptr(unsafe.Pointer(error_)), 0, 0))
}

func sipcFd(channel uintptr, fd *int32, error_ *rawError) Status {
	return Status(invoke(functions[atFd], uintptr(channel), uintptr(unsafe.Pointer(fd)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcInterrupt(channel uintptr) Status {
	return Status(invoke(functions[atInterrupt], uintptr(channel), 0, 0, 0, 0, 0, 0))
}

func sipcCall(channel uintptr, method *byte, args *rawValue, flags uint32, timeoutNs int64, call *uint64, error_ *rawError) Status {
	return Status(invoke(functions[atCall], uintptr(channel), uintptr(unsafe.Pointer(method)), uintptr(unsafe.Pointer(args)), uintptr(flags), uintptr(timeoutNs), uintptr(unsafe.Pointer(call)), uintptr(unsafe.Pointer(error_))))
}

func sipcResult(channel uintptr, call uint64, timeoutNs int64, message *rawMessage, error_ *rawError) Status {
	return Status(invoke(functions[atResult], uintptr(channel), uintptr(call), uintptr(timeoutNs), uintptr(unsafe.Pointer(message)), uintptr(unsafe.Pointer(error_)), 0, 0))
}

func sipcCancel(channel uintptr, call uint64) Status {
	return Status(invoke(functions[atCancel], uintptr(channel), uintptr(call), 0, 0, 0, 0, 0))
}

func sipcReply(request *rawMessage, value *rawValue, flags uint32, error_ *rawError) Status {
	return Status(invoke(functions[atReply], uintptr(unsafe.Pointer(request)), uintptr(unsafe.Pointer(value)), uintptr(flags), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}

func sipcCancelled(request *rawMessage) Status {
	return Status(invoke(functions[atCancelled], uintptr(unsafe.Pointer(request)), 0, 0, 0, 0, 0, 0))
}

func sipcDescribe(channel uintptr, methods *rawValue, error_ *rawError) Status {
	return Status(invoke(functions[atDescribe], uintptr(channel), uintptr(unsafe.Pointer(methods)), uintptr(unsafe.Pointer(error_)), 0, 0, 0, 0))
}

func sipcAudit(name *byte, directory *byte, buffer *byte, capacity uint64, needed *uint64, error_ *rawError) Status {
	return Status(invoke(functions[atAudit], uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(directory)), uintptr(unsafe.Pointer(buffer)), uintptr(capacity), uintptr(unsafe.Pointer(needed)), uintptr(unsafe.Pointer(error_)), 0))
}

func sipcClean(directory *byte, ageMaxNs int64, count *uint64, error_ *rawError) Status {
	return Status(invoke(functions[atClean], uintptr(unsafe.Pointer(directory)), uintptr(ageMaxNs), uintptr(unsafe.Pointer(count)), uintptr(unsafe.Pointer(error_)), 0, 0, 0))
}
