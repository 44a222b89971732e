// An attention's kernel computes nothing beside it.
// RUN: moec-opt %s --moe-to-tile --verify-diagnostics

!kv = !moe.kv<#moe.key_value<heads = 1, key_dim = 16, value_dim = 16>, f32>
func.func @forward(%q: tensor<?x4x16xf32>, %kv: !kv, %batch: !moe.batch) -> tensor<?x4x16xf32> {
  // expected-error @+1 {{computes one moe.attention only}}
  %r = moe.group attention "sum" (%a = %q : tensor<?x4x16xf32>, %b = %kv : !kv, %c = %batch : !moe.batch) -> tensor<?x4x16xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 : tensor<?x4x16xf32>, !kv -> tensor<?x4x16xf32>
    // expected-note @+1 {{cannot add this op to its kernel}}
    %s = moe.add %o, %a : tensor<?x4x16xf32>, tensor<?x4x16xf32> -> tensor<?x4x16xf32>
    moe.yield %s : tensor<?x4x16xf32>
  }
  return %r : tensor<?x4x16xf32>
}
