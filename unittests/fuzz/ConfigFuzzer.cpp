//===- ConfigFuzzer.cpp - Hostile config.json -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Whatever imports without weights is a verified module; all else is one sentence. Configurations
// of many layers are cut to one, as their cost is that of what they ask for.
//
//===----------------------------------------------------------------------===//

#include "FuzzContext.h"
#include "FuzzTarget.h"

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Import/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace moec;
using moec::fuzz::require;

/// MLIR's libraries are not instrumented, so its allocators' poisoning does not agree with ours.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0:detect_leaks=0"; }

static void addDialects(mlir::DialectRegistry &registry) {
  registry.insert<moe::MoEDialect, mlir::func::FuncDialect>();
}

/// A path under which the input can be read, always the same one.
static std::string pathOf(const uint8_t *data, size_t size) {
  static const int fd = memfd_create("config", 0);
  require(fd >= 0 && ftruncate(fd, 0) == 0 &&
              pwrite(fd, data, size, 0) == static_cast<ssize_t>(size),
          "the input is written");
  return strCat("/proc/self/fd/", fd);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ImportOptions options;
  options.path = pathOf(data, size);
  options.weights = WeightSource();
  options.layers = 1;
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module =
      importModel(fuzz::freshContext(addDialects), options);
  if (module)
    require(mlir::succeeded(mlir::verify(module->get())), "an imported module is valid");
  else
    require(!module.takeError().message().empty(), "an error has a message");
  return 0;
}
