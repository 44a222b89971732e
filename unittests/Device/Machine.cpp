//===- Machine.cpp - A device and kernels for it --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The kernels are tile programs, so that every target can be asked for them.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include "moec/InitAllDialects.h"
#include "moec/Target/Target.h"

#include "mlir/Parser/Parser.h"

#include <sstream>

using namespace moec;
using namespace moec::test;

static constexpr const char *kernels = R"(
tile.kernel @step(%x: !tile.ref<?x64xf32>, %t: index)
    grid(%bx = affine_map<(t) -> (t ceildiv 4)>, %by = affine_map<(t) -> (1)>,
         %bz = affine_map<(t) -> (1)>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %one = arith.constant dense<1.0> : tensor<4x64xf32>
  %row = arith.muli %bx, %c4 : index
  %left = arith.subi %t, %row : index
  %v = tile.load %x[%row, %c0] bounds(%left, %c64) : !tile.ref<?x64xf32> -> tensor<4x64xf32>
  %w = arith.addf %v, %v : tensor<4x64xf32>
  %u = arith.addf %w, %one : tensor<4x64xf32>
  tile.store %u, %x[%row, %c0] bounds(%left, %c64) : tensor<4x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
tile.kernel @copy(%x: !tile.ref<?x5x64xf32>, %y: !tile.ref<?x5x64xf32>, %planes: index)
    grid(%bx = affine_map<(p) -> (1)>, %by = affine_map<(p) -> (5)>,
         %bz = affine_map<(p) -> (p)>) {
  %c0 = arith.constant 0 : index
  %v = tile.load %x[%bz, %by, %c0] : !tile.ref<?x5x64xf32> -> tensor<1x1x64xf32>
  tile.store %v, %y[%bz, %by, %c0] : tensor<1x1x64xf32>, !tile.ref<?x5x64xf32>
  tile.return
}
tile.kernel @sum(%x: !tile.ref<?x64xf32>, %y: !tile.ref<?x64xf32>, %z: !tile.ref<?x64xf32>,
                 %t: index)
    grid(%bx = affine_map<(t) -> (t)>, %by = affine_map<(t) -> (1)>,
         %bz = affine_map<(t) -> (1)>) {
  %c0 = arith.constant 0 : index
  %v = tile.load %x[%bx, %c0] : !tile.ref<?x64xf32> -> tensor<1x64xf32>
  %w = tile.load %y[%bx, %c0] : !tile.ref<?x64xf32> -> tensor<1x64xf32>
  %u = arith.addf %v, %w : tensor<1x64xf32>
  tile.store %u, %z[%bx, %c0] : tensor<1x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
)";

std::vector<DeviceChoice> moec::test::listDevices() {
  std::vector<DeviceChoice> choices;
  std::string words = MOEC_TEST_ANYWHERE;
  std::istringstream stream(words);
  std::vector<std::string> anywhere;
  for (std::string word; stream >> word;)
    anywhere.push_back(word);
  TargetRegistry registry;
  registerAllTargets(registry);
  for (const char *path : {MOEC_TEST_MANIFEST, MOEC_TEST_SKELETON_MANIFEST}) {
    auto manifest = runtime::DeviceManifest::load(path);
    if (!manifest)
      continue;
    for (const auto &entry : manifest->entries())
      for (const std::string &target : entry.targets)
        if (llvm::is_contained(registry.names(), target))
          choices.push_back({path, entry.kind, target, llvm::is_contained(anywhere, entry.kind)});
  }
  return choices;
}

std::string moec::test::nameOf(const DeviceChoice &choice) {
  bool named = llvm::StringRef(choice.kind).starts_with(choice.target);
  std::string name = named ? choice.kind : choice.kind + "_" + choice.target;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void moec::test::PrintTo(const DeviceChoice &choice, std::ostream *os) { *os << choice.kind; }

static Expected<ConformanceCode> compile(const std::string &name) {
  TargetRegistry registry;
  registerAllTargets(registry);
  Expected<std::unique_ptr<Target>> target = registry.create(name, "native");
  if (!target)
    return target.takeError();
  mlir::DialectRegistry dialects;
  registerAllDialects(dialects);
  mlir::MLIRContext context(dialects);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kernels, &context);
  if (!module)
    return Error::make("the conformance kernels do not parse");
  auto objects = (*target)->generateCode(*module, CodegenOptions());
  if (!objects)
    return objects.takeError();
  ConformanceCode code;
  code.features = (*target)->features();
  for (CodeObject &object : *objects) {
    auto &made = code.objects.emplace_back();
    made.bytes = std::move(object.bytes);
    for (const CodeObject::Kernel &kernel : object.kernels)
      made.kernels[kernel.name] = {kernel.symbol, kernel.scratchBytes, kernel.blockThreads};
  }
  return code;
}

Expected<const ConformanceCode *> moec::test::compileConformance(const std::string &target) {
  static std::map<std::string, ConformanceCode> compiled;
  auto found = compiled.find(target);
  if (found == compiled.end()) {
    Expected<ConformanceCode> code = compile(target);
    if (!code)
      return code.takeError();
    found = compiled.emplace(target, std::move(*code)).first;
  }
  return &found->second;
}
