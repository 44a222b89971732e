//===- Interpreter.h - One rendering of a template --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Walks the tree of a template. All bounds are held here: every expression and statement is a step,
// and the library charges more for work on long values.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_EVAL_INTERPRETER_H
#define MOEC_TEMPLATE_EVAL_INTERPRETER_H

#include "moec/runtime/template/Template.h"
#include "runtime/template/library/Library.h"
#include "runtime/template/syntax/Ast.h"
#include "runtime/template/value/Watch.h"

#include <unordered_map>

namespace moec::jinja {

/// The variables of one call of a routine.
struct Frame {
  Frame *parent;
  Value *slots;
};

struct MacroData {
  const Routine *routine;
  Frame *closure;
};

struct MethodData {
  Value self;
  std::string_view name;
  LibraryFunction function;
};

/// A message that a template gave to raise_exception.
struct Raised {
  std::string message;
};

class Interpreter {
public:
  /// `variables` gives each global of the syntax its value, or Missing.
  Interpreter(const Syntax &syntax, std::vector<Value> variables, const Limits &limits,
              std::chrono::system_clock::time_point now);

  /// The text of the template. Throws a Failure or Raised.
  std::string run();
  /// The line of what was done last.
  uint32_t line() const { return currentLine; }

  // For the library.

  Arena &memory() { return arena; }
  /// Counts work: so many bytes or elements that were looked at.
  void charge(size_t amount);
  std::chrono::system_clock::time_point timeNow() const { return now; }
  Value string(std::string_view text, uint8_t flag = 0) { return arena.string(text, flag); }
  /// Python's str() of a value, as long as the rendering lives.
  std::string_view textOf(const Value &value);
  /// The elements that a loop over a value has, which uses up an iterator.
  std::span<const Value> elementsOf(const Value &value);
  /// The characters of a text.
  std::span<const Value> charactersOf(std::string_view text);
  Value attribute(const Value &object, std::string_view name, const MethodEntry *method);
  Value attribute(const Value &object, std::string_view name) {
    return attribute(object, name, findMethod(name));
  }
  Value item(const Value &object, const Value &index);
  Value call(const Value &callee, const CallArguments &arguments);
  Value binary(Arithmetic operation, const Value &left, const Value &right);

private:
  friend struct LoopData;
  enum class Flow : uint8_t { Next, Break, Continue };
  struct Depth;
  struct EvaluatedArguments;

  void step() {
    if (++steps > limits.steps)
      failSteps();
    Watch::check();
  }
  [[noreturn]] void failSteps() const;
  void write(std::string_view text);

  // Statements.
  Flow execute(const Body &body);
  Flow execute(const Stmt &statement);
  Flow executeIf(const IfStmt &statement);
  Flow executeFor(const ForStmt &statement);
  Flow executeWith(const WithStmt &statement);
  void executeSetBlock(const SetBlockStmt &statement);
  void executeCallBlock(const CallBlockStmt &statement);
  void executeFilterBlock(const FilterBlockStmt &statement);
  void output(const Value &value);
  /// What a body writes, as long as the rendering lives.
  Value capture(const Body &body);
  void enter(const Loads &loads);
  void assign(const Target &target, const Value &value);
  Value *place(const Slot &slot);
  Value makeMacro(const Routine &routine);
  Value callMacro(const MacroData &macro, const CallArguments &arguments);
  void bind(const Routine &routine, const CallArguments &arguments, Value *slots);
  Value invoke(const Routine &routine, Frame &callee);
  Frame *makeFrame(const Routine &routine, Frame *closure);

  // Expressions.
  Value evaluate(const Expr &expr);
  Value evaluateOther(const Expr &expr);
  Value evaluateName(const NameExpr &expr);
  Value evaluateList(const ListExpr &expr, Kind kind);
  Value evaluateDict(const DictExpr &expr);
  Value evaluateSlice(const SliceExpr &expr);
  Value evaluateSum(const SumExpr &expr);
  Value evaluateConcat(const ListExpr &expr);
  Value evaluateCompare(const CompareExpr &expr);
  Value evaluateConditional(const ConditionalExpr &expr);
  Value evaluateUnary(const UnaryExpr &expr);
  Value evaluateCall(const CallExpr &expr);
  Value evaluateFilter(const FilterExpr &expr, const Value *value);
  void evaluateArguments(const Arguments &arguments, EvaluatedArguments &out);

  Value callFunction(const Value &self, LibraryFunction function, const CallArguments &arguments);
  Value ownAttribute(const Value &object, std::string_view name);
  Value loopAttribute(LoopData &loop, std::string_view name);
  Value join(std::span<const std::string_view> parts, size_t size);

  const Syntax &syntax;
  std::vector<Value> variables;
  Limits limits;
  std::chrono::system_clock::time_point now;
  Arena arena;
  Frame *frame = nullptr;
  std::string *out = nullptr;
  uint64_t steps = 0;
  /// Bytes of all texts that are being written.
  uint64_t written = 0;
  unsigned depth = 0, macroDepth = 0;
  uint32_t currentLine = 1;
  /// Frames that nothing refers to any more, by routine.
  std::unordered_map<const Routine *, std::vector<Frame *>> freeFrames;
};

/// A loop that runs. It looks one element ahead when it is asked for what comes next.
struct LoopData {
  Interpreter &interpreter;
  const ForStmt &statement;
  Frame *frame;
  std::span<const Value> items = {};
  size_t position = 0;
  /// Where the elements come from, if that can be gone through once.
  IteratorData *iterator = nullptr;
  bool isFiltered = false;
  int64_t index0 = -1;
  Value current = {}, previous = {}, ahead = {};
  bool hasAhead = false;
  /// What loop.changed was called with last.
  Value changed = {};
  bool wasChangedAsked = false;

  /// The next element that the loop's test lets pass, and whether there is one.
  bool take(Value &value);
  bool advance();
  bool peek();
  int64_t length();
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_EVAL_INTERPRETER_H
