# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every form of IKE and IPsec of two hosts at once that share ports 500 and 4500, each with a prefix of its own in its
# cookies; MOBIKE moves IKEv2 to 4500. The gateway learns no cookie by trial and error.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
. "$root/tests/lib/matrix.sh"

gateway_start
matrix "500 with prefix" yes --ike-port prefix

# with_prefix NODE PORT: a filter for IKE on PORT whose initiator cookie has the prefix of NODE; behind a marker on 4500
with_prefix() {
  local cookie=$(($2 == 500 ? 8 : 12))
  echo "udp port $2 and udp[$cookie:4] & $((0xffff0000)) = $(lease "$1" cookie_prefix.value)"
}
check_equal "both prefixes have 16 bits" "16 16" "$(lease x1 cookie_prefix.bits) $(lease x2 cookie_prefix.bits)"
others="udp"
for node in x1 x2; do
  for port in 500 4500; do
    ours=$(with_prefix $node $port)
    check "wire: IKE of $node on port $port" captured wire "src $Nb and $ours"
    others+=" and not ($ours)"
  done
done
check_equal "wire: no initiator cookie without a prefix" 0 "$(packets wire "$others")"
check_equal "n: no cookie went through the queue" 0 "$(denied queued_cookie)"
