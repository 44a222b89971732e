//===- ExecAttrs.td - Facts of the host plan --------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How states are allocated, what a function takes and gives, how large steps may be, and what
// launches should cost.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_EXEC_EXECATTRS_TD
#define MOEC_DIALECT_EXEC_EXECATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "moec/Dialect/Exec/ExecDialect.td"

class Exec_Attr<string name, string attrMnemonic> : AttrDef<Exec_Dialect, name> {
  let mnemonic = attrMnemonic;
}

class Exec_Enum<string name, string text, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, text, cases> {
  let cppNamespace = "::moec::exec";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

def Exec_Allocation : Exec_Enum<"Allocation", "how sequences are given memory of a state", [
      I32EnumAttrCase<"Paged", 0, "paged">,
      I32EnumAttrCase<"Window", 1, "window">,
      I32EnumAttrCase<"Slots", 2, "slots">
    ]>;

def Exec_RuleAttr : Exec_Attr<"Rule", "rule"> {
  let summary = "how a state is allocated";
  let description = [{
    - `paged`: a row for each position of a sequence, in pages of `page_size` rows that it holds until it ends;
    - `window`: the same, but a page goes back once none of its positions is among the last `window`;
    - `slots`: one slot for each sequence, however long it is.

    States of equal rules share block tables and slot numbers; the runtime knows no more of a state than this.

    ```mlir
    #exec.rule<paged, page_size = 16>
    #exec.rule<window, page_size = 16, window = 128>
    #exec.rule<slots>
    ```
  }];
  let parameters = (ins
    EnumParameter<Exec_Allocation>:$allocation,
    DefaultValuedParameter<"int64_t", "0">:$page_size,
    DefaultValuedParameter<"int64_t", "0">:$window
  );
  let assemblyFormat = "`<` $allocation (`,` struct($page_size, $window)^)? `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Interfaces
//===----------------------------------------------------------------------===//

def Exec_InterfaceArrayAttr : Exec_Attr<"InterfaceArray", "array"> {
  let summary = "an array that passes between the runtime and a function";
  let description = [{
    Its name, which moec/StepArrays.h must have; its type, whose leading extent is the number of rows; and that
    number as a formula over tokens, sequences, rows of logits and the width of the block table, (T, S, R)[P]. `of` is the rule of the states that it describes, for arrays that
    exist once for each rule.

    ```mlir
    #exec.array<"logits", !tile.ref<?x2048xf32>, rows = (T, S, R)[P] -> (R)>
    #exec.array<"block_table", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (S * P), of = <paged, page_size = 16>>
    ```
  }];
  let parameters = (ins
    StringRefParameter<"the array's name">:$name,
    "::moec::tile::RefType":$type,
    "::mlir::AffineMap":$rows,
    OptionalParameter<"::moec::exec::RuleAttr">:$of
  );
  let assemblyFormat = "`<` $name `,` qualified($type) `,` `rows` `=` $rows (`,` `of` `=` $of^)? `>`";
  let genVerifyDecl = 1;
}

def Exec_ValueAttr : Exec_Attr<"Value", "value"> {
  let summary = "what of the model a buffer holds";
  let description = [{
    Result `result` of the `moe.group` with the id `group`; of expert blocks the array `part`.

    ```mlir
    #exec.value<group = 3, result = 0, part = 0>
    ```
  }];
  let parameters = (ins "int64_t":$group, "int64_t":$result, "int64_t":$part);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Exec_LimitsAttr : Exec_Attr<"Limits", "limits"> {
  let summary = "how large steps and sequences may be";
  let description = [{
    Tokens and sequences of a step, and positions of a sequence.

    ```mlir
    #exec.limits<max_tokens = 2048, max_sequences = 64, max_context = 4096>
    ```
  }];
  let parameters = (ins "int64_t":$max_tokens, "int64_t":$max_sequences, "int64_t":$max_context);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

def Exec_EstimateAttr : Exec_Attr<"Estimate", "estimate"> {
  let summary = "what a launch should cost in one step";
  let description = [{
    Microseconds by the cost model, and bytes read and written, in a step of so many tokens. `context` is the
    longest context of the step, 0 where the launch does not depend on it.

    ```mlir
    #exec.estimate<tokens = 8, context = 1024, microseconds = 3.5, read = 4096, written = 512>
    ```
  }];
  let parameters = (ins
    "int64_t":$tokens, "int64_t":$context_length,
    AttrOrTypeParameter<"::llvm::APFloat", "microseconds">:$microseconds,
    "int64_t":$read, "int64_t":$written
  );
  let hasCustomAssemblyFormat = 1;
}

def Exec_CostAttr : Exec_Attr<"Cost", "cost"> {
  let summary = "what a launch should cost in steps of several sizes";
  let description = [{
    Estimates ascending in tokens, then in context.

    ```mlir
    #exec.cost<<tokens = 1, context = 0, microseconds = 3.5, read = 4096, written = 512>>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::moec::exec::EstimateAttr">:$estimates);
  let assemblyFormat = "`<` $estimates `>`";
}

def Exec_MetricAttr : Exec_Attr<"Metric", "metric"> {
  let summary = "a number about a kernel, for people";
  let description = [{
    ```mlir
    #exec.metric<"spills", 0.0 : f64>
    ```
  }];
  let parameters = (ins StringRefParameter<"what it counts">:$name, "::mlir::FloatAttr":$value);
  let assemblyFormat = "`<` $name `,` $value `>`";
}

def Exec_WeightForm : Exec_Enum<"WeightForm", "what kernels read of a weight", [
      I32EnumAttrCase<"Matrix", 0, "matrix">,
      I32EnumAttrCase<"Rows", 1, "rows">
    ]>;
def Exec_WeightFormAttr : EnumAttr<Exec_Dialect, Exec_WeightForm, "weight_form"> {
  let description = [{
    `matrix`: the matrices of a product, packed as the machine wants them; `rows`: row-major.
  }];
  let assemblyFormat = "$value";
}

#endif // MOEC_DIALECT_EXEC_EXECATTRS_TD
