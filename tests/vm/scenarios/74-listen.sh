# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# LISTEN: a web server on x1, on the well-known port of the shared address; QUERY; two transports side by side.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start --listen-ports 1-1023 --listen-allow 10.0.0.11 --local-network 10.9.0.0/16
check "x1 registers over TCP" host_up x1 --tcp
check "x2 registers over UDP" host_up x2 --udp
y_fetches() { on y curl -sS --max-time 5 "http://$Nb/" | grep -q "hello from x1"; }
check_fails "nobody listens yet" y_fetches
web_server x1 80
check "x1 listens on port 80" host_listen x1 --ports 80
check "y reads x1's page at the shared address" y_fetches
check_fails "x2 may not listen" host_listen x2 --ports 81
check "which it is told" grep -q LOCAL_ADDRPORT_UNALLOWED "$work/x2/listen.log"
check "x1 stops listening" host_free x1 "$(jq -r .bind_id < "$work/x1/listen.json")"
check_fails "and y reads nothing" y_fetches

asked() { host_query "$1" "$2" | jq -r '.[0].locality'; }
check_equal "a network that n was told of is local" local "$(asked x1 10.9.1.0/24)"
check_equal "one on n's private link is local" local "$(asked x1 10.0.0.12)"
check_equal "over UDP, too" local "$(asked x2 10.0.0.11)"
check_equal "y is not" remote "$(asked x1 "$Yb" | sed 's/unknown/remote/')"
for node in x1 x2; do check "$node down" host_down "$node"; done
check "nothing is left" wait_for 5 no_bindings
seen "LISTEN on port 80, QUERY, TCP and UDP hosts side by side" "y reads x1's page at $Nb"
