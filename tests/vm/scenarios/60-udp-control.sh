# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The control protocol over UDP with lost answers: the host retransmits, the gateway answers a repeated message counter
# as before, and nothing is allocated twice (RFC 3103 section 9.1.3).
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
# x1 loses every second answer, the first one included
on x1 nft -f - << 'END'
table ip lossy {
  counter lost { }
  chain input {
    type filter hook input priority 0
    udp sport 4555 numgen inc mod 2 0 counter name lost drop
  }
}
END
capture_start control n lan
check "x1 gets a lease over UDP" host_up x1 --udp
lost=$(on x1 nft -j list counter ip lossy lost | jq '.nftables[] | select(.counter) | .counter.packets')
check "answers were lost" test "$lost" -gt 0
check_equal "n has 8 ports for x1" 8 "$(elements netdev port_in | wc -l)"
check_equal "and one tunnel" 1 "$(tunnels | wc -l)"
check "x1 down" host_down x1
check "nothing is left" wait_for 5 no_bindings
check_equal "it was UDP" 0 "$(packets control 'tcp port 4555')"

check "x2 gets a lease over TCP" host_up x2 --tcp
check "it was TCP" captured control "tcp port 4555 and host 10.0.0.12"
check_equal "only" 0 "$(packets control 'udp port 4555 and host 10.0.0.12')"
seen "control over UDP with every second answer lost" "one lease, $lost answers lost"
