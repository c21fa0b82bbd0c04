# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The public interface goes and comes back as another device of the same name, as that of a PPPoE session does: leases
# go on, shared and whole addresses alike.
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
gateway_start --exclusive-pool "$whole"
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
