//===- MoEDialect.td - The model dialect -------------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Names the dialect that says what a Mixture-of-Experts model computes.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEDIALECT_TD
#define MOEC_DIALECT_MOE_MOEDIALECT_TD

include "mlir/IR/OpBase.td"

def MoE_Dialect : Dialect {
  let name = "moe";
  let cppNamespace = "::moec::moe";
  let summary = "What a Mixture-of-Experts model computes, op by op";
  let description = [{
    Ops on tensors whose first dimension counts the tokens of one step: any number of sequences,
    each with any number of new tokens (a *ragged batch*, `!moe.batch`). An op says what is computed
    and never how. It computes in f32 and rounds once, to its result type: a value's type is its
    rounding point.

    A module holds weights (`moe.weight`) and caches (`moe.cache`) as symbols and a function
    `@forward` from token ids and the batch to logits:

    ```mlir
    module attributes {moe.checkpoint = "../glm", moe.config = {max_positions = 4096 : i64, vocab_size = 2048 : i64}} {
      moe.weight @embed : tensor<2048x256xbf16> from "model.embed_tokens.weight"
      func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x2048xf32> {
        %x = moe.embed %ids, @embed : tensor<?x256xf32>
        %rows = moe.select_rows %x, %batch : tensor<?x256xf32>
        %logits = moe.linear %rows, @embed : tensor<?x256xf32> -> tensor<?x2048xf32>
        return %logits : tensor<?x2048xf32>
      }
    }
    ```

    Attributes of the module:

    - `moe.checkpoint`: the folder of the weights, relative to the file that holds the module; or
    - `moe.random_weights`: the seed of weights that are generated. With neither there are none;
    - `moe.config`: facts that the runtime needs: `vocab_size`, `max_positions`, `eos_token_ids`,
      `model_type` (for people).

    A module may have further functions, such as `@draft`. What a tensor argument or a result of a function is
    to the runtime is said by its attribute `moe.name`, one of the names of moec/StepArrays.h. Without it the
    token ids are `token_ids` and a function's only result is `logits`:

    ```mlir
    func.func private @draft(tensor<?xi32>, tensor<?x256xf32> {moe.name = "hidden"}, !moe.batch)
        -> (tensor<?x2048xf32> {moe.name = "logits"}, tensor<?x256xf32> {moe.name = "hidden"})
    ```
  }];
  let dependentDialects = ["::moec::mx::MXDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = [{
    /// Names of the module attributes that the description lists.
    static constexpr ::llvm::StringLiteral getCheckpointAttrName() { return "moe.checkpoint"; }
    static constexpr ::llvm::StringLiteral getRandomWeightsAttrName() {
      return "moe.random_weights";
    }
    static constexpr ::llvm::StringLiteral getConfigAttrName() { return "moe.config"; }
    /// Name of the attribute of arguments and results.
    static constexpr ::llvm::StringLiteral getNameAttrName() { return "moe.name"; }

    /// Add the types and the attributes; beside their definitions.
    void registerTypes();
    void registerAttributes();
  }];
}

#endif // MOEC_DIALECT_MOE_MOEDIALECT_TD
