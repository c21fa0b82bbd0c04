# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pre-shared keys (RFC 3102 section 3.3): a host whose prefix has a key must prove that it has it; others need none.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

# key_file NAME TEXT: for its owner alone, as rsipd and rsip demand
key_file() { (umask 077; echo "$2" > "$work/$1.keys"); }
good=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
bad=ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
key_file gateway "10.0.0.11 0x$good
10.0.0.12 0x$good"
key_file good "0x$good"
key_file bad "0x$bad"
gateway_start --psk-file "$work/gateway.keys" --on-exit remove

check_fails "x1 is refused without a key" host_up x1
check "which it is told" grep -q REGISTRATION_DENIED "$work/x1/up.log"
check_fails "and with another key" host_up x1 --psk-file "$work/bad.keys"
check "nothing of it is in n" no_bindings
check "x1 gets a lease with its key" host_up x1 --psk-file "$work/good.keys"
check "x2 over UDP, too" host_up x2 --udp --psk-file "$work/good.keys"
check "x3 needs none" host_up x3
check "x1 gets a second lease" host_assign x1 --ports 2 --spis 0
check "x2 gives its lease back" host_down x2
gone() { [ -z "$(bindings_of 10.0.0.12)" ]; }
check "n has nothing of x2" gone

gateway_stop
down() { ! ip -n "$1" link show rsip0; }
check "x1 believes n that it stops" wait_for 10 down x1
seen "pre-shared keys" "hosts with the key served, over TCP and UDP; others refused"
