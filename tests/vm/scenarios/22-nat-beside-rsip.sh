# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host without RSIP reaches the public realm through ordinary NAT on the same address, n's own traffic works, and
# neither disturbs a host with a lease.
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
check "n pings y" on n ping -q -c 1 -W 5 "$Yb"
check "y pings n" on y ping -q -c 1 -W 5 "$Nb"
capture_stop wire
check_equal "wire: only x1 used ports that are for lease" 0 \
  "$(packets wire "src $Nb and tcp dst port 80 and src portrange 20000-59999 and not src portrange $(local_ports x1)")"
seen "beside it: a host behind NAT, the gateway's own TCP, ping" "works"
