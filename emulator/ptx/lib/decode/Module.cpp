//===- Module.cpp - A PTX module and its kernels --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/emulator/ptx/Module.h"

#include "emulator/ptx/lib/decode/Decoder.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace moec::ptx {

Module::Module(emulator::AllocationTable &memory) : memory(memory) {}

Module::~Module() {
  for (const auto &[name, variable] : variableTable)
    memory.hide(reinterpret_cast<const void *>(variable.address));
}

/// Makes a module of what its text says.
class ModuleBuilder {
public:
  ModuleBuilder(Module &module, const ModuleSyntax &syntax) : module(module), syntax(syntax) {}

  Error build() {
    module.targetName = syntax.target;
    module.isaVersion = syntax.version;
    for (const auto &[name, variable] : syntax.variables)
      if (variable.space == Space::Global || variable.space == Space::Const)
        if (Error e = place(variable))
          return e;
    for (const FunctionSyntax &function : syntax.functions) {
      KernelInfo info = function.info;
      Decoder decoder(syntax, function, module.variableTable);
      auto program = decoder.run(info);
      if (!program)
        return program.takeError();
      module.programs[info.name] = std::move(*program);
      module.kernelTable[info.name] = std::move(info);
    }
    return Error::success();
  }

private:
  Error place(const Variable &variable) {
    if (variable.isExtern)
      return Error::make("line ", variable.line, ": ", variable.name,
                         " is in another module, which is not emulated");
    if (variable.bytes == 0)
      return Error::make("line ", variable.line, ": ", variable.name, " has no bytes");
    // A line of guard before and behind, so that an access just past the end meets no neighbour.
    constexpr uint64_t guard = 256;
    uint64_t alignment = std::max<uint64_t>(variable.alignment, 16);
    auto block = std::make_unique<std::byte[]>(variable.bytes + alignment + 2 * guard);
    uint64_t begin = reinterpret_cast<uint64_t>(block.get()) + guard;
    begin = (begin + alignment - 1) / alignment * alignment;
    std::ranges::copy(std::as_bytes(std::span(variable.image)),
                      reinterpret_cast<std::byte *>(begin));
    module.memory.expose(reinterpret_cast<const void *>(begin), variable.bytes,
                         variable.space == Space::Const);
    module.variableTable[std::string(variable.name)] = {begin, variable.bytes};
    module.storage.push_back(std::move(block));
    return Error::success();
  }

  Module &module;
  const ModuleSyntax &syntax;
};

Expected<std::unique_ptr<Module>> Module::load(std::string_view text,
                                               emulator::AllocationTable &memory) {
  std::unique_ptr<Module> module(new Module(memory));
  module->text = text.substr(0, text.find('\0'));
  auto syntax = parseText(module->text);
  if (!syntax)
    return syntax.takeError();
  if (Error e = ModuleBuilder(*module, *syntax).build())
    return e;
  return std::move(module);
}

const KernelInfo *Module::kernel(const std::string &name) const {
  auto it = kernelTable.find(name);
  return it == kernelTable.end() ? nullptr : &it->second;
}

const Program &Module::program(const KernelInfo &kernel) const {
  return *programs.find(kernel.name)->second;
}

std::string Module::line(uint32_t number) const {
  size_t at = 0;
  for (uint32_t i = 1; i < number && at != std::string::npos; ++i)
    at = text.find('\n', at) == std::string::npos ? std::string::npos : text.find('\n', at) + 1;
  if (at == std::string::npos || number == 0)
    return "";
  std::string line = text.substr(at, text.find('\n', at) - at);
  line = line.substr(0, line.find("//"));
  for (char &c : line)
    c = c == '\t' ? ' ' : c;
  size_t first = line.find_first_not_of(" \r"), last = line.find_last_not_of(" \r");
  return first == std::string::npos ? "" : line.substr(first, last - first + 1);
}

bool isPtx(std::string_view bytes) {
  while (true) {
    size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos)
      return false;
    bytes = bytes.substr(first);
    if (bytes.starts_with("//"))
      bytes = bytes.substr(std::min(bytes.find('\n'), bytes.size()));
    else if (bytes.starts_with("/*"))
      bytes = bytes.substr(std::min(bytes.find("*/"), bytes.size() - 2) + 2);
    else
      return bytes.starts_with(".version");
  }
}

} // namespace moec::ptx
