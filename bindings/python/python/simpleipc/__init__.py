"""Any program talks to any other program on this machine.

Topics (publish / subscribe), queues (send / receive), states (set / get / watch), signals
(notify / wait), locks and services (serve / call) in shared memory, without a server, a schema or a
set-up call; programs as plugins of a Host; and who is there (peers)::

    import simpleipc as ipc

    ipc.send("chat", "hello")                    # one program
    for message in ipc.receive("chat"):          # another one, in any language
        print(message.value)

Timeouts are seconds; None waits for ever and 0 only tries. Times are nanoseconds of
CLOCK_MONOTONIC, the same in every process of the machine.
"""

import atexit
import os

from . import _native
from ._native import Message, get, notify, now_ns, publish, send, set
from .errors import (
    BadName,
    Busy,
    Cancelled,
    Closed,
    Conflict,
    Corrupt,
    Error,
    Evicted,
    Forked,
    Full,
    Gone,
    Interrupted,
    Misuse,
    NoPermission,
    NoSpace,
    Retry,
    ServerDied,
    ServiceError,
    SystemFailure,
    Timeout,
    TooLarge,
    TooMany,
    Unlinked,
    WrongPattern,
)
from .locks import Lock, Semaphore
from .loops import Source as _Source
from .plugins import Event, Host
from .presence import Peer, PeerEvent, PeerWatcher, identify, peers, script
from .services import Call, Client, Request, Server, call, call_async
from .states import Notifier, Setter, Waiter, Watcher
from .values import Opaque, Tensor, Uint

__version__ = _native.version()

__all__ = [
    "BadName",
    "Busy",
    "Call",
    "Cancelled",
    "Client",
    "Closed",
    "Conflict",
    "Corrupt",
    "Error",
    "Event",
    "Evicted",
    "Forked",
    "Full",
    "Gone",
    "Host",
    "Interrupted",
    "Lock",
    "Message",
    "Misuse",
    "NoPermission",
    "NoSpace",
    "Notifier",
    "Opaque",
    "Peer",
    "PeerEvent",
    "PeerWatcher",
    "Publisher",
    "Receiver",
    "Request",
    "Retry",
    "Semaphore",
    "Sender",
    "Server",
    "ServerDied",
    "ServiceError",
    "Setter",
    "Subscriber",
    "SystemFailure",
    "Tensor",
    "Timeout",
    "TooLarge",
    "TooMany",
    "Uint",
    "Unlinked",
    "Waiter",
    "Watcher",
    "WrongPattern",
    "audit",
    "call",
    "call_async",
    "clean",
    "get",
    "identify",
    "notify",
    "now_ns",
    "peers",
    "publish",
    "receive",
    "send",
    "set",
    "subscribe",
    "wait",
]


class Publisher(_native.Producer):
    """Publishes on a topic: every subscriber gets every message."""

    __slots__ = ()

    def __new__(
        cls, name, *, history=0, depth=0, unstamped=False, pool_bytes_max=0, directory=None
    ):
        return super().__new__(
            cls, name, _native.ROLE_PUBLISH, history, depth, unstamped, pool_bytes_max, directory
        )

    publish = _native.Producer.put


class Sender(_native.Producer):
    """Sends to a queue: each message goes to one receiver, and waits for it in the channel."""

    __slots__ = ()

    def __new__(cls, name, *, depth=0, unstamped=False, pool_bytes_max=0, directory=None):
        return super().__new__(
            cls, name, _native.ROLE_SEND, 0, depth, unstamped, pool_bytes_max, directory
        )

    send = _native.Producer.put


class Subscriber(_Source):
    """Takes the messages of a topic; iterating ends when `timeout` passes without one."""

    __slots__ = ()

    def __new__(
        cls,
        name,
        *,
        lossless=False,
        latest=False,
        tap=False,
        history=0,
        timeout=None,
        depth=0,
        pool_bytes_max=0,
        directory=None,
    ):
        return super().__new__(
            cls,
            name,
            _native.ROLE_SUBSCRIBE,
            timeout,
            lossless,
            latest,
            history,
            depth,
            pool_bytes_max,
            directory,
            tap,
        )


class Receiver(_Source):
    """Takes messages out of a queue; iterating ends when `timeout` passes without one."""

    __slots__ = ()

    def __new__(cls, name, *, timeout=None, depth=0, pool_bytes_max=0, directory=None):
        return super().__new__(
            cls,
            name,
            _native.ROLE_RECEIVE,
            timeout,
            depth=depth,
            pool_bytes_max=pool_bytes_max,
            directory=directory,
        )


def subscribe(name, *, lossless=False, latest=False, tap=False, history=0, timeout=None):
    """Opens a Subscriber: ``for message in subscribe("topic"): ...``"""
    return Subscriber(
        name, lossless=lossless, latest=latest, tap=tap, history=history, timeout=timeout
    )


def receive(name, *, timeout=None):
    """Opens a Receiver: ``for message in receive("queue"): ...``"""
    return Receiver(name, timeout=timeout)


def wait(what, timeout=None):
    """Waits until one of several handles has a message, or a reply to one of its calls, and returns
    that one; take from it with a timeout of 0. Given the name of a signal: waits for notifications
    and returns their number."""
    if isinstance(what, str):
        return _native.wait_signal(what, timeout)
    return _native.wait(what, timeout)


def audit(name=None, directory=None):
    """Describes one channel, or all of a directory, as a list of dicts; changes nothing."""
    import json

    return json.loads(_native.audit(name, directory))


def clean(directory=None, age_max=86400.0):
    """Removes what nobody uses: files of channels whose processes are all dead, and queues nobody
    has open whose newest message is older than `age_max` seconds. Returns how many channels."""
    return _native.clean(directory, age_max)


identify(script())

# The handles behind send() and its like: a forked child needs its own, and at the end they are
# closed, so that the last program out removes the files.
os.register_at_fork(after_in_child=_native.close_cached)
atexit.register(_native.close_cached)
