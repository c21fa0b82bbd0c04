# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# L2TP/IPsec as remote access does it: two hosts with ESP in transport mode to one server, UDP port 1701 there. Behind
# a NAT the server sees two peers with the same address and port and mixes them up; here each has a leased port of its
# own as its source, and its traffic selectors name it (RFC 3104 appendix A). A responder stands for the L2TP daemon.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
capture_start wire n wan
cat > "$work/responder.py" << END
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("$Yb", 1701))
while True:
    text, host = s.recvfrom(2048)
    s.sendto(text + b" to %d" % host[1], host)
END
cat > "$work/exchange.py" << END
import socket, sys
name, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("$Nb", port))
s.connect(("$Yb", 1701))
s.settimeout(10)
for i in range(10):
    text = b"%s %d" % (name.encode(), i)
    s.send(text)
    answer = s.recv(2048)
    if answer != text + b" to %d" % port: sys.exit("sent %r, received %r" % (text, answer))
END
on y python3 "$work/responder.py" &
wait_for 10 listening y 1701 u
check "x1 gets a lease, IKE on a leased port" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500" host_up x2 --ike-port 500 --strongswan "$work/x2.snippet"

# unique = never: the hosts have an address in common, and here, as in a road warrior's configuration, an identity
charon_start y "$(swanctl_conf "$(of_peer l2tp %any "$(child l2tp "dynamic[udp/1701]" "dynamic[udp]" "mode = transport")" \
  "version = 1
    unique = never")")"

source_port() { last_port "$1"; }
for node in x1 x2; do
  l2tp=$(child l2tp "dynamic[udp/$(source_port $node)]" "dynamic[udp/1701]" "mode = transport")
  charon_start $node "$(swanctl_conf "$(connection y "$Nb" roadwarrior "$Yb" y "$l2tp" "version = 1")")" "$work/$node.snippet"
done

# exchange NODE: ten datagrams, each answered with its own text and port
exchange() { on "$1" python3 "$work/exchange.py" "$1" "$(source_port "$1")"; }
both_exchange() {
  exchange x1 & local first=$!
  exchange x2 & local second=$!
  wait $first && wait $second
}
# leased_spi NODE: one among those of its lease that y sends to
leased_spi() {
  local spi
  for spi in $(on y ip xfrm state | awk '/proto esp/ { print $4 }'); do
    if [ $((spi)) -ge "$(first_spi "$1")" ] && [ $((spi)) -le "$(last_spi "$1")" ]; then echo "$spi"; return; fi
  done
}
errors() { on "$1" cat /proc/net/xfrm_stat | awk '/^XfrmIn/ { n += $2 } END { print n + 0 }'; }

before=$failures
for node in x1 x2; do check "$node: IKEv1, ESP transport mode for its UDP port" initiate $node l2tp; done
check "both talk to UDP 1701 at the same time, each gets its own answers" both_exchange
check_equal "y: two pairs of ESP" 4 "$(on y ip xfrm state | grep -c 'proto esp')"
for node in x1 x2 y; do check_equal "$node: no packet failed its integrity check or had no SA" 0 "$(errors $node)"; done
# the first host's, once more: the second has not taken its place
check "x1 still does" exchange x1
check_equal "wire: nothing in the clear, no encapsulation" 0 "$(packets wire 'ip and not proto 50 and not udp port 500')"
for node in x1 x2; do
  spi=$(leased_spi $node)
  check "wire: ESP to $node, SPI $spi" test "$(packets wire "dst $Nb and proto 50 and ip[20:4] = $spi")" -ge 10
done
row "L2TP/IPsec: two hosts to one server, ESP transport mode, UDP 1701" $((failures > before))
