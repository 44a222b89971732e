//===- Engine.h - The C++ API: prompts in, tokens out -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An engine owns an artifact, a device and a scheduler. It is driven by its caller, step by step,
// on one thread; nothing happens between calls.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_ENGINE_H
#define MOEC_RUNTIME_ENGINE_H

#include "moec/Support/Error.h"
#include "moec/Support/LargePages.h"
#include "moec/runtime/Artifact.h"
#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/DeviceManifest.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/Sampling.h"
#include "moec/runtime/Scheduler.h"
#include "moec/runtime/drafting/Speculation.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moec::runtime {

/// How to run a model.
struct EngineOptions {
  /// A device kind of the manifest; "" means the first one that runs the artifact's target.
  std::string device;
  DeviceOptions deviceOptions;
  /// The manifest; "" means the one of this build.
  std::string manifest;
  /// Bytes for the states of sequences, the KV cache among them; 0 means a quarter of the device's
  /// free memory, but no more than the longest context for every sequence needs.
  uint64_t kvMemoryBytes = 0;
  /// Tokens and sequences of one step; 0 means what the artifact was compiled for, of sequences no
  /// more than 256 and no more than so many that windows and slots leave half of the state memory.
  uint32_t maxTokens = 0, maxSequences = 0;
  /// Tokens of one sequence in one step; 0 means no limit of its own.
  uint32_t maxChunk = 0;
  /// See SchedulerOptions.
  bool prefillFirst = false;
  /// Bytes of prefixes that are kept although no request needs them, at most; 0 turns the prefix
  /// cache off, UINT64_MAX is whatever pages are free.
  uint64_t prefixCacheBytes = UINT64_MAX;
  /// Of plans with states in slots, tokens between snapshots that the prefix cache keeps of every
  /// text, beside those where texts are likely to branch off; 0 means so many that they take no
  /// more memory than the pages of the text. And tokens between the positions at which it keeps
  /// any: the largest number of tokens that kernels take together.
  uint32_t snapshotInterval = 0, snapshotGrid = 64;
  /// Tokens that are drafted for sequences that decode, and checked several a step.
  DraftOptions drafts;
  /// Whether all memory for states is taken at once, and not when sequences come to it.
  bool touchStates = false;
  /// Whether weights that the device reads where they are mapped may be moved to large pages, where
  /// there is memory for that.
  bool largePages = true;
};

/// Why a request ended.
enum class FinishReason : uint8_t {
  None,   ///< it has not ended
  Stop,   ///< an end token or a stop token was generated
  Length, ///< maxTokens was reached
  Full,   ///< nothing more fits: the context or the memory for states is full
  Abort,  ///< abort() was called
  Error   ///< its logits are not numbers
};

/// When a request came to each stage; the epoch where it has not.
struct RequestTimes {
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  Time submitted;  ///< it was queued
  Time admitted;   ///< a step with its first tokens began
  Time firstToken; ///< the first token was chosen
  Time ended;
};

/// One event of a request.
struct TokenEvent {
  RequestId id;
  /// The new token; -1 when the request ended without one.
  int32_t token;
  FinishReason reason = FinishReason::None;
  /// Says what went wrong when reason is Error, and what is full when it is Full.
  std::string message = {};
  /// Of the token, where asked for.
  std::optional<TokenLogprobs> logprobs = {};
  /// So far.
  RequestTimes times = {};
  /// Tokens of the prompt that were not computed for this request, since the prefix cache had them.
  uint32_t cachedTokens = 0;
};

/// One step, after it.
struct StepReport {
  size_t tokens, sequences;
  double seconds;
};

/// The limits of the steps of `plan` as the user lowers them. Fails where more is wanted. Where
/// nobody says how many sequences, they are the plan's.
Expected<SchedulerOptions> stepLimits(const plan::Plan &plan, const EngineOptions &options);

/// Opens the device that an artifact wants, as `options` say.
Expected<std::unique_ptr<Device>> openDevice(const Artifact &artifact,
                                             const EngineOptions &options);

/// What to generate.
struct Request {
  std::vector<int32_t> prompt;
  SamplingParams sampling;
  /// Tokens to generate at most; 0 computes the prompt only.
  uint32_t maxTokens = 16;
  /// Tokens to generate at least: before, neither end tokens nor stop tokens can be chosen.
  uint32_t minTokens = 0;
  /// Go on after an end token.
  bool ignoreEos = false;
  /// Other tokens that end the request.
  std::vector<int32_t> stopTokens;
  /// Lower values are admitted first, and give back their memory last.
  int32_t priority = 0;
  /// Whose request it is: prompts of several owners take turns.
  std::string owner;
  /// Only requests of the same salt share prefixes in the cache.
  std::string cacheSalt;
  /// The position behind the last message of a user, with which the next turn's prompt begins; 0
  /// where that is not known. The prefix cache keeps states in slots there.
  uint32_t turnEnd = 0;
  /// A request that was submitted before, with the same prompt: this one waits until that is
  /// computed, to find it in the prefix cache.
  std::optional<RequestId> sibling;
  /// Called for each token on the thread that calls step(). It may call submit() and abort().
  std::function<void(const TokenEvent &)> onToken;
  /// Null where the model alone chooses. Drafts that it does not force are wrong.
  std::shared_ptr<TokenGuide> guide;
  /// When set: called with the logits at every position of the prompt from `logitsFrom` on, in
  /// order, once each. Such positions are always computed.
  std::function<void(uint32_t position, std::span<const float> logits)> onLogits;
  uint32_t logitsFrom = 0;
  /// When set: called before onLogits, at the same positions, with each captured value's row.
  std::function<void(size_t value, uint32_t position, std::span<const std::byte> row)> onCaptured;
};

/// Counters since the engine was opened.
struct EngineStats {
  /// Tokens of the prompts that came to run are promptTokens, those that had to be computed, and
  /// cachedTokens, those that the prefix cache had.
  uint64_t steps = 0, promptTokens = 0, cachedTokens = 0, generatedTokens = 0, preemptions = 0;
  /// Pages that the prefix cache gave up, and bytes of those, and of slots, that nobody else holds.
  uint64_t cacheEvictions = 0, cacheBytes = 0;
  /// The same of snapshots alone: slots that it gave up, bytes of those that only it holds, and
  /// their number.
  uint64_t snapshotEvictions = 0, snapshotBytes = 0;
  uint32_t snapshots = 0;
  /// Pages and slots of all pools together; what only the prefix cache holds is free.
  uint32_t pages = 0, freePages = 0, slots = 0, freeSlots = 0;
  uint32_t running = 0, waiting = 0;
  DraftStats drafts;
};

/// A model ready to generate. Not thread-safe.
class Engine {
public:
  /// Opens an artifact on the device that its target wants.
  static Expected<std::unique_ptr<Engine>> open(const std::string &artifactPath,
                                                const EngineOptions &options);
  /// The same for an artifact and a device that are open already.
  static Expected<std::unique_ptr<Engine>> create(std::unique_ptr<Artifact> artifact,
                                                  std::unique_ptr<Device> device,
                                                  const EngineOptions &options);

  /// Fails when the prompt is empty, holds an id that is no token, or can never fit, and when a
  /// parameter is out of range. May be called from any thread.
  Error check(const Request &request) const;
  /// The most tokens that a sequence can have here: the context, or what fits the state memory.
  uint32_t capacity() const { return scheduler->capacity(); }

  /// Queues a request that passes check(), else fails like it.
  Expected<RequestId> submit(Request request);
  /// The same with an id that the caller gives, larger than all before.
  Error submit(Request request, RequestId id);

  /// Ends a request at once, with an event of reason Abort. False when it has ended already.
  bool abort(RequestId id);

  /// Ends all requests in the same way, with this reason and message.
  void abortAll(FinishReason reason, const std::string &message);

  /// True while a request waits or runs.
  bool busy() const { return !requests.empty(); }

  /// Computes one step, calling back for each new token. Does nothing when not busy. After an error
  /// the engine must not be used any more.
  Error step();

  /// Has each step reported from now on; null ends it.
  void observeSteps(std::function<void(const StepReport &)> observer) {
    stepObserver = std::move(observer);
  }

  /// Has each launch timed from now on, which makes them wait for each other; null ends it.
  void observe(LaunchObserver observer) { executor->observe(std::move(observer)); }
  /// See Executor::inspect.
  void inspect(LaunchInspector inspector) { executor->inspect(std::move(inspector)); }
  /// See Executor::capture; requests with onCaptured are given the rows.
  void capture(std::vector<CapturedValue> values);
  /// See Speculation; null where the engine was opened without drafts.
  Speculation *speculation() const { return drafts.get(); }
  /// Waits for what goes on in the background after opening, before a measurement.
  void settle();

  /// Steps until every request has ended.
  Error runUntilIdle();

  const Artifact &artifact() const { return *model; }
  const Device &device() const { return *ownDevice; }
  EngineStats stats() const;
  /// Sequences of a step at most.
  uint32_t maxSequences() const { return scheduler->limits().maxSequences; }
  /// The pages and slots of its state.
  const StatePools &pools() const { return scheduler->pools(); }
  const PrefixCache &prefixCache() const { return scheduler->cache(); }
  /// The decode steps that were captured, on devices that have graphs.
  const StepGraphs &stepGraphs() const { return executor->stepGraphs(); }
  /// Checks the accounting of pages and slots, a draft model's, too.
  Error checkIntegrity() const;

private:
  struct Live {
    Request request;
    Sequence *sequence;
    uint32_t limit; ///< tokens at which the sequence ends
    RequestTimes times;
    uint32_t cached = 0; ///< tokens of the prompt, as TokenEvent has them
    /// Sequences that wait for this one's prompt.
    std::vector<std::unique_ptr<Sequence>> followers;
  };

  /// What was sampled from a chunk's rows of logits, from `position` on: tokens, of which the first
  /// `accepted` were drafts, and why there are no more.
  struct Choice {
    uint32_t position = UINT32_MAX, accepted = 0;
    std::vector<SampledToken> tokens;
    std::string problem;
  };

  Engine() = default;
  Error load(const EngineOptions &options);
  Error loadDrafts(const EngineOptions &options, DraftModel draftModel);
  void useLargePages(const Artifact &of);
  /// Samples from the rows that sequences go on from, and accepts drafts that are what is sampled.
  std::vector<Choice> choose(std::vector<ScheduledChunk> &chunks, std::span<const float> logits);
  void choose(ScheduledChunk &chunk, std::span<const float> row, Choice &choice) const;
  void deliverRows(std::span<const RequestId> ids, std::vector<Choice> &choices,
                   std::span<const float> logits);
  void deliver(RequestId id, uint32_t position, std::span<const float> row, Choice &choice);
  void deliverToken(RequestId id, SampledToken token, bool isInSequence);
  /// What there is to draft after a step, before its requests are told and then.
  static std::vector<DraftTask> draftTasks(std::span<const ScheduledChunk> chunks,
                                           std::span<const Choice> choices);
  void findWanted(std::span<const RequestId> ids, std::vector<DraftTask> &tasks) const;
  void deliverCaptured(RequestId id, size_t number);
  void finish(RequestId id, SampledToken token, FinishReason reason, std::string message = {});
  void finishAtLimit(RequestId id, SampledToken token);
  bool endsAt(const Request &request, int32_t token) const;
  /// Queues a sequence, behind its sibling's prompt if that is still being computed.
  void join(std::unique_ptr<Sequence> sequence);
  void enqueue(std::unique_ptr<Sequence> sequence);
  void noteAdmitted(std::span<const ScheduledChunk> chunks, RequestTimes::Time begin);
  /// Queues the followers of a request, for which the cache has what it has computed of the prompt.
  void releaseFollowers(Live &live);

  std::unique_ptr<Artifact> model;
  std::unique_ptr<Device> ownDevice;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<Scheduler> scheduler;
  std::unique_ptr<Speculation> drafts;
  /// Of the mapped weights of the model and of what drafts: they end before these go.
  std::vector<std::unique_ptr<LargePages>> largePages;
  std::map<RequestId, Live> requests;
  StepBatch batch;
  std::vector<CapturedValue> captures;
  RequestId nextId = 1;
  EngineStats counters;
  std::function<void(const StepReport &)> stepObserver;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_ENGINE_H
