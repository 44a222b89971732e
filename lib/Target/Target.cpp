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
