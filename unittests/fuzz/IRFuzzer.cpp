//===- IRFuzzer.cpp - Hostile text of our dialects --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Text that parses is printed, in our assembly format and in MLIR's generic one; both parse again,
// to the same text. Whatever does not parse is refused with a message.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/InitAllDialects.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using moec::fuzz::require;

/// MLIR's libraries are not instrumented, so its allocators' poisoning does not agree with ours.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0:detect_leaks=0"; }

/// What a context has interned stays with it, so that one serves only so many inputs.
static constexpr unsigned inputsPerContext = 2000;

/// MLIR's own parser recurses; deeper text than ours ever is would end its stack.
static constexpr unsigned maxNesting = 64;

static MLIRContext &freshContext() {
  static std::unique_ptr<MLIRContext> context;
  static unsigned uses = 0;
  if (!context || ++uses == inputsPerContext) {
    DialectRegistry registry;
    moec::registerAllDialects(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
    uses = 0;
  }
  return *context;
}

static OwningOpRef<ModuleOp> parse(MLIRContext &context, llvm::StringRef text, bool &complained) {
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    complained |= diagnostic.getSeverity() == DiagnosticSeverity::Error;
    return success();
  });
  return parseSourceString<ModuleOp>(text, &context);
}

static std::string print(ModuleOp module, bool generic) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  if (generic)
    flags.printGenericOpForm();
  module.print(os, flags);
  return text;
}

static bool isNestedTooDeep(llvm::StringRef text) {
  unsigned depth = 0;
  for (char c : text) {
    depth += c == '(' || c == '[' || c == '{' || c == '<';
    if ((c == ')' || c == ']' || c == '}') && depth != 0)
      --depth;
    if (depth > maxNesting)
      return true;
  }
  return false;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  if (isNestedTooDeep(text))
    return 0;
  MLIRContext &context = freshContext();
  bool complained = false;
  OwningOpRef<ModuleOp> module = parse(context, text, complained);
  require(bool(module) != complained, "text is refused with a message");
  if (!module)
    return 0;
  std::string custom = print(*module, /*generic=*/false);
  for (bool generic : {false, true}) {
    OwningOpRef<ModuleOp> again =
        parse(context, generic ? print(*module, true) : custom, complained);
    if (!again || print(*again, false) != custom)
      llvm::errs() << "printed:\n"
                   << custom << "\nread again:\n"
                   << (again ? print(*again, false) : "nothing") << "\n";
    require(bool(again), "printed text parses");
    require(print(*again, false) == custom, "printed text parses to the same");
  }
  return 0;
}
