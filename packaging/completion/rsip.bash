# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of rsip, rsipctl and rsipd in bash. What there is to complete comes from --help, so that it is never behind.

# _rsip_help COMMAND [SUBCOMMAND]: its help, which is short and touches nothing.
_rsip_help() { "$@" --help 2> /dev/null; }

# _rsip_subcommands < HELP
_rsip_subcommands() { sed -n '/^Subcommands:/,$ s/^  \([a-z][a-z-]*\).*/\1/p'; }

# _rsip_flags < HELP
_rsip_flags() { grep -oE '^ +(-[a-z], ?)?--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+'; }

# _rsip_words FLAG < HELP: the words that it takes, of a line such as "--on-exit keep|remove"
_rsip_words() { sed -n "s/^ *$1 \([a-z0-9-]*|[a-z0-9|-]*\).*/\1/p" | tr '|' '\n'; }

_rsip() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words="" word help
  local asked=("$1")
  help=$(_rsip_help "${asked[@]}")
  local subcommands
  subcommands=$(_rsip_subcommands <<< "$help")
  for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    if grep -qxF -- "$word" <<< "$subcommands"; then
      asked+=("$word")
      help=$(_rsip_help "${asked[@]}")
      subcommands=$(_rsip_subcommands <<< "$help")
    fi
  done
  case $previous in
    --*-interface | --device) words=$(cd /sys/class/net && echo *) ;;
    --*-file | --strongswan | --control | --*-dir)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    --*) words=$(_rsip_words "$previous" <<< "$help") ;;
  esac
  if [ -z "$words" ]; then
    case $current in -*) words=$(_rsip_flags <<< "$help") ;; *) words=$subcommands ;; esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _rsip rsip rsipctl rsipd
