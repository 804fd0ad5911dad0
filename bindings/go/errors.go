package simpleipc

import (
	"bytes"
	"context"
	"errors"
	"syscall"
)

// Status says what has happened. Each is an error to be compared with:
//
//	if errors.Is(err, simpleipc.ErrTimeout) { ... }
type Status int32

// Class says what can be done about an error, and is what errors are best compared with:
// ClassRetry: try again; ClassGone: open the handle again; ClassMisuse: mend the call;
// ClassCorrupt: remove the channel; ClassSystem: look at the machine.
type Class int32

func (c Class) Error() string {
	switch c {
	case ClassRetry:
		return "try again"
	case ClassGone:
		return "open the handle again"
	case ClassMisuse:
		return "mend the call"
	case ClassCorrupt:
		return "remove the channel"
	case ClassSystem:
		return "look at the machine"
	}
	return "unknown class"
}

// Error is what every function of this package fails with. errors.Is compares it with a Status, a
// Class, the error of a context that ended, or the error number of the operating system.
type Error struct {
	Status Status
	// OSCode is the error number of the operating system, or 0.
	OSCode syscall.Errno
	// Message says in one sentence what failed and what to do.
	Message string
	cause   error
}

func (e *Error) Error() string { return e.Message }

// Is reports whether the error has this status or is of this class.
func (e *Error) Is(target error) bool {
	switch target := target.(type) {
	case Status:
		return e.Status == target
	case Class:
		return e.Status.Class() == target
	}
	return false
}

// Unwrap is the error of the context that ended, or of the operating system.
func (e *Error) Unwrap() error {
	if e.cause == nil && e.OSCode != 0 {
		return e.OSCode
	}
	return e.cause
}

// ServiceError is an error of a server's own program. A Handler that returns one answers with it;
// any other error is answered as one with the code CodeBroken.
type ServiceError struct {
	Code    int64
	Message string
	// Data is any value that can be sent, or nil.
	Data any
}

// Codes of a ServiceError that say what happened on the server's side. Others are the program's.
const (
	CodeNoSuchMethod = -32601
	CodeBadArguments = -32602
	CodeBroken       = -32603
)

func (e *ServiceError) Error() string { return e.Message }

// Is reports whether target is ErrFailed or ClassMisuse.
func (e *ServiceError) Is(target error) bool {
	return target == ErrFailed || target == ClassMisuse
}

// failure is the error of a call that returned this status and has filled raw.
func (raw *rawError) failure(status Status) error {
	if status == statusOk {
		return nil
	}
	message, _, _ := bytes.Cut(raw.message[:], []byte{0})
	return &Error{Status: status, OSCode: syscall.Errno(raw.osCode), Message: string(message)}
}

// bare is the error of a function that has no place for a sentence.
func bare(status Status) error {
	if status == statusOk {
		return nil
	}
	return newError(status, "%v", status)
}

// ended is the error of a wait whose context has ended.
func ended(status Status, cause error) error {
	if status != ErrFull {
		status = ErrTimeout
	}
	if !errors.Is(cause, context.DeadlineExceeded) {
		status = ErrInterrupted
	}
	return &Error{Status: status, Message: cause.Error() + ": " + status.Error(), cause: cause}
}
