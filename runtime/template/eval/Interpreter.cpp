//===- Interpreter.cpp - Statements -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"

#include "runtime/template/eval/Depth.h"
#include "runtime/template/value/Print.h"
#include "runtime/template/value/Watch.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

Interpreter::Interpreter(const Syntax &syntax, std::vector<Value> variables, const Limits &limits,
                         std::chrono::system_clock::time_point now)
    : syntax(syntax), variables(std::move(variables)), limits(limits), now(now),
      arena(limits.memory) {}

void Interpreter::failSteps() const {
  fail("the template takes more than ", limits.steps, " steps");
}

void Interpreter::charge(size_t amount) {
  // A step is about as much as so many bytes.
  steps += amount / 32;
  if (steps > limits.steps)
    failSteps();
  if (amount > 4096)
    Watch::checkNow();
  else
    Watch::check();
}

void Interpreter::write(std::string_view text) {
  written += text.size();
  if (written > limits.output)
    fail("the template writes more than ", limits.output, " bytes");
  out->append(text);
}

std::string Interpreter::run() {
  Watch watch(limits.time, limits.memory);
  std::string text;
  out = &text;
  frame = makeFrame(syntax.root, nullptr);
  enter(syntax.root.loads);
  execute(syntax.root.body);
  return text;
}

Frame *Interpreter::makeFrame(const Routine &routine, Frame *closure) {
  std::vector<Frame *> &free = freeFrames[&routine];
  Frame *made;
  if (free.empty()) {
    made = arena.make<Frame>({closure, arena.values(routine.slots).data()});
  } else {
    made = free.back();
    free.pop_back();
    made->parent = closure;
  }
  std::fill_n(made->slots, routine.slots, Value::missing());
  return made;
}

Value *Interpreter::place(const Slot &slot) {
  Frame *at = frame;
  for (uint32_t i = 0; i < slot.hops; ++i)
    at = at->parent;
  return &at->slots[slot.index];
}

void Interpreter::enter(const Loads &loads) {
  for (const Load &load : loads) {
    Value &target = frame->slots[load.target];
    if (load.how == Load::Global)
      target = variables[load.source.index];
    else
      target = load.how == Load::Alias ? *place(load.source) : Value::missing();
  }
}

Interpreter::Flow Interpreter::execute(const Body &body) {
  for (const StmtPtr &statement : body)
    if (Flow flow = execute(*statement); flow != Flow::Next)
      return flow;
  return Flow::Next;
}

Interpreter::Flow Interpreter::execute(const Stmt &statement) {
  Depth nested(*this);
  step();
  currentLine = statement.line;
  switch (statement.kind) {
  case StmtKind::Text:
    write(static_cast<const TextStmt &>(statement).text);
    break;
  case StmtKind::Output:
    output(evaluate(*static_cast<const OutputStmt &>(statement).value));
    break;
  case StmtKind::If:
    return executeIf(static_cast<const IfStmt &>(statement));
  case StmtKind::For:
    return executeFor(static_cast<const ForStmt &>(statement));
  case StmtKind::Set:
    assign(static_cast<const SetStmt &>(statement).target,
           evaluate(*static_cast<const SetStmt &>(statement).value));
    break;
  case StmtKind::SetBlock:
    executeSetBlock(static_cast<const SetBlockStmt &>(statement));
    break;
  case StmtKind::Macro: {
    const auto &macro = static_cast<const MacroStmt &>(statement);
    *place(macro.slot) = makeMacro(macro.routine);
    break;
  }
  case StmtKind::CallBlock:
    executeCallBlock(static_cast<const CallBlockStmt &>(statement));
    break;
  case StmtKind::FilterBlock:
    executeFilterBlock(static_cast<const FilterBlockStmt &>(statement));
    break;
  case StmtKind::With:
    return executeWith(static_cast<const WithStmt &>(statement));
  case StmtKind::Break:
    return Flow::Break;
  case StmtKind::Continue:
    return Flow::Continue;
  case StmtKind::Unsupported:
    fail(static_cast<const UnsupportedStmt &>(statement).what, " is not supported");
  }
  return Flow::Next;
}

Interpreter::Flow Interpreter::executeIf(const IfStmt &statement) {
  for (const auto &[condition, body] : statement.branches) {
    currentLine = condition->line;
    if (isTrue(evaluate(*condition)))
      return execute(body);
  }
  return execute(statement.otherwise);
}

Interpreter::Flow Interpreter::executeFor(const ForStmt &statement) {
  LoopData &loop = *arena.make<LoopData>(LoopData{*this, statement, frame});
  Value sequence = evaluate(*statement.sequence);
  if (sequence.kind == Kind::Iterator)
    loop.iterator = sequence.iterator;
  else
    loop.items = elementsOf(sequence);
  loop.isFiltered = statement.test != nullptr;
  Value loopValue = Value::undefined("loop");
  loopValue.kind = Kind::Loop;
  loopValue.loop = &loop;
  bool isEmpty = true;
  while (loop.advance()) {
    step();
    assign(statement.target, loop.current);
    if (statement.loopSlot)
      frame->slots[*statement.loopSlot] = loopValue;
    enter(statement.bodyLoads);
    Flow flow = execute(statement.body);
    // As in Jinja, a turn that does not come to its end does not count for `else`.
    isEmpty &= flow != Flow::Next;
    if (flow == Flow::Break)
      break;
  }
  if (!isEmpty)
    return Flow::Next;
  enter(statement.elseLoads);
  return execute(statement.otherwise);
}

Interpreter::Flow Interpreter::executeWith(const WithStmt &statement) {
  std::vector<Value> values;
  for (const auto &[target, value] : statement.variables)
    values.push_back(evaluate(*value));
  enter(statement.loads);
  for (size_t i = 0; i < values.size(); ++i)
    assign(statement.variables[i].first, values[i]);
  return execute(statement.body);
}

void Interpreter::output(const Value &value) {
  if (value.isString())
    return write(value.text());
  std::string text;
  appendText(text, value);
  charge(text.size());
  write(text);
}

Value Interpreter::capture(const Body &body) {
  std::string text, *before = std::exchange(out, &text);
  execute(body);
  out = before;
  written -= text.size();
  return string(text);
}

void Interpreter::executeSetBlock(const SetBlockStmt &statement) {
  enter(statement.loads);
  Value text = capture(statement.body);
  if (statement.filter)
    text = evaluateFilter(static_cast<const FilterExpr &>(*statement.filter), &text);
  assign(statement.target, text);
}

void Interpreter::executeFilterBlock(const FilterBlockStmt &statement) {
  enter(statement.loads);
  Value text = capture(statement.body);
  output(evaluateFilter(static_cast<const FilterExpr &>(*statement.filter), &text));
}

void Interpreter::assign(const Target &target, const Value &value) {
  if (target.form == Target::Variable) {
    *place(target.slot) = value;
    return;
  }
  if (target.form == Target::Attribute) {
    Value space = *place(target.slot);
    if (space.kind != Kind::Namespace)
      fail("cannot assign attribute on non-namespace object");
    space.space->attributes.set(arena, Value::of(std::string_view(target.attribute)), value);
    return;
  }
  std::span<const Value> parts = elementsOf(value);
  if (parts.size() != target.parts.size())
    fail(parts.size() < target.parts.size() ? "not enough" : "too many",
         " values to unpack: ", parts.size(), " for ", target.parts.size(), " variables");
  for (size_t i = 0; i < parts.size(); ++i)
    assign(target.parts[i], parts[i]);
}

Value Interpreter::makeMacro(const Routine &routine) {
  Value macro = Value::undefined("");
  macro.kind = Kind::Macro;
  macro.macro = arena.make<MacroData>({&routine, frame});
  return macro;
}

void Interpreter::bind(const Routine &routine, const CallArguments &arguments, Value *slots) {
  size_t count = routine.parameters.size(), given = std::min(arguments.positional.size(), count);
  for (size_t i = 0; i < given; ++i)
    slots[routine.parameterSlots[i]] = arguments.positional[i];
  DictData rest;
  Value caller = Value::undefined("No caller defined", UndefinedHint);
  for (const auto &[name, value] : arguments.named) {
    auto found = std::find(routine.parameters.begin() + static_cast<ptrdiff_t>(given),
                           routine.parameters.end(), name);
    if (found != routine.parameters.end())
      slots[routine.parameterSlots[static_cast<size_t>(found - routine.parameters.begin())]] =
          value;
    else if (name == "caller" && routine.callerSlot)
      caller = value;
    else if (routine.namedRestSlot)
      rest.set(arena, string(name), value);
    else
      fail("macro '", routine.name, "' takes no keyword argument '", name, "'");
  }
  if (routine.callerSlot)
    slots[*routine.callerSlot] = caller;
  if (routine.namedRestSlot)
    slots[*routine.namedRestSlot] = Value::of(arena.make<DictData>(rest));
  if (routine.restSlot)
    slots[*routine.restSlot] = arena.list(arguments.positional.subspan(given), Kind::Tuple);
  else if (arguments.positional.size() > count)
    fail("macro '", routine.name, "' takes not more than ", count, " argument(s)");
}

Value Interpreter::callMacro(const MacroData &macro, const CallArguments &arguments) {
  const Routine &routine = *macro.routine;
  Frame *callee = makeFrame(routine, macro.closure);
  bind(routine, arguments, callee->slots);
  return invoke(routine, *callee);
}

/// Runs a routine whose arguments are in its frame.
Value Interpreter::invoke(const Routine &routine, Frame &callee) {
  if (++macroDepth > limits.depth)
    fail("macro '", routine.name, "': calls are nested deeper than ", limits.depth);
  Frame *caller = std::exchange(frame, &callee);
  enter(routine.loads);
  size_t withoutDefault = routine.parameters.size() - routine.defaults.size();
  for (size_t i = 0; i < routine.parameters.size(); ++i) {
    Value &slot = callee.slots[routine.parameterSlots[i]];
    if (slot.kind == Kind::Missing)
      slot = i < withoutDefault
                 ? Value::undefined(textOf(string(strCat("parameter '", routine.parameters[i],
                                                         "' was not provided"))),
                                    UndefinedHint)
                 : evaluate(*routine.defaults[i - withoutDefault]);
  }
  uint32_t lineOfCall = currentLine;
  Value text = capture(routine.body);
  currentLine = lineOfCall;
  frame = caller;
  --macroDepth;
  if (!routine.isCaptured)
    freeFrames[&routine].push_back(&callee);
  return text;
}
