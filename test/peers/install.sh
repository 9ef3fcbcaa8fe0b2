#!/usr/bin/env bash
# Builds the real peers of test/peers from package registries alone (Go modules, PyPI, npm, Maven,
# Debian's packages).
#
#   bash test/peers/install.sh [otelcol] [jaeger] [tlog] [python] [sigma] [promtool] [sender_js]
#       [sender_python] [sender_go] [sender_java]              (no item: these)
#   bash test/peers/install.sh [opensearch] [elasticsearch] [telemetrygen] [hydra] [keycloak]
#       [alertmanager] [rsyslog]
#       (--all: these, too)
#
# Programs go to $GRANTLOG_PEERS/bin, logs to $GRANTLOG_PEERS/log. An item is skipped when its
# programs exist and its stamp holds the hash of today's recipe. First build of all on two
# cores: about ten minutes and 3 GB of Go's caches; with warm caches a minute. The search servers
# take a minute and 90 MB, and need Maven and a JDK 17, as Keycloak does, of 180 MB.
set -euo pipefail

readonly OTELCOL_VERSION=0.161.0
readonly TESSERA_VERSION=1.0.4
readonly CRYPTOGRAPHY_VERSION=48.0.0
readonly PROMETHEUS_VERSION=0.316.0
readonly ALERTMANAGER_VERSION=0.35.0
readonly KEYCLOAK_VERSION=26.7.3
readonly OMNIWITNESS_VERSION=0.0.0-20260720115447-2e1c6971d19e
# A small heap, and a start that takes few seconds of CPU rather than code that is fast later.
readonly SEARCH_JVM='-Xms512m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1'
readonly SENDER_JVM='-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1'
# The versions of the search servers stand in search-nodes/*.xml.
# Jaeger's version stands in jaeger-src/go.mod (module v1.76.0 is release 2.13.0).

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=${GRANTLOG_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/grantlog/peers}
bin=$peers/bin work=$peers/build
export GOFLAGS="${GOFLAGS:-} -trimpath"
readonly STRIP='-ldflags=-s -w'

# --- recipes: what an item's programs are, what decides their bytes, how they are built ---------
# A recipe is one chain of && because `set -e` does not hold inside a condition.

otelcol_programs='otelcol-peer'
otelcol_inputs() { echo "builder $OTELCOL_VERSION"; cat "$here/otelcol-builder.yaml"; }
otelcol_build() {
  GOBIN=$work go install "go.opentelemetry.io/collector/cmd/builder@v$OTELCOL_VERSION" &&
    rm -rf "$work/otelcol-peer-src" && cd "$work" &&
    ./builder --config "$here/otelcol-builder.yaml" --skip-compilation &&
    cd otelcol-peer-src && go build "$STRIP" -o "$bin/otelcol-peer" .
}

jaeger_programs='jaeger'
jaeger_inputs() { cat "$here/jaeger-src/go.mod" "$here/jaeger-src/go.sum"; }
jaeger_build() {
  cd "$here/jaeger-src" &&
    go build "$STRIP" -o "$bin/jaeger" github.com/jaegertracing/jaeger/cmd/jaeger
}

tlog_programs='tessera-fsck tessera-posix-oneshot omniwitness'
tlog_inputs() { echo "tessera $TESSERA_VERSION omniwitness $OMNIWITNESS_VERSION"; }
tlog_build() {
  local module=github.com/transparency-dev oneshot=tessera/cmd/examples/posix-oneshot
  GOBIN=$work go install "$STRIP" "$module/tessera/cmd/fsck@v$TESSERA_VERSION" &&
    GOBIN=$work go install "$STRIP" "$module/$oneshot@v$TESSERA_VERSION" &&
    GOBIN=$work go install "$STRIP" "$module/witness/cmd/omniwitness@v$OMNIWITNESS_VERSION" &&
    mv "$work/fsck" "$bin/tessera-fsck" &&
    mv "$work/posix-oneshot" "$bin/tessera-posix-oneshot" &&
    mv "$work/omniwitness" "$bin/omniwitness"
}

telemetrygen_programs='telemetrygen'
telemetrygen_inputs() { echo "telemetrygen $OTELCOL_VERSION"; }
telemetrygen_build() {
  local contrib=github.com/open-telemetry/opentelemetry-collector-contrib
  GOBIN=$work go install "$STRIP" "$contrib/cmd/telemetrygen@v$OTELCOL_VERSION" &&
    mv "$work/telemetrygen" "$bin/telemetrygen"
}

# Without what finds other targets: the clouds' libraries are most of what it takes to build.
promtool_programs='promtool'
promtool_inputs() { echo "prometheus $PROMETHEUS_VERSION"; }
promtool_build() {
  GOBIN=$work go install -tags=remove_all_sd "$STRIP" \
    "github.com/prometheus/prometheus/cmd/promtool@v$PROMETHEUS_VERSION" &&
    mv "$work/promtool" "$bin/promtool"
}

# Its pages are no part of the module: an empty one stands where they would.
alertmanager_programs='alertmanager'
alertmanager_inputs() { echo "alertmanager $ALERTMANAGER_VERSION"; }
alertmanager_build() {
  local module=github.com/prometheus/alertmanager@v$ALERTMANAGER_VERSION home=$work/alertmanager
  local found
  found=$(go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') &&
    rm -rf "$home" && cp -r "$found" "$home" && chmod -R u+w "$home" &&
    mkdir -p "$home/ui/app/dist" && touch "$home/ui/app/dist/index.html" &&
    cd "$home" && go build "$STRIP" -o "$bin/alertmanager" ./cmd/alertmanager
}

# A Python with the one package that test/vectors/verify.py needs.
python_programs='verify-python'
python_needs='python3'
python_inputs() { echo "cryptography $CRYPTOGRAPHY_VERSION"; }
python_build() {
  python3 -m venv "$work/venv" &&
    "$work/venv/bin/pip" install --quiet "cryptography==$CRYPTOGRAPHY_VERSION" &&
    program verify-python "exec \"$work/venv/bin/python\""
}

# pySigma with its SQLite backend, which sigma.test.ts asks.
sigma_programs='sigma-python'
sigma_needs='python3'
sigma_inputs() { cat "$here/sigma/requirements.txt"; }
sigma_build() {
  local home=$work/sigma
  rm -rf "$home" && python3 -m venv "$home" &&
    "$home/bin/pip" install --quiet --no-deps -r "$here/sigma/requirements.txt" &&
    program sigma-python "exec \"$home/bin/python\""
}

# Programs of the stock SDKs (senders/): each sends what senders.ts asks for.
sender_js_programs='sender-js'
sender_js_needs='npm node'
sender_js_inputs() { cat "$here"/senders/js/*; }
sender_js_build() {
  local home=$work/sender-js
  rm -rf "$home" && mkdir -p "$home" && cp "$here"/senders/js/* "$home" &&
    npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund &&
    program sender-js "exec node \"$home/sender.mjs\""
}

sender_python_programs='sender-python'
sender_python_needs='python3'
sender_python_inputs() { cat "$here"/senders/python/*; }
sender_python_build() {
  local home=$work/sender-python
  rm -rf "$home" && python3 -m venv "$home" && cp "$here"/senders/python/* "$home" &&
    "$home/bin/pip" install --quiet --no-deps -r "$home/requirements.txt" &&
    program sender-python "exec \"$home/bin/python\" \"$home/sender.py\""
}

sender_go_programs='sender-go'
sender_go_inputs() { cat "$here"/senders/go/*; }
sender_go_build() {
  cd "$here/senders/go" && go build "$STRIP" -o "$bin/sender-go" .
}

sender_java_programs='sender-java'
sender_java_needs='mvn javac'
sender_java_inputs() { echo "java $SENDER_JVM" && cat "$here"/senders/java/*; }
sender_java_build() {
  local home=$work/sender-java copy=dependency:copy-dependencies
  rm -rf "$home" && mkdir -p "$home/classes" &&
    mvn -q -B -f "$here/senders/java/pom.xml" "$copy" -DincludeScope=runtime \
      "-DoutputDirectory=$home/jars" &&
    javac -cp "$home/jars/*" -d "$home/classes" "$here/senders/java/SenderJava.java" &&
    program sender-java "exec java $SENDER_JVM -cp \"$home/classes:$home/jars/*\" SenderJava"
}

program() { # name command; the command gets the program's arguments
  printf '#!/bin/sh\n%s "$@"\n' "$2" > "$bin/$1" && chmod +x "$bin/$1"
}

# A server as a library with its modules, and a class that starts it: Maven has no server as such.
opensearch_programs='opensearch-node'
opensearch_needs='mvn javac'
opensearch_inputs() { search_node_inputs opensearch OpenSearchNode; }
opensearch_build() { search_node_build opensearch OpenSearchNode; }

elasticsearch_programs='elasticsearch-node'
elasticsearch_needs='mvn javac'
elasticsearch_inputs() { search_node_inputs elasticsearch ElasticsearchNode; }
elasticsearch_build() { search_node_build elasticsearch ElasticsearchNode; }

search_node_inputs() { # item class
  echo "java $SEARCH_JVM" && cat "$here/search-nodes/$1.xml" "$here/search-nodes/$2.java"
}
search_node_build() { # item class
  local home=$work/$1-node copy=dependency:copy-dependencies
  rm -rf "$home" && mkdir -p "$home/classes" &&
    mvn -q -B -f "$here/search-nodes/$1.xml" "$copy" -DincludeScope=runtime \
      "-DoutputDirectory=$home/jars" &&
    javac -cp "$home/jars/*" -d "$home/classes" "$here/search-nodes/$2.java" &&
    program "$1-node" "exec java $SEARCH_JVM -cp \"$home/classes:$home/jars/*\" $2"
}

# Its version stands in hydra-src/go.mod.
hydra_programs='hydra'
hydra_inputs() { cat "$here/hydra-src/go.mod" "$here/hydra-src/go.sum"; }
hydra_build() {
  cd "$here/hydra-src" &&
    go build -tags sqlite,json1 "$STRIP" -o "$bin/hydra" github.com/ory/hydra/v2
}

# `build` does once what a start would do for minutes of CPU; `start --optimized` believes it, and
# `start-dev` builds it all anew.
keycloak_programs='keycloak'
keycloak_needs='mvn java tar'
keycloak_inputs() { echo "keycloak $KEYCLOAK_VERSION"; }
keycloak_build() {
  local name=keycloak-quarkus-dist group=org.keycloak version=$KEYCLOAK_VERSION
  local home=$work/keycloak/keycloak-$version
  rm -rf "$work/keycloak" && mkdir -p "$work/keycloak" &&
    mvn -q -B dependency:copy "-Dartifact=$group:$name:$version:tar.gz" \
      "-DoutputDirectory=$work/keycloak" &&
    tar xzf "$work/keycloak/$name-$version.tar.gz" -C "$work/keycloak" &&
    rm "$work/keycloak/$name-$version.tar.gz" &&
    "$home/bin/kc.sh" build --db=dev-mem &&
    printf '#!/bin/sh\nexec "%s/bin/kc.sh" "$@"\n' "$home" > "$bin/keycloak" &&
    chmod +x "$bin/keycloak"
}

# Debian's own, taken out of its packages: nothing is installed. Its version is the system's.
rsyslog_programs='rsyslogd'
rsyslog_needs='apt-get dpkg-deb'
rsyslog_inputs() { echo 'rsyslog of Debian, with OpenSSL'; }
rsyslog_build() {
  local home=$work/rsyslog package
  rm -rf "$home" && mkdir -p "$home/deb" && cd "$home/deb" &&
    apt-get download rsyslog rsyslog-openssl libestr0 libfastjson4 liblognorm5 &&
    for package in ./*.deb; do dpkg-deb -x "$package" "$home" || return 1; done &&
    local libraries modules &&
    libraries=$(dirname "$(find "$home" -name 'libestr.so.0')") &&
    modules=$(dirname "$(find "$home" -name imtcp.so)") &&
    printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s/usr/sbin/rsyslogd" -M "%s" "$@"\n' \
      "$libraries" "$home" "$modules" > "$bin/rsyslogd" &&
    chmod +x "$bin/rsyslogd"
}

# --- the runner ----------------------------------------------------------------------------------

say() { echo "peers: $*"; }

sha256() {
  if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-64
}

is_built() { # item hash
  local programs=$1_programs program
  for program in ${!programs}; do [ -x "$bin/$program" ] || return 1; done
  [ "$(cat "$peers/stamps/$1" 2> /dev/null)" = "$2" ]
}

build() { # item hash
  local log=$peers/log/$1.log start=$SECONDS
  say "$1: building, log in $log"
  rm -f "$peers/stamps/$1"
  if ! ("$1_build") > "$log" 2>&1; then
    say "$1: FAILED after $((SECONDS - start)) s, the log ends:"
    tail -n 15 "$log"
    return 1
  fi
  echo "$2" > "$peers/stamps/$1"
  say "$1: built in $((SECONDS - start)) s"
}

missing_of() { # words of needed programs; the first that is not there
  local program
  for program in $1; do command -v "$program" > /dev/null || { echo "$program"; return; }; done
}

quick=(python sigma tlog promtool otelcol jaeger sender_js sender_python sender_go sender_java)
heavy=(opensearch elasticsearch telemetrygen hydra keycloak alertmanager rsyslog)
items=("$@")
[ $# -gt 0 ] || items=("${quick[@]}")
[ "${1:-}" != --all ] || items=("${quick[@]}" "${heavy[@]}")
mkdir -p "$bin" "$work" "$peers/log" "$peers/stamps"
failures=0
for item in "${items[@]}"; do
  if [[ " ${quick[*]} ${heavy[*]} " != *" $item "* ]]; then
    say "there is no item '$item'; the items are ${quick[*]} ${heavy[*]}" >&2
    exit 2
  fi
  hash=$("${item}_inputs" | sha256)
  if is_built "$item" "$hash"; then
    say "$item: up to date in $bin"
  elif needs=${item}_needs && missing=$(missing_of "${!needs:-go}") && [ -n "$missing" ]; then
    say "$item: skipped: building needs ${missing/#go/Go 1.26 or newer}, which is not on PATH"
  else
    build "$item" "$hash" || failures=$((failures + 1))
  fi
done
[ $failures -eq 0 ]
