#!/bin/sh
# Brings what the tests need beside Python: a browser, a Java runtime, the accessibility rules, the HTML checker.
# `install.sh node` brings only what the check of types runs on.
# As root on Debian it installs what is missing; elsewhere it says what is missing and the tests tell what they left out.
# In CI (CI=true) something missing is a failure.
set -eu
cd "$(dirname "$0")"

missing=""
command -v npm >/dev/null || missing="$missing nodejs npm"
if [ "${1:-}" != node ]; then
    [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || missing="$missing chromium fonts-liberation"
    command -v java >/dev/null || missing="$missing default-jre-headless"
fi

if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq -o Acquire::Retries=3
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends -o Acquire::Retries=3 $missing >/dev/null
    missing=""
fi

stamp=node_modules/.stamp
if [ "${1:-}" != node ] && command -v npm >/dev/null; then
    if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
        npm ci --loglevel=error && touch "$stamp" || missing="$missing axe-core vnu-jar"
    fi
fi

if [ -n "$missing" ]; then
    echo "!! Missing:$missing" >&2
    if [ "${CI:-}" = true ]; then exit 1; fi
    echo "!! On Debian, as root: apt install$missing. The tests that need them are skipped." >&2
fi
