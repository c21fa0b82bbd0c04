# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified strongSwan: the charon of the distribution, one in each node that wants one.
#
# Each has a mount namespace with its own /etc/strongswan.conf, /etc/swanctl and /run; nothing else is changed.

declare -A charon_pid

# charon_start NODE SWANCTL-CONF [SNIPPET]: SNIPPET is a file to include in strongswan.conf.
charon_start() {
  local node=$1 include=""
  [ $# -lt 3 ] || include="include $3"
  mkdir -p "$work/$node/swanctl"
  echo "$2" > "$work/$node/swanctl/swanctl.conf"
  cat > "$work/$node/strongswan.conf" << END
charon {
  load = aes sha1 sha2 hmac kdf gmp nonce random kernel-netlink socket-default vici
  filelog {
    stdout {
      default = 1
      flush_line = yes
    }
  }
}
swanctl {
  load = random
}
$include
END
  # shellcheck disable=SC2016 # expanded by the inner shell
  nsenter --net="/run/netns/$node" -- unshare --mount sh -c '
    mount --bind "$1/strongswan.conf" /etc/strongswan.conf
    mount --bind "$1/swanctl" /etc/swanctl
    mount -t tmpfs tmpfs /run
    exec /usr/lib/ipsec/charon' charon "$work/$node" > "$work/$node/charon.log" 2>&1 &
  charon_pid[$node]=$!
  wait_for 60 test -S "/proc/${charon_pid[$node]}/root/run/charon.vici" || true
  check "charon of $node takes its configuration" swan "$node" --load-all
}

# swan NODE SWANCTL-ARG...
swan() { nsenter --target "${charon_pid[$1]}" --net --mount -- swanctl "${@:2}"; }

# initiate NODE CHILD
initiate() { swan "$1" --initiate --child "$2" --timeout 60; }

# rekey_ike NODE CONNECTION, rekey_child NODE CHILD: return when the SAs are others and the old ones gone.
rekey_ike() { replace ike_spis "$1" "$2" --ike; }
rekey_child() { replace child_spis "$1" "$2" --child; }
replace() {
  local old
  old=$("$1" "$2" "$3")
  swan "$2" --rekey "$4" "$3" && wait_for 30 replaced "$1" "$2" "$3" "$old"
}
replaced() {
  local now
  now=$("$1" "$2" "$3")
  [ -n "$now" ] && ! grep -qxF "$4" <<< "$now"
}
# ike_spis NODE CONNECTION, child_spis NODE CHILD: a line for each SA
ike_spis() { swan "$1" --list-sas --raw --ike "$2" | grep -o 'initiator-spi=[0-9a-f]* responder-spi=[0-9a-f]*'; }
child_spis() { swan "$1" --list-sas --raw --child "$2" | grep -o 'spi-in=[0-9a-f]* spi-out=[0-9a-f]*'; }

# What charon_start takes: swanctl_conf CONNECTION..., each of these made by `connection`, and its children by `child`.
# Later lines are stronger, so that SETTINGS can have others than the usual ones.
swanctl_conf() {
  printf 'connections {\n'
  printf '%s\n' "$@"
  printf '}\nsecrets {\n  ike {\n    secret = "not a secret"\n  }\n}\n'
}

# connection NAME LOCAL LOCAL-ID REMOTE REMOTE-ID CHILDREN [SETTINGS]
connection() {
  cat << END
  $1 {
    version = 2
    proposals = aes128-sha256-modp2048
    mobike = no
    local_addrs = $2
    remote_addrs = $4
    ${7:-}
    local {
      auth = psk
      id = $3
    }
    remote {
      auth = psk
      id = $5
    }
    children {
      $6
    }
  }
END
}

# of_host NODE CHILDREN [SETTINGS]: its connection `y`, with y, from the leased address
of_host() { connection y "$Nb" "$1" "$Yb" y "${@:2}"; }
# of_peer NAME ID CHILDREN [SETTINGS]: a connection of y's, with hosts that call themselves ID
of_peer() { connection "$1" "$Yb" y %any "${@:2}"; }

# child NAME LOCAL-TS REMOTE-TS [SETTINGS]
child() {
  cat << END
$1 {
        esp_proposals = aes128-sha256
        local_ts = $2
        remote_ts = $3
        ${4:-}
      }
END
}
