"""The values Python has no type of its own for."""

from typing import Any


class Uint(int):
    """An int that is sent, and was received, as an unsigned 64-bit integer.

    Arithmetic gives a plain int. Ints above 2**63 - 1 are sent as unsigned without it.
    """

    __slots__ = ()


class Opaque:
    """Bytes with a content type, as ``Opaque(b"{}", "application/json")``."""

    __slots__ = ("data", "content_type")

    def __init__(self, data: Any, content_type: str) -> None:
        self.data = data
        self.content_type = content_type

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Opaque):
            return NotImplemented
        return self.content_type == other.content_type and self.data == other.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Opaque({self.data!r}, {self.content_type!r})"


class Tensor:
    """An array with a format, as ``Tensor(frame, "rgb8")``.

    Sending it is how an array travels with a format. A received array comes bare, with its format
    in ``Message.format``; inside a list or dict, an array that has a format comes as a Tensor.
    """

    __slots__ = ("array", "format")

    def __init__(self, array: Any, format: str = "") -> None:
        self.array = array
        self.format = format

    def __repr__(self) -> str:
        return f"Tensor({self.array!r}, {self.format!r})"
