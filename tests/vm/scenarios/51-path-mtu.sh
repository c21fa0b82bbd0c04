# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A packet of 1,500 bytes does not fit the tunnel: without DF it arrives, with DF the peer learns 1,480 and then fits.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
check "x1 gets a lease" host_up x1
port=$(first_port x1)
head -c 1472 /dev/urandom > "$work/sent"
received() { cmp "$work/sent" "$work/$1"; }
on x1 socat -u -b 65507 "UDP4-RECV:$port,bind=$Nb" "CREATE:$work/in" &
wait_for 10 listening x1 "$port" u
capture_start wire y eth0

# socat's ip-mtu-discover: 0 never sets DF, 2 always does
on y socat -u -b 65507 "OPEN:$work/sent" "UDP4-SENDTO:$Nb:$port,ip-mtu-discover=0"
check "1,500 bytes without DF arrive" wait_for 10 received in
check "in one piece as far as n" captured wire "dst $Nb and ip[2:2] = 1500 and ip[6:2] = 0"

on y socat -u -b 65507 "OPEN:$work/sent" "UDP4-SENDTO:$Nb:$port,ip-mtu-discover=2" || true
learned() { ip -n y route get "$Nb" | grep -q "mtu 1480"; }
check "1,500 bytes with DF: y learns 1,480" wait_for 10 learned
check "from n" captured wire "src $Nb and dst $Yb and icmp[0] = 3 and icmp[1] = 4"
head -c 1452 /dev/urandom > "$work/sent"
: > "$work/in"
on y socat -u -b 65507 "OPEN:$work/sent" "UDP4-SENDTO:$Nb:$port,ip-mtu-discover=2"
has_arrived() { tail -c 1452 "$work/in" | cmp "$work/sent" -; }
check "1,480 bytes with DF arrive" wait_for 10 has_arrived
[ "$failures" = 0 ] && status=0 || status=1
row "path MTU, the tunnel's, to the peer: UDP" "$status"

web_server y 80
check_equal "x1's TCP announces a segment that fits the tunnel" "hello from y" "$(fetch x1)"
announced() { captured wire "src $Nb and tcp[tcpflags] & tcp-syn != 0 and tcp[20:4] = 0x020405a0"; }
check "1,440 bytes" announced
announced && status=0 || status=1
row "path MTU, the tunnel's, to the peer: TCP, by its MSS" "$status"
seen "1,500 bytes without DF arrive; with DF the peer learns" "$(ip -n y route get "$Nb" | grep -o 'mtu [0-9]*')"
