// Two functions with named outputs over one set of weights: @forward with experts, @draft with a cache of its own.
module attributes {moe.random_weights = 5 : i64, moe.config = {eos_token_ids = array<i64>, max_positions = 256 : i64, model_type = "draft", vocab_size = 48 : i64}} {
  moe.weight @embed : tensor<48x64xf32> from "embed"
  moe.weight @router : tensor<8x64xf32> from "router"
  moe.weight @gate : tensor<8x32x64xf32> from "experts.{e}.gate"
  moe.weight @up : tensor<8x32x64xf32> from "experts.{e}.up"
  moe.weight @down : tensor<8x64x32xf32> from "experts.{e}.down"
  moe.weight @norm : tensor<64xf32> from "norm"
  moe.weight @join : tensor<64x64xf32> from "join"
  moe.weight @key : tensor<64x64xf32> from "key"
  moe.cache @draft.kv : !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, f32>

  func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch)
      -> (tensor<?x48xf32> {moe.name = "logits"}, tensor<?x64xf32> {moe.name = "hidden"}, tensor<?x2xi32> {moe.name = "routed_experts"}) {
    %x = moe.embed %ids, @embed : tensor<?x64xf32>
    %n = moe.rms_norm %x, @norm epsilon 1.0e-6 : tensor<?x64xf32> -> tensor<?x64xf32>
    %scores = moe.linear %n, @router : tensor<?x64xf32> -> tensor<?x8xf32>
    %chosen, %w = moe.route %scores softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
    %y = moe.experts %n, %chosen, %w gate @gate up @up down @down <swiglu> hidden f32
        : tensor<?x64xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
    %h = moe.add %x, %y : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
    %r = moe.select_rows %h, %batch : tensor<?x64xf32>
    %f = moe.rms_norm %r, @norm epsilon 1.0e-6 : tensor<?x64xf32> -> tensor<?x64xf32>
    %logits = moe.linear %f, @embed : tensor<?x64xf32> -> tensor<?x48xf32>
    return %logits, %h, %chosen : tensor<?x48xf32>, tensor<?x64xf32>, tensor<?x2xi32>
  }

  func.func @draft(%ids: tensor<?xi32> {moe.name = "token_ids"}, %hidden: tensor<?x64xf32> {moe.name = "hidden"}, %batch: !moe.batch)
      -> (tensor<?x48xf32> {moe.name = "logits"}, tensor<?x64xf32> {moe.name = "hidden"}) {
    %e = moe.embed %ids, @embed : tensor<?x64xf32>
    %p = moe.linear %hidden, @join : tensor<?x64xf32> -> tensor<?x64xf32>
    %x = moe.add %e, %p : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
    %k = moe.linear %x, @key : tensor<?x64xf32> -> tensor<?x64xf32>
    %heads = moe.view %k : tensor<?x64xf32> -> tensor<?x2x32xf32>
    %q = moe.rope %heads, %batch half theta 1.0e4 at 0 size 32 : tensor<?x2x32xf32> -> tensor<?x2x32xf32>
    %kv = moe.cache_append @draft.kv, %batch, %q, %heads : tensor<?x2x32xf32>, tensor<?x2x32xf32>
        -> !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, f32>
    %o = moe.attention %q, %kv, %batch scale 0.2 : tensor<?x2x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, f32> -> tensor<?x2x32xf32>
    %a = moe.view %o : tensor<?x2x32xf32> -> tensor<?x64xf32>
    %h = moe.add %x, %a : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
    %r = moe.select_rows %h, %batch : tensor<?x64xf32>
    %f = moe.rms_norm %r, @norm epsilon 1.0e-6 : tensor<?x64xf32> -> tensor<?x64xf32>
    %logits = moe.linear %f, @embed : tensor<?x64xf32> -> tensor<?x48xf32>
    return %logits, %h : tensor<?x48xf32>, tensor<?x64xf32>
  }
}
