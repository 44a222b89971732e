//===- MoEExpertOps.td - Routing and experts ---------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Choosing experts, the experts as one op, and the four ops it is split into for kernels.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEEXPERTOPS_TD
#define MOEC_DIALECT_MOE_MOEEXPERTOPS_TD

include "moec/Dialect/MoE/MoEBase.td"
include "moec/Dialect/MoE/MoERowOps.td"

def MoE_RouteOp : MoE_SymbolOp<"route", [Pure, MoE_Anchor]> {
  let summary = "choose experts and their weights";
  let description = [{
    `score` turns each token's logits into scores. The `top_k` experts with the best score (+
    `choice_bias`, a weight [experts], which picks only) are the ids, best first; of equal ones the
    lower id wins, −inf is never chosen: where fewer than `top_k` are left, ids are −1 and
    their weights 0. A NaN is never chosen either, but where a token has one among its scores (+
    `choice_bias`), all its weights are NaN, so that its result is. With `groups`, experts are first limited to those of the
    `topk_groups` groups of neighbours whose two best choice scores have the largest sum. The
    weights are the chosen experts' scores, without the bias, divided by their sum + 1e-20 if
    `renormalize`, then times `scale`.

    ```mlir
    %ids, %w = moe.route %logits sigmoid top_k 8 bias @layers.3.choice_bias groups 8 topk_groups 4 renormalize scale 2.5
        : tensor<?x256xf32> -> tensor<?x8xi32>, tensor<?x8xf32>
    ```
  }];
  let arguments = (ins MoE_RouterRows:$logits, MoE_ScoreFunctionAttr:$score, I64Attr:$top_k,
                       OptionalAttr<FlatSymbolRefAttr>:$choice_bias,
                       DefaultValuedAttr<I64Attr, "1">:$groups,
                       DefaultValuedAttr<I64Attr, "1">:$topk_groups, UnitAttr:$renormalize,
                       DefaultValuedAttr<F64Attr, "1.0">:$scale);
  let results = (outs MoE_Ids:$ids, MoE_RouterRows:$weights);
  let assemblyFormat = [{
    $logits `` $score `top_k` $top_k (`bias` $choice_bias^)? (`groups` $groups^)?
    (`topk_groups` $topk_groups^)? (`renormalize` $renormalize^)? (`scale` $scale^)? attr-dict
    `:` type($logits) `->` type($ids) `,` type($weights)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::Route; }
  }];
}

def MoE_ExpertsOp : MoE_SymbolOp<"experts", [Pure]> {
  let summary = "the routed experts, weighted and summed";
  let description = [{
    `result[t] = sum_k weights[t, k] * round_outputs(E_ids[t, k](input[t]))`, summed in f32 and the order of choice, with
    `E_e(x) = down[e] · round_hidden(activation(gate[e] · x + gate_bias[e], up[e] · x + up_bias[e])) + down_bias[e]`.
    Gate and up are [experts, inner, width], down is [experts, width, inner], biases [experts, inner]
    or [experts, width]. `hidden` is the element type the activation is rounded to before it enters
    the second product; `rounding` goes with it (see `mx.quantize`). `outputs` is the element type that
    each expert's output is rounded to before it is weighted, f32 if it is not said.

    ```mlir
    %y = moe.experts %x, %ids, %w gate @layers.1.gate up @layers.1.up down @layers.1.down <swiglu> hidden f32
        : tensor<?x256xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x256xf32>
    %z = moe.experts %x, %ids, %w gate @layers.1.gate up @layers.1.up down @layers.1.down <swiglu> hidden bf16 outputs bf16
        : tensor<?x256xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_FlatOperand:$input, MoE_Ids:$ids, MoE_RouterRows:$weights,
                       FlatSymbolRefAttr:$gate, FlatSymbolRefAttr:$up, FlatSymbolRefAttr:$down,
                       OptionalAttr<FlatSymbolRefAttr>:$gate_bias,
                       OptionalAttr<FlatSymbolRefAttr>:$up_bias,
                       OptionalAttr<FlatSymbolRefAttr>:$down_bias,
                       MoE_ActivationAttr:$activation,
                       TypeAttrOf<AnyTypeOf<[F32, BF16, F16, MX_BlockType]>>:$hidden,
                       DefaultValuedAttr<TypeAttrOf<AnyTypeOf<[F32, BF16, F16]>>,
                                         "::mlir::Float32Type::get($_builder.getContext())">:$outputs,
                       OptionalAttr<MX_RoundingAttr>:$rounding);
  let results = (outs MoE_FlatRows:$result);
  let assemblyFormat = [{
    $input `,` $ids `,` $weights `gate` $gate `up` $up `down` $down (`gate_bias` $gate_bias^)?
    (`up_bias` $up_bias^)? (`down_bias` $down_bias^)? $activation `hidden` $hidden
    (`rounding` `` $rounding^)? (`outputs` $outputs^)? attr-dict
    `:` type($input) `,` type($ids) `,` type($weights) `->` type($result)
  }];
  let hasVerifier = 1;
}

def MoE_SortByExpertOp : MoE_Op<"sort_by_expert", [Pure, MoE_Anchor]> {
  let summary = "sort the (token, choice) pairs by expert";
  let description = [{
    Choices whose id is −1 are in no list: nothing is computed for them.

    ```mlir
    %d = moe.sort_by_expert %ids : tensor<?x2xi32> -> !moe.expert_blocks<experts = 16, top_k = 2>
    ```
  }];
  let arguments = (ins MoE_Ids:$ids);
  let results = (outs MoE_ExpertBlocksType:$result);
  let assemblyFormat = "$ids attr-dict `:` type($ids) `->` qualified(type($result))";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::SortByExpert; }
  }];
}

def MoE_ExpertUpOp : MoE_SymbolOp<"expert_up", [Pure, MoE_Product]> {
  let summary = "gate, up and activation of each (token, choice)'s expert";
  let description = [{
    `result[t, k] = activation(gate[e] · input[t] + gate_bias[e], up[e] · input[t] + up_bias[e])` for
    the expert e of token t's choice k; rounded to the result's element type, which may be block-scaled.

    ```mlir
    %h = moe.expert_up %x, %d gate @layers.1.gate up @layers.1.up <swiglu>
        : tensor<?x256xf32>, !moe.expert_blocks<experts = 16, top_k = 2> -> tensor<?x2x128xf32>
    ```
  }];
  let arguments = (ins MoE_FlatOperand:$input, MoE_ExpertBlocksType:$expert_blocks,
                       FlatSymbolRefAttr:$gate, FlatSymbolRefAttr:$up,
                       OptionalAttr<FlatSymbolRefAttr>:$gate_bias,
                       OptionalAttr<FlatSymbolRefAttr>:$up_bias, MoE_ActivationAttr:$activation,
                       OptionalAttr<MX_RoundingAttr>:$rounding);
  let results = (outs MoE_HeadOperand:$result);
  let assemblyFormat = [{
    $input `,` $expert_blocks `gate` $gate `up` $up (`gate_bias` $gate_bias^)? (`up_bias` $up_bias^)?
    $activation (`rounding` `` $rounding^)? attr-dict
    `:` type($input) `,` qualified(type($expert_blocks)) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::GroupedGemm; }
    ::mlir::OpOperand &getRowsOperand() { return getInputMutable(); }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getMatrices() { return {getGateAttr(), getUpAttr()}; }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getBiases() {
      return {getGateBiasAttr(), getUpBiasAttr()};
    }
    ::mlir::Value getRowBlocks() { return getExpertBlocks(); }
    ActivationAttr getGatedActivation() { return getActivation(); }
  }];
}

def MoE_ExpertDownOp : MoE_SymbolOp<"expert_down", [Pure, MoE_Product]> {
  let summary = "the second product of each (token, choice)'s expert";
  let description = [{
    `result[t, k] = down[e] · input[t, k] + down_bias[e]` for the expert e of token t's choice k, rounded to the
    result's element type.

    ```mlir
    %y = moe.expert_down %h, %d down @layers.1.down
        : tensor<?x2x128xf32>, !moe.expert_blocks<experts = 16, top_k = 2> -> tensor<?x2x256xf32>
    ```
  }];
  let arguments = (ins MoE_HeadOperand:$input, MoE_ExpertBlocksType:$expert_blocks, FlatSymbolRefAttr:$down,
                       OptionalAttr<FlatSymbolRefAttr>:$down_bias);
  let results = (outs MoE_HeadRows:$result);
  let assemblyFormat = [{
    $input `,` $expert_blocks `down` $down (`down_bias` $down_bias^)? attr-dict
    `:` type($input) `,` qualified(type($expert_blocks)) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::GroupedGemm; }
    ::mlir::OpOperand &getRowsOperand() { return getInputMutable(); }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getMatrices() { return {getDownAttr()}; }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getBiases() { return {getDownBiasAttr()}; }
    ::mlir::Value getRowBlocks() { return getExpertBlocks(); }
  }];
}

def MoE_WeightedSumOp : MoE_RowOp<"weighted_sum"> {
  let summary = "weighted sum of the rows of a token's choices";
  let description = [{
    `result[t] = sum_k weights[t, k] * input[t, k]`, in f32 and in the order of choice. Where a token has fewer
    experts than choices, ids are −1 and nobody writes the rows: they count as zeros. A NaN shows wherever it is
    from, an expert of weight 0 or a weight without an expert.

    ```mlir
    %z = moe.weighted_sum %y, %ids, %w
        : tensor<?x2x256xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_HeadRows:$input, MoE_Ids:$ids, MoE_RouterRows:$weights);
  let results = (outs MoE_FlatRows:$result);
  let assemblyFormat = [{
    $input `,` $ids `,` $weights attr-dict
    `:` type($input) `,` type($ids) `,` type($weights) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_MOE_MOEEXPERTOPS_TD
