// Rules of products and row-wise ops.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<8x64xf32>) {
  // expected-error @+1 {{operand #0 must be [tokens, width] float or block-scaled tensor}}
  %0 = moe.linear %x, @w : tensor<8x64xf32> -> tensor<?x32xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.linear' op weight @w is no moe.weight of this module}}
  %0 = moe.linear %x, @w : tensor<?x64xf32> -> tensor<?x32xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @w : tensor<32x48xbf16> from "w"
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.linear' op weight @w has shape 32x48, but the op needs 32x64}}
  %0 = moe.linear %x, @w : tensor<?x64xf32> -> tensor<?x32xf32>
  return
}

// -----

moe.weight @w : tensor<32x64xbf16> from "w"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<64xbf16> from "b"
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.linear' op bias @b has shape 64, but the op needs 32}}
  %0 = moe.linear %x, @w bias @b : tensor<?x64xf32> -> tensor<?x32xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @w : tensor<32x64xbf16> from "w"
func.func @f(%x: tensor<?x4x64xf32>) {
  // expected-error @+1 {{'moe.head_linear' op weight @w has shape 32x64, but the op needs 4x32x64}}
  %0 = moe.head_linear %x, @w : tensor<?x4x64xf32> -> tensor<?x4x32xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @w : tensor<32xbf16> from "w"
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.rms_norm' op weight @w has shape 32, but the op needs 64}}
  %0 = moe.rms_norm %x, @w epsilon 1.0e-5 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

moe.weight @w : tensor<64xbf16> from "w"
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.rms_norm' op epsilon -1.000000e+00 is negative or not finite}}
  %0 = moe.rms_norm %x, @w epsilon -1.0 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

moe.weight @w : tensor<64xbf16> from "w"
// expected-note @+1 {{declared here}}
moe.weight @b : tensor<32xbf16> from "b"
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.layer_norm' op bias @b has shape 32, but the op needs 64}}
  %0 = moe.layer_norm %x, @w bias @b epsilon 1.0e-5 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

moe.weight @w : tensor<64xbf16> from "w"
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.layer_norm' op epsilon -1.000000e+00 is negative}}
  %0 = moe.layer_norm %x, @w epsilon -1.0 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.rope' op size 7 is no positive number of pairs}}
  %0 = moe.rope %x, %b half theta 1.0e4 at 0 size 7 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.rope' op rotates elements 48 to 80 of 64}}
  %0 = moe.rope %x, %b half theta 1.0e4 at 48 size 32 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.rope' op theta 1.000000e+00 is not above 1}}
  %0 = moe.rope %x, %b half theta 1.0 at 0 size 32 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.view' op input row size 64 does not match result row size 128}}
  %0 = moe.view %x : tensor<?x64xf32> -> tensor<?x4x32xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.slice' op takes elements 40 to 72 of 64}}
  %0 = moe.slice %x at 40 : tensor<?x64xf32> -> tensor<?x32xf32>
  return
}

// -----

func.func @f(%x: tensor<?x4x64xf32>) {
  // expected-error @+1 {{differ before the last dimension}}
  %0 = moe.slice %x at 0 : tensor<?x4x64xf32> -> tensor<?x2x32xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.concat' op sum of input widths 128 does not match result width 96}}
  %0 = moe.concat %x, %x : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x96xf32>
  return
}

// -----

func.func @f(%x: tensor<?x4x64xf32>) {
  // expected-error @+1 {{differ before the last dimension}}
  %0 = moe.concat %x : tensor<?x4x64xf32> -> tensor<?x2x64xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'moe.concat' op needs an input}}
  %0 = "moe.concat"() : () -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>, %y: tensor<?x2xf32>) {
  // expected-error @+1 {{'moe.mul' op rhs width 2 does not match result width 64}}
  %0 = moe.mul %x, %y : tensor<?x64xf32>, tensor<?x2xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x32xf32>, %y: tensor<?x64xf32>) {
  // expected-error @+1 {{differ in shape}}
  %0 = moe.mul %x, %y : tensor<?x32xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>, %y: tensor<?x32xf32>) {
  // expected-error @+1 {{'moe.add' op requires the same shape for all operands and results}}
  %0 = moe.add %x, %y : tensor<?x64xf32>, tensor<?x32xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'moe.clamp' op attribute 'limit' failed to satisfy constraint: 64-bit float attribute positive and finite}}
  %0 = moe.clamp %x limit 0.0 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}
