"""Configures lit: test/ mirrors lib/, and tests run the tools of the build folder."""
import os
import shutil
import subprocess
import sys

import lit.formats

config.name = "moec"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".test"]
config.excludes = ["golden", "tokenizers", "Inputs"]
config.test_source_root = os.path.dirname(__file__)
# For the lit.local.cfg of folders whose tests are made of test/golden/checks.txt.
sys.path.insert(0, config.test_source_root)
config.test_exec_root = os.path.join(config.moec_build, "test")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.moec_build, "bin"), config.llvm_bin, os.environ["PATH"]]
)
config.substitutions.append(("%source", config.moec_source))
config.substitutions.append(("%build", config.moec_build))
# A test below test/targets/<x> asks for target-<x>, so deleting a target leaves the rest passing.
targets = os.path.join(config.moec_source, "targets")
for target in os.listdir(targets) if os.path.isdir(targets) else []:
    config.available_features.add("target-" + target)
# Likewise for the emulator, which some compilers leave out.
emulator = os.path.join(config.moec_source, "emulator"), os.path.join(config.moec_build, "bin", "moec-emulate")
if all(map(os.path.exists, emulator)):
    config.available_features.add("emulator")
# And for emulator/<x> that stands for a driver: emulated-<x>.
libraries = os.path.join(config.moec_build, "lib")
for name in os.listdir(libraries) if os.path.isdir(libraries) else []:
    prefix, _, driver = name.partition("emulated-")
    if driver and not prefix and os.path.isdir(os.path.join(config.moec_source, "emulator", driver)):
        config.available_features.add(name)
# Where there are tiles, the processor's or emulated ones, and all that code for machines with tiles takes besides.
with open("/proc/cpuinfo") as cpuinfo:
    flags = set(next((line for line in cpuinfo if line.startswith("flags")), "").split())
if "emulated-amx" in config.available_features and {"avx512_vnni", "avx512vbmi"} <= flags:
    config.available_features.add("tiles")
if "amx_bf16" in flags:
    config.available_features.add("amx")
# What `make test-all` runs beyond `make test`: the rest of what takes long.
if os.environ.get("MOEC_TEST_ALL"):
    config.available_features.add("all")
# Programs with sanitizers are some times slower: tests that draw draw less.
if config.moec_sanitize:
    config.available_features.add("sanitized")
# Clients of a server that tests use where they are installed.
if shutil.which("curl"):
    config.available_features.add("curl")
packages = [os.path.join(config.moec_build, "npm", "node_modules", name) for name in ("openai", "@anthropic-ai/sdk")]
if shutil.which("node") and all(map(os.path.isdir, packages)):
    config.available_features.add("npm-clients")
config.substitutions.append(("%python", sys.executable))
config.substitutions.append(("%lit", sys.executable + " " + os.path.abspath(sys.argv[0])))
# Runs a command that must fail with one sentence: see the script.
config.substitutions.append(("%fails", sys.executable + " " + os.path.join(config.test_source_root, "BadInput", "Inputs", "fails.py")))
# Where a namespace of our own may mount a disk of a megabyte: as root, outside of some containers.
if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0:
    config.available_features.add("small-disks")
