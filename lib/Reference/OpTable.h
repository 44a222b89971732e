//===- OpTable.h - What the reference knows of ops --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The file of a family defines what its ops mean and adds them here; nothing else lists ops.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_OPTABLE_H
#define MOEC_LIB_REFERENCE_OPTABLE_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringMap.h"

#include <functional>

namespace moec::reference {

class Interpreter;
struct Bounds;

/// One function an op.
template <typename Context> class OpTable {
public:
  /// Adds `function(context, op)` for each of the ops.
  template <typename... Ops, typename Function> void add(Function function) {
    ((functions[Ops::getOperationName()] =
          [function](Context &context, mlir::Operation *op) {
            function(context, mlir::cast<Ops>(op));
          }),
     ...);
  }

  /// Calls the op's function; false if it has none.
  bool call(Context &context, mlir::Operation &op) const {
    auto found = functions.find(op.getName().getStringRef());
    if (found == functions.end())
      return false;
    found->second(context, &op);
    return true;
  }

private:
  llvm::StringMap<std::function<void(Context &, mlir::Operation *)>> functions;
};

/// What ops compute, and how far a sound computation of their results may be off.
struct OpTables {
  OpTable<Interpreter> evaluators;
  OpTable<const Bounds> bounds;
};

void addAttentionOps(OpTables &tables);
void addExpertOps(OpTables &tables);
void addFunctions(OpTables &tables);
void addLinearOps(OpTables &tables);
void addRecurrentOps(OpTables &tables);
void addRowOps(OpTables &tables);
void addAttentionBounds(OpTables &tables);
void addProductBounds(OpTables &tables);
void addRecurrentBounds(OpTables &tables);
void addRowBounds(OpTables &tables);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_OPTABLE_H
