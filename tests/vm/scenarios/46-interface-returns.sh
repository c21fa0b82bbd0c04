# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The public interface goes and comes back as another device of the same name, as that of a PPPoE session does: leases
# go on, shared and whole addresses alike. Or it is shut and opened again, or the rules are lost while it is away.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

whole=198.51.100.9
lose_wan() { ip -n n link delete wan; }
regain_wan() {
  batch n << END
link add wan type veth peer name eth0 netns y
addr add $Nb/24 dev wan
link set wan up
END
  batch y << END
addr add $Yb/24 dev eth0
link set eth0 up
END
}
neighbour() { ip -n n neigh show proxy dev wan | grep -qF "$whole"; }

web_server y 80
ip -n n link add wan2 type dummy
gateway_start --own-tables off --exclusive-pool "$whole" --public-interface wan2
check "x1 gets ports and SPIs" host_up x1 --lease 600
check "x2 gets a whole address" host_up x2 --lease 600 --method rsa-ip
check_equal "x1 reaches y" "hello from y" "$(fetch x1)"
check "y is answered for the whole address" neighbour

lose_wan
sleep 1
check_fails "without the interface nothing gets out" fetch x1 --max-time 2
regain_wan
check "x1 reaches y within 2 seconds of its return" wait_for 2 fetch x1
check "y is answered for the whole address again" wait_for 1 neighbour
check "x2 reaches y" wait_for 2 on x2 curl -sf --max-time 2 --interface "$whole" "http://$Yb/"
check_equal "x1's ports are the same" 8 "$(bindings_of 10.0.0.11 | grep -c 'netdev port_in')"
check "the interface may go once more" lose_wan
regain_wan
check "x1 reaches y" wait_for 2 fetch x1

ip -n n link set wan down
ip -n n link set wan up
check "an interface that is shut for a moment is steered from" wait_for 2 fetch x1
check "y is answered for the whole address" wait_for 2 neighbour

# By now rsipd has mended so much that it may take its time (--heal).
hooked() { on n nft list chain netdev rsip steer | grep -w "$1" > /dev/null; }
steered() { [ "$(bindings_of 10.0.0.11 | grep -c 'netdev port_in')" = 8 ]; }
check "the second interface is steered from" hooked wan2
ip -n n link delete wan2
on n nft flush ruleset
check "with one interface away the rules come back for the other" wait_for 15 steered
check "x1 reaches y" wait_for 15 fetch x1
ip -n n link add wan2 type dummy
ip -n n link set wan2 up
check "the one that returns is steered from" wait_for 15 hooked wan2
check "x1's ports are the same" steered

ip -n n link delete wan2
lose_wan
on n nft flush ruleset
check "with both away the rules come back all the same" wait_for 15 steered
regain_wan
check "x1 reaches y when one is there again" wait_for 15 fetch x1
