#!/usr/bin/env bash
# Installs what is missing, builds, and runs `sluice up`, or the command that is given: scripts/run.sh doctor.
# scripts/run.sh --demo tells the story of a destination that goes down and heals.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh
printf '\n== building (the first time takes 4 to 10 minutes)\n' >&2
swift build --product sluice --explicit-target-dependency-import-check error
if [ "${1:-}" = --demo ]; then exec .build/debug/sluice demo; fi
if [ $# -gt 0 ]; then exec .build/debug/sluice "$@"; else exec .build/debug/sluice up; fi
