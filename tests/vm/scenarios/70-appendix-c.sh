# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The three conversations of RFC 3103 appendix C, message by message, as tshark's dissector reads them off the wire.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

talk=$root/tests/lib/rsip_transcript

# conversation NAME < SCRIPT: x1 has it with n; what passed is left in $work/NAME.txt
conversation() {
  capture_start "$1" x1 eth0
  on x1 "$talk" play "$Na" || return 1
  wait_for 5 captured "$1" "udp src port 4555" || true
  capture_stop "$1"
  "$talk" show "$work/$1.pcap" > "$work/$1.txt"
}

# reads NAME < EXPECTED: whether that is what passed
reads() { diff -u - "$work/$1.txt"; }

# 16.1: RSAP-IP, local macro-flow policy, no remote policy. Where the RFC's gateway takes back bind 2 by itself, ours does
# so at the end of a lease.
gateway_start --lease 1800 --max-lease 1800 --registration-lease 600 --local-network 10.20.60.0/24
check "16.1 is had with n" conversation macro << 'END'
REGISTER_REQUEST
ASSIGN_REQUEST_RSAP-IP client addr:any ports:4 addr:any ports:1 lease:3600
QUERY_REQUEST client indicator:2 addr:10.20.60.0 mask:255.255.255.0
ASSIGN_REQUEST_RSAP-IP client addr:198.51.100.1 ports:8@+4 addr:any ports:1 lease:1800
FREE_REQUEST client bind:1
EXTEND_REQUEST client bind:2 lease:1
wait
DE-REGISTER_REQUEST client
END
check "16.1 reads as in the RFC" reads macro << 'END'
C REGISTER_REQUEST(Counter: 1)
S REGISTER_RESPONSE(Client ID: ID; Lease time: 600; Local Flow Policy: Macro Flows (1), Remote Flow Policy: No Policy (3); Counter: 1; Method: RSAP-IP (2); Method: Unknown (3); Tunnel type: IP-IP Tunnel (1))
C ASSIGN_REQUEST_RSAP-IP(Client ID: ID; Address type: IPv4 (1); Number: 4; Address type: IPv4 (1); Number: 1; Lease time: 3600; Counter: 2)
S ASSIGN_RESPONSE_RSAP-IP(Client ID: ID; Bind ID: 1; Address type: IPv4 (1), IPv4 Address: 198.51.100.1; Number: 4, Port: P1; Address type: IPv4 (1); Number: 1; Lease time: 1800; Tunnel type: IP-IP Tunnel (1); Counter: 2)
C QUERY_REQUEST(Client ID: ID; Value: 0x0002; Address type: IPv4 (1), IPv4 Address: 10.20.60.0; Address type: IPv4 Netmask (2), IPv4 Netmask: 255.255.255.0; Counter: 3)
S QUERY_RESPONSE(Client ID: ID; Counter: 3; Value: 0x0002; Address type: IPv4 (1), IPv4 Address: 10.20.60.0; Address type: IPv4 Netmask (2), IPv4 Netmask: 255.255.255.0)
C ASSIGN_REQUEST_RSAP-IP(Client ID: ID; Address type: IPv4 (1), IPv4 Address: 198.51.100.1; Number: 8, Port: P2; Address type: IPv4 (1); Number: 1; Lease time: 1800; Counter: 4)
S ASSIGN_RESPONSE_RSAP-IP(Client ID: ID; Bind ID: 2; Address type: IPv4 (1), IPv4 Address: 198.51.100.1; Number: 8, Port: P2; Address type: IPv4 (1); Number: 1; Lease time: 1800; Tunnel type: IP-IP Tunnel (1); Counter: 4)
C FREE_REQUEST(Client ID: ID; Bind ID: 1; Counter: 5)
S FREE_RESPONSE(Client ID: ID; Bind ID: 1; Counter: 5)
C EXTEND_REQUEST(Client ID: ID; Bind ID: 2; Lease time: 1; Counter: 6)
S EXTEND_RESPONSE(Client ID: ID; Bind ID: 2; Lease time: 1; Counter: 6)
S FREE_RESPONSE(Client ID: ID; Bind ID: 2; Counter: 0)
C DE-REGISTER_REQUEST(Client ID: ID; Counter: 7)
S DE-REGISTER_RESPONSE(Client ID: ID; Counter: 7)
END
gateway_stop

# 16.2: RSAP-IP, both policies micro-flow. The RFC's own section 7.1 keeps RSA-IP from this policy.
gateway_start --lease 600 --registration-lease 600 --local-policy micro --remote-policy micro --tunnel ipip,gre
check "16.2 is had with n" conversation micro << 'END'
REGISTER_REQUEST
ASSIGN_REQUEST_RSAP-IP client addr:any ports:1 addr:38.196.73.6 ports:1@21 lease:600 tunnel:1
LISTEN_REQUEST client addr:198.51.100.1 ports:1@+1 addr:38.196.73.6 ports:1@20
DE-REGISTER_REQUEST client
END
check "16.2 reads as in the RFC" reads micro << 'END'
C REGISTER_REQUEST(Counter: 1)
S REGISTER_RESPONSE(Client ID: ID; Lease time: 600; Local Flow Policy: Micro Flows (2), Remote Flow Policy: Micro Flows (2); Counter: 1; Method: RSAP-IP (2); Method: Unknown (3); Tunnel type: IP-IP Tunnel (1); Tunnel type: GRE Tunnel (2))
C ASSIGN_REQUEST_RSAP-IP(Client ID: ID; Address type: IPv4 (1); Number: 1; Address type: IPv4 (1), IPv4 Address: 38.196.73.6; Number: 1, Port: 21; Lease time: 600; Tunnel type: IP-IP Tunnel (1); Counter: 2)
S ASSIGN_RESPONSE_RSAP-IP(Client ID: ID; Bind ID: 1; Address type: IPv4 (1), IPv4 Address: 198.51.100.1; Number: 1, Port: P1; Address type: IPv4 (1), IPv4 Address: 38.196.73.6; Number: 1, Port: 21; Lease time: 600; Tunnel type: IP-IP Tunnel (1); Counter: 2)
C LISTEN_REQUEST(Client ID: ID; Address type: IPv4 (1), IPv4 Address: 198.51.100.1; Number: 1, Port: P2; Address type: IPv4 (1), IPv4 Address: 38.196.73.6; Number: 1, Port: 20; Counter: 3)
S LISTEN_RESPONSE(Client ID: ID; Bind ID: 2; Address type: IPv4 (1), IPv4 Address: 198.51.100.1; Number: 1, Port: P2; Address type: IPv4 (1), IPv4 Address: 38.196.73.6; Number: 1, Port: 20; Tunnel type: IP-IP Tunnel (1); Lease time: 600; Counter: 3)
C DE-REGISTER_REQUEST(Client ID: ID; Counter: 4)
S DE-REGISTER_RESPONSE(Client ID: ID; Counter: 4)
END
gateway_stop

# 16.3: RSA-IP, macro-flow policies, peers by name. IP-IP and GRE where the RFC's gateway has L2TP.
name_server n www.foo.com 203.0.113.66 www.bar.com "$Yb"
gateway_start --lease 3600 --registration-lease 600 --remote-policy macro --remote-deny 203.0.113.66 \
  --exclusive-pool 198.51.100.17 --tunnel ipip,gre
check "16.3 is had with n" conversation whole << 'END'
REGISTER_REQUEST
ASSIGN_REQUEST_RSA-IP client addr:any name:www.foo.com ports:1 lease:3600 tunnel:1
ASSIGN_REQUEST_RSA-IP client addr:any name:www.bar.com ports:1 lease:3600 tunnel:1
DE-REGISTER_REQUEST client
END
check "16.3 reads as in the RFC" reads whole << 'END'
C REGISTER_REQUEST(Counter: 1)
S REGISTER_RESPONSE(Client ID: ID; Lease time: 600; Local Flow Policy: Macro Flows (1), Remote Flow Policy: Macro Flows (1); Counter: 1; Method: RSAP-IP (2); Method: RSA-IP (1); Method: Unknown (3); Tunnel type: IP-IP Tunnel (1); Tunnel type: GRE Tunnel (2))
C ASSIGN_REQUEST_RSA-IP(Client ID: ID; Address type: IPv4 (1); Address type: Fully Qualified Domain Name (4), Fully Qualified Domain Name: www.foo.com; Number: 1; Lease time: 3600; Tunnel type: IP-IP Tunnel (1); Counter: 2)
S ERROR_RESPONSE(Error: Remote Address Unallowed (314); Counter: 2; Client ID: ID)
C ASSIGN_REQUEST_RSA-IP(Client ID: ID; Address type: IPv4 (1); Address type: Fully Qualified Domain Name (4), Fully Qualified Domain Name: www.bar.com; Number: 1; Lease time: 3600; Tunnel type: IP-IP Tunnel (1); Counter: 3)
S ASSIGN_RESPONSE_RSA-IP(Client ID: ID; Bind ID: 1; Address type: IPv4 (1), IPv4 Address: 198.51.100.17; Address type: Fully Qualified Domain Name (4), Fully Qualified Domain Name: www.bar.com; Number: 1; Lease time: 3600; Tunnel type: IP-IP Tunnel (1); Counter: 3)
C DE-REGISTER_REQUEST(Client ID: ID; Counter: 4)
S DE-REGISTER_RESPONSE(Client ID: ID; Counter: 4)
END
seen "the conversations of RFC 3103 appendix C" "$(cat "$work"/{macro,micro,whole}.txt | wc -l) messages as printed there"
