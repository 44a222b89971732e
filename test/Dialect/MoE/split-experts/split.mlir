// The hidden rounding becomes expert_up's result type and that of the outputs expert_down's, f32 where it is not said.
// RUN: moec-opt %s --moe-split-experts | FileCheck %s

moe.weight @gate : tensor<8x64x128xbf16> from "gate.{e}.weight"
moe.weight @bias : tensor<8x64xbf16> from "bias"
moe.weight @down : tensor<8x128x64xbf16> from "down.{e}.weight"

// CHECK-LABEL: func @forward
// CHECK-SAME: %[[X:.*]]: tensor<?x128xbf16>, %[[I:.*]]: tensor<?x2xi32>, %[[W:.*]]: tensor<?x2xf32>
func.func @forward(%x: tensor<?x128xbf16>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) -> tensor<?x128xbf16> {
  // CHECK: %[[D:.*]] = moe.sort_by_expert %[[I]] : tensor<?x2xi32> -> !moe.expert_blocks<experts = 8, top_k = 2>
  // CHECK: %[[H:.*]] = moe.expert_up %[[X]], %[[D]] gate @gate up @gate up_bias @bias <swiglu> rounding floor : tensor<?x128xbf16>, {{.*}} -> tensor<?x2x64x!mxfp4>
  // CHECK: %[[Y:.*]] = moe.expert_down %[[H]], %[[D]] down @down : tensor<?x2x64x!mxfp4>, {{.*}} -> tensor<?x2x128xf32>
  // CHECK: moe.weighted_sum %[[Y]], %[[I]], %[[W]] : tensor<?x2x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xbf16>
  %e = moe.experts %x, %i, %w gate @gate up @gate down @down up_bias @bias <swiglu>
      hidden !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32> rounding floor
      : tensor<?x128xbf16>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xbf16>
  return %e : tensor<?x128xbf16>
}

// CHECK-LABEL: func @rounded_outputs
func.func @rounded_outputs(%x: tensor<?x128xbf16>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) -> tensor<?x128xbf16> {
  // CHECK: moe.expert_down %{{.*}} -> tensor<?x2x128xf16>
  // CHECK: moe.weighted_sum %{{.*}} : tensor<?x2x128xf16>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xbf16>
  %e = moe.experts %x, %i, %w gate @gate up @gate down @down <swiglu> hidden bf16 outputs f16
      : tensor<?x128xbf16>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xbf16>
  return %e : tensor<?x128xbf16>
}
