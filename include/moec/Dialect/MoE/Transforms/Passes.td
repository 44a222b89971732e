//===- Passes.td - Passes on the model dialect -------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rewrites of a model above the kernels: what is computed stays, or its roundings are stated anew.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_TRANSFORMS_PASSES_TD
#define MOEC_DIALECT_MOE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def MoEAbsorbMLA : Pass<"moe-absorb-mla", "::mlir::ModuleOp"> {
  let summary = "Attend over the latent cache itself";
  let description = [{
    `(q W_UK) · c = q · (W_UK c)`: instead of expanding every cached row by `kv_b`, the query is taken
    into the latent space, and the result out of it. W_UK and W_UV are views of the checkpoint's tensor;
    nothing is computed at compile time. Weights that no op uses any more are removed.

    Before:
    ```mlir
    %o = moe.mla_attention %q, %kv, %batch, @kv_b scale 0.1
        : tensor<?x4x96xf32>, !moe.kv<#moe.latent<rank = 128, rope_dim = 32>, f32> -> tensor<?x4x64xf32>
    ```
    After:
    ```mlir
    %n = moe.slice %q at 0 : tensor<?x4x96xf32> -> tensor<?x4x64xf32>
    %a = moe.head_linear %n, @kv_b.w_uk : tensor<?x4x64xf32> -> tensor<?x4x128xf32>
    %r = moe.slice %q at 64 : tensor<?x4x96xf32> -> tensor<?x4x32xf32>
    %l = moe.concat %a, %r : tensor<?x4x128xf32>, tensor<?x4x32xf32> -> tensor<?x4x160xf32>
    %s = moe.attention %l, %kv, %batch scale 0.1
        : tensor<?x4x160xf32>, !moe.kv<#moe.latent<rank = 128, rope_dim = 32>, f32> -> tensor<?x4x128xf32>
    %o = moe.head_linear %s, @kv_b.w_uv : tensor<?x4x128xf32> -> tensor<?x4x64xf32>
    ```
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

def MoEHoistSelectRows : Pass<"moe-hoist-select-rows", "::mlir::ModuleOp"> {
  let summary = "Choose the rows that give logits before computing them";
  let description = [{
    What comes behind the last attention computes each row by itself, so where only some rows give logits,
    only those need it: the last layer's output projection and feed-forward network take selected rows.
    Prompts that are prefilled in steps ask for one row each, or none.

    Before:
    ```mlir
    %o = moe.linear %a, @o_proj : tensor<?x256xf32> -> tensor<?x128xf32>
    %y = moe.add %x, %o : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
    %r = moe.select_rows %y, %batch : tensor<?x128xf32>
    ```
    After:
    ```mlir
    %b = moe.select_rows %a, %batch : tensor<?x256xf32>
    %o = moe.linear %b, @o_proj : tensor<?x256xf32> -> tensor<?x128xf32>
    %s = moe.select_rows %x, %batch : tensor<?x128xf32>
    %y = moe.add %s, %o : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
    ```
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

def MoESetActivationType : Pass<"moe-set-activation-type", "::mlir::ModuleOp"> {
  let summary = "Choose the type that activations and caches are rounded to";
  let description = [{
    Gives `type` to every activation of the model's functions, to what the experts' activation and outputs are rounded to, and to
    attention's probabilities. What decides a choice stays f32: router logits, routing weights, the
    indexer's head weights; and so do the logits. `kv` is the element type of caches; `fp8` is the format
    MXFP8 (E4M3) and `int8` the format int8, in blocks of at most 32 numbers that divide a head's vectors. A type
    that is empty leaves things as they are. Run it before groups are made.
  }];
  let dependentDialects = ["::moec::moe::MoEDialect", "::moec::mx::MXDialect"];
  let options = [
    Option<"type", "type", "std::string", "\"\"", "f32, bf16 or f16">,
    Option<"kv", "kv", "std::string", "\"\"", "f32, bf16, f16, fp8 or int8, for caches">
  ];
}

def MoEQuantizeWeights : Pass<"moe-quantize-weights", "::mlir::ModuleOp"> {
  let summary = "Choose the formats of weights, and of what is multiplied by them";
  let description = [{
    `experts` is the format of the routed experts' weights, `default` that of other matrix products. The
    router, the indexer's head weights, norms, biases and embeddings keep their types. Formats are
    those of the table in docs/Formats.md; empty leaves weights as they are. A weight whose rows are no
    whole blocks keeps its type, with a warning, and so do the inputs of its product; inputs that are no
    whole blocks of their own format stay as they are, with a warning, too.

    `expert-activations` and `default-activations` round the inputs of those products: to a format (an
    `mx.quantize` before the product, and the experts' `hidden`; also `mxfp8` or `fp8`, not int4), or to `f32` or
    `bf16`. Run it before groups are made.
  }];
  let dependentDialects = ["::moec::moe::MoEDialect", "::moec::mx::MXDialect"];
  let options = [
    Option<"experts", "experts", "std::string", "\"\"", "format of the experts' weights">,
    Option<"dense", "default", "std::string", "\"\"", "format of other weights">,
    Option<"expertActivations", "expert-activations", "std::string", "\"\"",
           "what the experts' inputs are rounded to">,
    Option<"denseActivations", "default-activations", "std::string", "\"\"",
           "what other inputs are rounded to">,
    Option<"rounding", "rounding", "std::string", "\"even\"",
           "how power-of-two scales are chosen: floor, ceil or even">
  ];
}

def MoESplitExperts : Pass<"moe-split-experts", "::mlir::ModuleOp"> {
  let summary = "Split the experts into the ops that kernels compute";
  let description = [{
    `moe.experts` becomes sort_by_expert, expert_up, expert_down and weighted_sum, with the same roundings.

    After:
    ```mlir
    %d = moe.sort_by_expert %ids : tensor<?x2xi32> -> !moe.expert_blocks<experts = 16, top_k = 2>
    %h = moe.expert_up %x, %d gate @gate up @up <swiglu>
        : tensor<?x256xf32>, !moe.expert_blocks<experts = 16, top_k = 2> -> tensor<?x2x128xf32>
    %y = moe.expert_down %h, %d down @down
        : tensor<?x2x128xf32>, !moe.expert_blocks<experts = 16, top_k = 2> -> tensor<?x2x256xf32>
    %z = moe.weighted_sum %y, %ids, %w
        : tensor<?x2x256xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x256xf32>
    ```
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

def MoEFuseGroups : Pass<"moe-fuse-groups", "::mlir::ModuleOp"> {
  let summary = "Put every op of the model's functions into the group of the kernel that computes it";
  let description = [{
    Splits experts, then groups:

    - products that read the same value, with weights of one type, are one `gemm`, together with the
      elementwise ops behind them (activation, residual sum, cast, quantisation);
    - row-wise ops form chains, also side by side where they read the results of one kernel: one `row`;
    - experts' products are each a `grouped_gemm`; the other ops each make a group of their family;
    - a view goes with what it views.

    An op joins a group only if no other group would then both wait for it and be waited for. Groups
    are emitted in an order that respects their values, the first op's place deciding.
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

#endif // MOEC_DIALECT_MOE_TRANSFORMS_PASSES_TD
