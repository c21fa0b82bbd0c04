# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 100 MB of TCP from a host to the peer and back, each from the shared address, intact.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

size=$((100 * 1000 * 1000))
gateway_start
check "x1 gets a lease" host_up x1
head -c $size /dev/urandom > "$work/data"
sum=$(sha256sum < "$work/data")

on y sh -c "socat -u TCP4-LISTEN:7000 - | sha256sum > $work/out" &
receiver=$!
wait_for 10 listening y 7000
start=$EPOCHREALTIME
on x1 socat -u -b 65536 "OPEN:$work/data" "TCP4:$Yb:7000,bind=$Nb:$(first_port x1)"
wait $receiver
out=$(awk "BEGIN { printf \"%.0f\", $size * 8 / 1e6 / ($EPOCHREALTIME - $start) }")
check_equal "100 MB from x1 to y" "$sum" "$(cat "$work/out")"

on y socat -u -b 65536 "OPEN:$work/data" TCP4-LISTEN:7001 &
wait_for 10 listening y 7001
start=$EPOCHREALTIME
check_equal "100 MB from y to x1" "$sum" \
  "$(on x1 socat -u -b 65536 "TCP4:$Yb:7001,bind=$Nb:$(last_port x1)" - | sha256sum)"
in=$(awk "BEGIN { printf \"%.0f\", $size * 8 / 1e6 / ($EPOCHREALTIME - $start) }")
seen "100 MB of TCP out and in, SHA-256 compared" "intact, $out and $in Mbit/s"
