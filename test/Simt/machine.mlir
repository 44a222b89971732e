// The machine of the passes: the module's, or one that the options state.
// RUN: not moec-opt %s --simt-assign-layouts 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not moec-opt %s --simt-expand-products 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not moec-opt %s --simt-lower-kernels 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not moec-opt %s --simt-expand-functions 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not moec-opt %s --simt-assign-layouts=lanes=24 2>&1 | FileCheck %s --check-prefix=LANES
// RUN: not moec-opt %s --simt-assign-layouts='lanes=16 atom=4,4' 2>&1 | FileCheck %s --check-prefix=ATOM
// RUN: not moec-opt %s --simt-assign-layouts='lanes=32 atom=4,4,4' 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: moec-opt %s --simt-assign-layouts=lanes=32 | FileCheck %s

// NONE: names no machine; moec-set-target does
// LANES: a machine has a power of two of lanes and of subgroups, not 24
// ATOM: an atom has rows, columns and k, powers of two
// SMALL: an atom of 4, 4, 4 has no element for each of 32 lanes

// A subgroup is as many lanes as the machine has; those beyond a tile hold copies.
// CHECK: #layout = #tile.layout<16, lane = [(1), (2), (4), (8), (0)]>
tile.kernel @k(%x: !tile.ref<16xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} {tile.layouts = [#layout]}
  %a = tile.load %x[%c0] : !tile.ref<16xf32> -> tensor<16xf32>
  tile.return
}
