/**
 * The agent that speaks for an instance, as its user data installs it: POSIX sh with awk, od and the like, and curl. It stands
 * here as text because it travels inside a configuration; test/stacks/aws-node-agent.test.ts runs it.
 */

/** Needs a directory with `agent.conf` (see agent.ts) and `agent.curl`, which holds the token and only root reads. */
export const AGENT_SCRIPT = String.raw`#!/bin/sh
# nodeyard-agent: tells nodeyard that this machine lives and what it bears, and carries out its commands. Needs curl.
# Usage: nodeyard-agent [DIRECTORY]     (/etc/nodeyard; holds agent.conf and agent.curl)
dir=$1
[ -n "$dir" ] || dir=/etc/nodeyard
set -u
url= ready_file= load_file= load_command= command_handler=
. "$dir/agent.conf"
work=$(mktemp -d) || exit 1
say() { echo "nodeyard-agent: $*" >&2; }

# call NAME SECONDS PATH [CURL OPTIONS]: prints the status, 000 without an answer; the answer is in $work/NAME.
# Ends the shell that it runs in, which is one of its own each time. The token comes from a file: what stands among a program's arguments is read by everybody on the machine.
call() {
  name=$1 seconds=$2 path=$3
  shift 3
  exec curl --silent --config "$dir/agent.curl" --max-time "$seconds" --output "$work/$name" \
    --write-out '%{http_code}' "$@" "$url$path"
}

# About so many seconds, so that machines which were made together do not speak together for ever.
pause() {
  random=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
  seconds=$(( ($1 * 3 + $1 * 2 * random / 65536 + 2) / 4 ))
  [ "$seconds" -ge 1 ] || seconds=1
  sleep "$seconds"
}

# Twice as long after every failure, at most half a minute.
longer() { if [ "$1" -ge 15 ]; then echo 30; else echo $(( $1 * 2 )); fi; }

load_lines() {
  if [ -n "$load_file" ] && [ -r "$load_file" ]; then cat "$load_file"; fi
  if [ -n "$load_command" ]; then timeout 5 "$load_command"; fi
}

# From lines "name number" to JSON; what is neither is left out, or the API would refuse all of it.
load() {
  load_lines 2>/dev/null | awk '
    $1 !~ /^[a-z][a-zA-Z0-9_.]*$/ || length($1) > 64 || length($2) > 15 { next }
    $2 !~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/ || ($1 in seen) { next }
    { seen[$1] = 1 }
    $1 ~ /^(connections|publishers|subscribers)$/ { if ($2 ~ /^[0-9]+$/) counts = counts ",\"" $1 "\":" $2; next }
    n < 32 { metrics = metrics (n++ ? "," : "") "\"" $1 "\":" $2 }
    END { printf "%s,\"metrics\":{%s}", counts, metrics }'
}

heartbeats() {
  interval=10 delay=1 last=
  while :; do
    configured=true
    if [ -n "$ready_file" ] && [ ! -e "$ready_file" ]; then configured=false; fi
    status=$(printf '{"configured":%s%s}' "$configured" "$(load)" |
      call events 10 /events --header 'Content-Type: application/json' --data-binary @-)
    [ "$status" = "$last" ] || say "events: $status"
    last=$status
    if [ "$status" = 200 ]; then
      delay=1
      told=$(sed -n 's/.*"intervalMs":\([0-9]*\)[,}].*/\1/p' "$work/events")
      [ -z "$told" ] || interval=$(( (told + 999) / 1000 ))
      pause "$interval"
    else
      pause "$delay"
      delay=$(longer "$delay")
    fi
  done
}

# carry_out NAME PAYLOAD: prints the outcome as JSON.
carry_out() {
  if [ -z "$command_handler" ]; then
    echo '{"outcome":"unsupported"}'
    return
  fi
  outcome=done
  printf '%s' "$2" | "$command_handler" "$1" >"$work/output" 2>&1 || outcome=failed
  message=$(tail -n 1 "$work/output" | tr -cd 'A-Za-z0-9 ._,:;()/=+-' | cut -c 1-200)
  printf '{"outcome":"%s","message":"%s"}' "$outcome" "$message"
}

# Acknowledged after it was done: a command that a crash comes between is done again, never lost.
commands() {
  delay=1
  while :; do
    status=$(call commands 40 '/commands?wait=20' --header 'Accept: text/plain')
    if [ "$status" != 200 ]; then
      pause "$delay"
      delay=$(longer "$delay")
      continue
    fi
    delay=1
    # Nothing in it keeps the API from answering at once.
    [ -s "$work/commands" ] || pause 1
    while read -r id name payload; do
      case $id in '' | *[!0-9]*) continue ;; esac
      carry_out "$name" "$payload" >"$work/outcome" </dev/null
      for try in 1 2 3; do
        status=$(call ack 10 "/commands/$id/ack" --header 'Content-Type: application/json' \
          --data-binary @"$work/outcome")
        [ "$status" != 200 ] || break
        pause "$try"
      done
      say "command $id, $name: $(cat "$work/outcome"), $status"
    done <"$work/commands"
  done
}

heartbeats &
speaking=$!
commands &
obeying=$!
leave() {
  trap '' TERM INT HUP EXIT
  kill "$speaking" "$obeying" 2>/dev/null
  rm -rf "$work"
  exit 0
}
trap leave TERM INT HUP EXIT
wait
`;
