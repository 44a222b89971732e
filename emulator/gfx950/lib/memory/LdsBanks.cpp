//===- LdsBanks.cpp - Which lanes meet at the LDS banks ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lanes of an instruction are served in groups; only lanes of one group can conflict. Which lanes
// make a group depends on direction and width, and is no matter of documents but of measurements:
//
// - HipKittens (Hu et al., arXiv 2511.08083) on an MI355X, in its folder
//   analysis/paper_experiments/phases: ds_read_b64, b96, b128 and ds_write_b64, each with the
//   groups and the number of banks.
// - amd-shark-ai on an MI350X, docs/empirical-lds/cdna4info.md: ds_read_b32, b64 and b128.
// - Triton's pull request 11365 by AMD: ds_read_b128.
//
// Where two of them measured one instruction they agree. Inferred are: writes of b32, b96 and b128,
// from the 32 banks that a ds_write_b64 sees, which move 128 bytes a cycle, and from the groups of
// eight neighbours that a ds_write_b128 has on the MI300 with its 32 banks (amd-shark-ai's guide);
// that atomics and loads to LDS go like writes; that transposing reads go like reads of their
// width.
//
//===----------------------------------------------------------------------===//

#include "VectorMemory.h"

#include <algorithm>
#include <iterator>

namespace moec::gfx950 {

namespace {

/// The groups of one kind of access. The first one as a mask; the others are this one with lane
/// numbers exclusive-ored.
struct Groups {
  unsigned banks, count;
  uint64_t first;
  uint8_t flips[8]; ///< By group; that of the first is 0.
};

constexpr uint64_t lanes(unsigned from, unsigned count) {
  return (count == kLanes ? ~0ull : (1ull << count) - 1) << from;
}

constexpr Groups kRead4{64, 1, lanes(0, 64), {}};
constexpr Groups kRead8{64, 2, lanes(0, 32), {0, 32}};
constexpr Groups kRead12{32, 8, lanes(0, 4) | lanes(20, 4), {0, 4, 8, 12, 32, 36, 40, 44}};
constexpr Groups kRead16{64, 4, lanes(0, 4) | lanes(12, 4) | lanes(20, 8), {0, 4, 32, 36}};
constexpr Groups kWrite4{32, 2, lanes(0, 32), {0, 32}};
constexpr Groups kWrite8{32, 4, lanes(0, 16), {0, 16, 32, 48}};
constexpr Groups kWrite16{32, 8, lanes(0, 8), {0, 8, 16, 24, 32, 40, 48, 56}};

const Groups &groupsOf(LdsAccess access, unsigned bytes) {
  bool read = access == LdsAccess::Read;
  if (bytes <= 4)
    return read ? kRead4 : kWrite4;
  if (bytes == 8)
    return read ? kRead8 : kWrite8;
  return !read ? kWrite16 : bytes == 12 ? kRead12 : kRead16;
}

/// The most different dwords that one bank has to deliver to `members`.
unsigned worstBank(const uint32_t *addresses, uint64_t members, unsigned dwords, unsigned banks) {
  // Nearly always each dword is in a bank of its own, which a mask of banks tells.
  uint64_t taken = 0;
  bool distinct = true;
  for (uint64_t m = members; m && distinct; m &= m - 1)
    for (unsigned d = 0; d < dwords; ++d) {
      uint64_t bank = 1ull << ((addresses[std::countr_zero(m)] / 4 + d) % banks);
      distinct = distinct && !(taken & bank);
      taken |= bank;
    }
  if (distinct)
    return 1;
  // Lanes that want the very same dword share it.
  uint32_t wanted[kLanes * 4];
  unsigned count = 0;
  for (; members; members &= members - 1)
    for (unsigned d = 0; d < dwords; ++d)
      wanted[count++] = addresses[std::countr_zero(members)] / 4 + d;
  std::sort(wanted, wanted + count);
  uint8_t load[64] = {};
  for (unsigned i = 0; i < count; ++i)
    load[wanted[i] % banks] += i == 0 || wanted[i] != wanted[i - 1];
  return *std::max_element(std::begin(load), std::end(load));
}

} // namespace

void countBanks(Wave &w, const uint32_t *addresses, uint64_t exec, unsigned bytes,
                LdsAccess access) {
  const Groups &groups = groupsOf(access, bytes);
  unsigned dwords = std::max(bytes / 4, 1u);
  // All lanes on consecutive addresses never conflict. Reads of three dwords do: their groups are
  // not of neighbours, and four lanes cover twelve banks.
  bool consecutive = exec == ~0ull && bytes >= 4 && !(bytes == 12 && access == LdsAccess::Read);
  for (unsigned l = 1; l < kLanes && consecutive; ++l)
    consecutive = addresses[l] - addresses[l - 1] == bytes;
  if (consecutive) {
    w.counters.ldsCycles += groups.count;
    return;
  }
  for (unsigned g = 0; g < groups.count; ++g) {
    uint64_t members = 0;
    for (uint64_t m = groups.first; m; m &= m - 1)
      members |= 1ull << (unsigned(std::countr_zero(m)) ^ groups.flips[g]);
    if (!(members &= exec))
      continue;
    unsigned cycles = worstBank(addresses, members, dwords, groups.banks);
    w.counters.ldsCycles += cycles;
    w.counters.ldsConflictCycles += cycles - 1;
  }
}

} // namespace moec::gfx950
