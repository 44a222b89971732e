//===- Generator.h - Prompts in, text out -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What stands between token ids and whoever wants text: choices of one prompt, whole characters,
// stop strings. The command run, the server and programs that embed moec use it alike.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SERVICE_GENERATOR_H
#define MOEC_RUNTIME_SERVICE_GENERATOR_H

#include "moec/runtime/Tokenizer.h"
#include "moec/runtime/service/EngineService.h"
#include "moec/runtime/service/TextGuide.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace moec::runtime {

/// What to generate from one prompt.
struct GenerationRequest {
  std::vector<int32_t> prompt;
  SamplingParams sampling;
  /// Continuations of the prompt; number i has the seed `sampling.seed` + i.
  uint32_t choices = 1;
  /// Tokens of each choice at most; 0 computes the prompt only.
  uint32_t maxTokens = 16;
  /// Tokens before which neither an end token nor a stop string ends a choice.
  uint32_t minTokens = 0;
  /// Texts before which a choice ends, none empty. Without a tokenizer there must be none.
  std::vector<std::string> stop;
  /// Ids that end a choice, like the model's end tokens.
  std::vector<int32_t> stopTokens;
  /// Whether the stop string is a part of the text.
  bool includeStop = false;
  /// Go on after the model's end tokens.
  bool ignoreEos = false;
  /// Special tokens, such as the model's end token, leave no text.
  bool skipSpecial = true;
  /// Special tokens that leave text nevertheless: marks that whoever reads the text looks for.
  std::vector<int32_t> shownTokens = {};
  /// Log probabilities of the prompt's tokens after the first, each with so many of the likeliest.
  std::optional<uint32_t> promptLogprobs;
  /// Lower values are admitted first.
  int32_t priority = 0;
  /// Whose request it is; prompts wait their turn by owner, see SchedulerOptions.
  std::string owner;
  /// Only prompts of the same salt share what was computed of them.
  std::string cacheSalt;
  /// See Request.
  uint32_t turnEnd = 0;
  /// Makes the guide of each choice, if there is to be one. It needs a tokenizer.
  std::function<std::unique_ptr<TextGuide>()> makeGuide = {};
};

/// Something new about one choice.
struct GenerationEvent {
  uint32_t choice = 0;
  /// Text that follows what came before: whole characters, none of which can still turn out to be
  /// the beginning of a stop string.
  std::string text;
  /// The tokens since the event before, end token included, with log probabilities if asked for.
  /// Their text may come with a later event.
  std::vector<SampledToken> tokens;
  /// Those of them that a guide has put there in place of the model's choice.
  uint32_t forcedTokens = 0;
  /// With the first event of choice 0, if asked for: of the prompt's tokens from the second on.
  std::vector<TokenLogprobs> promptLogprobs;
  /// None while more is to come.
  FinishReason reason = FinishReason::None;
  /// When the reason is Stop: the stop string, or the token that ended the choice.
  std::optional<std::string> stopString;
  std::optional<int32_t> stopToken;
  /// What went wrong when the reason is Error, and what is full when it is Full.
  std::string message;
  /// So far.
  RequestTimes times;
  /// Tokens of the prompt that the prefix cache had.
  uint32_t cachedTokens = 0;
};

/// Generates text with an engine. All members may be called from any thread.
class Generator {
public:
  using Id = uint64_t;
  /// Called for each event on the engine's thread, which it must not hold up. It may call cancel().
  using Sink = std::function<void(const GenerationEvent &)>;

  /// `engine` must outlive the generator. Without a tokenizer events have tokens and no text.
  Generator(EngineService &engine, std::optional<Tokenizer> tokenizer);
  /// Cancels what has not ended, and waits for the last events. Not for the engine's thread.
  ~Generator();

  /// Starts generating. Fails, without an event, where the engine refuses a choice, and on an empty
  /// stop string, on stop strings or guides without a tokenizer and on more least than most tokens.
  Expected<Id> start(GenerationRequest request, Sink sink);

  /// Ends all choices of a request that have not ended, each with an event of reason Abort.
  void cancel(Id id);

  EngineService &service() { return engine; }
  const std::optional<Tokenizer> &tokenizer() const { return tokens; }

private:
  struct Choice;
  struct Generation;
  void abortAll(const Generation &generation);
  Error check(const GenerationRequest &request) const;
  Request makeRequest(const std::shared_ptr<Generation> &generation, uint32_t number,
                      const GenerationRequest &from);
  /// Takes an event of the engine.
  void receive(const std::shared_ptr<Generation> &generation, Choice &choice,
               const TokenEvent &event);
  /// Gives the sink what a choice that was not done makes of it.
  void deliver(Generation &generation, Choice &choice, const TokenEvent &event);
  /// Appends the text that an event makes final.
  Error addText(Choice &choice, const TokenEvent &event, std::string &text);

  EngineService &engine;
  std::optional<Tokenizer> tokens;
  std::mutex mutex; ///< guards what follows
  std::condition_variable ended;
  std::unordered_map<Id, std::shared_ptr<Generation>> live;
  Id nextId = 1;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SERVICE_GENERATOR_H
