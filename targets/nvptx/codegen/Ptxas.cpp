//===- Ptxas.cpp - The vendor's assembler, where it is installed ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A device's driver assembles PTX itself; with ptxas at hand that is done beforehand. It is a
// program that is called; what it says about registers is text, and is read here alone.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Emit.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <cstdlib>

using namespace moec;
using namespace moec::nvptx;

std::optional<std::string> nvptx::findPtxas() {
  if (const char *named = std::getenv("MOEC_PTXAS")) {
    if (*named)
      return named;
    return std::nullopt;
  }
  if (auto found = llvm::sys::findProgramByName("ptxas"))
    return *found;
  if (auto found = llvm::sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"}))
    return *found;
  return std::nullopt;
}

/// The number before or behind which `pattern` stands.
static unsigned readNumber(llvm::StringRef log, llvm::StringRef pattern) {
  llvm::SmallVector<llvm::StringRef, 2> parts;
  unsigned number = 0;
  if (llvm::Regex(pattern).match(log, &parts))
    parts[1].getAsInteger(10, number);
  return number;
}

Expected<Cubin> nvptx::assemble(const std::string &ptxas, llvm::StringRef ptx,
                                llvm::StringRef processor) {
  llvm::SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("moec-ptxas", folder))
    return Error::make("cannot make a temporary folder for ", ptxas, ": ", error.message());
  llvm::scope_exit remove([&] { llvm::sys::fs::remove_directories(folder); });
  const std::string input = (folder + "/ptx").str(), output = (folder + "/cubin").str(),
                    log = (folder + "/log").str();
  std::error_code error;
  llvm::raw_fd_ostream stream(input, error);
  stream << ptx;
  stream.close();
  if (error || stream.has_error())
    return Error::make("cannot write '", input, "' for ", ptxas);
  std::string architecture = ("-arch=" + processor).str(), message;
  auto start = std::chrono::steady_clock::now();
  int status = llvm::sys::ExecuteAndWait(ptxas, {ptxas, architecture, "-v", input, "-o", output},
                                         /*Env=*/std::nullopt, {llvm::StringRef(), log, log},
                                         /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  auto read = [](const std::string &file) {
    auto buffer = llvm::MemoryBuffer::getFile(file);
    return buffer ? (*buffer)->getBuffer().str() : std::string();
  };
  const std::string said = read(log);
  if (status != 0)
    return Error::make(ptxas, " fails for ", processor.str(), " (",
                       message.empty() ? llvm::StringRef(said).split('\n').first.str() : message,
                       "); MOEC_PTXAS names another one, or none if it is empty");
  Cubin cubin;
  cubin.bytes = read(output);
  if (cubin.bytes.empty())
    return Error::make(ptxas, " wrote no cubin for ", processor.str(),
                       "; MOEC_PTXAS names another one, or none if it is empty");
  cubin.registers = readNumber(said, "Used ([0-9]+) registers");
  cubin.stackBytes = readNumber(said, "([0-9]+) bytes stack frame");
  cubin.spillBytes = readNumber(said, "([0-9]+) bytes spill stores") +
                     readNumber(said, "([0-9]+) bytes spill loads");
  cubin.seconds = took.count();
  return cubin;
}
