"""Handles: opening, closing, forking, and what an error is."""

import inspect
import multiprocessing
import pathlib
import pickle
import sys

import pytest

import simpleipc as ipc
from simpleipc import errors

fork = multiprocessing.get_context("fork")


def test_the_one_call_helpers_are_enough(peer):
    other = peer("""
        for message in ipc.receive("chat", timeout=20):
            print(message.value)
            if message.value == "end":
                break
    """)
    for value in ("hello", 42, True, "end"):
        ipc.send("chat", value)
    assert other.end() == ("hello\n42\nTrue\nend", 0)


def test_a_message_tells_whence_and_when():
    with ipc.Subscriber("t", timeout=10) as subscriber, ipc.Publisher("t") as publisher:
        before = ipc.now_ns()
        publisher.publish(1)
        publisher.publish(2)
        first, second = subscriber.receive(), subscriber.receive()
    assert before <= first.publish_time_ns <= first.receive_time_ns <= ipc.now_ns()
    assert first.age_ns == first.receive_time_ns - first.publish_time_ns
    assert second.sequence == first.sequence + 1 and second.sender == first.sender
    assert first.missed == 0 and not first.redelivered and first.capture_time_ns == 0


def test_unstamped_messages_have_no_age():
    with ipc.Subscriber("t", timeout=10) as subscriber:
        with ipc.Publisher("t", unstamped=True) as publisher:
            publisher.publish(1)
        assert subscriber.receive().age_ns is None


def test_missed_latest_history_and_lossless():
    with ipc.Publisher("t", depth=16, history=4) as publisher:
        slow = ipc.Subscriber("t")
        latest = ipc.Subscriber("t", latest=True)
        for number in range(100):
            publisher.publish(number)
        message = latest.receive(timeout=0)
        assert (message.value, message.missed) == (99, 99)
        got = [slow.receive(timeout=0)]
        assert got[0].missed > 0 and got[0].value == got[0].missed
        late = ipc.Subscriber("t", history=4, timeout=0)
        assert [message.value for message in late] == [96, 97, 98, 99]
        for handle in (slow, latest, late):
            handle.close()
        with ipc.Subscriber("t", lossless=True, timeout=0) as lossless:
            with pytest.raises(ipc.Full):
                for number in range(1000):
                    publisher.publish(number, timeout=0)
            assert [message.value for message in lossless][:3] == [0, 1, 2]


def test_a_tap_looks_on_and_is_seen_by_nobody():
    with ipc.subscribe("t", tap=True, timeout=10) as tap:
        with ipc.Publisher("t") as publisher:
            for value in (1, "x" * 5000, [2]):
                publisher.publish(value)
                assert next(tap).value == value
            (report,) = ipc.audit("t")
            assert len(report["peers"]) == 1
    with pytest.raises(ipc.Misuse, match="lossless"):
        ipc.Subscriber("t", tap=True, lossless=True)


def test_a_context_closes_its_handle():
    for kind in (ipc.Publisher, ipc.Subscriber):
        with kind("t") as handle:
            assert repr(handle) == f'<simpleipc.{kind.__name__} "t">'
        assert "closed" in repr(handle)
        handle.close()
    with pytest.raises(ipc.Closed):
        handle.receive(timeout=0)
    with ipc.Sender("q") as sender:
        pass
    with pytest.raises(ipc.Closed):
        sender.send(1)


def test_a_message_as_context_is_released():
    ipc.send("q", [1])
    with ipc.Receiver("q") as receiver, receiver.receive() as message:
        assert message.value == [1]
    with pytest.raises(ipc.Closed, match="released"):
        message.value
    assert message.sequence >= 0


def test_a_message_outlives_its_handle():
    ipc.send("q", "long " * 100)
    with ipc.Receiver("q") as receiver:
        message = receiver.receive()
    assert message.value == "long " * 100


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "x" * 201, "new\nline", "nul\0"])
def test_bad_names_are_refused(name):
    for use in (ipc.Sender, ipc.Subscriber, lambda name: ipc.send(name, 1)):
        with pytest.raises(ipc.BadName) as caught:
            use(name)
        assert isinstance(caught.value, ValueError) and caught.value.status == 20


def test_a_name_has_one_pattern():
    with ipc.Sender("q"), pytest.raises(ipc.WrongPattern) as caught:
        ipc.Subscriber("q")
    assert "queue" in str(caught.value)


def test_a_directory_may_be_given(tmp_path):
    with ipc.Sender("q", directory=tmp_path) as sender:
        sender.send(1)
        with ipc.Receiver("q", directory=str(tmp_path)) as receiver:
            assert receiver.receive(timeout=10).value == 1
    with pytest.raises(ipc.SystemFailure):
        ipc.Sender("q", directory=tmp_path / "none" / "such")


def in_child(function, *arguments):
    child = fork.Process(target=function, args=arguments)
    child.start()
    child.join(30)
    assert child.exitcode == 0


def use_inherited(sender, receiver, message, array):
    with pytest.raises(ipc.Forked):
        sender.send("child")
    with pytest.raises(ipc.Forked):
        receiver.receive(timeout=0)
    del message, array
    sender.close()
    receiver.close()


def test_handles_are_not_for_a_forked_child():
    with ipc.Sender("q") as sender, ipc.Receiver("q") as receiver:
        sender.send([1] * 1000)
        message = receiver.receive()
        in_child(use_inherited, sender, receiver, message, message.value)
        assert message.value == [1] * 1000
        sender.send("parent")
        assert receiver.receive(timeout=10).value == "parent"


def send_once(value):
    ipc.send("q", value)
    ipc.publish("t", value)


def test_the_one_call_helpers_work_in_a_forked_child():
    with ipc.Receiver("q") as receiver, ipc.Subscriber("t") as subscriber:
        send_once(1)
        in_child(send_once, 2)
        send_once(3)
        for handle in (receiver, subscriber):
            got = {handle.receive(timeout=10).value for _ in range(3)}
            assert got == {1, 2, 3}


def test_a_new_handle_in_a_forked_child_works():
    def answer():
        with ipc.Receiver("there") as there, ipc.Sender("back") as back:
            back.send(there.receive(timeout=10).value + 1)

    ipc.send("there", 41)
    in_child(answer)
    assert next(ipc.receive("back", timeout=10)).value == 42


def test_audit_and_clean_tell_what_there_is():
    with ipc.Sender("q") as sender:
        sender.send(1)
        assert [entry["name"] for entry in ipc.audit()] == ["q"]
        assert ipc.audit("q")[0]["pattern"] == "queue"
        assert ipc.clean(age_max=0) == 0
    assert ipc.clean() == 0
    assert ipc.clean(age_max=0) == 1
    assert ipc.audit() == []


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda sender, receiver: sender.send(), "value is missing"),
        (lambda sender, receiver: sender.send(1, 0, 1, 2), "at most 3"),
        (lambda sender, receiver: sender.send(1, value=2), "value is given twice"),
        (lambda sender, receiver: sender.send(1, timeot=2), "no argument timeot"),
        (lambda sender, receiver: sender.send(1, "now"), "int"),
        (lambda sender, receiver: receiver.receive(0, 0), "at most 1"),
        (lambda sender, receiver: receiver.receive(0, timeout=0), "timeout is given twice"),
        (lambda sender, receiver: ipc.Sender.send(receiver, 1), "Producer"),
    ],
)
def test_wrong_arguments_are_refused(call, words):
    with ipc.Sender("q") as sender, ipc.Receiver("q") as receiver:
        with pytest.raises(TypeError, match=words):
            call(sender, receiver)
        with pytest.raises(ipc.Timeout):
            receiver.receive(timeout=0)


def test_arguments_may_be_named():
    with ipc.Sender("q") as sender, ipc.Receiver("q") as receiver:
        sender.send(timeout=0, value=1, capture_time_ns=2)
        message = receiver.receive(timeout=0)
        assert (message.value, message.capture_time_ns) == (1, 2)
    for method in (ipc.Publisher.publish, ipc.Receiver.receive):
        assert "timeout" in inspect.signature(method).parameters and method.__doc__


def test_a_try_in_vain_says_what_any_other_error_says():
    with ipc.Sender("q", depth=16) as sender, ipc.Receiver("q") as receiver:
        with pytest.raises(ipc.Timeout) as timeout:
            receiver.receive(timeout=0)
        with pytest.raises(ipc.Full) as full:
            for number in range(100):
                sender.send(number, timeout=0)
    for error, status in ((timeout.value, 1), (full.value, 2)):
        copy = pickle.loads(pickle.dumps(error))
        assert (copy.status, copy.os_code, str(copy)) == (status, 0, str(error))
        assert (error.status, error.os_code) == (status, 0)
        assert type(copy) is type(error) and len(str(error)) > 10


def test_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(ipc.NoSpace("full", 40, 28)))
    assert isinstance(error, OSError)
    assert (str(error), error.status, error.os_code) == ("full", 40, 28)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with 3.11")
def test_every_status_has_an_exception_of_its_class():
    import tomllib

    spec = pathlib.Path(__file__).parents[3] / "spec" / "api.toml"
    classes = {
        "retry": ipc.Retry,
        "gone": ipc.Gone,
        "misuse": ipc.Misuse,
        "corrupt": ipc.Corrupt,
        "system": ipc.SystemFailure,
    }
    for status in tomllib.loads(spec.read_text())["status"]:
        if status["class"] != "ok":
            error = errors.failure(status["value"], 0, "")
            assert isinstance(error, classes[status["class"]]), status["name"]
    assert type(errors.failure(19, 0, "")) is ipc.Gone
    assert type(errors.failure(99, 0, "")) is ipc.Error
