//===- MoEModuleOps.td - Weights, caches, groups -----------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The ops that hold a model together: declarations, the batch's ends, and fused groups.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEMODULEOPS_TD
#define MOEC_DIALECT_MOE_MOEMODULEOPS_TD

include "moec/Dialect/MoE/MoEBase.td"

def MoE_WeightOp : MoE_Op<"weight", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "declare a weight";
  let description = [{
    Binds a symbol to tensors of the checkpoint by name. `{e}` in the name stands for 0, 1, … and
    stacks that many tensors along the weight's first dimension (before the view). The stored tensor
    is converted to the declared element type: exactly where that is possible, else rounded to
    nearest even. A block-scaled type means the codes and scales of the checkpoint, bit for bit, where it has that
    format; else numbers are quantised by `rounding` (see `mx.quantize`).

    A weight marked `mtp` belongs to a multi-token-prediction layer; nothing uses it yet.

    ```mlir
    moe.weight @lm_head : tensor<2048x256xbf16> from "lm_head.weight"
    moe.weight @layers.1.up : tensor<16x128x256x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
        from "model.layers.1.mlp.experts.{e}.up_proj.weight" rounding even
    moe.weight @layers.1.w_uv : tensor<4x64x128xbf16> from "model.layers.1.self_attn.kv_b_proj.weight"
        view <shape [4, 128, 128] offsets [0, 64, 0] sizes [4, 64, 128]>
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    TypeAttrOf<MoE_WeightTensor>:$type,
    StrAttr:$source,
    OptionalAttr<MoE_WeightViewAttr>:$view,
    OptionalAttr<MX_RoundingAttr>:$rounding,
    UnitAttr:$mtp
  );
  let assemblyFormat = [{
    $sym_name `:` $type `from` $source (`view` $view^)? (`rounding` `` $rounding^)? (`mtp` $mtp^)?
    attr-dict
  }];
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::RankedTensorType":$type,
                                 "::llvm::StringRef":$source)>];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The declared type as what it is.
    ::mlir::RankedTensorType getTensorType() {
      return ::mlir::cast<::mlir::RankedTensorType>(getType());
    }
    /// Whether the name stacks tensors.
    bool isStacked() { return getSource().contains("{e}"); }
    /// How many tensors of the checkpoint the weight takes.
    int64_t getSourceCount();
    /// The name of the i-th of them.
    std::string getSourceName(int64_t index);
    /// The shape of all stored numbers, before the view: stacked where the name stacks.
    ::llvm::SmallVector<int64_t> getStoredShape();
  }];
}

def MoE_CacheOp : MoE_Op<"cache", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "declare a cache of one layer";
  let description = [{
    State that lives from step to step: a row for each token of each sequence. The runtime allocates
    it in pages; which rows belong to which sequence is a fact of the batch.

    ```mlir
    moe.cache @layers.0.kv : !moe.kv<#moe.latent<rank = 512, rope_dim = 64>, bf16>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<MoE_KVType>:$type);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let extraClassDeclaration = [{
    /// The declared type as what it is.
    KVType getCacheType() { return ::mlir::cast<KVType>(getType()); }
  }];
}

def MoE_StateOp : MoE_Op<"state", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "declare a state of one layer";
  let description = [{
    What lives from step to step in a fixed size: one tensor for each sequence, zero before its first
    token. The runtime allocates it in slots.

    ```mlir
    moe.state @layers.0.delta : tensor<4x32x64xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<MoE_StateTensor>:$type);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let extraClassDeclaration = [{
    /// The declared type as what it is.
    ::mlir::RankedTensorType getTensorType() {
      return ::mlir::cast<::mlir::RankedTensorType>(getType());
    }
  }];
}

def MoE_EmbedOp : MoE_SymbolOp<"embed", [Pure, MoE_Anchor]> {
  let summary = "rows of a table";
  let description = [{
    Row `ids[t]` of the weight [vocabulary, width] for each token t.

    ```mlir
    %x = moe.embed %ids, @embed : tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_TokenIds:$ids, FlatSymbolRefAttr:$weight);
  let results = (outs MoE_FlatRows:$result);
  let assemblyFormat = "$ids `,` $weight attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::Embed; }
  }];
}

def MoE_SelectRowsOp : MoE_Op<"select_rows", [Pure, MoE_Anchor, TypesMatchWith<
      "result type equals input type", "input", "result", "$_self">]> {
  let summary = "the rows whose logits are asked for";
  let description = [{
    Keeps the rows that the batch asks logits of, in its order. The first dimension of the result is
    the number of those rows.

    ```mlir
    %r = moe.select_rows %x, %batch : tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_FlatRows:$input, MoE_BatchType:$batch);
  let results = (outs MoE_FlatRows:$result);
  let assemblyFormat = "$input `,` $batch attr-dict `:` type($input)";
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::SelectRows; }
  }];
}

def MoE_GroupOp : MoE_Op<"group", [IsolatedFromAbove, RecursiveMemoryEffects,
                                   SingleBlockImplicitTerminator<"::moec::moe::YieldOp">]> {
  let summary = "ops that one kernel computes";
  let description = [{
    Keeps the ops as its body, so their roundings stay where they were; computing the body op by op
    is what the group means. `family` names the kernels that can compute it. The name is for people
    and reports; nothing in the body but the symbols of weights and caches tells layers apart, so
    groups of identical layers share a kernel. `id` is a number of the group's own in its module, by which a plan
    names it; `moe-fuse-groups` gives it.

    ```mlir
    %q = moe.group gemm id 7 "layers.0.q_b" (%a = %h : tensor<?x128xf32>) -> tensor<?x384xf32> {
      %0 = moe.linear %a, @layers.0.q_b : tensor<?x128xf32> -> tensor<?x384xf32>
      moe.yield %0 : tensor<?x384xf32>
    }
    ```
  }];
  let arguments = (ins MoE_KernelFamilyAttr:$family, OptionalAttr<I64Attr>:$id,
                       OptionalAttr<StrAttr>:$name, Variadic<AnyType>:$inputs);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The values that the group hands out, inside its body.
    ::mlir::OperandRange getYields() { return getBody().front().getTerminator()->getOperands(); }
  }];
}

def MoE_YieldOp : MoE_Op<"yield", [Pure, Terminator, ReturnLike, HasParent<"GroupOp">]> {
  let summary = "end a group's body";
  let description = [{
    Its operands are the group's results.

    ```mlir
    moe.yield %0 : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let builders = [OpBuilder<(ins), [{ /* An empty terminator. */ }]>];
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // MOEC_DIALECT_MOE_MOEMODULEOPS_TD
