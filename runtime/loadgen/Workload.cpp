//===- Workload.cpp - What a load generator sends ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every number follows from the seed and the number of the request, so that two programs are sent
// the same.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/Workload.h"

#include "moec/Support/File.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

using namespace moec;
using namespace moec::runtime;

static const std::vector<ServeWorkload> &named() {
  static const std::vector<ServeWorkload> all = [] {
    std::vector<ServeWorkload> list;
    auto add = [&](const char *name, uint32_t input, uint32_t output, double shared,
                   uint32_t requests, std::vector<double> rates, std::vector<uint32_t> clients) {
      ServeWorkload work;
      work.name = name;
      work.inputTokens = input;
      work.outputTokens = output;
      work.sharedInput = shared;
      work.requests = requests;
      work.rates = std::move(rates);
      work.clients = std::move(clients);
      list.push_back(work);
    };
    add("chat", 256, 128, 0, 96, {}, {8, 32});
    // The load under which GLM-5.2 was tuned on eight MI355X, and a fiftieth of it for two cores.
    add("article", 20000, 1000, 0.6, 200, {0.5, 1, 1.5, 2, 2.25, 2.4}, {});
    add("article-small", 400, 20, 0.6, 24, {0.25, 0.5, 0.75, 1}, {});
    // Turns of a conversation with tools: nearly everything was there the last time.
    add("agent", 8000, 80, 0.95, 64, {}, {1, 4, 8});
    add("agent-small", 800, 16, 0.95, 32, {}, {1, 4});
    return list;
  }();
  return all;
}

std::string ServeWorkload::names() {
  std::string text;
  for (const ServeWorkload &work : named())
    text += (text.empty() ? "" : ", ") + work.name;
  return text;
}

Expected<ServeWorkload> ServeWorkload::load(const std::string &nameOrFile) {
  for (const ServeWorkload &work : named())
    if (work.name == nameOrFile)
      return work;
  constexpr uint64_t maxBytes = 100'000'000; // of a long trace
  Expected<std::string> text = readFile(nameOrFile, maxBytes);
  if (!text)
    return text.takeError().addContext(strCat("workload '", nameOrFile, "' is none of ", names()));
  return parse(*text, nameOrFile);
}

namespace {
/// Reads the fields of an object, each at most once, and complains about others.
class Fields {
public:
  Fields(const nlohmann::json &object, const std::string &from) : object(object), from(from) {}

  template <typename T> void read(const char *name, T &value, double least, double most) {
    known.push_back(name);
    auto it = object.find(name);
    if (it == object.end() || problem)
      return;
    if constexpr (std::is_arithmetic_v<T>) {
      if (!it->is_number() || !(it->template get<double>() >= least) ||
          !(it->template get<double>() <= most) ||
          (std::is_integral_v<T> && !it->is_number_integer()))
        return fail(name, *it, least, most, std::is_integral_v<T>);
      value = it->template get<T>();
    } else {
      if (!it->is_array())
        return fail(name, *it, least, most, false);
      value.clear();
      for (const nlohmann::json &element : *it) {
        typename T::value_type number{};
        Fields one({{name, element}}, from);
        one.read(name, number, least, most);
        if (one.problem) {
          problem = std::move(one.problem);
          return;
        }
        value.push_back(number);
      }
    }
  }

  /// A field that somebody else reads.
  void allow(const char *name) { known.push_back(name); }

  Error finish() {
    for (const auto &[name, value] : object.items())
      if (!problem && std::find(known.begin(), known.end(), name) == known.end())
        problem = Error::make("'", from, "': workloads have no field '", name, "'");
    return std::move(problem);
  }

private:
  void fail(const char *name, const nlohmann::json &value, double least, double most, bool whole) {
    problem = Error::make("'", from, "': ", name, " is ", value.dump(), ", it must be ",
                          whole ? "a whole number" : "a number", " from ", least, " to ", most);
  }

  nlohmann::json object;
  const std::string &from;
  std::vector<std::string> known;
  Error problem = Error::success();
};
} // namespace

/// What is sent is the trace then, by clients.
static Error takeTrace(const nlohmann::json &array, ServeWorkload &work) {
  Expected<std::vector<TraceCall>> calls = readTrace(array);
  if (!calls)
    return calls.takeError();
  if (!work.rates.empty())
    return Error::make("a trace has clients, no rates: its calls wait for answers");
  work.trace = std::move(*calls);
  work.requests = static_cast<uint32_t>(work.trace.size());
  work.firstId = 0;
  work.endId = 1;
  for (const TraceCall &call : work.trace)
    for (int32_t id : call.append)
      work.endId = std::max(work.endId, id + 1);
  return Error::success();
}

Expected<ServeWorkload> ServeWorkload::parse(const std::string &text, const std::string &from) {
  nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object())
    return Error::make("'", from, "' is not a JSON object");
  ServeWorkload work;
  work.name = from;
  auto trace = object.find("trace");
  Fields fields(object, from);
  if (trace != object.end())
    fields.allow("trace");
  fields.read("input_tokens", work.inputTokens, 1, 1e7);
  fields.read("output_tokens", work.outputTokens, 1, 1e7);
  fields.read("range_ratio", work.rangeRatio, 0, 1);
  fields.read("shared_input", work.sharedInput, 0, 1);
  fields.read("prefixes", work.prefixes, 1, 1e6);
  fields.read("requests", work.requests, 1, 1e6);
  fields.read("rates", work.rates, 1e-6, 1e6);
  fields.read("clients", work.clients, 1, 10000);
  fields.read("first_id", work.firstId, 0, 1e9);
  fields.read("end_id", work.endId, 1, 1e9);
  fields.read("seed", work.seed, 0, 1e18);
  if (Error error = fields.finish())
    return error;
  if (trace != object.end())
    if (Error error = takeTrace(*trace, work))
      return error.addContext(strCat("'", from, "'"));
  if (work.firstId >= work.endId)
    return Error::make("'", from, "': first_id is ", work.firstId, " but end_id is ", work.endId);
  if (work.rates.empty() && work.clients.empty())
    return Error::make("'", from, "': there are neither rates nor clients, so there is no run");
  return work;
}

/// Ids of a text of its own.
static std::vector<int32_t> drawIds(const ServeWorkload &work, uint64_t text, size_t count) {
  std::mt19937_64 random(work.seed * 0x9e3779b97f4a7c15u + text);
  std::vector<int32_t> ids(count);
  for (int32_t &id : ids)
    id = work.firstId + int32_t(random() % uint64_t(work.endId - work.firstId));
  return ids;
}

std::vector<std::vector<int32_t>> ServeWorkload::sharedPrefixes() const {
  std::vector<std::vector<int32_t>> all;
  auto longest = static_cast<size_t>(sharedInput * inputTokens);
  for (uint32_t i = 0; i < prefixes && longest != 0; ++i)
    all.push_back(drawIds(*this, i, longest));
  return all;
}

ServeWorkload::Item ServeWorkload::draw(uint32_t number) const {
  std::mt19937_64 random(seed * 31 + number);
  auto length = [&](uint32_t most) {
    auto least = std::max<uint64_t>(1, uint64_t(std::ceil(rangeRatio * most)));
    return static_cast<uint32_t>(least + random() % (most - std::min<uint64_t>(least, most) + 1));
  };
  Item item;
  uint32_t input = std::min(length(inputTokens), inputTokens);
  item.outputTokens = std::min(length(outputTokens), outputTokens);
  auto shared = static_cast<size_t>(sharedInput * input);
  item.prompt = drawIds(*this, random() % prefixes, shared);
  // Texts of requests are behind those of the prefixes.
  std::vector<int32_t> own = drawIds(*this, uint64_t(1) << 32 | number, input - shared);
  item.prompt.insert(item.prompt.end(), own.begin(), own.end());
  return item;
}

std::vector<double> ServeWorkload::arrivals(double rate) const {
  std::mt19937_64 random(seed);
  std::vector<double> times;
  double time = 0;
  for (uint32_t i = 0; i < requests; ++i) {
    times.push_back(time);
    // By hand: std::exponential_distribution may differ between libraries.
    time -= std::log1p(-double(random() >> 11) * 0x1p-53) / rate;
  }
  return times;
}
