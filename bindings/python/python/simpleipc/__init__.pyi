import os
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from types import TracebackType
from typing import Any, NamedTuple, TypeVar, Union, final, overload

from .errors import BadName as BadName
from .errors import Busy as Busy
from .errors import Cancelled as Cancelled
from .errors import Closed as Closed
from .errors import Conflict as Conflict
from .errors import Corrupt as Corrupt
from .errors import Error as Error
from .errors import Evicted as Evicted
from .errors import Forked as Forked
from .errors import Full as Full
from .errors import Gone as Gone
from .errors import Interrupted as Interrupted
from .errors import Misuse as Misuse
from .errors import NoPermission as NoPermission
from .errors import NoSpace as NoSpace
from .errors import Retry as Retry
from .errors import ServerDied as ServerDied
from .errors import ServiceError as ServiceError
from .errors import SystemFailure as SystemFailure
from .errors import Timeout as Timeout
from .errors import TooLarge as TooLarge
from .errors import TooMany as TooMany
from .errors import Unlinked as Unlinked
from .errors import WrongPattern as WrongPattern
from .values import Opaque as Opaque
from .values import Tensor as Tensor
from .values import Uint as Uint

__version__: str
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

_Directory = Union[str, "os.PathLike[str]", None]

class _Handle:
    def interrupt(self) -> None: ...
    def close(self) -> None: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

class _Producer(_Handle):
    def loan(
        self,
        shape: int | Sequence[int],
        dtype: Any = "uint8",
        format: str = "",
        timeout: float | None = None,
    ) -> Any:
        """A writable array inside the channel (without NumPy a memoryview)."""
    def loan_bytes(self, len: int, timeout: float | None = None) -> memoryview: ...

class Publisher(_Producer):
    def __new__(
        cls,
        name: str,
        *,
        history: int = 0,
        depth: int = 0,
        unstamped: bool = False,
        pool_bytes_max: int = 0,
        directory: _Directory = None,
    ) -> Publisher: ...
    def __enter__(self) -> Publisher: ...
    def publish(
        self, value: Any, capture_time_ns: int = 0, timeout: float | None = None
    ) -> None: ...

class Sender(_Producer):
    def __new__(
        cls,
        name: str,
        *,
        depth: int = 0,
        unstamped: bool = False,
        pool_bytes_max: int = 0,
        directory: _Directory = None,
    ) -> Sender: ...
    def __enter__(self) -> Sender: ...
    def send(
        self, value: Any, capture_time_ns: int = 0, timeout: float | None = None
    ) -> None: ...

class _Source(_Handle):
    @property
    def timeout(self) -> float | None: ...
    def fileno(self) -> int: ...

class _Consumer(_Source, Iterator["Message"], AsyncIterator["Message"]):
    def receive(self, timeout: float | None = ...) -> Message: ...
    async def receive_async(self, timeout: float | None = ...) -> Message: ...
    def __next__(self) -> Message: ...
    async def __anext__(self) -> Message: ...

_C = TypeVar("_C", bound=_Handle)

class Subscriber(_Consumer):
    def __new__(
        cls,
        name: str,
        *,
        lossless: bool = False,
        latest: bool = False,
        tap: bool = False,
        history: int = 0,
        timeout: float | None = None,
        depth: int = 0,
        pool_bytes_max: int = 0,
        directory: _Directory = None,
    ) -> Subscriber: ...
    def __enter__(self) -> Subscriber: ...

class Receiver(_Consumer):
    def __new__(
        cls,
        name: str,
        *,
        timeout: float | None = None,
        depth: int = 0,
        pool_bytes_max: int = 0,
        directory: _Directory = None,
    ) -> Receiver: ...
    def __enter__(self) -> Receiver: ...

class Setter(_Producer):
    def __new__(
        cls, name: str, *, unstamped: bool = False, pool_bytes_max: int = 0,
        directory: _Directory = None,
    ) -> Setter: ...
    def __enter__(self) -> Setter: ...
    def set(
        self, value: Any, capture_time_ns: int = 0, timeout: float | None = None
    ) -> None: ...
    def set_if(
        self,
        value: Any,
        expected: int | None,
        capture_time_ns: int = 0,
        timeout: float | None = None,
    ) -> None: ...

class Watcher(_Consumer):
    def __new__(
        cls, name: str, *, timeout: float | None = None, pool_bytes_max: int = 0,
        directory: _Directory = None,
    ) -> Watcher: ...
    def __enter__(self) -> Watcher: ...
    def get(self, timeout: float | None = None) -> Message: ...

class Notifier(_Handle):
    def __new__(cls, name: str, *, directory: _Directory = None) -> Notifier: ...
    def __enter__(self) -> Notifier: ...
    def notify(self) -> None: ...

class Waiter(_Source, Iterator[int], AsyncIterator[int]):
    def __new__(
        cls, name: str, *, timeout: float | None = None, signal: int = 0,
        directory: _Directory = None,
    ) -> Waiter: ...
    def __enter__(self) -> Waiter: ...
    def __next__(self) -> int: ...
    async def __anext__(self) -> int: ...
    def wait(self, timeout: float | None = ...) -> int: ...
    async def wait_async(self, timeout: float | None = ...) -> int: ...

class Lock(_Handle):
    def __new__(
        cls, name: str, *, timeout: float | None = None, directory: _Directory = None
    ) -> Lock: ...
    def __enter__(self) -> Lock: ...
    def acquire(self, timeout: float | None = None) -> bool: ...
    def release(self) -> None: ...
    @property
    def abandoned(self) -> int | None: ...

class Semaphore(_Handle):
    def __new__(
        cls, name: str, permits: int, *, timeout: float | None = None,
        directory: _Directory = None,
    ) -> Semaphore: ...
    def __enter__(self) -> Semaphore: ...
    def acquire(self, timeout: float | None = None) -> bool: ...
    def release(self) -> None: ...
    @property
    def abandoned(self) -> int | None: ...

class Client(_Handle):
    def __new__(
        cls, name: str, *, depth: int = 0, pool_bytes_max: int = 0, directory: _Directory = None
    ) -> Client: ...
    def __enter__(self) -> Client: ...
    def call(
        self,
        method: str,
        /,
        *args: Any,
        timeout: float | None = None,
        idempotent: bool = False,
        **named: Any,
    ) -> Any: ...
    async def call_async(
        self,
        method: str,
        /,
        *args: Any,
        timeout: float | None = None,
        idempotent: bool = False,
        **named: Any,
    ) -> Any: ...
    def start(self, method: str, /, *args: Any, idempotent: bool = False, **named: Any) -> Call: ...
    def send(self, method: str, /, *args: Any, **named: Any) -> None: ...
    def methods(self, timeout: float | None = None) -> list[dict[str, Any]]: ...
    def fileno(self) -> int: ...

@final
class Call(Iterator[Any], AsyncIterator[Any], Awaitable[Any]):
    def result(self, timeout: float | None = None) -> Any: ...
    async def result_async(self, timeout: float | None = None) -> Any: ...
    def __await__(self) -> Generator[Any, None, Any]: ...
    def next(self, timeout: float | None = None) -> Any: ...
    def __next__(self) -> Any: ...
    async def __anext__(self) -> Any: ...
    def cancel(self) -> None: ...

@final
class Request:
    method: str
    args: Any
    def reply(self, value: Any = None) -> None: ...
    def push(self, value: Any) -> None: ...
    def fail(self, code: int, message: str, data: Any = None) -> None: ...
    @property
    def cancelled(self) -> bool: ...
    @property
    def one_way(self) -> bool: ...

_F = TypeVar("_F", bound=Callable[..., Any])

class Server(_Source, Iterator[Request], AsyncIterator[Request]):
    def __new__(
        cls, name: str | None = None, *, timeout: float | None = None, depth: int = 0,
        pool_bytes_max: int = 0, directory: _Directory = None,
    ) -> Server: ...
    def __enter__(self) -> Server: ...
    def __next__(self) -> Request: ...
    async def __anext__(self) -> Request: ...
    def receive(self, timeout: float | None = ...) -> Request: ...
    async def receive_async(self, timeout: float | None = ...) -> Request: ...
    @overload
    def method(self, function: _F) -> _F: ...
    @overload
    def method(
        self, *, name: str | None = None, idempotent: bool = False
    ) -> Callable[[_F], _F]: ...
    def serve(self, timeout: float | None = ...) -> None: ...
    async def serve_async(self, timeout: float | None = ...) -> None: ...

@final
class Event:
    event: str
    plugin: str
    pid: int
    text: str | None
    stream: str | None
    methods: list[str] | None
    code: int | None
    signal: int | None
    after: float | None
    missed: int
    def __init__(self, message: Message) -> None: ...

class Host(_Source, Iterator[Event], AsyncIterator[Event]):
    def __new__(
        cls, name: str, *, timeout: float | None = None, directory: _Directory = None
    ) -> Host: ...
    def __enter__(self) -> Host: ...
    def __next__(self) -> Event: ...
    async def __anext__(self) -> Event: ...
    def receive(self, timeout: float | None = ...) -> Event: ...
    async def receive_async(self, timeout: float | None = ...) -> Event: ...
    def start(
        self,
        name: str,
        program: str | os.PathLike[str],
        args: Iterable[str | os.PathLike[str]] = ...,
        *,
        restarts: int = 3,
        within: float = 60.0,
        hang_after: float | None = None,
    ) -> None: ...
    def stop(self, name: str) -> None: ...
    def client(self, plugin: str) -> Client: ...

class Peer(NamedTuple):
    pid: int
    program: str
    language: str
    role: str
    since_ns: int
    id: int

class PeerEvent(NamedTuple):
    up: bool
    peer: Peer
    @classmethod
    def of(cls, message: Message) -> PeerEvent: ...

class PeerWatcher(_Source, Iterator[PeerEvent], AsyncIterator[PeerEvent]):
    def __new__(
        cls, name: str, *, timeout: float | None = None, directory: _Directory = None
    ) -> PeerWatcher: ...
    def __enter__(self) -> PeerWatcher: ...
    def __next__(self) -> PeerEvent: ...
    async def __anext__(self) -> PeerEvent: ...
    def receive(self, timeout: float | None = ...) -> PeerEvent: ...
    async def receive_async(self, timeout: float | None = ...) -> PeerEvent: ...

@final
class Message:
    @property
    def value(self) -> Any: ...
    @property
    def buffer(self) -> memoryview: ...
    @property
    def format(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def sender(self) -> int: ...
    @property
    def publish_time_ns(self) -> int: ...
    @property
    def capture_time_ns(self) -> int: ...
    @property
    def receive_time_ns(self) -> int: ...
    @property
    def age_ns(self) -> int | None: ...
    @property
    def flags(self) -> int: ...
    @property
    def missed(self) -> int: ...
    @property
    def redelivered(self) -> bool: ...
    def release(self) -> None: ...
    def __enter__(self) -> Message: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

def send(name: str, value: Any) -> None: ...
def publish(name: str, value: Any) -> None: ...
def receive(name: str, *, timeout: float | None = None) -> Receiver: ...
def subscribe(
    name: str,
    *,
    lossless: bool = False,
    latest: bool = False,
    tap: bool = False,
    history: int = 0,
    timeout: float | None = None,
) -> Subscriber: ...
def set(name: str, value: Any) -> None: ...
def get(name: str, timeout: float | None = None) -> Message: ...
def notify(name: str) -> None: ...
@overload
def wait(what: str, timeout: float | None = None) -> int: ...
@overload
def wait(what: Sequence[_C], timeout: float | None = None) -> _C: ...
def call(
    service: str,
    method: str,
    /,
    *args: Any,
    timeout: float | None = None,
    idempotent: bool = False,
    **named: Any,
) -> Any: ...
async def call_async(
    service: str,
    method: str,
    /,
    *args: Any,
    timeout: float | None = None,
    idempotent: bool = False,
    **named: Any,
) -> Any: ...
def peers(name: str, directory: _Directory = None) -> list[Peer]: ...
def identify(program: str = "", language: str = "python") -> None: ...
def audit(name: str | None = None, directory: _Directory = None) -> list[dict[str, Any]]: ...
def clean(directory: _Directory = None, age_max: float = 86400.0) -> int: ...
def now_ns() -> int: ...
