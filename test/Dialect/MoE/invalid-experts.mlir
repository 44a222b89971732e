// Rules of experts.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x3xf32>) {
  // expected-error @+1 {{'moe.experts' op width of ids 2 does not match width of weights 3}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d <swiglu> hidden f32 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x3xf32> -> tensor<?x16xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @g : tensor<4x8x12xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op gate @g has shape 4x8x12, but the op needs 4x8x16}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d <swiglu> hidden f32 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
// expected-note @+1 {{declared here}}
moe.weight @u : tensor<4x6x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op up @u has shape 4x6x16, but the op needs 4x8x16}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d <swiglu> hidden f32 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
// expected-note @+1 {{declared here}}
moe.weight @d : tensor<3x16x8xf32> from "d"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op down @d has shape 3x16x8, but the op needs 4x16x8}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d <swiglu> hidden f32 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<4x16xf32> from "b"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op up bias @b has shape 4x16, but the op needs 4x8}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d up_bias @b <swiglu> hidden f32 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op has rounding even, but 'f32' has no power-of-two scale to choose}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d <swiglu> hidden f32 rounding even : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

moe.weight @g : tensor<4x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
moe.weight @d : tensor<4x16x8xf32> from "d"
func.func @f(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.experts' op attribute 'outputs' failed to satisfy constraint: type attribute of 32-bit float or bfloat16 type or 16-bit float}}
  %0 = moe.experts %x, %i, %w gate @g up @u down @d <swiglu> hidden f32 outputs f64 : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

func.func @f(%i: tensor<?x3xi32>) {
  // expected-error @+1 {{'moe.sort_by_expert' op width of ids 3 does not match top_k 2}}
  %0 = moe.sort_by_expert %i : tensor<?x3xi32> -> !moe.expert_blocks<experts = 4, top_k = 2>
  return
}

// -----

func.func @f(%x: tensor<?x16xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_up' op result choices 3 does not match choices of the expert blocks 2}}
  %0 = moe.expert_up %x, %d gate @g up @u <swiglu> : tensor<?x16xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x3x8xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @g : tensor<8x8x16xf32> from "g"
moe.weight @u : tensor<4x8x16xf32> from "u"
func.func @f(%x: tensor<?x16xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_up' op gate @g has shape 8x8x16, but the op needs 4x8x16}}
  %0 = moe.expert_up %x, %d gate @g up @u <swiglu> : tensor<?x16xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x3x8xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_down' op input choices 3 does not match choices of the expert blocks 2}}
  %0 = moe.expert_down %x, %d down @w : tensor<?x3x8xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @f(%x: tensor<?x2x8xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_down' op result choices 3 does not match choices of the expert blocks 2}}
  %0 = moe.expert_down %x, %d down @w : tensor<?x2x8xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x3x16xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @w : tensor<4x8x16xf32> from "w"
func.func @f(%x: tensor<?x2x8xf32>, %d: !moe.expert_blocks<experts = 4, top_k = 2>) {
  // expected-error @+1 {{'moe.expert_down' op down @w has shape 4x8x16, but the op needs 4x16x8}}
  %0 = moe.expert_down %x, %d down @w : tensor<?x2x8xf32>, !moe.expert_blocks<experts = 4, top_k = 2> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @f(%y: tensor<?x2x8xf32>, %i: tensor<?x2xi32>, %w: tensor<?x3xf32>) {
  // expected-error @+1 {{'moe.weighted_sum' op input choices 2 does not match width of weights 3}}
  %0 = moe.weighted_sum %y, %i, %w : tensor<?x2x8xf32>, tensor<?x2xi32>, tensor<?x3xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%y: tensor<?x2x8xf32>, %i: tensor<?x1xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.weighted_sum' op input choices 2 does not match width of ids 1}}
  %0 = moe.weighted_sum %y, %i, %w : tensor<?x2x8xf32>, tensor<?x1xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%y: tensor<?x2x8xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.weighted_sum' op input width 8 does not match result width 16}}
  %0 = moe.weighted_sum %y, %i, %w : tensor<?x2x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}
