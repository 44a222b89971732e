//===- Operands.cpp - Registers, constants and addresses ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/decode/Decoder.h"

#include "emulator/ptx/lib/alu/Lanes.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace moec::ptx {

Slot Decoder::row(unsigned bits) {
  Slot slot;
  slot.index = uint32_t(program->poison.size());
  program->poison.push_back(uint32_t(~0u));
  if (bits == 1) {
    // Masks of lanes share lines.
    if (predicateBytes % 64 == 0)
      predicateStart = program->fileBytes, program->fileBytes += 64;
    slot.offset = predicateStart + predicateBytes % 64;
    predicateBytes += 4;
    return slot;
  }
  slot.offset = program->fileBytes;
  program->fileBytes += std::max(kLanes * bits / 8, 64u);
  return slot;
}

Slot Decoder::temporary(unsigned bits) { return row(bits); }

Slot Decoder::constant(uint64_t value, unsigned bytes) {
  if (bytes && bytes < 8)
    value &= (uint64_t(1) << 8 * bytes) - 1;
  auto [it, isNew] = constantRows.try_emplace({bytes, value});
  if (isNew) {
    it->second = row(bytes ? bytes * 8 : 1);
    program->poison[it->second.index] = 0;
    program->constants.push_back({it->second, uint8_t(bytes), value});
  }
  return it->second;
}

const Register *Decoder::find(std::string_view name) {
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  uint32_t number = 0;
  bool numbered = digits < name.size() && digits > 0;
  if (numbered)
    numbered =
        std::from_chars(name.data() + digits, name.data() + name.size(), number).ec == std::errc();
  for (int32_t scope = int32_t(statement->scope); scope >= 0;
       scope = function.scopes[size_t(scope)].parent) {
    const auto &ranges = function.scopes[size_t(scope)].registers;
    const RegisterRange *range = nullptr;
    uint32_t place = 0;
    if (auto it = ranges.find(name); it != ranges.end() && it->second.count == 0)
      range = &it->second;
    if (auto it = ranges.find(name.substr(0, digits));
        !range && numbered && it != ranges.end() && number < it->second.count)
      range = &it->second, place = number;
    if (!range)
      continue;
    auto [it, isNew] = registers.try_emplace(range->first + place);
    if (isNew)
      it->second = {row(range->bits), range->bits, range->kind};
    return &it->second;
  }
  return nullptr;
}

Slot Decoder::special(std::string_view name) {
  static const std::map<std::string_view, Special> table = {
      {"%tid.x", Special::ThreadX},
      {"%tid.y", Special::ThreadY},
      {"%tid.z", Special::ThreadZ},
      {"%ctaid.x", Special::BlockX},
      {"%ctaid.y", Special::BlockY},
      {"%ctaid.z", Special::BlockZ},
      {"%ntid.x", Special::BlockSizeX},
      {"%ntid.y", Special::BlockSizeY},
      {"%ntid.z", Special::BlockSizeZ},
      {"%nctaid.x", Special::GridSizeX},
      {"%nctaid.y", Special::GridSizeY},
      {"%nctaid.z", Special::GridSizeZ},
      {"%laneid", Special::Lane},
      {"%warpid", Special::WarpNumber},
      {"%nwarpid", Special::WarpCount},
      {"%lanemask_eq", Special::LanesEqual},
      {"%lanemask_lt", Special::LanesLess},
      {"%lanemask_le", Special::LanesLessEqual},
      {"%lanemask_gt", Special::LanesGreater},
      {"%lanemask_ge", Special::LanesGreaterEqual},
      {"%dynamic_smem_size", Special::DynamicShared},
      {"%total_smem_size", Special::TotalShared},
      {"%smid", Special::Zero},
      {"%cluster_ctarank", Special::Zero}};
  auto it = table.find(name);
  if (it == table.end()) {
    fail("'", name, "' is not declared, nor a special register that is emulated");
    return {};
  }
  auto [known, isNew] = specialRows.try_emplace(it->first);
  if (isNew) {
    known->second = row(32);
    program->poison[known->second.index] = 0;
    program->specials.push_back({known->second, it->second});
  }
  return known->second;
}

const KernelParameter *Decoder::findParameter(std::string_view name) const {
  for (const KernelParameter &parameter : info->parameters)
    if (parameter.name == name)
      return &parameter;
  return nullptr;
}

std::optional<uint64_t> Decoder::addressOf(std::string_view name, Space &space) {
  for (int32_t scope = int32_t(statement->scope); scope >= 0;
       scope = function.scopes[size_t(scope)].parent) {
    const auto &variables = function.scopes[size_t(scope)].variables;
    if (auto it = variables.find(name); it != variables.end()) {
      space = ownPlaces[it->second].space;
      return ownPlaces[it->second].offset;
    }
  }
  if (auto it = places.find(name); it != places.end()) {
    space = it->second.space;
    return it->second.offset;
  }
  if (const KernelParameter *parameter = findParameter(name)) {
    space = Space::Param;
    return parameter->offset;
  }
  auto it = moduleVariables.find(std::string(name));
  if (it == moduleVariables.end())
    return std::nullopt;
  space = Space::Global;
  return it->second.address;
}

void Decoder::checkKind(const SyntaxOperand &operand, Ty type) {
  const char wanted = facts(type).kind;
  const bool isNumber = type == Ty::F16 || type == Ty::F32 || type == Ty::F64;
  auto mismatch = [&](const auto &what) {
    fail("'", opcode(), "' takes ", facts(type).name, " here, and ", what);
  };
  if (operand.form == Form::Integer && wanted == 'f')
    return mismatch("this is an integer");
  // Bits of 32 may be written as a number of f32. Pairs and numbers of 16 bits are no constants.
  const bool isFraction = operand.form == Form::Float32 || operand.form == Form::Float64;
  const bool takesFraction = wanted == 'b' ? operand.form == Form::Float64 || bitsOf(type) == 32
                                           : type == Ty::F32 || type == Ty::F64;
  if (isFraction && !takesFraction)
    return mismatch("this is a fraction");
  const Register *found = operand.form == Form::Name ? find(operand.name) : nullptr;
  if (!found || found->kind == 'b' || wanted == 'b')
    return;
  if (found->kind == 'f' ? !isNumber : wanted == 'f')
    mismatch(
        strCat(operand.name, " is declared as ", found->kind == 'f' ? "a fraction" : "an integer"));
}

Slot Decoder::dst(size_t i, Ty type) {
  if (operand(i).form == Form::Sink && base != "atom")
    fail("the result of '", opcode(), "' is not left out");
  return dst(operand(i), type);
}

Slot Decoder::dst(const SyntaxOperand &operand, Ty type) {
  const unsigned bits = bitsOf(type);
  if (operand.form == Form::Sink)
    return temporary(bits);
  const Register *found = operand.form == Form::Name ? find(operand.name) : nullptr;
  if (!found) {
    fail(operand.form == Form::Name ? strCat("'", operand.name, "' is no register")
                                    : std::string("a result is no register"));
    return {};
  }
  if (operand.negated)
    fail("a result is not negated");
  if (found->bits != bits)
    fail(operand.name, " has ", found->bits, " bits, the result has ", bits);
  checkKind(operand, type);
  return found->slot;
}

Slot Decoder::src(const SyntaxOperand &operand, Ty type) {
  const unsigned bits = bitsOf(type);
  checkKind(operand, type);
  switch (operand.form) {
  case Form::Float32:
    if (type == Ty::F64)
      return constant(
          std::bit_cast<uint64_t>(double(std::bit_cast<float>(uint32_t(operand.value)))), 8);
    [[fallthrough]];
  case Form::Integer:
    return constant(operand.value, bits / 8);
  case Form::Float64:
    if (type == Ty::F32)
      return constant(std::bit_cast<uint32_t>(float(std::bit_cast<double>(operand.value))), 4);
    return constant(operand.value, bits / 8);
  case Form::Name:
    break;
  default:
    fail("an operand is neither a register nor a number");
    return {};
  }
  if (operand.negated) {
    fail("'!", operand.name, "' is no number");
    return {};
  }
  if (const Register *found = find(operand.name)) {
    if (found->bits != bits)
      fail(operand.name, " has ", found->bits, " bits, the instruction takes ", bits);
    return found->slot;
  }
  Space space;
  if (std::optional<uint64_t> address = addressOf(operand.name, space); address && isFloat(type))
    fail("the address of ", operand.name, " is no fraction");
  else if (address)
    return constant(*address + operand.value, bits / 8);
  Slot slot = special(operand.name);
  if (base != "mov" && base != "cvt")
    fail("'", opcode(), "' takes no special register; mov does");
  if (bits != 32)
    fail(operand.name, " has 32 bits, the instruction takes ", bits);
  return slot;
}

Slot Decoder::srcOfWider(const SyntaxOperand &operand, Ty type) {
  const unsigned bits = bitsOf(type);
  const Register *found = operand.form == Form::Name ? find(operand.name) : nullptr;
  if (!found || found->bits <= bits)
    return src(operand, type);
  checkKind(operand, type);
  Instruction narrow;
  narrow.src[0] = found->slot, narrow.dst = temporary(bits);
  narrow.execute = resizeLanes(found->bits, bits, false);
  append(narrow);
  return narrow.dst;
}

Slot Decoder::dstOfWider(const SyntaxOperand &operand, Ty type) {
  if (operand.form == Form::Sink)
    fail("the result of '", opcode(), "' is not left out");
  const unsigned bits = bitsOf(type);
  const Register *found = operand.form == Form::Name ? find(operand.name) : nullptr;
  if (!found || found->bits <= bits)
    return dst(operand, type);
  checkKind(operand, type);
  Instruction widen;
  widen.src[0] = temporary(bits), widen.dst = found->slot;
  widen.execute = resizeLanes(bits, found->bits, isSigned(type));
  after.push_back(widen);
  return widen.src[0];
}

Slot Decoder::predicate(const SyntaxOperand &operand, bool &negated) {
  negated = operand.negated;
  if (operand.form == Form::Integer)
    return constant(operand.value ? ~0u : 0u, 0);
  const Register *found = operand.form == Form::Name ? find(operand.name) : nullptr;
  if (!found || found->bits != 1) {
    fail("'", operand.name, "' is no predicate");
    return {};
  }
  return found->slot;
}

Slot Decoder::predicateResult(std::string_view name) {
  if (name == "_")
    return temporary(1);
  const Register *found = find(name);
  if (!found || found->bits != 1) {
    fail("'", name, "' is no predicate");
    return {};
  }
  return found->slot;
}

uint64_t Decoder::number(size_t i) {
  if (operand(i).form != Form::Integer)
    fail("operand ", i + 1, " has to be a number");
  return operand(i).value;
}

void Decoder::address(const SyntaxOperand &operand, Space space) {
  if (operand.form != Form::Address)
    return fail("an address is missing");
  inst.imm = operand.value;
  inst.space = space;
  if (operand.name.empty() && space != Space::Local)
    return fail("only an address of local memory may be a number");
  if (operand.name.empty()) {
    inst.src[0] = constant(operand.value, 8);
    inst.imm = 0;
    return;
  }
  if (const Register *found = find(operand.name)) {
    if (found->bits != 32 && found->bits != 64)
      return fail(operand.name, " has ", found->bits, " bits, an address has 32 or 64");
    if (found->bits == 32 && space != Space::Shared && space != Space::Local)
      return fail(operand.name, " has 32 bits, an address has 64 but in shared and local memory");
    if (found->kind == 'f')
      return fail(operand.name, " is declared as a fraction, an address is none");
    inst.src[0] = found->slot;
    inst.addressBytes = uint8_t(found->bits / 8);
    return;
  }
  Space named;
  std::optional<uint64_t> place = addressOf(operand.name, named);
  if (!place)
    return fail("'", operand.name, "' is not declared");
  bool fits = named == space || (named == Space::Global && space == Space::Const) ||
              (named == Space::Global && space == Space::Generic);
  if (!fits)
    return fail(operand.name, " is in another space");
  inst.src[0] = constant(*place, 8);
}

void Decoder::setList(const std::vector<Slot> &dsts, const std::vector<Slot> &srcs) {
  auto list = std::make_unique<Slot[]>(dsts.size() + srcs.size());
  std::copy(dsts.begin(), dsts.end(), list.get());
  std::copy(srcs.begin(), srcs.end(), list.get() + dsts.size());
  inst.list = list.get();
  inst.dsts = uint8_t(dsts.size()), inst.srcs = uint8_t(srcs.size());
  program->lists.push_back(std::move(list));
}

} // namespace moec::ptx
