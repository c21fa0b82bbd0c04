# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 450
# Unmodified libreswan on two hosts, beside strongSwan on a third, with one public address and the same peer. libreswan
# can be told neither its IKE port nor its SPIs: IKE is on port 500, and the SPIs are leased as they appear (rsip up
# --follow-sas). x1 has IKEv2, x2 IKEv1; each a tunnel, and TCP in transport mode from a leased port.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
capture_start wire n wan
web_server y 80
for node in x1 x2; do
  check "$node gets a lease, its SPIs to be followed" host_up $node --ports 4 --ike-port 500 --follow-sas
done
check "x3 gets a lease, IKE on port 500" host_up x3 --ports 4 --ike-port 500 --strongswan "$work/x3.snippet"

inner() { echo "192.0.2.${1#x}"; }
web_port() { last_port "$1"; }
# peer_of NODE VERSION
peer_of() {
  of_peer "$1" "$1" "$(child "$1-tunnel" "$service/32" "$(inner "$1")/32")
      $(child transport "dynamic[tcp/80]" "dynamic[tcp/$(web_port "$1")]" "mode = transport")" "version = $2"
}
charon_start y "$(swanctl_conf "$(peer_of x1 2)" "$(peer_of x2 1)" "$(peer_of x3 2)")"

# libreswan_of NODE IKEV2: its ipsec.conf
libreswan_of() {
  cat << END
conn %default
  left=$Nb
  leftid=@$1
  right=$Yb
  rightid=@y
  authby=secret
  ikev2=$2
  pfs=no
  encapsulation=no
  esp=aes128-sha2_256
conn tunnel
  leftsubnet=$(inner "$1")/32
  leftsourceip=$(inner "$1")
  rightsubnet=$service/32
conn transport
  type=transport
  leftprotoport=tcp/$(web_port "$1")
  rightprotoport=tcp/80
END
}
pluto_start x1 "$(libreswan_of x1 insist)"
pluto_start x2 "$(libreswan_of x2 never)"
ip -n x3 addr add "$(inner x3)/32" dev lo
charon_start x3 "$(swanctl_conf "$(of_host x3 "$(child tunnel "$(inner x3)/32" "$service/32")
      $(child transport "dynamic[tcp/$(web_port x3)]" "dynamic[tcp/80]" "mode = transport")")")" "$work/x3.snippet"

web_through_tunnel() { on "$1" curl -sS --max-time 20 --interface "$(inner "$1")" "http://$service/" | grep -q "hello from y"; }
web_in_transport() {
  on "$1" curl -sS --max-time 20 --interface "$Nb" --local-port "$(web_port "$1")" "http://$Yb/" | grep -q "hello from y"
}
ping_through_tunnel() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "$(inner "$1")" "$service"; }
# all COMMAND...: at the same time for the three
all() {
  local node pids=()
  for node in x1 x2 x3; do "$@" $node & pids+=($!); done
  wait "${pids[0]}" && wait "${pids[1]}" && wait "${pids[2]}"
}

# in_lease NODE: every inbound SPI of it is leased, as the kernel of n has it
in_lease() {
  local spi
  for spi in $(ip -n "$1" xfrm state | awk -v to="$Nb" '$1 == "src" { ours = $4 == to } ours && $1 == "proto" { print $4 }'); do
    elements netdev spi_in | grep " 10.0.0.1${1#x}\"" | grep -q "^$Nb \. $((spi)) " || { echo "$spi"; return 1; }
  done
}

before=$failures
check "x1: IKEv2, ESP tunnel" pluto_up x1 tunnel
check "x2: IKEv1, ESP tunnel" pluto_up x2 tunnel
check "x3: strongSwan, IKEv2, ESP tunnel" initiate x3 tunnel
for node in x1 x2; do check "$node: its SPIs are leased" wait_for 5 in_lease $node; done
check "all three ping at once" all ping_through_tunnel
check "all three fetch at once" all web_through_tunnel
row "libreswan hosts (IKEv2, IKEv1) and a strongSwan host at once, SPIs followed: ESP tunnel" $((failures > before))

before=$failures
check "x1: IKEv2, ESP transport" pluto_up x1 transport
check "x2: IKEv1, ESP transport" pluto_up x2 transport
check "x3: strongSwan, IKEv2, ESP transport" initiate x3 transport
for node in x1 x2; do check "$node: its SPIs are leased" wait_for 5 in_lease $node; done
check "all three fetch at once in transport mode" all web_in_transport
check_equal "wire: nothing in the clear" 0 "$(packets wire tcp)"
row "libreswan hosts (IKEv2, IKEv1) and a strongSwan host at once, SPIs followed: ESP transport" $((failures > before))

y_encapsulates() { on y ip xfrm state | grep encap; }
check_fails "y: no UDP encapsulation" y_encapsulates
check_equal "y: six pairs of ESP" 12 "$(on y ip xfrm state | grep -c 'proto esp')"
capture_stop wire
check_equal "wire: nothing but ESP and IKE on port 500" 0 "$(packets wire 'ip and not proto 50 and not (udp src port 500 and dst port 500)')"
# through_rekeying WHO COMMAND...: pings, 50 ms apart, through one rekeying. Where the peer starts it, it uses the new SPI
# as soon as it has the host's answer; what it sends until that is leased is lost.
spis() { ip -n "$1" xfrm state | awk '/proto esp/ { print $4 }' | sort; }
through_rekeying() {
  local ping lost most=0
  spis x1 > "$work/before"
  on x1 ping -q -c 200 -i 0.05 -W 5 -I "$(inner x1)" "$service" > "$work/rekeying.ping" & ping=$!
  sleep 1
  check "x1: its tunnel is rekeyed by the $1" "${@:2}"
  check "x1: it has other SPIs, which are leased" wait_for 30 other_tunnel
  wait $ping || true
  lost=$(awk '/packets transmitted/ { print $1 - $4 }' "$work/rekeying.ping")
  [ "$1" = host ] || most=$(($(host_status x1 | jq .followed.last_us) / 50000 + 1))
  check "x1: $lost pings lost, of 200; at most $most" test "$lost" -le $most
}
other_tunnel() { [ "$(spis x1 | grep -cvxFf "$work/before")" -ge 2 ] && in_lease x1; }
before=$failures
through_rekeying host whack x1 --rekey-ipsec --name tunnel
row "libreswan host, SPIs followed: CHILD SA rekeyed by the host, no ping lost" $((failures > before))
before=$failures
sleep 3
through_rekeying peer rekey_child y x1-tunnel
row "libreswan host, SPIs followed: CHILD SA rekeyed by the peer, no ping lost once the SPI is leased" $((failures > before))

spis_of() { elements netdev spi_in | grep -c " 10.0.0.1${1#x}\""; }
few() { [ "$(spis_of x1)" -le 1 ] && [ "$(spis_of x2)" -le 1 ]; }
for connection in tunnel transport; do for node in x1 x2; do whack $node --terminate --name $connection > "$work/down.log" 2>&1 || true; done; done
check "the SPIs of SAs that are gone are not leased any more" wait_for 15 few
