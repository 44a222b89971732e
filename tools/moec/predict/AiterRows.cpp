//===- AiterRows.cpp - Shapes for another library's tuner -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "AiterRows.h"

#include "moec/Conversion/MoEToExec/Schedules.h"
#include "moec/Dialect/MX/MX.h"
#include "moec/Target/Print.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

using namespace mlir;
using namespace moec;

static constexpr const char *columns[] = {"token",     "model_dim", "inter_dim", "expert",
                                          "topk",      "act_type",  "dtype",     "q_dtype_a",
                                          "q_dtype_w", "q_type",    "use_g1u1",  "doweight_stage1"};
static constexpr size_t numColumns = std::size(columns);
/// Units of the machine that a row was tuned on, where a table says so.
static constexpr const char *unitsColumn = "cu_num", *units = "256";

using Row = std::vector<std::string>;

static std::string join(const Row &row) {
  std::string text;
  for (const std::string &cell : row)
    text += strCat(text.empty() ? "" : ",", cell);
  return text;
}

static Row split(const std::string &line) {
  Row row;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');)
    row.push_back(cell);
  return row;
}

/// The element type of a format with a power of two for each 32 numbers, or of plain numbers.
static const char *formatName(Type type) {
  if (type.isBF16())
    return "torch.bfloat16";
  auto block = dyn_cast<mx::BlockType>(type);
  if (!block || !block.hasPowerOfTwoScale())
    return nullptr;
  if (isa<Float4E2M1FNType>(block.getElement()))
    return "torch.float4_e2m1fn_x2";
  return isa<Float8E4M3FNType>(block.getElement()) ? "torch.float8_e4m3fn" : nullptr;
}

/// All cells of a row but the tokens'.
static Expected<Row> rowOf(moe::ExpertUpOp op) {
  auto group = op->getParentOfType<moe::GroupOp>();
  KernelShape shape = getKernelShape(group, /*tokens=*/1);
  moe::ActivationAttr activation = op.getGatedActivation();
  if (activation.getKind() != moe::ActivationKind::SwiGLU || !activation.getLimit().isZero() ||
      !activation.getAlpha().isExactlyValue(1.0) || !activation.getUpOffset().isZero())
    return Error::make("aiter has no name for the activation ", print(activation));
  const char *rows = formatName(shape.activation), *weight = formatName(shape.weight);
  for (auto [format, type] : {std::pair(rows, shape.activation), std::pair(weight, shape.weight)})
    if (!format)
      return Error::make("aiter's table has no name for experts in ", print(type));
  bool plain = shape.weight.isBF16();
  return Row{"",
             strCat(shape.k),
             strCat(shape.n),
             strCat(shape.matrices),
             strCat(shape.rows),
             "ActivationType.Silu",
             "torch.bfloat16",
             rows,
             weight,
             plain ? "QuantType.No" : "QuantType.per_1x32",
             "1",
             "0"};
}

namespace {
/// The rows that a table has.
class TunedTable {
public:
  Error read(const std::string &text, const std::string &name) {
    std::istringstream in(text);
    std::string line;
    std::getline(in, line);
    Row titles = split(strip(line));
    auto placeOf = [&](const char *title) {
      return size_t(std::find(titles.begin(), titles.end(), title) - titles.begin());
    };
    std::vector<size_t> places;
    for (const char *column : columns) {
      places.push_back(placeOf(column));
      if (places.back() == titles.size())
        return Error::make("'", name, "' has no column '", column, "'");
    }
    size_t unitsPlace = placeOf(unitsColumn);
    while (std::getline(in, line)) {
      Row cells = split(strip(line)), row;
      cells.resize(std::max(cells.size(), titles.size()));
      for (size_t place : places)
        row.push_back(cells[place]);
      if (unitsPlace == titles.size() || cells[unitsPlace] == units)
        known.insert(row);
    }
    return Error::success();
  }
  bool has(const Row &row) const { return known.contains(row); }

private:
  static std::string strip(std::string line) {
    if (line.ends_with('\r'))
      line.pop_back();
    return line;
  }
  std::set<Row> known;
};
} // namespace

Expected<AiterRows> moec::makeAiterRows(ModuleOp module, std::span<const int64_t> tokens,
                                        const std::string &table, const std::string &name) {
  TunedTable tuned;
  if (!table.empty())
    if (Error error = tuned.read(table, name))
      return error;
  std::set<Row> shapes;
  Error problem = Error::success();
  module.walk([&](moe::ExpertUpOp op) {
    Expected<Row> row = rowOf(op);
    if (row)
      shapes.insert(*row);
    else if (!problem)
      problem = row.takeError();
  });
  if (problem)
    return problem;
  if (shapes.empty())
    return Error::make("the model has no experts");
  AiterRows made;
  made.csv = strCat(join(Row(columns, columns + numColumns)), table.empty() ? "" : ",_tag", "\n");
  for (Row row : shapes)
    for (int64_t count : tokens) {
      row[0] = strCat(count);
      bool known = tuned.has(row);
      made.csv += strCat(join(row), table.empty() ? "" : known ? ",tuned" : ",missing", "\n");
      ++made.rows;
      made.missing += !table.empty() && !known;
    }
  return made;
}
