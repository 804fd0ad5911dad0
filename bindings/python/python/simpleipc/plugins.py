"""Plugins: programs that a host starts, calls and looks after.

The host, and a plugin::

    with ipc.Host("editor") as host:
        host.start("spell", sys.executable, ["spell.py"])  # serves editor.spell
        host.client("spell").call("check", "text")
        for event in host:
            print(event)

    server = ipc.Server()
"""

import os

from . import _native
from .loops import Source
from .services import Client


class Event:
    """Something that has happened to a plugin. What is not told with it is None.

    `event` is "started", "failed" (`text`), "ready" (`methods`), "output" (`stream`, `text`),
    "hung", "ended" (`code`), "killed" (`signal`), "restarting" (`after`, in seconds) or "given_up".
    `pid` is 0 if the plugin has no process; `missed` counts events that the host was too slow for.
    """

    __slots__ = (
        "event",
        "plugin",
        "pid",
        "text",
        "stream",
        "methods",
        "code",
        "signal",
        "after",
        "missed",
    )

    def __init__(self, message):
        """Reads what a host has published on its topic of events."""
        told = dict(message.value)
        for name in ("event", "plugin", "pid"):
            setattr(self, name, told[name])
        for name in ("text", "stream", "methods", "code", "signal"):
            setattr(self, name, told.get(name))
        self.after = told["after_ms"] / 1000 if "after_ms" in told else None
        self.missed = message.missed

    def __repr__(self):
        facts = ((name, getattr(self, name)) for name in self.__slots__)
        return f"Event({', '.join(f'{name}={fact!r}' for name, fact in facts if fact is not None)})"


class Host(Source):
    """Starts programs as plugins and hears what becomes of them; they end with it, also when it is
    killed. A plugin `spell` of the host `editor` serves `editor.spell`. Iterate over it, or
    receive(), to take events; anybody may subscribe to `editor.events`."""

    def __new__(cls, name, *, timeout=None, directory=None):
        self = super().__new__(cls, name, _native.ROLE_HOST, timeout, directory=directory)
        self._name = name
        self._directory = directory
        return self

    def start(self, name, program, args=(), *, restarts=3, within=60.0, hang_after=None):
        """Starts a program, a path or a name to be found in PATH, as a plugin with a name of its
        own without dots. That it runs, or cannot, is an event.

        It is started again when it crashes, at most `restarts` times `within` so many seconds; one
        that ends with code 0 has done what it wanted. One that takes no call for `hang_after`
        seconds hangs, is killed and started again; without that it may take as long as it likes.
        """
        wish = {
            "name": name,
            "program": os.fsdecode(program),
            "args": [os.fsdecode(arg) for arg in args],
            "restarts": int(restarts),
            "seconds": float(within),
        }
        if hang_after is not None:
            wish["hang_after"] = float(hang_after)
        self.plugin(wish)

    def stop(self, name):
        """Asks a plugin to end, and after two seconds ends it; returns when it has gone."""
        self.plugin({"name": name, "stop": True})

    def client(self, plugin):
        """A Client of a plugin, of whichever process it is at the time."""
        return Client(f"{self._name}.{plugin}", directory=self._directory)

    def receive(self, timeout=...):
        """The next event; without a `timeout` given waits as long as the handle was opened
        with."""
        return Event(super().receive() if timeout is ... else super().receive(timeout))

    def __next__(self):
        return Event(super().__next__())
