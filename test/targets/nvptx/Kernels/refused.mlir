// A product that names an instruction of another machine is refused, as LLVM would abort on it.
// REQUIRES: target-nvptx
// RUN: not moec-codegen %s --target sm_90 --emit asm -o %t.ptx 2>&1 | FileCheck %s

// CHECK: error: cannot lower the kernels for sm_90: {{.*}}'tile.mma' op in kernel 'product' names "llvm.nvvm.mma.block.scale.m16n8k64.row.col.mxf4.scale.2x", but the machine multiplies 'bf16' by 'bf16' by "llvm.nvvm.mma.m16n8k16.row.col.bf16"
tile.kernel @product(%x: !tile.ref<64x64xbf16>, %w: !tile.ref<64x64xbf16>, %y: !tile.ref<64x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<64x64xbf16> -> tensor<64x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x64xbf16> -> tensor<64x64xbf16>
  %d = tile.mma %a, %b, %zero b = nk {tile.product = #tile.product<"llvm.nvvm.mma.block.scale.m16n8k64.row.col.mxf4.scale.2x">} : tensor<64x64xbf16>, tensor<64x64xbf16>, tensor<64x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<64x64xf32>
  tile.return
}
