# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# strongSwan, told nothing of RSIP, chooses SPIs that another host or the gateway itself has (IPSEC_SPI_INUSE). rsip, which
# follows its SAs, lets those expire, so that it negotiates others, until it has one that the gateway gives it.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start --hold 0 # or soon no SPI of so few would be free
check "x1 gets a lease, its SPIs to be followed" host_up x1 --ports 0 --ike-port 500 --follow-sas
check "x2 gets a lease, its SPIs to be followed" host_up x2 --ports 0 --ike-port 500 --follow-sas
inner=192.0.2.1
ip -n x1 addr add $inner/32 dev lo

# of eight SPIs that x1 may choose among, x2 has three and n has one
sa() { echo "xfrm state add src $Yb dst $Nb proto esp spi $1 mode tunnel auth-trunc hmac(sha256) 0x$(printf %064d 7) 128 enc cbc(aes) 0x$(printf %032d 7)"; }
for spi in 0xc0000100 0xc0000101 0xc0000102; do sa $spi; done | batch x2
sa 0xc0000103 | batch n
leased() { [ "$(elements netdev spi_in | grep " $1\"" | grep -c '\. 32212257[0-9]* ')" = "$2" ]; }
check "x2 has leased its three" wait_for 10 leased 10.0.0.12 3

charon_start y "$(swanctl_conf "$(of_peer x1 x1 "$(child tunnel "$service/32" $inner/32)")")"
printf 'charon {\n  spi_min = 0xc0000100\n  spi_max = 0xc0000107\n}\n' > "$work/x1.snippet"
charon_start x1 "$(swanctl_conf "$(of_host x1 "$(child tunnel $inner/32 "$service/32")")")" "$work/x1.snippet"

refused() { host_status x1 | jq .followed.in_use; }
works() { on x1 ping -q -c 2 -i 0.2 -W 1 -I $inner "$service"; }
# free_spi: what the kernel of x1 has is one of the four that are neither x2's nor n's
free_spi() { ip -n x1 xfrm state list src "$Yb" dst "$Nb" | grep -q 'spi 0xc000010[4-7]'; }
before=$failures
attempts=0
while [ "$(refused)" -lt 3 ] && [ $attempts -lt 15 ]; do
  attempts=$((attempts + 1))
  initiate x1 tunnel > "$work/initiate.log" 2>&1 || true # what it says is not the end of it
  check "connection $attempts works" wait_for 30 works
  check "with an SPI that was free" free_spi
  swan x1 --terminate --ike y > "$work/terminate.log" 2>&1 || true
done
times=$(refused)
check "$times SAs of $attempts connections had an SPI of another's, of which there must be 3" test "$times" -ge 3
check "x2 has its three" leased 10.0.0.12 3
row "SPIs of others chosen by a strongSwan host, followed (IPSEC_SPI_INUSE): it negotiates again until one is free" \
  $((failures > before))
