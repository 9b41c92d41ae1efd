#!/usr/bin/env bash
# A careful worker for the LIKEPION Worker API, as a shell script. It needs bash, curl and jq (1.6 or newer).
#
#     LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
#     LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 bash worker.sh
#
# The worker reads the whole list, does the waiting tasks, and reports them in bulk updates. Then it reads the list
# again. When no task waits any more, it exits with 0. It does not set failed tasks back to pending. If somebody else
# does, it does them again, up to max_retries times.

set -u

url=${LIKEPION_BASE_URL%/}
longest_pause=5000 # milliseconds
give_up_after=60   # seconds, like the next two values
timeout=3          # how long an answer may take; doubled after each timeout
heartbeat_every=5
batch=500          # tasks in one update, the most that the API accepts
checks=3           # how often the list must be empty before the worker exits

here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
trap 'exit 143' TERM
printf 'X-API-Key: %s\nContent-Type: application/json\n' "$LIKEPION_API_KEY" >"$here/headers"
echo '{}' >"$here/dropped"           # task id: the reason
echo '{}' >"$here/attempts"          # task id: how often it was done in this run
echo '{}' >"$here/results"           # task id: the update with its result
echo '{}' >"$here/reported_at_retry" # task id: its retry_count when its result was reported
echo '{}' >"$here/running"           # task id: true if the task was running when the list was read last
not_before=0
last_heartbeat=-$heartbeat_every

# pause ATTEMPT: waits 0.2 s, 0.4 s, 0.8 s and so on. A random part keeps many workers from asking at the same time.
pause() {
  local longest=$((200 * 2 ** ($1 < 8 ? $1 : 8)))
  ((longest > longest_pause)) && longest=$longest_pause
  local time=$((longest / 2 + RANDOM % (longest / 2)))
  sleep "$((time / 1000)).$(printf %03d $((time % 1000)))"
}

# send METHOD PATH [FILE]: sends a request once, and writes the answer to $here/answer. FILE is the body.
# Returns 1 after a temporary error: sending it again may help, but the API may have accepted it already.
# Returns 2 if the API refused the request and will refuse it again.
send() {
  local status retry_after body=(--data-binary "@${3:-}")
  [ $# -gt 2 ] || body=()
  ((SECONDS >= not_before)) || sleep $((not_before - SECONDS))
  status=$(curl --silent --globoff --request "$1" --header "@$here/headers" ${body[@]+"${body[@]}"} \
    --max-time "$timeout" --dump-header "$here/head" --output "$here/answer" \
    --write-out '%{http_code}' "$url$2") || { timeout=$((timeout < 20 ? timeout * 2 : timeout)) && return 1; }
  timeout=3
  retry_after=$(tr -d '\r' <"$here/head" | sed -n 's/^[Rr]etry-[Aa]fter: *//p' | tail -n 1)
  not_before=$((SECONDS + $(seconds_to_wait "$retry_after")))
  case $status in
    200) jq -e '.success != false and (has("success") or has("data"))' "$here/answer" >/dev/null 2>&1 || return 1 ;;
    401 | 429 | 5??) return 1 ;;
    *) return 2 ;;
  esac
}

# seconds_to_wait RETRY_AFTER: prints for how many seconds to wait. The header has a number of seconds or a date.
seconds_to_wait() {
  local seconds=${1:--1}
  case $seconds in *[!0-9-]*) seconds=$(($(date -d "$1" +%s 2>/dev/null || echo 0) - $(date +%s))) ;; esac
  echo $((seconds < 0 ? 0 : seconds + 1))
}

# call METHOD PATH [FILE]: sends a request, and repeats it after a temporary error with longer and longer pauses.
call() {
  local attempt result give_up_at=$((SECONDS + give_up_after))
  for ((attempt = 0; ; attempt++)); do
    send "$@" && return
    result=$?
    ((result == 1)) || return $result
    give_up_after_a_while "$give_up_at"
    pause "$attempt"
  done
}

give_up_after_a_while() {
  ((SECONDS < $1)) && return
  echo "gave up: the API has failed for too long" >&2
  exit 1
}

# tasks STATUS: writes the server's tasks with a status, each once, to $here/tasks. STATUS can be several statuses with
# commas. If the API refuses a cursor, the task of the cursor belongs to another server now. Then the rest of the list
# is not read.
tasks() {
  local after='' cursor seen=' '
  echo '[]' >"$here/tasks"
  while call GET "/tasks?status=$1&limit=500$after"; do
    jq -s '.[0] + .[1].data | unique_by(.id)' "$here/tasks" "$here/answer" >"$here/more"
    mv "$here/more" "$here/tasks"
    cursor=$(jq -r '.next_cursor // empty' "$here/answer")
    case $seen in *" $cursor "*) return ;; esac
    [ -n "$cursor" ] || return 0
    seen="$seen$cursor "
    after="&after=$cursor"
  done
  return 0
}

# with PROGRAM FILE: runs jq. The program can use the files of the worker as variables: $dropped, $attempts and so on.
with() {
  local name variables='' files=()
  for name in dropped attempts results reported_at_retry running; do
    files+=(--slurpfile "$name" "$here/$name")
    variables+="\$$name[0] as \$$name | "
  done
  jq -c "${files[@]}" "$variables$1" "$2"
}

# remember NAME FILE: adds the members of the object in FILE to $here/NAME.
remember() {
  jq -c -s 'add' "$here/$1" "$2" >"$here/more" && mv "$here/more" "$here/$1"
}

# waiting new|all: writes the waiting tasks, and tasks that an earlier run left running, to $here/waiting. The list may
# be a little old: with "new", tasks that we have reported already are left out.
waiting() {
  tasks pending,queued,running
  with 'map(
      select($dropped[.id] == null)
      | select(([.retry_count, $attempts[.id] // 0] | max) <= .max_retries)
      | select("'"$1"'" == "all" or .retry_count > ($reported_at_retry[.id] // -1))
    )' "$here/tasks" >"$here/waiting"
}

# update FILE: sends a list of items as a bulk update. Returns 1 after a temporary error. The worker drops each task
# that the API refuses: it belongs to another server, does not exist, or cannot get this status now. If the API refuses
# the whole batch, the items are sent one by one.
update() {
  local result item
  [ "$(jq length "$1")" -gt 0 ] || return 0
  jq -c '{items: .}' "$1" >"$here/body"
  send PUT /tasks/bulk "$here/body"
  result=$?
  if ((result == 1)); then return 1; fi
  if ((result == 0)); then
    jq -c '[.results[] | select(.success | not) | {(.link_id): .error}] | add // {}' "$here/answer" >"$here/refused"
  elif [ "$(jq length "$1")" -eq 1 ]; then
    jq -c '{(.[0].link_id): "refused"}' "$1" >"$here/refused"
  else
    jq -c '.[]' "$1" | while read -r item; do
      echo "[$item]" >"$here/item"
      until update "$here/item"; do pause 1; done
    done
    return 0
  fi
  remember dropped "$here/refused"
}

# set_status STATUS FILTER: sets the status of the tasks of the batch that match the filter and are not dropped.
set_status() {
  local attempt give_up_at=$((SECONDS + give_up_after))
  with 'map(select('"$2"' and $dropped[.id] == null) | {link_id: .id, status: "'"$1"'"})' \
    "$here/batch" >"$here/items"
  for ((attempt = 0; ; attempt++)); do
    update "$here/items" && return
    give_up_after_a_while "$give_up_at"
    pause "$attempt"
  done
}

# Put the real work here. Does the tasks in $here/batch, and writes their results to $here/results. A test can make a
# task fail with the config {"simulate": "fail"}. A task that is done, but not reported yet, is not done again.
do_at_sites() {
  with 'map(select($dropped[.id] == null)
      | select($results[.id] == null or (.status != "running" and $reported_at_retry[.id] != null)))' \
    "$here/batch" >"$here/todo"
  with 'map({(.id): (($attempts[.id] // 0) + 1)}) | add // {}' "$here/todo" >"$here/new"
  remember attempts "$here/new"
  jq -c 'map({(.id): (
      if (try (.config | fromjson | .simulate) catch null) == "fail"
      then {status: "failed", error_message: "The site refused the post"}
      else {status: "completed", link_profile: "https://\(.site_name)/profile/\(.username)",
            link_post: "https://\(.site_name)/post/\(.id)"}
      end)}) | add // {}' "$here/todo" >"$here/new"
  remember results "$here/new"
}

# Reports the results of the batch, each once. A task that is not running any more was canceled or given to another
# server. After a temporary error, the task has its result already: only the answer was lost.
report() {
  local attempt give_up_at=$((SECONDS + give_up_after))
  for ((attempt = 0; ; attempt++)); do
    tasks running
    jq -c 'map({(.id): true}) | add // {}' "$here/tasks" >"$here/running"
    ((attempt > 0)) || with 'map(select($dropped[.id] == null and $running[.id]))' "$here/batch" >"$here/ours"
    with 'map(select($running[.id]) | {link_id: .id} + $results[.id])' "$here/ours" >"$here/items"
    update "$here/items" && break
    give_up_after_a_while "$give_up_at"
    pause "$attempt"
  done
  with 'map(select($dropped[.id] == null) | {(.id): .retry_count}) | add // {}' "$here/ours" >"$here/new"
  remember reported_at_retry "$here/new"
}

# post PATH: sends a heartbeat or logs once. The work goes on if this fails.
post() {
  send POST "$1" "$here/body" && return
  echo "$1: not accepted" >&2
  pause 0
}

# heartbeat ACTIVE_TASKS: sends a heartbeat. Put the values of your machine here.
heartbeat() {
  last_heartbeat=$SECONDS
  jq -n -c --arg name "$LIKEPION_SERVER_NAME" --argjson active "$1" \
    '{server_name: $name, ip: "127.0.0.1", cpu_usage: 0, ram_usage: 0, disk_usage: 0,
      active_threads: 1, active_tasks: $active}' >"$here/body"
  post /health
}

send_logs() {
  with 'map({level: "INFO", message: "Task \($results[.id].status): \(.id)"}) | {logs: .}' "$here/ours" >"$here/body"
  [ "$(jq '.logs | length' "$here/body")" -gt 0 ] && post /logs
}

# Sets the tasks of the batch to queued and then to running, does them, and reports the results.
do_batch() {
  set_status queued '.status == "pending"'
  set_status running '.status != "running"'
  do_at_sites
  report
  send_logs
  ((SECONDS - last_heartbeat < heartbeat_every)) || heartbeat "$batch"
}

heartbeat 0
empty_checks=0
while ((empty_checks < checks)); do
  ((empty_checks == 0)) || pause $((empty_checks - 1))
  waiting "$( ((empty_checks == checks - 1)) && echo all || echo new)"
  count=$(jq length "$here/waiting")
  for ((begin = 0; begin < count; begin += batch)); do
    jq -c ".[$begin:$((begin + batch))]" "$here/waiting" >"$here/batch"
    do_batch
  done
  if ((count > 0)); then empty_checks=0; else empty_checks=$((empty_checks + 1)); fi
done
heartbeat 0
