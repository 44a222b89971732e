//===- Emulation.cpp - The handler of illegal instructions ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs between any two instructions of a thread: it takes no lock and no memory, and a thread's
// state comes from an array that is there from the start.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/amx/Emulation.h"
#include "moec/emulator/amx/Tiles.h"

#include <atomic>
#include <cerrno>
#include <cpuid.h>
#include <csignal>
#include <cstring>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

using namespace moec::amx;

//===----------------------------------------------------------------------===//
// Sentences
//===----------------------------------------------------------------------===//

namespace {
/// A line that is put together without memory of its own.
class Line {
public:
  Line &add(const char *text) {
    while (*text && size != sizeof(bytes))
      bytes[size++] = *text++;
    return *this;
  }
  Line &add(uint64_t number, unsigned base) {
    char digits[20];
    unsigned count = 0;
    do {
      digits[count++] = "0123456789abcdef"[number % base];
      number /= base;
    } while (number != 0);
    while (count != 0 && size != sizeof(bytes))
      bytes[size++] = digits[--count];
    return *this;
  }
  /// Writes it to the standard error stream and ends the process.
  [[noreturn]] void fail() {
    add("\n");
    for (size_t done = 0; done != size;) {
      ssize_t count = write(STDERR_FILENO, bytes + done, size - done);
      if (count <= 0)
        break;
      done += size_t(count);
    }
    _exit(1);
  }

private:
  char bytes[256];
  size_t size = 0;
};
} // namespace

[[noreturn]] static void fail(const Instruction &instruction, uint64_t place, const Fault &fault) {
  Line line;
  line.add("error: emulated AMX: ").add(getName(instruction.operation)).add(" at address 0x");
  line.add(place, 16).add(": tile ");
  if (fault.tile == Fault::noTile)
    line.add("state");
  else
    line.add(uint64_t(fault.tile), 10);
  line.add(" ").add(fault.what).fail();
}

//===----------------------------------------------------------------------===//
// States of threads
//===----------------------------------------------------------------------===//

namespace {
struct Slot {
  std::atomic<bool> taken{false};
  Tiles tiles;
};
} // namespace

/// As many threads as a device may have; memory that none has used takes no room.
static constexpr unsigned slotCount = 4096;
static Slot slots[slotCount];
/// That of the thread; null where nothing is configured. Of a model that needs no call to reach it.
static thread_local Slot *current [[gnu::tls_model("initial-exec")]] = nullptr;

/// The thread's state from now on; null if all are taken.
static Slot *takeSlot() {
  for (Slot &slot : slots)
    if (!slot.taken.load(std::memory_order_relaxed) && !slot.taken.exchange(true))
      return current = &slot;
  return nullptr;
}

static void giveSlotBack() {
  if (!current)
    return;
  current->tiles = Tiles();
  current->taken.store(false);
  current = nullptr;
}

//===----------------------------------------------------------------------===//
// The handler
//===----------------------------------------------------------------------===//

static struct sigaction before;

/// The general registers in the order of their encoding.
static constexpr int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};

static Fault emulate(const Instruction &instruction, const uint64_t registers[16], uint64_t next) {
  // Without a state of its own a thread has one of which nothing is configured.
  static Tiles nothing;
  bool configures = instruction.operation == Operation::LoadConfig;
  if (configures && !current && !takeSlot())
    return {"cannot be configured: too many threads have tiles"};
  Tiles &tiles = current ? current->tiles : nothing;
  // Of nothing nothing is changed: all that would is a fault.
  Fault fault;
  if (instruction.operation != Operation::Release)
    fault = execute(instruction, registers, next, tiles);
  if (tiles.palette == 0 || instruction.operation == Operation::Release)
    giveSlotBack();
  return fault;
}

static void handle(int, siginfo_t *info, void *context) {
  int error = errno;
  greg_t *saved = static_cast<ucontext_t *>(context)->uc_mcontext.gregs;
  uint64_t place = uint64_t(saved[REG_RIP]);
  // Of somebody's handler, which had the signal first and gave it on: its instruction comes again.
  if (info->si_code > 0 && uint64_t(info->si_addr) != place)
    return;
  Instruction instruction;
  if (!decode(reinterpret_cast<const uint8_t *>(place), instruction)) {
    // Whoever had the signal before gets it when the instruction is tried again.
    sigaction(SIGILL, &before, nullptr);
    errno = error;
    return;
  }
  uint64_t registers[16];
  for (unsigned number = 0; number != 16; ++number)
    registers[number] = uint64_t(saved[order[number]]);
  uint64_t next = place + instruction.length;
  if (Fault fault = emulate(instruction, registers, next); fault.what)
    fail(instruction, place, fault);
  saved[REG_RIP] = greg_t(next);
  errno = error;
}

bool moec::amx::install() {
  static std::atomic<bool> done{false};
  if (done.exchange(true))
    return true;
  isNative();
  struct sigaction action;
  std::memset(&action, 0, sizeof(action));
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGILL, &action, &before) == 0;
}

void moec::amx::finishKernel() {
  if (!current)
    return;
  Line()
      .add("error: emulated AMX: a kernel returned with tiles configured; it lacks a tilerelease")
      .fail();
}

bool moec::amx::isNative() {
  constexpr int requestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM
  constexpr unsigned tileData = 18, bf16Bit = 22, tileBit = 24, int8Bit = 25;
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
    return false;
  constexpr unsigned all = 1u << bf16Bit | 1u << tileBit | 1u << int8Bit;
  return (edx & all) == all && syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}
