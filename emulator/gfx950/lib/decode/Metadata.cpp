//===- Metadata.cpp - Kernel metadata notes ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reads the msgpack map of an NT_AMDGPU_METADATA note: arguments and limits of each kernel.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/CodeObject.h"

#include "llvm/BinaryFormat/MsgPackDocument.h"

#include <algorithm>

namespace moec::gfx950 {

namespace msgpack = llvm::msgpack;

/// More bytes of arguments than any kernel has.
static constexpr uint64_t kMaxKernarg = 1 << 20;

static const msgpack::DocNode *find(msgpack::MapDocNode &map, const char *key) {
  auto it = map.find(map.getDocument()->getNode(key));
  return it == map.end() ? nullptr : &it->second;
}

static uint64_t integer(msgpack::MapDocNode &map, const char *key, uint64_t fallback) {
  const msgpack::DocNode *node = find(map, key);
  if (!node)
    return fallback;
  if (node->getKind() == msgpack::Type::UInt)
    return const_cast<msgpack::DocNode *>(node)->getUInt();
  if (node->getKind() == msgpack::Type::Int)
    return static_cast<uint64_t>(const_cast<msgpack::DocNode *>(node)->getInt());
  return fallback;
}

static std::string text(msgpack::MapDocNode &map, const char *key) {
  const msgpack::DocNode *node = find(map, key);
  if (!node || node->getKind() != msgpack::Type::String)
    return "";
  return const_cast<msgpack::DocNode *>(node)->getString().str();
}

static Error readKernel(msgpack::MapDocNode &map, std::map<std::string, KernelInfo> &kernels) {
  std::string symbol = text(map, ".symbol");
  std::string name = symbol.size() > 3 ? symbol.substr(0, symbol.size() - 3) : text(map, ".name");
  auto it = kernels.find(name);
  if (it == kernels.end())
    return Error::make("code object metadata: kernel ", name, " has no descriptor symbol");
  KernelInfo &kernel = it->second;
  if (uint64_t size = integer(map, ".wavefront_size", 64); size != 64)
    return Error::make("code object metadata: kernel ", name, " has a wave size of ", size,
                       " instead of 64");
  kernel.maxFlatWorkgroup = static_cast<uint32_t>(integer(map, ".max_flat_workgroup_size", 1024));
  kernel.sgprs = static_cast<uint32_t>(integer(map, ".sgpr_count", kernel.sgprs));
  // The machine reads no size from the descriptor, so assembly written by hand may leave it 0; the
  // host's runtime allocates by the metadata. That may even forget the last argument.
  const bool sized = kernel.kernargBytes != 0;
  if (!sized)
    kernel.kernargBytes = static_cast<uint32_t>(integer(map, ".kernarg_segment_size", 0));
  if (const msgpack::DocNode *reqd = find(map, ".reqd_workgroup_size"); reqd && reqd->isArray()) {
    auto &sizes = const_cast<msgpack::DocNode *>(reqd)->getArray();
    for (unsigned i = 0; i < 3 && i < sizes.size(); ++i)
      kernel.reqd[i] =
          static_cast<uint32_t>(sizes[i].getKind() == msgpack::Type::UInt ? sizes[i].getUInt() : 0);
  }
  const msgpack::DocNode *arguments = find(map, ".args");
  if (!arguments)
    return Error::success();
  if (!arguments->isArray())
    return Error::make("code object metadata: .args of kernel ", name, " is not a list");
  for (msgpack::DocNode &node : const_cast<msgpack::DocNode *>(arguments)->getArray()) {
    if (!node.isMap())
      return Error::make("code object metadata: an argument of kernel ", name, " is not a map");
    KernelArgument argument;
    argument.offset = static_cast<uint32_t>(integer(node.getMap(), ".offset", 0));
    argument.size = static_cast<uint32_t>(integer(node.getMap(), ".size", 0));
    argument.kind = text(node.getMap(), ".value_kind");
    argument.name = text(node.getMap(), ".name");
    const uint64_t end = uint64_t(argument.offset) + argument.size;
    if (!sized && end <= kMaxKernarg)
      kernel.kernargBytes = std::max(kernel.kernargBytes, static_cast<uint32_t>(end));
    if (end > kernel.kernargBytes)
      return Error::make("code object metadata: argument at ", argument.offset, " with ",
                         argument.size, " bytes exceeds the kernarg segment of ",
                         kernel.kernargBytes, " bytes of kernel ", name);
    kernel.arguments.push_back(std::move(argument));
  }
  return Error::success();
}

Error readMetadata(std::span<const std::byte> note, std::map<std::string, KernelInfo> &kernels) {
  msgpack::Document document;
  if (!document.readFromBlob(
          llvm::StringRef(reinterpret_cast<const char *>(note.data()), note.size()), false) ||
      !document.getRoot().isMap())
    return Error::make("code object metadata: the note is not a msgpack map");
  const msgpack::DocNode *list = find(document.getRoot().getMap(), "amdhsa.kernels");
  if (!list || !list->isArray())
    return Error::make("code object metadata: there is no list amdhsa.kernels");
  for (msgpack::DocNode &node : const_cast<msgpack::DocNode *>(list)->getArray()) {
    if (!node.isMap())
      return Error::make("code object metadata: an entry of amdhsa.kernels is not a map");
    if (Error e = readKernel(node.getMap(), kernels))
      return e;
  }
  return Error::success();
}

} // namespace moec::gfx950
