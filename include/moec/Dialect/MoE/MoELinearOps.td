//===- MoELinearOps.td - Matrix products with weights ------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Products of activations with one weight, or one weight a head.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOELINEAROPS_TD
#define MOEC_DIALECT_MOE_MOELINEAROPS_TD

include "moec/Dialect/MoE/MoEBase.td"

def MoE_LinearOp : MoE_SymbolOp<"linear", [Pure, MoE_Product]> {
  let summary = "multiply by a weight";
  let description = [{
    `result[t, n] = sum_k input[t, k] * weight[n, k] (+ bias[n])`, summed in f32. The operands are
    taken as their types say: a block-scaled input or weight enters with its exact values.

    ```mlir
    %q = moe.linear %h, @layers.0.q : tensor<?x128xf32> -> tensor<?x384xf32>
    %k = moe.linear %h, @layers.0.k bias @layers.0.k_bias : tensor<?x128xf32> -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins MoE_FlatOperand:$input, FlatSymbolRefAttr:$weight,
                       OptionalAttr<FlatSymbolRefAttr>:$bias);
  let results = (outs MoE_FlatRows:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? attr-dict `:` type($input) `->` type($result)
  }];
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::Gemm; }
    ::mlir::OpOperand &getRowsOperand() { return getInputMutable(); }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getMatrices() { return {getWeightAttr()}; }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getBiases() { return {getBiasAttr()}; }
  }];
}

def MoE_HeadLinearOp : MoE_SymbolOp<"head_linear", [Pure, MoE_Product]> {
  let summary = "multiply each head by its own weight";
  let description = [{
    `result[t, h, n] = sum_k input[t, h, k] * weight[h, n, k]`, summed in f32.

    ```mlir
    %a = moe.head_linear %q, @layers.0.w_uk : tensor<?x4x64xf32> -> tensor<?x4x128xf32>
    ```
  }];
  let arguments = (ins MoE_HeadOperand:$input, FlatSymbolRefAttr:$weight);
  let results = (outs MoE_HeadRows:$result);
  let assemblyFormat = "$input `,` $weight attr-dict `:` type($input) `->` type($result)";
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::Gemm; }
    ::mlir::OpOperand &getRowsOperand() { return getInputMutable(); }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getMatrices() { return {getWeightAttr()}; }
    ::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getBiases() { return {{}}; }
    int64_t getNumHeads() { return getType().getDimSize(1); }
  }];
}

#endif // MOEC_DIALECT_MOE_MOELINEAROPS_TD
