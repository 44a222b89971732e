// Types that do not exist are errors.
// RUN: not moec-opt %s --moe-set-activation-type='type=f8' 2>&1 | FileCheck %s --check-prefix=TYPE

// TYPE: error: type 'f8' is none of f32, bf16, f16
module {}
