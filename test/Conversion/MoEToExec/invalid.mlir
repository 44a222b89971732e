// Variants ascend, limits are positive, passes run in their order, and groups have ids.
// RUN: not moec-opt %s --moe-specialise-tokens='tokens=8,8' 2>&1 | FileCheck %s --check-prefix=ASCEND
// RUN: not moec-opt %s --moe-specialise-tokens 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not moec-opt %s --moe-specialise-tokens='tokens=8' 2>&1 | FileCheck %s --check-prefix=CONTEXT
// RUN: not moec-opt %s --moe-specialise-tokens='tokens=8 max-context=8' --moe-pack-weights --moe-to-exec='page-size=0' 2>&1 | FileCheck %s --check-prefix=PAGE
// RUN: not moec-opt %s --moe-to-exec 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not moec-opt %s --moe-pack-weights 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not moec-opt %s --exec-build-kernels 2>&1 | FileCheck %s --check-prefix=BUILD
// RUN: not moec-opt %s --moe-specialise-tokens='tokens=8 max-context=8' --moe-pack-weights --moe-to-exec 2>&1 | FileCheck %s --check-prefix=ID

// ASCEND: error: token counts of variants must ascend, but 8 follows 8
// NONE: error: a plan needs at least one token count
// CONTEXT: error: has a context of 0: moe.config has no max_positions of at least 1, and max-context is 0
// PAGE: error: page_size is 0, but a rule of paged needs at least 1
// ORDER: error: has no exec.plan; run moe-specialise-tokens first
// BUILD: error: has no exec.plan; run moe-to-exec first
// ID: error: 'moe.group' op has no id; run moe-fuse-groups first
moe.weight @embed : tensor<32x16xf32> from "embed.weight"
func.func @forward(%ids: tensor<?xi32>) -> (tensor<?x16xf32> {moe.name = "hidden"}) {
  %x = moe.group embed (%i = %ids : tensor<?xi32>) -> tensor<?x16xf32> {
    %0 = moe.embed %i, @embed : tensor<?x16xf32>
    moe.yield %0 : tensor<?x16xf32>
  }
  return %x : tensor<?x16xf32>
}
