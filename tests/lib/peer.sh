# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ordinary services in node y, and raw packets from any node.

# listening NODE PORT [t|u]: TCP or UDP
listening() { on "$1" ss -Hln"${3:-t}" "sport = :$2" | grep -q .; }

# web_server NODE PORT: answers every HTTP request with one line.
web_server() {
  printf 'HTTP/1.0 200 OK\r\nContent-Length: 14\r\n\r\nhello from %s\n\n' "$1" > "$work/http.$1"
  on "$1" socat "TCP4-LISTEN:$2,fork,reuseaddr" "SYSTEM:cat $work/http.$1" &
  wait_for 10 listening "$1" "$2"
}

# echo_server NODE PORT: sends back what arrives over TCP. socat waits half a second for the last of it unless told.
echo_server() {
  on "$1" socat -t 10 "TCP4-LISTEN:$2,fork,reuseaddr" PIPE &
  wait_for 10 listening "$1" "$2"
}

# bytes HEX: the bytes that the hexadecimal digits stand for.
bytes() { xxd -r -p <<< "$1"; }

# send_udp NODE FROM-PORT TO-PORT HEX: one datagram from the leased address to y.
send_udp() { bytes "$4" | on "$1" socat -u -b 65507 - "UDP4-SENDTO:$Yb:$3,bind=$Nb:$2,reuseaddr"; }

# send_ip NODE FROM TO PROTOCOL HEX: one IP packet with this payload.
send_ip() { bytes "$5" | on "$1" socat -u - "IP4-SENDTO:$3:$4,bind=$2"; }

# ike_header COOKIE: in hex, the header of an IKE_SA_INIT request with this initiator cookie (16 hex digits) and
# nothing behind it: next payload none, version 2.0, exchange 34, initiator flag, message 0, 28 bytes.
ike_header() { echo "${1}0000000000000000" "00202208" 00000000 0000001c | tr -d ' '; }
