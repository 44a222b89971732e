//===- FaultsTest.cpp - Every check finds its fault -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Tiles.h"

#include "moec/emulator/amx/Emulation.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace moec::amx;
using namespace moec::amx::test;

namespace {
class AmxFaults : public testing::Test {
protected:
  void SetUp() override {
    if (isNative())
      GTEST_SKIP() << "this processor has AMX, and raises its own exceptions";
    ASSERT_TRUE(install());
  }
};

void configure(const Config &config) {
  asm volatile("ldtilecfg (%0)" : : "r"(config.bytes.data()) : "memory");
}
void release() { asm volatile("tilerelease"); }
void multiply() { asm volatile("tdpbf16ps %%tmm2, %%tmm1, %%tmm0" : : : "memory"); }
} // namespace

/// The process ends with status 1 and a sentence that ends so.
#define EXPECT_FAULT(STATEMENT, WORDS)                                                             \
  EXPECT_EXIT(STATEMENT, testing::ExitedWithCode(1), "error: emulated AMX: .*" WORDS "\n$")

TEST_F(AmxFaults, NothingIsConfigured) {
  EXPECT_FAULT(multiply(), "tdpbf16ps at address 0x[0-9a-f]+: tile 0 is not configured");
  EXPECT_FAULT(asm volatile("tilezero %%tmm3" : :), "tilezero .*: tile 3 is not configured");
  Tile tile;
  EXPECT_FAULT(asm volatile("tileloadd (%0), %%tmm4" : : "r"(tile.data()) : "memory"),
               "tileloadd .*: tile 4 is not configured");
}

TEST_F(AmxFaults, ATileIsNotConfigured) {
  Config config = Product().getConfig();
  config.set(2, 0, 0);
  EXPECT_FAULT((configure(config), multiply()), "tdpbf16ps .*: tile 2 is not configured");
  EXPECT_FAULT((configure(config), release(), multiply()), "tile 0 is not configured");
}

TEST_F(AmxFaults, ShapesThatDoNotFit) {
  auto run = [](unsigned tile, unsigned rows, unsigned bytes) {
    Config config = Product().getConfig();
    config.set(tile, rows, bytes);
    configure(config);
    multiply();
  };
  EXPECT_FAULT(run(1, 15, 64), "tile 1 has other rows than the sums");
  EXPECT_FAULT(run(2, 15, 64), "tile 2 has other rows than the left operand has dwords in one");
  EXPECT_FAULT(run(2, 16, 60), "tile 2 has longer or shorter rows than the sums");
  EXPECT_FAULT(run(2, 16, 62), "tile 2 has rows that are no whole dwords");
  // tdpbssd %tmm1, %tmm2, %tmm2, which assemblers refuse.
  EXPECT_FAULT(asm volatile("ldtilecfg (%0)\n\t.byte 0xc4, 0xe2, 0x73, 0x5e, 0xd2" : : "r"(
                   Product().getConfig().bytes.data()) : "memory"),
               "tdpbssd .*: tile 2 is two operands of one product");
}

TEST_F(AmxFaults, Configurations) {
  auto load = [](unsigned byte, uint8_t value) {
    Config config = Product().getConfig();
    config.bytes[byte] = value;
    configure(config);
  };
  EXPECT_FAULT(load(0, 2), "ldtilecfg .*: tile state cannot be configured: the palette is not 1");
  EXPECT_FAULT(load(1, 1), "a first row that is not 0 belongs to an interrupted load");
  EXPECT_FAULT(load(7, 1), "a reserved byte of the configuration is not 0");
  EXPECT_FAULT(load(49, 17), "tile 1 cannot have more than 16 rows of 64 bytes");
  EXPECT_FAULT(load(16, 65), "tile 0 cannot have more than 16 rows of 64 bytes");
  EXPECT_FAULT(load(48, 0), "tile 0 has rows without bytes or bytes without rows");
  EXPECT_FAULT(load(60, 1), "tile 12 cannot be configured: there are 8 tiles");
}

TEST_F(AmxFaults, KernelsReleaseTheirTiles) {
  finishKernel();
  EXPECT_FAULT((configure(Product().getConfig()), finishKernel()),
               "a kernel returned with tiles configured; it lacks a tilerelease");
  configure(Product().getConfig());
  release();
  finishKernel();
}

static struct sigaction underneath;
static int timesGivenOn = 0;

/// What LLVM's handler does, too: the signal goes to whoever had it before, as it came.
static void giveOn(int signal, siginfo_t *info, void *) {
  ++timesGivenOn;
  sigaction(signal, &underneath, nullptr);
  syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), signal, info);
}

TEST_F(AmxFaults, SignalsThatOthersGiveOn) {
  struct sigaction action = {};
  action.sa_sigaction = giveOn;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ASSERT_EQ(sigaction(SIGILL, &action, &underneath), 0);
  Product product;
  EXPECT_EQ(product.run(Operation::MultiplySignedSigned),
            product.interpret(Operation::MultiplySignedSigned));
  EXPECT_EQ(timesGivenOn, 1);
}

TEST_F(AmxFaults, OtherIllegalInstructionsEndAsEver) {
  EXPECT_EXIT(asm volatile("ud2"), testing::KilledBySignal(SIGILL), "");
}
