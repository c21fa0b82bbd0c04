# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The journal is damaged while rsipd does not run. The file is moved aside, and the leases are what they were, by what the
# kernel has: hosts of all kinds keep them, and go on pinging and renewing. Then the new journal has it all. A later
# version's is as good as a damaged one.
# limit: 600
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

whole=198.51.100.17
ctl() { on n timeout 30 "$build/rsipd/rsipctl" "$@"; }
start() { gateway_start --exclusive-pool "$whole"; }
leases() { ctl bindings --json | jq -S 'map(del(.expires))'; }
hosts() { ctl hosts --json | jq -S 'map(del(.expires) | del(.tunnels[]["from_host", "to_host"]))'; }
# end_of ADDRESS: when this host's lease ends, in seconds on the clock
end_of() { ctl bindings --json --host "$1" | jq --argjson now "$(date +%s)" '.[0].expires + $now'; }

start
check "x1 gets a lease, over TCP" host_up x1 --lease 120
check "x2 gets a lease over UDP, IKE on port 500" host_up x2 --lease 900 --udp --ports 0 --ike-port 500 --strongswan "$work/x2.snippet"
check "x3 gets a whole address, over UDP" host_up x3 --lease 120 --udp --method rsa-ip
inner=192.0.2.2
ip -n x2 addr add "$inner/32" dev lo
charon_start y "$(swanctl_conf "$(of_peer x2 x2 "$(child x2 "$service/32" "$inner/32")")")"
charon_start x2 "$(swanctl_conf "$(of_host x2 "$(child tunnel "$inner/32" "$service/32")")")" "$work/x2.snippet"
check "x2 has a tunnel to y" initiate x2 tunnel
# All of the journal is in the file itself after a stop.
gateway_stop
start
leases=$(leases) hosts=$(hosts) tunnels=$(tunnels)
check_equal "there is a cookie among them" 1 "$(jq '[.[].cookies[]] | length' <<< "$leases")"

end=$(end_of 10.0.0.12)
pings=500
ping_from() { on "$1" ping -q -i 0.05 -c $pings -W 10 -I "$2" "$3" > "$work/$1.ping.log"; }
ping_from x1 "$Nb" "$Yb" &
ping_from x2 "$inner" "$service" &
ping_from x3 "$whole" "$Yb" &
gateway_stop KILL 2> /dev/null
journal=$work/state/journal.db
dd if=/dev/urandom of="$journal" bs=4096 seek=1 count=$(($(stat -c %s "$journal") / 4096 - 1)) conv=notrunc status=none
rm -f "$journal-wal"
start
check_equal "the damaged file is there, for whoever wants to look at it" 1 "$(find "$work/state" -name 'journal.db.damaged-*' | wc -l)"
check_equal "the leases are what they were" "$leases" "$(leases)"
check_equal "so are the hosts" "$hosts" "$(hosts)"
check_equal "and the tunnels" "$tunnels" "$(tunnels)"
moved=$(($(end_of 10.0.0.12) - end))
check "x2's, not renewed meanwhile, ends when it would have ended ($moved s later)" test $moved -ge -2 -a $moved -le 2
check "leases and kernel agree" ctl diff

all_done() { [ "$(grep -l received "$work"/x[123].ping.log | wc -l)" = 3 ]; }
wait_for 90 all_done || true
for node in x1 x2 x3; do
  check_equal "$node has lost no ping" $pings "$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/$node.ping.log")"
done
seen "the journal damaged and rsipd killed: leases that all hosts still have, and pings lost" "3 of 3, none"

check "x2's charon rekeys its IKE SA" rekey_ike x2 y
extended() { [ "$(end_of "$1")" -gt $(($2 + 5)) ]; }
for i in 1 3; do
  before=$(end_of 10.0.0.1$i)
  check "x$i renews its lease" wait_for 100 extended 10.0.0.1$i "$before"
done
check_equal "nobody had to register anew" "$(jq -c 'map(.client)' <<< "$hosts")" "$(ctl hosts --json | jq -c 'map(.client)')"

leases=$(leases) hosts=$(hosts)
gateway_stop KILL 2> /dev/null
start
check_equal "the new journal has the leases" "$leases" "$(leases)"
check_equal "and the hosts" "$hosts" "$(hosts)"
check_equal "nothing was moved aside this time" 1 "$(find "$work/state" -name 'journal.db.damaged-*' | wc -l)"

# A version after this one has written the journal, and its administrator goes back.
gateway_stop
python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 1000").close()' "$journal"
later=$(sha256sum < "$journal")
start
check_equal "a later version's journal is moved aside" 2 "$(find "$work/state" -name 'journal.db.damaged-*' | wc -l)"
check "and is what it was" grep -qF "${later%% *}" <<< "$(sha256sum "$work"/state/journal.db.damaged-*)"
check_equal "the leases are what they were" "$leases" "$(leases)"
check_equal "and the hosts" "$hosts" "$(hosts)"
for node in x1 x2 x3; do check "$node gives its lease back" host_down $node; done
check "n has nothing any more" no_bindings
