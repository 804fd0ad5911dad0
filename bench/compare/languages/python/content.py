"""What the messages contain, the same in every language: little-endian 64-bit words.

Word 0 is the sequence, the last word a disguise of it, and what lies between is a template. A
sender writes every byte; a receiver looks at the sequence and at the sum of all words. Small
messages are made and read with struct, which is quickest for them, larger ones with NumPy.
"""

import struct

import numpy

GOLDEN = 0x9E3779B97F4A7C15
WORD_MASK = (1 << 64) - 1
END = WORD_MASK  # the sequence of the message that ends a size

# Up to here a message is made as `bytes` and handed to the system; beyond, it is filled into the
# memory of the system, or into a buffer that is used again.
SMALL_BYTES_MAX = 4096
UNPACK_BYTES_MAX = 64  # beyond, NumPy sums faster than Python does
WORDS_PER_LOOK = 512

_word = struct.Struct("<Q")


def word(message, index):
    return _word.unpack_from(message, 8 * index)[0]


def sequence_of(message):
    return _word.unpack_from(message)[0]


class Content:
    """The messages of one size, a multiple of 8."""

    def __init__(self, size):
        self.size = size
        count = size // 8
        numbers = numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(GOLDEN)
        self.template = (numbers << numpy.uint64(17)) | (numbers >> numpy.uint64(47))
        self._sum = int(numpy.add.reduce(self.template[1:-1]))
        self._words = struct.Struct(f"<{count}Q")
        if count == 1:
            self.pack = _word.pack
            self.check = self._check_one
            return
        self._between = self.template[1:-1].tobytes()
        self._packer = struct.Struct(f"<Q{len(self._between)}sQ")
        if size <= UNPACK_BYTES_MAX:
            self.check = self._check_few

    def pack(self, sequence):
        """A message as bytes."""
        return self._packer.pack(sequence, self._between, sequence ^ GOLDEN)

    def fill(self, memory, sequence):
        """Writes a message into memory of its size."""
        words = numpy.frombuffer(memory, numpy.uint64)
        numpy.copyto(words, self.template)
        words[-1] = sequence ^ GOLDEN
        words[0] = sequence  # also where there is no other word

    def check(self, message, sequence):
        """Whether this is the message of this sequence, undamaged."""
        words = numpy.frombuffer(message, numpy.uint64)
        return (
            len(words) == len(self.template)
            and int(words[0]) == sequence
            and self.is_sum(numpy.add.reduce(words), sequence)
        )

    def is_sum(self, total, sequence):
        return int(total) == (self._sum + sequence + (sequence ^ GOLDEN)) & WORD_MASK

    def _check_few(self, message, sequence):
        if len(message) != self.size:
            return False
        words = self._words.unpack(message)
        expected = (self._sum + sequence + (sequence ^ GOLDEN)) & WORD_MASK
        return words[0] == sequence and sum(words) & WORD_MASK == expected

    def _check_one(self, message, sequence):
        return len(message) == 8 and _word.unpack(message)[0] == sequence


class Marked(Content):
    """Messages whose word 1 is a mark; of 24 bytes or more."""

    mark = 0

    def pack(self, sequence):
        message = bytearray(self.size)
        self.fill(message, sequence)
        return bytes(message)

    def fill(self, memory, sequence):
        super().fill(memory, sequence)
        numpy.frombuffer(memory, numpy.uint64)[1] = self.mark

    def is_sum(self, total, sequence):
        return super().is_sum(int(total) - self.mark + int(self.template[1]) & WORD_MASK, sequence)

    def has_marks(self, words, sequence):
        """Whether the words that change are right, and one in 512 of the others."""
        return (
            len(words) == len(self.template)
            and int(words[0]) == sequence
            and int(words[1]) == self.mark
            and int(words[-1]) == sequence ^ GOLDEN
            and numpy.array_equal(words[2:-1:WORDS_PER_LOOK], self.template[2:-1:WORDS_PER_LOOK])
        )


class End:
    """The message that ends a size; it tells how many came before if it has room for that."""

    def __init__(self, content, count):
        self.size = content.size
        self._content = content
        self._count = count

    def pack(self, _sequence):
        message = bytearray(self.size)
        self.fill(message, END)
        return bytes(message)

    def fill(self, memory, _sequence):
        self._content.fill(memory, END)
        if self.size >= 16:
            numpy.frombuffer(memory, numpy.uint64)[1] = self._count


class Stamp:
    """A message of two words: a sequence and any number."""

    size = 16
    _packer = struct.Struct("<QQ")

    def __init__(self, number):
        self._number = number

    def pack(self, sequence):
        return self._packer.pack(sequence, self._number)

    def fill(self, memory, sequence):
        self._packer.pack_into(memory, 0, sequence, self._number)
