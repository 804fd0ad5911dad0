"""Any program talks to any other program on this machine.

Topics (publish / subscribe) and queues (send / receive) in shared memory, without a server, a
schema or a set-up call::

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
from ._native import Message, now_ns, publish, send, wait
from .errors import (
    BadName,
    Busy,
    Closed,
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
    SystemFailure,
    Timeout,
    TooLarge,
    TooMany,
    Unlinked,
    WrongPattern,
)
from .values import Opaque, Tensor, Uint

__version__ = _native.version()

__all__ = [
    "BadName",
    "Busy",
    "Closed",
    "Corrupt",
    "Error",
    "Evicted",
    "Forked",
    "Full",
    "Gone",
    "Interrupted",
    "Message",
    "Misuse",
    "NoPermission",
    "NoSpace",
    "Opaque",
    "Publisher",
    "Receiver",
    "Retry",
    "Sender",
    "Subscriber",
    "SystemFailure",
    "Tensor",
    "Timeout",
    "TooLarge",
    "TooMany",
    "Uint",
    "Unlinked",
    "WrongPattern",
    "audit",
    "clean",
    "now_ns",
    "publish",
    "receive",
    "send",
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


class Subscriber(_native.Consumer):
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


class Receiver(_native.Consumer):
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


def audit(name=None, directory=None):
    """Describes one channel, or all of a directory, as a list of dicts; changes nothing."""
    import json

    return json.loads(_native.audit(name, directory))


def clean(directory=None, age_max=86400.0):
    """Removes what nobody uses: files of channels whose processes are all dead, and queues nobody
    has open whose newest message is older than `age_max` seconds. Returns how many channels."""
    return _native.clean(directory, age_max)


# The handles behind send() and publish(): a forked child needs its own, and at the end they are
# closed, so that the last program out removes the files.
os.register_at_fork(after_in_child=_native.close_cached)
atexit.register(_native.close_cached)
