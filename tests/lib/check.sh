# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Assertions for scenarios: each prints one `ok` or `not ok` line; a scenario fails when one of them did.

checks=0
failures=0

# check WHAT COMMAND [ARG...]: WHAT holds when COMMAND succeeds. What it printed is shown only when it did not.
check() {
  local what=$1 output status=0
  shift
  output=$("$@" 2>&1) || status=$?
  report "$status" "$what" "$output"
}

# check_fails WHAT COMMAND [ARG...]: WHAT holds when COMMAND fails.
check_fails() {
  local what=$1 output status=0
  shift
  output=$("$@" 2>&1) && status=1
  report "$status" "$what" "$output"
}

# check_equal WHAT EXPECTED SEEN
check_equal() {
  local status=0
  [ "$2" = "$3" ] || status=1
  report "$status" "$1" "expected: $2"$'\n'"seen:     $3"
}

# report STATUS WHAT DETAIL
report() {
  checks=$((checks + 1))
  if [ "$1" = 0 ]; then
    echo "ok $checks - $2"
  else
    failures=$((failures + 1))
    echo "not ok $checks - $2"
    # shellcheck disable=SC2001 # more than one line
    [ -z "$3" ] || sed 's/^/  # /' <<< "$3"
  fi
}

# row TEXT STATUS [DETAIL]: a check that is also a line of the table at the end of tests/vm/run. TEXT is one of a kind.
row() {
  local result=pass
  [ "$2" = 0 ] || result=fail
  report "$2" "$1" "${3:-}"
  echo "ROW $result $1"
}

# wait_for SECONDS COMMAND [ARG...]: until COMMAND succeeds; fails when it has not by then.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# seen WHAT VALUE: a line for the table that the demo shows.
seen() {
  local doubt=""
  [ "$failures" = 0 ] || doubt=" (checks failed before this)"
  printf 'SEEN %s\t%s%s\n' "$1" "$2" "$doubt"
}
