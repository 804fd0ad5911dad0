"""Arrays are looked at in place, and stay valid as long as anybody looks."""

import gc
import os

import numpy as np
import pytest

import simpleipc as ipc

SHAPE = (72, 128, 3)


def address(array):
    return array.__array_interface__["data"][0]


def is_shared(array):
    """The memory of the array is mapped from a file of the channel."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, *_, path = line.split(maxsplit=5)
            first, end = (int(number, 16) for number in span.split("-"))
            if first <= address(array) < end:
                return os.environ["SIPC_DIR"] in path
    return False


@pytest.fixture
def topic():
    subscriber = ipc.Subscriber("t", lossless=True, timeout=10)
    with subscriber, ipc.Publisher("t") as publisher:
        yield publisher, subscriber


def test_a_received_array_is_the_shared_memory_itself(topic):
    publisher, subscriber = topic
    sent = np.arange(np.prod(SHAPE), dtype=np.int64).reshape(SHAPE)
    publisher.publish(sent)
    message = subscriber.receive()
    array = message.value
    assert np.array_equal(array, sent)
    assert message.value is array
    assert is_shared(array)
    assert address(array) % 64 == 0
    assert np.shares_memory(array, np.frombuffer(message.buffer, np.int64))


def test_a_received_array_is_read_only(topic):
    publisher, subscriber = topic
    publisher.publish(np.zeros(SHAPE))
    message = subscriber.receive()
    array = message.value
    assert not array.flags.writeable and message.buffer.readonly
    with pytest.raises(ValueError):
        array.setflags(write=True)
    with pytest.raises(ValueError):
        array[0] = 1


def test_an_array_outlives_message_and_handles():
    subscriber = ipc.Subscriber("t", timeout=10)
    publisher = ipc.Publisher("t")
    sent = np.random.default_rng(1).integers(0, 255, SHAPE, np.uint8)
    publisher.publish(sent)
    message = subscriber.receive()
    array, part = message.value, message.value[10:20, ::2]
    message.release()
    with pytest.raises(ipc.Closed):
        message.value
    del message
    subscriber.close()
    for number in range(300):  # enough to come around the ring
        publisher.publish(np.full(SHAPE, number % 251, np.uint8))
    publisher.close()
    del subscriber, publisher
    gc.collect()
    assert np.array_equal(array, sent)
    del array
    assert np.array_equal(part, sent[10:20, ::2])


def test_memory_is_given_back_when_the_last_array_goes(topic):
    publisher, subscriber = topic
    big = np.zeros(8 << 20, np.uint8)
    for _ in range(50):
        publisher.publish(big)
        assert subscriber.receive().value[0] == 0
    assert shared_bytes() < 20 * big.nbytes


def shared_bytes():
    directory = os.environ["SIPC_DIR"]
    sizes = []
    for folder, _, names in os.walk(directory):
        sizes += [os.stat(os.path.join(folder, name)).st_blocks * 512 for name in names]
    return sum(sizes)


def test_an_array_holds_its_message_in_a_queue(peer):
    """A receiver that dies while it has only the array has the message delivered again."""
    with ipc.Sender("q") as sender:
        sender.send(np.arange(1000))
        holder = peer("""
            import time
            receiver = ipc.Receiver("q")
            array = receiver.receive().value
            print("held")
            time.sleep(60)
        """)
        assert holder.ready() == "held"
        with ipc.Receiver("q") as receiver:
            with pytest.raises(ipc.Timeout):
                receiver.receive(timeout=0.2)
            holder.process.kill()
            message = receiver.receive(timeout=10)
            assert message.redelivered and message.value.sum() == 499500


def test_a_loan_is_published_in_place(topic):
    publisher, subscriber = topic
    frame = publisher.loan(SHAPE, "uint8", format="rgb8")
    assert frame.shape == SHAPE and frame.flags.writeable
    assert is_shared(frame) and address(frame) % 64 == 0
    frame[:] = 7
    frame[1, 2, 0] = 9
    publisher.publish(frame, capture_time_ns=5)
    message = subscriber.receive()
    assert message.format == "rgb8" and message.capture_time_ns == 5
    assert message.value[1, 2, 0] == 9 and message.value.sum() == 7 * np.prod(SHAPE) + 2


def test_a_published_loan_cannot_be_written(topic):
    publisher, _ = topic
    frame = publisher.loan(SHAPE)
    view = frame.reshape(-1)
    publisher.publish(frame)
    assert not frame.flags.writeable
    for array in (frame, view.base):
        with pytest.raises(ValueError):
            array.setflags(write=True)
    assert frame.sum() >= 0  # still readable


def test_a_loan_dropped_is_lent_again(topic):
    publisher, _ = topic
    for _ in range(100):
        publisher.loan(SHAPE)


def test_at_most_16_loans(topic):
    publisher, _ = topic
    loans = [publisher.loan(8) for _ in range(16)]
    with pytest.raises(ipc.Error):
        publisher.loan(8, timeout=0)
    del loans
    publisher.loan(8)


def test_a_loan_outlives_its_handle():
    publisher = ipc.Publisher("t")
    frame = publisher.loan(SHAPE)
    frame[:] = 3
    publisher.close()
    del publisher
    gc.collect()
    frame[0] = 4
    assert frame[0, 0, 0] == 4 and frame[1, 0, 0] == 3


def test_a_part_of_a_loan_is_copied(topic):
    publisher, subscriber = topic
    frame = publisher.loan((4, 4), np.int32)
    frame[:] = np.arange(16).reshape(4, 4)
    publisher.publish(frame[1:3, 1:3])
    assert subscriber.receive().value.tolist() == [[5, 6], [9, 10]]
    publisher.publish(frame[:2])
    assert subscriber.receive().value.tolist() == frame[:2].tolist()
    publisher.publish(frame.view(np.uint8))
    assert subscriber.receive().value.shape == (4, 16)
    publisher.publish(ipc.Tensor(frame, "other"))
    assert subscriber.receive().format == "other"
    assert frame.flags.writeable
    publisher.publish(frame)
    assert subscriber.receive().value.sum() == 120 and not frame.flags.writeable


def test_bytes_are_lent_too(topic):
    publisher, subscriber = topic
    lent = publisher.loan_bytes(300)
    lent[:] = bytes(range(150)) * 2
    publisher.publish(lent)
    assert subscriber.receive().value == bytes(range(150)) * 2


def test_loan_says_what_it_takes():
    with ipc.Publisher("t") as publisher:
        with pytest.raises(TypeError, match="float32"):
            publisher.loan(4, "float99")
        with pytest.raises(TypeError, match="datetime64"):
            publisher.loan(4, np.dtype("M8[s]"))
        with pytest.raises(OverflowError):
            publisher.loan((4, -1))
        assert publisher.loan(np.int64(4)).shape == (4,)


def test_buffers_of_text_and_bytes(topic):
    publisher, subscriber = topic
    for value in (b"bytes" * 100, "text" * 100):
        publisher.publish(value)
        message = subscriber.receive()
        expected = value if isinstance(value, bytes) else value.encode()
        assert message.buffer == expected and message.buffer.readonly
    publisher.publish(5)
    with pytest.raises(TypeError):
        subscriber.receive().buffer


def test_without_numpy_a_tensor_is_a_memoryview(peer):
    with ipc.Sender("there") as there, ipc.Receiver("back", timeout=10) as back:
        other = peer("""
            sys.modules["numpy"] = None
            receiver, sender = ipc.Receiver("there", timeout=10), ipc.Sender("back")
            for m in receiver:
                view = m.value
                print(type(view).__name__, view.format, view.shape)
                sender.send(view)
                loan = sender.loan((2, 2), "int16")
                loan[1, 1] = 5
                sender.send(loan)
                break
        """)
        there.send(np.arange(6, dtype=np.float32).reshape(2, 3))
        assert back.receive().value.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert back.receive().value[1, 1] == 5
        assert other.end() == ("memoryview f (2, 3)", 0)


def test_a_peer_reads_what_a_loan_holds(peer):
    reader = peer("""
        subscriber = ipc.Subscriber("t", timeout=10)
        print("ready")
        for m in subscriber:
            print(int(m.value.sum()), m.format, m.missed)
            break
    """)
    assert reader.ready() == "ready"
    with ipc.Publisher("t") as publisher:
        frame = publisher.loan(SHAPE, np.uint8, "rgb8")
        frame[:] = 2
        publisher.publish(frame)
        assert reader.end() == (f"{2 * np.prod(SHAPE)} rgb8 0", 0)
