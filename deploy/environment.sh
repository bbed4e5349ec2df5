# shellcheck shell=bash
# What every process of Millrace's needs around it. Sourced by ./millrace and deploy/cluster.sh; the
# images set the same variables, and a test holds them equal.

# DJL neither downloads nor reports anything.
export DJL_OFFLINE=true OPT_OUT_TRACKING=true
# A thread of the model that waits for another one sleeps instead of taking the processor from it.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}"
# Not at once: the next operation's part is often only microseconds away.
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-10000}"
# One native heap that keeps what a step has given back: the next step needs as much, and the kernel
# would clear every page of it again.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-33554432}"
export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-4294967296}"
# PyTorch asks for its large buffers, the weights among them, in pages of 2 MB.
export THP_MEM_ALLOC_ENABLE="${THP_MEM_ALLOC_ENABLE:-1}"

# Sets $java; calls the caller's function `fail` if there is none that will do.
find_java() {
  if [ -n "${JAVA_HOME:-}" ]; then
    java="$JAVA_HOME/bin/java"
    [ -x "$java" ] || fail "JAVA_HOME is $JAVA_HOME, but there is no $java: point it at a JDK 17 or unset it"
  else
    java="$(command -v java)" || fail "no java found: install a JDK 17, or point JAVA_HOME at one"
  fi
  local version
  version="$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = //p')"
  case "$version" in
    '' | *[!0-9]*) fail "$java is Java ${version:-of an unknown version}: Millrace needs a JDK 17 or newer" ;;
  esac
  [ "$version" -ge 17 ] || fail "$java is Java $version: Millrace needs a JDK 17 or newer, point JAVA_HOME at one"
}
