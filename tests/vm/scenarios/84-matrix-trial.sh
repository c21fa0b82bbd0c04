# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every form of IKE and IPsec of two hosts at once that share port 500; the gateway learns which cookie is whose.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
. "$root/tests/lib/matrix.sh"

gateway_start
matrix "500 by trial and error" no --ike-port 500
check_equal "wire: IKE on port 500 only" 0 "$(packets wire "udp and not (src port 500 and dst port 500)")"
