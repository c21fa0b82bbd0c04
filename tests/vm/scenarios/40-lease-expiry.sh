# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lease ends in the kernel on time, even while the daemon is stopped; the daemon then clears up what is left.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
capture_start wire y eth0
# Seconds that the kernel still gives the host's elements: "expires 1m2s345ms" -> 62.345
time_left() {
  bindings_of 10.0.0.11 | sed -n 's/.*expires \([0-9msh]*\).*/\1/p' | head -n 1 |
    sed 's/ms/ 0.001 /; s/m/ 60 /; s/s/ 1 /' | awk '{ for (i = 1; i < NF; i += 2) sum += $i * $(i + 1); print sum }'
}
between() { awk "BEGIN { exit !($2 >= $1 && $2 < $3) }"; }

check "x1 gets a lease of 12 s" host_up x1 --lease 12
kill -STOP "$rsipd_pid"
port=$(first_port x1)
send_udp x1 "$port" 9 feed
check "x1's packets pass" wait_for 10 captured wire "udp dst port 9"
check_equal "every element has the lease as its timeout" "" "$(bindings_of 10.0.0.11 | grep -v 'timeout 12s' || true)"
before=$EPOCHREALTIME
left=$(time_left)
after=$EPOCHREALTIME
check "the elements are there for another $left s" between 0.001 "${left:-0}" 12
check "they leave by themselves" wait_for 20 no_bindings
gone=$EPOCHREALTIME
# The end lies between before + left and after + left; a look at the ruleset takes a moment under emulation. Differences
# only: awk prints six digits, too few for a time of day.
early=$(awk "BEGIN { print $before + $left - $gone }")
lasted=$(awk "BEGIN { print $gone - $after - $left }")
check "not before their time (by $early s)" between -60 "$early" 0.001
check "and at once when it has come ($lasted s)" between -12 "$lasted" 2

# y's packets for the leased port lead nowhere now, and the daemon clears up what the kernel does not do by itself
tunnel=$(tunnel_of 10.0.0.11)
capture_start tunnel n "$tunnel"
bytes feed | on y socat -u - "UDP4-SENDTO:$Nb:$port"
arrived_at_n() { captured wire "dst $Nb and udp dst port $port"; }
check "y sends to the port" wait_for 10 arrived_at_n
check_equal "nothing of it enters the tunnel" 0 "$(packets tunnel udp)"
kill -CONT "$rsipd_pid"
# either x1 is without a lease and without a tunnel, or it has come back and has a new lease
settled() { [ -z "$(tunnels)" ] || [ -n "$(bindings)" ]; }
check "the daemon goes on: no tunnel without a lease" wait_for 30 settled
check "the daemon goes on: x2 gets a lease" host_up x2
seen "a lease of 12 s with the daemon stopped: its elements left the kernel" "$lasted s after its end, seen by polling"
