//===- SimulationTest.cpp - A hundred thousand requests, simulated --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Engine and scheduler on a device without kernels. A seed decides pools of state, limits, pages,
// the prefix cache and its snapshots, drafts, who makes them and how many are right, prompts (many
// with a prefix in common, siblings, or the next turn of a conversation), salts, owners,
// priorities, aborts and arrivals. Every request ends exactly once and for the right reason, with
// the tokens that its context asks for, in order, whatever it found in the cache; every page and
// slot comes back.
//
// The number of a failing test is its seed:
//
//   MoecRuntimeTests --gtest_filter='Seeds/SimulationTest.EveryRequestEndsOnce/17'
//
//===----------------------------------------------------------------------===//

#include "FakeDevice.h"
#include "TinyModel.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/StateMemory.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;
using namespace moec::test;
using Tokens = std::vector<int32_t>;

namespace {
constexpr uint32_t requestsPerSeed = 1000;

/// The pools of the plans to draw from: half of the time one of pages, as most models have.
std::vector<TinyModel::Pools> drawnPools() {
  auto pages = [](uint32_t size) { return PoolRule{plan::Allocation::Paged, size, 0}; };
  auto window = [](uint32_t size, uint32_t length) {
    return PoolRule{plan::Allocation::Window, size, length};
  };
  PoolRule slots{plan::Allocation::Slots, 0, 0};
  return {{pages(1)},        {pages(4), window(3, 5)},
          {pages(3)},        {window(1, 20), slots},
          {pages(4)},        {window(4, 1), pages(16), window(2, 9)},
          {pages(16)},       {slots, pages(5), slots, pages(2)},
          {pages(1)},        {window(5, 7)},
          {pages(3)},        {slots},
          {pages(4)},        {pages(64)},
          {pages(16)},       {pages(16), window(16, 24)},
          {pages(1)},        {pages(64), window(1, 10)},
          {pages(4)},        {},
          {pages(4), slots}, {pages(1), window(2, 9), slots},
          {pages(16), slots}};
}

/// Tokens that a sequence can have: more than a page.
uint32_t contextOf(const TinyModel::Pools &pools) {
  return !pools.empty() && pools[0].pageSize == 64 ? 160 : TinyModel::maxContext;
}

/// What a request was promised, and what it got.
struct Promise {
  Tokens prompt, answer;
  uint32_t maxTokens = 0, logitsFrom = 0;
  bool wantsLogits = false;
  bool ignoreEos = false;
  TinyContext context; ///< of the prompt and the tokens so far
  std::vector<int32_t>
      order; ///< the tokens that the prompt's positions ask for, if logits are asked
  uint32_t logits = 0, tokens = 0;
  FinishReason reason = FinishReason::None;
};

/// One engine and its load.
class Simulation {
public:
  Simulation(uint32_t seed, const std::string &folder) : random(seed) {
    std::vector<TinyModel::Pools> all = drawnPools();
    pools = all[seed % all.size()];
    maxContext = contextOf(pools);
    EngineOptions options;
    // Off, some pages at most, or what is free.
    uint32_t cache = pick(0, 5);
    options.prefixCacheBytes = cache == 0 ? 0 : cache == 1 ? pick(1, 2000) : UINT64_MAX;
    options.snapshotGrid = 1 << pick(0, 4);
    options.snapshotInterval = pick(0, 24);
    options.maxTokens = pick(1, TinyModel::maxTokens);
    options.maxSequences = pick(1, std::min(8u, options.maxTokens));
    options.maxChunk = std::min(pick(0, 9), options.maxTokens);
    options.prefillFirst = pick(0, 3) == 0;
    auto artifact = Artifact::open(folder + "/" + std::to_string(seed % all.size()));
    EXPECT_TRUE(artifact) << artifact.takeError().message();
    const plan::Plan &plan = (*artifact)->plan();
    // From less than one whole context to more than enough for all.
    uint32_t rows = pick(1, 3) * maxContext / 2 + pick(1, 80);
    options.drafts.tokens = pick(0, 1) ? pick(1, 6) : 0;
    options.drafts.method = pick(0, 1) ? DraftMethod::Any : DraftMethod::Lookup;
    options.kvMemoryBytes = 1 + fixedStateBytes(plan, {options.maxTokens, options.maxSequences, 0,
                                                       0, options.drafts.tokens});
    for (size_t i = 0; i < pools.size(); ++i)
      if (pools[i].allocation == plan::Allocation::Paged)
        options.kvMemoryBytes += pools[i].pagesFor(rows) * unitBytes(plan, i);
      else if (!pools[i].hasPages()) // for snapshots, if there is a cache
        options.kvMemoryBytes += pick(0, 9) * unitBytes(plan, i);
    hasDraftModel = options.drafts.tokens != 0 && pick(0, 2) != 0;
    if (hasDraftModel) {
      options.drafts.method = DraftMethod::Any;
      size_t number = drawDraftModel(all);
      draftPools = all[number];
      options.drafts.model = folder + "/" + std::to_string(number);
    }
    engine = open(std::move(*artifact), folder + "/" + std::to_string(seed % all.size()), options);
    wrongDrafts = pick(0, 4);
    if (engine->speculation())
      engine->speculation()->revise([this](const Sequence &sequence, uint32_t most,
                                           Tokens &drafts) { revise(sequence, most, drafts); });
    longest = engine->pools().capacity(maxContext);
    limit = options.prefixCacheBytes;
    if (!hasDraftModel && pools.size() == 1 && pools[0].allocation == plan::Allocation::Paged) {
      uint32_t pages =
          std::min(pools[0].pagesFor(rows), pools[0].pagesFor(maxContext) * options.maxSequences);
      EXPECT_EQ(engine->stats().pages, pages);
      EXPECT_EQ(longest, std::min(pages * pools[0].pageSize, maxContext));
    }
    patience = pick(0, 20);
    for (Tokens &prefix : prefixes)
      prefix = draw(pick(0, longest / 2));
  }

  void run();

private:
  uint32_t pick(uint32_t low, uint32_t high) { return low + uint32_t(random() % (high - low + 1)); }
  Tokens draw(uint32_t count);
  size_t drawDraftModel(const std::vector<TinyModel::Pools> &all);
  static std::unique_ptr<Engine> open(std::unique_ptr<Artifact> artifact, const std::string &path,
                                      EngineOptions options);
  void revise(const Sequence &sequence, uint32_t most, Tokens &drafts);
  void expectDrafts(const Sequence &sequence, const Tokens &drafts) const;
  Tokens drawPrompt(std::optional<RequestId> &sibling);
  void submit();
  void abortSome();
  void expectHit(const Promise &promise, const TokenEvent &event) const;
  void onToken(RequestId id, const TokenEvent &event);
  void expectEnd(const Promise &promise, const TokenEvent &event);
  uint32_t lengthLimit(const Promise &promise) const;

  std::mt19937 random;
  TinyModel::Pools pools, draftPools;
  std::unique_ptr<Engine> engine;
  std::map<RequestId, Promise> promises;
  std::vector<RequestId> live;
  Tokens prefixes[4];
  uint32_t maxContext = 0, longest = 0, patience = 0, submitted = 0, ended = 0;
  uint32_t wrongDrafts = 0; ///< of five
  bool hasDraftModel = false;
  uint64_t limit = 0; ///< of the prefix cache, in bytes
  RequestId aborting = 0;
};
} // namespace

Tokens Simulation::draw(uint32_t count) {
  Tokens tokens(count);
  for (int32_t &token : tokens)
    token = int32_t(pick(0, TinyModel::vocab - 1));
  return tokens;
}

/// One without slots: half of the time the model itself, where it is one.
size_t Simulation::drawDraftModel(const std::vector<TinyModel::Pools> &all) {
  auto hasSlots = [](const TinyModel::Pools &some) {
    return std::ranges::any_of(some, [](const PoolRule &rule) { return !rule.hasPages(); });
  };
  auto self = size_t(std::ranges::find_if(
                         all,
                         [&](const TinyModel::Pools &some) {
                           return std::ranges::equal(some, pools, [](const auto &a, const auto &b) {
                             return a.allocation == b.allocation && a.pageSize == b.pageSize &&
                                    a.window == b.window;
                           });
                         }) -
                     all.begin());
  size_t number = pick(0, 1) ? self : pick(0, uint32_t(all.size() - 1));
  while (hasSlots(all[number]))
    number = (number + 1) % all.size();
  return number;
}

/// With more memory, where windows and a draft model need it.
std::unique_ptr<Engine> Simulation::open(std::unique_ptr<Artifact> artifact,
                                         const std::string &path, EngineOptions options) {
  auto made = Engine::create(std::move(artifact), std::make_unique<FakeDevice>(), options);
  while (!made && !options.drafts.model.empty() && options.kvMemoryBytes < (1 << 20)) {
    EXPECT_NE(made.takeError().message().find("raise --kv-memory"), std::string::npos);
    options.kvMemoryBytes += options.kvMemoryBytes / 4 + 64;
    made =
        Engine::create(std::move(*Artifact::open(path)), std::make_unique<FakeDevice>(), options);
  }
  EXPECT_TRUE(made) << made.takeError().message();
  return std::move(*made);
}

/// Whatever was taken back before, a draft model's drafts are what it makes of the whole text.
void Simulation::expectDrafts(const Sequence &sequence, const Tokens &drafts) const {
  TinyContext context(draftPools);
  for (int32_t token : sequence.tokens)
    context.add(token);
  for (int32_t draft : drafts) {
    EXPECT_EQ(draft, context.next())
        << "behind " << sequence.tokens.size() << " tokens of request " << sequence.id;
    context.add(draft);
  }
}

/// Puts what will follow in place of what was drafted, but for some tokens.
void Simulation::revise(const Sequence &sequence, uint32_t most, Tokens &drafts) {
  if (hasDraftModel)
    expectDrafts(sequence, drafts);
  if (pick(0, 4) == 0 || (hasDraftModel && pick(0, 1)))
    return; // the drafter's own, or none
  TinyContext context(pools);
  for (int32_t token : sequence.tokens)
    context.add(token);
  drafts.clear();
  for (uint32_t count = pick(0, most); drafts.size() < count;) {
    drafts.push_back(pick(0, 4) < wrongDrafts ? draw(1)[0] : context.next());
    context.add(drafts.back());
  }
}

Tokens Simulation::drawPrompt(std::optional<RequestId> &sibling) {
  Tokens prompt;
  uint32_t kind = submitted == 0 ? 0 : pick(0, 7);
  if (kind > 4) {
    // The prompt of one of the last: waiting, running, a sibling itself, or ended long ago.
    RequestId last = pick(std::max(1, int32_t(submitted) - 10), submitted);
    const Promise &promise = promises.at(last);
    prompt = promise.prompt;
    if (kind != 5) {
      sibling = last;
      return prompt;
    }
    // And what it has answered so far.
    prompt.insert(prompt.end(), promise.answer.begin(), promise.answer.end());
    prompt.resize(std::min(prompt.size(), size_t(longest)));
  } else {
    prompt = prefixes[pick(0, 3)];
  }
  uint32_t room = longest - uint32_t(prompt.size());
  // Mostly short, sometimes as long as can be.
  Tokens tail = draw(
      std::max(prompt.empty() ? 1u : 0u, pick(0, 15) == 0 ? room : pick(0, std::min(room, 12u))));
  prompt.insert(prompt.end(), tail.begin(), tail.end());
  return prompt;
}

void Simulation::submit() {
  Promise promise;
  std::optional<RequestId> sibling;
  promise.prompt = drawPrompt(sibling);
  promise.maxTokens = pick(0, 7) == 0 ? 1000 : pick(0, 12);
  promise.ignoreEos = pick(0, 1);
  promise.context = TinyContext(pools);
  for (int32_t token : promise.prompt) {
    promise.context.add(token);
    promise.order.push_back(promise.context.next());
  }

  Request request;
  request.prompt = promise.prompt;
  request.maxTokens = promise.maxTokens;
  request.turnEnd = pick(0, 1) ? pick(0, uint32_t(promise.prompt.size())) : 0;
  request.ignoreEos = promise.ignoreEos;
  request.sibling = sibling;
  request.owner = std::string(1, char('a' + pick(0, 2)));
  request.cacheSalt = pick(0, 5) == 0 ? "salt" : "";
  request.priority = pick(0, 9) == 0 ? int32_t(pick(0, 2)) - 1 : 0;
  RequestId expected = ++submitted;
  if (pick(0, 4) == 0) {
    promise.wantsLogits = true;
    promise.logitsFrom = promise.logits =
        pick(0, 1) ? pick(0, uint32_t(promise.prompt.size()) - 1) : 0;
    request.logitsFrom = promise.logitsFrom;
    request.onLogits = [this, expected](uint32_t position, std::span<const float> row) {
      Promise &seen = promises.at(expected);
      ASSERT_EQ(position, seen.logits++) << "of request " << expected;
      EXPECT_EQ(row[uint32_t(seen.order[position])], 1) << "of request " << expected;
    };
  }
  request.onToken = [this, expected](const TokenEvent &event) { onToken(expected, event); };
  promises[expected] = std::move(promise);
  Expected<RequestId> id = engine->submit(std::move(request));
  ASSERT_TRUE(id) << id.takeError().message();
  ASSERT_EQ(*id, expected);
  live.push_back(expected);
}

/// Aborts one of the last requests: waiting, running, or ended long ago.
void Simulation::abortSome() {
  if (submitted == 0)
    return;
  RequestId id = pick(std::max(1, int32_t(submitted) - 30), submitted);
  bool alive = promises.at(id).reason == FinishReason::None;
  aborting = id;
  EXPECT_EQ(engine->abort(id), alive) << "of request " << id;
  aborting = 0;
}

/// Tokens that a request gets when no end token comes.
uint32_t Simulation::lengthLimit(const Promise &promise) const {
  uint32_t prompt = uint32_t(promise.prompt.size());
  return std::min(promise.maxTokens, std::max(longest, prompt + 1) - prompt);
}

void Simulation::expectHit(const Promise &promise, const TokenEvent &event) const {
  uint32_t most = uint32_t(promise.prompt.size()) - 1;
  if (promise.wantsLogits)
    most = std::min(most, promise.logitsFrom);
  if (!engine->prefixCache().isOn())
    most = 0;
  EXPECT_LE(event.cachedTokens, most) << "of request " << event.id;
  EXPECT_EQ(event.cachedTokens % engine->prefixCache().blockTokens(), 0u);
}

void Simulation::expectEnd(const Promise &promise, const TokenEvent &event) {
  switch (event.reason) {
  case FinishReason::Stop:
    EXPECT_EQ(event.token, TinyModel::eos);
    EXPECT_FALSE(promise.ignoreEos);
    break;
  case FinishReason::Length:
  case FinishReason::Full:
    EXPECT_EQ(promise.tokens, lengthLimit(promise));
    EXPECT_EQ(event.reason == FinishReason::Full, promise.tokens < promise.maxTokens);
    break;
  case FinishReason::Abort:
    EXPECT_EQ(event.id, aborting) << "nobody aborted it";
    EXPECT_EQ(event.token, -1);
    break;
  default:
    ADD_FAILURE() << "request " << event.id << " failed: " << event.message;
  }
}

void Simulation::onToken(RequestId id, const TokenEvent &event) {
  Promise &promise = promises.at(id);
  ASSERT_EQ(event.id, id);
  ASSERT_EQ(promise.reason, FinishReason::None) << "request " << id << " has ended already";
  if (event.token >= 0) {
    ASSERT_EQ(event.token, promise.context.next())
        << "token " << promise.tokens << " of request " << id;
    promise.context.add(event.token);
    promise.answer.push_back(event.token);
    ++promise.tokens;
  }
  ASSERT_LE(promise.tokens, lengthLimit(promise));
  expectHit(promise, event);
  if (event.reason != FinishReason::None) {
    promise.reason = event.reason;
    ++ended;
    expectEnd(promise, event);
    return;
  }
  // Callbacks may abort any request, their own too, and submit new ones.
  if (pick(0, 60) == 0)
    abortSome();
  if (pick(0, 60) == 0 && submitted < requestsPerSeed)
    submit();
}

static void expectNothingHeld(const ArtifactDrafter &drafter) {
  EXPECT_EQ(drafter.followed(), 0u);
  for (size_t pool = 0; pool < drafter.pools().rules().size(); ++pool)
    EXPECT_EQ(drafter.pools().freeUnits(pool), drafter.pools().units(pool));
}

void Simulation::run() {
  // Far more steps than any order of work needs: a sequence that never gets on would use them up.
  for (uint32_t steps = 0; ended < requestsPerSeed; ++steps) {
    ASSERT_LT(steps, 400 * requestsPerSeed) << ended << " requests have ended";
    while (submitted < requestsPerSeed && (pick(0, patience) == 0 || !engine->busy()))
      submit();
    if (pick(0, 25) == 0)
      abortSome();
    Error failed = engine->step();
    ASSERT_EQ(failed.message(), "");
    Error broken = engine->checkIntegrity();
    ASSERT_EQ(broken.message(), "");
    ASSERT_LE(engine->stats().cacheBytes, limit);
    if (testing::Test::HasFailure())
      return;
  }
  EXPECT_FALSE(engine->busy());
  EngineStats stats = engine->stats();
  EXPECT_EQ(stats.freePages, stats.pages);
  EXPECT_EQ(stats.freeSlots, stats.slots);
  EXPECT_EQ(stats.running + stats.waiting, 0u);
  EXPECT_LE(stats.drafts.accepted, stats.drafts.tokens);
  if (hasDraftModel)
    expectNothingHeld(*engine->speculation()->drafter().otherModel());
  else if (wrongDrafts == 0 && stats.drafts.tokens > 1000)
    EXPECT_GT(stats.drafts.accepted, stats.drafts.tokens / 2);
  // Prompts are too alike for an unbounded cache to find nothing, unless there are few whole
  // blocks.
  if (limit == UINT64_MAX && engine->prefixCache().isOn() &&
      engine->prefixCache().blockTokens() <= 4)
    EXPECT_GT(stats.cachedTokens, 0u);
}

namespace {
class SimulationTest : public testing::TestWithParam<uint32_t> {
protected:
  static void SetUpTestSuite() {
    folder = strCat(testing::TempDir(), "/simulation-", ::getpid());
    std::filesystem::create_directories(folder);
    std::vector<TinyModel::Pools> all = drawnPools();
    for (size_t i = 0; i < all.size(); ++i)
      TinyModel::write(
          folder + "/" + std::to_string(i),
          [&](plan::PlanT &plan) { plan.max_context = contextOf(all[i]); }, all[i]);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder); }
  static inline std::string folder;
};
} // namespace

TEST_P(SimulationTest, EveryRequestEndsOnce) { Simulation(GetParam(), folder).run(); }

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest, testing::Range(0u, 100u));
