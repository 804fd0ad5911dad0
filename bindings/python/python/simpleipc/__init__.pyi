import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar, Union, final

from .errors import BadName as BadName
from .errors import Busy as Busy
from .errors import Closed as Closed
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

class _Consumer(_Handle, Iterator["Message"]):
    def receive(self, timeout: float | None = ...) -> Message: ...
    def __next__(self) -> Message: ...

_C = TypeVar("_C", bound=_Consumer)

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
def wait(handles: Sequence[_C], timeout: float | None = None) -> _C: ...
def audit(name: str | None = None, directory: _Directory = None) -> list[dict[str, Any]]: ...
def clean(directory: _Directory = None, age_max: float = 86400.0) -> int: ...
def now_ns() -> int: ...
