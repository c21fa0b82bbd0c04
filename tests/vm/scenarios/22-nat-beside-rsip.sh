# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host without RSIP reaches the public realm through ordinary NAT on the same address, n's own traffic works, and
# neither disturbs a host with a lease. What such a host sends from its own address is left alone: only what has the
# leased address enters the tunnel.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

check "the NAT example loads" on n nft -f "$root/nft-rules/examples/nat-beside-rsip.nft"
before=$(on n nft list tables | grep -v rsip)
gateway_start
check_equal "rsipd leaves other tables alone" "$before" "$(on n nft list tables | grep -v rsip)"
web_server y 80
web_server n 8080
capture_start wire y eth0
check "x1 gets a lease" host_up x1
check_equal "x3, through NAT" "hello from y" "$(on x3 curl -sS --max-time 10 "http://$Yb/")"
check_equal "x1, with its lease" "hello from y" "$(fetch x1)"
check_equal "n itself" "hello from y" "$(on n curl -sS --max-time 10 "http://$Yb/")"
check_equal "y reaches n" "hello from n" "$(on y curl -sS --max-time 10 "http://$Nb:8080/")"
capture_start tunnel x1 rsip0
check_equal "x1 from its own address, through NAT" "hello from y" "$(on x1 curl -sS --max-time 10 "http://$Yb/")"
check "x1 pings x2" on x1 ping -q -c 1 -W 5 10.0.0.12
check "x2 pings x1" on x2 ping -q -c 1 -W 5 10.0.0.11
check_equal "x1 reaches n" "hello from n" "$(on x1 curl -sS --max-time 10 "http://$Na:8080/")"
check "x1 reaches itself" on x1 ping -q -c 1 -W 5 10.0.0.11
check_equal "x1, with its lease" "hello from y" "$(fetch x1)"
capture_stop tunnel
check "the tunnel has x1's packets with the leased address" captured tunnel "src $Nb"
check_equal "and no others" 0 "$(packets tunnel "not host $Nb")"
check "n pings y" on n ping -q -c 1 -W 5 "$Yb"
check "y pings n" on y ping -q -c 1 -W 5 "$Nb"
capture_stop wire
check_equal "wire: only x1 used ports that are for lease" 0 \
  "$(packets wire "src $Nb and tcp dst port 80 and src portrange 20000-59999 and not src portrange $(local_ports x1)")"
check "x1 gives its lease back" host_down x1
check "x1 gets one as its default" host_up x1 --default-route
capture_start tunnel x1 rsip0
check "x1 pings y from the leased address" on x1 ping -q -c 1 -W 5 "$Yb"
check "x1 pings x2 all the same" on x1 ping -q -c 1 -W 5 10.0.0.12
check "x2 pings x1" on x2 ping -q -c 1 -W 5 10.0.0.11
capture_stop tunnel
check_equal "which the tunnel has not seen" 2 "$(packets tunnel icmp)"
seen "beside it: a host behind NAT, the gateway's own TCP, ping" "works"
