"""One matrix of a model in a tool's form, and the numbers that it stands for.

A writer draws codes and scales, puts them as the tool lays them out, and says by value() what they are worth. A damage is
what a careless reader would take them for: it changes value() only, never what is put.
"""
import math
import struct
from array import array

from codes import E2M3, E3M2, E4M3, E4M3_FNUZ, draw_bytes, draw_numbers, root_mean_square, transposed

# What value() knows how to get wrong; writers have further ones of their own.
DAMAGES = {
    "nibbles": "the high nibble of a byte comes first",
    "scale-grid": "scales are stored column by column",
    "scale-twice": "the exponent of scales has another bias",
    "scale-inverse": "a weight is divided by its scale",
    "scale-lost": "a weight has no scale",
    "block-from-grid": "a block has ceil(side / blocks) elements",
    "other-float": "e4m3 is the one whose minus zero is a NaN; e2m3 is e3m2, and e3m2 is e2m3",
    "zero-next": "a zero point is one more",
    "input-scale": "a weight is multiplied by the scale of its activations",
    "zero-middle": "there are no zero points, the middle code is zero",
}
OTHER_FLOATS = ((E4M3, E4M3_FNUZ), (E2M3, E3M2), (E3M2, E2M3))


class Linear:
    def __init__(self, name, shape, damage=None):
        self.name, self.damage = name, damage
        self.rows, self.columns = shape
        self.tensors, self.plain = {}, None

    def put(self, suffix, dtype, shape, data):
        self.tensors[f"{self.name}.{suffix}"] = dtype, shape, data

    def codes(self, table, what="codes", count=None):
        """A code for each element, [rows, columns] unless `count` says how many; none is a NaN."""
        allowed = [code for code, value in enumerate(table) if value is not None]
        return draw_bytes(f"{self.name}.{what}", self.rows * self.columns if count is None else count, allowed)

    def unit(self, table):
        """The scale by which drawn codes become weights of the size that the model needs."""
        return 1 / math.sqrt(self.columns) / root_mean_square(table)

    def scales(self, dtype, count, unit, what="scales"):
        """Scales within a factor of 4 around a unit: bytes and values."""
        palette = [unit * 2 ** (level / 7.5 - 1) for level in range(16)]
        return draw_numbers(f"{self.name}.{what}", count, dtype, palette)

    def exponents(self, count, unit):
        """E8M0 scales around a unit, now and then the smallest there is: bytes and values."""
        middle = 127 + round(math.log2(unit))
        stored = draw_bytes(f"{self.name}.scales", count, [0] + 5 * [middle - 1, middle, middle + 1])
        return stored, [2.0 ** (exponent - 127) for exponent in stored]

    def small_scales(self, count):
        """e4m3 scales of 32 to 448, now and then a zero: bytes and values."""
        stored = draw_bytes(f"{self.name}.scales", count, [0, *range(0x60, 0x7F)])
        return stored, [E4M3[code] for code in stored]

    def grid(self, block):
        """Blocks along the rows' and along the columns' direction; a last one may be partial."""
        return [math.ceil(side / part) for side, part in zip((self.rows, self.columns), block)]

    def value(self, table, codes, scales, block, factor=1.0, zeros=None, groups=None):
        """weight[n][k] = (table[code] - zero) * scale * factor, codes row by row, scales and zeros by the grid of blocks.

        `groups` says for each k which column of the grid is its, where that is not k / block.
        """
        high, wide = grid = self.grid(block)
        if self.damage == "nibbles":
            codes = bytes([code for pair in zip(codes[1::2], codes[::2]) for code in pair])
        if self.damage == "scale-grid":
            scales = transposed(scales, wide, high)
        if self.damage == "scale-twice":
            factor *= 2
        if self.damage == "scale-inverse":
            scales = [scale and 1 / scale for scale in scales]
        if self.damage == "scale-lost":
            scales, factor = [1.0] * len(scales), 1.0
        if self.damage == "block-from-grid":
            block = [math.ceil(side / count) for side, count in zip((self.rows, self.columns), grid)]
        if self.damage == "other-float":
            table = next(other for one, other in OTHER_FLOATS if one is table)
        if self.damage == "zero-next":
            zeros = [zero + 1 for zero in zeros]
        if self.damage == "zero-middle":
            zeros = [8] * len(zeros)
        table = [value or 0.0 for value in table]
        self.plain = array("f")
        for row in range(self.rows):
            line = codes[row * self.columns:(row + 1) * self.columns]
            begin = row // block[0] * wide
            own = [scale * factor for scale in scales[begin:begin + wide]]
            offsets = zeros[begin:begin + wide] if zeros else [0] * wide
            if groups:
                self.plain.extend([(table[code] - offsets[group]) * own[group] for code, group in zip(line, groups)])
                continue
            for part, scale, offset in zip(range(0, self.columns, block[1]), own, offsets):
                self.plain.extend([(table[code] - offset) * scale for code in line[part:part + block[1]]])

    def damaged_by(self, damage, stored):
        """The factor of a scale that belongs to something else: 1, unless the damage is to multiply it in."""
        return struct.unpack("<f", stored)[0] if self.damage == damage else 1.0

    def plain_tensors(self):
        return {f"{self.name}.weight": ("F32", [self.rows, self.columns], self.plain.tobytes())}
