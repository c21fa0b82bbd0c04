# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keying by hand, with SPIs of the hosts' own choice, which rsip follows: x1 has ESP in tunnel mode, x2 AH in transport
# mode, with the same unmodified peer. The SPIs are none of --spis.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

key=0x000102030405060708090a0b0c0d0e0f
auth="auth-trunc hmac(sha256) ${key}101112131415161718191a1b1c1d1e1f 128"
esp="mode tunnel enc cbc(aes) $key $auth"
inner=192.0.2.1 # of x1, within its tunnel

# steered SPI HOST: whether n hands packets with this SPI to the host with this private address.
spi_map() { on n nft -j list map netdev rsip spi_in; }
steered() {
  spi_map | jq -e --argjson spi $(($1)) --arg host " $2" \
    '[.nftables[] | .map.elem? // [] | .[][0].elem | select(.val.concat[1] == $spi and (.comment | endswith($host)))] | length == 1'
}
unsteered() { spi_map | jq -e --argjson spi $(($1)) '[.nftables[] | .map.elem? // [] | .[][0].elem.val.concat[1]] | all(. != $spi)'; }
has_sa() { ip -n "$1" xfrm state list | grep -q "spi $2 "; }
lacks_sa() { ! has_sa "$1" "$2"; }
followed() { host_status "$1" | jq -r ".followed.$2"; }

gateway_start
for node in x1 x2; do check "$node leases and follows" host_up $node --follow-sas --ports 0; done
check_equal "the least that can be asked for is one SPI" 1 "$(jq '.lease.spis[0] | .last - .first + 1' < "$work/x1/lease.json")"

# what an administrator configures on x1, x2 and y
batch x1 << END
addr add $inner/32 dev lo
xfrm state add src $Nb dst $Yb proto esp spi 0xd0000001 $esp
xfrm state add src $Yb dst $Nb proto esp spi 0xc0000101 $esp
xfrm policy add src $inner dst $service dir out tmpl src $Nb dst $Yb proto esp mode tunnel
xfrm policy add src $service dst $inner dir in tmpl src $Yb dst $Nb proto esp mode tunnel
END
batch x2 << END
xfrm state add src $Nb dst $Yb proto ah spi 0xd0000002 mode transport $auth
xfrm state add src $Yb dst $Nb proto ah spi 0xc0000202 mode transport $auth
xfrm policy add src $Nb dst $Yb proto icmp dir out tmpl src $Nb dst $Yb proto ah mode transport
xfrm policy add src $Yb dst $Nb proto icmp dir in tmpl src $Yb dst $Nb proto ah mode transport
END
batch y << END
xfrm state add src $Nb dst $Yb proto esp spi 0xd0000001 $esp
xfrm state add src $Yb dst $Nb proto esp spi 0xc0000101 $esp
xfrm policy add src $service dst $inner dir out tmpl src $Yb dst $Nb proto esp mode tunnel
xfrm policy add src $inner dst $service dir in tmpl src $Nb dst $Yb proto esp mode tunnel
xfrm state add src $Nb dst $Yb proto ah spi 0xd0000002 mode transport $auth
xfrm state add src $Yb dst $Nb proto ah spi 0xc0000202 mode transport $auth
xfrm policy add src $Yb dst $Nb proto icmp dir out tmpl src $Yb dst $Nb proto ah mode transport
xfrm policy add src $Nb dst $Yb proto icmp dir in tmpl src $Nb dst $Yb proto ah mode transport
route add $inner via $Nb src $service
END

check "x1's SPI is steered to it" wait_for 10 steered 0xc0000101 10.0.0.11
check "x2's SPI is steered to it" wait_for 10 steered 0xc0000202 10.0.0.12
check_equal "and nothing else but the base leases" 4 "$(elements netdev spi_in | grep -c .)"
works=0
both_ways() {
  on x1 ping -c 2 -i 0.2 -W 5 -I "$inner" "$service" && on y ping -c 2 -i 0.2 -W 5 -I "$service" "$inner" &&
    on x2 ping -c 2 -i 0.2 -W 5 -I "$Nb" "$Yb" && on y ping -c 2 -i 0.2 -W 5 "$Nb"
}
both_ways > "$work/ping.log" || works=1
row "manual ip xfrm keying, followed: ESP tunnel and AH transport at once, both ways" $works
check_equal "x2's SAs were used in both directions" "2" "$(ip -n x2 -s xfrm state | grep -c '(bytes), [1-9][0-9]*(packets)')"

# a successor with an SPI of its own, then the old one goes
batch x1 << END
xfrm state add src $Yb dst $Nb proto esp spi 0xc0000111 $esp
END
check "x1's next SPI is steered to it, beside the old one" wait_for 10 steered 0xc0000111 10.0.0.11
check "which is still there" steered 0xc0000101 10.0.0.11
batch y << END
xfrm state delete src $Yb dst $Nb proto esp spi 0xc0000101
xfrm state add src $Yb dst $Nb proto esp spi 0xc0000111 $esp
END
check "x1 pings with the new SPI" on x1 ping -c 2 -i 0.2 -W 5 -I "$inner" "$service"
ip -n x1 xfrm state delete src "$Yb" dst "$Nb" proto esp spi 0xc0000101
check "the old SPI is freed at the gateway" wait_for 10 unsteered 0xc0000101
follows() { [ "$(followed "$1" 'bind_ids | length')" = "$2" ]; }
check "x1 has one followed binding" wait_for 10 follows x1 1

# an SA that is replaced by itself keeps its lease
binding_before=$(followed x1 'bind_ids[0]')
batch x1 << END
xfrm state delete src $Yb dst $Nb proto esp spi 0xc0000111
xfrm state add src $Yb dst $Nb proto esp spi 0xc0000111 $esp
END
sleep 2
check_equal "the same SPI anew is the same lease" "$binding_before" "$(followed x1 'bind_ids[0]')"

# collisions: with another host, and with the gateway's own IPsec
batch n <<< "xfrm state add src $Yb dst $Nb proto esp spi 0xc0000303 $esp"
batch x2 << END
xfrm state add src $Yb dst $Nb proto esp spi 0xc0000111 $esp
xfrm state add src $Yb dst $Nb proto esp spi 0xc0000303 $esp
END
check "x2's SA with an SPI of x1's is removed" wait_for 10 lacks_sa x2 0xc0000111
check "x2's SA with an SPI of the gateway's own is removed" wait_for 10 lacks_sa x2 0xc0000303
said() { [ "$(followed x2 in_use)" = 2 ]; }
check "x2 says so" wait_for 10 said
check "x1's is still its own" steered 0xc0000111 10.0.0.11
check "n's is nobody's" unsteered 0xc0000303
check "both still ping" both_ways

# a gateway that has lost its state gets all leases anew
gateway_stop KILL
gateway_forgets
gateway_start
check "x1's SPI is leased anew" wait_for 30 steered 0xc0000111 10.0.0.11
check "x2's SPI is leased anew" wait_for 30 steered 0xc0000202 10.0.0.12

# Emulation takes some 50 times as long as a processor; tests/bench/follow has the figure in instructions.
largest=$(followed x1 largest_us)
check "from SA to steering takes a time that makes sense" test "$largest" -gt 0 -a "$largest" -lt 1000000
seen "keys set by hand, SPIs followed" "$largest us from SA to steering at most, emulated"

ip -n x2 xfrm state flush
check "a flush frees all" wait_for 10 unsteered 0xc0000202
check "rsip down frees the rest" host_down x1
check "and x1 has no SPI any more" unsteered 0xc0000111
