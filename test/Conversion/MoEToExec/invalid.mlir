// Variants ascend; a plan needs a forward function.
// RUN: not moec-opt %s -moe-specialise-tokens='tokens=8,8' 2>&1 | FileCheck %s --check-prefix=ASCEND
// RUN: not moec-opt %s -moe-to-exec 2>&1 | FileCheck %s --check-prefix=FORWARD

// ASCEND: error: token counts of variants must ascend, but 8 follows 8
// FORWARD: error: has no function @forward
module {}
