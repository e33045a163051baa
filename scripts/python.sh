#!/usr/bin/env bash
# Makes .build/python: the Python packages that tests use as clients, in the versions given here; and .build/python-flagd-1
# and -2: two versions of flagd's evaluator, which tests compare ours with. Once made, they need no network.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    anyio==4.16.0 certifi==2026.10.19.post1 charset-normalizer==3.5.2 click==8.5.1 cloudevents==2.2.0
    deprecation==2.1.0 graphql-core==3.3.2 greenlet==3.5.6 harfile==0.6.0 hypothesis-graphql==0.13.5 hypothesis==6.170.17 idna==3.20
    iniconfig==2.3.1 jsonschema_rs==0.60.3 markdown-it-py==4.3.0 MarkupSafe==3.0.4 mdurl==0.1.2
    openfeature-provider-ofrep==0.3.0 openfeature-sdk==0.10.0 packaging==26.3
    playwright==1.65.2 pluggy==1.7.0 Pygments==2.21.0 pyrate-limiter==4.5.1 pytest==9.2.0 python-dateutil==4.0.0 PyYAML==6.0.4
    requests==2.34.2 rich==15.0.0 schemathesis==4.32.5 sortedcontainers==2.4.0 typing_extensions==4.16.0 tzdata==2026.6
    urllib3==2.8.0 Werkzeug==3.1.9
)
# Each for PYTHONPATH: two versions of a package can't be in one environment.
flagd=(mmh3==5.3.1 openfeature-flagd-api==1.0.0 openfeature-sdk==0.10.0 panzi-json-logic==1.0.1 semver==3.1.2)

# MAKER FOLDER PACKAGE...: makes the folder, unless it holds these packages already.
install() {
    local maker=$1 folder=$2 wanted="${*:3}"
    [ "$(cat "$folder/made" 2>/dev/null)" != "$wanted" ] || return 0
    printf '\n== installing %s\n' "$wanted" >&2
    rm -rf "$folder"
    mkdir -p .build
    "$maker" "${@:2}"
    echo "$wanted" >"$folder/made"
}

environment() {
    python3 -m venv "$1"
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check "${@:2}"
}

folder() {
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --target "$1" "${@:2}"
}

install environment .build/python "${packages[@]}"
install folder .build/python-flagd-1 openfeature-flagd-core==1.0.0 "${flagd[@]}"
install folder .build/python-flagd-2 openfeature-flagd-core==2.0.0 cbor2==5.9.0 "${flagd[@]}"
