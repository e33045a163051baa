#!/usr/bin/env bash
# Installs what is missing, builds, and runs every check and test. The tests start a PostgreSQL server of their own.
#   SLUICE_SANITIZE=0   leaves out the run under the thread sanitizer, which builds everything once more
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s: %s\n' "$(date +%T)" "$*" >&2; }

scripts/install.sh tests
scripts/python.sh || say "PyPI can't be reached: tests that use its packages as clients are skipped"

say "checking the format"
swift format lint --strict --recursive Package.swift Sources Tests sql

say "building (the first time takes 4 to 10 minutes)"
export SLUICE_WARNINGS_AS_ERRORS=1
build=(--explicit-target-dependency-import-check error)
swift build --build-tests "${build[@]}"

# One target after the other, and one end-to-end test after the other: they start servers and processes of their own,
# and all at once would starve on two cores.
for target in Tests/*Tests; do
    name=${target#Tests/}
    say "testing $name"
    order=()
    [ "$name" != EndToEndTests ] || order=(--no-parallel)
    swift test --skip-build "${build[@]}" "${order[@]}" --filter "^$name\\."
done

if [ "${SLUICE_SANITIZE:-1}" = 1 ]; then
    say "testing the state machines of the libpq layer under the thread sanitizer"
    swift test "${build[@]}" --sanitize thread --scratch-path .build-tsan --filter '^PostgresTests\.Pure'
fi

say "all passed"
