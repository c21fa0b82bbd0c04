# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the gateway takes back by itself: by the operator's word, and when it stops with --on-exit remove. Hosts are told
# (RFC 3103 sections 9.5.3, 9.13.1) and let go.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start --on-exit remove
check "x1 gets a lease over TCP" host_up x1 --tcp
check "x1 gets a second one" host_assign x1 --ports 2 --spis 0
check "x2 gets a lease over UDP" host_up x2 --udp
check "x3 gets a lease over TCP" host_up x3 --tcp

revoke() { on n "$build/rsipd/rsipctl" revoke "$@"; }
gone() { [ -z "$(bindings_of "$1")" ]; }
down() { ! ip -n "$1" link show rsip0; }
check "the operator revokes x1's second lease" revoke 10.0.0.11 "$(jq -r .bind_id < "$work/x1/assign.json")"
one_binding() { [ "$(on n "$build/rsipd/rsipctl" bindings --host 10.0.0.11 --json | jq length)" = 1 ]; }
check "n has one of x1's left" one_binding
x1_has_one() { [ "$(host_status x1 | jq '.further | length')" = 0 ]; }
check "so does x1" wait_for 5 x1_has_one
check "the operator revokes x2" revoke 10.0.0.12
check "nothing of x2 is left in n" gone 10.0.0.12
check "x2 takes its device down" wait_for 10 down x2
check_fails "there is no x2 to revoke any more" revoke 10.0.0.12
check "x1 is as it was" test -n "$(bindings_of 10.0.0.11)"

gateway_stop
check_equal "n stops" 0 "$rsipd_status"
check "x1 takes its device down" wait_for 10 down x1
check "x3 takes its device down" wait_for 10 down x3
check_equal "no tunnel is left in n" "" "$(tunnels)"
check_fails "nor a table" on n nft list table ip rsip
seen "leases revoked by the operator, and by a gateway that stops" "hosts over TCP and UDP let go"
