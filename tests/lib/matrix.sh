# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two strongSwan hosts, x1 and x2, behind one address, with one strongSwan peer, y: every form of IKE with every form of
# IPsec, a row for each pair. For each way in which hosts share the address's IKE (--ike-port) a scenario calls `matrix`.
#
# A row needs both hosts at the same time: established, ping, TCP, and at y native ESP or AH that carried packets of
# both. In transport mode both have the same address at y, so that ports must tell their traffic selectors apart
# (RFC 3104 appendix A); ICMP has none, and y answers through the SA that came last, so there the hosts ping in turn.

matrix_ike=("IKEv1 main" "IKEv1 aggressive" "IKEv2")
matrix_ipsec=("ESP tunnel" "ESP transport" "AH transport")
declare -A inner=([x1]=192.0.2.1 [x2]=192.0.2.2) # the hosts' ends of the tunnels

# peer_connection IKE: the name of y's connection for it
peer_connection() {
  case $1 in
    *aggressive) echo aggressive ;;
    *) echo hosts ;;
  esac
}

matrix_peer() {
  local esp="esp_proposals = aes128-sha256" ah="ah_proposals = sha256" transport="mode = transport"
  local peer="local_addrs = $Yb
    proposals = aes128-sha256-modp1024
    local {
      auth = psk
      id = y
    }
    remote {
      auth = psk
    }
    children {
      tunnel {
        $esp
        local_ts = $service/32
        remote_ts = 192.0.2.0/24
      }
      icmp {
        $esp
        $ah
        $transport
        local_ts = dynamic[icmp]
        remote_ts = dynamic[icmp]
      }
      tcp {
        $esp
        $ah
        $transport
        local_ts = dynamic[tcp/7]
        remote_ts = dynamic[tcp]
      }
    }"
  cat << END
connections {
  hosts {
    version = 0
    $peer
  }
  aggressive {
    version = 1
    aggressive = yes
    $peer
  }
}
END
}

# matrix_host NODE MOBIKE: a connection for each row, named by its number
matrix_host() {
  local node=$1 ike ipsec row=0 how form
  echo "connections {"
  for ike in "${matrix_ike[@]}"; do
    for ipsec in "${matrix_ipsec[@]}"; do
      case $ike in
        *main) how="version = 1" ;;
        *aggressive) how="version = 1
    aggressive = yes" ;;
        *) how="version = 2
    mobike = $2" ;;
      esac
      case $ipsec in
        ESP*) form="esp_proposals = aes128-sha256" ;;
        AH*) form="ah_proposals = sha256" ;;
      esac
      cat << END
  row$row {
    $how
    local_addrs = $Nb
    remote_addrs = $Yb
    proposals = aes128-sha256-modp1024
    local {
      auth = psk
      id = $node
    }
    remote {
      auth = psk
      id = y
    }
    children {
END
      case $ipsec in
        *tunnel) matrix_child "tunnel$row" tunnel "${inner[$node]}/32" "$service/32" ;;
        *transport)
          matrix_child "icmp$row" transport "dynamic[icmp]" "dynamic[icmp]"
          matrix_child "tcp$row" transport "dynamic[tcp/$(row_port "$node" "$row")]" "dynamic[tcp/7]"
          ;;
      esac
      printf '    }\n  }\n'
      row=$((row + 1))
    done
  done
  echo "}"
}

# matrix_child NAME MODE LOCAL REMOTE
matrix_child() {
  printf '      %s {\n        mode = %s\n        %s\n        local_ts = %s\n        remote_ts = %s\n      }\n' \
    "$1" "$2" "$form" "$3" "$4"
}

matrix_secret='secrets {
  ike {
    secret = "not a secret"
  }
}'

# row_port NODE ROW: a leased port for the row's TCP; the first two are IKE's.
row_port() { echo $(($(first_port "$1") + 2 + $2)); }

# both COMMAND [ARG...]: as COMMAND NODE ARG... for x1 and x2 at the same time; what went wrong goes to $work/wrong.
both() {
  local node pids=() status=0 pid
  for node in x1 x2; do
    wrong_if_fails "$node: $*" "$1" "$node" "${@:2}" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  return $status
}

# wrong_if_fails WHAT COMMAND [ARG...]
wrong_if_fails() {
  local what=$1 output
  shift
  output=$("$@" 2>&1) || { printf '%s\n%s\n' "$what" "$output" >> "$work/wrong"; return 1; }
}

establish() { swan "$1" --initiate --child "$2" --timeout 20; }

# ping_from NODE SOURCE DESTINATION
ping_from() { on "$1" ping -q -c 3 -i 0.2 -W 5 -I "$2" "$3"; }
ping_through_tunnel() { ping_from "$1" "${inner[$1]}" "$service"; }
establish_and_ping() { establish "$1" "$2" && ping_from "$1" "$Nb" "$Yb"; }

# echoed NODE SOURCE DESTINATION: TCP, a line each way
echoed() { [ "$(echo "$1" | on "$1" timeout 20 socat -t 5 - "TCP4:$3:7,bind=$2")" = "$1" ]; }
tcp_through_tunnel() { echoed "$1" "${inner[$1]}" "$service"; }
tcp_in_transport() { echoed "$1" "$Nb:$(row_port "$1" "$2")" "$Yb"; }

# y_has PROTOCOL MODE COUNT: y has just so many SAs for each host and direction, native ones, and each has carried
# packets. Those towards the hosts are told apart by the leased SPIs, those from them have SPIs of y's.
y_has() {
  on y ip -s xfrm state | awk -v kind="$1 $2" -v count="$3" -v shared="$Nb" \
    -v first1="$(first_spi x1)" -v last1="$(last_spi x1)" -v first2="$(first_spi x2)" -v last2="$(last_spi x2)" '
    function value_of(hex,  value, i) {
      for (i = 3; i <= 10; i++) value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
      return value
    }
    $1 == "src" { from_host = $2 == shared }
    $1 == "proto" {
      spi = value_of($4)
      if (from_host) sa = "from a host: "
      else if (spi >= first1 && spi <= last1) sa = "to x1: "
      else if (spi >= first2 && spi <= last2) sa = "to x2: "
      else sa = "to nobody: "
      sa = sa $2 " " $NF
    }
    $1 == "encap" { sa = sa " in UDP" }
    $2 ~ /\(packets\)$/ {
      if ($2 == "0(packets)") sa = sa ", unused"
      seen[sa]++
      all++
      print sa
    }
    END {
      exit !(all == 4 * count && seen["from a host: " kind] == 2 * count && seen["to x1: " kind] == count &&
        seen["to x2: " kind] == count)
    }'
}

# matrix_row NUMBER IPSEC: prints nothing; what is wrong is in $work/wrong
matrix_row() {
  local number=$1 protocol=esp
  : > "$work/wrong"
  case $2 in
    AH*) protocol=ah ;;
  esac
  case $2 in
    *tunnel)
      both establish "tunnel$number" && both ping_through_tunnel && both tcp_through_tunnel &&
        wrong_if_fails "y: SAs" y_has $protocol tunnel 1
      ;;
    *transport)
      both establish "tcp$number" && both tcp_in_transport "$number" &&
        wrong_if_fails "x1: ping" establish_and_ping x1 "icmp$number" &&
        wrong_if_fails "x2: ping" establish_and_ping x2 "icmp$number" &&
        wrong_if_fails "y: SAs" y_has $protocol transport 2
      ;;
  esac
}

# matrix NAME MOBIKE [UP-FLAG...]: all rows of one way to share IKE, which rsip's flags choose.
matrix() {
  local name=$1 mobike=$2 node ike ipsec row=0 status
  shift 2
  capture_start wire n wan
  echo_server y 7
  for node in x1 x2; do
    check "$node gets a lease" host_up "$node" --ports 16 --spis 64 --strongswan "$work/$node.snippet" "$@"
    ip -n "$node" addr add "${inner[$node]}/32" dev lo
  done
  check_equal "both have the same address" "$Nb $Nb" "$(lease x1 address) $(lease x2 address)"
  echo 'charon { i_dont_care_about_security_and_use_aggressive_mode_psk = yes }' > "$work/y.snippet"
  charon_start y "$(matrix_peer; echo "$matrix_secret")" "$work/y.snippet"
  for node in x1 x2; do
    charon_start "$node" "$(matrix_host "$node" "$mobike"; echo "$matrix_secret")" "$work/$node.snippet"
  done
  [ "$failures" = 0 ] || return 0 # each row would only take its time to fail
  for ike in "${matrix_ike[@]}"; do
    for ipsec in "${matrix_ipsec[@]}"; do
      status=0
      matrix_row $row "$ipsec" || status=1
      row "strongSwan, $ike, $name, $ipsec" $status "$(cat "$work/wrong")"
      # after a failure there may be nothing to end
      swan y --terminate --ike "$(peer_connection "$ike")" > "$work/y/terminate.log" 2>&1 || true
      row=$((row + 1))
    done
  done
  capture_stop wire
  # a marker other than zero is an SPI: ESP in UDP (RFC 3948)
  check_equal "wire: nothing but ESP, AH and IKE" 0 "$(packets wire \
    'ip and not proto 50 and not proto 51 and not udp port 500 and not (udp port 4500 and udp[8:4] = 0)')"
}
