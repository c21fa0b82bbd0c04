# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a host has not leased gets through in neither direction.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
web_server y 80
check "x1 gets a lease with IPsec" host_up x1
check "x2 gets a lease of ports only" host_up x2 --spis 0
capture_start wire y eth0

# counted COUNTER N
counted() { [ "$(denied "$1")" -ge "$2" ]; }

stolen=$(first_port x1)
own=$(first_port x2)
check_fails "x2 cannot open TCP from a port of x1" \
  on x2 curl -s --max-time 3 --interface "$Nb" --local-port "$stolen" "http://$Yb/"
send_udp x2 "$stolen" 9 "feed"
send_udp x2 1024 9 "feed"
send_udp x2 500 500 "$(ike_header 1111111111111111)"
send_ip x2 "$Nb" "$Yb" 50 "$(printf %08x "$(first_spi x1)")0000000100000000"
send_ip x2 "$Nb" "$Yb" 51 "3b040000$(printf %08x "$(first_spi x1)")00000001000000000000000000000000"
send_ip x2 "$Nb" "$Yb" 253 "feed"
check "n counted TCP and UDP from foreign ports" wait_for 5 counted denied_port 3
check "n counted IKE, ESP and AH without an IPsec lease" wait_for 5 counted denied_ipsec 3
check "n counted the protocol that nobody leases" wait_for 5 counted denied_protocol 1

# x3 has no lease: it takes the address by hand, with and without a tunnel to n
ip -n x3 link add rsip0 type ipip local 10.0.0.13 remote "$Na"
ip -n x3 addr add "$Nb/32" dev rsip0
ip -n x3 link set rsip0 up
ip -n x3 route add "$Yb" dev rsip0
send_udp x3 "$own" 9 "feed"
ip -n x3 route replace "$Yb" via "$Na" dev eth0
send_udp x3 "$own" 9 "feed"

# the marker comes last: when it is there, everything before it had its chance
send_udp x2 "$own" 10 "feed"
check "x2's own port passes" wait_for 10 captured wire "udp dst port 10 and src port $own"
check_equal "wire: nothing else came from the shared address" 0 "$(packets wire "src $Nb and not udp dst port 10 and not arp")"

# inbound ESP: x1's SPI reaches x1 and nobody else, an SPI that nobody leases reaches no host
capture_start at_x1 x1 rsip0
capture_start at_x2 x2 rsip0
send_ip y "$Yb" "$Nb" 50 "$(printf %08x $(($(last_spi x1) ^ 0x01000000)))0000000100000000"
send_ip y "$Yb" "$Nb" 50 "$(printf %08x "$(first_spi x1)")0000000100000000"
check "ESP with an SPI of x1 reaches x1" wait_for 10 captured at_x1 "proto 50"
bytes feed | on y socat -u - "UDP4-SENDTO:$Nb:$own"
check "UDP to a port of x2 reaches x2" wait_for 10 captured at_x2 "udp dst port $own"
check_equal "ESP with a foreign SPI reaches nobody" "1 0" "$(packets at_x1 "proto 50") $(packets at_x2 "proto 50")"
seen "spoofing: foreign ports, IKE, ESP, AH without a lease, no lease at all" \
  "$(packets wire "src $Nb and not udp dst port 10 and not arp") packets at the peer"
seen "spoofing: packets that the gateway counted as denied" "$(denied denied_port) port, $(denied denied_ipsec) IPsec"
