//===- Constants.cpp - Tables of constants ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A table is a JSON object; every field must be there, so that none is 0 by a slip. Those of the
// machines are part of the library: targets/*/machines/<target>.json.
//
//===----------------------------------------------------------------------===//

#include "moec/CostModel/Time.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace moec::cost {

namespace {
/// Reads members and keeps the first error.
class Fields {
public:
  Fields(const nlohmann::json &object, const std::string &name) : object(object), name(name) {}

  void text(const char *field, std::string &value) {
    auto it = object.find(field);
    if (it != object.end() && it->is_string())
      value = it->get<std::string>();
    else
      refuse(field, "a text");
  }
  void number(const char *field, double &value, double unit = 1) {
    auto it = object.find(field);
    if (it != object.end() && it->is_number() && it->get<double>() > 0)
      value = it->get<double>() * unit;
    else
      refuse(field, "a number above 0");
  }
  void count(const char *field, unsigned &value) {
    auto it = object.find(field);
    if (it != object.end() && it->is_number_unsigned() && it->get<uint64_t>() - 1 < 65536)
      value = it->get<unsigned>();
    else
      refuse(field, "a whole number from 1 to 65536");
  }
  Error take() { return std::move(error); }

private:
  void refuse(const char *field, const char *wanted) {
    if (!error)
      error = Error::make("'", name, "': '", field, "' must be ", wanted);
  }
  const nlohmann::json &object;
  const std::string &name;
  Error error = Error::success();
};
} // namespace

Expected<TimeConstants> TimeConstants::parse(std::string_view json, const std::string &name) {
  auto table = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!table.is_object())
    return Error::make("'", name, "' is no JSON object");
  TimeConstants c;
  Fields fields(table, name);
  fields.text("machine", c.machine);
  fields.text("source", c.source);
  fields.text("fit", c.fit);
  fields.text("power", c.powerCaveat);
  fields.number("launch_us", c.launchMicroseconds);
  fields.number("graph_gap_us", c.graphGapMicroseconds);
  fields.number("latency_us", c.latencyMicroseconds);
  fields.number("l2_tb_per_s", c.cacheBytesPerSecond, 1e12);
  fields.number("memory_tb_per_s", c.memoryBytesPerSecond, 1e12);
  fields.number("matrix_ghz", c.matrixHertz, 1e9);
  fields.number("issue_ghz", c.issueHertz, 1e9);
  fields.number("overlap", c.overlap);
  fields.count("units", c.units);
  fields.count("simds_per_unit", c.simds);
  fields.count("l2_caches", c.caches);
  if (Error error = fields.take())
    return error;
  return c;
}

std::string_view machineConstants(const std::string &target) {
  static constexpr std::pair<std::string_view, std::string_view> tables[] = {
#include "MachineTables.inc"
  };
  for (auto [name, table] : tables)
    if (name == target)
      return table;
  return {};
}

} // namespace moec::cost
