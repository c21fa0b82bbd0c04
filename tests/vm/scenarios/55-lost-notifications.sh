# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rsipd is kept from reading while more happens than the kernel keeps for it, to devices and to tables. When it reads
# again it cannot know what was lost, and puts all in order.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

reaches_y() { on x1 ping -q -c 1 -W 1 -I "$(lease x1 address)" "$Yb"; }
# drops: of all netlink sockets in n, of which rsipd's alone are left behind
drops() { on n cat /proc/net/netlink | awk 'NR > 1 { drops += $9 } END { print drops + 0 }'; }
many_link_changes() { for i in $(seq 3000); do echo "link set lo alias $i"; done | batch n; }
many_table_changes() {
  on n nft -f - << END
add table inet other
add set inet other ports { type inet_service; }
add element inet other ports { $(seq -s, 60000) }
END
}

gateway_start --own-tables off
check "x1 gets a lease" host_up x1 --lease 600
check "x1 reaches y" reaches_y
ports=$(elements netdev port_in | wc -l)

before=$(drops)
kill -STOP "$rsipd_pid"
many_link_changes
on n ip link delete rsip1
kill -CONT "$rsipd_pid"
check "more happened to devices than rsipd was told" [ "$(drops)" -gt "$before" ]
steered() { [ "$(elements netdev port_in | grep -c '"rsip1"')" = "$ports" ] && tunnels | grep -qx rsip1; }
check "a tunnel that went meanwhile comes back" wait_for 3 steered
check "x1 reaches y" wait_for 3 reaches_y

before=$(drops)
kill -STOP "$rsipd_pid"
many_table_changes
on n nft delete element netdev rsip port_in "{ 198.51.100.1 . $(first_port x1) }"
kill -CONT "$rsipd_pid"
check "more happened to tables than rsipd was told" [ "$(drops)" -gt "$before" ]
restored() { [ "$(elements netdev port_in | wc -l)" = "$ports" ]; }
check "an element that went meanwhile comes back" wait_for 3 restored
check "x1 reaches y" wait_for 3 reaches_y
