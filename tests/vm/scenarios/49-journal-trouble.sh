# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A journal that cannot be written to: at the start an error, on a disk that is full while rsipd runs no new leases and
# none lost, until there is room again.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

# m is a router like n, for an rsipd that does not come up
ip netns add m
batch m << END
link set lo up
link add lan type bridge
addr add $Na/24 dev lan
link set lan up
link add wan type bridge
addr add $Nb/24 dev wan
link set wan up
END
on m sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_local_reserved_ports=20000-59999
# refused DIRECTORY: the exit status of an rsipd whose journal is to be there, and how many lines it says why
refused() {
  local status=0
  on m timeout 60 "$build/rsipd/rsipd" --private-interface lan --public-interface wan --pool "$Nb" --user root \
    --control "$work/m.sock" --log-level error --state-dir "$1" > "$work/refused.log" 2>&1 || status=$?
  echo "$status $(grep -c "^rsipd: .*$1" "$work/refused.log")"
}

mkdir "$work/read-only" "$work/state"
mount -t tmpfs -o ro none "$work/read-only"
check_equal "a directory that is read-only" "1 1" "$(refused "$work/read-only")"
check_equal "is not written to" "" "$(ls "$work/read-only")"
mount -t tmpfs -o size=1m none "$work/state"
gateway_start
check "x1 gets a lease" host_up x1 --ports 4
check_equal "a journal that another rsipd has" "1 1" "$(refused "$work/state")"
check_fails "a refused rsipd leaves no rules" bash -c 'nsenter --net=/run/netns/m nft list tables | grep -w rsip'

ctl() { on n timeout 30 "$build/rsipd/rsipctl" "$@"; }
leases() { ctl bindings --json | jq -S 'map(del(.expires))'; }
leases=$(leases)
on x1 ping -q -i 0.1 -c 300 -W 10 -I "$Nb" "$Yb" > "$work/ping.log" &
ping=$!
dd if=/dev/zero of="$work/state/full" bs=1k status=none 2> /dev/null || true
check_fails "a full disk: x1 gets no further lease" host_assign x1 --ports 1
check "it is told so" grep -q INTERNAL_SERVER_ERROR "$work/x1/assign.log"
check_fails "x2 cannot register" host_up x2
check_equal "the leases are what they were" "$leases" "$(leases)"
check "leases and kernel agree" ctl diff
# trouble: as status and metrics tell it
trouble() {
  ctl status --json | jq .journal_failed
  ctl metrics --json | jq '.[] | select(.name == "rsipd_journal_failed").samples[0].value | floor'
}
check_equal "status and metrics say so" $'true\n1' "$(trouble)"
rm "$work/state/full"
check "room again: x1 gets one within 10 seconds" wait_for 10 host_assign x1 --ports 1
check_equal "status and metrics say that it is over" $'false\n0' "$(trouble)"
check "x2 gets one" host_up x2
wait $ping || true
check_equal "x1 has lost no ping" 300 "$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/ping.log")"
leases=$(leases)
gateway_stop KILL 2> /dev/null
gateway_start
check_equal "what was granted then is in the journal" "$leases" "$(leases)"
gateway_stop
umount "$work/state" "$work/read-only"
