# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900
# IKE and CHILD SAs live for 10 s, and 30 generations of each replace each other while pings go on. x1 has IKE on a
# leased port, x2 on port 500 with a negotiated prefix, x3 on port 500 by trial and error, towards an address of y that
# it is the only one to use. Each has two connections: in one the host starts all rekeying, in the other the peer does.
#
# IKEv2 makes the new SA before it ends the old one (RFC 7296 section 2.8): no ping may be lost at all.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
rounds=30

gateway_start
Y2=198.51.100.3
ip -n y addr add $Y2/24 dev eth0
check "x1 gets a lease, IKE on a leased port" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500 with a prefix" host_up x2 --ports 0 --ike-port prefix --strongswan "$work/x2.snippet"
check "x3 gets a lease, IKE on port 500" host_up x3 --ports 0 --ike-port 500 --strongswan "$work/x3.snippet"
# so that x2 is not the only one on port 500 that has IKE with y: only its prefix tells what is for it
send_udp x3 500 500 "$(ike_header 5a5a5a5a00000001)"

tunnels="x1-host x1-peer x2-host x2-peer x3-host x3-peer"
peer_address() { if [ "${1%-*}" = x3 ]; then echo $Y2; else echo "$Yb"; fi; }
inner() {
  local last=1
  [ "${1#*-}" = host ] || last=2
  echo "192.0.2.${1:1:1}$last"
}
# Lifetimes at the end that starts the rekeying, and at the other. How long an SA is kept that could not be replaced in
# time is of no interest: it would be a round less.
ike_starts="rekey_time = 10s
    over_time = 20s
    rand_time = 0s"
child_starts="rekey_time = 10s
        life_time = 30s
        rand_time = 0s"
waits="rekey_time = 0s"
# connection_of TUNNEL LOCAL REMOTE LOCAL-ID REMOTE-ID LOCAL-TS REMOTE-TS STARTS
connection_of() {
  local ike=$waits child=$waits
  if [ -n "$8" ]; then ike=$ike_starts child=$child_starts; fi
  cat << END
  $1 {
    version = 2
    local_addrs = $2
    remote_addrs = $3
    proposals = aes128-sha256-modp2048
    mobike = no
    $ike
    local {
      auth = psk
      id = $4
    }
    remote {
      auth = psk
      id = $5
    }
    children {
      $1 {
        esp_proposals = aes128-sha256
        local_ts = $6/32
        remote_ts = $7/32
        $child
      }
    }
  }
END
}
configuration() { printf 'connections {\n%s\n}\nsecrets {\n  ike {\n    secret = "not a secret"\n  }\n}\n' "$1"; }
# of_peer TUNNEL, of_host TUNNEL
of_peer() {
  local starts=""
  [ "${1#*-}" != peer ] || starts=1
  connection_of "$1" "$(peer_address "$1")" "%any" y "$1" "$service" "$(inner "$1")" "$starts"
}
of_host() {
  local starts=""
  [ "${1#*-}" != host ] || starts=1
  connection_of "$1" "$Nb" "$(peer_address "$1")" "$1" y "$(inner "$1")" "$service" "$starts"
}

charon_start y "$(configuration "$(for tunnel in $tunnels; do of_peer "$tunnel"; done)")"
for node in x1 x2 x3; do
  charon_start $node "$(configuration "$(of_host $node-host; of_host $node-peer)")" "$work/$node.snippet"
done
for tunnel in $tunnels; do
  ip -n "${tunnel%-*}" addr add "$(inner "$tunnel")/32" dev lo
  check "$tunnel: established" initiate "${tunnel%-*}" "$tunnel"
done

check_equal "x2 and x3 both have IKE with y on port 500: nobody is the only one" "" "$(elements ip sole_in | grep -F "$Nb . $Yb " || true)"
check_equal "x3 is the only one with $Y2" 1 "$(elements ip sole_in | grep -cF "$Nb . $Y2 ")"
capture_start wire n wan
declare -A ping_pid
for tunnel in $tunnels; do
  on "${tunnel%-*}" ping -q -i 0.25 -c $((4 * 11 * rounds)) -W 10 -I "$(inner "$tunnel")" "$service" > "$work/$tunnel.ping" &
  ping_pid[$tunnel]=$!
done
# What y has, every few seconds: a generation lives for 10.
pinging() { local tunnel; for tunnel in $tunnels; do ! kill -0 "${ping_pid[$tunnel]}" 2> /dev/null || return 0; done; return 1; }
while pinging; do
  swan y --list-sas >> "$work/sas" || true
  sleep 3
done
capture_stop wire

# ike_sas TUNNEL WHO: how many IKE SAs y has had, that it started (i) or that the host did (r)
ike_sas() { awk -v name="$1:" -v who="_$2\\*" '$1 == name && $0 ~ who { print $5, $6 }' "$work/sas" | sort -u | wc -l; }
# child_sas TUNNEL: how many CHILD SAs, by their inbound SPIs
child_sas() {
  awk -v name="$1:" '/^[^ ]/ { ours = $1 == name } ours && $1 == "in" { print $2 }' "$work/sas" | sort -u | wc -l
}
lost() { awk '/packets transmitted/ { print $1 - $4 }' "$work/$1.ping"; }

declare -A mode=([x1]="assigned port" [x2]="port 500 with prefix" [x3]="port 500 by trial and error, sole peer")
for tunnel in $tunnels; do
  before=$failures
  node=${tunnel%-*} who=r
  [ "${tunnel#*-}" = host ] || who=i
  ike=$(ike_sas "$tunnel" $who) child=$(child_sas "$tunnel") missing=$(lost "$tunnel")
  check "$tunnel: $ike IKE SAs by rekeying of the ${tunnel#*-}, of $rounds" test "$ike" -ge $rounds
  check "$tunnel: $child CHILD SAs, of $rounds after the first" test "$child" -gt $rounds
  check_equal "$tunnel: pings lost, of $((4 * 11 * rounds))" 0 "$missing"
  row "rekeying by the ${tunnel#*-}, $rounds rounds of IKE and CHILD SAs, no ping lost: ${mode[$node]}" $((failures > before))
done
# what the kernel of NODE has not been able to decrypt, or to encrypt
xfrm_errors() { on "$1" cat /proc/net/xfrm_stat | awk '$2 > 0 { print $1, $2 }'; }
for node in x1 x2 x3 y; do check_equal "$node: no packet without an SA, or with a wrong one" "" "$(xfrm_errors $node)"; done
check_equal "wire: nothing but ESP and IKE, nothing on UDP 4500" "" \
  "$(tcpdump -n -r "$work/wire.pcap" 'ip and not proto 50 and not (udp and port 500)' 2> "$work/tcpdump.err" | head -n 20)"
for node in x1 x2 x3; do
  seen "30 rounds of rekeying at 10 s, ${mode[$node]}: pings lost, by host and by peer" "$(lost $node-host), $(lost $node-peer)"
done
