#!/usr/bin/env bash
# Tests of the status page in a real Chromium: run.sh FOLDER. FOLDER is one of the build, for the
# modules that npm installs as package-lock.json pins them. Where node, npm, Chromium or the modules
# are missing, every test is named as skipped. Environment: FFL_BINARY, the agent; FFL_SHOTS, a
# folder for screenshots; FFL_ONLY, a pattern of the names of tests to run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
modules=$1

skip() { # skip REASON
  echo "page tests are skipped: $1 (scripts/setup.sh page installs what they need)"
  sed -n 's/^test("\([^"]*\)".*/[  SKIPPED ] page: \1 (0 ms)/p' "$here"/*.test.mjs
  exit 0
}

for tool in node npm; do
  command -v "$tool" >/dev/null || skip "there is no $tool"
done
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
[ -n "$chromium" ] || skip "there is no chromium"
node -e 'process.exit(parseFloat(process.versions.node) < 18.15 ? 1 : 0)' || skip "node $(node --version) is too old"

mkdir -p "$modules"
if ! cmp -s "$here/package-lock.json" "$modules/installed.json" || [ ! -d "$modules/node_modules/playwright-core" ]; then
  cp "$here/package.json" "$here/package-lock.json" "$modules/"
  # Without a network npm would try for minutes.
  (cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund --fetch-timeout=20000 --fetch-retries=1 --fetch-retry-mintimeout=1000) >"$modules/npm.log" 2>&1 ||
    skip "npm could not install playwright-core: $(grep -m1 'npm ERR\|npm error' "$modules/npm.log")"
  cp "$here/package-lock.json" "$modules/installed.json"
fi

CHROMIUM=$chromium FFL_MODULES=$modules exec node --test-reporter="$here/reporter.mjs" --test-reporter-destination=stdout \
  ${FFL_ONLY:+--test-name-pattern="$FFL_ONLY"} "$here/all.mjs"
