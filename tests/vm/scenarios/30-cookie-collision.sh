# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two hosts that use port 500 choose the same initiator cookie (RFC 3104 section 6.1): the first one has it, the
# second one's packet is dropped, and its next cookie works.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
capture_start wire y eth0
for node in x1 x2; do check "$node gets a lease" host_up $node --ports 0 --ike-port 500; done
same=5a5a5a5a00000001 other=5a5a5a5a00000002

send_udp x1 500 500 "$(ike_header $same)"
check "x1's first packet reaches y" wait_for 10 captured wire "udp port 500 and udp[8:4] = 0x5a5a5a5a and udp[12:4] = 1"
check_equal "the cookie leads to x1" "$(tunnel_of 10.0.0.11)" "$(elements netdev cookie_in | grep -o 'rsip[0-9]*')"
send_udp x2 500 500 "$(ike_header $same)"
send_udp x2 500 500 "$(ike_header $other)"
check "x2's other cookie reaches y" wait_for 10 captured wire "udp port 500 and udp[12:4] = 2"
check_equal "x2's first did not" 1 "$(packets wire "src $Nb and udp port 500 and udp[12:4] = 1")"
check_equal "n counted it" 1 "$(denied cookie_in_use)"
check_equal "each host has one cookie" 1 "$(elements netdev cookie_in | grep -c "$(tunnel_of 10.0.0.12)")"

# answers go by cookie
capture_start at_x1 x1 rsip0
capture_start at_x2 x2 rsip0
answer() { bytes "$(ike_header "$1" | sed 's/0000000000000000/aaaaaaaaaaaaaaaa/')" | on y socat -u - "UDP4-SENDTO:$Nb:500,bind=$Yb:500"; }
answer $same
answer $other
check "y's answer to the one reaches x1" wait_for 10 captured at_x1 "udp port 500 and udp[12:4] = 1"
check "y's answer to the other reaches x2" wait_for 10 captured at_x2 "udp port 500 and udp[12:4] = 2"
check_equal "and nothing else does" "1 1" "$(packets at_x1 "udp and src $Yb") $(packets at_x2 "udp and src $Yb")"

# the first host goes on with its cookie without the daemon
kill -STOP "$rsipd_pid"
send_udp x1 500 500 "$(ike_header $same)"
twice() { [ "$(packets wire "src $Nb and udp port 500 and udp[12:4] = 1")" = 2 ]; }
check "a known cookie needs no daemon" wait_for 10 twice
kill -CONT "$rsipd_pid"
seen "the same cookie from two hosts" "second packet dropped, its retry with another cookie passed"
