#!/usr/bin/env bash
# The loop that nodeyard is compared with: one command per directory, so many at a time.
#
#   shell-loop.bash <at once> <command> [argument…]    directories on stdin, a line each; {} stands for the directory
#
# The last line of stderr says the seconds of processor time of all of them: user, system.
set -euo pipefail
at_once=$1
shift
TIMEFORMAT='%U %S'
time xargs -P "$at_once" -I '{}' "$@"
