//===- MoEAttrs.td - Attributes of the model dialect -------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Structural attributes: what a family of models varies, never which family it is.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEATTRS_TD
#define MOEC_DIALECT_MOE_MOEATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "moec/Dialect/MoE/MoEDialect.td"
include "moec/Dialect/MoE/MoEInterfaces.td"

class MoE_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<MoE_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

class MoE_Enum<string name, string text, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, text, cases> {
  let cppNamespace = "::moec::moe";
  let genSpecializedAttr = 0;
}

/// A double that prints without its type, exactly.
class MoE_Double<string text, string default = ""> : AttrOrTypeParameter<"::llvm::APFloat", text> {
  let comparator = "$_lhs.bitwiseIsEqual($_rhs)";
  let parser = "::moec::moe::detail::parseDouble($_parser)";
  let printer = "$_printer.printFloat($_self)";
  let defaultValue = !if(!empty(default), "", "::llvm::APFloat(" # default # ")");
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def MoE_RopeStyle : MoE_Enum<"RopeStyle", "which elements of a head form a rotated pair", [
      I32EnumAttrCase<"Half", 0, "half">,
      I32EnumAttrCase<"Interleaved", 1, "interleaved">
    ]>;
def MoE_RopeStyleAttr : EnumAttr<MoE_Dialect, MoE_RopeStyle, "rope_style"> {
  let description = [{
    With `size` rotated elements, pair i is (i, i + size/2) for `half` and (2i, 2i + 1) for
    `interleaved`.
  }];
}

def MoE_ScoreFunction : MoE_Enum<"ScoreFunction", "how router logits become scores", [
      I32EnumAttrCase<"Sigmoid", 0, "sigmoid">,
      I32EnumAttrCase<"Softmax", 1, "softmax">,
      I32EnumAttrCase<"ChosenSoftmax", 2, "chosen_softmax">
    ]>;
def MoE_ScoreFunctionAttr : EnumAttr<MoE_Dialect, MoE_ScoreFunction, "score"> {
  let description = [{
    `softmax` is over all experts; `chosen_softmax` chooses by the logits and takes the softmax over
    the chosen ones.
  }];
}

def MoE_KernelFamily : MoE_Enum<"KernelFamily", "the kernel family that computes a group", [
      I32EnumAttrCase<"Gemm", 0, "gemm">,
      I32EnumAttrCase<"GroupedGemm", 1, "grouped_gemm">,
      I32EnumAttrCase<"Row", 2, "row">,
      I32EnumAttrCase<"Route", 3, "route">,
      I32EnumAttrCase<"SortByExpert", 4, "sort_by_expert">,
      I32EnumAttrCase<"Attention", 5, "attention">,
      I32EnumAttrCase<"IndexSelect", 6, "index_select">,
      I32EnumAttrCase<"Embed", 7, "embed">,
      I32EnumAttrCase<"SelectRows", 8, "select_rows">,
      I32EnumAttrCase<"CausalConv", 9, "causal_conv">,
      I32EnumAttrCase<"GatedDelta", 10, "gated_delta">
    ]>;
def MoE_KernelFamilyAttr : EnumAttr<MoE_Dialect, MoE_KernelFamily, "kernel_family">;

def MoE_ActivationKind : MoE_Enum<"ActivationKind", "the function on the gate", [
      I32EnumAttrCase<"SwiGLU", 0, "swiglu">,
      I32EnumAttrCase<"SigmoidGate", 1, "sigmoid_gate">
    ]>;

//===----------------------------------------------------------------------===//
// Activation
//===----------------------------------------------------------------------===//

def MoE_ActivationAttr : MoE_Attr<"Activation", "activation"> {
  let summary = "a gated activation";
  let description = [{
    `swiglu` is gate · σ(alpha · gate) · (up + up_offset), `sigmoid_gate` is σ(alpha · gate) ·
    (up + up_offset). With a `limit` other than 0, gate is first clamped to at most `limit` and up
    to ±`limit`.

    ```mlir
    #moe.activation<swiglu>
    #moe.activation<swiglu, limit = 7.0, alpha = 1.702, up_offset = 1.0>
    ```
  }];
  let parameters = (ins
    EnumParameter<MoE_ActivationKind>:$kind,
    MoE_Double<"the clamp, 0 for none", "0.0">:$limit,
    MoE_Double<"the factor inside the sigmoid", "1.0">:$alpha,
    MoE_Double<"what is added to up", "0.0">:$up_offset
  );
  let builders = [AttrBuilder<(ins "::moec::moe::ActivationKind":$kind), [{
    return $_get($_ctxt, kind, ::llvm::APFloat(0.0), ::llvm::APFloat(1.0), ::llvm::APFloat(0.0));
  }]>];
  let assemblyFormat = "`<` $kind (`,` struct($limit, $alpha, $up_offset)^)? `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Cache kinds
//===----------------------------------------------------------------------===//

class MoE_CacheKindAttr<string name, string attrMnemonic>
    : MoE_Attr<name, attrMnemonic, [DeclareAttrInterfaceMethods<MoE_CacheKind>]> {
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def MoE_KeyValueAttr : MoE_CacheKindAttr<"KeyValue", "key_value"> {
  let summary = "keys and values of each key/value head";
  let description = [{
    A row is `heads` × `key_dim` keys, then `heads` × `value_dim` values.

    ```mlir
    #moe.key_value<heads = 8, key_dim = 128, value_dim = 128>
    ```
  }];
  let parameters = (ins "int64_t":$heads, "int64_t":$key_dim, "int64_t":$value_dim);
}

def MoE_LatentAttr : MoE_CacheKindAttr<"Latent", "latent"> {
  let summary = "the compressed keys and values of multi-head latent attention";
  let description = [{
    A row is `rank` latent numbers, then the `rope_dim` rotated key numbers that all heads share.

    ```mlir
    #moe.latent<rank = 512, rope_dim = 64>
    ```
  }];
  let parameters = (ins "int64_t":$rank, "int64_t":$rope_dim);
}

def MoE_IndexKeyAttr : MoE_CacheKindAttr<"IndexKey", "index_key"> {
  let summary = "the key by which an indexer scores a token";
  let description = [{
    ```mlir
    #moe.index_key<dim = 128>
    ```
  }];
  let parameters = (ins "int64_t":$dim);
}

//===----------------------------------------------------------------------===//
// Rope scalings
//===----------------------------------------------------------------------===//

class MoE_RopeScalingAttr<string name, string attrMnemonic>
    : MoE_Attr<name, attrMnemonic, [DeclareAttrInterfaceMethods<MoE_RopeScaling>]> {
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def MoE_LinearScalingAttr : MoE_RopeScalingAttr<"LinearScaling", "linear_scaling"> {
  let summary = "all frequencies divided by one factor";
  let description = [{
    ```mlir
    #moe.linear_scaling<factor = 4.0>
    ```
  }];
  let parameters = (ins MoE_Double<"by which positions are stretched">:$factor);
}

def MoE_TurnsScalingAttr : MoE_RopeScalingAttr<"TurnsScaling", "turns_scaling"> {
  let summary = "frequencies of few turns divided by a factor, those of many kept, a ramp between";
  let description = [{
    A pair that turns at most `low_turns` times over `original_positions` is interpolated (divided by
    `factor`), one that turns at least `high_turns` times is kept, and between them the part that is
    kept grows linearly with the turns. Configurations call it llama3, and the two numbers
    low_freq_factor and high_freq_factor.

    ```mlir
    #moe.turns_scaling<factor = 32.0, original_positions = 8192, low_turns = 1.0, high_turns = 4.0>
    ```
  }];
  let parameters = (ins
    MoE_Double<"by which positions are stretched">:$factor,
    AttrOrTypeParameter<"int64_t", "positions the model was first trained on">:$original_positions,
    MoE_Double<"turns at which the ramp starts">:$low_turns,
    MoE_Double<"turns at which the ramp ends">:$high_turns
  );
}

def MoE_YarnAttr : MoE_RopeScalingAttr<"Yarn", "yarn"> {
  let summary = "YaRN: low frequencies divided by a factor, high ones kept, a ramp between";
  let description = [{
    Pair i of `size / 2` is interpolated (divided by `factor`) above and kept below a linear ramp
    between the pairs that turn `beta_fast` and `beta_slow` times over `original_positions`; with
    `truncate` the ends of the ramp are rounded outward to whole pairs. Cosine and sine are multiplied
    by `magnitude`.

    ```mlir
    #moe.yarn<factor = 32.0, original_positions = 4096, beta_fast = 32.0, beta_slow = 1.0, magnitude = 1.3465735902799727>
    ```
  }];
  let parameters = (ins
    MoE_Double<"by which positions are stretched">:$factor,
    AttrOrTypeParameter<"int64_t", "positions the model was first trained on">:$original_positions,
    MoE_Double<"turns at which the ramp starts", "32.0">:$beta_fast,
    MoE_Double<"turns at which the ramp ends", "1.0">:$beta_slow,
    MoE_Double<"the factor on cosine and sine", "1.0">:$magnitude,
    DefaultValuedParameter<"bool", "true">:$truncate
  );
}

//===----------------------------------------------------------------------===//
// Weight views
//===----------------------------------------------------------------------===//

def MoE_WeightViewAttr : MoE_Attr<"WeightView", "weight_view"> {
  let summary = "a part of a stored tensor, its dimensions reordered";
  let description = [{
    The stored tensor, seen row-major as `shape`; then cut to `sizes` elements from `offsets` on with
    `strides` (1 everywhere if absent); then reordered, so that dimension i of the weight is
    dimension `order[i]` of the cut (the identity if absent). Nothing is copied or computed until
    the weight is packed.

    ```mlir
    // Rows 0 ... 191 of each head of kv_b, [64, 192 | 256, 512], with the last two dimensions swapped.
    #moe.weight_view<shape [64, 448, 512] offsets [0, 0, 0] sizes [64, 192, 512] order [0, 2, 1]>
    ```
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    ArrayRefParameter<"int64_t">:$offsets,
    ArrayRefParameter<"int64_t">:$sizes,
    OptionalArrayRefParameter<"int64_t">:$strides,
    OptionalArrayRefParameter<"int64_t">:$order
  );
  let assemblyFormat = [{
    `<` `shape` `[` $shape `]` `offsets` `[` $offsets `]` `sizes` `[` $sizes `]`
    (`strides` `[` $strides^ `]`)? (`order` `[` $order^ `]`)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The shape of the weight that the view gives.
    ::llvm::SmallVector<int64_t> getResultShape();
    /// The row-major index in the stored tensor of element `index` of the weight.
    int64_t getSourceIndex(::llvm::ArrayRef<int64_t> index);
  }];
}

#endif // MOEC_DIALECT_MOE_MOEATTRS_TD
