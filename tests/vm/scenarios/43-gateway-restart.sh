# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the gateway leaves when it ends (--on-exit keep, remove; rsipctl remove), and how a host recovers when the gateway
# has lost its state: REGISTER_FIRST, a new registration, the same lease asked for again (RFC 3103 section 10.2).
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

web_server y 80
gateway_start --on-exit keep
check "x1 gets a lease" host_up x1 --lease 40
gateway_stop
check_equal "rsipd ends well" 0 "$rsipd_status"
check_equal "keep: the elements stay" 8 "$(elements netdev port_in | grep -c '10\.0\.0\.11')"
check_equal "keep: x1 still reaches y" "hello from y" "$(fetch x1)"

gateway_forgets
gateway_start --on-exit remove
renewed() { [ "$(bindings_of 10.0.0.11 | grep -c 'netdev port_in')" = 8 ] && fetch x1; }
check "x1 registers again and gets a lease" wait_for 60 renewed
check "x1 knows" host_status x1
gateway_stop
check_equal "rsipd ends well" 0 "$rsipd_status"
check_fails "remove: no table of ours is left" bash -c 'nsenter --net=/run/netns/n nft list tables | grep -w rsip'
check_equal "remove: no tunnel is left" "" "$(tunnels)"
check_fails "remove: x1 does not reach y" fetch x1 --max-time 3

gateway_start
check_equal "remove: nobody has anything at the next start" '[]' "$(on n "$build/rsipd/rsipctl" bindings --json)"
check "x1, which was told, gets a lease anew" host_up x1 --lease 40
remove() { on n "$build/rsipd/rsipctl" remove; }
check_fails "rsipctl remove: not while rsipd runs" remove
check "x1 still reaches y" fetch x1
gateway_stop
check "rsipctl remove: after it" remove
check_fails "rsipctl remove: no table of ours is left" bash -c 'nsenter --net=/run/netns/n nft list tables | grep -w rsip'
check_equal "rsipctl remove: no tunnel is left" "" "$(tunnels)"
check "rsipctl remove: where there is nothing" remove
seen "rsipd restarted without its state: the host's lease" "came back by itself"
