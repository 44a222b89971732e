//===- IRFuzzer.cpp - Hostile text of our dialects --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Text that parses is printed, in our assembly format and in MLIR's generic one; both parse again,
// to the same text. Whatever does not parse is refused with a message.
//
//===----------------------------------------------------------------------===//

#include "FuzzContext.h"
#include "FuzzTarget.h"

#include "moec/InitAllDialects.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using moec::fuzz::require;

/// MLIR's libraries are not instrumented, so its allocators' poisoning does not agree with ours.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0:detect_leaks=0"; }

/// MLIR's own parser recurses; deeper text than ours ever is would end its stack.
static constexpr unsigned maxNesting = 64;

namespace {
/// Whether errors were reported: by the lexer, and by anything else.
struct Complaints {
  bool lexer = false, other = false;
};
} // namespace

/// Of what the lexer cannot read behind a type without parameters, as in `!llvm.ptr @`, MLIR
/// complains and then goes on.
static bool isFromLexer(llvm::StringRef message) {
  for (llvm::StringRef start :
       {"unexpected character", "expected three consecutive dots", "@ identifier expected",
        "invalid SSA name", "invalid block name", "invalid type identifier",
        "invalid attribute name", "expected '\"' in string literal",
        "unknown escape in string literal"})
    if (message.starts_with(start))
      return true;
  return false;
}

static OwningOpRef<ModuleOp> parse(MLIRContext &context, llvm::StringRef text,
                                   Complaints &complaints) {
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      (isFromLexer(diagnostic.str()) ? complaints.lexer : complaints.other) = true;
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
  // The lexer wants a NUL behind the text.
  std::string text(reinterpret_cast<const char *>(data), size);
  if (isNestedTooDeep(text))
    return 0;
  MLIRContext &context = moec::fuzz::freshContext(moec::registerAllDialects);
  Complaints complaints;
  OwningOpRef<ModuleOp> module = parse(context, text, complaints);
  require(module || complaints.lexer || complaints.other, "text is refused with a message");
  require(!module || !complaints.other, "text with an error is refused");
  if (!module)
    return 0;
  std::string custom = print(*module, /*generic=*/false);
  for (bool generic : {false, true}) {
    OwningOpRef<ModuleOp> again =
        parse(context, generic ? print(*module, true) : custom, complaints);
    if (!again || print(*again, false) != custom)
      llvm::errs() << "printed:\n"
                   << custom << "\nread again:\n"
                   << (again ? print(*again, false) : "nothing") << "\n";
    require(bool(again), "printed text parses");
    require(print(*again, false) == custom, "printed text parses to the same");
  }
  return 0;
}
