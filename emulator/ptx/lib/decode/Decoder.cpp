//===- Decoder.cpp - From statements to instructions ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The kernel as a whole: places of its variables, statements in order, branches.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/decode/Decoder.h"

#include "emulator/ptx/lib/alu/Lanes.h"

#include <algorithm>
#include <set>

namespace moec::ptx {

namespace {
constexpr uint64_t kMostLocal = 512 * 1024; ///< Bytes of a thread.
constexpr uint64_t kMostFile = uint64_t(64) << 20;
} // namespace

const FamilyTable &families() {
  static const FamilyTable table = [] {
    FamilyTable all;
    for (void (*add)(FamilyTable &) :
         {addControl, addMoves, addInteger, addBits, addCompare, addFloat, addFunctions,
          addConversions, addMemory, addAtomics, addAsync, addExchange, addMatrix})
      add(all);
    return all;
  }();
  return table;
}

Decoder::Decoder(const ModuleSyntax &module, const FunctionSyntax &function,
                 const std::map<std::string, ModuleVariable> &variables)
    : module(module), function(function), moduleVariables(variables),
      program(std::make_unique<Program>()) {}

static uint64_t alignTo(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// Arrays of the module that the kernel names, then its own; dynamic shared memory begins behind
// them.
void Decoder::placeShared() {
  std::set<std::string_view> named;
  auto visit = [&](auto &&self, const SyntaxOperand &operand) -> void {
    named.insert(operand.name);
    for (const SyntaxOperand &part : operand.parts)
      self(self, part);
  };
  for (const Statement &each : function.statements)
    for (const SyntaxOperand &operand : each.operands)
      visit(visit, operand);
  uint64_t bytes = 0;
  uint32_t dynamicAlignment = 1;
  for (const auto &[name, variable] : module.variables) {
    if (variable.space != Space::Shared || !named.contains(name))
      continue;
    if (variable.isExtern) {
      dynamicAlignment = std::max(dynamicAlignment, variable.alignment);
      info->dynamicShared = true;
      continue;
    }
    bytes = alignTo(bytes, variable.alignment);
    places[name] = {Space::Shared, bytes};
    bytes += variable.bytes;
  }
  for (size_t i = 0; i < function.variables.size(); ++i) {
    const Variable &variable = function.variables[i];
    if (variable.space != Space::Shared)
      continue;
    bytes = alignTo(bytes, variable.alignment);
    ownPlaces[i] = {Space::Shared, bytes};
    bytes += variable.bytes;
  }
  bytes = info->dynamicShared ? alignTo(bytes, dynamicAlignment) : bytes;
  for (const auto &[name, variable] : module.variables)
    if (variable.space == Space::Shared && variable.isExtern)
      places[name] = {Space::Shared, bytes};
  if (bytes > kMaxSharedBytes)
    fail("the kernel has ", bytes, " bytes of static shared memory, more than ", kMaxSharedBytes);
  info->sharedBytes = uint32_t(bytes);
}

void Decoder::placeLocal() {
  uint64_t bytes = 0;
  for (size_t i = 0; i < function.variables.size(); ++i) {
    const Variable &variable = function.variables[i];
    if (variable.space != Space::Local)
      continue;
    bytes = alignTo(bytes, variable.alignment);
    ownPlaces[i] = {Space::Local, bytes};
    bytes += variable.bytes;
  }
  if (bytes > kMostLocal)
    fail("a thread has ", bytes, " bytes of local memory, more than ", kMostLocal);
  info->localBytes = uint32_t(bytes);
}

Expected<std::unique_ptr<Program>> Decoder::run(KernelInfo &kernel) {
  info = &kernel;
  ownPlaces.resize(function.variables.size());
  placeShared();
  placeLocal();
  for (const Statement &each : function.statements) {
    if (failed())
      break;
    firstOf.push_back(uint32_t(program->code.size()));
    decodeStatement(each);
  }
  statement = nullptr;
  firstOf.push_back(uint32_t(program->code.size()));
  inst = {};
  inst.line = function.statements.empty() ? kernel.line : function.statements.back().line;
  inst.execute = &exitLanes;
  program->code.push_back(inst);
  if (!failed())
    resolveTargets();
  if (failed())
    return Error::make(message);
  orderBlocks(*program);
  kernel.registers = uint32_t(registers.size());
  kernel.instructions = uint32_t(program->code.size() - 1);
  return std::move(program);
}

void Decoder::splitOpcode() {
  modifiers.clear();
  std::string_view rest = statement->opcode;
  base = rest.substr(0, rest.find('.'));
  while (true) {
    size_t dot = rest.find('.');
    if (dot == std::string_view::npos)
      return;
    rest = rest.substr(dot + 1);
    modifiers.push_back(rest.substr(0, rest.find('.')));
  }
}

void Decoder::decodeStatement(const Statement &each) {
  statement = &each;
  splitOpcode();
  inst = {};
  inst.line = each.line;
  after.clear();
  if (!each.guard.empty()) {
    SyntaxOperand guard;
    guard.form = Form::Name, guard.name = each.guard;
    bool negated = false;
    inst.guard = predicate(guard, negated);
    inst.guarded = true, inst.guardNegated = each.guardNegated;
  }
  if (!each.operands.empty() && each.operands[0].negated)
    return fail("the first operand of '", each.opcode, "' is not negated");
  auto family = families().find(base);
  if (family == families().end())
    return refuse();
  checkTarget();
  size_t before = program->code.size();
  family->second(*this);
  if (!failed() && !modifiers.empty())
    fail("'.", modifiers.front(), "' of '", each.opcode, "' is not emulated");
  if (!failed() && program->code.size() == before)
    refuse();
  if (program->fileBytes > kMostFile)
    fail("the kernel has more than ", kMostFile, " bytes of registers in a warp");
}

void Decoder::append(Instruction instruction) {
  instruction.line = statement->line;
  program->code.push_back(instruction);
}

void Decoder::emit(Executor execute) {
  inst.execute = execute;
  append(inst);
  for (Instruction &each : after) {
    each.guard = inst.guard, each.guarded = inst.guarded, each.guardNegated = inst.guardNegated;
    append(each);
  }
  after.clear();
}

void Decoder::emitUniform(Ty type, size_t sources, Executor execute) {
  if (!execute)
    return refuse();
  if (!wantOperands(sources + 1))
    return;
  for (size_t i = 0; i < sources; ++i)
    inst.src[i] = src(i + 1, type);
  inst.dst = dst(0, type);
  emit(execute);
}

bool Decoder::take(std::string_view modifier) {
  auto it = std::find(modifiers.begin(), modifiers.end(), modifier);
  if (it == modifiers.end())
    return false;
  modifiers.erase(it);
  return true;
}

std::string_view Decoder::takeNext() {
  if (modifiers.empty())
    return {};
  std::string_view next = modifiers.front();
  modifiers.erase(modifiers.begin());
  return next;
}

std::optional<Ty> Decoder::takeTypeIf() {
  std::optional<Ty> type = modifiers.empty() ? std::nullopt : typeNamed(modifiers.front());
  if (type)
    modifiers.erase(modifiers.begin());
  return type;
}

Ty Decoder::takeType() {
  if (std::optional<Ty> type = takeTypeIf())
    return *type;
  if (modifiers.empty())
    fail("'", statement->opcode, "' has no type");
  else
    fail("'.", modifiers.front(), "' of '", statement->opcode, "' is not emulated");
  return Ty::None;
}

bool Decoder::wantOperands(size_t least, size_t most) {
  if (operandCount() >= least && operandCount() <= most)
    return !failed();
  fail("'", statement->opcode, "' has ", operandCount(), " operands and takes ", least,
       least == most ? "" : strCat(" to ", most));
  return false;
}

const uint32_t *Decoder::findLabel(std::string_view name) const {
  for (int32_t scope = int32_t(statement->scope); scope >= 0;
       scope = function.scopes[size_t(scope)].parent) {
    const auto &labels = function.scopes[size_t(scope)].labels;
    if (auto it = labels.find(name); it != labels.end())
      return &it->second;
  }
  return nullptr;
}

// Statements become numbers of instructions at the end.
void Decoder::branchTo(std::string_view label) {
  if (const uint32_t *target = findLabel(label))
    inst.target = int32_t(*target);
  else
    fail("there is no label ", label);
}

uint32_t Decoder::addTargets(std::string_view list) {
  for (int32_t scope = int32_t(statement->scope); scope >= 0;
       scope = function.scopes[size_t(scope)].parent) {
    const auto &targets = function.scopes[size_t(scope)].targets;
    auto it = targets.find(list);
    if (it == targets.end())
      continue;
    std::vector<uint32_t> numbers;
    for (std::string_view label : it->second) {
      const uint32_t *target = findLabel(label);
      if (!target)
        return fail("there is no label ", label), 0;
      numbers.push_back(*target);
    }
    program->targets.push_back(std::move(numbers));
    return uint32_t(program->targets.size() - 1);
  }
  fail("there is no list of labels ", list);
  return 0;
}

void Decoder::resolveTargets() {
  for (Instruction &each : program->code)
    if (each.target >= 0)
      each.target = int32_t(firstOf[size_t(each.target)]);
  for (std::vector<uint32_t> &list : program->targets)
    for (uint32_t &target : list)
      target = firstOf[target];
}

} // namespace moec::ptx
