//===- Schema.cpp - The types that a tool's schema allows -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/parser/AnswerParser.h"

#include <nlohmann/json.hpp>

using namespace moec;
using namespace moec::parser;
using Json = nlohmann::json;

/// References to follow, and schemas within schemas.
static constexpr unsigned maxNesting = 16;

/// Types within types of one tool: a schema that refers to itself has no end.
static constexpr unsigned maxTypes = 1024;

static uint8_t typeNamed(const Json &name) {
  static constexpr std::pair<const char *, uint8_t> types[] = {
      {"null", NullType},     {"boolean", BooleanType}, {"integer", IntegerType},
      {"number", NumberType}, {"string", StringType},   {"array", ArrayType},
      {"object", ObjectType}};
  for (auto [known, type] : types)
    if (name == known)
      return type;
  return 0;
}

static uint8_t typeOf(const Json &value) {
  if (value.is_number())
    return value.is_number_float() ? NumberType : IntegerType;
  return typeNamed(value.is_structured() ? value.is_array() ? "array" : "object"
                   : value.is_null()     ? "null"
                   : value.is_boolean()  ? "boolean"
                                         : "string");
}

/// What "#/$defs/a" refers to; null where there is nothing.
static const Json *findReference(const Json &root, const Json &reference) {
  const std::string *path = reference.get_ptr<const std::string *>();
  if (!path || !path->starts_with("#/"))
    return nullptr;
  const Json *at = &root;
  for (size_t begin = 2; at;) {
    size_t end = std::min(path->find('/', begin), path->size());
    auto it = at->find(path->substr(begin, end - begin));
    at = it == at->end() ? nullptr : &*it;
    if (end == path->size())
      break;
    begin = end + 1;
  }
  return at;
}

/// The types that a schema allows; 0 where it says nothing.
static uint8_t typesOf(const Json &schema, const Json &root, unsigned nesting = 0) {
  if (!schema.is_object() || nesting > maxNesting)
    return 0;
  uint8_t types = 0;
  if (auto type = schema.find("type"); type != schema.end()) {
    for (const Json &one : type->is_array() ? *type : Json::array({*type}))
      types |= typeNamed(one);
    if (schema.value("nullable", Json()) == true)
      types |= NullType;
    return types;
  }
  if (auto reference = schema.find("$ref"); reference != schema.end())
    if (const Json *found = findReference(root, *reference))
      return typesOf(*found, root, nesting + 1);
  for (const char *name : {"anyOf", "oneOf", "allOf"})
    if (auto parts = schema.find(name); parts != schema.end() && parts->is_array())
      for (const Json &part : *parts)
        types |= typesOf(part, root, nesting + 1);
  if (auto values = schema.find("enum"); values != schema.end() && values->is_array())
    for (const Json &value : *values)
      types |= typeOf(value);
  if (auto value = schema.find("const"); value != schema.end())
    types |= typeOf(*value);
  return types;
}

namespace {
/// Reads the types within a schema, as far as there may be.
struct TypeReader {
  const Json &root;
  unsigned left = maxTypes;

  ValueType read(const Json &schema, unsigned nesting = 0) {
    ValueType type{typesOf(schema, root)};
    const Json *at = &schema;
    if (auto reference = find(schema, "$ref"))
      if (const Json *found = findReference(root, *reference))
        at = found;
    if (nesting == maxNesting)
      return type;
    if (const Json *properties = find(*at, "properties"); properties && properties->is_object())
      for (const auto &[key, property] : properties->items())
        if (left != 0) {
          --left;
          type.members.emplace(key, read(property, nesting + 1));
        }
    if (const Json *items = find(*at, "items"); items && items->is_object() && left != 0) {
      --left;
      type.element = std::make_shared<const ValueType>(read(*items, nesting + 1));
    }
    return type;
  }

private:
  static const Json *find(const Json &object, const char *name) {
    auto found = object.is_object() ? object.find(name) : object.end();
    return found == object.end() ? nullptr : &*found;
  }
};
} // namespace

ToolSignature parser::makeSignature(std::string name, std::string_view schema) {
  const Json root = Json::parse(schema, nullptr, /*allow_exceptions=*/false);
  return {std::move(name), TypeReader{root}.read(root).members};
}
