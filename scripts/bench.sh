#!/usr/bin/env bash
# Builds the release and measures it on this machine: throughput, latency, CPU, memory, bytes and
# fsyncs, also on slow disks, with a backlog of a million and at the start. Prints one table with
# medians and spread, and writes build/bench/bench.json and bench.svg. Three to four minutes; --help
# has all options. Machines differ and are noisy: compare within one run.
#   scripts/bench.sh [SECONDS [OTHER]]   SECONDS per load (2); OTHER: a second ffl-agent, an older
#                                        build for example, measured in turns with this one
#   scripts/bench.sh --quick             half as long
#   scripts/bench.sh --set queue.sync=normal   also with that setting, in turns: what it costs
#   scripts/bench.sh --against           also an agent in Node.js, in turns (twice as long)
set -euo pipefail
cd "$(dirname "$0")/.."
case " $* " in
  *" -h "* | *" --help "*) exec python3 test/bench/bench.py --help ;;
  *" --against "*) test/bench/node/install.sh build/bench/node ;;
esac
cmake --preset release >/dev/null
cmake --build --preset release --target ffl-agent ffl-load ffl-slow-disk >/dev/null
exec python3 test/bench/bench.py "$@"
