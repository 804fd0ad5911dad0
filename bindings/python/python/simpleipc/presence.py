"""Presence: who has a channel open, and who comes and goes."""

import os
import sys
from collections import namedtuple

from . import _native
from .loops import Source


class Peer(namedtuple("Peer", "pid program language role since_ns id")):
    """An open handle of a channel, of a process that lives.

    `pid` is its process, as that sees its own number; `role` the verb it has opened the channel
    for, as "subscribe"; `since_ns` a time of now_ns(); `id` is the `sender` of its messages.
    """

    __slots__ = ()


class PeerEvent(namedtuple("PeerEvent", "up peer")):
    """Somebody has come (`up` is True), or has gone, however that happened."""

    __slots__ = ()

    @classmethod
    def of(cls, message):
        """Reads a message taken from a PeerWatcher."""
        told = message.value
        return cls(told["event"] == "up", _peer(told))


def _peer(told):
    return Peer(*(told[name] for name in Peer._fields))


class PeerWatcher(Source):
    """Tells who comes to a channel and who goes, also by being killed; first who is there already.
    It takes no part itself, and may be there before the channel is. Iterate over it, or receive(),
    to take events."""

    __slots__ = ()

    def __new__(cls, name, *, timeout=None, directory=None):
        return super().__new__(cls, name, _native.ROLE_PEERS, timeout, directory=directory)

    def receive(self, timeout=...):
        """The next event; without a `timeout` given waits as long as the handle was opened
        with."""
        return PeerEvent.of(super().receive() if timeout is ... else super().receive(timeout))

    def __next__(self):
        return PeerEvent.of(super().__next__())


def peers(name, directory=None):
    """Who has a channel open now, as a list of Peer in the order of their coming."""
    return [_peer(told) for told in _native.peers(name, directory).value]


def identify(program="", language="python"):
    """Says what handles that are opened from now on show as this program; without a name that of
    the executable."""
    _native.identify(program, language)


def script():
    """The name of the program that Python runs; empty if it has none, as in a shell."""
    path = (getattr(sys, "argv", None) or [""])[0]
    if os.path.basename(path) == "__main__.py":  # python -m package
        path = os.path.dirname(path)
    name = os.path.basename(path)
    return "" if name in ("-c", "-m") else os.fsencode(name).decode("utf-8", "replace")
