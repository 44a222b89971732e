"""Step 0: what the card is, and how fast it copies.

    card.py --library PATH --out FILE [--bytes N]
"""
import argparse
import ctypes
import json

import cuda

parser = argparse.ArgumentParser()
parser.add_argument("--library", default="libcuda.so.1")
parser.add_argument("--out", required=True)
parser.add_argument("--bytes", type=int, default=2 << 30)
arguments = parser.parse_args()

card = cuda.Card(arguments.library)
size = arguments.bytes
source, target = card.allocate(size), card.allocate(size)
card.fill(source, 1, size)
card.fill(target, 0, size)
micros = card.time(lambda: card.call("cuMemcpyDtoDAsync_v2", target, source, ctypes.c_size_t(size), None))
facts = {
    "name": card.name,
    "architecture": card.architecture,
    "emulated": card.emulated,
    "driver": card.driver_version(),
    "multiprocessors": card.attribute(cuda.MULTIPROCESSORS),
    "kilohertz": card.attribute(cuda.KILOHERTZ),
    "copied_bytes": size,
    "copy_us": micros,
    # Read and written.
    "copy_bytes_per_s": 2 * size / micros * 1e6,
}
with open(arguments.out, "w") as file:
    json.dump(facts, file, indent=1)
print(f"{card.name}, sm_{card.architecture}, driver {facts['driver']}: a copy moves {facts['copy_bytes_per_s'] / 1e12:.3f} TB/s")
