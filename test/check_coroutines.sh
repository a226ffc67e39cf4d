#!/usr/bin/env bash
# g++ 12 destroys closures and braced temporaries inside a co_await expression twice. In a coroutine
# without local variables it also misplaces the promise when an `if`, `switch` or `while` condition
# awaits a temporary, unless the condition declares a variable. This refuses every co_await with a
# `{` or with the `[` of a closure in its operand, and every one in such a condition, across lines,
# outside comments and strings. First it proves on samples that it finds them.
set -euo pipefail

# FILE:LINE of each such co_await in the files given.
faults() {
  awk '
    function check(text, file,    at, line, rest, i, c, depth, before, in_condition) {
      for (line = 1; (at = match(text, /(^|[^A-Za-z0-9_])co_await[^A-Za-z0-9_]/)) > 0; text = rest) {
        before = substr(text, 1, at + 8)
        in_condition = before ~ /(^|[^A-Za-z0-9_])(if|switch|while)[ \t\n]*\([^;{}=]*$/
        line += gsub(/\n/, "", before)
        if (in_condition) print file ":" line
        rest = substr(text, at + 9); depth = 0; before = "("
        for (i = 1; i <= length(rest); i++) {
          c = substr(rest, i, 1)
          if (c == ";" || ((c == ")" || c == "}") && --depth < 0)) break
          if (c == "(") depth++
          # A subscript follows a name or a bracket, a closure follows anything else.
          if (c == "{" || (c == "[" && before !~ /[A-Za-z0-9_)\]]/)) { print file ":" line; break }
          if (c !~ /[ \t\n]/) before = c
        }
      }
    }
    # Comments, strings and characters become blanks; line ends stay.
    function bare(text,    out, i, c, two, close_by, ends) {
      for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1); two = substr(text, i, 2)
        if (two == "//") { while (i <= length(text) && substr(text, i, 1) != "\n") i++; out = out "\n" }
        else if (two == "/*") { for (; i <= length(text) && substr(text, i, 2) != "*/"; i++) if (substr(text, i, 1) == "\n") out = out "\n"; i++ }
        else if (two == "R\"") {
          close_by = substr(text, i + 2); sub(/\(.*/, "", close_by); close_by = ")" close_by "\""
          ends = index(substr(text, i + 2), close_by); c = substr(text, i, ends + length(close_by) + 1)
          gsub(/[^\n]/, "", c); out = out "0" c; i += ends + length(close_by)
        }
        else if (c == "\"" || (c == "\x27" && substr(text, i - 1, 1) !~ /[0-9A-Fa-f]/)) {
          for (i++; i <= length(text) && substr(text, i, 1) != c; i++) if (substr(text, i, 1) == "\\") i++
          out = out "0"
        }
        else out = out c
      }
      return out
    }
    function done() { if (file != "") check(bare(text), file); text = "" }
    FNR == 1 { done(); file = FILENAME }
    { text = text $0 "\n" }
    END { done() }' "$@"
}

sample=$(mktemp --suffix .cpp)
trap 'rm -f "$sample"' EXIT
expect() { # expect LINES CODE: the lines of the faults, or nothing
  printf '%b' "$2" >"$sample"
  local found
  found=$(faults "$sample" | sed 's/.*://' | tr '\n' ' ')
  [ "${found% }" = "$1" ] || { echo "check_coroutines.sh: in '$2' it found '$found' instead of '$1'" >&2; exit 1; }
}
expect "1" 'co_await send(Request{1});'
expect "2 5" 'x;\nco_await send(\n  a,\n  {1, 2});\nauto r = co_await run([this] { return 1; });'
expect "1" 'if (auto r = co_await add({}); r) { f(); }'
expect "1" 'co_return co_await g(a, [](int x) noexcept -> int { return x; });'
expect "1" 'co_await f(a[0], b)[1].g([&]{});'
expect "3" '/* co_await {\n */ // co_await {\nf(co_await g{}); s = "co_await {";'
expect "" 'co_await std::move(call); if (x) { y = {1}; }'
expect "1" 'while (co_await std::move(next)) { f([] {}); }'
expect "2" 'while (ready) { if (x) {\nco_await g{}; } }'
expect "1" 'while (ready) { if (x && co_await f()) { g(); } }'
expect "" 'if (const auto x = co_await f(); x) { g(); } my_if(co_await f());'
expect "" 'r = co_await list[0].wait(m["{"], \x27{\x27, R"(" { )"); auto f = [] {}; my_co_await{}; // co_await {'
expect "" 'f([&] { co_await x; }); n = 1\x27000; { }'

cd "$(dirname "$0")/.."
mapfile -t files < <(grep -rlw co_await --include=*.cpp --include=*.hpp agent common test)
found=$(faults "${files[@]}")
if [ -n "$found" ]; then
  printf '%s: give the { or closure inside this co_await, or its result in a condition, a name\n' $found >&2
  exit 1
fi
