//===- MoecAttrs.td - The machine a module is for ----------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOEC_MOECATTRS_TD
#define MOEC_DIALECT_MOEC_MOECATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "moec/Dialect/Moec/MoecDialect.td"

def Moec_TargetAttr : AttrDef<Moec_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "a machine, as the registry of machines makes it";
  let description = [{
    The name of a target, and a chip within it that means the same machine everywhere (never `native`).
    `tuning` is the path of a tuning table whose measured schedules are taken where they fit.

    ```mlir
    #moec.target<"cpu", chip = "znver4">
    #moec.target<"cpu", chip = "x86-64-v3,+avxvnni", tuning = "tuning.json">
    ```
  }];
  let parameters = (ins StringRefParameter<"the target">:$name, StringRefParameter<"the chip">:$chip,
                        OptionalParameter<"::mlir::StringAttr">:$tuning);
  let assemblyFormat = "`<` $name `,` `chip` `=` $chip (`,` `tuning` `=` $tuning^)? `>`";
}

#endif // MOEC_DIALECT_MOEC_MOECATTRS_TD
