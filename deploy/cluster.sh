#!/usr/bin/env bash
# Runs Millrace on a Flink cluster of processes, on one machine or many. See docs/operations.md.
#
#   deploy/cluster.sh start [N]           a job manager and N task managers (2)
#   deploy/cluster.sh run [-p N] [-s SAVEPOINT|latest] [--config FILE] [-Dkey=value ...]
#                                         submits the job; -s goes on from a savepoint or checkpoint
#   deploy/cluster.sh status              what runs; exit code 1 if something does not
#   deploy/cluster.sh scale N             N task managers; the job takes the slots it finds
#   deploy/cluster.sh upgrade [...]       stops the job with a savepoint, takes what was built last and
#                                         cluster.yaml as it is now, goes on; arguments as for run,
#                                         those of the last run where there are none
#   deploy/cluster.sh stop [--now]        stops the job with a savepoint, then the cluster; --now: no
#                                         savepoint
#
# Everything is kept in MILLRACE_WORK/cluster (default .millrace/cluster beside this checkout): cluster.yaml
# with Flink's settings, logs, checkpoints, savepoints. A process that dies is started again.
#
# Many machines: name them in MILLRACE_WORK/cluster/workers, one a line; task managers are spread over
# them with ssh (MILLRACE_SSH, default "ssh -o BatchMode=yes"). They need this checkout, built, under the
# same path, and cluster.yaml must name jobmanager.rpc.address, execution.checkpointing.dir and
# execution.checkpointing.savepoint-dir on storage that all of them reach.
set -euo pipefail

self="$(readlink -f "${BASH_SOURCE[0]}")"
home="$(dirname "$(dirname "$self")")"
work="${MILLRACE_WORK:-$home/.millrace}"
mkdir -p "$work"
cluster="$(cd "$work" && pwd)/cluster"
conf="$cluster/conf"

FLINK=org.apache.flink
PATIENCE_SECONDS="${MILLRACE_PATIENCE:-180}"

fail() {
  echo "cluster: $*" >&2
  exit 1
}

# shellcheck source=deploy/environment.sh
. "$home/deploy/environment.sh"

# ---------------------------------------------------------------------------------- configuration

# The value of a key in the cluster's settings, empty if it is not there.
setting() {
  sed -n "s/^$1: *//p" "$conf/config.yaml" | sed -e 's/ *#.*//' -e "s/^[\"']\(.*\)[\"']$/\1/" | tail -n 1
}

# Adds a setting that cluster.yaml leaves open.
default_setting() {
  grep -q "^$1:" "$conf/config.yaml" || echo "$1: $2" >>"$conf/config.yaml"
}

write_configuration() {
  mkdir -p "$conf" "$cluster"/{log,pids,tmp,checkpoints,savepoints}
  [ -f "$cluster/cluster.yaml" ] || cp "$home/deploy/cluster/cluster.yaml" "$cluster/cluster.yaml"
  (umask 077 && cp "$cluster/cluster.yaml" "$conf/config.yaml")
  # A last line without an end would swallow the first setting that is added.
  echo >>"$conf/config.yaml"
  default_setting jobmanager.rpc.address 127.0.0.1
  default_setting jobmanager.rpc.port 6123
  default_setting jobmanager.bind-host "$(setting jobmanager.rpc.address)"
  default_setting rest.address 127.0.0.1
  default_setting rest.bind-address "$(setting rest.address)"
  default_setting rest.port 8081
  default_setting io.tmp.dirs "$cluster/tmp"
  default_setting execution.checkpointing.storage filesystem
  default_setting execution.checkpointing.dir "file://$cluster/checkpoints"
  default_setting execution.checkpointing.savepoint-dir "file://$cluster/savepoints"
  # A dead process is noticed before the one that takes its place, and its name, is there: else Flink counts the
  # old one's silence against the new one and starts the job a second time.
  default_setting heartbeat.interval "1 s"
}

hosts() {
  if [ -f "$cluster/workers" ]; then
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$cluster/workers"
  else
    echo localhost
  fi
}

# Refuses a cluster on several machines whose parts would not find each other.
require_reachable() {
  hosts | grep -qv '^localhost$' || return 0
  local key
  for key in jobmanager.rpc.address execution.checkpointing.dir execution.checkpointing.savepoint-dir; do
    grep -q "^$key:" "$cluster/cluster.yaml" \
      || fail "$cluster/workers names other machines, but $cluster/cluster.yaml has no $key: name what all of them reach"
  done
}

# ----------------------------------------------------------------------------------------- versions

# Copies what was built last into a folder of its own: a build changes nothing under a running process.
install_version() {
  local built version
  built="$(cd "$home/flink-job/target/millrace" 2>/dev/null && find lib flink -name '*.jar' -printf '%f %s %T@\n' | sort)" \
    || fail "nothing was built: run ./mvnw -pl flink-job -am package -DskipTests"
  version="$(echo "$built" | sha256sum | cut -c 1-12)"
  if [ ! -d "$cluster/versions/$version" ]; then
    mkdir -p "$cluster/versions"
    "$home/deploy/assemble.sh" "$cluster/versions/$version"
    grep '^--add-' "$home/deploy/local/jvm.options" >"$cluster/versions/$version/jvm.options"
    cp "$home/deploy/cluster/log4j2.properties" "$cluster/versions/$version/"
  fi
  echo "$version" >"$cluster/version"
}

installed() {
  [ -f "$cluster/version" ] || fail "there is no cluster in $cluster: deploy/cluster.sh start"
  echo "$cluster/versions/$(cat "$cluster/version")"
}

class_path() {
  echo "$(installed)/flink/*:$(installed)/lib/*"
}

# ---------------------------------------------------------------------------------------- processes

is_local() {
  [ "$1" = localhost ]
}

# Runs a command of this script on a machine, with the same folders.
on() {
  local host="$1"
  shift
  if is_local "$host"; then
    "$self" "$@"
  else
    # shellcheck disable=SC2086 # ssh and its options are separated by spaces
    ${MILLRACE_SSH:-ssh -o BatchMode=yes} "$host" \
      "$(printf '%q ' env "MILLRACE_WORK=$work" ${JAVA_HOME:+"JAVA_HOME=$JAVA_HOME"} \
        ${MILLRACE_JAVA_OPTS:+"MILLRACE_JAVA_OPTS=$MILLRACE_JAVA_OPTS"} "$self" "$@")"
  fi
}

pid_of() {
  local pid
  pid="$(cat "$cluster/pids/$1.pid" 2>/dev/null)" || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q " _supervise $1 " || return 1
  echo "$pid"
}

# Starts a process on this machine; stdin is the cluster's configuration if it comes from another one.
launch() {
  local name="$1" host="$2"
  ! pid_of "$name" >/dev/null || fail "$name runs already"
  if ! is_local "$host"; then
    mkdir -p "$conf" "$cluster"/{log,pids,tmp}
    local draft
    draft="$(mktemp "$conf/config.yaml.XXXXXX")"
    cat >"$draft"
    mv "$draft" "$conf/config.yaml"
    install_version
  fi
  nohup setsid "$self" _supervise "$name" "$host" </dev/null >>"$cluster/log/$name.out" 2>&1 &
  local waited=0
  until pid_of "$name" >/dev/null; do
    [ $((waited += 1)) -lt 600 ] || fail "$name did not start: see $cluster/log/$name.out"
    sleep 0.1
  done
}

terminate() {
  local name="$1" pid waited=0
  pid="$(pid_of "$name")" || return 0
  kill -TERM "$pid"
  while pid_of "$name" >/dev/null; do
    if [ $((waited += 1)) -ge 400 ]; then
      kill -KILL -- "-$pid" 2>/dev/null || true
      rm -f "$cluster/pids/$name.pid"
      return
    fi
    sleep 0.1
  done
}

# The JVM of a process, with the memory that Flink's own settings give it, in the array `command`.
jvm() {
  local name="$1" host="$2" question main
  local -a parameters arguments=() opens
  case "$name" in
    job-manager)
      question=GET_JM_RESOURCE_PARAMS main=$FLINK.runtime.entrypoint.StandaloneSessionClusterEntrypoint ;;
    *)
      question=GET_TM_RESOURCE_PARAMS main=$FLINK.runtime.taskexecutor.TaskManagerRunner
      is_local "$host" && host=127.0.0.1
      arguments=("-Dtaskmanager.resource-id=$name" "-Dtaskmanager.host=$host" "-Dtaskmanager.bind-host=$host") ;;
  esac
  local answer
  answer="$("$java" -Xmx128m -XX:TieredStopAtLevel=1 -cp "$(class_path)" \
    $FLINK.runtime.util.bash.BashJavaUtils "$question" --configDir "$conf" 2>&1)" \
    || fail "Flink refuses the settings in $conf/config.yaml: $answer"
  mapfile -t answer < <(sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p' <<<"$answer")
  read -r -a parameters <<<"${answer[0]}"
  read -r -a dynamic <<<"${answer[1]}"
  mapfile -t opens <"$(installed)/jvm.options"
  # shellcheck disable=SC2206 # options are separated by spaces
  command=("$java" "${parameters[@]}" "${opens[@]}" -XX:+ExitOnOutOfMemoryError
    "-Dlog.file=$cluster/log/$name.log" "-Dlog4j2.configurationFile=$(installed)/log4j2.properties"
    ${MILLRACE_JAVA_OPTS:-} -cp "$(class_path)" "$main"
    --configDir "$conf" "${dynamic[@]}" "${arguments[@]}")
}

# Keeps a process running until it is told to stop, or dies five times within its first seconds.
supervise() {
  local name="$1" host="$2" stopping="" child="" code started early=0
  echo $$ >"$cluster/pids/$name.pid"
  # shellcheck disable=SC2064 # the name of now: at the end it is out of scope
  trap "rm -f '$cluster/pids/$name.pid'" EXIT
  trap 'stopping=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true' TERM INT
  # Only the processor's: where another libtorch is to be used, whoever starts the cluster names it.
  if [ -z "${PYTORCH_LIBRARY_PATH:-}" ]; then
    export PYTORCH_LIBRARY_PATH PYTORCH_VERSION PYTORCH_FLAVOR=cpu
    PYTORCH_LIBRARY_PATH="$(installed)/native"
    PYTORCH_VERSION="$(cat "$PYTORCH_LIBRARY_PATH/VERSION")"
  fi
  local -a command
  jvm "$name" "$host"
  while [ -z "$stopping" ]; do
    started=$SECONDS
    echo "$(date '+%F %T') starts $name"
    "${command[@]}" &
    child=$!
    code=0
    wait "$child" || code=$?
    # A signal to this shell ends the wait, not the child.
    if kill -0 "$child" 2>/dev/null; then wait "$child" || true; fi
    [ -z "$stopping" ] || break
    echo "$(date '+%F %T') $name ended with exit code $code"
    [ $((SECONDS - started)) -lt 20 ] && early=$((early + 1)) || early=0
    if [ "$early" -ge 5 ]; then
      echo "$(date '+%F %T') $name is given up: it died $early times at its start; see $cluster/log/$name.log"
      break
    fi
    sleep 1
  done
}

# --------------------------------------------------------------------------------------- job manager

# Asks the job manager's REST interface. MILLRACE_CURL: more options, for one with TLS.
rest() {
  local scheme=http
  [ "$(setting security.ssl.rest.enabled)" != true ] || scheme=https
  # shellcheck disable=SC2086 # options are separated by spaces
  curl -sS --fail --max-time 10 ${MILLRACE_CURL:-} \
    "$scheme://$(setting rest.address):$(setting rest.port)$1"
}

# Waits until a command succeeds.
await() {
  local what="$1" until=$((SECONDS + PATIENCE_SECONDS))
  shift
  until "$@"; do
    [ $SECONDS -lt $until ] || fail "not within $PATIENCE_SECONDS s: $what; see $cluster/log"
    sleep 0.5
  done
}

answers() {
  pid_of job-manager >/dev/null || fail "the job manager did not start: see $cluster/log/job-manager.out and job-manager.log"
  rest /overview >/dev/null 2>&1
}

task_managers() {
  cat "$cluster/task-managers" 2>/dev/null || true
}

registered() {
  rest /taskmanagers | grep -o '"id":"task-manager-[0-9]*"' | cut -d '"' -f 4 | sort
}

are_registered() {
  local name host
  while read -r name host; do
    on "$host" _alive "$name" </dev/null || fail "$name did not start: see $cluster/log/$name.out and $name.log on $host"
  done < <(task_managers)
  [ "$(registered)" = "$(task_managers | cut -d ' ' -f 1 | sort)" ]
}

flink() {
  local -a opens
  mapfile -t opens <"$(installed)/jvm.options"
  # shellcheck disable=SC2086 # options are separated by spaces
  FLINK_CONF_DIR="$conf" "$java" ${MILLRACE_JAVA_OPTS:-} -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "${opens[@]}" \
    "-Dlog.file=$cluster/log/client.log" "-Dlog4j2.configurationFile=$(installed)/log4j2.properties" \
    -cp "$(class_path)" $FLINK.client.cli.CliFrontend "$@"
}

job_state() {
  [ -s "$cluster/job" ] || return 0
  rest "/jobs/$(cat "$cluster/job")" 2>/dev/null | grep -o '"state":"[A-Z]*"' | head -n 1 | cut -d '"' -f 4 || true
}

job_has_ended() {
  case "$(job_state)" in
    '' | FINISHED | CANCELED | FAILED) return 0 ;;
    *) return 1 ;;
  esac
}

# Whether every task runs: a job that "runs" may still be loading its model.
job_runs() {
  local tasks
  case "$(job_state)" in
    RUNNING)
      tasks="$(rest "/jobs/$(cat "$cluster/job")" | sed 's/"timestamps":{[^}]*}//g')" || return 1
      ! grep -Eq '"(CREATED|SCHEDULED|DEPLOYING|INITIALIZING|RECONCILING|CANCELING)":[1-9]' <<<"$tasks" ;;
    FAILED) fail "the job failed: $(rest "/jobs/$(cat "$cluster/job")/exceptions" | grep -o '"stacktrace":"[^"]*"' | head -n 1 | cut -c 1-2000)" ;;
    *) return 1 ;;
  esac
}

stop_job() {
  local answer job attempts=0
  job="$(cat "$cluster/job")"
  await "every task runs, so that there can be a savepoint ('stop --now' does without)" job_runs
  # What the job manager tells of the tasks is up to 3 s old.
  until answer="$(flink stop "$job" 2>&1)"; do
    savepoint="$(sed -n '/A savepoint has been created at: /{s/.*created at: \([^ ,]*\),.*/\1/p;q}' <<<"$answer")"
    # Only what says so has ended: one that nobody answers for may have gone on, beyond the savepoint.
    if [ -n "$savepoint" ] && [[ "$(job_state)" =~ ^(FAILED|FINISHED|CANCELED)$ ]]; then
      # It is whole: what of it was not committed, a job that goes on from it commits.
      echo "savepoint       $savepoint"
      echo "job             failed while it stopped; its last outcomes are seen when a job goes on from the savepoint"
      return
    fi
    [ $((attempts += 1)) -lt 5 ] || fail "the job was not stopped: $answer"
    sleep 3
  done
  savepoint="$(sed -n 's/^Savepoint completed. Path: //p' <<<"$answer")"
  [ -n "$savepoint" ] || fail "the job was not stopped with a savepoint: $answer"
  await "the job is stopped" job_has_ended
  echo "savepoint       $savepoint"
}

latest() {
  local newest
  newest="$(find "$cluster/checkpoints" "$cluster/savepoints" -name _metadata -printf '%T@ %h\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)"
  [ -n "$newest" ] || fail "no checkpoint and no savepoint in $cluster: name one with -s, or leave -s out"
  echo "file://$newest"
}

# ------------------------------------------------------------------------------------------ commands

require_cluster() {
  installed >/dev/null
  pid_of job-manager >/dev/null || fail "no job manager runs: deploy/cluster.sh start"
}

is_count() {
  [[ "$1" =~ ^[0-9]+$ ]]
}

start() {
  local count="${1:-2}"
  is_count "$count" || fail "start $count: give the number of task managers"
  ! pid_of job-manager >/dev/null || fail "a cluster runs already: 'scale $count' changes its size, 'stop' ends it"
  write_configuration
  require_reachable
  install_version
  : >"$cluster/task-managers"
  : >"$cluster/job"
  launch job-manager localhost
  await "the job manager answers" answers
  scale "$count"
}

scale() {
  is_count "${1:-}" || fail "usage: deploy/cluster.sh scale N"
  require_cluster
  local wanted="$1" count name host
  local -a machines
  mapfile -t machines < <(hosts)
  count="$(task_managers | wc -l)"
  while [ "$count" -gt "$wanted" ]; do
    read -r name host < <(task_managers | tail -n 1)
    on "$host" _terminate "$name" </dev/null
    sed -i '$d' "$cluster/task-managers"
    count=$((count - 1))
  done
  while [ "$count" -lt "$wanted" ]; do
    host="${machines[$((count % ${#machines[@]}))]}"
    count=$((count + 1))
    on "$host" _launch "task-manager-$count" "$host" <"$conf/config.yaml"
    echo "task-manager-$count $host" >>"$cluster/task-managers"
  done
  await "$wanted task managers are there" are_registered
  status
}

# What Millrace says of a setting that is wrong; else all that Flink's client printed.
reason() {
  local setting
  setting="$(sed -n 's/^Caused by: .*ConfigurationException: //p' <<<"$1" | head -n 1)"
  echo "${setting:-$1}"
}

run_job() {
  require_cluster
  job_has_ended || fail "the job runs already: 'upgrade' changes it, 'stop' ends it"
  local -a options=(-d) arguments=()
  while [ $# -gt 0 ]; do
    case "$1" in
      -p) options+=(-p "${2:?-p needs a number}"); shift 2 ;;
      -s)
        local from="${2:?-s needs a savepoint}"
        [ "$from" != latest ] || from="$(latest)"
        options+=(-s "$from")
        shift 2 ;;
      *) arguments+=("$1"); shift ;;
    esac
  done
  local jar answer
  for jar in "$(installed)"/usrlib/*.jar; do
    case "$(basename "$jar")" in flink-job-*) ;; *) options+=(-C "file://$jar") ;; esac
  done
  answer="$(flink run "${options[@]}" -c dev.millrace.job.MillraceJob \
    "$(installed)"/usrlib/flink-job-*.jar ${arguments[@]+"${arguments[@]}"} 2>&1)" \
    || fail "the job was not started: $(reason "$answer")"
  sed -n 's/.*JobID \([0-9a-f]\{32\}\).*/\1/p' <<<"$answer" | head -n 1 >"$cluster/job"
  [ -s "$cluster/job" ] || fail "the job was not started: $answer"
  printf '%s\n' ${arguments[@]+"${arguments[@]}"} >"$cluster/job.arguments"
  await "the job runs" job_runs
  echo "job             RUNNING $(cat "$cluster/job")"
}

upgrade() {
  require_cluster
  local count savepoint=""
  local -a arguments=("$@") from=()
  count="$(task_managers | wc -l)"
  [ $# -gt 0 ] || mapfile -t arguments <"$cluster/job.arguments"
  if ! job_has_ended; then
    stop_job
    from=(-s "$savepoint")
  fi
  stop_processes
  start "$count"
  [ -z "$savepoint" ] || run_job "${from[@]}" ${arguments[@]+"${arguments[@]}"}
}

stop_processes() {
  local name host
  while read -r name host; do
    on "$host" _terminate "$name" </dev/null
  done < <(task_managers)
  terminate job-manager
}

stop() {
  installed >/dev/null
  if [ "${1:-}" != --now ] && pid_of job-manager >/dev/null && ! job_has_ended; then
    stop_job
  fi
  stop_processes
  echo "stopped; the data stays in $cluster"
}

status() {
  installed >/dev/null
  local name host state code=0 known="" url
  url="http://$(setting rest.address):$(setting rest.port)"
  if pid_of job-manager >/dev/null; then
    echo "job-manager     running, $url"
    known="$(registered 2>/dev/null)" || code=1
  else
    echo "job-manager     not running"
    code=1
  fi
  while read -r name host; do
    if ! on "$host" _alive "$name" </dev/null; then
      state="not running: see $cluster/log/$name.out" code=1
    elif ! grep -qx "$name" <<<"$known"; then
      state="not registered yet" code=1
    else
      state="running"
    fi
    printf '%-15s %s on %s\n' "$name" "$state" "$host"
  done < <(task_managers)
  [ ! -s "$cluster/job" ] || echo "job             $(job_state) $(cat "$cluster/job")"
  return $code
}

command -v curl >/dev/null || fail "no curl found: install it"
find_java
action="${1:-}"
[ $# -eq 0 ] || shift
case "$action" in
  start) start "$@" ;;
  scale) scale "$@" ;;
  run) run_job "$@" ;;
  upgrade) upgrade "$@" ;;
  status) status ;;
  stop) stop "$@" ;;
  # What the script asks of itself, here and on other machines.
  _launch) launch "$@" ;;
  _terminate) terminate "$@" ;;
  _alive) pid_of "$@" >/dev/null ;;
  _supervise) supervise "$@" ;;
  *)
    sed -n '/^# Runs/,/^set /p' "$self" | sed -e '$d' -e 's/^# \{0,1\}//'
    [ -z "$action" ] || fail "unknown command '$action'"
    exit 2 ;;
esac
