// A running selection counts candidates in a loop of 32 rounds within each warp; lanes exchange registers.
// REQUIRES: target-nvptx
// RUN: moec-codegen %s --target sm_90 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .visible .entry select(
// CHECK: shfl.sync.bfly.b32 {{.*}}, -1;
// CHECK: bar.sync 0;
// CHECK: st.shared.b32
tile.kernel @select(%x: !tile.ref<?x512xf32>, %y: !tile.ref<?x128xi32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %c512 = arith.constant 512 : index
  %c4096 = arith.constant 4096 : index
  %lowest = arith.constant dense<0xFF800000> : tensor<1x128xf32>
  %none = arith.constant dense<-1> : tensor<1x128xi32>
  %v, %p = scf.for %key = %c0 to %c4096 step %c512 iter_args(%best = %lowest, %places = %none)
      -> (tensor<1x128xf32>, tensor<1x128xi32>) {
    %s = tile.load %x[%key, %c0] : !tile.ref<?x512xf32> -> tensor<1x512xf32>
    %first = arith.index_cast %key : index to i32
    %nv, %np = tile.topk_merge %best, %places, %s at %first
        : tensor<1x128xf32>, tensor<1x128xi32>, tensor<1x512xf32>
    scf.yield %nv, %np : tensor<1x128xf32>, tensor<1x128xi32>
  }
  tile.store %p, %y[%c0, %c0] : tensor<1x128xi32>, !tile.ref<?x128xi32>
  tile.return
}
