# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ICMP of hosts that share an address: ping, of several at once; traceroute; errors about what they send and get.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
far_node
check "x1 gets a lease with SPIs" host_up x1
check "x2 gets ports alone" host_up x2 --spis 0
check "x3 gets ports alone" host_up x3 --spis 0
port=$(first_port x3)
capture_start lan n lan
capture_start far z eth0

# received NODE: how many echo replies ping saw there; ping_from NODE [FLAG...]
received() { sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/$1/ping"; }
ping_from() { on "$1" ping -n -I "$Nb" -c 5 -i 0.5 -W 2 "${@:2}" "$Zb" > "$work/$1/ping" 2>&1 || true; }

pids=()
for host in x1 x2 x3; do
  ping_from "$host" &
  pids+=($!)
done
wait "${pids[@]}"
replies="$(received x1) $(received x2) $(received x3)"
check_equal "replies to three hosts that ping z at once" "5 5 5" "$replies"
[ "$replies" = "5 5 5" ] && status=0 || status=1
row "ICMP: ping of three hosts at once" "$status"

# The same identifier twice: the first host's.
ping_from x1 -e 77
pids=()
for host in x1 x2; do
  ping_from "$host" -e 77 &
  pids+=($!)
done
wait "${pids[@]}"
check_equal "an identifier in use: replies to x1 and x2" "5 0" "$(received x1) $(received x2)"
check_equal "n counted it" 5 "$(denied echo_in_use)"

check "z pings the shared address: n answers" on z ping -n -c 1 -W 5 "$Nb"
check_equal "nothing of it came to a host" 0 "$(packets lan "src $Na and ip proto 4 and ip[20 + 9] = 1 and ip[40] = 8")"

# traceroute: n, y, z, and nothing else. hops [FLAG...]
hops() { on x3 traceroute -n -q 1 -w 5 -m 5 -s "$Nb" "$@" "$Zb" 40 | awk 'NR > 1 { print $2 }' | paste -sd ' '; }
trace() {
  local seen status=0
  seen=$(hops "${@:2}")
  [ "$seen" = "$Na $Yb $Zb" ] || status=1
  check_equal "traceroute ($1)" "$Na $Yb $Zb" "$seen"
  row "ICMP: traceroute from a host, $1" "$status"
}
trace UDP "--sport=$port"
trace ICMP -I
trace TCP -T "--sport=$port" -p 80

# unreachable, about an echo request: y has no way to this address
ip -n y route add unreachable 192.0.2.99/32
on x2 ping -n -I "$Nb" -c 1 -W 5 192.0.2.99 > "$work/x2/unreachable" 2>&1 || true
check "an error about an echo request reaches the host" grep -q "From $Yb.*Destination Host Unreachable" "$work/x2/unreachable"

# port unreachable, from the host: nothing listens on its leased port
closed=$(last_port x3)
echo hello | on z socat -u - "UDP4-SENDTO:$Nb:$closed"
unreachable() { captured far "src $Nb and icmp[0] = 3 and icmp[1] = 3 and icmp[8 + 20 + 2 : 2] = $closed"; }
check "a host says that nothing listens on its port" wait_for 10 unreachable
check_equal "nothing else was denied" 0 "$(denied denied_protocol)"
