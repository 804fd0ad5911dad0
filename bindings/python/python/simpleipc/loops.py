"""Event loops: tasks of asyncio wait for handles, without a thread of Python's or polling.

A handle's descriptor is in the event loop as long as tasks wait for it. It is a copy: closing the
handle, in whichever thread, makes the copy readable, so that whoever waits hears of it.
"""

import asyncio
import os
import weakref

from . import _native
from .errors import Timeout

# The handles that tasks of an event loop wait for.
_awaited = weakref.WeakKeyDictionary()


class _Readable:
    """A handle's descriptor in an event loop, and the tasks that wait for it."""

    __slots__ = ("_loop", "_descriptor", "_before", "futures")

    def __init__(self, loop, handle, before):
        self._loop = loop
        self._before = before
        self.futures = {}
        self._descriptor = os.dup(handle.fileno())
        try:
            loop.add_reader(self._descriptor, self.wake)
        except BaseException:
            os.close(self._descriptor)
            raise

    def wake(self):
        if self._before is not None:
            self._before()
        for future, is_due in self.futures.items():
            if is_due() and not future.done():
                future.set_result(True)

    def end(self):
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)


def _always():
    return True


async def readable(handle, timeout=None, before=None, is_due=_always):
    """Waits until there may be something to take from a handle; False if there was nothing within
    `timeout` seconds. `before` looks first, for all tasks that wait; `is_due` tells whether there
    is something for this one."""
    loop = asyncio.get_running_loop()
    handles = _awaited.setdefault(loop, {})
    here = handles.get(handle)
    if here is None:
        here = handles[handle] = _Readable(loop, handle, before)
    future = loop.create_future()
    here.futures[future] = is_due
    timer = None if timeout is None else loop.call_later(timeout, _give_up, future)
    try:
        return await future
    finally:
        if timer is not None:
            timer.cancel()
        del here.futures[future]
        if not here.futures:
            del handles[handle]
            here.end()


def _give_up(future):
    if not future.done():
        future.set_result(False)


def look(handle):
    """Has the tasks that wait for a handle look, because something has happened beside it."""
    for loop, handles in list(_awaited.items()):
        here = handles.get(handle)
        if here is not None and not loop.is_closed():
            loop.call_soon_threadsafe(here.wake)


async def attempted(attempt, handle, timeout, before=None, is_due=_always):
    """What `attempt` returns, once it does not raise Timeout any more. Nothing is awaited between
    that and the end: a task that is cancelled has taken nothing."""
    deadline = None if timeout is None else _native.now_ns() + round(timeout * 1e9)
    while True:
        try:
            return attempt(0)
        except Timeout:
            left = None if deadline is None else (deadline - _native.now_ns()) / 1e9
            if left is not None and left <= 0:
                raise
        await readable(handle, left, before, is_due)


class Source(_native.Consumer):
    """What is taken from, by ``for`` and ``async for``."""

    __slots__ = ()

    async def receive_async(self, timeout=...):
        """receive() for tasks of asyncio, which others run beside. Cancelled, it has taken
        nothing."""
        timeout = self.timeout if timeout is ... else timeout
        return await attempted(self.receive, self, timeout)

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self.receive_async()
        except Timeout:
            raise StopAsyncIteration from None
