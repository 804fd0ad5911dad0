"""Named locks and semaphores of the machine, freed at once when their owner dies."""

from . import _native


class Lock(_native.Locker):
    """A named lock::

        with ipc.Lock("robot") as lock:
            if lock.abandoned:  # the process that died holding it
                mend()

    The handle stays open after the block, to be used again. A `timeout` in seconds ends a `with`
    that waits by Timeout.
    """

    __slots__ = ()

    def __new__(cls, name, *, timeout=None, directory=None):
        return super().__new__(cls, name, 1, timeout, directory)


class Semaphore(_native.Locker):
    """As Lock, but so many handles may have it at once; all must open it with the same number."""

    __slots__ = ()

    def __new__(cls, name, permits, *, timeout=None, directory=None):
        return super().__new__(cls, name, permits, timeout, directory)
