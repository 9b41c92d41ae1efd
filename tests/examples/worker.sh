#!/usr/bin/env bash
# A careful worker for the LIKEPION Worker API, for the shell. Needs bash, curl and jq (1.6 or newer).
#
#     LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
#     LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 bash worker.sh
#
# It reads the whole list, does what waits in bulk, and reads the list again until nothing waits any more; then it
# exits with 0. To try again what failed is left to others: a failed task that comes back to pending is done again,
# max_retries times at most.

set -u

url=${LIKEPION_BASE_URL%/}
longest_pause=5000 # milliseconds
give_up_after=60   # seconds, as all that follow
patience=3         # that an answer may take; longer after it was not enough
heartbeat_every=5
batch=500          # tasks in one update, the most that the API takes
looks=3            # how often it looks before it believes that nothing waits

here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
trap 'exit 143' TERM
printf 'X-API-Key: %s\nContent-Type: application/json\n' "$LIKEPION_API_KEY" >"$here/headers"
echo '{}' >"$here/left_alone" # task id: why
echo '{}' >"$here/attempts"   # task id: how often it was done at its site in this run
echo '{}' >"$here/ends"       # task id: the update that tells how it ended there
echo '{}' >"$here/ended_at"   # task id: its retry_count when the API took down its end
echo '{}' >"$here/running"    # task id: true, as of the last look
not_before=0
last_heartbeat=-$heartbeat_every

# 0.2 s, 0.4 s, 0.8 s and so on; the chance in it keeps many workers from coming all at once.
pause() {
  local longest=$((200 * 2 ** ($1 < 8 ? $1 : 8)))
  ((longest > longest_pause)) && longest=$longest_pause
  local time=$((longest / 2 + RANDOM % (longest / 2)))
  sleep "$((time / 1000)).$(printf %03d $((time % 1000)))"
}

# send METHOD PATH [FILE]: one request, without a second attempt, whose answer is in $here/answer then.
# Returns 1 where asking again may help, although what was asked may have been done; 2 where it would not help.
send() {
  local status retry_after body=(--data-binary "@${3:-}")
  [ $# -gt 2 ] || body=()
  ((SECONDS >= not_before)) || sleep $((not_before - SECONDS))
  status=$(curl --silent --globoff --request "$1" --header "@$here/headers" ${body[@]+"${body[@]}"} \
    --max-time "$patience" --dump-header "$here/head" --output "$here/answer" \
    --write-out '%{http_code}' "$url$2") || { patience=$((patience < 20 ? patience * 2 : patience)) && return 1; }
  patience=3
  retry_after=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9][0-9]*\).*/\1/p' "$here/head" | tail -n 1)
  not_before=$((SECONDS + ${retry_after:--1} + 1))
  case $status in
    200) jq -e '.success != false and (has("success") or has("data"))' "$here/answer" >/dev/null 2>&1 || return 1 ;;
    401 | 429 | 5??) return 1 ;;
    *) return 2 ;;
  esac
}

# call METHOD PATH [FILE]: repeats a request, with longer and longer pauses, while there is trouble.
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
  echo "gave up: the API has been in trouble for too long" >&2
  exit 1
}

# tasks STATUS: the server's tasks with a status, each once, in $here/tasks; STATUS may be several, with commas.
# Without the rest where a cursor is refused: its task belongs to another server now.
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

# with PROGRAM FILE: runs jq with what the worker knows.
with() {
  local each known='' files=()
  for each in left_alone attempts ends ended_at running; do
    files+=(--slurpfile "$each" "$here/$each")
    known+="\$$each[0] as \$$each | "
  done
  jq -c "${files[@]}" "$known$1" "$2"
}

# remember WHAT FILE: adds the members of an object in a file to what the worker remembers.
remember() {
  jq -c -s 'add' "$here/$1" "$2" >"$here/more" && mv "$here/more" "$here/$1"
}

# waiting news|all: leaves in $here/waiting what waits, and what an earlier run left running. The list may be a
# little old: what we have ended, as it is there, is no news.
waiting() {
  tasks pending,queued,running
  with 'map(
      select($left_alone[.id] == null)
      | select(([.retry_count, $attempts[.id] // 0] | max) <= .max_retries)
      | select("'"$1"'" == "all" or .retry_count > ($ended_at[.id] // -1))
    )' "$here/tasks" >"$here/waiting"
}

# update FILE: sends a list of items in bulk; returns 1 in trouble. Whatever is refused, not ours any more, gone
# or against the flow, is left alone from then on; the others go on. A batch that is refused is tried item by item.
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
  remember left_alone "$here/refused"
}

# set_status STATUS FILTER: gives a status to those tasks of the batch that pass the filter and are ours.
set_status() {
  local attempt give_up_at=$((SECONDS + give_up_after))
  with 'map(select('"$2"' and $left_alone[.id] == null) | {link_id: .id, status: "'"$1"'"})' \
    "$here/batch" >"$here/items"
  for ((attempt = 0; ; attempt++)); do
    update "$here/items" && return
    give_up_after_a_while "$give_up_at"
    pause "$attempt"
  done
}

# The work itself, which is only pretended here: what is in $here/batch gets its end, in $here/ends. A test asks
# for a failure with the config {"simulate": "fail"}. What was done and is not taken down yet is not done again.
do_at_sites() {
  with 'map(select($left_alone[.id] == null)
      | select($ends[.id] == null or (.status != "running" and $ended_at[.id] != null)))' \
    "$here/batch" >"$here/todo"
  with 'map({(.id): (($attempts[.id] // 0) + 1)}) | add // {}' "$here/todo" >"$here/new"
  remember attempts "$here/new"
  jq -c 'map({(.id): (
      if (try (.config | fromjson | .simulate) catch null) == "fail"
      then {status: "failed", error_message: "The site refused the post"}
      else {status: "completed", link_profile: "https://\(.site_name)/profile/\(.username)",
            link_post: "https://\(.site_name)/post/\(.id)"}
      end)}) | add // {}' "$here/todo" >"$here/new"
  remember ends "$here/new"
}

# Tells how the tasks of the batch ended, each once. What is not running any more was canceled or given to another
# server; after trouble, its end was taken down and only the answer lost.
report() {
  local attempt give_up_at=$((SECONDS + give_up_after))
  for ((attempt = 0; ; attempt++)); do
    tasks running
    jq -c 'map({(.id): true}) | add // {}' "$here/tasks" >"$here/running"
    ((attempt > 0)) || with 'map(select($left_alone[.id] == null and $running[.id]))' "$here/batch" >"$here/ours"
    with 'map(select($running[.id]) | {link_id: .id} + $ends[.id])' "$here/ours" >"$here/items"
    update "$here/items" && break
    give_up_after_a_while "$give_up_at"
    pause "$attempt"
  done
  with 'map(select($left_alone[.id] == null) | {(.id): .retry_count}) | add // {}' "$here/ours" >"$here/new"
  remember ended_at "$here/new"
}

# What the API is told of the worker: useful, but nothing to stop the work for.
tell() {
  send POST "$1" "$here/body" && return
  echo "$1: not taken" >&2
  pause 0
}

# Put in what your machine measures.
heartbeat() {
  last_heartbeat=$SECONDS
  jq -n -c --arg name "$LIKEPION_SERVER_NAME" --argjson active "$1" \
    '{server_name: $name, ip: "127.0.0.1", cpu_usage: 0, ram_usage: 0, disk_usage: 0,
      active_threads: 1, active_tasks: $active}' >"$here/body"
  tell /health
}

send_logs() {
  with 'map({level: "INFO", message: "Task \($ends[.id].status): \(.id)"}) | {logs: .}' "$here/ours" >"$here/body"
  [ "$(jq '.logs | length' "$here/body")" -gt 0 ] && tell /logs
}

# Takes the batch along the flow: pending, queued, running, and to the end that each task had at its site.
work() {
  set_status queued '.status == "pending"'
  set_status running '.status != "running"'
  do_at_sites
  report
  send_logs
  ((SECONDS - last_heartbeat < heartbeat_every)) || heartbeat "$batch"
}

heartbeat 0
quiet=0
while ((quiet < looks)); do
  waiting "$( ((quiet == looks - 1)) && echo all || echo news)"
  count=$(jq length "$here/waiting")
  for ((begin = 0; begin < count; begin += batch)); do
    jq -c ".[$begin:$((begin + batch))]" "$here/waiting" >"$here/batch"
    work
  done
  if ((count > 0)); then quiet=0; else pause $((quiet++)); fi
done
heartbeat 0
