"""One module for each system, all with the same things in them.

SPINS          whether there is a receive that does not block
COMMON_PARENT  whether both ends must be forked from one process
Session(spec)  a context with open_input(channel) and open_output(channel)

An output has send(content, sequence), settle() and flush(); an input has receive(), which answers
one message as something with a buffer, valid until the next call.
"""


class Session:
    """What a system needs besides its ends; most need nothing."""

    def __init__(self, spec):
        self.spec = spec

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def open_both(self, channel):
        """What puts a value and what takes a message, on one channel in one thread."""
        raise ValueError(f"the work call is not for {self.spec.system}")


class Output:
    """An output of a system that needs no more than send()."""

    def settle(self):
        """Returns when the input is connected."""

    def flush(self):
        """Pushes out what is held back."""
