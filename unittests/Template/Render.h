//===- Render.h - Templates in tests ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_TEMPLATE_RENDER_H
#define MOEC_UNITTESTS_TEMPLATE_RENDER_H

#include "moec/runtime/template/Template.h"

#include <stdexcept>

namespace moec::jinja {

inline Json json(std::string_view text) {
  Expected<Json> parsed = Json::parse(text);
  if (!parsed)
    throw std::runtime_error(parsed.takeError().message());
  return *parsed;
}

/// What a template makes of an object of variables, or "error: " and why not.
inline std::string render(std::string_view source, std::string_view variables = "{}",
                          ChatOptions options = {}) {
  Expected<Template> parsed = Template::parse(source, "t");
  if (!parsed)
    return "error: " + parsed.takeError().message();
  options.variables = {json(variables)};
  Expected<std::string> text = parsed->render(options);
  return text ? *text : "error: " + text.takeError().message();
}

} // namespace moec::jinja

#endif // MOEC_UNITTESTS_TEMPLATE_RENDER_H
