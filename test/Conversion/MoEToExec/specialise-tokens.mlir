// RUN: moec-opt %s --moe-specialise-tokens=tokens=8,64 | FileCheck %s
// RUN: not moec-opt %s --moe-specialise-tokens=tokens=8,8 2>&1 | FileCheck %s --check-prefix=ERROR
// Each largest token count gets a variant, and they must ascend.

// CHECK: exec.variant @tokens_8 max_tokens 8
// CHECK: exec.variant @tokens_64 max_tokens 64
// ERROR: token counts of variants must ascend, but 8 follows 8
module {
}
