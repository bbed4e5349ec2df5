#!/usr/bin/env bash
# Assembles what a cluster runs from what was built: deploy/assemble.sh DIR
#
#   DIR/lib       engine, schemas and their libraries: for Flink's lib/, so that one copy of the model
#                 and of the native libraries serves every slot of a process
#   DIR/usrlib    the job with its Kafka connector: what Flink loads anew for each job
#   DIR/native    libtorch for the processor, unpacked
#   DIR/flink     Flink itself, for where no distribution of Flink is installed
#
# The images take lib, usrlib and native; deploy/cluster.sh takes all four. Build first:
#   ./mvnw -pl flink-job -am package -DskipTests
set -euo pipefail

home="$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")"
built="$home/flink-job/target/millrace"

fail() {
  echo "assemble: $*" >&2
  exit 1
}

# The part of a jar, by its name; "none" is only of use on the command line.
part_of() {
  case "$1" in
    flink-job-*) echo usrlib ;;
    flink-connector-kafka-* | flink-connector-base-* | kafka-clients-*) echo usrlib ;;
    flink-* | frocksdbjni-* | log4j-* | slf4j-*) echo flink ;;
    kafka-* | kafka_* | scala-* | picocli-* | hadoop-* | parquet-*) echo none ;;
    pytorch-native-*) echo native ;;
    *) echo lib ;;
  esac
}

[ $# -eq 1 ] || fail "usage: deploy/assemble.sh DIR"
compgen -G "$built/lib/flink-job-*.jar" >/dev/null \
  || fail "nothing was built in $built: run ./mvnw -pl flink-job -am package -DskipTests"
target="$1"
[ ! -e "$target" ] || fail "$target exists already: remove it first"

jar_tool="${JAVA_HOME:+$JAVA_HOME/bin/}jar"
command -v "$jar_tool" >/dev/null || fail "no $jar_tool found: install a JDK 17, or point JAVA_HOME at one"

# Whoever looks meanwhile sees either nothing or all of it.
draft="$target.draft.$$"
trap 'rm -rf "$draft"' EXIT
mkdir -p "$draft"/{lib,usrlib,native,flink}
for jar in "$built"/lib/*.jar "$built"/flink/*.jar; do
  part="$(part_of "$(basename "$jar")")"
  case "$part" in
    none) ;;
    native)
      (cd "$draft" && "$jar_tool" xf "$(readlink -f "$jar")" pytorch && mv pytorch/*/linux-x86_64/* native/ && rm -r pytorch)
      basename "$jar" | sed 's/.*-\([0-9.]*\)-linux.*/\1/' >"$draft/native/VERSION" ;;
    *) cp "$jar" "$draft/$part/" ;;
  esac
done
mv -T "$draft" "$target"
