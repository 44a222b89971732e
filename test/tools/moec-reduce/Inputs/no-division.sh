#!/bin/sh
# A planted mistake in the lowering of a kernel: it multiplies where the kernel divides.
sed 's/arith.divf/arith.mulf/' "$1" > "$1.lowered"
moec-interpret "$1" --kernel gated_sum --target cpu --lowered "$1.lowered" > /dev/null
