// What follows the attention takes selected rows; what a cache or another reader needs stays whole.
// RUN: moec-opt %s --moe-hoist-select-rows --split-input-file | FileCheck %s

moe.weight @o : tensor<64x64xf32> from "o"
moe.weight @router : tensor<8x64xf32> from "router"
moe.weight @gate : tensor<8x32x64xf32> from "gate"
moe.weight @up : tensor<8x32x64xf32> from "up"
moe.weight @down : tensor<8x64x32xf32> from "down"
moe.weight @norm : tensor<64xf32> from "norm"

// CHECK-LABEL: func @forward
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>, %[[A:.*]]: tensor<?x4x16xf32>, %[[B:.*]]: !moe.batch
func.func @forward(%x: tensor<?x64xf32>, %a: tensor<?x4x16xf32>, %batch: !moe.batch) -> tensor<?x64xf32> {
  // CHECK-NEXT: %[[V:.*]] = moe.view %[[A]]
  // CHECK-NEXT: %[[SV:.*]] = moe.select_rows %[[V]], %[[B]] : tensor<?x64xf32>
  // CHECK-NEXT: %[[O:.*]] = moe.linear %[[SV]], @o
  // CHECK-NEXT: %[[SX:.*]] = moe.select_rows %[[X]], %[[B]] : tensor<?x64xf32>
  // CHECK-NEXT: moe.add %[[SX]], %[[O]]
  // CHECK-NOT: moe.select_rows
  %v = moe.view %a : tensor<?x4x16xf32> -> tensor<?x64xf32>
  %o = moe.linear %v, @o : tensor<?x64xf32> -> tensor<?x64xf32>
  %h = moe.add %x, %o : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  %n = moe.rms_norm %h, @norm epsilon 1.0e-05 : tensor<?x64xf32> -> tensor<?x64xf32>
  %l = moe.linear %n, @router : tensor<?x64xf32> -> tensor<?x8xf32>
  %ids, %w = moe.route %l softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  %e = moe.experts %n, %ids, %w gate @gate up @up down @down <swiglu> hidden f32 : tensor<?x64xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
  %y = moe.add %h, %e : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  %r = moe.select_rows %y, %batch : tensor<?x64xf32>
  return %r : tensor<?x64xf32>
}

// -----

moe.weight @norm : tensor<64xf32> from "norm"
moe.weight @q : tensor<64x64xf32> from "q"

// A value that something else reads is computed for every row.
// CHECK-LABEL: func @forward
func.func @forward(%x: tensor<?x64xf32>, %batch: !moe.batch) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  // CHECK-NEXT: %[[N:.*]] = moe.rms_norm
  // CHECK-NEXT: %[[S:.*]] = moe.select_rows %[[N]]
  // CHECK-NEXT: %[[Q:.*]] = moe.linear %[[S]], @q
  // CHECK-NEXT: return %[[N]], %[[Q]]
  %n = moe.rms_norm %x, @norm epsilon 1.0e-05 : tensor<?x64xf32> -> tensor<?x64xf32>
  %q = moe.linear %n, @q : tensor<?x64xf32> -> tensor<?x64xf32>
  %r = moe.select_rows %q, %batch : tensor<?x64xf32>
  return %n, %r : tensor<?x64xf32>, tensor<?x64xf32>
}

// -----

moe.weight @router : tensor<8x64xf32> from "router"
moe.weight @gate : tensor<8x32x64xf32> from "gate"
moe.weight @up : tensor<8x32x64xf32> from "up"
moe.weight @down : tensor<8x64x32xf32> from "down"

// A choice that is returned is made for every row, and no rows of integers are selected: the experts stay whole.
// CHECK-LABEL: func @forward
func.func @forward(%x: tensor<?x64xf32>, %batch: !moe.batch) -> (tensor<?x64xf32>, tensor<?x2xi32>) {
  // CHECK-NEXT: moe.linear %{{.*}}, @router
  // CHECK-NEXT: moe.route
  // CHECK-NEXT: %[[E:.*]] = moe.experts
  // CHECK-NEXT: moe.select_rows %[[E]]
  %l = moe.linear %x, @router : tensor<?x64xf32> -> tensor<?x8xf32>
  %ids, %w = moe.route %l softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  %e = moe.experts %x, %ids, %w gate @gate up @up down @down <swiglu> hidden f32 : tensor<?x64xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
  %r = moe.select_rows %e, %batch : tensor<?x64xf32>
  return %r, %ids : tensor<?x64xf32>, tensor<?x2xi32>
}
