# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 of the daemon, five times, and a start each time, while a host pings, downloads over TCP, and another pings
# through ESP: no packet is lost, every lease, device and element is what it was, and what rests goes on resting.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

ctl() { on n timeout 30 "$build/rsipd/rsipctl" "$@"; }
# leases: what all hosts have, without the time that is left
leases() { ctl bindings --json | jq -S 'map(del(.expires))'; }
registrations() { ctl hosts --json | jq -S 'map(del(.expires) | del(.tunnels[]["from_host", "to_host"]))'; }

gateway_start --hold 600 --lease 900
check "x1 gets a lease" host_up x1
check "x2 gets a lease over UDP, IKE on port 500" host_up x2 --udp --ports 0 --ike-port 500 --strongswan "$work/x2.snippet"
check "x3 gets a lease" host_up x3
check "x3 gets another" host_assign x3 --ports 2 --spis 0
check "and gives it back" host_free x3 "$(jq .bind_id "$work/x3/assign.json")"
inner=192.0.2.2
ip -n x2 addr add "$inner/32" dev lo
charon_start y "$(swanctl_conf "$(of_peer x2 x2 "$(child x2 "$service/32" "$inner/32")")")"
charon_start x2 "$(swanctl_conf "$(of_host x2 "$(child tunnel "$inner/32" "$service/32")")")" "$work/x2.snippet"
check "x2 has a tunnel to y" initiate x2 tunnel

head -c 20000000 /dev/urandom > "$work/data"
on y socat -u -b 8192 "OPEN:$work/data" TCP4-LISTEN:7001 &
wait_for 10 listening y 7001
on x1 socat -u -b 8192 "TCP4:$Yb:7001,bind=$Nb:$(last_port x1)" "CREATE:$work/received" &
download=$!
pings=1500
on x1 ping -q -i 0.04 -c $pings -W 10 -I "$Nb" "$Yb" > "$work/plain.log" &
on x2 ping -q -i 0.04 -c $pings -W 10 -I "$inner" "$service" > "$work/esp.log" &
esp=$!

leases=$(leases) registrations=$(registrations) pools=$(ctl pools --json | jq -S .)
tunnels=$(tunnels)
for round in 1 2 3 4 5; do
  gateway_stop KILL 2> /dev/null
  sleep 0.5
  gateway_start --hold 600 --lease 900
  check_equal "start $round: the leases are what they were" "$leases" "$(leases)"
done
check_equal "the registrations are what they were" "$registrations" "$(registrations)"
check_equal "so is what is free and what rests" "$pools" "$(ctl pools --json | jq -S .)"
check_equal "so are the tunnels" "$tunnels" "$(tunnels)"
check "leases and kernel agree" ctl diff

wait $esp || true
wait_for 60 grep -q received "$work/plain.log" || true
lost() { echo $((pings - $(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$1"))); }
check_equal "x1 has lost no ping" 0 "$(lost "$work/plain.log")"
check_equal "x2 has lost no ping through ESP" 0 "$(lost "$work/esp.log")"
check "x1's download has come to its end" wait_for 120 bash -c "! kill -0 $download 2> /dev/null"
check_equal "and is intact" "$(sha256sum < "$work/data")" "$(sha256sum < "$work/received")"
seen "kill -9 and start of rsipd, five times: pings lost, plain and through ESP; a download meanwhile" \
  "$(lost "$work/plain.log") and $(lost "$work/esp.log") of $pings; intact"

check "x2's charon rekeys its IKE SA, whose cookie the gateway knows or learns" rekey_ike x2 y
for node in x1 x2 x3; do check "$node gives its lease back" host_down $node; done
check "n has nothing any more" no_bindings

at=$(date +%s)
gateway_stop KILL 2> /dev/null
gateway_start --history 1
had=$(ctl who "$Nb" "$(first_port x1)" "@$((at - 5))" --json)
check_equal "the journal tells who had a port" '["10.0.0.11"]' "$(jq -c '[.[].host] | unique' <<< "$had")"
check_equal "and an SPI" '["10.0.0.12"]' \
  "$(ctl who "$Nb" "$(printf '0x%x' "$(first_spi x2)")" "@$((at - 5))" --json | jq -c '[.[].host] | unique')"
check_equal "and that nobody has them now" '[]' "$(ctl who "$Nb" "$(first_port x1)" now --json)"
