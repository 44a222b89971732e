//===- TensorResolver.cpp - One tensor of several stored ones -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The tensors that are there decide; where the configuration contradicts them, the sentence names
// both.
//
//===----------------------------------------------------------------------===//

#include "TensorResolver.h"
#include "Elements.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace moec;
using namespace moec::checkpoint;

static constexpr int64_t wordBits = 32;

std::string moec::placeOf(const Checkpoint::Entry &entry) {
  return strCat("'", entry.file->path(), "': tensor '", entry.info->name, "'");
}

std::string moec::shapeText(std::span<const int64_t> shape) {
  std::string text;
  for (int64_t extent : shape)
    text += strCat(text.empty() ? "" : ", ", extent);
  return strCat("[", text, "]");
}

static bool isPlain(DType type) {
  return type == DType::F32 || type == DType::BF16 || type == DType::F16 || type == DType::F64;
}

bool StoredParts::isQuantised() const {
  const auto &codes = parts[size_t(Part::Codes)];
  bool hasOthers = std::any_of(parts.begin() + 1, parts.end(), [](auto &part) { return !!part; });
  return hasOthers || duplicate || (codes && !isPlain(codes->info->dtype));
}

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

TensorResolver::TensorResolver(const Quantization &quantization, const StoredParts &stored,
                               std::string name)
    : quantization(quantization), stored(stored) {
  tensor.name = std::move(name);
  tensor.stored = stored.parts;
}

std::string TensorResolver::nameOf(Part wanted) const {
  if (part(wanted))
    return part(wanted)->info->name;
  if (wanted == Part::Codes && scheme && !scheme->codes.empty())
    return strCat(stored.module, scheme->codes);
  for (const Suffix &suffix : quantization.method->suffixes)
    if (suffix.part == wanted)
      return strCat(stored.module, suffix.text);
  return stored.module;
}

const Checkpoint::Entry &TensorResolver::any() const {
  for (const auto &entry : stored.parts)
    if (entry)
      return *entry;
  return *stored.duplicate;
}

Expected<StoredTensor> TensorResolver::resolve() {
  using Step = Error (TensorResolver::*)();
  if (Error error = chooseScheme())
    return error;
  if (Error error = checkParts())
    return error;
  if (Error error = checkCodeType())
    return error;
  for (Step step : {&TensorResolver::takeShape, &TensorResolver::takeFormat,
                    &TensorResolver::takeGlobals, &TensorResolver::takeOrder})
    if (Error error = (this->*step)())
      return error;
  return std::move(tensor);
}

Error TensorResolver::chooseScheme() {
  if (stored.duplicate)
    return Error::make(placeOf(*stored.duplicate), " is the same as '",
                       part(stored.duplicatePart)->info->name, "', and '", stored.module,
                       "' has one of the two");
  Expected<const Rule *> rule = quantization.find(stored.module);
  if (!rule)
    return rule.takeError().addContext(strCat("'", any().file->path(), "'"));
  if (*rule && !(*rule)->scheme) {
    const Checkpoint::Entry &shown = part(Part::Scales) ? *part(Part::Scales) : any();
    return Error::make(placeOf(shown), " is of a quantised module, but '", (*rule)->pattern.text(),
                       "' of ", (*rule)->key, " names it as one that is not");
  }
  // Where nothing names it, what is there can only be of one kind if there is only one.
  if (!*rule && (quantization.namesAll || quantization.schemes.size() != 1))
    return Error::make(placeOf(any()),
                       " is of a quantised module, but nothing in "
                       "quantization_config says how '",
                       stored.module, "' was quantised");
  scheme = &quantization.schemes[*rule ? *(*rule)->scheme : 0];
  tensor.scheme = scheme;
  codeBits = BlockFormat{scheme->code, ScaleType::F32}.codeBits();
  return Error::success();
}

/// Tools store zero points of symmetric integers, too: all zero, they change nothing.
static bool areIdleZeros(const Scheme &scheme, const Checkpoint::Entry &zeros) {
  return scheme.packing == Packing::Rows && BlockFormat{scheme.code, ScaleType::F32}.isInteger() &&
         std::ranges::all_of(zeros.data(), [](std::byte byte) { return byte == std::byte(0); });
}

Error TensorResolver::checkParts() {
  bool wantsZeros = scheme->hasZero || scheme->hasMiddleZeros;
  struct Need {
    Part part;
    bool needed, allowed;
  };
  bool isWords = scheme->packing == Packing::Words;
  const Need needs[] = {
      {Part::Codes, true, true},
      {Part::Scales, true, true},
      {Part::Global, scheme->hasGlobal, scheme->hasGlobal},
      {Part::Zeros, scheme->hasZero, wantsZeros},
      {Part::Shape, false, isWords},
      {Part::Order, scheme->isReordered, isWords || scheme->packing == Packing::Gptq}};
  for (const Need &need : needs) {
    if (need.needed && !part(need.part))
      return Error::make(placeOf(any()), " is of a quantised module, which by ", scheme->words,
                         " has a tensor '", nameOf(need.part), "', and it is missing");
    if (need.allowed || !part(need.part))
      continue;
    if (need.part == Part::Zeros && areIdleZeros(*scheme, *part(need.part)))
      tensor.stored[size_t(need.part)].reset();
    else
      return Error::make(placeOf(*part(need.part)), " is nothing that ", scheme->words, " has");
  }
  return Error::success();
}

Error TensorResolver::checkCodeType() const {
  DType expected = DType::U8;
  if (scheme->packing != Packing::Rows && scheme->packing != Packing::Blocks)
    expected = DType::I32;
  else if (scheme->code == CodeType::E4M3)
    expected = DType::F8E4M3;
  else if (scheme->code == CodeType::E5M2)
    expected = DType::F8E5M2;
  else if (scheme->code == CodeType::Int8)
    expected = DType::I8;
  const TensorInfo &codes = *part(Part::Codes)->info;
  if (codes.dtype != expected)
    return Error::make(placeOf(*part(Part::Codes)), " has type ", codes.typeName(), ", codes of ",
                       scheme->words, " have type ", dtypeName(expected));
  return Error::success();
}

Expected<int64_t> TensorResolver::statedColumns(int64_t rows, int64_t words,
                                                int64_t perWord) const {
  const auto &shape = part(Part::Shape);
  if (!shape)
    return words * perWord;
  const TensorInfo &info = *shape->info;
  if ((info.dtype != DType::I32 && info.dtype != DType::I64) || info.elements() != 2)
    return Error::make(placeOf(*shape), " is ", info.typeName(), " ", shapeText(info.shape),
                       ", not two numbers of type I32 or I64");
  int64_t stated[2];
  for (unsigned i = 0; i < 2; ++i)
    stated[i] = info.dtype == DType::I32 ? elementAt<int32_t>(shape->data(), i)
                                         : elementAt<int64_t>(shape->data(), i);
  if (stated[0] != rows || stated[1] > words * perWord || stated[1] <= (words - 1) * perWord)
    return Error::make(placeOf(*shape), " says ", shapeText(stated), ", but '", nameOf(Part::Codes),
                       "' has ", rows, " rows of ", words, " words of ", perWord, " codes");
  return stated[1];
}

Error TensorResolver::takeShape() {
  const Checkpoint::Entry &codes = *part(Part::Codes);
  std::vector<int64_t> shape = codes.info->shape;
  bool isBytes = scheme->packing == Packing::Rows || scheme->packing == Packing::Blocks;
  auto refuse = [&](const auto &...why) {
    return Error::make(placeOf(codes), " has shape ", shapeText(codes.info->shape), why...);
  };
  if (std::find(shape.begin(), shape.end(), 0) != shape.end())
    return refuse(", which is empty");
  if (scheme->packing == Packing::Blocks && shape.size() >= 3) {
    int64_t last = shape.back();
    shape.pop_back();
    shape.back() *= last;
  }
  if (isBytes ? shape.size() < 2 : shape.size() != 2)
    return refuse(", and a matrix of codes is needed");
  int64_t &rows = shape[shape.size() - 2], &columns = shape.back();
  int64_t perWord = wordBits / codeBits;
  if (isBytes) {
    if (columns * 8 % codeBits != 0)
      return refuse(", whose rows do not have a whole number of codes of ", codeBits, " bits");
    columns = columns * 8 / codeBits;
  } else if (scheme->packing == Packing::Words) {
    Expected<int64_t> stated = statedColumns(rows, columns, perWord);
    if (!stated)
      return stated.takeError();
    columns = *stated;
  } else {
    std::swap(rows, columns);
    (scheme->packing == Packing::Gptq ? columns : rows) *= perWord;
  }
  if (columns * codeBits % 8 != 0)
    return refuse(": ", columns, " codes of ", codeBits, " bits do not fill bytes");
  tensor.shape = std::move(shape);
  return Error::success();
}

static bool mayHaveScales(const Scheme &scheme, ScaleType type) {
  if (scheme.scale)
    return type == *scheme.scale;
  bool isInteger = BlockFormat{scheme.code, type}.isInteger();
  return type != ScaleType::E4M3 && (type != ScaleType::E8M0 || (!isInteger && scheme.takesPowers));
}

Error TensorResolver::takeFormat() {
  const Checkpoint::Entry &scales = *part(Part::Scales);
  std::optional<ScaleType> type = scaleTypeOf(scales.info->dtype);
  if (!type || !mayHaveScales(*scheme, *type))
    return Error::make(placeOf(scales), " has type ", scales.info->typeName(), ", which scales of ",
                       scheme->words, " cannot have");
  int64_t rows = tensor.rows(), columns = tensor.columns();
  BlockFormat format{.code = scheme->code,
                     .scale = *type,
                     .blockRows = scheme->blockRows,
                     .blockColumns = scheme->blockColumns,
                     .hasGlobal = scheme->hasGlobal,
                     .hasZero = scheme->hasZero};
  format = fitted(format, rows, columns);
  tensor.format = format;
  std::vector<int64_t> grid(tensor.shape.begin(), tensor.shape.end() - 2);
  grid.push_back(format.rowBlocks(rows));
  grid.push_back(format.columnBlocks(columns));
  if (scheme->packing == Packing::Awq || scheme->packing == Packing::Gptq)
    std::swap(grid[0], grid[1]);
  if (Error error = checkShape(Part::Scales, grid))
    return error;
  if (scheme->blockRows == 0 && scheme->blockColumns == 0)
    if (Error error = checkSingleScales(*type))
      return error;
  return part(Part::Zeros) ? checkZeros() : Error::success();
}

/// Tools leave extents of one out, or do not.
static std::vector<int64_t> squeezed(std::vector<int64_t> shape) {
  std::erase(shape, 1);
  return shape;
}

Error TensorResolver::checkShape(Part of, std::vector<int64_t> expected) const {
  const Checkpoint::Entry &entry = *part(of);
  const std::vector<int64_t> &shape = entry.info->shape;
  // With as many extents as it should have, a shape that is not the same is turned around.
  if (shape.size() == expected.size() ? shape == expected : squeezed(shape) == squeezed(expected))
    return Error::success();
  return Error::make(placeOf(entry), " has shape ", shapeText(entry.info->shape), ", and for '",
                     nameOf(Part::Codes), "' of shape ", shapeText(part(Part::Codes)->info->shape),
                     " ", scheme->words, " asks for ", shapeText(expected));
}

Error TensorResolver::checkZeros() const {
  const Checkpoint::Entry &zeros = *part(Part::Zeros);
  if (zeros.info->dtype != DType::I32)
    return Error::make(placeOf(zeros), " has type ", zeros.info->typeName(), ", zero points of ",
                       scheme->words, " have type I32");
  int64_t words = ceilDiv(tensor.rows() * codeBits, wordBits);
  int64_t groups = tensor.format->columnBlocks(tensor.columns());
  if (scheme->packing == Packing::Words)
    return checkShape(Part::Zeros, {words, groups});
  return checkShape(Part::Zeros, {groups, words});
}

static float scaleAt(const Checkpoint::Entry &entry, ScaleType type, size_t index) {
  size_t bytes = dtypeSize(entry.info->dtype);
  uint32_t bits = 0;
  std::memcpy(&bits, entry.data().data() + index * bytes, bytes);
  return decodeScale(type, bits);
}

static Error refuseScale(const Checkpoint::Entry &entry, float number) {
  return Error::make(placeOf(entry), " is ", number, ", and a scale is positive and finite");
}

Error TensorResolver::checkSingleScales(ScaleType type) const {
  const Checkpoint::Entry &scales = *part(Part::Scales);
  for (int64_t i = 0, count = scales.info->elements(); i < count; ++i)
    if (float number = scaleAt(scales, type, i); !(number > 0) || !std::isfinite(number))
      return refuseScale(scales, number);
  return Error::success();
}

Error TensorResolver::takeGlobals() {
  const auto &global = part(Part::Global);
  if (!global)
    return Error::success();
  std::optional<ScaleType> type = scaleTypeOf(global->info->dtype);
  size_t bytes = dtypeSize(global->info->dtype), count = global->info->elements();
  if (!type || bytes < 2 || (count != 1 && int64_t(count) != tensor.matrices()))
    return Error::make(placeOf(*global), " is ", global->info->typeName(), " ",
                       shapeText(global->info->shape), ", not one number for each matrix");
  for (size_t i = 0; i < count; ++i) {
    float number = scaleAt(*global, *type, i);
    float factor = quantization.method->globalDivides ? 1 / number : number;
    if (!(number > 0) || !std::isfinite(number) || !std::isfinite(factor))
      return refuseScale(*global, number);
    tensor.globals.push_back(factor);
  }
  return Error::success();
}

Error TensorResolver::takeOrder() {
  const auto &order = part(Part::Order);
  if (!order)
    return Error::success();
  int64_t columns = tensor.columns(), size = tensor.format->blockColumns;
  int64_t groups = tensor.format->columnBlocks(columns);
  if (order->info->dtype != DType::I32)
    return Error::make(placeOf(*order), " has type ", order->info->typeName(), ", not I32");
  if (Error error = checkShape(Part::Order, {columns}))
    return error;
  std::vector<int32_t> groupOf(columns);
  std::memcpy(groupOf.data(), order->data().data(), columns * sizeof(int32_t));
  // What was never filled in is in the order of columns.
  if (std::all_of(groupOf.begin(), groupOf.end(), [](int32_t group) { return group == -1; }))
    return Error::success();
  for (int64_t column = 0; column < columns; ++column)
    if (groupOf[column] < 0 || groupOf[column] >= groups)
      return Error::make(placeOf(*order), " says that column ", column, " is of group ",
                         groupOf[column], ", and there are ", groups, " groups");
  std::vector<int32_t> sorted(columns);
  std::iota(sorted.begin(), sorted.end(), 0);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](int32_t a, int32_t b) { return groupOf[a] < groupOf[b]; });
  for (int64_t place = 0; place < columns; ++place)
    if (groupOf[sorted[place]] != place / size)
      return Error::make(placeOf(*order), " puts another number than ", size,
                         " columns into group ", place / size);
  if (!std::is_sorted(sorted.begin(), sorted.end()))
    tensor.columnOrder = std::move(sorted);
  return Error::success();
}
