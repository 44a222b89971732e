//===- ElementScanner.cpp - Arguments as elements in elements ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/ArgumentScanner.h"
#include "runtime/parser/Values.h"

#include <set>

using namespace moec;
using namespace moec::parser;

/// Before each tag.
static constexpr std::string_view tagMark = "]<]minimax[>[";
static constexpr size_t maxDepth = 64, maxTag = 512;

static bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \n\t\r") == text.npos;
}

namespace {
class ElementScanner : public ArgumentScanner {
public:
  explicit ElementScanner(const ToolSignature &tool) : arguments{ObjectType, tool.parameters} {
    open.push_back({"invoke", &arguments});
  }

  Step step(char c) override {
    if (isTag ? !stepTag(c) : !stepText(c))
      return Step::Bad;
    return open.empty() ? Step::Done : Step::Inside;
  }

private:
  struct Element {
    std::string name;
    const ValueType *type; ///< null where nothing is known
    char bracket = 0;      ///< what closes its members; 0 while it has none
    std::string text = {}; ///< that waits
    bool isStreamed = false;
    std::set<std::string, std::less<>> keys = {};

    uint8_t types() const { return type ? type->types : 0; }
    const ValueType *member(const std::string &key) const {
      if (!type)
        return nullptr;
      auto found = type->members.find(key);
      return found == type->members.end() ? nullptr : &found->second;
    }
  };

  bool stepText(char c);
  bool addText(std::string_view text);
  bool stepTag(char c);
  bool begin(std::string name);
  bool beginMember(const std::string &name);
  bool end();

  ValueType arguments;
  std::vector<Element> open;
  bool isTag = false;
  std::string held; ///< may be the mark, or is the tag
};
} // namespace

bool ElementScanner::stepText(char c) {
  held += c;
  size_t over = 0;
  while (!tagMark.starts_with(std::string_view(held).substr(over)))
    ++over;
  if (over != 0 && !addText(std::string_view(held).substr(0, over)))
    return false;
  held.erase(0, over);
  if (held == tagMark) {
    held.clear();
    isTag = true;
  }
  return true;
}

bool ElementScanner::addText(std::string_view text) {
  Element &element = open.back();
  if (element.bracket || open.size() == 1)
    return isBlank(text);
  // A text can be nothing else; other values are known at their end.
  if (element.types() == StringType) {
    out += std::exchange(element.isStreamed, true) ? "" : "\"";
    out += escapeJson(text);
  } else {
    element.text += text;
  }
  return true;
}

bool ElementScanner::stepTag(char c) {
  held += c;
  if (held.front() != '<' || held.size() > maxTag)
    return false;
  if (c != '>')
    return true;
  isTag = false;
  const std::string tag = std::exchange(held, {}).substr(1);
  if (!tag.starts_with('/'))
    return begin(tag.substr(0, tag.size() - 1));
  return tag.substr(1, tag.size() - 2) == open.back().name && end();
}

bool ElementScanner::beginMember(const std::string &name) {
  Element &parent = open.back();
  const bool isFirst = parent.bracket == 0;
  if (isFirst) {
    const bool isList = open.size() > 1 && name == "item" && !(parent.types() & ObjectType);
    if (parent.isStreamed || !isBlank(parent.text))
      return false;
    parent.bracket = isList ? ']' : '}';
    out += isList ? '[' : '{';
  } else {
    out += ", ";
  }
  if (parent.bracket == ']')
    return name == "item";
  out += "\"" + escapeJson(name) + "\": ";
  return parent.keys.insert(name).second;
}

bool ElementScanner::begin(std::string name) {
  if (name.empty() || open.size() > maxDepth || !beginMember(name))
    return false;
  const Element &parent = open.back();
  const ValueType *type = parent.bracket == '}' ? parent.member(name)
                          : parent.type         ? parent.type->element.get()
                                                : nullptr;
  open.push_back({std::move(name), type});
  return true;
}

bool ElementScanner::end() {
  const Element &element = open.back();
  const uint8_t types = element.types();
  const bool mayBeText = types == 0 || types & StringType;
  if (element.bracket)
    out += element.bracket;
  else if (open.size() == 1)
    out += "{}";
  else if (element.isStreamed)
    out += '"';
  else if (element.text.empty() && !mayBeText && types & (ArrayType | ObjectType))
    out += types & ArrayType ? "[]" : "{}";
  else
    out += valueToJson(element.text, types ? types : uint8_t(StringType));
  open.pop_back();
  return true;
}

std::unique_ptr<ArgumentScanner> parser::makeElementScanner(const ToolSignature &tool) {
  return std::make_unique<ElementScanner>(tool);
}

std::unique_ptr<ArgumentScanner> parser::makeScanner(Notation notation, const ToolSignature &tool) {
  return notation == Notation::Python  ? makePythonScanner()
         : notation == Notation::Gemma ? makeGemmaScanner()
                                       : makeElementScanner(tool);
}
