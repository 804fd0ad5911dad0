"""Every value comes back from another process as what it was."""

import math
import struct

import numpy as np
import pytest

import simpleipc as ipc

ECHO = """
    with ipc.Sender("back") as back:
        for m in ipc.receive("there", timeout=30):
            back.send(ipc.Tensor(m.value, m.format) if m.format else m.value, m.capture_time_ns)
"""


@pytest.fixture
def echo(peer):
    """Sends a value to another process and answers the message that comes back."""
    peer(ECHO)
    with ipc.Sender("there") as there, ipc.Receiver("back", timeout=30) as back:

        def through(value, capture_time_ns=0):
            there.send(value, capture_time_ns)
            return back.receive()

        yield through


PLAIN = [
    None,
    True,
    False,
    0,
    -1,
    2**63 - 1,
    -(2**63),
    0.0,
    -0.0,
    math.inf,
    5e-324,
    "",
    "text",
    "h\u00e9llo \U0001f600 \0 nul",
    "long " * 100,
    b"",
    b"\x00\xff",
    bytes(range(256)) * 50,
    [],
    [1, [2, [3, "x"]], None],
    {},
    {"a": 1, "": [True, {"b": b"c"}], "z": 1.5},
    list(range(1000)),
    [["deep"]] * 3,
]


def test_plain_values_come_back_as_they_were(echo):
    for value in PLAIN:
        back = echo(value).value
        assert back == value and type(back) is type(value)
        assert str(back) == str(value)  # -0.0


def test_order_of_a_map_is_kept(echo):
    back = echo({"z": 1, "a": 2, "m": 3}).value
    assert list(back) == ["z", "a", "m"]


def test_nan_keeps_its_bits(echo):
    value = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_0123))[0]
    assert struct.pack("<d", echo(value).value) == struct.pack("<d", value)


def test_unsigned_stays_unsigned(echo):
    for value in [ipc.Uint(7), ipc.Uint(0), 2**63, 2**64 - 1, np.uint8(3), np.uint64(2**63)]:
        back = echo(value).value
        assert back == int(value) and type(back) is ipc.Uint
    assert [type(item) for item in echo([ipc.Uint(1), 1]).value] == [ipc.Uint, int]


def test_like_types_become_the_plain_one(echo):
    class Name(str):
        pass

    cases = [
        ((1, 2), [1, 2]),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[1:3], b"bc"),
        (memoryview(b"abcd")[::2], b"ac"),
        (Name("n"), "n"),
        (np.int16(-3), -3),
        (np.float32(1.5), 1.5),
        (np.bool_(True), True),
        (np.str_("s"), "s"),
        ({"t": (1,)}, {"t": [1]}),
    ]
    for value, expected in cases:
        back = echo(value).value
        assert back == expected and type(back) is type(expected)


def test_opaque_keeps_its_content_type(echo):
    value = ipc.Opaque(b'{"a": 1}', "application/json")
    assert echo(value).value == value
    assert echo([value]).value == [value]


def test_capture_time_travels(echo):
    assert echo(1, 123456789).capture_time_ns == 123456789


@pytest.mark.parametrize(
    "dtype",
    "bool u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8 c8 c16".split(),
)
def test_arrays_of_every_type_come_back(echo, dtype):
    for shape in [(), (0,), (3,), (2, 0, 3), (2, 3, 4), (1,) * 8]:
        array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
        back = echo(array).value
        assert back.dtype == array.dtype and back.shape == array.shape
        assert np.array_equal(back, array)


def test_arrays_of_any_stride_come_back_dense(echo):
    base = np.arange(60, dtype=np.int32).reshape(3, 4, 5)
    row = np.arange(4, dtype=np.uint8)
    views = [base.T, base[::2], base[:, 1:3], base[..., ::-1], np.broadcast_to(row, (3, 4))]
    views += [np.asfortranarray(base), np.broadcast_to(np.float64(2), (2, 2))]
    for view in views:
        back = echo(view).value
        assert np.array_equal(back, view) and back.flags.c_contiguous


def test_a_format_travels(echo):
    frame = np.zeros((2, 3, 3), np.uint8)
    message = echo(ipc.Tensor(frame, "rgb8"))
    assert message.format == "rgb8" and message.value.shape == frame.shape
    inside = echo({"image": ipc.Tensor(frame, "bgr8"), "mask": frame}).value
    assert inside["image"].format == "bgr8" and inside["image"].array.shape == frame.shape
    assert isinstance(inside["mask"], np.ndarray)


def test_other_buffers_are_tensors_by_their_type(echo):
    import array

    back = echo(array.array("d", [1, 2, 3])).value
    assert back.dtype == np.float64 and back.tolist() == [1, 2, 3]
    assert echo(memoryview(array.array("H", [9]))).value.dtype == np.uint16


@pytest.mark.parametrize(
    "value, error, words",
    [
        ("\ud800", ValueError, "lone surrogate"),
        ({"a": {1: 2}}, TypeError, "which 1 is not"),
        (2**64, OverflowError, "2**64 - 1"),
        (-(2**63) - 1, OverflowError, "-2**63"),
        (ipc.Uint(-1), OverflowError, "Uint"),
        (object(), TypeError, "object cannot be sent"),
        ({1, 2}, TypeError, "set cannot be sent"),
        (np.array(["a"]), TypeError, "cannot be sent"),
        (np.array([1], ">i4"), TypeError, "byte order"),
        (np.zeros((1,) * 9), ipc.Misuse, "8 dimensions"),
        (np.datetime64(1, "s"), TypeError, "cannot be sent"),
        (ipc.Tensor(np.zeros(1), "x" * 256), ipc.Misuse, "255"),
    ],
)
def test_what_cannot_be_sent_says_why(value, error, words):
    with ipc.Sender("q") as sender, pytest.raises(error) as caught:
        sender.send(value)
    assert words in str(caught.value)


def test_a_list_inside_itself_is_refused():
    knot = []
    knot.append(knot)
    with ipc.Sender("q") as sender, pytest.raises(ipc.Misuse, match="64 deep"):
        sender.send(knot)


def test_nothing_was_sent_by_a_refused_call():
    with ipc.Sender("q") as sender, ipc.Receiver("q") as receiver:
        with pytest.raises(TypeError):
            sender.send([1, object()])
        with pytest.raises(ipc.Timeout):
            receiver.receive(timeout=0)
