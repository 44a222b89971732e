// The second norm reads the product of the first one: the two can't share a kernel, although both read %x.
// The sum of the logits' rows is not on the tokens' rows, so it doesn't join the norm either.
// RUN: moec-opt %s --moe-fuse-groups | FileCheck %s

moe.weight @norm : tensor<128xbf16> from "norm"
moe.weight @w : tensor<128x128xbf16> from "w"

// CHECK: moe.group row id {{[0-9]+}} "norm"(%{{[^,]*}}) -> tensor<?x128xf32>
// CHECK: moe.group gemm id {{[0-9]+}} "w"
// CHECK: moe.group row id {{[0-9]+}} "norm"(%{{[^,]*}}) -> tensor<?x128xf32>
// CHECK: moe.group select_rows
// CHECK: moe.group row id {{[0-9]+}} "mul"
func.func @forward(%x: tensor<?x128xf32>, %batch: !moe.batch) -> tensor<?x128xf32> {
  %a = moe.rms_norm %x, @norm epsilon 1.0e-05 : tensor<?x128xf32> -> tensor<?x128xf32>
  %b = moe.linear %a, @w : tensor<?x128xf32> -> tensor<?x128xf32>
  %c = moe.rms_norm %b, @norm epsilon 1.0e-05 : tensor<?x128xf32> -> tensor<?x128xf32>
  %r = moe.select_rows %c, %batch : tensor<?x128xf32>
  %d = moe.mul %r, %r : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
  return %d : tensor<?x128xf32>
}
