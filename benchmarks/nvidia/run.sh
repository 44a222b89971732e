#!/bin/bash
# One run on a card, in the order in which what it shows is worth most, each step with a limit of its own:
#
#   0  what the card is, how fast it copies, what the vendor's libraries reach          20 s
#   1  instruction truth: the bits that each typed form makes                           90 s
#   2  accumulation: what sums of products keep                                         40 s
#   3  the device: its conformance suite and its failures                               40 s
#   4  goldens: all kernel families, then under compute-sanitizer                       90 s
#   5  the bundled model's greedy text                                                  60 s
#
#   BUNDLE/run.sh OUT                        on a card
#   BUNDLE/run.sh OUT --emulated sm_90       to its end without one, on small inputs and without limits
#
# BUNDLE is what prepare.sh made. A step that fails does not stop the next one. OUT has a log of each and summary.txt;
# `instructions.py --compare` compares the vectors of two runs.
set -uo pipefail
usage() {
  echo "usage: $0 OUT [--emulated sm_80|sm_90|sm_100|sm_120]; --help says what it does" >&2
  exit 2
}
case ${1:-} in
  --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit ;;
  "" | -*) usage ;;
esac
emulated=
if [ $# -gt 1 ]; then
  emulated=${3:-}
  [[ $# -eq 3 && $2 == --emulated && $emulated =~ ^sm_(80|90|100|120)$ ]] || usage
fi
bundle=$(realpath "$(dirname "$0")") out=$1
if [ ! -f "$bundle/target" ]; then
  echo "$0: $bundle has no models; run the run.sh of a folder that prepare.sh made" >&2
  exit 2
fi
mkdir -p "$out"
out=$(realpath "$out")
target=$(cat "$bundle/target")
if [ -n "$emulated" ]; then
  library=$bundle/lib/emulated-cuda/$emulated/libcuda.so.1 device=$emulated-emulated
  copied=$((1 << 20)) lanes="--lanes 512 --many 4096" sums=20 kinds=${emulated}_emulated models="gpt_oss"
else
  library=libcuda.so.1 device=nvidia
  copied=$((2 << 30)) lanes= sums=2000 kinds=nvidia models=
fi
: > "$out/summary.txt"

# step NUMBER SECONDS NAME COMMAND…
step() {
  local number=$1 seconds=$2 name=$3 started=$SECONDS status
  shift 3
  [ -n "$emulated" ] && seconds=3600
  timeout "$seconds" "$@" > "$out/$number-$name.log" 2>&1
  status=$?
  echo "step $number $name: exit $status, $((SECONDS - started)) s: $(tail -n 1 "$out/$number-$name.log")" | tee -a "$out/summary.txt"
}

command -v nvidia-smi > /dev/null && step 0 10 smi nvidia-smi -q -d CLOCK,POWER
step 0 20 card python3 "$bundle/card.py" --library "$library" --out "$out/card.json" --bytes "$copied"
python3 -c "import torch; torch.cuda.init()" 2> /dev/null && step 0 20 vendor python3 "$bundle/vendor.py" "$out/vendor.json"
# shellcheck disable=SC2086
step 1 90 instructions python3 "$bundle/instructions.py" --library "$library" --out "$out/instructions" $lanes
step 2 40 accumulation python3 "$bundle/accumulation.py" --library "$library" --out "$out/accumulation.json" --sums "$sums"
# Without a card the suite skips all of itself, and passes.
conformance() {
  "$bundle/unittests/NvptxDeviceTests" "--gtest_filter=*/$kinds" > "$out/conformance.txt" 2>&1
  local status=$?
  cat "$out/conformance.txt"
  local passed skipped
  passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$out/conformance.txt")
  skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$out/conformance.txt")
  echo "${passed:-0} tests of the device passed, ${skipped:-0} were skipped"
  [ "$status" = 0 ] && [ "${passed:-0}" -gt 0 ] && [ "${skipped:-0}" = 0 ]
}
export -f conformance
export bundle device out target kinds
step 3 40 conformance bash -c conformance
mkdir -p "$out/goldens"
# shellcheck disable=SC2086
step 4 60 goldens python3 "$bundle/goldens.py" "$bundle" "$device" "$out/goldens" $models
if [ -z "$emulated" ] && command -v compute-sanitizer > /dev/null; then
  for tool in memcheck racecheck synccheck; do
    step 4 60 "$tool" compute-sanitizer --tool "$tool" --error-exitcode 9 "$bundle/bin/moec-run" run "$bundle/models/gpt_oss.moec" \
      --device "$device" --kv-memory 16M --tokens 1,2,3,4,5,6,7 --max-tokens 2
  done
fi
text() {
  eval "$bundle/bin/moec-run run $bundle/models/bundled.moec --device $device --kv-memory 16M $(cat "$bundle/models/bundled.options")" > "$out/bundled.txt" \
    && diff "$bundle/models/bundled.txt" "$out/bundled.txt" && echo "the greedy text of $target is the CPU's"
}
export -f text
step 5 60 text bash -c text
grep -v ": exit 0," "$out/summary.txt" > /dev/null && exit 1
exit 0
