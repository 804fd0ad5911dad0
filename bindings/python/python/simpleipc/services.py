"""Services: methods of one program that others call.

One program, and another::

    server = ipc.Server("calc")

    @server.method
    def add(a, b):
        return a + b

    server.serve()

    ipc.call("calc", "add", 1, 2)  # 3
"""

import asyncio
import contextlib
import functools
import inspect
import os
import threading
import weakref

from . import _native
from .errors import (
    Busy,
    Cancelled,
    Closed,
    Error,
    Gone,
    Interrupted,
    Misuse,
    ServerDied,
    ServiceError,
    Timeout,
)
from .loops import Source, attempted, look

_NO_SUCH_METHOD = -32601
_BAD_ARGUMENTS = -32602
_BROKEN = -32603


class Client(_native.Caller):
    """Calls the methods of a service; a thread has its own."""

    __slots__ = ("_calls",)

    def __new__(cls, name, *, depth=0, pool_bytes_max=0, directory=None):
        self = super().__new__(cls, name, depth, pool_bytes_max, directory)
        self._calls = weakref.WeakSet()
        return self

    def call(self, method, /, *args, timeout=None, idempotent=False, **named):
        """Calls a method and returns its result; without one within `timeout` seconds the call is
        cancelled and Timeout raised. What the server raises is a ServiceError here. An idempotent
        call goes to another server if the one that has it dies; any other is then ServerDied."""
        return self.start(method, *args, idempotent=idempotent, **named).result(timeout)

    async def call_async(self, method, /, *args, timeout=None, idempotent=False, **named):
        """call() for tasks of asyncio, which others run beside. A task that is cancelled cancels
        the call. It never waits for room: without any it raises Full."""
        call = self._start(method, args, named, idempotent, 0)
        return await call.result_async(timeout)

    def start(self, method, /, *args, idempotent=False, **named):
        """Starts a call; many can be in flight."""
        return self._start(method, args, named, idempotent, _ROOM)

    def _start(self, method, args, named, idempotent, room):
        flags = _native.CALL_IDEMPOTENT if idempotent else 0
        call = Call(self, self.begin(method, _given(args, named), flags, room))
        self._calls.add(call)
        return call

    def _collect(self):
        """Takes what has come for any call, whoever waits for it: as long as there is something,
        the descriptor is readable."""
        for call in list(self._calls):
            call._collect()

    def send(self, method, /, *args, **named):
        """Calls a method and does not ask what becomes of it."""
        self.begin(method, _given(args, named), _native.CALL_ONE_WAY, _ROOM)

    def methods(self, timeout=None):
        """What the service offers, as a list of dicts."""
        return self.call(".methods", timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()


# How long a call waits for room, in seconds.
_ROOM = 5.0


def _given(args, named):
    """The arguments as they are sent: a list, a map if they have names, or nothing."""
    if args and named:
        raise TypeError("the arguments of a call have all a name, or none")
    return named or (list(args) if args else None)


class Call:
    """A call in flight; iterate over it, with ``for`` or ``async for``, to take the replies of a
    stream one by one. ``await call`` is its result."""

    __slots__ = ("_client", "_number", "_arrived", "_end", "_is_over", "__weakref__")

    def __init__(self, client, number):
        self._client = client
        self._number = number
        self._arrived = []  # collected while a task waited for this call or for another
        self._end = None
        self._is_over = False

    def result(self, timeout=None):
        """The result, after all replies of a stream, which are thrown away. If it does not come
        within `timeout` seconds the call is cancelled."""
        deadline = None if timeout is None else _native.now_ns() + round(timeout * 1e9)
        try:
            while self._end is None:
                left = None if deadline is None else max(deadline - _native.now_ns(), 0) / 1e9
                self._take(left)
        except Timeout:
            self.cancel()
            raise
        return self._end.value

    async def result_async(self, timeout=None):
        """result() for tasks of asyncio; a task that is cancelled cancels the call."""
        deadline = None if timeout is None else _native.now_ns() + round(timeout * 1e9)
        try:
            while self._end is None:
                left = None if deadline is None else max(deadline - _native.now_ns(), 0) / 1e9
                await self._take_async(left)
        except (Timeout, asyncio.CancelledError):
            self.cancel()
            raise
        return self._end.value

    def __await__(self):
        return self.result_async().__await__()

    def next(self, timeout=None):
        """The next reply of a stream; StopIteration when there are no more, Timeout when there is
        none yet, after which one may ask again."""
        message = None if self._end is not None else self._take(timeout)
        if message is None:
            raise StopIteration(self._end.value)
        return message.value

    def cancel(self):
        """Ends the call; a server that works on it sees that nobody waits."""
        self._client.cancel(self._number)
        look(self._client)

    def __del__(self):
        if not self._is_over:
            self._client.drop_call(self._number)
            look(self._client)

    def _take(self, timeout):
        """A reply of a stream; the end is kept."""
        message, is_failed = self._arrived.pop(0)() if self._arrived else self._pull(timeout)
        if is_failed:
            raise ServiceError(**message.value)
        if message.flags & _native.MESSAGE_MORE:
            return message
        self._end = message
        return None

    async def _take_async(self, timeout):
        here = self._client, timeout, self._client._collect, self._has_arrived
        return await attempted(self._take, *here)

    def _pull(self, timeout):
        """A reply, and whether it is an error of the server's program."""
        try:
            message, is_failed = self._client.result(self._number, timeout)
        except (Timeout, Interrupted, Busy):
            raise
        except Error:
            self._end_here()
            raise
        if is_failed or not message.flags & _native.MESSAGE_MORE:
            self._end_here()
        return message, is_failed

    def _end_here(self):
        self._is_over = True
        self._client._calls.discard(self)

    def _has_arrived(self):
        return bool(self._arrived)

    def _collect(self):
        while not self._is_over:
            try:
                reply = self._pull(0)
            except (Timeout, Interrupted, Busy):
                return
            except Error as error:
                self._arrived.append(functools.partial(_raise, error))
            else:
                self._arrived.append(lambda reply=reply: reply)

    def __iter__(self):
        return self

    __next__ = next

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = None if self._end is not None else await self._take_async(None)
        if message is None:
            raise StopAsyncIteration
        return message.value


def _raise(error):
    raise error


class Request:
    """A call that was taken and is to be answered."""

    __slots__ = ("method", "args", "_message")

    def __init__(self, message):
        self.method, self.args = message.value
        self._message = message

    def reply(self, value=None):
        """Answers with the result."""
        _native.reply(self._message, value, 0)

    def push(self, value):
        """One reply of a stream, before the result; Cancelled if nobody waits."""
        _native.reply(self._message, value, _native.REPLY_MORE)

    def fail(self, code, message, data=None):
        """Answers with an error, which the client gets as a ServiceError."""
        failure = {"code": code, "message": message, "data": data}
        _native.reply(self._message, failure, _native.REPLY_ERROR)

    @property
    def cancelled(self):
        """Nobody waits for the answer any more; to be asked in long work."""
        return _native.cancelled(self._message)

    @property
    def one_way(self):
        """The client does not ask what becomes of it."""
        return bool(self._message.flags & _native.MESSAGE_ONE_WAY)


class Server(Source):
    """Takes the calls of a service: each goes to one of its servers. Give it methods and let it
    serve(), or iterate over it and answer the requests yourself. Without a name it is the service
    that this process is to be as the plugin of a Host."""

    def __new__(cls, name=None, *, timeout=None, depth=0, pool_bytes_max=0, directory=None):
        self = super().__new__(
            cls,
            name,
            _native.ROLE_SERVE,
            timeout,
            depth=depth,
            pool_bytes_max=pool_bytes_max,
            directory=directory,
        )
        self._methods = {}
        self._offer = []
        return self

    def method(self, function=None, *, name=None, idempotent=False):
        """A decorator: makes a function a method of the service. If it is idempotent, a call of it
        is done again by another server when this one dies. Values that a generator yields are
        replies of a stream; what it returns is the result."""
        if function is None:
            return lambda function: self.method(function, name=name, idempotent=idempotent)
        name = name or function.__name__
        entry = {"name": name, "idempotent": idempotent, "about": inspect.getdoc(function) or ""}
        parameters = inspect.signature(function).parameters.values()
        entry["args"] = [[one.name, _type_text(one.annotation)] for one in parameters]
        self.describe([*self._offer, entry])
        self._offer.append(entry)
        self._methods[name] = function
        return function

    def receive(self, timeout=...):
        """The next request; without a `timeout` given waits as long as the handle was opened
        with."""
        return Request(super().receive() if timeout is ... else super().receive(timeout))

    def __next__(self):
        return Request(super().__next__())

    def serve(self, timeout=...):
        """Answers calls until the handle is closed or interrupted, or until none came within
        `timeout` seconds."""
        while True:
            try:
                request = self.receive(timeout)
            except (Timeout, Closed, Interrupted):
                return
            self._answer(request)

    async def serve_async(self, timeout=...):
        """serve() for tasks of asyncio. Methods that are coroutine functions or asynchronous
        generators run beside each other; others hold up the event loop. Cancelled, it cancels
        the methods that run; at any other end it waits for them."""
        tasks = set()
        try:
            while True:
                try:
                    request = await self.receive_async(timeout)
                except (Timeout, Closed, Interrupted):
                    break
                task = asyncio.ensure_future(self._answer_async(request))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                del request, task  # its client is told if it ends without an answer
            if tasks:
                await asyncio.wait(tasks)
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)

    def _answer(self, request):
        work = self._work(request)
        if work is None:
            return
        try:
            result = work()
            if inspect.isgenerator(result):
                result = _push(request, result)
            elif inspect.iscoroutine(result):
                result.close()
                raise TypeError("a coroutine function is a method of serve_async() only")
        except Exception as error:
            return _refuse(request, error)
        _finish(request, result)

    async def _answer_async(self, request):
        work = self._work(request)
        if work is None:
            return
        try:
            result = work()
            if inspect.isawaitable(result):
                result = await result
            elif inspect.isasyncgen(result):
                async for value in result:
                    request.push(value)
                result = None
            elif inspect.isgenerator(result):
                result = _push(request, result)
        except Exception as error:
            return _refuse(request, error)
        _finish(request, result)

    def _work(self, request):
        """The method with its arguments; None if there is none, which has been answered."""
        function = self._methods.get(request.method)
        if function is None:
            return request.fail(_NO_SUCH_METHOD, f"there is no method {request.method}")
        args, named = _bound(request.args)
        try:
            inspect.signature(function).bind(*args, **named)
        except TypeError as error:
            return request.fail(_BAD_ARGUMENTS, f"{request.method}: {error}")
        return functools.partial(function, *args, **named)


def _refuse(request, error):
    """Answers with what a method has raised."""
    if isinstance(error, Cancelled):
        return
    if isinstance(error, ServiceError):
        return request.fail(error.code, error.message, error.data)
    request.fail(_BROKEN, f"{type(error).__name__}: {error}")


def _finish(request, result):
    """Answers with what a method has returned."""
    try:
        request.reply(result)
    except Exception as error:
        try:
            request.fail(_BROKEN, f"the result cannot be sent: {error}")
        except Misuse:
            pass  # a result that is too large: the client has been told


def _type_text(annotation):
    """A type as it is described to callers."""
    if annotation is inspect.Parameter.empty:
        return "any"
    return getattr(annotation, "__name__", str(annotation))


def _bound(args):
    """What was sent as the arguments of a function."""
    if args is None:
        return (), {}
    if isinstance(args, list):
        return args, {}
    if isinstance(args, dict):
        return (), args
    return (args,), {}


def _push(request, generator):
    """Sends what a generator yields and answers what it returns."""
    try:
        while True:
            request.push(next(generator))
    except StopIteration as end:
        return end.value
    finally:
        generator.close()


_clients = threading.local()


def call(service, method, /, *args, timeout=None, idempotent=False, **named):
    """Calls a method of a service and returns its result; see Client.call. The client behind it
    is opened on first use and stays open in this thread."""
    with _client(service) as client:
        return client.call(method, *args, timeout=timeout, idempotent=idempotent, **named)


async def call_async(service, method, /, *args, timeout=None, idempotent=False, **named):
    """call() for tasks of asyncio; see Client.call_async."""
    with _client(service) as client:
        options = {"timeout": timeout, "idempotent": idempotent}
        return await client.call_async(method, *args, **options, **named)


@contextlib.contextmanager
def _client(service):
    """This thread's client of a service."""
    if getattr(_clients, "pid", None) != os.getpid():
        _clients.pid, _clients.of = os.getpid(), {}
    client = _clients.of.get(service)
    if client is None:
        client = _clients.of[service] = Client(service)
    try:
        yield client
    except Gone as gone:
        if not isinstance(gone, ServerDied):
            _clients.of.pop(service, None)  # of no use any more: the next call opens it anew
        raise
