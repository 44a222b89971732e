// What the machine cannot do is said with the op's name, not computed by a library.
// REQUIRES: target-cpu
// RUN: not moec-codegen %s --target cpu --chip x86-64-v3 --emit asm 2>&1 | FileCheck %s

// CHECK: error: cannot lower the kernels for x86-64-v3: {{.*}}no-lowering.mlir:10:8: 'math.exp' op has no expansion for this element type{{$}}
tile.kernel @k(%x: !tile.ref<8xf64>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %v = tile.load %x[%c0] : !tile.ref<8xf64> -> tensor<8xf64>
  %e = math.exp %v : tensor<8xf64>
  tile.store %e, %x[%c0] : tensor<8xf64>, !tile.ref<8xf64>
  tile.return
}
