# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# GRE beside IP-IP: one host with each, and one with both.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start --tunnel ipip,gre --on-exit remove
web_server y 80
capture_start realm n lan
check "x1 gets a lease over GRE" host_up x1 --tunnel gre
check "x2 gets a lease over IP-IP" host_up x2
x1_fetches() { fetch x1 | grep -q "hello from y"; }
x2_fetches() { fetch x2 | grep -q "hello from y"; }
check "x1 speaks TCP to y" x1_fetches
check "x2 speaks TCP to y" x2_fetches
check "x1 in GRE, both ways" captured realm "proto 47 and src 10.0.0.11"
check "x1 in GRE, both ways" captured realm "proto 47 and dst 10.0.0.11"
check_equal "x1 in nothing else" 0 "$(packets realm 'proto 4 and host 10.0.0.11')"
check_equal "x2 not in GRE" 0 "$(packets realm 'proto 47 and host 10.0.0.12')"

# too big for the tunnel: reassembled by n, and fragmented again where it may be
head -c 4000 /dev/zero | on y socat -u -b 4000 - "UDP4-SENDTO:$Nb:$(first_port x1)" || true
check "a datagram of 4,000 bytes reaches x1 through GRE" wait_for 5 captured realm "proto 47 and dst 10.0.0.11 and greater 1400"

check "x1 gets a second lease over IP-IP" host_assign x1 --tunnel ipip --ports 2 --spis 0
check_equal "n has two tunnels to x1" 2 "$(ip -n n -json -d link | jq '[.[] | select(.linkinfo.info_data.remote == "10.0.0.11")] | length')"
port=$(jq -r '.ports[0].first' < "$work/x1/assign.json")
x1_fetches_again() {
  on x1 curl -sS --max-time 10 --interface "$Nb" --local-port "$port-$((port + 1))" "http://$Yb/" | grep -q "hello from y"
}
check "and x1 speaks TCP from its ports" x1_fetches_again
check "x1 frees it" host_free x1 "$(jq -r .bind_id < "$work/x1/assign.json")"
one_tunnel() { [ "$(ip -n n -json -d link | jq '[.[] | select(.linkinfo.info_data.remote == "10.0.0.11")] | length')" = 1 ]; }
check "its tunnel goes" wait_for 5 one_tunnel
check "x1 still speaks TCP over GRE" x1_fetches
check "x1 down" host_down x1
check "x2 down" host_down x2
check "nothing is left" wait_for 5 no_bindings
seen "GRE and IP-IP hosts side by side" "TCP through each"
