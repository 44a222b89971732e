// Rules of the weights and biases of experts, beyond invalid-experts.mlir.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<4x16xf32> from "b"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op gate bias @b has shape 4x16, but the op needs 4x8}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d gate_bias @b <swiglu> hidden f32 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<4x8xf32> from "b"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op down bias @b has shape 4x8, but the op needs 4x16}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d down_bias @b <swiglu> hidden f32 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
// expected-note @+1 {{declared here}}
moe.weight @u : tensor<4x6x16xf32> from "u"
func.func @f(%x: tensor<?x16xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_up' op up @u has shape 4x6x16, but the op needs 4x8x16}}
  %0 = moe.expert_up %x, %d gate @g up @u <swiglu> : tensor<?x16xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x8xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<4x16xf32> from "b"
func.func @f(%x: tensor<?x16xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_up' op gate bias @b has shape 4x16, but the op needs 4x8}}
  %0 = moe.expert_up %x, %d gate @g up @u gate_bias @b <swiglu> : tensor<?x16xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x8xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<4x16xf32> from "b"
func.func @f(%x: tensor<?x16xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_up' op up bias @b has shape 4x16, but the op needs 4x8}}
  %0 = moe.expert_up %x, %d gate @g up @u up_bias @b <swiglu> : tensor<?x16xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x8xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
func.func @f(%x: tensor<?x16xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_up' op needs a rounding rule (floor, ceil, even)}}
  %0 = moe.expert_up %x, %d gate @g up @u <swiglu> : tensor<?x16xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x32x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
  return
}

// -----

moe.weight @d : tensor<4x16x8xf32> from "d"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<4x8xf32> from "b"
func.func @f(%x: tensor<?x2x8xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_down' op down bias @b has shape 4x8, but the op needs 4x16}}
  %0 = moe.expert_down %x, %d down @d down_bias @b : tensor<?x2x8xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x16xf32>
  return
}
