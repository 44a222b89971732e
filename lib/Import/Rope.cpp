//===- Rope.cpp - A configuration's rotary embedding ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The same settings are published in two forms: flat keys with `rope_scaling`, and Transformers 5's
// `rope_parameters`. Files that tools have rewritten have both.
//
//===----------------------------------------------------------------------===//

#include "Config.h"

#include <algorithm>
#include <cmath>

using namespace moec;
using namespace moec::import;
using nlohmann::json;

/// A key of an object, if it is there and not null.
static const json *lookUp(const json &object, const std::string &key) {
  auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

/// The kind of scaling of an object: the newer name wins, as in Transformers.
static std::string typeOf(const json &object) {
  for (const char *key : {"rope_type", "type"})
    if (const json *type = lookUp(object, key); type && type->is_string())
      return type->get<std::string>();
  return "default";
}

json Config::ropeObject(const char *key) const {
  const json *value = find(key);
  if (!value)
    return json::object();
  if (!value->is_object()) {
    fail("key '", key, "' is ", value->dump(), ", not an object");
    return json::object();
  }
  for (const char *name : {"rope_type", "type"})
    if (const json *type = lookUp(*value, name); type && !type->is_string())
      fail("key '", name, "' of '", key, "' is ", type->dump(), ", not a string");
  for (const auto &[name, item] : value->items())
    if (item.is_object() && name.ends_with("_attention"))
      fail("key '", key, ".", name, "' is an object: frequencies for each kind of layer are not ",
           "known to '", modelType(), "'");
  return *value;
}

/// Transformers lets the flat theta win if `rope_scaling` is there, and the one of an object if it
/// is not. Only the latter can be right for a file that has both.
void Config::checkRopeTheta(const json &merged, bool inBoth) const {
  const json *nested = lookUp(merged, "rope_theta"), *flat = lookUp(root, "rope_theta");
  if (!nested || !flat || *nested == *flat)
    return;
  if (inBoth)
    fail("key 'rope_theta' is ", flat->dump(), ", but in 'rope_parameters' it is ", nested->dump());
  else
    note("rope_theta is ", nested->dump(),
         ", as in rope_parameters or rope_scaling; the rope_theta ", flat->dump(),
         " outside of it does not count");
}

/// `rope_parameters` and `rope_scaling` in one. Where both state a scaling it has to be the same:
/// of two, Transformers takes the older one. A `rope_parameters` of type default only adds its
/// theta.
json Config::ropeParameters() const {
  json newer = ropeObject("rope_parameters"), older = ropeObject("rope_scaling");
  const bool stated = lookUp(root, "rope_parameters") != nullptr;
  if (older.empty() || newer.empty() || !stated) {
    // A default of the family does not count beside a rope_scaling.
    json merged = older.empty() ? std::move(newer) : std::move(older);
    merged["rope_type"] = typeOf(merged);
    checkRopeTheta(merged, /*inBoth=*/false);
    return merged;
  }
  std::string type = typeOf(older), newerType = typeOf(newer);
  if (newerType != "default" && newerType != type)
    fail("'rope_parameters' has rope_type '", newerType, "', but 'rope_scaling' has '", type, "'");
  json merged = newer;
  for (const auto &[key, value] : older.items()) {
    const json *other = lookUp(newer, key);
    if (value.is_null() || key == "type" || key == "rope_type")
      continue;
    if (other && *other != value)
      fail("'rope_parameters' has ", key, " ", other->dump(), ", but 'rope_scaling' has ",
           value.dump());
    merged[key] = value;
  }
  merged["rope_type"] = type;
  checkRopeTheta(merged, /*inBoth=*/true);
  return merged;
}

/// A number that may stand outside of the object, too.
static void addFlat(const Config &config, json &object, const json *flat, const char *key) {
  const json *nested = lookUp(object, key);
  if (nested && flat && *nested != *flat)
    config.fail("key '", key, "' is ", flat->dump(),
                ", but in 'rope_parameters' or 'rope_scaling' ", "it is ", nested->dump());
  if (!nested && flat)
    object[key] = *flat;
}

/// Holds that a kind of scaling has what has no default.
static void checkNeeded(const Config &config, const json &object, const std::string &type) {
  auto need = [&](const char *key) {
    if (!lookUp(object, key))
      config.fail("rope type '", type, "' needs the key '", key, "'");
  };
  if (type == "linear" || type == "llama3")
    need("factor");
  if (type == "llama3") {
    need("low_freq_factor");
    need("high_freq_factor");
  }
}

static void checkTurns(const Config &config, const RopeConfig &rope) {
  if (rope.type == "llama3" && !(rope.lowTurns > 0 && rope.highTurns > rope.lowTurns))
    config.fail("rope type 'llama3' has low_freq_factor ", rope.lowTurns, " and high_freq_factor ",
                rope.highTurns, ", not a positive one and a larger one");
}

/// Fails unless the kind of scaling is one that is known.
static void checkType(const Config &config, const std::string &type) {
  static constexpr std::string_view types[] = {"default", "linear", "llama3", "yarn"};
  if (std::ranges::find(types, type) == std::end(types))
    config.fail("rope type '", type, "' is none of default, linear, llama3, yarn");
}

RopeConfig Config::rope() const {
  json object = ropeParameters();
  for (const char *key : {"partial_rotary_factor", "original_max_position_embeddings"})
    addFlat(*this, object, lookUp(root, key), key);
  // Null and, as in Transformers, a zero mean what absence means.
  auto number = [&](const char *key, double otherwise) {
    const json *value = lookUp(object, key);
    if (!value)
      if (const ConfigKey *known = ropeKeys().find(key); known && known->fallback.is_number())
        value = &known->fallback;
    if (value && !value->is_number())
      fail("key '", key, "' of 'rope_parameters' or 'rope_scaling' is ", value->dump(),
           ", not a number");
    double result = value && value->is_number() ? value->get<double>() : 0;
    return result != 0 ? result : otherwise;
  };
  RopeConfig rope;
  rope.type = object["rope_type"].get<std::string>();
  rope.theta = number("rope_theta", this->number("rope_theta"));
  if (const json *theta = lookUp(object, "rope_theta"); theta && *theta == 0)
    fail("key 'rope_theta' of 'rope_parameters' or 'rope_scaling' is 0, not above 1");
  rope.partialFactor =
      number("partial_rotary_factor", optionalNumber("partial_rotary_factor").value_or(1));
  if (!(rope.partialFactor > 0 && rope.partialFactor <= 1)) {
    fail("key 'partial_rotary_factor' is ", rope.partialFactor, ", not above 0 and at most 1");
    rope.partialFactor = 1;
  }
  checkType(*this, rope.type);
  if (rope.type == "default")
    return rope;
  const double positions = double(count("max_position_embeddings"));
  const double original = number("original_max_position_embeddings", positions);
  if (!(original >= 1 && original <= INT32_MAX))
    fail("key 'original_max_position_embeddings' is ", original, ", not 1 to ", INT32_MAX);
  else
    rope.originalPositions = int64_t(original);
  rope.betaFast = number("beta_fast", 1);
  rope.betaSlow = number("beta_slow", 1);
  rope.mscale = number("mscale", 0);
  rope.mscaleAllDim = number("mscale_all_dim", 0);
  if (lookUp(object, "attention_factor"))
    rope.attentionFactor = number("attention_factor", 1);
  const json *truncate = lookUp(object, "truncate");
  rope.truncate = truncate ? *truncate == true : ropeKeys().find("truncate")->fallback.get<bool>();
  if (truncate && !truncate->is_boolean())
    fail("key 'truncate' is ", truncate->dump(), ", not true or false");
  checkNeeded(*this, object, rope.type);
  rope.lowTurns = number("low_freq_factor", 0);
  rope.highTurns = number("high_freq_factor", 0);
  checkTurns(*this, rope);
  rope.factor = number("factor", positions / std::max(original, 1.0));
  for (auto [key, value] : {std::pair("factor", rope.factor),
                            {"beta_fast", rope.betaFast},
                            {"beta_slow", rope.betaSlow},
                            {"attention_factor", rope.yarnMagnitude()}})
    if (!(value > 0 && std::isfinite(value)))
      fail("rope type '", rope.type, "' has ", key, " ", value, ", not positive");
  return rope;
}

static double yarnMscale(double factor, double mscale) {
  return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

double RopeConfig::yarnMagnitude() const {
  if (attentionFactor)
    return *attentionFactor;
  if (mscale != 0 && mscaleAllDim != 0)
    return yarnMscale(factor, mscale) / yarnMscale(factor, mscaleAllDim);
  return yarnMscale(factor, 1);
}

double RopeConfig::softmaxFactor() const {
  if (type == "default" || mscaleAllDim == 0)
    return 1;
  double mscale = yarnMscale(factor, mscaleAllDim);
  return mscale * mscale;
}
