#!/usr/bin/env bash
# Who may include whom (README, "How it works"), judged by the #include lines, also through other headers:
#   main -> program -> moving parts -> storage -> pure -> common, and the moving parts do not know each other.
# The layers are read from the lists in CMakeLists.txt. First it proves on small bad samples that it can say no.
set -euo pipefail

# One line for each fault in the tree under $1.
faults() (
  cd "$1"
  {
    awk '/^ffl_layer\(/ { layer = $1; sub(/ffl_layer\(/, "", layer) }
         layer { n = split($0, words, /[ ()]+/); for (i = 1; i <= n; i++) if (words[i] ~ /^(agent|common)\//) print "layer", words[i], layer }
         /\)/ { layer = "" }' CMakeLists.txt
    grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]+' agent/*.[ch]pp common/*.[ch]pp |
      sed -E 's/^([^:]+):.*["<]([^"<]+)$/include \1 \2/'
    ls agent/*.cpp common/*.cpp | sed 's/^/source /'
  } | awk '
    BEGIN {
      split("agent_pure 1 agent_storage 2 agent_moving 3 agent_program 4", words, " ")
      for (i = 1; i < 8; i += 2) rank[words[i]] = words[i + 1]
      split("server_api sync dispatcher lane ingest control router", parts, " ")
      for (i in parts) part[parts[i]] = 1
      split("sync>server_api dispatcher>lane router>ingest router>control", words, " ")
      for (i in words) allowed[words[i]] = 1
    }
    function stem(file) { sub(/\.[ch]pp$/, "", file); return file }
    function layer_of(file) { return file == "agent/main.cpp" ? "agent_program" : layer[stem(file)] }
    function fault(text) { if (!(text in said)) print text; said[text] = 1 }
    function part_of(file,    name) {
      name = stem(file); sub(/^agent\//, "", name)
      while (name != "" && !(name in part)) if (!sub(/_[^_]*$/, "", name)) name = ""
      return name
    }
    # All that file sees, into seen[].
    function follow(file,    i) {
      for (i = 1; i <= count[file]; i++)
        if (!(edge[file, i] in seen)) { seen[edge[file, i]] = 1; follow(edge[file, i]) }
    }
    $1 == "layer" { layer[$2] = $3 }
    $1 == "include" { files[$2] = 1; edge[$2, ++count[$2]] = $3 }
    $1 == "source" { files[$2] = 1; if ($2 != "agent/main.cpp") sources[$2] = 1 }
    END {
      for (file in sources) if (!layer_of(file)) fault(file ": in no layer of CMakeLists.txt, so it is not built")
      for (file in files) {
        own = layer_of(file)
        for (i = 1; i <= count[file]; i++) {
          name = edge[file, i]
          if (name ~ /^boost\/beast/ && file !~ /^common\/(http_client[a-z_]*|http_server[a-z_]*|boost_impl)\.cpp$/)
            fault(file ": Beast stands in http_client, http_server and boost_impl .cpp only")
          if (name ~ /^(sqlite3\.h|SQLiteCpp\/)/ && file != "common/database.cpp" && !(own == "agent_storage" && file ~ /\.cpp$/))
            fault(file ": SQLite stands in database.cpp and the storage .cpp files only")
          if (name ~ /^boost\// && file ~ /^agent\/.*\.hpp$/) fault(file ": the headers of agent/ see Boost through common/asio.hpp only")
          if (name ~ /^(\.|[a-z_]+\.hpp$)/) fault(file ": includes are named from the root, not " name)
        }
        split("", seen); follow(file)
        for (name in seen) {
          if (file ~ /^common\// && name ~ /^agent\//) fault(file ": common/ must not know " name)
          if (own in rank && layer_of(name) in rank && rank[layer_of(name)] > rank[own])
            fault(file ": " own " must not know " name " of " layer_of(name))
          if (own == "agent_pure" && name ~ /^(boost\/|sqlite3\.h|SQLiteCpp\/|spdlog\/|common\/(asio|clock|database|log)\.hpp)/)
            fault(file ": pure files must not know " name)
          a = part_of(file); b = name ~ /^agent\// ? part_of(name) : ""
          if (own == "agent_moving" && a != "" && b != "" && a != b && !((a ">" b) in allowed) && !through(a, b))
            fault(file ": " a " must not know " b)
        }
      }
    }
    # What a part is allowed to see brings its own with it.
    function through(a, b,    middle) {
      for (middle in part) if (((a ">" middle) in allowed) && ((middle ">" b) in allowed)) return 1
      return 0
    }' | sort
)

sample=$(mktemp -d)
trap 'rm -rf "$sample"' EXIT

# refuses FILE LINE WORDS: a good tree with this one line more must give a fault that begins with FILE and holds WORDS.
refuses() {
  rm -rf "${sample:?}"/*
  mkdir "$sample/agent" "$sample/common"
  cat >"$sample/CMakeLists.txt" <<'CMAKE'
ffl_layer(common_base
  FILES common/url common/http_client common/database SEES OpenSSL::SSL)
ffl_layer(agent_pure FILES agent/event SEES common_base)
ffl_layer(agent_storage FILES agent/outbox SEES agent_pure)
ffl_layer(agent_moving FILES agent/ingest agent/sync agent/router agent/sync_extra SEES agent_storage)
ffl_layer(agent_program FILES agent/agent SEES agent_moving)
CMAKE
  (
    cd "$sample"
    for name in common/url common/http_client common/database agent/event agent/outbox agent/ingest agent/sync agent/sync_extra agent/router agent/agent; do
      echo "#include \"$name.hpp\"" >"$name.cpp"
      echo "#include <string>" >"$name.hpp"
    done
    echo '#include <sqlite3.h>' >>agent/outbox.cpp
    echo '#include <boost/beast/core.hpp>' >>common/http_client.cpp
    echo '#include "agent/event.hpp"' >>agent/outbox.hpp
    echo '#include "agent/ingest.hpp"' >>agent/router.hpp
    echo '#include "agent/outbox.hpp"' >>agent/ingest.hpp
    echo '#include "agent/agent.hpp"' >agent/main.cpp
    echo "$2" >>"$1"
  )
  local found
  found=$(faults "$sample")
  if [ -z "$3" ] && [ -n "$found" ]; then
    echo "check_layers.sh: refuses a good sample: $found" >&2
    exit 1
  fi
  if [ -n "$3" ] && ! grep -q "^$1: .*$3" <<<"$found"; then
    echo "check_layers.sh: does not see '$2' in $1; it said: $found" >&2
    exit 1
  fi
}
refuses agent/event.cpp '// #include <sqlite3.h>' ''
refuses common/url.cpp '#include "agent/event.hpp"' 'must not know agent/event.hpp'
refuses agent/event.hpp '#include "common/clock.hpp"' 'pure files must not know common/clock.hpp'
refuses agent/event.cpp '#include <boost/url.hpp>' 'pure files must not know boost/url.hpp'
refuses agent/sync.hpp '#include <boost/asio/post.hpp>' 'see Boost through common/asio.hpp only'
refuses agent/event.cpp '#  include "agent/outbox.hpp"' 'agent_pure must not know agent/outbox.hpp'
refuses common/url.hpp '#include "common/log.hpp"' ''
refuses common/url.cpp '#include <boost/beast/http.hpp>' 'Beast'
refuses common/http_client.hpp '#include <boost/beast/http.hpp>' 'Beast'
refuses agent/outbox.hpp '#include <SQLiteCpp/Database.h>' 'SQLite'
refuses agent/ingest.cpp '#include <sqlite3.h>' 'SQLite'
refuses agent/sync.cpp '#include "agent/ingest.hpp"' 'sync must not know ingest'
refuses agent/sync_extra.hpp '#include "agent/router.hpp"' 'sync must not know router'
refuses agent/ingest.cpp '#include "agent/agent.hpp"' 'must not know agent/agent.hpp'
refuses agent/sync.cpp '#include "ingest.hpp"' 'from the root'
refuses agent/unlisted.cpp '#include <string>' 'in no layer'

cd "$(dirname "$0")/.."
found=$(faults .)
if [ -n "$found" ]; then
  echo "$found" >&2
  exit 1
fi
