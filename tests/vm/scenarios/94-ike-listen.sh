# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IKE that a peer starts (RFC 3104 appendix G): x1 and x2 share an address and listen on its port 500, each for a peer
# of its own. What a third peer starts is for nobody.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
Y2=198.51.100.3 Y3=198.51.100.4
for address in "$Y2" "$Y3"; do ip -n y addr add "$address/24" dev eth0; done
for node in x1 x2; do
  check "$node gets a lease, IKE on port 500" host_up $node --ports 0 --ike-port 500 --strongswan "$work/$node.snippet"
done
check "x1 listens for $Yb" host_listen x1 --ports 500 --remote "$Yb"
check "x2 listens for $Y2" host_listen x2 --ports 500 --remote $Y2
check_fails "x2 cannot listen for x1's peer" host_listen x2 --ports 500 --remote "$Yb"

inner() { echo "192.0.2.${1#x}"; }
# side NAME LOCAL REMOTE LOCAL-ID REMOTE-ID LOCAL-TS REMOTE-TS
side() {
  cat << END
  $1 {
    version = 2
    local_addrs = $2
    remote_addrs = $3
    proposals = aes128-sha256-modp2048
    mobike = no
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
      }
    }
  }
END
}
configuration() { printf 'connections {\n%s\n}\nsecrets {\n  ike {\n    secret = "not a secret"\n  }\n}\n' "$1"; }
charon_start y "$(configuration "$(
  side x1 "$Yb" "$Nb" y x1 "$service" "$(inner x1)"
  side x2 $Y2 "$Nb" y x2 "$service" "$(inner x2)"
  side nobody $Y3 "$Nb" y x1 "$service" "$(inner x1)")")"
for node in x1 x2; do ip -n $node addr add "$(inner $node)/32" dev lo; done
charon_start x1 "$(configuration "$(side y "$Nb" "$Yb,$Y3" x1 y "$(inner x1)" "$service")")" "$work/x1.snippet"
charon_start x2 "$(configuration "$(side y "$Nb" "$Y2,$Y3" x2 y "$(inner x2)" "$service")")" "$work/x2.snippet"

ping_from_y() { on y ping -q -c 5 -i 0.2 -W 5 -I "$service" "$(inner "$1")"; }
ping_to_y() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "$(inner "$1")" "$service"; }
before=$failures
for node in x1 x2; do check "y starts IKE with $node" initiate y $node; done
for node in x1 x2; do check_equal "$node has exactly that SA" 1 "$(ike_spis $node y | wc -l)"; done
for node in x1 x2; do check "y pings $node" ping_from_y $node; done
for node in x1 x2; do check "$node pings y" ping_to_y $node; done
row "IKE started by the peer: two hosts listen for two peers on port 500 of one address" $((failures > before))

before=$failures
for node in x1 x2; do
  check "y rekeys its IKE SA with $node" rekey_ike y $node
  check "and the child" rekey_child y $node
  check "$node rekeys that IKE SA" rekey_ike $node y
  check "and the child" rekey_child $node y
  check "$node pings y" ping_to_y $node
done
row "IKE started by the peer: rekeyed by either side" $((failures > before))

# it gets no answer; x1 and x2 would give one
unknown=$(denied unknown_cookie)
check_fails "a third peer reaches nobody" swan y --initiate --child nobody --timeout 8
check "n counts what it sent" test "$(denied unknown_cookie)" -gt "$unknown"
check_equal "and neither host has another SA" "1 1" "$(ike_spis x1 y | wc -l) $(ike_spis x2 y | wc -l)"
