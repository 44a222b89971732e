//===- MoecDialect.td - What a module is compiled for ------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOEC_MOECDIALECT_TD
#define MOEC_DIALECT_MOEC_MOECDIALECT_TD

include "mlir/IR/OpBase.td"

def Moec_Dialect : Dialect {
  let name = "moec";
  let cppNamespace = "::moec";
  let summary = "What a module is compiled for";
  let description = [{
    Has no ops. Its one attribute names a machine; passes that ask a machine find it through the dialect's
    `TargetResolver` interface, so they run in any tool whose context has one:

    ```mlir
    module attributes {moec.target = #moec.target<"cpu", chip = "x86-64-v4">} {
    }
    ```

    Attributes of the module:

    - `moec.target`: the machine. Without it weights are row-major, schedules are defaults and costs unknown.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// The name of the module attribute that the description lists.
    static constexpr ::llvm::StringLiteral getTargetAttrName() { return "moec.target"; }

    /// Adds the attributes; beside their definitions.
    void registerAttributes();
  }];
}

#endif // MOEC_DIALECT_MOEC_MOECDIALECT_TD
