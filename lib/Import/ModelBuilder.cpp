//===- ModelBuilder.cpp - Makes the module of a model -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Binding of weights to stored tensors, and small op makers.
//
//===----------------------------------------------------------------------===//

#include "ModelBuilder.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>

#include <filesystem>

using namespace mlir;
using namespace moec;
using namespace moec::import;
using namespace moec::moe;

static std::string shapeText(ArrayRef<int64_t> shape) {
  return "[" +
         llvm::join(llvm::map_range(shape, [](int64_t n) { return std::to_string(n); }), ", ") +
         "]";
}

static Type floatType(MLIRContext *context, DType dtype) {
  switch (dtype) {
  case DType::F32:
    return Float32Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  case DType::F16:
    return Float16Type::get(context);
  default:
    return {};
  }
}

ModelBuilder::ModelBuilder(ModuleOp module, const Config &config, const TensorNames &names,
                           const StoredTensors *tensors)
    : ops(module.getContext()), symbols(module.getBodyRegion()), config(config), names(names),
      tensors(tensors), place(ops.getUnknownLoc()) {
  enter("model", "model.");
  defaultElement = ops.getBF16Type();
  // With a checkpoint, its tensors say what they are.
  if (!tensors)
    defaultElement = configuredElement();
}

Type ModelBuilder::configuredElement() {
  std::string name = config.optionalText("dtype");
  if (name.empty())
    name = config.optionalText("torch_dtype");
  StringRef shortName = name;
  shortName.consume_front("torch.");
  auto type = llvm::StringSwitch<Type>(shortName)
                  .Cases({"float32", "float"}, ops.getF32Type())
                  .Cases({"float16", "half"}, ops.getF16Type())
                  .Cases({"bfloat16", "auto", ""}, ops.getBF16Type())
                  .Default(Type());
  if (!type)
    config.fail("dtype '", name, "' is none of float32, float16, bfloat16, auto");
  return type ? type : ops.getBF16Type();
}

void ModelBuilder::fail(std::string message) {
  if (!failed)
    failed = std::move(message);
}

Error ModelBuilder::takeError() { return failed ? Error::make(*failed) : Error::success(); }

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

std::optional<StoredTensor> ModelBuilder::bind(const std::string &name, ArrayRef<int64_t> shape) {
  Expected<std::optional<StoredTensor>> found = tensors->find(name);
  if (!found) {
    fail(found.takeError().message());
    return std::nullopt;
  }
  if (!*found) {
    fail(strCat(config.path(), ": asks for tensor '", name, "' of shape ", shapeText(shape),
                ", which the checkpoint does not hold"));
    return std::nullopt;
  }
  for (const Checkpoint::Entry &part : (*found)->parts())
    boundTensors.insert(part.info->name);
  // Extents of 1 say nothing: biases are stored [1, n], filters of convolutions [n, 1, k].
  auto strip = [](ArrayRef<int64_t> extents) {
    SmallVector<int64_t> kept;
    llvm::copy_if(extents, std::back_inserter(kept), [](int64_t extent) { return extent != 1; });
    return kept;
  };
  if (strip((*found)->shape) != strip(shape))
    fail(strCat((*found)->codes().file->path(), ": tensor '", (*found)->codes().info->name,
                (*found)->format ? "' holds a matrix of shape " : "' has shape ",
                shapeText((*found)->shape), ", the configuration says ", shapeText(shape)));
  return std::move(*found);
}

Type ModelBuilder::elementOf(const StoredTensor &tensor) {
  if (!tensor.format) {
    Type type = floatType(context(), tensor.dtype);
    bool hasScales = tensors->checkpoint().find(tensor.name + "_scale_inv") ||
                     tensors->checkpoint().find(tensor.name + "_scale");
    if (!type)
      fail(strCat(tensor.codes().file->path(), ": tensor '", tensor.name, "' has element type ",
                  tensor.codes().info->typeName(),
                  hasScales ? ", experts fused in one tensor that are quantised so are not read; "
                              "take a checkpoint with a tensor for each expert"
                            : ", import reads F32, BF16 and F16, and others where "
                              "quantization_config says how they were quantised"));
    return type;
  }
  if (tensor.columnOrder.empty())
    return mx::BlockType::get(context(), *tensor.format);
  noteDequantized("their columns are in the order of activations (act-order)");
  return ops.getF32Type();
}

Type ModelBuilder::elementType(const std::string &source, ArrayRef<int64_t> stored,
                               Type otherwise) {
  if (!tensors)
    return otherwise ? otherwise : defaultElement;
  auto [before, after] = StringRef(source).split("{e}");
  bool stacked = before.size() != source.size();
  int64_t count = stacked ? stored.front() : 1;
  ArrayRef<int64_t> shape = stacked ? stored.drop_front() : stored;
  Type element;
  for (int64_t i = 0; i < count; ++i) {
    std::string name = stacked ? (before + Twine(i) + after).str() : source;
    std::optional<StoredTensor> tensor = bind(name, shape);
    if (!tensor)
      return defaultElement;
    Type type = elementOf(*tensor);
    // Experts of several types are read as f32, which holds the numbers of all of them.
    Type widest = element && type && type != element ? ops.getF32Type() : type;
    element = widest ? widest : defaultElement;
  }
  return element;
}

void ModelBuilder::noteDequantized(const std::string &why) {
  if (dequantized.insert(why).second)
    note(strCat("weights are dequantised to f32 where ", why));
}

bool ModelBuilder::holds(const std::string &name) const {
  if (!tensors)
    return false;
  // One that is there but wrong is said when it is bound.
  Expected<std::optional<StoredTensor>> found = tensors->find(names.store(name));
  return !found || found->has_value();
}

bool ModelBuilder::isQuantized(const std::string &name) const {
  if (!tensors)
    return false;
  Expected<std::optional<StoredTensor>> found = tensors->find(names.store(name));
  return found && *found && (*found)->format;
}

/// `model.layers.1.mlp.experts.{e}.up_proj.weight` -> `layers.1.mlp.experts.up_proj`.
static std::string symbolOf(StringRef source) {
  source.consume_front("model.");
  source.consume_back(".weight");
  auto [before, after] = source.split(".{e}");
  return (before + after).str();
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

Location ModelBuilder::placeOf(const std::string &name, StringRef tensorPrefix) {
  std::string file = std::filesystem::path(config.path()).filename().string();
  if (tensors) {
    // Tensors are in the order of their names.
    const std::vector<Checkpoint::Entry> &all = tensors->checkpoint().tensors();
    auto found =
        llvm::lower_bound(all, tensorPrefix, [](const Checkpoint::Entry &entry, StringRef prefix) {
          return StringRef(entry.info->name) < prefix;
        });
    if (found != all.end() && StringRef(found->info->name).starts_with(tensorPrefix))
      file = std::filesystem::path(found->file->path()).filename().string();
  }
  return NameLoc::get(ops.getStringAttr(name),
                      FileLineColLoc::get(ops.getStringAttr(file), /*line=*/0, /*column=*/0));
}

void ModelBuilder::enter(const std::string &name, StringRef tensorPrefix) {
  place = placeOf(name, names.store(tensorPrefix));
}

FlatSymbolRefAttr ModelBuilder::weight(const std::string &source, ArrayRef<int64_t> shape,
                                       Type otherwise) {
  FlatSymbolRefAttr &ref = weights[source];
  if (ref)
    return ref;
  std::string stored = names.store(source);
  auto type = RankedTensorType::get(shape, elementType(stored, shape, otherwise));
  auto op = WeightOp::create(symbols, placeOfTensor(stored), symbolOf(source), type, stored);
  return ref = FlatSymbolRefAttr::get(op);
}

FlatSymbolRefAttr ModelBuilder::weightView(const std::string &symbol, const std::string &source,
                                           WeightViewAttr view) {
  std::string stored = names.store(source);
  Type element = elementType(stored, view.getShape());
  if (auto block = dyn_cast<mx::BlockType>(element)) {
    ArrayRef<int64_t> order = view.getOrder();
    bool keepsRows = order.empty() || order.back() == int64_t(order.size()) - 1;
    if (!keepsRows)
      noteDequantized("they are transposed");
    // Rows of some blocks are blocks of one row.
    element = keepsRows ? Type(block.getSingleRows()) : Type(ops.getF32Type());
  }
  auto type = RankedTensorType::get(view.getResultShape(), element);
  auto op = WeightOp::create(symbols, placeOfTensor(stored), symbol, type, stored);
  op.setViewAttr(view);
  return FlatSymbolRefAttr::get(op);
}

bool ModelBuilder::mtpWeight(const std::string &source, ArrayRef<int64_t> shape, DType dtype) {
  Type element = floatType(context(), dtype);
  if (!element)
    return false;
  auto op = WeightOp::create(symbols, placeOfTensor(source), symbolOf(names.plain(source)),
                             RankedTensorType::get(shape, element), source);
  op.setMtp(true);
  return true;
}

bool ModelBuilder::holdsDifferent(const std::string &first, const std::string &second) const {
  if (!holds(first) || !holds(second))
    return false;
  // A table and codes that were made of it are not the same numbers.
  if (isQuantized(first) || isQuantized(second))
    return true;
  std::optional<Checkpoint::Entry> a = tensors->checkpoint().find(names.store(first));
  std::optional<Checkpoint::Entry> b = tensors->checkpoint().find(names.store(second));
  // What cannot be read of one of them is said when it is bound.
  return !a || !b || a->info->dtype != b->info->dtype || a->info->shape != b->info->shape ||
         !std::ranges::equal(a->data(), b->data());
}

FlatSymbolRefAttr ModelBuilder::cache(const std::string &symbol, CacheKind kind) {
  FlatSymbolRefAttr &ref = caches[symbol];
  if (ref)
    return ref;
  auto op = CacheOp::create(symbols, place, symbol, KVType::get(context(), kind, ops.getF32Type()));
  return ref = FlatSymbolRefAttr::get(op);
}

FlatSymbolRefAttr ModelBuilder::state(const std::string &symbol, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, ops.getF32Type());
  return FlatSymbolRefAttr::get(StateOp::create(symbols, place, symbol, type));
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

RankedTensorType ModelBuilder::rows(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> full{ShapedType::kDynamic};
  full.append(shape.begin(), shape.end());
  return RankedTensorType::get(full, ops.getF32Type());
}

void ModelBuilder::startFunction(StringRef name, const InputWidths &widths) {
  startedFunctions.insert(name);
  SmallVector<Type> arguments{RankedTensorType::get({ShapedType::kDynamic}, ops.getI32Type())};
  for (auto [input, width] : widths) {
    RankedTensorType numbers = rows({width});
    bool isInteger = infoOf(input).elements == ArrayElements::Int32;
    arguments.push_back(isInteger ? numbers.clone(ops.getI32Type()) : Type(numbers));
  }
  arguments.push_back(BatchType::get(context()));
  symbols.setInsertionPointToEnd(symbols.getBlock());
  function = func::FuncOp::create(symbols, place, name, ops.getFunctionType(arguments, {}));
  Block *body = function.addEntryBlock();
  StringRef nameAttr = MoEDialect::getNameAttrName();
  givenInputs.clear();
  if (!widths.empty())
    function.setArgAttr(0, nameAttr, ops.getStringAttr(infoOf(StepInput::TokenIds).name));
  for (auto [number, input] : llvm::enumerate(llvm::make_first_range(widths))) {
    function.setArgAttr(number + 1, nameAttr, ops.getStringAttr(infoOf(input).name));
    givenInputs[input] = body->getArgument(number + 1);
  }
  ops.setInsertionPointToStart(body);
  symbols.setInsertionPoint(function);
}

void ModelBuilder::finishFunction(ArrayRef<std::pair<StepOutput, Value>> results) {
  SmallVector<Value> values(llvm::make_second_range(results));
  func::ReturnOp::create(ops, place, values);
  function.setType(ops.getFunctionType(function.getArgumentTypes(), TypeRange(ValueRange(values))));
  if (results.size() == 1)
    return; // a single result is the logits
  for (auto [number, output] : llvm::enumerate(llvm::make_first_range(results)))
    function.setResultAttr(number, MoEDialect::getNameAttrName(),
                           ops.getStringAttr(infoOf(output).name));
}

ArrayRef<int64_t> ModelBuilder::rowShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().drop_front();
}

Value ModelBuilder::linear(Value x, const std::string &prefix, int64_t out, bool bias) {
  FlatSymbolRefAttr w = weight(prefix + ".weight", {out, rowShape(x).back()});
  FlatSymbolRefAttr b = bias ? weight(prefix + ".bias", {out}) : FlatSymbolRefAttr();
  return make<LinearOp>({out}, x, w, b);
}

Value ModelBuilder::rmsNorm(Value x, const std::string &prefix, double epsilon, double offset) {
  ArrayRef<int64_t> shape = rowShape(x);
  return make<RMSNormOp>(shape, x, weight(prefix + ".weight", shape.take_back()), number(epsilon),
                         number(offset));
}

Value ModelBuilder::add(Value lhs, Value rhs) { return make<AddOp>(rowShape(lhs), lhs, rhs); }

Value ModelBuilder::view(Value x, ArrayRef<int64_t> shape) { return make<ViewOp>(shape, x); }

Value ModelBuilder::slice(Value x, int64_t offset, int64_t size) {
  SmallVector<int64_t> shape(rowShape(x));
  shape.back() = size;
  return make<SliceOp>(shape, x, ops.getI64IntegerAttr(offset));
}

Value ModelBuilder::append(const std::string &cacheSymbol, CacheKind kind, ValueRange values) {
  FlatSymbolRefAttr symbol = cache(cacheSymbol, kind);
  auto type = KVType::get(context(), kind, ops.getF32Type());
  return CacheAppendOp::create(ops, place, type, symbol, batch(), values);
}
