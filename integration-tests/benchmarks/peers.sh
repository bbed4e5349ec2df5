#!/usr/bin/env bash
# Runs the same weights and requests through Millrace and its peers on this machine, one after the other, several
# times over, and writes one JSON object a line to FOLDER/results.jsonl.
#
#   peers.sh prepare FOLDER      fetches and builds the peers in FOLDER, and writes their models; takes long
#   peers.sh run FOLDER [WHO...] measures; WHO are of: millrace llama.cpp-bf16 llama.cpp-q8_0 llama.cpp-q4_0 jlama
#                                transformers; all by default
#
# The model is a random checkpoint of the shape llama-3.2-1b, the requests 32 and 1 of 128 tokens in and 64 out.
#
#   THREADS       processor threads; default: all
#   ROUNDS        how often each is measured; default 3
#   REQUESTS      how many requests at a time, several with commas; default 1,32
#   MILLRACE      Millrace's launcher; default: this checkout's
#   PYTHON        a Python with torch, transformers and safetensors; default python3
#   JAVA_VECTOR   a java of JDK 22 or newer, for Jlama; default java
#   LLAMA_CPP     llama.cpp's sources; default: those in PyPI's llama-cpp-python
#
# Needs cmake, ninja and a C++ compiler. Nothing outside FOLDER is written but the checkpoint, which Millrace keeps
# in its cache.
set -euo pipefail

here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
home="$(dirname "$(dirname "$here")")"
python="${PYTHON:-python3}"
threads="${THREADS:-$(nproc)}"
rounds="${ROUNDS:-3}"
requests="${REQUESTS:-1,32}"
shape=llama-3.2-1b
inputs=128
outputs=64
llama_cpp_python=0.3.36

checkpoint() {
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/millrace/shapes/$shape"
}

millrace() {
  "${MILLRACE:-$home/millrace}" bench decode --shape "$shape" --batch "$1" --input-tokens "$inputs" --output-tokens "$2" \
    --threads "$threads" --json
}

sources() {
  if [ -n "${LLAMA_CPP:-}" ]; then
    echo "$LLAMA_CPP"
  else
    echo "$folder/llama_cpp_python-$llama_cpp_python/vendor/llama.cpp"
  fi
}

prepare_llama_cpp() {
  if [ ! -d "$(sources)" ]; then
    (cd "$folder" && "$python" -m pip download -q --no-deps --no-binary llama-cpp-python "llama-cpp-python==$llama_cpp_python" \
      && tar xzf "llama_cpp_python-$llama_cpp_python.tar.gz")
  fi
  # gcc 12 takes the tile configuration for eight bytes and drops the rest, and the AMX kernels crash.
  local amx; amx="$(sources)/ggml/src/ggml-cpu/amx/mmq.cpp"
  sed -i 's|^    _tile_loadconfig(&tc);|    __asm__ volatile("" : : "r"(\&tc) : "memory"); _tile_loadconfig(\&tc);|' "$amx"
  cmake -S "$(sources)" -B "$folder/llama-build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DBUILD_SHARED_LIBS=OFF \
    -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF
  ninja -C "$folder/llama-build" llama-batched-bench llama-quantize
  local bf16="$folder/$shape-bf16.gguf"
  [ -f "$bf16" ] || PYTHONPATH="$(sources)/gguf-py" "$python" "$here/to_gguf.py" "$(checkpoint)" "$bf16"
  for type in Q8_0 Q4_0; do
    local quantized="$folder/$shape-${type,,}.gguf"
    [ -f "$quantized" ] || "$folder/llama-build/bin/llama-quantize" "$bf16" "$quantized" "$type"
  done
}

prepare_jlama() {
  mkdir -p "$folder/jlama"
  cp "$here/jlama-pom.xml" "$folder/jlama/pom.xml"
  "$home/mvnw" -q -B -f "$folder/jlama/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/jlama/lib"
}

run_millrace() {
  millrace "$1" "$outputs"
}

# llama.cpp's batch bench prefills all sequences, then decodes them together.
run_llama_cpp() {
  "$folder/llama-build/bin/llama-batched-bench" -m "$folder/$shape-$2.gguf" -c 8192 -b 2048 -ub 512 \
    -npp "$inputs" -ntg "$outputs" -npl "$1" -t "$threads" -tb "$threads" --output-format jsonl | grep '^{'
}

run_jlama() {
  "${JAVA_VECTOR:-java}" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    -Xmx8g -cp "$folder/jlama/lib/*" "$here/Jlama.java" "$(checkpoint)" "$1" "$inputs" "$outputs" "$threads"
}

run_transformers() {
  "$python" "$here/transformers_cpu.py" "$(checkpoint)" "$1" "$inputs" "$outputs" "$threads"
}

measure() {
  local who="$1" count="$2" result
  echo "peers: $who, $count requests" >&2
  case "$who" in
    millrace) result="$(run_millrace "$count")" ;;
    llama.cpp-*) result="$(run_llama_cpp "$count" "${who#llama.cpp-}")" ;;
    # One after the other: four say as much as more.
    jlama) result="$(run_jlama "$(( count < 4 ? count : 4 ))")" ;;
    transformers) result="$(run_transformers "$count")" ;;
    *) echo "peers: nobody is called $who" >&2 && exit 2 ;;
  esac
  echo "{\"who\": \"$who\", \"at\": \"$(date -u +%FT%TZ)\", \"count\": $count, \"result\": $result}" \
    >> "$folder/results.jsonl"
}

[ $# -ge 2 ] || { sed -n '2,/^set -/p' "${BASH_SOURCE[0]}" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
action="$1"
folder="$(mkdir -p "$2" && cd "$2" && pwd)"
shift 2
case "$action" in
  prepare)
    [ -d "$(checkpoint)" ] || millrace 1 1 > /dev/null
    prepare_llama_cpp
    prepare_jlama
    ;;
  run)
    [ $# -gt 0 ] || set -- millrace llama.cpp-bf16 llama.cpp-q8_0 llama.cpp-q4_0 jlama transformers
    for round in $(seq "$rounds"); do
      for count in ${requests//,/ }; do
        for who in "$@"; do
          measure "$who" "$count"
        done
      done
    done
    "$python" "$here/summary.py" "$folder/results.jsonl"
    ;;
  *) echo "peers: prepare or run, not $action" >&2 && exit 2 ;;
esac
