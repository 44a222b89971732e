// Rules of states and the ops that use them.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{type attribute of statically shaped f32 tensor}}
"moe.state"() {sym_name = "s", type = tensor<2x8xbf16>} : () -> ()

// -----

moe.weight @w : tensor<8x4xf32> from "w"
func.func @f(%x: tensor<?x8xf32>, %b: !moe.batch) -> tensor<?x8xf32> {
  // expected-error @+1 {{state @s is no moe.state of this module}}
  %y = moe.causal_conv %x, %b, @w state @s : tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

moe.weight @w : tensor<8x4xf32> from "w"
// expected-note @+1 {{declared here}}
moe.state @s : tensor<4x8xf32>
func.func @f(%x: tensor<?x8xf32>, %b: !moe.batch) -> tensor<?x8xf32> {
  // expected-error @+1 {{state @s has shape 4x8, but the op needs 3x8}}
  %y = moe.causal_conv %x, %b, @w state @s : tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

moe.weight @w : tensor<8x1xf32> from "w"
moe.state @s : tensor<4x8xf32>
func.func @f(%x: tensor<?x8xf32>, %b: !moe.batch) -> tensor<?x8xf32> {
  // expected-error @+1 {{weight @w has 1 numbers a channel, but the op needs at least 2}}
  %y = moe.causal_conv %x, %b, @w state @s : tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @w : tensor<9x4xf32> from "w"
moe.state @s : tensor<3x8xf32>
func.func @f(%x: tensor<?x8xf32>, %b: !moe.batch) -> tensor<?x8xf32> {
  // expected-error @+1 {{weight @w has shape 9x4, but the op needs 8x4}}
  %y = moe.causal_conv %x, %b, @w state @s : tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

moe.state @s : tensor<3x8x8xf32>
func.func @f(%q: tensor<?x2x8xf32>, %v: tensor<?x3x8xf32>, %g: tensor<?x3xf32>, %b: !moe.batch) -> tensor<?x3x8xf32> {
  // expected-error @+1 {{3 value heads do not divide by 2 key heads}}
  %y = moe.gated_delta %q, %q, %v, %g, %g, %b state @s scale 1.0
      : tensor<?x2x8xf32>, tensor<?x3x8xf32>, tensor<?x3xf32> -> tensor<?x3x8xf32>
  return %y : tensor<?x3x8xf32>
}

// -----

moe.state @s : tensor<4x8x8xf32>
func.func @f(%q: tensor<?x2x8xf32>, %v: tensor<?x4x8xf32>, %g: tensor<?x3xf32>, %b: !moe.batch) -> tensor<?x4x8xf32> {
  // expected-error @+1 {{width of decay and beta 3 does not match value heads 4}}
  %y = moe.gated_delta %q, %q, %v, %g, %g, %b state @s scale 1.0
      : tensor<?x2x8xf32>, tensor<?x4x8xf32>, tensor<?x3xf32> -> tensor<?x4x8xf32>
  return %y : tensor<?x4x8xf32>
}

// -----

// expected-note @+1 {{declared here}}
moe.state @s : tensor<4x8x6xf32>
func.func @f(%q: tensor<?x2x8xf32>, %v: tensor<?x4x8xf32>, %g: tensor<?x4xf32>, %b: !moe.batch) -> tensor<?x4x8xf32> {
  // expected-error @+1 {{state @s has shape 4x8x6, but the op needs 4x8x8}}
  %y = moe.gated_delta %q, %q, %v, %g, %g, %b state @s scale 1.0
      : tensor<?x2x8xf32>, tensor<?x4x8xf32>, tensor<?x4xf32> -> tensor<?x4x8xf32>
  return %y : tensor<?x4x8xf32>
}

// -----

moe.weight @rate : tensor<4xf32> from "rate"
func.func @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{bias @bias is no moe.weight of this module}}
  %y = moe.decay %x rate @rate bias @bias : tensor<?x4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{epsilon' failed to satisfy constraint: 64-bit float attribute positive and finite}}
  %y = "moe.l2_norm"(%x) {epsilon = 0.0} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @f(%x: tensor<?x4xf32>) -> tensor<?x5xf32> {
  // expected-error @+1 {{requires the same shape for all operands and results}}
  %y = moe.l2_norm %x epsilon 1.0e-06 : tensor<?x4xf32> -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// -----

func.func @f(%x: tensor<?x4xf32>) -> tensor<?x5xf32> {
  // expected-error @+1 {{requires the same shape for all operands and results}}
  %y = moe.sigmoid %x : tensor<?x4xf32> -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
