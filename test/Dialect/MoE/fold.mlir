// Views and casts that change nothing go away; those that change a shape or round stay.
// RUN: moec-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @nothing
// CHECK-NEXT: return %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<?x8xf32>
func.func @nothing(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = moe.view %x : tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = moe.cast %x : tensor<?x8xf32> -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: @something
// CHECK: moe.view
// CHECK: %[[ROUNDED:.+]] = moe.cast %{{.*}} : tensor<?x8xf32> -> tensor<?x8xbf16>
// CHECK: moe.cast %[[ROUNDED]] : tensor<?x8xbf16> -> tensor<?x8xf32>
func.func @something(%x: tensor<?x8xf32>) -> (tensor<?x2x4xf32>, tensor<?x8xf32>) {
  %0 = moe.view %x : tensor<?x8xf32> -> tensor<?x2x4xf32>
  %1 = moe.cast %x : tensor<?x8xf32> -> tensor<?x8xbf16>
  %2 = moe.cast %1 : tensor<?x8xbf16> -> tensor<?x8xf32>
  return %0, %2 : tensor<?x2x4xf32>, tensor<?x8xf32>
}
