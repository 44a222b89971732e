"""Step 1, instruction truth: a tiny kernel for each typed form, and what it makes of edge cases and random bits.

    instructions.py --library PATH --out DIR [--lanes N] [--many N]
    instructions.py --compare DIR DIR

The first writes DIR/index.json and the bits of every form; the second says which forms differ between two such folders,
and where first: every one is either a fault of the emulator or what PTX leaves to the card.
"""
import argparse
import hashlib
import json
import pathlib
import random
import struct
import sys

import cuda
import forms

BLOCK = 256
# Bits that conversions and sums find hard, as f32; other types take their bytes.
EDGES = [0, 0x80000000, 1, 0x80000001, 0x007FFFFF, 0x00800000, 0x3F800000, 0xBF800000, 0x3F000000, 0x3FC00000, 0x40200000, 0x4B000000,
         0x4B7FFFFF, 0x4EFFFFFF, 0x4F000000, 0x4F800000, 0x5F000000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001,
         0x43E00000, 0x43E80000, 0x477FE000, 0x477FF000, 0x38800000, 0x33000000, 0x3F7F8000, 0x3F808000, 0x3F818000, 0xFFFFFFFF, 0x7FFFFFFF]


def inputs(seed, kind, lanes):
    """`lanes` numbers of a type: edge cases met with each other, then bits by the seed."""
    generator = random.Random(seed)
    size = forms.TYPES[kind][1]
    data = bytearray(generator.randbytes(lanes * size))
    stride = 1 + generator.randrange(len(EDGES))
    for lane in range(0, lanes - 1, 2):
        edge = EDGES[(lane // 2 * stride + seed) % len(EDGES)]
        value = struct.unpack("<f", struct.pack("<I", edge))[0]
        if kind == "f64":
            data[lane * 8 : lane * 8 + 8] = struct.pack("<d", value)
        else:
            data[lane * size : lane * size + size] = edge.to_bytes(8, "little")[:size] if size != 2 else (edge >> 16).to_bytes(2, "little")
    return bytes(data)


def numbers(kind_of_form, seed, lanes):
    """For products: small numbers of bf16, f16 or tf32 in 32 bits, which don't overflow."""
    generator = random.Random(seed)
    if kind_of_form in ("s8", "u8"):
        return generator.randbytes(lanes * 4)
    def half():
        value = generator.choice((-1, 1)) * generator.uniform(0.25, 4)
        bits = struct.pack("<e", value) if kind_of_form == "f16" else struct.pack("<f", value)[2:]
        return bits
    return b"".join((b"\0\xe0" if kind_of_form == "tf32" else half()) + half() for _ in range(lanes))


def kernel(form, target):
    """The PTX of a form's kernel: out, then one array for each source register."""
    _, _, text, results, sources = form
    names = {"p": "%p1", "s": "%rs"}
    registers, loads, stores, parameters = [], [], [], [".param .u64 p0"]
    def declare(letter, index, kind):
        name = names[f"{letter}{index}"] = f"%{letter}{index}"
        registers.append(f".reg .{forms.TYPES[kind][0]} {name};")
        return name, kind, forms.TYPES[kind][1]
    slot = 1
    for letter, kinds in zip("abc", sources):
        for index, kind in enumerate(kinds):
            name, kind, size = declare(letter, index, kind)
            parameters.append(f".param .u64 p{slot}")
            loads.append(f"ld.param.u64 %base, [p{slot}]; mad.wide.u32 %at, %lane, {size}, %base; ld.global.{kind} {name}, [%at];")
            slot += 1
    for index, kind in enumerate(results):
        name, kind, size = declare("d", index, kind)
        if index == 0:
            stores.append(f"ld.param.u64 %base, [p0]; mad.wide.u32 %at, %lane, {size * len(results)}, %base;")
        stores.append(f"st.global.{kind} [%at+{size * index}], {name};")
    version = {80: "7.8", 90: "8.0", 100: "8.7", 120: "8.7"}[int(target[:-1] if target.endswith("a") else target)]
    lines = [f".version {version}", f".target sm_{target}", ".address_size 64", ".shared .align 16 .b8 tile[4096];",
             f".visible .entry form({', '.join(parameters)})", "{", ".reg .pred %p1;", ".reg .b32 %lane, %first, %rs;", ".reg .b64 %base, %at;",
             *registers, "mov.u32 %first, %ctaid.x;", "mov.u32 %rs, %tid.x;", f"mad.lo.s32 %lane, %first, {BLOCK}, %rs;", *loads,
             "shl.b32 %rs, %rs, 4;", "mov.u32 %first, tile;", "add.s32 %rs, %rs, %first;", text.format(**names), *stores, "ret;", "}"]
    return "\n".join(lines) + "\n"


def run(card, form, lanes):
    name, least, _, results, sources = form
    only = isinstance(least, str)
    target = least if only else str(max(least, 80))
    if only and int(least[:-1]) != card.architecture or not only and least > card.architecture:
        return None, f"not on sm_{card.architecture}", None
    text = kernel(form, target)
    size = sum(forms.TYPES[kind][1] for kind in results)
    arrays = []
    for number, kind in enumerate(kind for kinds in sources for kind in kinds):
        product = name.startswith("mma.") and kind == "b32"
        arrays.append(numbers(name.split(".")[-1], number, lanes) if product else inputs(number, kind, lanes))
    pointers = []
    try:
        module = card.load(text)
        pointers = [card.allocate(size * lanes), *map(card.upload, arrays)]
        card.fill(pointers[0], 0, size * lanes)
        card.launch(card.function(module, "form"), lanes // BLOCK, BLOCK, *pointers)
        card.wait()
        return card.download(pointers[0], size * lanes), "ran", text
    except cuda.CudaError as error:
        return None, str(error), text
    finally:
        try:
            card.free(*pointers)
        except cuda.CudaError:
            pass


def record(arguments):
    folder = pathlib.Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    card = cuda.Card(arguments.library)
    many = set(forms.approximate())
    index = {"card": card.name, "architecture": card.architecture, "emulated": card.emulated, "forms": {}}
    ran = 0
    for form in forms.all_forms():
        lanes = arguments.many if form[0] in many else arguments.lanes
        bits, status, text = run(card, form, lanes)
        entry = index["forms"][form[0]] = {"status": status, "lanes": lanes, "ptx": text}
        if bits is not None:
            ran += 1
            entry["sha256"] = hashlib.sha256(bits).hexdigest()
            entry["result_bytes"] = len(bits) // lanes
            (folder / f"{form[0]}.bin").write_bytes(bits)
        elif not status.startswith("not on"):
            print(f"{form[0]}: {status}")
    (folder / "index.json").write_text(json.dumps(index, indent=1))
    print(f"{ran} of {len(index['forms'])} forms ran on {card.name}")


def compare(first, second):
    indices = [json.loads((pathlib.Path(folder) / "index.json").read_text()) for folder in (first, second)]
    different = 0
    for name, entry in indices[0]["forms"].items():
        other = indices[1]["forms"].get(name, {})
        if "sha256" not in entry or "sha256" not in other or entry["sha256"] == other["sha256"]:
            continue
        different += 1
        size = entry["result_bytes"]
        bits = [(pathlib.Path(folder) / f"{name}.bin").read_bytes() for folder in (first, second)]
        lanes = [i for i in range(min(map(len, bits)) // size) if bits[0][i * size : i * size + size] != bits[1][i * size : i * size + size]]
        lane = lanes[0]
        values = [data[lane * size : lane * size + size][::-1].hex() for data in bits]
        print(f"{name}: {len(lanes)} of {entry['lanes']} lanes differ; lane {lane}: {values[0]} and {values[1]}")
    print(f"{different} forms differ between {indices[0]['card']} and {indices[1]['card']}")
    return different


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", default="libcuda.so.1")
    parser.add_argument("--out")
    parser.add_argument("--lanes", type=int, default=4096)
    parser.add_argument("--many", type=int, default=1 << 20, help="lanes of the approximate functions")
    parser.add_argument("--compare", nargs=2, metavar="DIR")
    options = parser.parse_args()
    if options.compare:
        sys.exit(bool(compare(*options.compare)))
    record(options)
