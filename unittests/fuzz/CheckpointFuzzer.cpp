//===- CheckpointFuzzer.cpp - Hostile quantised checkpoints -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An input is config.json, hf_quant_config.json, a line `name type extents` a tensor, and the data
// of all, each but the last ended by a zero byte; data that is missing is zeros. Whatever opens
// says of each tensor what it is made of or why it is nothing, and all its codes can be read.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/Checkpoint/StoredTensors.h"

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace moec;
using moec::fuzz::require;

/// So that the cost of an input is that of its text.
static constexpr uint64_t maxData = 1 << 15;

/// What is up to the next zero byte, taken off the front.
static std::string_view takePart(std::string_view &rest) {
  std::string_view part = rest.substr(0, rest.find('\0'));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

/// A safetensors file of the tensors that `lines` list; those that would be too large are left out.
static std::string makeFile(std::string_view lines, std::string_view data) {
  nlohmann::json header = nlohmann::json::object();
  uint64_t place = 0;
  std::istringstream all{std::string(lines)};
  for (std::string line; std::getline(all, line);) {
    std::istringstream words(line);
    std::string name, type;
    words >> name >> type;
    std::optional<DType> dtype = dtypeFromName(type);
    if (!dtype || header.contains(name))
      continue;
    std::vector<uint64_t> shape;
    uint64_t bytes = dtypeSize(*dtype);
    for (uint64_t extent; words >> extent && bytes <= maxData;) {
      shape.push_back(extent);
      bytes = extent > maxData ? maxData + 1 : bytes * extent;
    }
    if (place + bytes > maxData)
      continue;
    header[name] = {{"dtype", type}, {"shape", shape}, {"data_offsets", {place, place + bytes}}};
    place += bytes;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  uint64_t size = text.size();
  std::string file(reinterpret_cast<const char *>(&size), sizeof(size));
  file += text;
  file += data.substr(0, place);
  file.resize(sizeof(size) + text.size() + place);
  return file;
}

static void checkMatrix(const StoredTensors &tensors, const StoredTensor &tensor) {
  int64_t rows = tensor.rows(), columns = tensor.columns();
  for (int64_t matrix = 0; matrix < tensor.matrices(); ++matrix) {
    Expected<StoredMatrix> whole = tensors.read(tensor, matrix, 0, rows);
    if (!whole) {
      require(!whole.takeError().message().empty(), "an error has a message");
      continue;
    }
    std::vector<float> numbers(rows * columns), last(columns);
    dequantize(*whole, numbers);
    Expected<StoredMatrix> part = tensors.read(tensor, matrix, rows - 1, 1);
    require(bool(part), "a row lies in one block");
    dequantize(*part, last);
    const float *expected = numbers.data() + (rows - 1) * columns;
    require(std::memcmp(last.data(), expected, columns * sizeof(float)) == 0,
            "a row is the same by itself");
  }
}

static void checkTensors(const StoredTensors &tensors) {
  std::set<std::string> used;
  auto use = [&](const Checkpoint::Entry &entry) {
    require(used.insert(entry.info->name).second, "a stored tensor is of one tensor");
  };
  for (const Checkpoint::Entry &entry : tensors.asides())
    use(entry);
  bool isComplete = true;
  for (const std::string &name : tensors.names()) {
    Expected<std::optional<StoredTensor>> tensor = tensors.find(name);
    if (!tensor) {
      require(!tensor.takeError().message().empty(), "an error has a message");
      isComplete = false;
      continue;
    }
    require(tensor->has_value(), "a listed tensor is found");
    for (const Checkpoint::Entry &entry : (*tensor)->parts())
      use(entry);
    if ((*tensor)->format)
      checkMatrix(tensors, **tensor);
  }
  require(!isComplete || used.size() == tensors.checkpoint().tensors().size(),
          "every stored tensor is of one tensor");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view rest(reinterpret_cast<const char *>(data), size);
  std::string_view config = takePart(rest), modelOpt = takePart(rest), lines = takePart(rest);
  std::string bytes = makeFile(lines, rest);
  Expected<SafeTensors> file = SafeTensors::read(std::as_bytes(std::span(bytes)), "input");
  if (!file)
    return 0;
  Expected<StoredTensors> tensors =
      StoredTensors::make(Checkpoint::of(std::move(*file)), "folder", config, modelOpt);
  if (tensors)
    checkTensors(*tensors);
  else
    require(!tensors.takeError().message().empty(), "an error has a message");
  return 0;
}
