//===- TuningTable.cpp - Schedules that were measured ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table as JSON. A schedule that the target would not measure is refused, so no kernel is built
// from a choice that its builder was not tested with.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/TuningTable.h"

#include "moec/Support/File.h"
#include "moec/Support/Json.h"
#include "moec/Target/Print.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace moec;

static constexpr uint64_t maxTableBytes = 16 << 20;

/// The numbers of a shape, as the file names them.
static constexpr std::pair<const char *, int64_t KernelShape::*> shapeNumbers[] = {
    {"tokens", &KernelShape::tokens},
    {"rows", &KernelShape::rows},
    {"n", &KernelShape::n},
    {"k", &KernelShape::k},
    {"matrices", &KernelShape::matrices},
    {"operands", &KernelShape::operands}};
/// Its element types; one that a shape lacks is an empty text.
static constexpr std::pair<const char *, Type KernelShape::*> shapeTypes[] = {
    {"activation", &KernelShape::activation},
    {"weight", &KernelShape::weight},
    {"other_weight", &KernelShape::otherWeight}};
static constexpr std::pair<const char *, double TuningRow::*> times[] = {
    {"microseconds", &TuningRow::microseconds},
    {"predicted_schedule_microseconds", &TuningRow::predictedMicroseconds}};

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// Takes the fields of a JSON object one by one, so that what is left over is unknown. The first
/// error stays.
class Fields {
public:
  Fields(const nlohmann::json &object, std::string where) : where(std::move(where)) {
    if (object.is_object())
      rest = object;
    else
      fail("is no object");
  }

  nlohmann::json take(const char *name) {
    auto found = rest.find(name);
    if (found == rest.end()) {
      fail("has no '", name, "'");
      return {};
    }
    nlohmann::json value = std::move(*found);
    rest.erase(found);
    return value;
  }

  std::string takeText(const char *name) {
    nlohmann::json value = take(name);
    if (!value.is_string())
      fail("'", name, "' is ", value.dump(), ", not a text");
    return value.is_string() ? value.get<std::string>() : "";
  }

  int64_t takeCount(const char *name) {
    nlohmann::json value = take(name);
    bool valid = value.is_number_integer() && value >= 0 && value <= INT64_MAX;
    if (!valid)
      fail("'", name, "' is ", value.dump(), ", not an integer of at least 0");
    return valid ? value.get<int64_t>() : 0;
  }

  double takeTime(const char *name) {
    nlohmann::json value = take(name);
    bool valid = value.is_number() && value > 0;
    if (!valid)
      fail("'", name, "' is ", value.dump(), ", not a positive number");
    return valid ? value.get<double>() : 0;
  }

  /// Parses the text of a field; empty gives null.
  template <typename T> T takeParsed(const char *name, const char *what, auto parse) {
    std::string text = takeText(name);
    T value = text.empty() ? T() : dyn_cast_or_null<T>(parse(text));
    if (!text.empty() && !value)
      fail("'", name, "' is '", text, "', not ", what);
    return value;
  }

  template <typename... Parts> void fail(const Parts &...parts) {
    if (!error)
      error = Error::make(where, ": ", parts...);
  }

  /// The first error; a field that nobody took is one.
  Error finish() {
    if (!rest.empty())
      fail("has an unknown '", rest.begin().key(), "'");
    return std::move(error);
  }

private:
  nlohmann::json rest = nlohmann::json::object();
  std::string where;
  Error error = Error::success();
};
} // namespace

static Expected<TuningRow> parseRow(const nlohmann::json &object, const std::string &where,
                                    const Target &target, MLIRContext &context) {
  Fields fields(object, where);
  TuningRow row;
  std::string family = fields.takeText("family");
  if (auto known = moe::symbolizeKernelFamily(family))
    row.shape.family = *known;
  else
    fields.fail("'family' is '", family, "', which is no kernel family");
  for (auto [name, member] : shapeNumbers)
    row.shape.*member = fields.takeCount(name);
  for (auto [name, member] : shapeTypes)
    row.shape.*member = fields.takeParsed<Type>(
        name, "a type", [&](StringRef text) { return parseType(text, &context); });
  row.schedule =
      fields.takeParsed<tile::ScheduleAttr>("schedule", "a #tile.schedule", [&](StringRef text) {
        return parseAttribute(text, &context);
      });
  for (auto [name, member] : times)
    row.*member = fields.takeTime(name);
  if (Error error = fields.finish())
    return error;
  if (!llvm::is_contained(target.candidates(&context, row.shape), row.schedule))
    return Error::make(where, ": '", print(row.schedule), "' is none of the schedules that target ",
                       target.name(), " has for this shape; tune again");
  return row;
}

Expected<TuningTable> TuningTable::parse(const std::string &text, const std::string &name,
                                         const Target &target, MLIRContext &context) {
  std::string file = strCat("'", name, "'");
  Expected<nlohmann::json> json = parseJson(text);
  if (!json)
    return json.takeError().addContext(file);
  // What the parsers of types and schedules would say is said by the fields.
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
  Fields fields(*json, file);
  TuningTable table;
  int64_t version = fields.takeCount("version");
  if (version != currentVersion)
    fields.fail("is a tuning table of version ", version, ", this moec reads ", currentVersion);
  table.target = fields.takeText("target");
  table.processor = fields.takeText("processor");
  if (table.target != target.name() || table.processor != target.processor())
    fields.fail("was measured on ", table.target, " ", table.processor,
                ", and the model is compiled for ", target.name(), " ", target.processor());
  table.device = fields.takeText("device");
  if (json->contains("predicted")) {
    nlohmann::json predicted = fields.take("predicted");
    if (predicted.is_boolean())
      table.predicted = predicted.get<bool>();
    else
      fields.fail("'predicted' is ", predicted.dump(), ", neither true nor false");
  }
  nlohmann::json rows = fields.take("rows");
  if (!rows.is_array())
    fields.fail("'rows' is no array");
  if (Error error = fields.finish())
    return error;
  for (const nlohmann::json &object : rows) {
    std::string where = strCat(file, ": row ", table.rows.size() + 1);
    Expected<TuningRow> row = parseRow(object, where, target, context);
    if (!row)
      return row.takeError();
    if (size_t earlier = table.find(row->shape))
      return Error::make(where, ": has the shape of row ", earlier);
    table.rows.push_back(std::move(*row));
  }
  return table;
}

Expected<TuningTable> TuningTable::read(const std::string &path, const Target &target,
                                        MLIRContext &context) {
  Expected<std::string> text = readFile(path, maxTableBytes);
  if (!text)
    return text.takeError();
  return parse(*text, path, target, context);
}

//===----------------------------------------------------------------------===//
// Writing and use
//===----------------------------------------------------------------------===//

std::string TuningTable::text() const {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const TuningRow &row : rows) {
    Json object = {{"family", moe::stringifyKernelFamily(row.shape.family).str()}};
    for (auto [name, member] : shapeNumbers)
      object[name] = row.shape.*member;
    for (auto [name, member] : shapeTypes)
      object[name] = print(row.shape.*member);
    object["schedule"] = print(row.schedule);
    for (auto [name, member] : times)
      object[name] = row.*member;
    list.push_back(std::move(object));
  }
  Json table = {{"version", currentVersion},
                {"target", target},
                {"processor", processor},
                {"device", device}};
  if (predicted)
    table["predicted"] = true;
  table["rows"] = std::move(list);
  return table.dump(1) + "\n";
}

size_t TuningTable::find(const KernelShape &shape) const {
  auto found = llvm::find_if(rows, [&](const TuningRow &row) { return row.shape == shape; });
  return found == rows.end() ? 0 : found - rows.begin() + 1;
}

ScheduledTarget moec::withTuning(const Target &base, const TuningTable &table) {
  return ScheduledTarget(base, [&](const KernelShape &shape) -> ScheduledTarget::Choice {
    size_t row = table.find(shape);
    if (!row)
      return {};
    return {table.rows[row - 1].schedule, {int64_t(row), !table.predicted}};
  });
}
