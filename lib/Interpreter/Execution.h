//===- Execution.h - One block of a launch ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The values of a block's program, and the table of what ops mean. The file of a family adds its
// ops to the table; nothing else lists ops.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_INTERPRETER_EXECUTION_H
#define MOEC_LIB_INTERPRETER_EXECUTION_H

#include "TileValue.h"

#include "moec/Interpreter/Interpreter.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <functional>

namespace moec::interpreter {

class Execution;

/// What each op does.
class OpTable {
public:
  using Meaning = std::function<Error(Execution &, mlir::Operation *)>;

  /// Adds `function(execution, op)`, which returns an Error or nothing, for each of the ops.
  template <typename... Ops, typename Function> void add(Function function) {
    ((meanings[Ops::getOperationName()] = [function](Execution &execution,
                                                     mlir::Operation *op) -> Error {
       if constexpr (std::is_void_v<decltype(function(execution, mlir::cast<Ops>(op)))>) {
         function(execution, mlir::cast<Ops>(op));
         return Error::success();
       } else {
         return function(execution, mlir::cast<Ops>(op));
       }
     }),
     ...);
  }

  /// Null where the op has none.
  const Meaning *find(llvm::StringRef name) const {
    auto found = meanings.find(name);
    return found == meanings.end() ? nullptr : &found->second;
  }

  /// The table of all families.
  static const OpTable &get();

private:
  llvm::StringMap<Meaning> meanings;
};

void addControlOps(OpTable &table);
void addFloatOps(OpTable &table);
void addIntegerOps(OpTable &table);
void addMatrixOps(OpTable &table);
void addMemoryOps(OpTable &table);
void addSelectOps(OpTable &table);
void addShapeOps(OpTable &table);

/// Executes the program of one block.
class Execution {
public:
  Execution(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments,
            const std::array<int64_t, 3> &block);

  /// Executes the ops of an MLIR block but its terminator.
  Error run(mlir::Block &block);

  /// The value that an earlier op set. The reference holds until the next set().
  const TileValue &get(mlir::Value value) const { return values.find(value)->second; }
  int64_t getScalar(mlir::Value value) const { return int64_t(get(value).numbers[0]); }
  /// A tile whose numbers are those of the value's type.
  void set(mlir::Value value, TileValue tile) { values[value] = std::move(tile); }
  /// The same, each number `body(index, number)`, rounded.
  template <typename Body> void make(mlir::Value value, Body body) {
    TileValue tile = TileValue::forType(value.getType());
    mlir::Type element = mlir::getElementTypeOrSelf(value);
    forEachIndex(tile.shape, [&](llvm::ArrayRef<int64_t> index, int64_t number) {
      tile.numbers[number] = roundTo(body(index, number), element);
    });
    set(value, std::move(tile));
  }

  const HostArray &getArray(mlir::Value ref) const { return arrays.find(ref)->second; }
  void setArray(mlir::Value ref, const HostArray &array) { arrays[ref] = array; }

private:
  Error execute(mlir::Operation *op);
  /// A failure at an op, with its place.
  Error fail(mlir::Operation *op, Error error);

  tile::KernelOp kernel;
  std::array<int64_t, 3> block;
  bool isLocated = false;
  llvm::DenseMap<mlir::Value, TileValue> values;
  llvm::DenseMap<mlir::Value, HostArray> arrays;
};

} // namespace moec::interpreter

#endif // MOEC_LIB_INTERPRETER_EXECUTION_H
