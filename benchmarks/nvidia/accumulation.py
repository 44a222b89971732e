"""Step 2, accumulation probes: how many bits a sum of products keeps below its largest addend, and where it loses them.

    accumulation.py --library PATH --out FILE

A product's row is filled so that its sum is (1 + 2^-e) - 1, with the three addends at every triple of places that is asked
for, the accumulator being one of the places: e is raised until nothing is left of 2^-e. Last, the error of random sums,
in units of the sum of the addends' magnitudes times 2^-24.
"""
import argparse
import json
import random
import struct
from fractions import Fraction

import cuda

# Kind: shape, k, numbers of a register, registers of A and B.
KINDS = {"bf16": ("m16n8k16", 16, 2, 4, 2), "f16": ("m16n8k16", 16, 2, 4, 2), "tf32": ("m16n8k8", 8, 1, 4, 2)}


def encode(kind, value):
    if kind == "f16":
        return struct.pack("<e", value)
    bits = struct.pack("<f", value)
    return bits[2:] if kind == "bf16" else bits


def kernel(kind, target):
    shape, _, _, a, b = KINDS[kind]
    loads = []
    for name, count, register in (("a", a, "b32"), ("b", b, "b32"), ("c", 4, "f32")):
        for i in range(count):
            loads.append(f"ld.global.{register} %{name}{i}, [%at+{128 * len(loads)}];")
    groups = ["{" + ", ".join(f"%{name}{i}" for i in range(count)) + "}" for name, count in (("d", 4), ("a", a), ("b", b), ("c", 4))]
    return "\n".join([
        ".version 7.8", f".target sm_{target}", ".address_size 64", ".visible .entry probe(.param .u64 p0, .param .u64 p1)", "{",
        f".reg .b32 %a<{a}>, %b<{b}>, %lane;", ".reg .f32 %c<4>, %d<4>;", ".reg .b64 %base, %at;", "mov.u32 %lane, %tid.x;",
        "ld.param.u64 %base, [p1]; mad.wide.u32 %at, %lane, 4, %base;", *loads,
        f"mma.sync.aligned.{shape}.row.col.f32.{kind}.{kind}.f32 {', '.join(groups)};",
        "ld.param.u64 %base, [p0]; mad.wide.u32 %at, %lane, 16, %base;", *[f"st.global.f32 [%at+{4 * i}], %d{i};" for i in range(4)], "ret;", "}"]) + "\n"


class Probe:
    def __init__(self, card, kind):
        self.card, self.kind = card, kind
        self.function = card.function(card.load(kernel(kind, 80)), "probe")

    def places(self, register, lane):
        """The places along K of a register of A: pairs, or one number; of A every second register is eight rows on."""
        _, k, packed, a, _ = KINDS[self.kind]
        half = register // 2 * (k // 2)
        return [half + packed * (lane % 4) + i for i in range(packed)]

    def sum(self, row, columns, start):
        """The sum over K of row × columns on top of `start`, as the card does it; the same in every place."""
        _, _, _, a, b = KINDS[self.kind]
        data = b""
        for register in range(a):
            for lane in range(32):
                data += b"".join(encode(self.kind, row[place]) for place in self.places(register, lane))
        for register in range(b):
            for lane in range(32):
                data += b"".join(encode(self.kind, columns[place]) for place in self.places(2 * register, lane))
        data += struct.pack("<f", start) * 128
        source, target = self.card.upload(data), self.card.allocate(512)
        self.card.launch(self.function, 1, 32, target, source)
        self.card.wait()
        results = set(struct.unpack("<128f", self.card.download(target, 512)))
        self.card.free(source, target)
        assert len(results) == 1, f"not the same in all places: {results}"
        return results.pop()

    def kept(self, one, small, minus):
        """The largest e whose 2^-e is left of (1 + 2^-e) - 1; a place is one of K, or `c`."""
        k = KINDS[self.kind][1]
        for e in range(1, 24 if self.kind == "f16" else 60):
            row, start = [0.0] * k, 0.0
            for place, value in ((one, 1.0), (small, 2.0**-e), (minus, -1.0)):
                if place == "c":
                    start = value
                else:
                    row[place] = value
            if self.sum(row, [1.0] * k, start) == 0:
                return e - 1
        return e

    def error(self, count):
        generator, k = random.Random(1), KINDS[self.kind][1]
        worst = 0.0
        for _ in range(count):
            # Numbers of eight bits, which all kinds have.
            draw = lambda: generator.randrange(-127, 128) * 2.0 ** generator.randrange(-9, -4)
            row, columns, start = [draw() for _ in range(k)], [draw() for _ in range(k)], generator.uniform(-1, 1)
            start = struct.unpack("<f", struct.pack("<f", start))[0]
            terms = [Fraction(start), *(Fraction(a) * Fraction(b) for a, b in zip(row, columns))]
            off = abs(Fraction(self.sum(row, columns, start)) - sum(terms))
            worst = max(worst, float(off / sum(map(abs, terms)) * 2**24))
        return worst


parser = argparse.ArgumentParser()
parser.add_argument("--library", default="libcuda.so.1")
parser.add_argument("--out", required=True)
parser.add_argument("--sums", type=int, default=200)
arguments = parser.parse_args()
card = cuda.Card(arguments.library)
found = {"card": card.name, "emulated": card.emulated}
for kind, (_, k, *_) in KINDS.items():
    probe = Probe(card, kind)
    triples = [(0, 1, 2), (0, k // 2, k - 1), (k - 1, 0, 1), ("c", 0, 1), ("c", k - 1, 0), (0, "c", 1), (0, 1, "c")]
    found[kind] = {"kept_bits": {" ".join(map(str, triple)): probe.kept(*triple) for triple in triples},
                   "worst_error": probe.error(arguments.sums)}
    print(kind, found[kind])
with open(arguments.out, "w") as file:
    json.dump(found, file, indent=1)
