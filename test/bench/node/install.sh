#!/usr/bin/env bash
# Installs what agent.mjs needs into a folder, as package-lock.json pins it: install.sh FOLDER.
# better-sqlite3 is compiled where no binary of it can be had, which takes a minute, and once a
# folder. Fails with the reason.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
modules=$1

for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "there is no $tool" >&2; exit 69; }
done
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 18) ? 0 : 1)' ||
  { echo "node $(node --version) is too old: 20.18 or later is needed" >&2; exit 69; }

mkdir -p "$modules"
exec 9>"$modules/lock" # two builds of this tree may test at the same time
flock 9
if cmp -s "$here/package-lock.json" "$modules/installed.json"; then
  exit 0
fi
echo "installing the modules of the agent in Node.js" >&2
cp "$here/package.json" "$here/package-lock.json" "$modules/"
# The headers of this very node spare a download, which fails on a machine without the Internet.
for headers in /usr/include/nodejs /usr; do
  if [ -e "$headers/include/node/node.h" ] || [ -e "$headers/src/node.h" ]; then
    export npm_config_nodedir=${npm_config_nodedir:-$headers}
  fi
done
if ! (cd "$modules" && npm ci --no-audit --no-fund && node -e 'require("better-sqlite3")(":memory:")') >"$modules/npm.log" 2>&1; then
  echo "npm could not install them: $(grep -m1 -i 'npm ERR\|npm error\|Error:' "$modules/npm.log"); see $modules/npm.log" >&2
  exit 69
fi
cp "$here/package-lock.json" "$modules/installed.json"
