# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced first by every scenario: brings the network up and, at the end, turns the checks into an exit status.
# A scenario runs in namespaces of its own (tests/lib/isolate) with a directory of its own, $work.
set -Eeuo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
build=${RSIP_BUILD:-$root/build}
work=$(mktemp -d)
for part in check topology gateway host peer capture charon pluto names; do
  # shellcheck source=/dev/null
  . "$root/tests/lib/$part.sh"
done

scenario_end() {
  local status=$? log
  [ "$status" = 0 ] || echo "not ok - the scenario ended early, status $status"
  [ "$checks" -gt 0 ] || echo "not ok - no check was made"
  if [ "$status" != 0 ] || [ "$failures" -gt 0 ] || [ "$checks" = 0 ]; then
    status=1
    for log in "$work"/*.log "$work"/*/*.log; do
      [ -s "$log" ] || continue
      echo "--- ${log#"$work/"}"
      tail -n 40 "$log"
    done
    echo "--- bindings and counters in n"
    bindings | tail -n 60 || true
    on n nft list counters || true
  fi
  # /tmp of a guest ends with the guest; of a native run it would not
  rm -rf "$work"
  echo "1..$checks"
  exit "$status"
}
trap scenario_end EXIT
trap 'echo "error in ${BASH_SOURCE[0]}:$LINENO: $BASH_COMMAND"' ERR

topology
