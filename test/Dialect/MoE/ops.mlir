// A decoder layer of each attention kind: every op survives printing and parsing.
// RUN: moec-opt %s | moec-opt | FileCheck %s

!kv = !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, bf16>
!latent = !moe.kv<#moe.latent<rank = 64, rope_dim = 32>, f32>
!ik = !moe.kv<#moe.index_key<dim = 64>, bf16>
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>

// CHECK: module attributes {moe.checkpoint = "../model", moe.config = {vocab_size = 320 : i64}}
module attributes {moe.checkpoint = "../model", moe.config = {vocab_size = 320 : i64}} {
  // CHECK: moe.weight @embed : tensor<320x128xbf16> from "embed.weight"
  moe.weight @embed : tensor<320x128xbf16> from "embed.weight"
  moe.weight @norm : tensor<128xbf16> from "norm.weight"
  moe.weight @head_norm : tensor<32xbf16> from "q_norm.weight"
  moe.weight @head_norm_bias : tensor<32xbf16> from "q_norm.bias"
  moe.weight @q : tensor<128x128xbf16> from "q.weight"
  moe.weight @q_bias : tensor<128xbf16> from "q.bias"
  // CHECK: moe.weight @w_uk : tensor<4x64x32xbf16> from "kv_b.weight" view <shape[4, 64, 64] offsets[0, 0, 0] sizes[4, 32, 64] order[0, 2, 1]>
  moe.weight @w_uk : tensor<4x64x32xbf16> from "kv_b.weight"
      view <shape [4, 64, 64] offsets [0, 0, 0] sizes [4, 32, 64] order [0, 2, 1]>
  moe.weight @kv_b : tensor<256x64xbf16> from "kv_b.weight"
  moe.weight @sinks : tensor<4xf32> from "sinks"
  moe.weight @choice_bias : tensor<8xf32> from "choice_bias"
  // CHECK: moe.weight @gate : tensor<8x64x128x!mxfp4> from "experts.{e}.gate.weight" rounding even
  moe.weight @gate : tensor<8x64x128x!mxfp4> from "experts.{e}.gate.weight" rounding even
  // CHECK: moe.weight @up : tensor<8x64x128xbf16> from "gate_up" view <shape[8, 128, 128] offsets[0, 0, 1] sizes[8, 128, 64] strides[1, 1, 2] order[0, 2, 1]>
  moe.weight @up : tensor<8x64x128xbf16> from "gate_up"
      view <shape [8, 128, 128] offsets [0, 0, 1] sizes [8, 128, 64] strides [1, 1, 2] order [0, 2, 1]>
  moe.weight @down : tensor<8x128x64xbf16> from "experts.{e}.down.weight"
  moe.weight @up_bias : tensor<8x64xbf16> from "up_bias"
  moe.weight @down_bias : tensor<8x128xbf16> from "down_bias"
  // CHECK: moe.weight @eh : tensor<128x256xbf16> from "eh_proj.weight" mtp
  moe.weight @eh : tensor<128x256xbf16> from "eh_proj.weight" mtp
  // CHECK: moe.cache @layers.0.kv : !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, bf16>
  moe.cache @layers.0.kv : !kv
  moe.cache @layers.1.kv : !latent
  moe.cache @layers.1.ik : !ik
  // CHECK: moe.state @layers.2.conv : tensor<3x128xf32>
  moe.state @layers.2.conv : tensor<3x128xf32>
  moe.state @layers.2.delta : tensor<4x32x32xf32>
  moe.weight @filter : tensor<128x4xbf16> from "conv1d.weight"
  moe.weight @rate : tensor<4xbf16> from "A_log"

  // CHECK-LABEL: func @rows
  func.func @rows(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x128xf32> {
    // CHECK: moe.embed %{{.*}}, @embed : tensor<?x128xf32>
    %x = moe.embed %ids, @embed : tensor<?x128xf32>
    // CHECK: moe.rms_norm %{{.*}}, @norm epsilon 1.000000e-05 : tensor<?x128xf32> -> tensor<?x128xbf16>
    %n = moe.rms_norm %x, @norm epsilon 1.0e-05 : tensor<?x128xf32> -> tensor<?x128xbf16>
    // CHECK: moe.linear %{{.*}}, @q bias @q_bias : tensor<?x128xbf16> -> tensor<?x128xf32>
    %q = moe.linear %n, @q bias @q_bias : tensor<?x128xbf16> -> tensor<?x128xf32>
    // CHECK: moe.view %{{.*}} : tensor<?x128xf32> -> tensor<?x4x32xf32>
    %h = moe.view %q : tensor<?x128xf32> -> tensor<?x4x32xf32>
    // CHECK: moe.rms_norm %{{.*}}, @head_norm epsilon {{.*}} offset 1.000000e+00 : tensor<?x4x32xf32>
    %hn = moe.rms_norm %h, @head_norm epsilon 1.0e-06 offset 1.0 : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    // CHECK: moe.layer_norm %{{.*}}, @head_norm bias @head_norm_bias epsilon {{.*}} : tensor<?x4x32xf32>
    %ln = moe.layer_norm %hn, @head_norm bias @head_norm_bias epsilon 1.0e-06 : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    // CHECK: moe.rope %{{.*}}, %{{.*}} interleaved theta 8.000000e+06 at 16 size 16 : tensor<?x4x32xf32>
    %r = moe.rope %ln, %batch interleaved theta 8.0e+06 at 16 size 16 : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    // CHECK: moe.rope {{.*}} half theta 1.500000e+05 scaling #moe.yarn<factor = 3.200000e+01, original_positions = 4096, magnitude = 1.3465735902799727, truncate = false> at 0 size 32
    %y = moe.rope %r, %batch half theta 1.5e+05
        scaling #moe.yarn<factor = 32.0, original_positions = 4096, magnitude = 1.3465735902799727, truncate = false>
        at 0 size 32
        : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    // CHECK: scaling #moe.linear_scaling<factor = 2.000000e+00>
    %z = moe.rope %y, %batch half theta 1.0e+04 scaling #moe.linear_scaling<factor = 2.0> at 0 size 32
        : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    // CHECK: scaling #moe.turns_scaling<factor = 3.200000e+01, original_positions = 8192, low_turns = 1.000000e+00, high_turns = 4.000000e+00>
    %t = moe.rope %z, %batch half theta 5.0e+05
        scaling #moe.turns_scaling<factor = 32.0, original_positions = 8192, low_turns = 1.0, high_turns = 4.0>
        at 0 size 32
        : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    // CHECK: moe.slice %{{.*}} at 16 : tensor<?x4x32xf32> -> tensor<?x4x16xf32>
    %s = moe.slice %t at 16 : tensor<?x4x32xf32> -> tensor<?x4x16xf32>
    // CHECK: moe.concat %{{.*}}, %{{.*}} : tensor<?x4x16xf32>, tensor<?x4x32xf32> -> tensor<?x4x48xf32>
    %c = moe.concat %s, %z : tensor<?x4x16xf32>, tensor<?x4x32xf32> -> tensor<?x4x48xf32>
    // CHECK: moe.clamp %{{.*}} limit 8.000000e+00 : tensor<?x128xf32>
    %k = moe.clamp %q limit 8.0 : tensor<?x128xf32> -> tensor<?x128xf32>
    // CHECK: moe.activation %{{.*}}, %{{.*}} <swiglu, limit = 7.000000e+00, alpha = 1.702000e+00, up_offset = 1.000000e+00> : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
    %a = moe.activation %k, %q <swiglu, limit = 7.0, alpha = 1.702, up_offset = 1.0>
        : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
    // CHECK: moe.activation %{{.*}}, %{{.*}} <sigmoid_gate> :
    %g = moe.activation %a, %q <sigmoid_gate> : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
    // CHECK: moe.add %{{.*}}, %{{.*}} : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xbf16>
    %b = moe.add %x, %g : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xbf16>
    // CHECK: moe.cast %{{.*}} : tensor<?x128xbf16> -> tensor<?x128xf32>
    %d = moe.cast %b : tensor<?x128xbf16> -> tensor<?x128xf32>
    %one = moe.slice %d at 5 : tensor<?x128xf32> -> tensor<?x1xf32>
    // CHECK: moe.mul %{{.*}}, %{{.*}} : tensor<?x128xf32>, tensor<?x1xf32> -> tensor<?x128xf32>
    %m = moe.mul %d, %one : tensor<?x128xf32>, tensor<?x1xf32> -> tensor<?x128xf32>
    // CHECK: moe.select_rows %{{.*}}, %{{.*}} : tensor<?x128xf32>
    %o = moe.select_rows %m, %batch : tensor<?x128xf32>
    return %o : tensor<?x128xf32>
  }

  // CHECK-LABEL: func @attention
  func.func @attention(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %batch: !moe.batch) -> tensor<?x4x32xf32> {
    // CHECK: moe.cache_append @layers.0.kv, %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x2x32xf32>, tensor<?x2x32xf32> -> !moe.kv<#moe.key_value
    %kv = moe.cache_append @layers.0.kv, %batch, %k, %k : tensor<?x2x32xf32>, tensor<?x2x32xf32> -> !kv
    // CHECK: moe.attention %{{.*}}, %{{.*}}, %{{.*}} scale 1.250000e-01 window 16 sinks @sinks probabilities bf16 :
    %o = moe.attention %q, %kv, %batch scale 0.125 window 16 sinks @sinks probabilities bf16
        : tensor<?x4x32xf32>, !kv -> tensor<?x4x32xf32>
    return %o : tensor<?x4x32xf32>
  }

  // CHECK-LABEL: func @blocks
  func.func @blocks(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %qi: tensor<?x4x64xf32>, %ki: tensor<?x64xf32>,
                    %batch: !moe.batch) -> tensor<?x4x32xf32> {
    %kv = moe.cache_append @layers.0.kv, %batch, %k, %k : tensor<?x2x32xf32>, tensor<?x2x32xf32> -> !kv
    %ik = moe.cache_append @layers.1.ik, %batch, %ki : tensor<?x64xf32> -> !ik
    // CHECK: moe.block_select %{{.*}}, %{{.*}}, %{{.*}} block 128 top_k 16 local 1 : tensor<?x4x64xf32>, !moe.kv<#moe.index_key<dim = 64>, bf16> -> tensor<?x16xi32>
    %s = moe.block_select %qi, %ik, %batch block 128 top_k 16 local 1 : tensor<?x4x64xf32>, !ik -> tensor<?x16xi32>
    // CHECK: moe.attention %{{.*}}, %{{.*}}, %{{.*}} selected(%{{.*}} : tensor<?x16xi32>) block 128 scale 1.250000e-01 :
    %o = moe.attention %q, %kv, %batch selected(%s : tensor<?x16xi32>) block 128 scale 0.125
        : tensor<?x4x32xf32>, !kv -> tensor<?x4x32xf32>
    return %o : tensor<?x4x32xf32>
  }

  // CHECK-LABEL: func @latent
  func.func @latent(%q: tensor<?x4x64xf32>, %c: tensor<?x64xf32>, %pe: tensor<?x32xf32>, %qi: tensor<?x4x64xf32>,
                    %w: tensor<?x4xf32>, %batch: !moe.batch) -> tensor<?x4x32xf32> {
    %ik = moe.cache_append @layers.1.ik, %batch, %c : tensor<?x64xf32> -> !ik
    // CHECK: moe.index_select %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} top_k 16 scale 3.125000e-02 : tensor<?x4x64xf32>, tensor<?x4xf32>, !moe.kv<#moe.index_key<dim = 64>, bf16> -> tensor<?x16xi32>
    %s = moe.index_select %qi, %w, %ik, %batch top_k 16 scale 0.03125
        : tensor<?x4x64xf32>, tensor<?x4xf32>, !ik -> tensor<?x16xi32>
    %kv = moe.cache_append @layers.1.kv, %batch, %c, %pe : tensor<?x64xf32>, tensor<?x32xf32> -> !latent
    // CHECK: moe.head_linear %{{.*}}, @w_uk : tensor<?x4x32xf32> -> tensor<?x4x64xf32>
    %n = moe.slice %q at 0 : tensor<?x4x64xf32> -> tensor<?x4x32xf32>
    %a = moe.head_linear %n, @w_uk : tensor<?x4x32xf32> -> tensor<?x4x64xf32>
    %b = moe.concat %a, %n : tensor<?x4x64xf32>, tensor<?x4x32xf32> -> tensor<?x4x96xf32>
    // CHECK: moe.attention %{{.*}}, %{{.*}}, %{{.*}} selected(%{{.*}} : tensor<?x16xi32>) scale 1.250000e-01 :
    %l = moe.attention %b, %kv, %batch selected(%s : tensor<?x16xi32>) scale 0.125
        : tensor<?x4x96xf32>, !latent -> tensor<?x4x64xf32>
    // CHECK: moe.mla_attention %{{.*}}, %{{.*}}, %{{.*}}, @kv_b selected(%{{.*}} : tensor<?x16xi32>) scale 1.250000e-01 :
    %o = moe.mla_attention %q, %kv, %batch, @kv_b selected(%s : tensor<?x16xi32>) scale 0.125
        : tensor<?x4x64xf32>, !latent -> tensor<?x4x32xf32>
    return %o : tensor<?x4x32xf32>
  }

  // CHECK-LABEL: func @experts
  func.func @experts(%x: tensor<?x128xf32>, %logits: tensor<?x8xf32>) -> tensor<?x128xf32> {
    // CHECK: moe.route %{{.*}} sigmoid top_k 2 bias @choice_bias groups 4 topk_groups 2 renormalize scale 2.500000e+00 : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
    %ids, %w = moe.route %logits sigmoid top_k 2 bias @choice_bias groups 4 topk_groups 2 renormalize scale 2.5
        : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
    // CHECK: moe.route %{{.*}} chosen_softmax top_k 2 : tensor<?x8xf32>
    %i2, %w2 = moe.route %logits chosen_softmax top_k 2 : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
    // CHECK: moe.experts %{{.*}}, %{{.*}}, %{{.*}} gate @gate up @up down @down up_bias @up_bias down_bias @down_bias <swiglu> hidden !mxfp4 rounding even :
    %y = moe.experts %x, %ids, %w gate @gate up @up down @down up_bias @up_bias down_bias @down_bias <swiglu>
        hidden !mxfp4 rounding even
        : tensor<?x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
    // CHECK: moe.experts {{.*}} hidden !mxfp4 rounding floor outputs bf16 :
    %yb = moe.experts %x, %ids, %w gate @gate up @up down @down <swiglu> hidden !mxfp4 rounding floor outputs bf16
        : tensor<?x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
    // An f32 that is said is the default.
    // CHECK: moe.experts {{.*}} hidden f32 :
    %yf = moe.experts %x, %ids, %w gate @gate up @up down @down <swiglu> hidden f32 outputs f32
        : tensor<?x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
    // CHECK: moe.sort_by_expert %{{.*}} : tensor<?x2xi32> -> !moe.expert_blocks<experts = 8, top_k = 2>
    %d = moe.sort_by_expert %ids : tensor<?x2xi32> -> !moe.expert_blocks<experts = 8, top_k = 2>
    // CHECK: moe.expert_up %{{.*}}, %{{.*}} gate @gate up @up up_bias @up_bias <swiglu> rounding even : tensor<?x128xf32>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x64x!mxfp4>
    %u = moe.expert_up %x, %d gate @gate up @up up_bias @up_bias <swiglu> rounding even
        : tensor<?x128xf32>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x64x!mxfp4>
    // CHECK: moe.expert_down %{{.*}}, %{{.*}} down @down down_bias @down_bias :
    %v = moe.expert_down %u, %d down @down down_bias @down_bias
        : tensor<?x2x64x!mxfp4>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x128xf32>
    // CHECK: moe.group row "layers.0.weighted_sum"(%[[A:.*]] = %{{.*}} : tensor<?x2x128xf32>, %[[C:.*]] = %{{.*}} : tensor<?x2xi32>, %[[B:.*]] = %{{.*}} : tensor<?x2xf32>) -> tensor<?x128xf32> {
    %g = moe.group row "layers.0.weighted_sum" (%a = %v : tensor<?x2x128xf32>, %c = %ids : tensor<?x2xi32>, %b = %w : tensor<?x2xf32>) -> tensor<?x128xf32> {
      // CHECK: moe.weighted_sum %[[A]], %[[C]], %[[B]] : tensor<?x2x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
      %0 = moe.weighted_sum %a, %c, %b : tensor<?x2x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
      // CHECK: moe.yield %{{.*}} : tensor<?x128xf32>
      moe.yield %0 : tensor<?x128xf32>
    }
    return %g : tensor<?x128xf32>
  }

  func.func @delta(%x: tensor<?x128xf32>, %a: tensor<?x4xf32>, %batch: !moe.batch) -> tensor<?x4x32xf32> {
    // CHECK: moe.causal_conv %{{.*}}, %{{.*}}, @filter state @layers.2.conv silu : tensor<?x128xf32> -> tensor<?x128xf32>
    %c = moe.causal_conv %x, %batch, @filter state @layers.2.conv silu : tensor<?x128xf32> -> tensor<?x128xf32>
    %h = moe.view %c : tensor<?x128xf32> -> tensor<?x4x32xf32>
    // CHECK: moe.l2_norm %{{.*}} epsilon 9.9{{[0-9]*}}E-7 : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    %k = moe.l2_norm %h epsilon 1.0e-06 : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
    // CHECK: moe.decay %{{.*}} rate @rate bias @sinks : tensor<?x4xf32> -> tensor<?x4xf32>
    %g = moe.decay %a rate @rate bias @sinks : tensor<?x4xf32> -> tensor<?x4xf32>
    // CHECK: moe.sigmoid %{{.*}} : tensor<?x4xf32> -> tensor<?x4xf32>
    %b = moe.sigmoid %a : tensor<?x4xf32> -> tensor<?x4xf32>
    // CHECK: moe.gated_delta %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} state @layers.2.delta scale 2.500000e-01 : tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4xf32> -> tensor<?x4x32xf32>
    %o = moe.gated_delta %k, %k, %h, %g, %b, %batch state @layers.2.delta scale 0.25
        : tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4xf32> -> tensor<?x4x32xf32>
    return %o : tensor<?x4x32xf32>
  }
}
