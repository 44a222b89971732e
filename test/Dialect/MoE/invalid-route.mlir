// Rules of routing.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

func.func @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.route' op 8 experts do not divide into 3 groups}}
  %i, %w = moe.route %l sigmoid top_k 2 groups 3 : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.route' op keeps 3 of 2 groups}}
  %i, %w = moe.route %l sigmoid top_k 2 groups 2 topk_groups 3 : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.route' op groups of 1 expert have no two best to score them by}}
  %i, %w = moe.route %l sigmoid top_k 2 groups 8 topk_groups 4 : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.route' op chooses 3 of 2 experts}}
  %i, %w = moe.route %l sigmoid top_k 3 groups 4 topk_groups 1 : tensor<?x8xf32> -> tensor<?x3xi32>, tensor<?x3xf32>
  return
}

// -----

func.func @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.route' op width of ids 4 does not match top_k 2}}
  %i, %w = moe.route %l sigmoid top_k 2 : tensor<?x8xf32> -> tensor<?x4xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.route' op width of weights 4 does not match top_k 2}}
  %i, %w = moe.route %l sigmoid top_k 2 : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x4xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @b : tensor<4xf32> from "b"
func.func @f(%l: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.route' op choice bias @b has shape 4, but the op needs 8}}
  %i, %w = moe.route %l sigmoid top_k 2 bias @b : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}
