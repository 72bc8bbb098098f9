# shellcheck shell=sh
# Secrets come as hex and become variables that are not exported, here and in a shell of another
# account: there this text stands before the task's own, and reads them from descriptor 3.
unhex() { # HEX: its bytes, in $plain
  plain=$(printf %s "$1" | sed 's/../0x& /g')
  # shellcheck disable=SC2086
  plain=$(printf '\\0%03o' $plain)
  plain=$(printf '%b.' "$plain")
  plain=${plain%.}
}

secret() { # VARIABLE PART/PARTS HEX
  unhex "$3"
  case $2 in
    1/*) eval "$1=\$plain" ;;
    *) eval "$1=\$$1\$plain" ;;
  esac
}
