# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every form of IKE and IPsec of two hosts at once, each with leased ports in the place of 500 and 4500.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
. "$root/tests/lib/matrix.sh"

gateway_start
matrix "assigned port" yes
check_equal "wire: no IKE from port 500 or 4500" 0 "$(packets wire "src $Nb and udp and (src port 500 or src port 4500)")"
