/// Errors: one class for each class of statuses.
module simpleipc.errors;

import simpleipc.generated;
import std.string : fromStringz;

/// What every function of this library fails with. What cannot be sent as text because it is not
/// UTF-8 is a UTFException of std.utf instead.
class SipcException : Exception
{
    int status; /// SIPC_*
    int osCode; /// the error number of the operating system, or 0

    this(int status, int osCode, string message) @safe pure nothrow
    {
        super(message);
        this.status = status;
        this.osCode = osCode;
    }
}

/// A class of errors for each class of statuses: what can be done about it.
private mixin template Constructor()
{
    this(int status, int osCode, string message) @safe pure nothrow
    {
        super(status, osCode, message);
    }
}

class RetryException : SipcException { mixin Constructor; } /// Try again.
class TimeoutException : RetryException { mixin Constructor; } /// Nothing arrived in time.
class GoneException : SipcException { mixin Constructor; } /// Open the handle again.
class MisuseException : SipcException { mixin Constructor; } /// Mend the call.
class CorruptException : SipcException { mixin Constructor; } /// Remove the channel.
class SystemException : SipcException { mixin Constructor; } /// Look at the machine.

/// The exception of a status.
SipcException exceptionOf(int status, int osCode, string message)
{
    if (status == SIPC_TIMEOUT)
        return new TimeoutException(status, osCode, message);
    if (status <= SIPC_LAST_RETRY)
        return new RetryException(status, osCode, message);
    if (status <= SIPC_LAST_GONE)
        return new GoneException(status, osCode, message);
    if (status <= SIPC_LAST_MISUSE)
        return new MisuseException(status, osCode, message);
    if (status <= SIPC_LAST_CORRUPT)
        return new CorruptException(status, osCode, message);
    if (status <= SIPC_LAST_SYSTEM)
        return new SystemException(status, osCode, message);
    return new SipcException(status, osCode, message);
}

package void check(int status, ref const sipc_error error)
{
    if (status != SIPC_OK)
        throw exceptionOf(status, error.os_code, fromStringz(error.message.ptr).idup);
}

package void checkBare(int status)
{
    if (status != SIPC_OK)
        throw exceptionOf(status, 0, fromStringz(sipc_status_text(status)).idup);
}

package Exception misuse(string message, int status = SIPC_BAD_VALUE)
{
    return new MisuseException(status, 0, message);
}
