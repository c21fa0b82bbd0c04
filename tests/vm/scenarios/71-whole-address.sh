# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RSA-IP: a host has a public address as a whole, which is not n's own: ICMP, TCP, UDP, IKE from port 500 and ESP.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

whole=198.51.100.17
gateway_start --exclusive-pool "$whole" --on-exit remove
web_server y 80
capture_start wire n wan
check "x1 gets a whole address" host_up x1 --method rsa-ip
check_equal "the one there is" "$whole" "$(lease x1 address)"
check_fails "x2 finds none left" host_up x2 --method rsa-ip
check "which it is told" grep -q LOCAL_ADDR_UNAVAILABLE "$work/x2/up.log"

check "x1 pings y" on x1 ping -q -c 2 -W 5 -I "$whole" "$Yb"
check "y pings x1, for whose address n answers on the link" on y ping -q -c 2 -W 5 "$whole"
check_equal "y has it from n" "$(ip -n n -json link show wan | jq -r '.[].address')" \
  "$(ip -n y -json neigh show "$whole" | jq -r '.[].lladdr')"
x1_fetches() { on x1 curl -sS --max-time 10 --interface "$whole" "http://$Yb/" | grep -q "hello from y"; }
check "x1 speaks TCP to y, from any port" x1_fetches
web_server x1 8080
y_fetches() { on y curl -sS --max-time 10 "http://$whole:8080/" | grep -q "hello from x1"; }
check "y speaks TCP to x1, to any port" y_fetches
bytes feed | on x1 socat -u - "UDP4-SENDTO:$Yb:9,bind=$whole:500"
check "UDP even from port 500 is x1's own" wait_for 5 captured wire "udp src port 500 and dst port 9 and src $whole"
on x1 traceroute -n -I -q 1 -w 3 -m 3 -s "$whole" "$Yb" > "$work/trace.log" 2>&1 || true
check "traceroute shows the gateway, then y" grep -q " 2  $Yb" "$work/trace.log"

transport=$(child transport "dynamic[icmp]" "dynamic[icmp]" "mode = transport")
charon_start y "$(swanctl_conf "$(of_peer x %any "$transport")")"
charon_start x1 "$(swanctl_conf "$(of_host x1 "$transport" "local_addrs = $whole")")"
check "x1: IKEv2 from port 500, ESP transport mode" initiate x1 transport
check "x1 pings y over ESP" on x1 ping -q -c 2 -W 5 -I "$whole" "$Yb"
check "ESP it was" captured wire "src $whole and proto 50"
check "both ways" captured wire "dst $whole and proto 50"
check_equal "no cookie was asked for" 0 "$(denied queued_cookie)"

# the realm's own hosts reach it, too, but cannot have it
check "x2 pings it" on x2 ping -q -c 1 -W 5 "$whole"
ip -n x2 addr add "$whole/32" dev eth0
bytes feed | on x2 socat -u - "UDP4-SENDTO:$Yb:10,bind=$whole:1000"
check "x2 cannot use it" wait_for 5 test "$(denied denied_untunnelled)" -ge 1
check_equal "not a packet" 0 "$(packets wire 'udp dst port 10')"

check "x1 down" host_down x1
check "nothing is left in n's maps" wait_for 5 no_bindings
check_equal "nor a route" "" "$(ip -n n route show "$whole")"
check_equal "nor an answer on the link" "" "$(ip -n n neigh show proxy)"
seen "RSA-IP: a whole address" "ping and TCP both ways, UDP, IKE from port 500, ESP"
