// Loads, stores, gathers and scatters round-trip with their bounds, packed and block-scaled.
// RUN: moec-opt %s | moec-opt | FileCheck %s
// RUN: moec-opt --mlir-print-op-generic %s | moec-opt | FileCheck %s

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>

// CHECK-LABEL: tile.kernel @memory
// CHECK-SAME: #tile.packed<[(1, 8), (0, 16)], scales = [(0, 16)]>>
// CHECK-SAME: grid(%[[BX:.*]] = #{{.*}}, %{{.*}} = #{{.*}}, %{{.*}} = #{{.*}}) attributes {schedule = #tile.schedule<BM = 8, order = "yx", source = "predicted">}
tile.kernel @memory(%x: !tile.ref<?x64xf32>, %y: !tile.ref<?x64xf32>, %ids: !tile.ref<?xi32>,
                    %w: !tile.ref<4x64x256x!mxfp4, #tile.packed<[(1, 8), (0, 16)], scales = [(0, 16)]>>,
                    %t: index)
    grid(%bx = affine_map<(d0) -> (d0 * 8, (d0 * 8 + 31) floordiv 4)>, %by = affine_map<(d0) -> (2)>,
         %bz = affine_map<(d0) -> (1)>)
    attributes {schedule = #tile.schedule<BM = 8, order = "yx", source = "predicted">} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  // CHECK: tile.load_scalar %{{.*}}[%[[BX]]] : !tile.ref<?xi32> -> i32
  %e = tile.load_scalar %ids[%bx] : !tile.ref<?xi32> -> i32
  %expert = arith.index_cast %e : i32 to index
  // CHECK: tile.load %{{.*}}[%[[BX]]] : !tile.ref<?xi32> -> tensor<8xi32>
  %rows = tile.load %ids[%bx] : !tile.ref<?xi32> -> tensor<8xi32>
  // CHECK: tile.load %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] bounds(%{{.*}}, %{{.*}}) : !tile.ref<4x64x256x!mxfp4, #tile.packed<[(1, 8), (0, 16)], scales = [(0, 16)]>> -> tensor<64x32x!mxfp4>
  %b = tile.load %w[%expert, %c0, %c0] bounds(%c64, %t)
      : !tile.ref<4x64x256x!mxfp4, #tile.packed<[(1, 8), (0, 16)], scales = [(0, 16)]>> -> tensor<64x32x!mxfp4>
  // CHECK: tile.gather %{{.*}}[%{{.*}}, %{{.*}}] bounds(%{{.*}}, %{{.*}}) {run = 4 : i64} : !tile.ref<?x64xf32>, tensor<8xi32> -> tensor<8x64xf32>
  %a = tile.gather %x[%rows, %c0] bounds(%t, %c64) {run = 4} : !tile.ref<?x64xf32>, tensor<8xi32> -> tensor<8x64xf32>
  // CHECK: tile.store %{{.*}}, %{{.*}}[%[[BX]], %{{.*}}] : tensor<8x64xf32>, !tile.ref<?x64xf32>
  tile.store %a, %y[%bx, %c0] : tensor<8x64xf32>, !tile.ref<?x64xf32>
  // CHECK: tile.scatter %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] : tensor<8x64xf32>, !tile.ref<?x64xf32>, tensor<8xi32>
  tile.scatter %a, %y[%rows, %c0] : tensor<8x64xf32>, !tile.ref<?x64xf32>, tensor<8xi32>
  // CHECK: tile.return
  tile.return
}

// Steps that do not follow from the order are written out: low nibbles hold the first half here.
// CHECK-LABEL: tile.kernel @steps
// CHECK-SAME: #tile.packed<[(1, 2, 16), (1, 16, 1), (0, 8)]>
tile.kernel @steps(%w: !tile.ref<64x256xi8, #tile.packed<[(1, 2, 16), (1, 16, 1), (0, 8)]>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}
