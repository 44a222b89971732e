// A schedule that cannot be read is an error that repeats it.
// RUN: not moec-opt %s --moe-to-tile='schedule="BM = 0"' 2>&1 | FileCheck %s

// CHECK: error: 'BM = 0' is no schedule
module {}
