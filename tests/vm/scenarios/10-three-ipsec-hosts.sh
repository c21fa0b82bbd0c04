# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Three unmodified strongSwan hosts share one public address towards one unmodified strongSwan peer, at the same time:
#   x1  IKEv2 from a leased port        ESP tunnel mode, a virtual IP
#   x2  IKEv2 from port 500             ESP tunnel mode, a virtual IP; only its cookie tells it from x3
#   x3  IKEv1 from port 500             AH transport mode
# The peer sees native ESP and AH and no NAT.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
# not at y's end: there the kernel shows what it has decrypted once more
capture_start wire n wan
web_server y 80
echo_server y 7

# ah_child NAME LOCAL-TS REMOTE-TS
ah_child() {
  cat << END
$1 {
        mode = transport
        ah_proposals = sha256
        local_ts = $2
        remote_ts = $3
      }
END
}
charon_start y "$(swanctl_conf "$(of_peer ikev2 %any "$(child tunnel "$service/32" dynamic)" "pools = virtual")" \
  "$(of_peer ikev1 %any "$(ah_child ah-ping "dynamic[icmp]" "dynamic[icmp]")
      $(ah_child ah-echo "dynamic[tcp/7]" "dynamic[tcp]")" "version = 1")")
pools {
  virtual {
    addrs = 192.0.2.0/28
  }
}"

check "x1 gets a lease, IKE on a leased port" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500" host_up x2 --ports 0 --ike-port 500 --strongswan "$work/x2.snippet"
check "x3 gets a lease, IKE on port 500" host_up x3 --ports 0 --ike-port 500 --strongswan "$work/x3.snippet"
check_equal "all three have the same address" "$Nb $Nb $Nb" "$(lease x1 address) $(lease x2 address) $(lease x3 address)"
for node in x1 x2; do
  charon_start $node "$(swanctl_conf "$(of_host $node "$(child tunnel dynamic "$service/32")" "vips = 0.0.0.0")")" \
    "$work/$node.snippet"
done
charon_start x3 "$(swanctl_conf "$(of_host x3 "$(ah_child ah-ping "dynamic[icmp]" "dynamic[icmp]")
      $(ah_child ah-echo "dynamic[tcp]" "dynamic[tcp/7]")" "version = 1")")" "$work/x3.snippet"
check "x1: IKEv2, ESP tunnel mode" initiate x1 tunnel
check "x2: IKEv2 from port 500, ESP tunnel mode" initiate x2 tunnel
check "x3: IKEv1 from port 500, AH transport mode" initiate x3 ah-ping
check "x3: a second child" initiate x3 ah-echo

# virtual_ip NODE: what y gave it
virtual_ip() { ip -n "$1" -json addr show | jq -r '.[].addr_info[].local | select(startswith("192.0.2."))'; }
ping_from() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "$2" "$3"; }
web_through_tunnel() { on "$1" curl -sS --max-time 20 --interface "$2" "http://$service/" | grep -q "hello from y"; }
echoed() { sed -n 's/.* \([0-9]*\) received.*/\1 of 5 pings/p' "$work/ping.$1"; }
echo_through_ah() { [ "$(echo "over AH" | on x3 timeout 20 socat -t 5 - "TCP4:$Yb:7,bind=$Nb")" = "over AH" ]; }

vip1=$(virtual_ip x1) vip2=$(virtual_ip x2)
ping_from x1 "$vip1" "$service" > "$work/ping.x1" & ping1=$!
ping_from x2 "$vip2" "$service" > "$work/ping.x2" & ping2=$!
ping_from x3 "$Nb" "$Yb" > "$work/ping.x3" & ping3=$!
wait $ping1 $ping2 $ping3 || true # what they printed tells
for node in x1 x2 x3; do check "$node: ping, all three at once" grep -q " 0% packet loss" "$work/ping.$node"; done
check "x1: TCP through its tunnel" web_through_tunnel x1 "$vip1"
check "x2: TCP through its tunnel" web_through_tunnel x2 "$vip2"
check "x3: TCP over AH" echo_through_ah
x1_fetches() { fetch x1 | grep -q "hello from y"; }
check "x1: plain TCP from its leased ports, beside the tunnel" x1_fetches

# what y has and saw
y_state() { on y ip xfrm state; }
check_equal "y: two pairs of ESP and two pairs of AH" "4 4" "$(y_state | grep -c 'proto esp') $(y_state | grep -c 'proto ah')"
y_encapsulates() { y_state | grep encap; }
check_fails "y: no UDP encapsulation" y_encapsulates
integrity_errors() { on "$1" cat /proc/net/xfrm_stat | awk '/^XfrmIn(StateProtoError|StateInvalid|NoStates|StateSeqError|StateMismatch)/ { n += $2 } END { print n + 0 }'; }
check_equal "y: no packet failed its integrity check or had no SA" 0 "$(integrity_errors y)"
check_equal "x3: nor did one there" 0 "$(integrity_errors x3)"
capture_stop wire
check_equal "wire: nothing but ESP, AH, IKE and TCP" 0 \
  "$(packets wire 'ip and not proto 50 and not proto 51 and not udp port 500 and not tcp')"
check_equal "wire: no UDP 4500" 0 "$(packets wire 'udp port 4500')"
check "wire: ESP from the shared address" captured wire "src $Nb and proto 50"
check "wire: AH from the shared address" captured wire "src $Nb and proto 51"
check "wire: IKE from x1's leased port" captured wire "src $Nb and udp src port $(first_port x1) and dst port 500"
check_equal "wire: no fragment" 0 "$(packets wire 'ip[6:2] & 0x3fff != 0')"
two_cookies() { [ "$(elements netdev cookie_in | awk '{ print $NF }' | sort -u | wc -l)" = 2 ]; }
check "n: cookies of two hosts" two_cookies

seen "x1: IKEv2 from port $(first_port x1), ESP tunnel mode, virtual IP $vip1" "$(echoed x1), TCP"
seen "x2: IKEv2 from port 500, ESP tunnel mode, virtual IP $vip2" "$(echoed x2), TCP"
seen "x3: IKEv1 from port 500, AH transport mode" "$(echoed x3), TCP"
seen "at the peer: ESP packets" "$(packets wire 'proto 50')"
seen "at the peer: AH packets, integrity errors" "$(packets wire 'proto 51'), $(integrity_errors y)"
seen "at the peer: UDP 4500 packets, encapsulated SAs" "$(packets wire 'udp port 4500'), $(y_state | grep -c encap || true)"
# for each map and host the first element and how many follow
for map in port_in spi_in cookie_in; do
  echo "LIST nft list map netdev rsip $map"
  elements netdev $map | sort -t '"' -k 4 -s |
    awk '$NF != host { if (more) print "LIST   ... and " more " more of this lease"; host = $NF; more = -1; print "LIST   " $0 }
      { more++ } END { if (more) print "LIST   ... and " more " more of this lease" }'
done
