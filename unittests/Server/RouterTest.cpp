//===- RouterTest.cpp - Paths, keys and origins ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "FakeApi.h"
#include "runtime/server/AccessLog.h"

using namespace moec;
using namespace moec::server;

namespace {

using RouterTest = ApiTest;

TEST_F(RouterTest, UnknownPathsAndMethods) {
  EXPECT_EQ(get("/v2")->head.status, 404);
  EXPECT_EQ(get("/v2")->message(), "there is no /v2");
  auto responder = get("/v1/completions");
  EXPECT_EQ(responder->head.status, 405);
  EXPECT_EQ(responder->header("Allow"), "POST, OPTIONS");
  EXPECT_EQ(responder->message(), "the method of /v1/completions is POST, not GET");
  EXPECT_EQ(call({"POST", "/health", {}, ""})->header("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(call({"HEAD", "/health", {}, ""})->head.status, 200);
  EXPECT_EQ(call({"HEAD", "/v1/completions", {}, ""})->head.status, 405);
}

TEST_F(RouterTest, BodiesAreJson) {
  auto responder = call({"POST", "/tokenize", {{"content-type", "text/plain"}}, "{}"});
  EXPECT_EQ(responder->head.status, 415);
  EXPECT_EQ(responder->message(), "the Content-Type is 'text/plain'; it must be application/json");
  EXPECT_EQ(post("/tokenize", "{}", {{"content-encoding", "gzip"}})->head.status, 415);
}

TEST_F(RouterTest, Keys) {
  options.apiKeys = {"one", "two"};
  auto status = [&](const std::string &path, const std::string &authorization) {
    return get(path, {{"authorization", authorization}})->head.status;
  };
  EXPECT_EQ(status("/v1/models", "Bearer one"), 200);
  EXPECT_EQ(status("/v1/models", "bearer  two"), 200);
  for (const char *wrong :
       {"", "Bearer", "Bearer ", "Bearer on", "Bearer onee", "one", "Basic one"})
    EXPECT_EQ(status("/v1/models", wrong), 401) << wrong;
  auto responder = get("/v1/models");
  EXPECT_EQ(responder->json()["error"]["code"], "invalid_api_key");
  EXPECT_EQ(responder->header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(post("/tokenize", R"({"prompt": "a"})")->head.status, 401);
  options.apiKeys = {""};
  EXPECT_EQ(status("/v1/models", "Bearer "), 401) << "no key is no key";
  for (const char *open : {"/health", "/metrics", "/version"})
    EXPECT_EQ(status(open, ""), 200) << open;
}

TEST_F(RouterTest, RequestIds) {
  EXPECT_EQ(get("/health", {{"x-request-id", "a-1"}})->header("X-Request-Id"), "a-1");
  std::string made = get("/health", {{"x-request-id", "a b"}})->header("X-Request-Id");
  EXPECT_EQ(made.size(), 32u);
  EXPECT_NE(made, get("/health")->header("X-Request-Id"));
}

TEST_F(RouterTest, Origins) {
  auto origin = [&](const char *name) {
    return get("/health", {{"origin", name}})->header("Access-Control-Allow-Origin");
  };
  EXPECT_EQ(origin("http://a"), "");
  options.corsOrigins = {"http://a"};
  EXPECT_EQ(origin("http://a"), "http://a");
  EXPECT_EQ(origin("http://b"), "");
  EXPECT_EQ(get("/health", {{"origin", "http://b"}})->header("Vary"), "Origin");
  options.corsOrigins = {"*"};
  EXPECT_EQ(origin("http://b"), "*");
  options.apiKeys = {"one"};
  auto preflight = call({"OPTIONS", "/v1/completions", {{"origin", "http://b"}}, ""});
  EXPECT_EQ(preflight->head.status, 204);
  EXPECT_EQ(preflight->header("Access-Control-Allow-Methods"), "POST, OPTIONS");
  auto headers = [&](const char *asked) {
    return call({"OPTIONS",
                 "/v1/completions",
                 {{"origin", "http://b"}, {"access-control-request-headers", asked}},
                 ""})
        ->header("Access-Control-Allow-Headers");
  };
  EXPECT_EQ(headers("content-type, x-stainless-os"), "content-type, x-stainless-os");
  EXPECT_EQ(headers("a\x7f"), "Authorization, Content-Type, X-Request-Id");
}

TEST_F(RouterTest, Models) {
  Json json = get("/v1/models")->json();
  EXPECT_EQ(json["object"], "list");
  ASSERT_EQ(json["data"].size(), 2u);
  EXPECT_EQ(json["data"][1]["id"], "alias");
  EXPECT_EQ(json["data"][0]["max_model_len"], 64);
  EXPECT_EQ(get("/v1/models/m")->json()["id"], "m");
  options.modelNames = {"a/b"};
  EXPECT_EQ(get("/v1/models/a%2Fb")->json()["id"], "a/b");
  EXPECT_EQ(get("/v1/models/x%")->head.status, 404);
}

TEST_F(RouterTest, Health) {
  EXPECT_EQ(get("/health")->head.status, 200);
  api.draining = true;
  EXPECT_EQ(get("/health")->head.status, 503);
  EXPECT_EQ(complete()->message(), "the server is shutting down");
  backend.die("step 7 failed");
  EXPECT_EQ(get("/health")->message(), "step 7 failed");
}

TEST_F(RouterTest, Tokenize) {
  EXPECT_EQ(post("/tokenize", R"({"prompt": "ab", "return_token_strs": true})")->json(),
            Json::parse(R"({"count": 2, "max_model_len": 64, "tokens": [97, 98],
                            "token_strs": ["a", "b"]})"));
  auto chat = post("/tokenize", R"({"model": "m", "messages": [{"role": "user", "content": "a"}],
                                    "add_generation_prompt": false, "x": 1})");
  EXPECT_EQ(chat->json()["tokens"], Json::parse("[256, 117, 115, 101, 114, 10, 97, 257, 10]"));
  EXPECT_EQ(chat->header("X-Moec-Ignored-Fields"), "x");
  EXPECT_EQ(post("/tokenize", "{}")->message(), "give either 'prompt' or 'messages'");
  EXPECT_EQ(post("/tokenize", R"({"model": "x", "prompt": ""})")->head.status, 404);
  EXPECT_EQ(post("/detokenize", R"({"tokens": [97, 257]})")->json()["prompt"], "a<|im_end|>");
  EXPECT_EQ(post("/detokenize", "{}")->message(),
            "'tokens' is missing; it must be an array of token ids");
  EXPECT_EQ(post("/detokenize", R"({"tokens": [-1]})")->head.status, 400);
  EXPECT_EQ(post("/detokenize", R"({"tokens": [97, 1000]})")->message(),
            "'tokens[1]' is 1000; it must be one of the model's 1000 token ids");
}

TEST_F(RouterTest, Version) {
  options.version = "1.2";
  EXPECT_EQ(get("/version")->json()["version"], "1.2");
}

TEST_F(RouterTest, Metrics) {
  backend.counters.promptTokens = 7;
  backend.counters.cachedTokens = 2;
  backend.counters.cacheEvictions = 5;
  backend.counters.cacheBytes = 4096;
  backend.counters.pages = 4;
  backend.counters.freePages = 1;
  backend.counters.drafts = {3, 9, 4, {3, 1}, 2};
  using runtime::RequestTimes;
  RequestTimes times;
  times.submitted = RequestTimes::Time(std::chrono::seconds(100));
  times.admitted = times.submitted + std::chrono::milliseconds(250);
  times.firstToken = times.admitted + std::chrono::milliseconds(500);
  times.ended = times.firstToken + std::chrono::seconds(3);
  metrics.addEnd(runtime::FinishReason::Full, times);
  metrics.addEnd(runtime::FinishReason::Abort, {});
  metrics.addTokens(0.2, 2);
  metrics.addStep({12, 3, 0.1});
  metrics.addChat(0.0015);
  options.modelNames = {"a\"b"};
  auto responder = get("/metrics");
  EXPECT_EQ(responder->head.contentType, "text/plain; version=0.0.4; charset=utf-8");
  const std::string labels = R"({model_name="a\"b")";
  for (const std::string &line : std::vector<std::string>{
           "# TYPE vllm:prompt_tokens_total counter",
           "vllm:prompt_tokens_total" + labels + "} 7",
           "vllm:prefix_cache_queries_total" + labels + "} 9",
           "vllm:prefix_cache_hits_total" + labels + "} 2",
           "moec:prefix_cache_evictions_total" + labels + "} 5",
           "moec:prefix_cache_bytes" + labels + "} 4096",
           "vllm:kv_cache_usage_perc" + labels + "} 0.75",
           "vllm:spec_decode_num_drafts_total" + labels + "} 3",
           "vllm:spec_decode_num_draft_tokens_total" + labels + "} 9",
           "vllm:spec_decode_num_accepted_tokens_total" + labels + "} 4",
           "vllm:spec_decode_num_accepted_tokens_per_pos_total" + labels + R"(,position="1"} 1)",
           "vllm:request_success_total" + labels + R"(,finished_reason="length"} 1)",
           "vllm:request_success_total" + labels + R"(,finished_reason="abort"} 1)",
           "vllm:request_success_total" + labels + R"(,finished_reason="stop"} 0)",
           "# TYPE vllm:time_to_first_token_seconds histogram",
           "vllm:time_to_first_token_seconds_bucket" + labels + R"(,le="0.5"} 0)",
           "vllm:time_to_first_token_seconds_bucket" + labels + R"(,le="0.75"} 1)",
           "vllm:time_to_first_token_seconds_bucket" + labels + R"(,le="+Inf"} 1)",
           "vllm:time_to_first_token_seconds_sum" + labels + "} 0.75",
           "vllm:time_to_first_token_seconds_count" + labels + "} 1",
           "vllm:request_queue_time_seconds_sum" + labels + "} 0.25",
           "vllm:request_prefill_time_seconds_sum" + labels + "} 0.5",
           "vllm:request_decode_time_seconds_sum" + labels + "} 3.0",
           "vllm:e2e_request_latency_seconds_sum" + labels + "} 3.75",
           "vllm:inter_token_latency_seconds_bucket" + labels + R"(,le="0.075"} 0)",
           "vllm:inter_token_latency_seconds_bucket" + labels + R"(,le="0.1"} 2)",
           "vllm:iteration_tokens_total_bucket" + labels + R"(,le="16.0"} 1)",
           "moec:chat_text_seconds_bucket" + labels + R"(,le="0.002"} 1)",
           "moec:chat_text_seconds_sum" + labels + "} 0.0015",
       })
    EXPECT_NE(responder->body.find("\n" + line + "\n"), std::string::npos) << line << "\n"
                                                                           << responder->body;
  EXPECT_EQ(responder->body.find(R"(,position="2"})"), std::string::npos) << "two are drafted";
}

TEST(AccessLog, Lines) {
  AccessRecord record{"id", "POST", "/a\"\xFF", 200, 3, std::nullopt, 0.5, 1.5, "stop"};
  EXPECT_EQ(
      toLine(record, std::chrono::system_clock::time_point(std::chrono::milliseconds(86400001))),
      "{\"time\":\"1970-01-02T00:00:00.001Z\",\"id\":\"id\",\"method\":\"POST\",\"path\":"
      "\"/a\\\"\xEF\xBF\xBD\",\"status\":200,\"prompt_tokens\":3,\"completion_tokens\":null,"
      "\"seconds\":1.5,\"first_token_seconds\":0.5,\"reason\":\"stop\"}\n");
}

} // namespace
