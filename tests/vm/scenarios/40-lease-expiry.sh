# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lease ends in the kernel on time, even while the daemon is stopped; the daemon then clears up what is left.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
capture_start wire y eth0
start=$EPOCHREALTIME
check "x1 gets a lease of 12 s" host_up x1 --lease 12
granted=$EPOCHREALTIME
kill -STOP "$rsipd_pid"
port=$(first_port x1)
send_udp x1 "$port" 9 feed
check "x1's packets pass" wait_for 10 captured wire "udp dst port 9"
check "the elements are there" test "$(bindings_of 10.0.0.11 | wc -l)" -gt 0
check "they leave by themselves" wait_for 20 no_bindings
gone=$EPOCHREALTIME
lasted=$(awk "BEGIN { print $gone - $granted }")
# the lease began between start and granted; a check takes a moment under emulation
check "not before the lease was over ($lasted s)" awk "BEGIN { exit !($gone - $start >= 12) }"
check "and soon after it ($lasted s)" awk "BEGIN { exit !($gone - $granted < 12 + 2) }"

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
seen "a lease of 12 s with the daemon stopped: its elements left the kernel after" "$lasted s"
