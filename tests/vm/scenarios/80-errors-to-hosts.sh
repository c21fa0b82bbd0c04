# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts are told why their packets are dropped (RFC 3103 section 10.4): x1 over TCP, x2 over UDP and under micro-flow
# policy, x3 over UDP.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

other=198.51.100.3
gateway_start --tunnel ipip,gre --remote-policy micro@10.0.0.12
capture_start lan n lan
capture_start wire y eth0
check "x1 gets a lease over TCP" host_up x1 --tcp --spis 0
check "x2 gets a lease for port 80 of y over UDP" host_up x2 --udp --spis 0 --remote "$Yb:80"
check "x3 gets a lease over UDP" host_up x3 --udp --spis 0

# errors NODE CODE: how many ERROR_RESPONSEs with this code n has sent to NODE; the code is the first parameter
errors() {
  local data="((tcp[12] & 0xf0) >> 2)"
  packets lan "src $Na and dst 10.0.0.1${1#x} and ((udp src port 4555 and udp[9] == 1 and udp[15:2] == $2) or
    (tcp src port 4555 and tcp[$data + 1] == 1 and tcp[$data + 7:2] == $2))"
}
told() { [ "$(errors "$1" "$2")" -gt 0 ]; }
# told_once WHAT NODE CODE
told_once() { check "$1" wait_for 10 told "$2" "$3"; }

# from_address NODE ADDRESS: a datagram with ADDRESS as its source
from_address() { bytes feed | on "$1" socat -u - "UDP4-SENDTO:$Yb:9,bind=$2:9,reuseaddr"; }

ip -n x1 route add "$Yb" dev rsip0
from_address x1 10.0.0.11
told_once "x1 is told LOCAL_ADDR_UNALLOWED of its own address in the tunnel" x1 312
send_udp x1 1024 9 feed
told_once "x1 is told LOCAL_ADDRPORT_UNALLOWED of a port that it has not leased" x1 313
send_ip x2 "$Nb" "$Yb" 50 "000010000000000100000000"
told_once "x2 is told LOCAL_ADDRPORT_UNALLOWED of ESP without an IPsec lease" x2 313
send_udp x2 "$(first_port x2)" 81 feed
told_once "x2 is told REMOTE_ADDRPORT_UNALLOWED of another port of its peer" x2 315
bytes feed | on x2 socat -u - "UDP4-SENDTO:$other:80,bind=$Nb:$(first_port x2),reuseaddr"
told_once "x2 is told REMOTE_ADDR_UNALLOWED of another peer" x2 314

# a tunnel that n has not: GRE, while the lease is for IP-IP; without IPv6, whose solicitations would be told of first
batch x1 << END
link add g0 type gre local 10.0.0.11 remote $Na
link set g0 addrgenmode none
link set g0 up
rule add to $other lookup main priority 1
route add $other dev g0
END
bytes feed | on x1 socat -u - "UDP4-SENDTO:$other:9,bind=$Nb:$(first_port x1),reuseaddr"
told_once "x1 is told BAD_TUNNEL_TYPE of GRE" x1 307

# a flood: 5,000 datagrams from a port that x3 has not leased
before=$(denied denied_port)
start=$SECONDS
head -c 500000 /dev/zero | on x3 socat -u -b 100 - "UDP4-SENDTO:$Yb:9,bind=$Nb:1024" &
flood=$!
check "x1 is served during a flood of x3's" host_query x1
send_udp x2 1024 9 feed
check "x2 is served, too" host_query x2
wait "$flood"
took=$((SECONDS - start + 1))
check "n counted thousands" test $(($(denied denied_port) - before)) -gt 4000
told_once "x3 is told" x3 313
times=$(errors x3 313)
check "at most once a second: $times times in $took s" test "$times" -le $((took + 2))

# x3 leaves and goes on sending
check "x3 down" host_down x3
no_tunnel() { [ -z "$(tunnel_of 10.0.0.13)" ]; }
check "its tunnel goes" wait_for 10 no_tunnel
batch x3 << END
link add rsip0 type ipip local 10.0.0.13 remote $Na
addr add $Nb/32 dev rsip0
link set rsip0 up
route add $Yb dev rsip0
END
send_udp x3 40000 9 feed
told_once "x3 is told REGISTER_FIRST where it spoke from last" x3 301

check_equal "nothing of all this went out" 0 "$(packets wire "src $Nb and not arp and not icmp")"
# All of them as tshark reads them: the host's own client ID, and counter 0, for nobody asked.
tshark -n -r "$work/lan.pcap" -Y "rsip.message_type == 1" -T fields -e ip.dst -e rsip.parameter.error \
  -e rsip.parameter.client_id -e rsip.parameter.bind_id -e rsip.parameter.message_counter > "$work/errors" 2> /dev/null
# has NODE ERROR [BIND-ID]
has() {
  grep -qx "10.0.0.1${1#x}"$'\t'"$2"$'\t'"$(lease "$1" client_id)"$'\t'"${3:-}"$'\t'0 "$work/errors"
}
check "LOCAL_ADDR_UNALLOWED names x1" has x1 312
check "LOCAL_ADDRPORT_UNALLOWED names x1" has x1 313
check "BAD_TUNNEL_TYPE names x1 and its lease" has x1 307 "$(lease x1 bind_id)"
check "REMOTE_ADDR_UNALLOWED names x2 and its lease" has x2 314 "$(lease x2 bind_id)"
check "REMOTE_ADDRPORT_UNALLOWED names x2 and its lease" has x2 315 "$(lease x2 bind_id)"
check "REGISTER_FIRST names what x3 was" has x3 301
same_lease() {
  [ "$(host_status "$1" | jq -c '[.running, .lease.client_id, .lease.bind_id]')" = \
    "[true,$(lease "$1" client_id),$(lease "$1" bind_id)]" ]
}
check "x1 goes on as before" same_lease x1
check "x2 goes on as before" same_lease x2
seen "errors about packets (RFC 3103 section 10.4)" \
  "$(cut -f 2 "$work/errors" | sort -u | wc -l) kinds; under a flood $times in $took s, other hosts served"
