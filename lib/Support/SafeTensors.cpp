//===- SafeTensors.cpp - Reading a safetensors file -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Eight bytes of header length, a JSON header, then data.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/SafeTensors.h"

#include <algorithm>
#include <bit>
#include <cstring>

using namespace moec;

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

/// The limit that the format's own library has.
static constexpr uint64_t maxHeaderBytes = 100'000'000;

Expected<SafeTensors> SafeTensors::open(const std::string &path) {
  Expected<MappedFile> mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.takeError();
  Expected<SafeTensors> result = read(mapped->bytes(), path);
  if (result)
    result->file = std::move(*mapped);
  return result;
}

Expected<SafeTensors> SafeTensors::read(std::span<const std::byte> bytes, const std::string &path) {
  if (bytes.size() < 8)
    return Error::make("'", path, "' has ", bytes.size(),
                       " bytes, less than the 8 of a safetensors length");
  uint64_t headerBytes;
  std::memcpy(&headerBytes, bytes.data(), 8);
  if (headerBytes > maxHeaderBytes)
    return Error::make("'", path, "' claims a header of ", headerBytes, " bytes, more than the ",
                       maxHeaderBytes, " that safetensors allows");
  if (headerBytes > bytes.size() - 8)
    return Error::make("'", path, "' claims a header of ", headerBytes, " bytes but has only ",
                       bytes.size() - 8, " after its length; it may be truncated");

  SafeTensors result;
  result.filePath = path;
  result.offset = 8 + headerBytes;
  result.section = bytes.subspan(result.offset);
  std::string_view json(reinterpret_cast<const char *>(bytes.data()) + 8, headerBytes);
  Expected<SafeTensorsHeader> header = SafeTensorsHeader::parse(json, result.section.size());
  if (!header)
    return header.takeError().addContext(strCat("'", path, "'"));
  result.header = std::move(*header);
  return result;
}

const TensorInfo *SafeTensors::find(std::string_view name) const {
  auto it = std::lower_bound(
      header.tensors.begin(), header.tensors.end(), name,
      [](const TensorInfo &info, std::string_view key) { return info.name < key; });
  return it != header.tensors.end() && it->name == name ? &*it : nullptr;
}
