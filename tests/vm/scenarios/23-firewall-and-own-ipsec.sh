# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of a firewall, of NAT beside RSIP and of IPsec of the gateway's own, all three loaded: what should pass
# passes, and nothing else. x1 has a lease with IPsec of its own; x3 has none, and reaches the public realm through NAT
# and the network behind y's second address through IPsec of n's.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

examples=$root/nft-rules/examples
Y2=198.51.100.3 x3=10.0.0.13
ip -n y addr add $Y2/24 dev eth0
check "the firewall loads" on n nft -f "$examples/simple-firewall.nft"
check "the NAT example loads" on n nft -f "$examples/nat-beside-rsip.nft"
gateway_start --own-ike $Y2/32
web_server y 80
web_server n 8080
check "x1 gets a lease" host_up x1 --strongswan "$work/x1.snippet"
ip -n x1 addr add 192.0.2.1/32 dev lo
charon_start n "$(swanctl_conf "$(connection y "$Nb" n $Y2 y "$(child net 10.0.0.0/24 203.0.113.0/24)")")"
charon_start x1 "$(swanctl_conf "$(of_host x1 "$(child tunnel 192.0.2.1/32 "$service/32")")")" "$work/x1.snippet"
charon_start y "$(swanctl_conf "$(connection n $Y2 y "$Nb" n "$(child net 203.0.113.0/24 10.0.0.0/24)")" \
  "$(of_peer x1 x1 "$(child tunnel "$service/32" 192.0.2.1/32)")")"
ip -n y route add 10.0.0.0/24 via "$Nb" src "$service"
ip -n n route add default via "$Yb"

check "doctor: nothing is in the way" on n "$build/rsipd/rsipctl" doctor
check_equal "x1, with its lease" "hello from y" "$(fetch x1)"
check_equal "x3, through NAT" "hello from y" "$(on x3 curl -sS --max-time 10 "http://$Yb/")"
check "y pings n" on y ping -q -c 1 -W 5 "$Nb"
check "x1 starts IKE with y" initiate x1 tunnel
check "x1 pings through its tunnel" on x1 ping -q -c 3 -i 0.2 -W 5 -I 192.0.2.1 "$service"

capture_start wire y eth0
capture_start at_x3 x3 eth0
check_fails "y does not reach a server of n" on y curl -s --max-time 2 "http://$Nb:8080/"
check_fails "nor a host on the private side" on y ping -q -c 1 -W 2 -I "$Yb" $x3
check_fails "without the IPsec example y's IKE with n is dropped" swan y --initiate --child net --timeout 3
swan y --terminate --ike n --force > /dev/null 2>&1 || true

check "the IPsec example loads" on n nft -f "$examples/own-ipsec.nft"
check_fails "without a tunnel x3 does not reach the network behind y" on x3 ping -q -c 1 -W 2 "$service"
check_fails "nor does that network reach x3" on y ping -q -c 1 -W 2 -I "$service" $x3
check_equal "wire: nothing from x3, nor to it" "0 0" \
  "$(packets wire "icmp and dst $service") $(packets at_x3 "icmp and dst $x3")"
check "y starts IKE with n" swan y --initiate --child net --timeout 30
check "x3 pings through n's tunnel" on x3 ping -q -c 3 -i 0.2 -W 5 "$service"
check "y pings x3 through n's tunnel" on y ping -q -c 3 -i 0.2 -W 5 -I "$service" $x3
check "x1 pings through its own tunnel" on x1 ping -q -c 3 -i 0.2 -W 5 -I 192.0.2.1 "$service"
check_equal "x1, with its lease" "hello from y" "$(fetch x1)"

# in the clear, from an address behind the tunnel, and a packet of a kind that has just come through it
before=$(packets at_x3 "icmp[icmptype] == icmp-echo and dst $x3")
on y ip xfrm policy flush
check_fails "a forged packet is dropped, with n's tunnel up" on y ping -q -c 1 -W 2 -I "$service" $x3
capture_stop at_x3
capture_stop wire
check_equal "x3 has not seen it" "$before" "$(packets at_x3 "icmp[icmptype] == icmp-echo and dst $x3")"
check "though it was on the wire" captured wire "icmp[icmptype] == icmp-echo and src $service and dst $x3"
check_fails "nothing reached a server of n" captured wire "src $Nb and tcp src port 8080"
