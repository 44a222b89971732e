//===- InspectCommand.cpp - moec inspect, with checkpoints ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The runtime's inspect, and for the folder of a checkpoint its tensors: the number format of each,
// and with --dequantize the numbers that quantised ones stand for.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"

#include "moec/Checkpoint/StoredTensors.h"
#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

using namespace moec;
namespace fs = std::filesystem;

static bool isCheckpoint(const std::string &folder) {
  std::error_code ec;
  return !fs::exists(fs::path(folder) / "plan.fb", ec) && Checkpoint::isIn(folder);
}

static std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t extent : shape)
    text += strCat(text.empty() ? "" : ", ", extent);
  return strCat("[", text, "]");
}

/// A number format by its name, or where it has none as its parts: `e2m1, e4m3 for 1 x 8`.
static std::string formatText(const StoredTensor &tensor) {
  const BlockFormat &format = *tensor.format;
  for (const NamedFormat &named : namedFormats())
    if (fitted(named.format, tensor.rows(), tensor.columns()) == format)
      return std::string(named.name);
  constexpr const char *codes[] = {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "int4", "int8"};
  constexpr const char *scales[] = {"e8m0", "e4m3", "bf16", "f16", "f32"};
  return strCat(codes[size_t(format.code)], format.hasZero ? " with zero points" : "", ", ",
                scales[size_t(format.scale)], " for ", format.blockRows, " x ", format.blockColumns,
                format.hasGlobal ? ", f32 for all" : "");
}

/// `model.layers.3.mlp` with a star for each number, so that layers and experts add up.
static std::string kindOf(const std::string &name) {
  std::string kind;
  for (size_t begin = 0; begin <= name.size();) {
    size_t end = std::min(name.find('.', begin), name.size());
    std::string part = name.substr(begin, end - begin);
    bool isNumber = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    kind += strCat(begin ? "." : "", isNumber ? "*" : part);
    begin = end + 1;
  }
  return kind;
}

namespace {
/// Tensors that differ in the numbers of their names only.
struct Kind {
  uint64_t count = 0, bytes = 0;
};
} // namespace

/// What a row of the list says behind the count.
static std::vector<std::string> describe(const StoredTensors &tensors, const std::string &name,
                                         bool all, uint64_t &bytes) {
  std::string kind = all ? name : kindOf(name);
  Expected<std::optional<StoredTensor>> tensor = tensors.find(name);
  if (!tensor)
    return {kind, "", strCat("error: ", tensor.takeError().message())};
  for (const Checkpoint::Entry &part : (*tensor)->parts())
    bytes += part.data().size();
  const StoredTensor &found = **tensor;
  std::string format =
      found.format ? formatText(found) : std::string(found.codes().info->typeName());
  if (!found.columnOrder.empty())
    format += ", columns in another order";
  return {kind, shapeText(found.shape), format};
}

static void printTensors(const StoredTensors &tensors, bool all) {
  for (const std::string &remark : tensors.checkpoint().remarks())
    std::printf("%s\n", remark.c_str());
  std::map<std::vector<std::string>, Kind> kinds;
  for (const std::string &name : tensors.names()) {
    uint64_t bytes = 0;
    Kind &kind = kinds[describe(tensors, name, all, bytes)];
    ++kind.count;
    kind.bytes += bytes;
  }
  std::printf("quantised by %s\n\n",
              tensors.method().empty() ? "nothing" : std::string(tensors.method()).c_str());
  runtime::Table table({">tensors", ">bytes", "name", "shape", "format"});
  for (const auto &[row, kind] : kinds)
    table.add({strCat(kind.count), runtime::formatBytes(kind.bytes), row[0], row[1], row[2]});
  table.print();
  std::map<std::string, uint64_t> asides;
  for (const Checkpoint::Entry &entry : tensors.asides())
    ++asides[all ? entry.info->name : kindOf(entry.info->name)];
  if (!asides.empty())
    std::printf("\nScales of activations and caches, which are in no weight\n");
  for (const auto &[name, count] : asides)
    std::printf("%8llu  %s\n", static_cast<unsigned long long>(count), name.c_str());
}

/// Appends the numbers of a tensor, a few rows at a time.
static Error writeNumbers(const StoredTensors &tensors, const StoredTensor &tensor,
                          SafeTensorsWriter &writer) {
  constexpr int64_t atOnce = 1 << 20;
  int64_t rows = tensor.rows(), columns = tensor.columns();
  // Pieces start at blocks or lie in one.
  int64_t high = tensor.format->blockRows < rows ? tensor.format->blockRows : 1;
  int64_t step = std::max<int64_t>(1, atOnce / columns / high) * high;
  std::vector<float> numbers, line(columns);
  for (int64_t matrix = 0; matrix < tensor.matrices(); ++matrix)
    for (int64_t first = 0; first < rows; first += step) {
      int64_t count = std::min(step, rows - first);
      Expected<StoredMatrix> part = tensors.read(tensor, matrix, first, count);
      if (!part)
        return part.takeError();
      numbers.resize(count * columns);
      dequantize(*part, numbers);
      for (int64_t row = 0; row < count && !tensor.columnOrder.empty(); ++row) {
        float *own = numbers.data() + row * columns;
        for (int64_t column = 0; column < columns; ++column)
          line[tensor.columnOrder[column]] = own[column];
        std::copy(line.begin(), line.end(), own);
      }
      if (Error error = writer.append(std::as_bytes(std::span(numbers))))
        return error;
    }
  return Error::success();
}

static Error writeDequantised(const StoredTensors &tensors, const std::string &path) {
  std::vector<StoredTensor> quantised;
  std::vector<SafeTensorsWriter::Declaration> declarations;
  for (const std::string &name : tensors.names()) {
    Expected<std::optional<StoredTensor>> tensor = tensors.find(name);
    if (!tensor)
      return tensor.takeError();
    if (!(*tensor)->format) {
      if (DType type = (*tensor)->dtype; type == DType::F8E4M3 || type == DType::F8E5M2)
        return Error::make((*tensor)->codes().file->path(), ": tensor '", name, "' is ",
                           (*tensor)->codes().info->typeName(),
                           ", and nothing says by what its codes are scaled");
      continue;
    }
    declarations.push_back({name, DType::F32, (*tensor)->shape});
    quantised.push_back(std::move(**tensor));
  }
  Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(path, std::move(declarations));
  if (!writer)
    return writer.takeError();
  for (const StoredTensor &tensor : quantised)
    if (Error error = writeNumbers(tensors, tensor, *writer))
      return error;
  return writer->finish();
}

void moec::addCheckpointInspectCommand(runtime::CommandLine &line) {
  auto dequantised = std::make_shared<std::string>();
  runtime::InspectExtension extension;
  extension.alternative = " or a checkpoint";
  extension.addOptions = [dequantised](CLI::App &app) {
    app.add_option("--dequantize", *dequantised,
                   "Of a checkpoint: write the numbers of quantised tensors to FILE in F32")
        ->type_name("FILE");
  };
  extension.intercept = [dequantised](const std::string &model, bool all) -> Expected<bool> {
    if (!isCheckpoint(model)) {
      if (!dequantised->empty())
        return Error::make("--dequantize takes the folder of a checkpoint, and '", model,
                           "' is none");
      return false;
    }
    Expected<StoredTensors> tensors = StoredTensors::open(model);
    if (!tensors)
      return tensors.takeError();
    if (!dequantised->empty()) {
      if (Error error = writeDequantised(*tensors, *dequantised))
        return error;
      return true;
    }
    printTensors(*tensors, all);
    return true;
  };
  runtime::addInspectCommand(line, std::move(extension));
}
