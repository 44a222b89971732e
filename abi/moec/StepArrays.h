//===- StepArrays.h - Names that compiler and runtime share -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one table of the arrays that pass between the runtime and a compiled function. A function
// declares the ones that it takes and gives, by name; the compiler refuses a name that is not here,
// and the runtime fills and reads what is here and nothing else. T tokens, S sequences, R rows of
// logits, P columns of the block tables (see moec.plan.Dim).
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_STEPARRAYS_H
#define MOEC_STEPARRAYS_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace moec {

/// The function that a step of an engine computes, and the one that drafts tokens for it: in a step
/// with the same arrays but for the ids, of which row i has the token behind that of row i, from
/// the `hidden` of `forward`. So its entry at position p is of the hidden state of token p and of
/// token p + 1, its logits are of token p + 2, and its own `hidden` is what a step with that token,
/// at position p + 1, goes on from. Each token needs its entry, before anything is drafted behind
/// it.
inline constexpr std::string_view forwardFunction = "forward";
inline constexpr std::string_view draftFunction = "draft";
/// Where there is one, tokens behind the first draft are its: `draft` of one token a sequence,
/// which takes the `selected_keys` of the first one in place of an indexer's. Places that these
/// leave empty have the drafted positions since.
inline constexpr std::string_view nextDraftFunction = "draft_next";

/// How many rows an array has in a step.
enum class ArrayRows : uint8_t {
  Tokens,            ///< T
  Sequences,         ///< S
  SequencesAndOne,   ///< S + 1
  TableEntries,      ///< S * P
  LogitsRows,        ///< R
  TokensOrLogitsRows ///< T or R, as the function computes it
};

/// What its elements may be.
enum class ArrayElements : uint8_t {
  Int32,
  Float32,
  Float ///< f32, bf16 or f16
};

/// Which pools of state an array describes; one that describes pools is there once for each that
/// the function uses.
enum class ArrayPools : uint8_t {
  None,
  Pages, ///< pools of pages and of windows
  Slots
};

/// What is known of an array by its name.
struct ArrayInfo {
  std::string_view name;
  ArrayElements elements;
  ArrayRows rows;
  ArrayPools pools;
  /// Whether a row has one element; else as many as the function says.
  bool isScalar;
  /// For people.
  std::string_view meaning;
};

/// The inputs that there are; the order is that of `stepInputs`. From Positions to StateWrite they
/// are the facts of a ragged batch.
enum class StepInput : uint8_t {
  TokenIds,
  Positions,
  TokenSequence,
  SequenceStart,
  ContextLength,
  BlockTable,
  CacheRows,
  LogitsRows,
  StateRead,
  StateWrite,
  Hidden,
  SelectedKeys
};

/// Whether a caller gives an input, beside what says what a batch is.
constexpr bool isGiven(StepInput input) { return input >= StepInput::Hidden; }

inline constexpr ArrayInfo stepInputs[] = {
    {"token_ids", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::None, true, "token ids"},
    {"positions", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::None, true,
     "position of each token in its sequence"},
    {"token_sequence", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::None, true,
     "which of the S sequences a token belongs to, ascending"},
    {"sequence_start", ArrayElements::Int32, ArrayRows::SequencesAndOne, ArrayPools::None, true,
     "the first token of each sequence; the last element is T"},
    {"context_length", ArrayElements::Int32, ArrayRows::Sequences, ArrayPools::None, true,
     "positions of each sequence after this step, this step's included"},
    {"block_table", ArrayElements::Int32, ArrayRows::TableEntries, ArrayPools::Pages, true,
     "[S, P] page of each run of positions; 0 where a sequence has no page (any more)"},
    {"cache_rows", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::Pages, true,
     "the row that a token's entry is written to"},
    {"logits_rows", ArrayElements::Int32, ArrayRows::LogitsRows, ArrayPools::None, true,
     "the tokens (indices into T) whose logits are wanted, ascending"},
    {"state_read", ArrayElements::Int32, ArrayRows::Sequences, ArrayPools::Slots, true,
     "the slot that holds a sequence's state before this step, -1 before its first token"},
    {"state_write", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::Slots, true,
     "the slot that keeps the state behind a token, -1 where it is not kept"},
    {"hidden", ArrayElements::Float, ArrayRows::Tokens, ArrayPools::None, false,
     "a row of numbers for each token that another function made, such as the hidden states that "
     "a draft goes on from"},
    {"selected_keys", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::None, false,
     "[T, keys] the positions that each token attends to, ascending, -1 behind the last one"},
};
inline constexpr size_t numStepInputs = sizeof(stepInputs) / sizeof(stepInputs[0]);

/// The outputs that there are; the order is that of `stepOutputs`.
enum class StepOutput : uint8_t { Logits, Hidden, RoutedExperts, SelectedKeys };

inline constexpr ArrayInfo stepOutputs[] = {
    {"logits", ArrayElements::Float32, ArrayRows::LogitsRows, ArrayPools::None, false,
     "[R, vocabulary] what the next token is sampled from"},
    {"hidden", ArrayElements::Float, ArrayRows::TokensOrLogitsRows, ArrayPools::None, false,
     "the hidden state of each token, or of each row of logits"},
    {"routed_experts", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::None, false,
     "[T, slots] the experts that each token was sent to, -1 for none"},
    {"selected_keys", ArrayElements::Int32, ArrayRows::Tokens, ArrayPools::None, false,
     "[T, keys] the positions that an indexer has selected, ascending, -1 behind the last one"},
};
inline constexpr size_t numStepOutputs = sizeof(stepOutputs) / sizeof(stepOutputs[0]);

/// The row of a table for an enumerator.
constexpr const ArrayInfo &infoOf(StepInput input) { return stepInputs[size_t(input)]; }
constexpr const ArrayInfo &infoOf(StepOutput output) { return stepOutputs[size_t(output)]; }

/// The number of the row of that name in a table; its size where there is none.
template <size_t N> constexpr size_t findArray(const ArrayInfo (&table)[N], std::string_view name) {
  size_t number = 0;
  while (number < N && table[number].name != name)
    ++number;
  return number;
}

static_assert(findArray(stepInputs, "selected_keys") == size_t(StepInput::SelectedKeys) &&
                  numStepInputs == size_t(StepInput::SelectedKeys) + 1,
              "stepInputs has a row for each StepInput");
static_assert(findArray(stepOutputs, "selected_keys") == size_t(StepOutput::SelectedKeys) &&
                  numStepOutputs == size_t(StepOutput::SelectedKeys) + 1,
              "stepOutputs has a row for each StepOutput");

} // namespace moec

#endif // MOEC_STEPARRAYS_H
