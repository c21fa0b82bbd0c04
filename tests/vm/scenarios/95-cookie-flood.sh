# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host tries 10,000 new IKE initiator cookies a second from port 500, and goes on with it. The kernel lets a few of
# them to rsipd (--cookie-rate), which keeps a few of those (--max-cookies); meanwhile the IKE of another host comes up,
# on the same port by trial and error.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

rate=12500 seconds=40 cookie_rate=20 max_cookies=32
gateway_start --cookie-rate $cookie_rate --max-cookies $max_cookies
for node in x1 x2; do
  check "$node gets a lease, IKE on port 500" host_up $node --ports 0 --ike-port 500 --strongswan "$work/$node.snippet"
done
inner=192.0.2.2
ip -n x2 addr add $inner/32 dev lo
charon_start y "$(swanctl_conf "$(of_peer x2 x2 "$(child tunnel "$service/32" $inner/32)")")"
charon_start x2 "$(swanctl_conf "$(of_host x2 "$(child tunnel $inner/32 "$service/32")")")" "$work/x2.snippet"

# cpu_ms: of rsipd since it began; the kernel counts ticks of 10 ms
cpu_ms() { sed 's/^.*) //' "/proc/$rsipd_pid/stat" | awk '{ print ($12 + $13) * 10 }'; }
now_ms() { date +%s%3N; }
cookies_of() { elements netdev cookie_in | grep -c " $1\"" || true; }

before=$failures
cpu=$(cpu_ms) began=$(now_ms)
on x1 "$build/tests/vm/cookie_flood" "$Na" "$Nb" "$Yb" $rate $seconds > "$work/sent" &
flood=$!
flooded() { [ "$(denied denied_cookie_rate)" -ge 1000 ]; }
check "the flood has begun" wait_for 10 flooded
initiating=$(now_ms)
check "x2: IKE from port 500, ESP tunnel" initiate x2 tunnel
handshake=$(($(now_ms) - initiating))
check "x2 pings" on x2 ping -q -c 3 -i 0.2 -W 5 -I $inner "$service"
check "all that while the flood went on" kill -0 $flood
most=$(cookies_of 10.0.0.11)
while kill -0 $flood 2> /dev/null; do
  cookies=$(cookies_of 10.0.0.11)
  [ "$cookies" -le "$most" ] || most=$cookies
  sleep 1
done
wait $flood
lasted=$(($(now_ms) - began)) cpu=$(($(cpu_ms) - cpu))
sent=$(cat "$work/sent") queued=$(denied queued_cookie) stopped=$(denied denied_cookie_rate)
# of the queue: what the kernel dropped when it was full, what was lost on the way to rsipd, and how many packets it had
# shellcheck disable=SC2016 # fields of awk's
queue=$(on n awk '{ print $6, $7, $8 }' /proc/net/netfilter/nfnetlink_queue)

check "x1 sent $((sent / seconds)) a second for $seconds s, a hundred times what may pass" test $((sent / seconds)) -ge $((100 * cookie_rate))
check "each was stopped or queued: $stopped and $queued, $((queued + stopped - sent)) of them from x2" \
  test $((queued + stopped - sent)) -ge 1 -a $((queued + stopped - sent)) -le 10
# five more at once, and x2's
check "$queued reached the queue in $seconds s, of $cookie_rate a second" test "$queued" -le $((cookie_rate * (seconds + 1) + 15))
check_equal "the queue: dropped, lost, passed" "0 0 $queued" "$queue"
check_equal "cookies of x1 at a time, at most" $max_cookies "$most"
check "rsipd took $cpu ms of processor time, less than half of $lasted ms" test $((2 * cpu)) -lt $lasted
row "a host tries thousands of new IKE cookies a second: rsipd's load is bounded, another host's IKE comes up" $((failures > before))
seen "a host tries $((sent / seconds)) new IKE cookies a second: handshake of another, processor time of rsipd" \
  "$handshake ms, $cpu of $lasted ms"
