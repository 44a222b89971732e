// Rules of weights, groups, attributes and the module.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{'moe.weight' op names no tensor}}
moe.weight @w : tensor<4xf32> from ""

// -----

// expected-error @+1 {{'moe.weight' op stacks tensors in a type without dimensions}}
moe.weight @w : tensor<f32> from "w.{e}"

// -----

// expected-error @+1 {{'moe.weight' op view gives shape 4x2, but the type is 'tensor<4x4xf32>'}}
moe.weight @w : tensor<4x4xf32> from "w" view <shape [4, 4] offsets [0, 0] sizes [4, 2]>

// -----

// expected-error @+1 {{'moe.weight' op has rounding even, but}}
moe.weight @w : tensor<64x!mx.block<element = i8, scale = f32, block = 32>> from "w" rounding even

// -----

// expected-error @+1 {{view has 1 offsets and 2 sizes for 2 dimensions}}
moe.weight @w : tensor<4x4xf32> from "w" view <shape [4, 4] offsets [0] sizes [4, 4]>

// -----

// expected-error @+1 {{view has 1 strides for 2 dimensions}}
moe.weight @w : tensor<4x4xf32> from "w" view <shape [4, 4] offsets [0, 0] sizes [4, 4] strides [1]>

// -----

// expected-error @+1 {{view dimension 1 has offset 0, size 0, stride 1}}
moe.weight @w : tensor<4x4xf32> from "w" view <shape [4, 4] offsets [0, 0] sizes [4, 0]>

// -----

// expected-error @+1 {{view dimension 1 reaches element 6 of 4}}
moe.weight @w : tensor<4x4xf32> from "w" view <shape [4, 4] offsets [0, 0] sizes [4, 4] strides [1, 2]>

// -----

// expected-error @+1 {{view orders 1 of 2 dimensions}}
moe.weight @w : tensor<4x4xf32> from "w" view <shape [4, 4] offsets [0, 0] sizes [4, 4] order [0]>

// -----

// expected-error @+1 {{view order is no permutation of 2 dimensions: 1 is out of range or twice in it}}
moe.weight @w : tensor<4x4xf32> from "w" view <shape [4, 4] offsets [0, 0] sizes [4, 4] order [1, 1]>

// -----

// expected-note @+1 {{declared here}}
moe.weight @w : tensor<32x16xf32> from "w"
func.func @f(%i: tensor<?xi32>) {
  // expected-error @+1 {{'moe.embed' op weight @w has shape 32x16, but the op needs 32x8}}
  %0 = moe.embed %i, @w : tensor<?x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{unknown kernel family 'frobnicate'}}
  %0 = moe.group frobnicate (%a = %x : tensor<?x8xf32>) -> tensor<?x8xf32> { moe.yield %a : tensor<?x8xf32> }
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.group' op yields 'tensor<?x8xf32>' as result 0, which is 'tensor<?x4xf32>'}}
  %0 = moe.group row (%a = %x : tensor<?x8xf32>) -> tensor<?x4xf32> { moe.yield %a : tensor<?x8xf32> }
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.group' op number of yielded values 1 does not match number of results 0}}
  moe.group row (%a = %x : tensor<?x8xf32>) { moe.yield %a : tensor<?x8xf32> }
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.group' op number of body arguments 0 does not match number of inputs 1}}
  "moe.group"(%x) <{family = #moe<kernel_family row>}> ({ "moe.yield"() : () -> () }) : (tensor<?x8xf32>) -> ()
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.group' op body argument 0 is 'tensor<?x4xf32>', its input 'tensor<?x8xf32>'}}
  "moe.group"(%x) <{family = #moe<kernel_family row>}> ({ ^bb0(%a: tensor<?x4xf32>): "moe.yield"() : () -> () }) : (tensor<?x8xf32>) -> ()
  return
}

// -----

// expected-error @+1 {{limit -1.000000e+00 is negative or not finite}}
func.func private @f() attributes {a = #moe.activation<swiglu, limit = -1.0>}

// -----

// expected-error @+1 {{factor 0.000000e+00 is not positive}}
func.func private @f() attributes {a = #moe.linear_scaling<factor = 0.0>}

// -----

// expected-error @+1 {{original_positions 0 is not positive}}
func.func private @f() attributes {a = #moe.yarn<factor = 2.0, original_positions = 0>}

// -----

// expected-error @+1 {{moe.checkpoint is a string, the folder of the weights}}
module attributes {moe.checkpoint = 1} {}

// -----

// expected-error @+1 {{moe.checkpoint and moe.random_weights exclude each other}}
module attributes {moe.checkpoint = "a", moe.random_weights = 1 : i64} {}

// -----

// expected-error @+1 {{moe.random_weights is an i64, the seed}}
module attributes {moe.random_weights = "7"} {}

// -----

// expected-error @+1 {{moe.config is a dictionary}}
module attributes {moe.config = 7} {}

// -----

// expected-error @+1 {{unknown attribute moe.other}}
module attributes {moe.other} {}

// -----

// expected-error @+1 {{attribute moe.config belongs on a module}}
func.func private @f() attributes {moe.config = {}}

// -----

// expected-error @+1 {{beta_fast 0.000000e+00 is not positive}}
#y = #moe.yarn<factor = 2.0, original_positions = 64, beta_fast = 0.0>

// -----

// expected-error @+1 {{beta_slow 0.000000e+00 is not positive}}
#y = #moe.yarn<factor = 2.0, original_positions = 64, beta_slow = 0.0>

// -----

// expected-error @+1 {{magnitude 0.000000e+00 is not positive}}
#y = #moe.yarn<factor = 2.0, original_positions = 64, magnitude = 0.0>

// -----

// expected-error @+1 {{low_turns 0.000000e+00 is not positive}}
#t = #moe.turns_scaling<factor = 2.0, original_positions = 64, low_turns = 0.0, high_turns = 4.0>

// -----

// expected-error @+1 {{high_turns 1.000000e+00 is not above low_turns 1.000000e+00}}
#t = #moe.turns_scaling<factor = 2.0, original_positions = 64, low_turns = 1.0, high_turns = 1.0>
