# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A router between n and the peer takes no more than 1,300 bytes: what hosts send with ESP, AH, TCP and UDP adapts to
# that. In the other direction the peer's ESP and AH adapt to the tunnel's 1,480 bytes (TCP and UDP: 51-path-mtu).
#   x1 -- ESP -- z port 7001, x2 -- AH -- z port 7002, x3 -- plain -- z port 7003; transport mode, keyed by hand
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
far_node
for host in x1 x2 x3; do check "$host gets a lease" host_up "$host"; done

# sa NODE FROM TO SPI PROTOCOL
key=0x000102030405060708090a0b0c0d0e0f
sa() {
  local algorithms=(auth-trunc 'hmac(sha256)' "$key${key#0x}" 128)
  [ "$5" = ah ] || algorithms+=(enc 'cbc(aes)' "$key")
  ip -n "$1" xfrm state add src "$2" dst "$3" proto "$5" spi "$4" reqid 1 mode transport "${algorithms[@]}"
}
# policy NODE FROM TO PROTOCOL PORT-NAME PORT SPI: what has this port of z is protected.
policy() {
  local upper
  for upper in tcp udp; do
    ip -n "$1" xfrm policy add src "$2" dst "$3" proto "$upper" "$5" "$6" dir out \
      tmpl src "$2" dst "$3" proto "$4" spi "$7" reqid 1 mode transport
  done
}
# protect HOST PROTOCOL PORT SPI-TO-Z
protect() {
  local spi
  spi=$(first_spi "$1")
  sa "$1" "$Nb" "$Zb" "$4" "$2"; sa z "$Nb" "$Zb" "$4" "$2"
  sa "$1" "$Zb" "$Nb" "$spi" "$2"; sa z "$Zb" "$Nb" "$spi" "$2"
  policy "$1" "$Nb" "$Zb" "$2" dport "$3" "$4"
  policy z "$Zb" "$Nb" "$2" sport "$3" "$spi"
}
protect x1 esp 7001 0x1001
protect x2 ah 7002 0x1002
capture_start wire n wan

# knows NODE PEER MTU: the path MTU that the kernel there has learned.
knows() { ip -n "$1" route get "$2" ${4:+from "$4"} | grep -q "mtu $3"; }
forget() { ip -n "$1" route flush cache; }
# result ROW: whether all checks since the last one have passed.
before=0
result() {
  local status=0
  [ "$failures" = "$before" ] || status=1
  row "$1" "$status"
  before=$failures
}

head -c 100000 /dev/urandom > "$work/large"
# tcp_out HOST PORT WHAT-Y-QUOTES ITS-PROTOCOL
tcp_out() {
  : > "$work/$1.out"
  on z socat -u "TCP4-LISTEN:$2,reuseaddr" "OPEN:$work/$1.out,trunc" &
  wait_for 10 listening z "$2"
  check "$1: 100,000 bytes of TCP" timeout 60 nsenter --net="/run/netns/$1" -- \
    socat -u "OPEN:$work/large" "TCP4:$Zb:$2,bind=$Nb:$(first_port "$1")"
  check "they arrived" wait_for 20 cmp "$work/large" "$work/$1.out"
  check "y had said that 1,300 is the limit, about $3" captured wire "src $Yb and dst $Nb and icmp[0] = 3 and icmp[1] = 4 and icmp[6:2] = $far_mtu and icmp[8 + 9] = $4"
  check "the host knows it" knows "$1" "$Zb" "$far_mtu" "$Nb"
}
tcp_out x1 7001 ESP 50
check "in ESP" captured wire "src $Nb and dst $Zb and proto 50 and ip[2:2] > 1200 and ip[2:2] <= 1300"
result "path MTU, a router's, to a host: ESP"
tcp_out x2 7002 AH 51
check "in AH" captured wire "src $Nb and dst $Zb and proto 51 and ip[2:2] > 1200 and ip[2:2] <= 1300"
result "path MTU, a router's, to a host: AH"
tcp_out x3 7003 TCP 6
result "path MTU, a router's, to a host: TCP"

# datagram FROM-NODE TO SIZE [SOCAT-OPTIONS]: one of the file's first bytes, never fragmented
datagram() { head -c "$3" "$work/large" | on "$1" socat -u -b 65507 - "UDP4-SENDTO:$2,ip-mtu-discover=2,${4:-}" 2> /dev/null || true; }
# arrived NODE SIZE: as the first
arrived() { cmp -n "$2" "$work/large" "$work/$1.in"; }

forget x3
on z socat -u -b 65507 UDP4-RECV:7003 "CREATE:$work/z.in" &
wait_for 10 listening z 7003 u
source="bind=$Nb:$(last_port x3)"
datagram x3 "$Zb:7003" 1400 "$source"
check "UDP: the host learns 1,300" wait_for 10 knows x3 "$Zb" "$far_mtu" "$Nb"
datagram x3 "$Zb:7003" 1272 "$source"
check "1,300 bytes arrive" wait_for 10 arrived z 1272
result "path MTU, a router's, to a host: UDP"

# n is the first hop, and its own link may be the narrow one.
ip -n n route change 192.0.2.0/24 via "$Yb" mtu 1250
datagram x3 "$Zb:7003" 1260 "$source"
check "n's own errors reach the host, too" wait_for 10 knows x3 "$Zb" 1250 "$Nb"
result "path MTU, the gateway's own, to a host"
ip -n n route change 192.0.2.0/24 via "$Yb"

# inward HOST PORT SIZE SIZE-THAT-FITS: z sends, larger than the tunnel and then as large.
inward() {
  local to port
  forget z
  port=$(last_port "$1")
  to=$Nb:$port
  on "$1" socat -u -b 65507 "UDP4-RECV:$port,bind=$Nb" "CREATE:$work/$1.in" &
  wait_for 10 listening "$1" "$port" u
  datagram z "$to" "$3" "bind=$Zb:$2"
  check "z learns 1,480" wait_for 10 knows z "$Nb" 1480
  datagram z "$to" "$4" "bind=$Zb:$2"
  check "what fits arrives" wait_for 10 arrived "$1" "$4"
}
inward x1 7001 1400 1380
check "as ESP" captured wire "src $Zb and proto 50 and ip[2:2] > 1400"
result "path MTU, the tunnel's, to the peer: ESP"
inward x2 7002 1440 1400
check "as AH" captured wire "src $Zb and proto 51 and ip[2:2] > 1400"
result "path MTU, the tunnel's, to the peer: AH"
