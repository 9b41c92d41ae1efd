#!/usr/bin/env bash
# Tests a worker, a server, or both, as the inputs of action.yml say.
#
# WORKERKIT is the command to run, and INPUT_... are the inputs. An empty input is not set. The exit code is that of
# the test: 0 no findings, 1 findings, 2 a wrong input, 3 it could not run. If both tests fail, the higher code counts.
set -uo pipefail

reports=${INPUT_REPORTS:-workerkit-reports}
exit_code=0

# Runs one command with its options. The reports get the name of the command.
run_test() {
    local name=$1 code=0
    shift
    "${WORKERKIT:-workerkit}" "$name" --junit "$reports/$name.xml" --html "$reports/$name.html" \
        --json "$reports/$name.json" "$@" || code=$?
    if [ "$code" -gt "$exit_code" ]; then exit_code=$code; fi
}

# Adds an option to the list `options` if its value is not empty.
add_option() {
    if [ -n "$2" ]; then options+=("$1=$2"); fi
}

# Adds an option for each line of a value.
add_option_for_each_line() {
    local line
    while IFS= read -r line || [ -n "$line" ]; do
        add_option "$1" "${line%$'\r'}"
    done <<< "$2"
}

finish() {
    local verdict=error
    if [ "$exit_code" -eq 0 ]; then verdict=pass; fi
    if [ "$exit_code" -eq 1 ]; then verdict=fail; fi
    echo "verdict=$verdict" >> "${GITHUB_OUTPUT:-/dev/null}"
    exit "$exit_code"
}

if [ -z "${INPUT_COMMAND:-}" ] && [ -z "${INPUT_URL:-}" ]; then
    echo "::error title=workerkit::give the input command, to test a worker, or the input url, to test a server"
    exit_code=2
    finish
fi
mkdir -p "$reports" || { exit_code=2; finish; }

if [ -n "${INPUT_COMMAND:-}" ]; then
    options=()
    add_option_for_each_line --scenario "${INPUT_SCENARIO:-}"
    add_option --time-limit "${INPUT_TIME_LIMIT:-}"
    add_option --jobs "${INPUT_JOBS:-}"
    add_option --heartbeat "${INPUT_HEARTBEAT:-}"
    run_test exec ${options[@]+"${options[@]}"} -- bash -c "$INPUT_COMMAND"
fi

if [ -n "${INPUT_URL:-}" ]; then
    # Keys go through the environment: all users of a machine can see its command lines.
    if [ -n "${INPUT_API_KEY:-}" ]; then export WORKERKIT_API_KEY=$INPUT_API_KEY; fi
    if [ -n "${INPUT_OTHER_API_KEY:-}" ]; then export WORKERKIT_OTHER_API_KEY=$INPUT_OTHER_API_KEY; fi
    options=()
    add_option --writes "${INPUT_WRITES:-}"
    add_option_for_each_line --sandbox-request "${INPUT_SANDBOX_REQUEST:-}"
    run_test conform ${options[@]+"${options[@]}"} -- "$INPUT_URL"
fi

finish
