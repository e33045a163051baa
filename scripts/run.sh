#!/usr/bin/env bash
# Installs what is missing, builds, and runs `sluice up`, or the command that is given: scripts/run.sh doctor
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh
printf '\n== building (the first time takes 4 to 10 minutes)\n' >&2
swift build --product sluice --explicit-target-dependency-import-check error
if [ $# -gt 0 ]; then exec .build/debug/sluice "$@"; else exec .build/debug/sluice up; fi
