//===- ChatFixture.h - A model with a chat template -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_SERVER_CHATFIXTURE_H
#define MOEC_UNITTESTS_SERVER_CHATFIXTURE_H

#include "FakeApi.h"
#include "runtime/server/api/ChatTemplate.h"

namespace moec::server {

/// A template with tools, thoughts and calls. Variables may begin the answer.
inline constexpr const char *hermes =
    "{% for t in tools or [] %}<T>{{ t | tojson }}\n{% endfor %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ '\n' }}<tool_call>\n{\"name\": \"{{ c.function.name }}\", "
    "\"arguments\": "
    "{{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{{ begin }}{{ reasoning_effort }}{% "
    "endif %}";

/// Handlers for a model whose template is known, and a long context.
struct ChatFixture : ApiTest {
  ChatFixture() {
    backend.context = 4096;
    use(hermes);
  }
  void use(const char *source) {
    options.chat.model = std::make_shared<const jinja::ModelTemplate>(
        jinja::ModelTemplate{*jinja::Template::parse(source, "t"), "t",
                             *jinja::Json::parse(R"({"eos_token": "<|im_end|>"})"), source});
    options.chat.formats = parser::detectFormats(source);
  }
  std::string promptOf(size_t index) {
    return *byteTokenizer().decode(backend.request(index).prompt);
  }
};

} // namespace moec::server

#endif // MOEC_UNITTESTS_SERVER_CHATFIXTURE_H
