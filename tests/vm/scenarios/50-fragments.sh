# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fragments pass whole in both directions, though the gateway steers by a header that only the first one has.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
check "x1 gets a lease" host_up x1
port=$(first_port x1)
head -c 4000 /dev/urandom > "$work/sent"
received() { cmp "$work/sent" "$work/$1"; }

on y socat -u -b 65507 UDP4-RECV:9 "CREATE:$work/out" &
wait_for 10 listening y 9 u
capture_start wire y eth0
on x1 socat -u -b 65507 "OPEN:$work/sent" "UDP4-SENDTO:$Yb:9,bind=$Nb:$port"
check "4,000 bytes in fragments, x1 to y" wait_for 10 received out
check "they were fragments on the wire" captured wire "src $Nb and ip[6:2] & 0x1fff != 0"

on x1 socat -u -b 65507 "UDP4-RECV:$port,bind=$Nb" "CREATE:$work/in" &
wait_for 10 listening x1 "$port" u
on y socat -u -b 65507 "OPEN:$work/sent" "UDP4-SENDTO:$Nb:$port"
check "4,000 bytes in fragments, y to x1" wait_for 10 received in
check "they were fragments on the wire" captured wire "src $Yb and ip[6:2] & 0x1fff != 0"
seen "fragments: 4,000 bytes of UDP both ways" "intact"
