"""Step 0, where torch is: what the vendor's library reaches, bf16 8192³ and fp8 by torch._scaled_mm.

    vendor.py OUT
"""
import json
import sys

import torch


def time(work, rounds=20):
    work()
    times = []
    for _ in range(rounds):
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        work()
        stop.record()
        stop.synchronize()
        times.append(start.elapsed_time(stop))
    return sorted(times)[len(times) // 2]


SIZE = 8192
a, b = (torch.randn(SIZE, SIZE, device="cuda", dtype=torch.bfloat16) for _ in range(2))
found = {"bf16_tflops": 2 * SIZE**3 / time(lambda: a @ b) / 1e9}
try:
    one = torch.ones((), device="cuda")
    x, y = a.to(torch.float8_e4m3fn), b.to(torch.float8_e4m3fn).t()
    found["fp8_tflops"] = 2 * SIZE**3 / time(lambda: torch._scaled_mm(x, y, scale_a=one, scale_b=one, out_dtype=torch.bfloat16)) / 1e9
except RuntimeError as error:
    found["fp8_error"] = str(error)
with open(sys.argv[1], "w") as file:
    json.dump(found, file, indent=1)
print(found)
