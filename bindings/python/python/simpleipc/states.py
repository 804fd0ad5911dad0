"""States, which have a latest value, and signals, which say that something has happened."""

from . import _native
from .loops import Source


class Setter(_native.Producer):
    """Sets the value of a state; it stays when the setter has gone."""

    __slots__ = ()

    def __new__(cls, name, *, unstamped=False, pool_bytes_max=0, directory=None):
        return super().__new__(
            cls, name, _native.ROLE_SET, 0, 0, unstamped, pool_bytes_max, directory
        )

    set = _native.Producer.put
    set_if = _native.Producer.put_if


class Watcher(Source):
    """Looks at the value of a state. get() is the value as it is now; receive(), and iterating,
    the newest one that this watcher has not taken yet."""

    __slots__ = ()

    def __new__(cls, name, *, timeout=None, pool_bytes_max=0, directory=None):
        return super().__new__(
            cls,
            name,
            _native.ROLE_WATCH,
            timeout,
            pool_bytes_max=pool_bytes_max,
            directory=directory,
        )

    get = _native.Consumer.current


class Notifier(_native.Producer):
    """Says that something has happened, and waits for nobody."""

    __slots__ = ()

    def __new__(cls, name, *, directory=None):
        return super().__new__(cls, name, _native.ROLE_NOTIFY, 0, 0, False, 0, directory)

    def notify(self):
        """Tells everybody who has the signal open to wait."""
        self.put(None)


class Waiter(Source):
    """Waits for notifications; none is missed from its opening on. With `signal`, as
    signal.SIGUSR1, each one raises that signal in this process instead."""

    __slots__ = ()

    def __new__(cls, name, *, timeout=None, signal=0, directory=None):
        return super().__new__(
            cls, name, _native.ROLE_WAIT, timeout, signal=signal, directory=directory
        )

    def wait(self, timeout=...):
        """Waits at most `timeout` seconds, without one given as long as the handle was opened
        with; answers how many notifications there were since the last time."""
        message = self.receive() if timeout is ... else self.receive(timeout)
        return int(message.value)

    async def wait_async(self, timeout=...):
        """wait() for tasks of asyncio, which others run beside."""
        return int((await self.receive_async(timeout)).value)

    def __next__(self):
        return int(super().__next__().value)

    async def __anext__(self):
        return int((await super().__anext__()).value)
