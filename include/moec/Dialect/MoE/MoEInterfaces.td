//===- MoEInterfaces.td - What passes ask of ops and kinds -*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Interfaces that let passes and kernel builders treat ops, cache kinds and rope scalings alike.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEINTERFACES_TD
#define MOEC_DIALECT_MOE_MOEINTERFACES_TD

include "mlir/IR/OpBase.td"

def MoE_RowWise : OpInterface<"RowWiseOp"> {
  let description = [{
    An op whose result row t depends on row t of its row operands alone (and on weights, and on
    facts of the batch about token t). Chains of such ops fuse into one kernel.
  }];
  let cppNamespace = "::moec::moe";
  let methods = [
    InterfaceMethod<"The operands that have a row for each token.",
      "::llvm::SmallVector<::mlir::Value>", "getRowOperands", (ins), [{}], [{
        ::llvm::SmallVector<::mlir::Value> rows;
        for (::mlir::Value operand : $_op->getOperands())
          if (::mlir::isa<::mlir::RankedTensorType>(operand.getType()))
            rows.push_back(operand);
        return rows;
      }]>
  ];
}

def MoE_Anchor : OpInterface<"AnchorOp"> {
  let description = [{
    An op that opens a group: kernels of its family are built around it. Ops that are no anchors join a
    group or, if they are row-wise, open one of family `row`.
  }];
  let cppNamespace = "::moec::moe";
  let methods = [
    StaticInterfaceMethod<"The family of kernels that compute the op.",
      "::moec::moe::KernelFamily", "getKernelFamily">
  ];
}

def MoE_Product : OpInterface<"ProductOp", [MoE_Anchor]> {
  let description = [{
    An op that multiplies each row by matrices of weights, `sum_k row[k] * matrix[n, k]`, adds biases and
    may combine the sums of one column. All its matrices have one shape and share the rows. What
    chooses formats, packs weights, fuses and builds products asks this and no op by name.
  }];
  let cppNamespace = "::moec::moe";
  let methods = [
    InterfaceMethod<"The rows that are multiplied.", "::mlir::OpOperand &", "getRowsOperand">,
    InterfaceMethod<"The weights whose matrices they are multiplied by, [(matrices,) n, k] each.",
      "::llvm::SmallVector<::mlir::FlatSymbolRefAttr>", "getMatrices">,
    InterfaceMethod<"The weight that is added to each matrix's sums, in their order; null for none.",
      "::llvm::SmallVector<::mlir::FlatSymbolRefAttr>", "getBiases">,
    InterfaceMethod<"The expert blocks that say which matrix a row is for; null where all rows take the same.",
      "::mlir::Value", "getRowBlocks", (ins), [{}], [{ return {}; }]>,
    InterfaceMethod<"Heads that a row has, each multiplied by its own matrix.", "int64_t", "getNumHeads",
      (ins), [{}], [{ return 1; }]>,
    InterfaceMethod<"What makes one number of the sums of all matrices; null where there is one matrix.",
      "::moec::moe::ActivationAttr", "getGatedActivation", (ins), [{}], [{ return {}; }]>
  ];
}

def MoE_StateUser : OpInterface<"StateUserOp"> {
  let description = [{
    An op that goes on from a `moe.state` and leaves in it what the sequence's next token goes on from. One
    op of a function uses a state.
  }];
  let cppNamespace = "::moec::moe";
  let methods = [
    InterfaceMethod<"The state.", "::mlir::FlatSymbolRefAttr", "getStateAttr">
  ];
}

def MoE_CacheKind : AttrInterface<"CacheKind"> {
  let description = [{
    What a cache stores for one token of a sequence. A row of the cache is the kind's parts one after
    the other, each in row-major order.
  }];
  let cppNamespace = "::moec::moe";
  let methods = [
    InterfaceMethod<"The kind's name in the plan, for example `latent`.",
      "::llvm::StringRef", "getKindName">,
    InterfaceMethod<"The shape of each part of a row.",
      "::llvm::SmallVector<::llvm::SmallVector<int64_t>>", "getParts">,
    InterfaceMethod<"Numbers in one row.", "int64_t", "getWidth", (ins), [{}], [{
        int64_t width = 0;
        for (const auto &part : $_attr.getParts()) {
          int64_t size = 1;
          for (int64_t extent : part)
            size *= extent;
          width += size;
        }
        return width;
      }]>,
    InterfaceMethod<"What divides the vectors of all parts: the largest block that has numbers of one.",
      "int64_t", "getVectorWidth", (ins), [{}], [{
        int64_t width = 0;
        for (const auto &part : $_attr.getParts())
          width = std::gcd(width, part.back());
        return width;
      }]>
  ];
}

def MoE_RopeScaling : AttrInterface<"RopeScaling"> {
  let description = "How the frequencies of a rotary embedding are stretched to longer contexts.";
  let cppNamespace = "::moec::moe";
  let methods = [
    InterfaceMethod<"Changes `frequencies`, theta^(-2i/size) for pair i, in place.",
      "void", "scale", (ins "::llvm::MutableArrayRef<double>":$frequencies, "double":$theta)>,
    InterfaceMethod<"The factor on cosine and sine.", "double", "getRotationMagnitude">
  ];
}

#endif // MOEC_DIALECT_MOE_MOEINTERFACES_TD
