//===- Target.cpp - The machines of this build ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The registry of machines.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/Target.h"

#include <algorithm>

using namespace moec;

Target::~Target() = default;

std::vector<tile::ScheduleAttr> Target::candidates(mlir::MLIRContext *context,
                                                   const KernelShape &shape) const {
  tile::ScheduleAttr only = chooseSchedule(context, shape);
  return only ? std::vector{only} : std::vector<tile::ScheduleAttr>();
}

/// Floats, and blocks along one dimension of E2M1 or E4M3 codes with a power of two as scale, or of
/// integers with a float.
static bool isDecoded(mlir::Type type) {
  auto block = mlir::dyn_cast<mx::BlockType>(type);
  if (!block)
    return type.isF32() || type.isBF16() || type.isF16();
  mlir::Type code = block.getElement(), scale = block.getScale();
  if (block.getBlock().size() != 1 || block.getGlobal() || block.getZero())
    return false;
  if (mlir::isa<mlir::Float4E2M1FNType, mlir::Float8E4M3FNType>(code))
    return mlir::isa<mlir::Float8E8M0FNUType>(scale);
  return (code.isInteger(8) || code.isInteger(4)) && (scale.isF32() || scale.isBF16());
}

bool Target::multiplies(mlir::Type rows, mlir::Type weight) const {
  return isDecoded(rows) && isDecoded(weight);
}

Expected<EmitKind> moec::parseEmitKind(const std::string &name, const Target &target) {
  const std::pair<std::string, EmitKind> forms[] = {{"llvm", EmitKind::LLVM},
                                                    {"asm", EmitKind::Assembly},
                                                    {"obj", EmitKind::Relocatable},
                                                    {target.codeFormat(), EmitKind::Object}};
  for (const auto &[known, kind] : forms)
    if (name == known)
      return kind;
  return Error::make("--emit is '", name, "' but the target ", target.name(),
                     " has llvm, asm, obj, ", target.codeFormat());
}

std::string moec::getCodeFileName(EmitKind kind, const Target &target) {
  switch (kind) {
  case EmitKind::LLVM:
    return "kernels.ll";
  case EmitKind::Assembly:
    return "kernels.s";
  case EmitKind::Relocatable:
    return "kernels.o";
  case EmitKind::Object:
    return "kernels." + target.codeFormat();
  }
  llvm_unreachable("covered switch");
}

std::vector<std::string> TargetRegistry::names() const {
  std::vector<std::string> result;
  for (const auto &[name, factory] : factories)
    result.push_back(name);
  return result;
}

Expected<std::unique_ptr<Target>> TargetRegistry::create(const std::string &name,
                                                         const std::string &chip) const {
  auto found = factories.find(name);
  if (found != factories.end())
    return found->second(chip);
  std::string known;
  for (const std::string &candidate : names())
    known += (known.empty() ? "" : ", ") + candidate;
  return Error::make("no target is called '", name, "'; this build has: ", known);
}
