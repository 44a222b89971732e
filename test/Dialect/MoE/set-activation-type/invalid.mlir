// Types that do not exist are errors, and so are models without a forward function.
// RUN: not moec-opt %s -moe-set-activation-type='type=f8' 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not moec-opt %s -moe-set-activation-type='type=bf16' 2>&1 | FileCheck %s --check-prefix=FORWARD

// TYPE: error: type 'f8' is none of f32, bf16, f16
// FORWARD: error: has no function @forward
module {}
