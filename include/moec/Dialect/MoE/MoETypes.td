//===- MoETypes.td - Types of the model dialect ------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The batch, the view of a cache that attention reads, and the tensor constraints ops share.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOETYPES_TD
#define MOEC_DIALECT_MOE_MOETYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/CommonTypeConstraints.td"
include "moec/Dialect/MX/MXTypes.td"
include "moec/Dialect/MoE/MoEDialect.td"

class MoE_Type<string name, string typeMnemonic> : TypeDef<MoE_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def MoE_BatchType : MoE_Type<"Batch", "batch"> {
  let summary = "the facts of a ragged batch";
  let description = [{
    Which sequence each token belongs to, at which position, where its cache rows lie, and which rows'
    logits are asked for. The runtime fills it in each step; ops take from it what they need.

    ```mlir
    func.func private @forward(tensor<?xi32>, !moe.batch) -> tensor<?x2048xf32>
    ```
  }];
}

def MoE_ExpertBlocksType : MoE_Type<"ExpertBlocks", "expert_blocks"> {
  let summary = "the (token, choice) pairs of a step, sorted by expert";
  let description = [{
    Lists of the rows each expert computes. How they are laid out (blocks of how many rows) is the
    kernel schedule's; the model dialect only knows what they list.

    ```mlir
    %d = moe.sort_by_expert %ids : tensor<?x8xi32> -> !moe.expert_blocks<experts = 256, top_k = 8>
    ```
  }];
  let parameters = (ins "int64_t":$experts, "int64_t":$top_k);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def MoE_KVType : MoE_Type<"KV", "kv"> {
  let summary = "a cache, as it is once this step's tokens are in it";
  let description = [{
    The kind of the cache and the type its numbers are rounded to: f32, bf16, f16, or codes with a
    scale for each block of a row. Blocks divide the vectors of a row (a head's key, its value, the
    latent vector, …), so none has numbers of two. `moe.cache` declares a cache by
    this type, `moe.cache_append` gives a value of it, and attention reads that value: so the order
    of writing and reading is in the SSA form.

    ```mlir
    !moe.kv<#moe.latent<rank = 512, rope_dim = 64>, bf16>
    !moe.kv<#moe.key_value<heads = 8, key_dim = 128, value_dim = 128>,
             !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>>
    ```
  }];
  let parameters = (ins "::moec::moe::CacheKind":$kind, "::mlir::Type":$element);
  let assemblyFormat = "`<` $kind `,` $element `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

/// The first dimension counts tokens and is dynamic, the others are static.
def MoE_TokensFirst : CPred<"::moec::moe::detail::isTokenTensor($_self)">;

class MoE_TokenTensor<list<Type> elements, list<int> ranks, string text>
    : RankedTensorOf<elements, [HasAnyRankOfPred<ranks>, MoE_TokensFirst], text>;

/// Activations: a row of numbers, or of heads, for each token.
def MoE_Rows : MoE_TokenTensor<[F32, BF16, F16], [2, 3], "[tokens, …] float tensor">;
def MoE_FlatRows : MoE_TokenTensor<[F32, BF16, F16], [2], "[tokens, width] float tensor">;
def MoE_HeadRows : MoE_TokenTensor<[F32, BF16, F16], [3], "[tokens, heads, width] float tensor">;
def MoE_RouterRows : MoE_TokenTensor<[F32], [2], "[tokens, width] f32 tensor">;
/// What a matrix product takes: activations, or those rounded to a block-scaled format.
def MoE_FlatOperand : MoE_TokenTensor<[F32, BF16, F16, MX_BlockType], [2],
                                      "[tokens, width] float or block-scaled tensor">;
def MoE_HeadOperand : MoE_TokenTensor<[F32, BF16, F16, MX_BlockType], [3],
                                      "[tokens, heads, width] float or block-scaled tensor">;
/// Token ids; expert ids or selected positions of each token.
def MoE_TokenIds : MoE_TokenTensor<[I32], [1], "[tokens] i32 tensor">,
                   BuildableType<"::mlir::RankedTensorType::get({::mlir::ShapedType::kDynamic}, "
                                 "$_builder.getI32Type())">;
def MoE_Ids : MoE_TokenTensor<[I32], [2], "[tokens, count] i32 tensor">;
/// Anything a token has a row of.
def MoE_AnyRows : MoE_TokenTensor<[F32, BF16, F16, MX_BlockType, I32], [1, 2, 3],
                                  "[tokens, …] tensor">;
/// What a state can be declared as.
def MoE_StateTensor : RankedTensorOf<[F32], [HasStaticShapePred], "statically shaped f32 tensor">;
/// What a weight can be declared as.
def MoE_WeightTensor : RankedTensorOf<[F32, BF16, F16, MX_BlockType], [HasStaticShapePred],
                                      "statically shaped float or block-scaled tensor">;

#endif // MOEC_DIALECT_MOE_MOETYPES_TD
