# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What RSIP is for, beside what everybody has: two hosts behind one address, one peer, native ESP and AH, keyed by hand.
# With masquerade the kernel knows no SPI: the second host's ESP is dropped, and AH, which covers the addresses, fails at
# the peer. With leases of the same address all of it passes, both ways, at the same time.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

key=0x000102030405060708090a0b0c0d0e0f
esp="aead rfc4106(gcm(aes)) ${key}10111213 128"
ah="auth-trunc hmac(sha256) $key${key#0x} 128"
inner() { if [ "$1" = esp ]; then echo "192.0.2.$2"; else echo "192.0.2.1$2"; fi; }
out_spi() { if [ "$1" = esp ]; then echo "0xd000000$2"; else echo "0xa000000$2"; fi; }

# keyed HOST-NUMBER PROTOCOL SPI: a tunnel between $outer, an address of that host's, and y; y sends with this SPI.
# All SAs towards the hosts have the same ends: by the reqid y knows which is for whom.
keyed() {
  local host out
  host=$(inner "$2" "$1") out=$(out_spi "$2" "$1")
  batch "x$1" << END
addr replace $host/32 dev lo
xfrm state add src $outer dst $Yb proto $2 spi $out mode tunnel reqid $1 ${!2}
xfrm state add src $Yb dst $outer proto $2 spi $3 mode tunnel reqid $1 ${!2}
xfrm policy add src $host dst $service dir out tmpl src $outer dst $Yb proto $2 mode tunnel reqid $1
xfrm policy add src $service dst $host dir in tmpl src $Yb dst $outer proto $2 mode tunnel reqid $1
END
  batch y << END
xfrm state add src $Nb dst $Yb proto $2 spi $out mode tunnel reqid $1 ${!2}
xfrm state add src $Yb dst $Nb proto $2 spi $3 mode tunnel reqid $1 ${!2}
xfrm policy add src $service dst $host dir out tmpl src $Yb dst $Nb proto $2 mode tunnel reqid $1
xfrm policy add src $host dst $service dir in tmpl src $Nb dst $Yb proto $2 mode tunnel reqid $1
route replace $host via $Nb src $service
END
}
# pings PROTOCOL HOST-NUMBER: of 5, those that came back
pings() {
  { on "x$2" ping -q -c 5 -i 0.2 -W 1 -I "$(inner "$1" "$2")" "$service" || true; } | sed -n 's/.* \([0-9]*\) received.*/\1/p'
}
# all_pings: of ESP and AH of both hosts, all at the same time, x1 first
all_pings() {
  local protocol host
  for host in 1 2; do
    for protocol in esp ah; do pings $protocol $host > "$work/pings.$protocol$host" & done
    sleep 0.3
  done
  wait_for 30 all_came
  echo "$(cat "$work/pings.esp1") $(cat "$work/pings.esp2") $(cat "$work/pings.ah1") $(cat "$work/pings.ah2")"
}
all_came() { [ "$(cat "$work"/pings.* | wc -l)" = 4 ]; }
# shellcheck disable=SC2016 # fields of awk's
refused_at_y() { on y awk '$1 == "XfrmInStateProtoError" { print $2 }' /proc/net/xfrm_stat; }

on n nft -f - << 'END'
table ip nat {
  chain postrouting { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
}
END
for i in 1 2; do
  outer=10.0.0.1$i
  keyed $i esp 0xe000000$i
  keyed $i ah 0xb000000$i
done
before=$failures
capture_start wire y eth0
came=$(all_pings)
capture_stop wire
check_equal "masquerade: pings of 5 that came back, ESP of x1 and x2, AH of x1 and x2" "5 0 0 0" "$came"
check "x1's ESP was at y" captured wire "src $Nb and proto 50 and ip[20:4] = $(out_spi esp 1)"
check_fails "x2's never got there" captured wire "src $Nb and proto 50 and ip[20:4] = $(out_spi esp 2)"
check "AH was, and failed its integrity check" test "$(refused_at_y)" -ge 1
seen "masquerade instead: pings of 5 through ESP of two hosts, AH of two hosts" "$came"

for node in x1 x2 y; do batch $node <<< $'xfrm state flush\nxfrm policy flush'; done
on n nft delete table ip nat
gateway_start
refused=$(refused_at_y)
outer=$Nb
for i in 1 2; do
  check "x$i gets a lease" host_up x$i
  keyed $i esp "$(first_spi x$i)"
  keyed $i ah "$(($(first_spi x$i) + 1))"
done
came=$(all_pings)
check_equal "RSIP: all come back" "5 5 5 5" "$came"
check_equal "and none failed its integrity check at y" "$refused" "$(refused_at_y)"
seen "RSIP: the same" "$came"
row "two hosts, one peer, manual keys: masquerade loses the second host's ESP and all AH; RSIP passes all of it" $((failures > before))
