# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The gateway reboots: its kernel has nothing of ours any more, the boot is another, and the clock of this boot tells
# another time. Hosts have the same address, ports and SPIs for as long as they were promised, IKE and ESP go on without
# a word between the daemons, what ended meanwhile is over, and what rested goes on resting.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

# boot SECONDS: a boot of its own, whose clock began that long before the machine's
boot() {
  cat /proc/sys/kernel/random/uuid > "$work/boot_id"
  unshare --time --monotonic "$1" --boottime "$1" --fork sleep infinity &
  wait_for 10 pgrep -P $!
  gateway_namespaces=("--time=/proc/$!/ns/time_for_children")
}
ctl() { on n timeout 30 "$build/rsipd/rsipctl" "$@"; }
leases() { ctl bindings --json | jq -S 'map(del(.expires))'; }
# registrations: of hosts with a lease
registrations() { ctl hosts --json | jq -S 'map(select(.bindings > 0) | {host, client, bindings, ports, spis})'; }
resting() { ctl pools --json | jq '.[0].ports.on_hold'; }
# end_of ADDRESS: when this host's lease ends, in seconds on the clock
end_of() { ctl bindings --json --host "$1" | jq --argjson now "$(date +%s)" '.[0].expires + $now'; }

touch "$work/boot_id"
mount --bind "$work/boot_id" /proc/sys/kernel/random/boot_id
boot 1000000
web_server y 80
gateway_start --hold 600 --lease 900
check "x1 gets a lease" host_up x1
check "x2 gets a lease over UDP, IKE on port 500" host_up x2 --udp --ports 0 --ike-port 500 --strongswan "$work/x2.snippet"
inner=192.0.2.2
ip -n x2 addr add "$inner/32" dev lo
charon_start y "$(swanctl_conf "$(of_peer x2 x2 "$(child x2 "$service/32" "$inner/32")")")"
charon_start x2 "$(swanctl_conf "$(of_host x2 "$(child tunnel "$inner/32" "$service/32")")")" "$work/x2.snippet"
check "x2 has a tunnel to y" initiate x2 tunnel
check "x1 gets another lease" host_assign x1 --ports 2 --spis 0
check "and gives it back" host_free x1 "$(jq .bind_id "$work/x1/assign.json")"
leases=$(leases) registrations=$(registrations) end=$(end_of 10.0.0.12)
check "x3 gets a lease of 10 s" host_up x3 --lease 10
kill -STOP "$(jq .pid "$work/x3/lease.json")"
ended=$SECONDS

gateway_stop KILL 2> /dev/null
check "the kernel forgets" on n "$build/rsipd/rsipctl" remove
check_fails "x1 does not reach y" fetch x1 --max-time 2
while [ $((SECONDS - ended)) -lt 12 ]; do sleep 1; done
boot 0
gateway_start --hold 600 --lease 900

check_equal "the leases are what they were, but for the one that is over" "$leases" "$(leases)"
check_equal "so are the registrations" "$registrations" "$(registrations)"
# x1, whose TCP connection broke, has renewed its own by now
moved=$(($(end_of 10.0.0.12) - end))
check "x2's, not renewed meanwhile, ends when it would have ended ($moved s later)" test $moved -ge -2 -a $moved -le 2
check_equal "what was given back rests, and what ended" 10 "$(resting)"
check_fails "nothing of x3 is in the kernel" bindings_of 10.0.0.13
check_equal "nor a tunnel" "" "$(tunnel_of 10.0.0.13)"
check "leases and kernel agree" ctl diff
# A device of IP-IP that was told "unreachable", as x1's while the gateway knew no tunnel, refuses a packet for each.
check "x1 reaches y, from the ports it had" wait_for 10 fetch x1
check "x2 pings through the tunnel that it had" on x2 ping -q -c 3 -i 0.2 -W 5 -I "$inner" "$service"
check "x2's charon rekeys its IKE SA" rekey_ike x2 y
seen "the gateway reboots: hosts' address, ports, SPIs and the end of their leases; IKE and ESP" "the same; go on"

gateway_stop KILL 2> /dev/null
gateway_start --hold 600 --lease 900
moved=$(($(end_of 10.0.0.12) - end))
check "after another start in the same boot as well ($moved s later)" test $moved -ge -2 -a $moved -le 2
for node in x1 x2; do check "$node gives its lease back" host_down $node; done
