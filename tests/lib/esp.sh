# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ESP keyed by hand, in tunnel mode: sourced by scenarios to which IKE does not matter.

inner=192.0.2.1 # of x1, which has it inside IPsec only

# esp_by_hand: between x1 and y, with the first SPI of x1's lease
esp_by_hand() {
  local spi key=0x000102030405060708090a0b0c0d0e0f
  spi=$(first_spi x1)
  local esp="mode tunnel aead rfc4106(gcm(aes)) ${key}10111213 128"
  batch x1 << END
addr add $inner/32 dev lo
xfrm state add src $Nb dst $Yb proto esp spi 0xd0000001 $esp
xfrm state add src $Yb dst $Nb proto esp spi $spi $esp
xfrm policy add src $inner dst $service dir out tmpl src $Nb dst $Yb proto esp mode tunnel
xfrm policy add src $service dst $inner dir in tmpl src $Yb dst $Nb proto esp mode tunnel
END
  batch y << END
xfrm state add src $Nb dst $Yb proto esp spi 0xd0000001 $esp
xfrm state add src $Yb dst $Nb proto esp spi $spi $esp
xfrm policy add src $service dst $inner dir out tmpl src $Yb dst $Nb proto esp mode tunnel
xfrm policy add src $inner dst $service dir in tmpl src $Nb dst $Yb proto esp mode tunnel
route add $inner via $Nb src $service
END
}
