"""Numbers as checkpoints store them: tables of the values of small floats, bytes of large ones, packings, random draws.

Written from the formats' definitions alone, to compare the compiler's readers with: nothing here is shared with them.
"""
import hashlib
import math
import struct
from array import array


def small_float(exponent_bits, mantissa_bits, bias, nan_codes=()):
    """The value of each code of a float without infinities; a code that is a NaN has None."""
    sign = 1 << (exponent_bits + mantissa_bits)

    def value(code):
        exponent, mantissa = code % sign >> mantissa_bits, code % (1 << mantissa_bits)
        fraction = mantissa / (1 << mantissa_bits) + (exponent > 0)
        return (-1) ** (code // sign) * fraction * 2.0 ** (max(exponent, 1) - bias)

    return [None if code in nan_codes else value(code) for code in range(2 * sign)]


E2M1 = small_float(2, 1, 1)
E2M3 = small_float(2, 3, 1)
E3M2 = small_float(3, 2, 3)
E4M3 = small_float(4, 3, 7, nan_codes=(0x7F, 0xFF))
# What some machines call e4m3, too: half the value, and minus zero is the NaN.
E4M3_FNUZ = small_float(4, 3, 8, nan_codes=(0x80,))
INT4 = [code - 8 for code in range(16)]
UINT4 = list(range(16))
INT8 = [code - 256 * (code > 127) for code in range(256)]
# The same as stored in words with other codes: the code 0 is the lowest.
OFFSET8 = [code - 128 for code in range(256)]


def root_mean_square(table):
    values = [value for value in table if value is not None]
    return math.sqrt(sum(value * value for value in values) / len(values))


def draw_bytes(name, count, allowed=range(256)):
    """Bytes that depend on the name alone, each one of `allowed`, all about equally often."""
    allowed = bytes(allowed)
    table = bytes(allowed[code % len(allowed)] for code in range(256))
    return hashlib.shake_128(name.encode()).digest(count).translate(table)


def round_to(dtype, value):
    """The bytes of a number in F32, BF16 or F16, and the number that they are."""
    if dtype == "BF16":
        bits = struct.unpack("<I", struct.pack("<f", value))[0]
        bits = bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000
        return struct.pack("<H", bits >> 16), struct.unpack("<f", struct.pack("<I", bits))[0]
    stored = struct.pack({"F32": "<f", "F16": "<e"}[dtype], value)
    return stored, struct.unpack({"F32": "<f", "F16": "<e"}[dtype], stored)[0]


def draw_numbers(name, count, dtype, palette):
    """Numbers of a palette of at most 256: their bytes, and their values."""
    stored, values = zip(*(round_to(dtype, value) for value in palette))
    picks = draw_bytes(name, count, range(len(palette)))
    return b"".join([stored[pick] for pick in picks]), [values[pick] for pick in picks]


def two_a_byte(codes):
    """4-bit codes, the first in the low nibble."""
    return bytes([low | high << 4 for low, high in zip(codes[::2], codes[1::2])])


def four_in_three_bytes(codes):
    """6-bit codes: four in a little-endian word of 24 bits, the first lowest."""
    words = zip(codes[::4], codes[1::4], codes[2::4], codes[3::4])
    return b"".join([(a | b << 6 | c << 12 | d << 18).to_bytes(3, "little") for a, b, c, d in words])


def words_along_rows(codes, rows, columns, bits, order=None):
    """Codes [rows, columns] in words of 32 bits along the columns; `order` says which code lies at which place of a word.

    A last word that the codes do not fill has zeros above them.
    """
    count = 32 // bits
    order = order or range(count)
    words = array("I")
    for row in range(rows):
        line = codes[row * columns:(row + 1) * columns]
        line += bytes(-columns % count)
        parts = [line[place::count] for place in order]
        words.extend([sum(code << bits * place for place, code in enumerate(word)) for word in zip(*parts)])
    return words.tobytes()


def split(data, size):
    return [data[place:place + size] for place in range(0, len(data), size)]


def transposed(items, rows, columns):
    """A matrix [rows, columns], row by row, as [columns, rows]: bytes, a list or an array."""
    if isinstance(items, bytes):
        return b"".join([items[column::columns] for column in range(columns)])
    result = items[:0]
    for column in range(columns):
        result += items[column::columns]
    return result
