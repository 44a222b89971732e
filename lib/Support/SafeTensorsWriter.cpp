//===- SafeTensorsWriter.cpp - Writing a safetensors file -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The header is written first, from declarations, so that the data can be streamed.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/SafeTensors.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <unistd.h>

using namespace moec;

/// `text` as a JSON string.
static std::string jsonString(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// One JSON header; `expected` becomes the number of data bytes.
static Expected<std::string>
makeHeader(const std::vector<SafeTensorsWriter::Declaration> &tensors,
           const std::vector<std::pair<std::string, std::string>> &metadata, uint64_t &expected) {
  std::string header = "{";
  std::set<std::string_view> names;
  if (!metadata.empty()) {
    for (const auto &[key, value] : metadata)
      header += strCat(header == "{" ? "\"__metadata__\":{" : ",", jsonString(key), ":",
                       jsonString(value));
    header += "}";
  }
  expected = 0;
  for (const SafeTensorsWriter::Declaration &tensor : tensors) {
    uint64_t bytes = dtypeSize(tensor.dtype);
    std::string shape;
    for (int64_t extent : tensor.shape) {
      if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes))
        return Error::make("tensor '", tensor.name, "' has the impossible extent ", extent);
      shape += strCat(shape.empty() ? "" : ",", extent);
    }
    if (!names.insert(tensor.name).second)
      return Error::make("tensor '", tensor.name, "' is declared twice");
    header += strCat(header == "{" ? "" : ",", jsonString(tensor.name), ":{\"dtype\":\"",
                     dtypeName(tensor.dtype), "\",\"shape\":[", shape, "],\"data_offsets\":[",
                     expected, ",", expected + bytes, "]}");
    expected += bytes;
  }
  return header + "}";
}

Expected<SafeTensorsWriter>
SafeTensorsWriter::create(const std::string &path, std::vector<Declaration> tensors,
                          const std::vector<std::pair<std::string, std::string>> &metadata,
                          uint64_t alignment) {
  SafeTensorsWriter writer;
  Expected<std::string> header = makeHeader(tensors, metadata, writer.expected);
  if (!header)
    return header.takeError().addContext(strCat("'", path, "'"));
  uint64_t unpadded = 8 + header->size();
  header->append((alignment - unpadded % alignment) % alignment, ' ');
  uint64_t length = header->size();
  writer.start.assign(reinterpret_cast<const char *>(&length), sizeof length);
  writer.start += *header;

  writer.path = path;
  std::error_code ec;
  if (std::filesystem::exists(path, ec) && !std::filesystem::is_regular_file(path, ec))
    return Error::make("'", path, "' is not a regular file");
  writer.temporary = strCat(path, ".tmp-", ::getpid());
  Expected<std::unique_ptr<OutputFile>> file = OutputFile::create(writer.temporary);
  if (!file)
    return file.takeError();
  writer.file = std::move(*file);
  if (Error error = writer.file->write(0, asBytes(writer.start)))
    return Error::make("cannot write '", path, "': ", error.message());
  return writer;
}

SafeTensorsWriter::~SafeTensorsWriter() {
  if (!file)
    return;
  file.reset();
  std::remove(temporary.c_str());
}

Error SafeTensorsWriter::write(uint64_t offset, std::span<const std::byte> bytes) const {
  if (offset > expected || bytes.size() > expected - offset)
    return Error::make("'", path, "' was given ", offset + bytes.size(), " bytes of data for the ",
                       expected, " declared");
  if (Error error = file->write(start.size() + offset, bytes))
    return Error::make("cannot write '", path, "': ", error.message());
  return Error::success();
}

Error SafeTensorsWriter::append(std::span<const std::byte> bytes) {
  if (Error error = write(appended, bytes))
    return error;
  appended += bytes.size();
  return Error::success();
}

Error SafeTensorsWriter::finish() {
  if (uint64_t written = file->written() - start.size(); written != expected)
    return Error::make("'", path, "' was given ", written, " bytes of data for the ", expected,
                       " declared");
  if (std::rename(temporary.c_str(), path.c_str()) != 0)
    return Error::make("cannot write '", path, "': ", lastSystemError());
  file.reset();
  return Error::success();
}
