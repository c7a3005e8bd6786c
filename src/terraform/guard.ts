/**
 * The shell between a worker and its Terraform. POSIX sh, so that it lives without Node and costs a megabyte.
 *
 * It holds the read end of a pipe whose write end only the worker has. When that pipe closes, because the worker asks
 * for a stop or because it died, Terraform gets its one TERM. A second one would make Terraform drop what is in flight,
 * so nobody else sends any: the watcher tells the guard, and only the guard, Terraform’s parent, signals it. Thus the
 * pid is still Terraform’s, and a watcher that outlives its guard can do nothing.
 *
 * Arguments: the files for the pid, the exit status, standard output and standard error, then the command. Nothing is ever
 * interpolated into the script. Terraform writes to files, because on a pipe it would die of SIGPIPE with its worker.
 *
 * Files: `<pid file>` Terraform’s pid; `<pid file>.stopped` exists once the TERM is on its way (written before it, so that
 * whoever takes over sends none rather than two); `<exit file>` Terraform’s status as the shell sees it (128 + n after
 * signal n). A missing exit file means a hard kill of the guard. Each is one short line, whole when its newline is there: a
 * rename would cost a process.
 *
 * The guard survives HUP, INT and TERM by handling them (ignoring them would be inherited by Terraform). An INT or TERM that
 * reaches the guard was sent to a whole group or control group (systemd’s default), so Terraform has had its one. After a stop and
 * after an abnormal end it ends the rest of its group: providers, and provisioners whose shell Terraform killed (seen:
 * their children live on).
 */
export const GUARD_SCRIPT = `
pid_file=$1
exit_file=$2
stdout=$3
stderr=$4
shift 4
exec 3<&0 </dev/null

woken=
stopped=
claim_term() {
  [ -z "$stopped" ] || return 1
  stopped=1
  (set -C; : >"$pid_file.stopped")
}
trap 'woken=1' HUP
trap 'woken=1; claim_term' INT TERM
trap 'woken=1; claim_term && kill -TERM "$terraform"' USR1

"$@" 3<&- >>"$stdout" 2>>"$stderr" &
terraform=$!
printf '%s\\n' "$terraform" >"$pid_file"

(
  trap '' HUP INT TERM USR1
  read -r _ <&3
  kill -USR1 "$$"
) &
watcher=$!
exec 3<&-

# A wait that a signal woke says nothing of Terraform: wait again. 127 = its status was handed out before.
status=
while :; do
  woken=
  wait "$terraform"
  code=$?
  [ "$code" -eq 127 ] && [ -n "$status" ] || status=$code
  [ -n "$woken" ] || break
done

kill -KILL "$watcher"
printf '%s\\n' "$status" >"$exit_file"
if [ -n "$stopped" ] || [ "$status" -gt 1 ]; then
  kill -s KILL -- "-$$"
fi
exit "$status"
`;
