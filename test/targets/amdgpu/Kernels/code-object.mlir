// The object is linked in process: code object version 6, with one descriptor for each kernel.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit hsaco -o %t
// RUN: llvm-readelf --file-header --dyn-syms --notes %t | FileCheck %s

// CHECK: OS/ABI: AMDGPU - HSA
// CHECK: ABI Version: 4
// CHECK: Type: DYN
// CHECK: gfx950
// CHECK-DAG: FUNC GLOBAL PROTECTED {{[0-9]+}} copy
// CHECK-DAG: copy.kd
// The words of the kernel ABI are the whole segment: no hidden arguments.
// CHECK: .offset: 0
// CHECK: .offset: 8
// CHECK: .offset: 16
// CHECK-NOT: hidden
// CHECK: .kernarg_segment_size: 24
tile.kernel @copy(%x: !tile.ref<?x64xf32>, %y: !tile.ref<?x64xf32>, %t: index)
    grid(%bx = affine_map<(d0) -> (d0 ceildiv 8)>, %by = affine_map<(d0) -> (1)>,
         %bz = affine_map<(d0) -> (1)>) {
  %c8 = arith.constant 8 : index
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %bx, %c8 : index
  %left = arith.subi %t, %row : index
  %v = tile.load %x[%row, %c0] bounds(%left, %c64) : !tile.ref<?x64xf32> -> tensor<8x64xf32>
  tile.store %v, %y[%row, %c0] bounds(%left, %c64) : tensor<8x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
