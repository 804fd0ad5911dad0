"""The exceptions: one for each status worth catching by itself, below one for each class.

The number of a status tells its class, also of a status added after this file was written.
"""

from typing import Any


class Error(Exception):
    """Base of all errors of this library."""

    #: The number of the status in spec/api.toml.
    status = 0
    #: The error number of the operating system, or 0.
    os_code = 0

    def __init__(self, message: str, status: int = 0, os_code: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.os_code = os_code

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.status, self.os_code)


class Retry(Error):
    """Nothing is wrong; the same call may succeed later."""


class Timeout(Retry, TimeoutError):
    """Nothing arrived within the time given."""

    status = 1  # the native part makes these two without __init__


class Full(Retry):
    """No room within the time given; nothing was sent."""

    status = 2


class Interrupted(Retry):
    """The wait was ended by interrupt()."""


class Busy(Retry):
    """Another thread is inside this handle; open one handle per thread."""


class Conflict(Retry):
    """Somebody else was faster; nothing was set."""


class Cancelled(Retry):
    """The call was cancelled."""


class Gone(Error):
    """This handle is of no use any more; open it again."""


class Closed(Gone):
    """The handle was closed, or the message released."""


class Forked(Gone):
    """The handle belongs to the parent process; open a new one in the child."""


class Unlinked(Gone):
    """The channel's file was removed by someone."""


class Evicted(Gone):
    """This handle was taken for dead because its lock was closed under it."""


class ServerDied(Gone):
    """The server died while it worked on the call; what it had done by then is not known."""


class Misuse(Error, ValueError):
    """The call cannot succeed as it stands; mend it."""


class BadName(Misuse):
    """The channel name is not usable."""


class WrongPattern(Misuse):
    """The verb does not fit: the name is a topic and not a queue, or whatever else it is."""


class TooLarge(Misuse):
    """The message is larger than the channel's limit."""


class TooMany(Misuse):
    """The channel has its maximum of producers or of open handles."""


class ServiceError(Misuse):
    """The server answered with an error of its own; a method raises one to answer with it."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message, 28)
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.message, self.data)


class Corrupt(Error):
    """The channel's file is damaged, or of a version this library cannot share memory with."""


class SystemFailure(Error, OSError):
    """The operating system refused; os_code says why."""


class NoSpace(SystemFailure):
    """Shared memory is full."""


class NoPermission(SystemFailure, PermissionError):
    """Not permitted."""


_BY_STATUS = {
    1: Timeout,
    2: Full,
    3: Interrupted,
    4: Busy,
    5: Conflict,
    6: Cancelled,
    10: Closed,
    11: Forked,
    12: Unlinked,
    13: Evicted,
    14: ServerDied,
    20: BadName,
    21: WrongPattern,
    23: TooLarge,
    26: TooMany,
    27: TooMany,
    40: NoSpace,
    41: NoPermission,
}

_BY_CLASS = ((9, Retry), (19, Gone), (29, Misuse), (39, Corrupt), (59, SystemFailure))


def failure(status: int, os_code: int, message: str) -> Error:
    """The exception for a status; the native part raises it."""
    kind = _BY_STATUS.get(status)
    if kind is None:
        kind = next((of_class for last, of_class in _BY_CLASS if status <= last), Error)
    return kind(message, status, os_code)
