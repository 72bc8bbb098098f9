"""The shell of `apt`'s way back; `_apt_shell` says what it finds in ``$MPLAY_SAVE``.

It works with dpkg alone, so that it needs no index, no network, and no host whose packages fit
together: all old packages are unpacked at once, what came in is purged, and then all is configured.
Only what differs from before is touched, so that it may begin anywhere and run any number of times.
"""

from __future__ import annotations

RESTORE = r"""[ -e "$MPLAY_SAVE/todo" ] || exit 0
cd "$MPLAY_SAVE" || exit
export NEEDRESTART_SUSPEND=1
packager() {
  tries=0
  while :; do
    code=0; said=$(dpkg "$@" 2>&1) || code=$?
    case $said in
      *"lock was locked by another"*|*"database is locked by another"*) ;;
      *) break ;;
    esac
    tries=$((tries + 1)); [ "$tries" -lt 60 ] || break
    sleep 5
  done
  printf '%s\n' "$said"
  return "$code"
}
differences() {
  installed >now
  awk -F '\t' '
    function kind(status) {
      if (status ~ / ok installed$/) return "installed"
      if (status == "" || status ~ / not-installed$/) return "absent"
      return status ~ / ok config-files$/ ? "config-files" : "broken"
    }
    FILENAME == "now" { version[$1] = $2; status[$1] = $4; next }
    {
      was = kind($4); is = kind(status[$1])
      if (was == "broken" || (was == is && (was != "installed" || version[$1] == $2))) next
      if (was == "installed") {
        file = $1; sub(/:.*/, "", file); number = $2; gsub(/:/, "%3a", number)
        print "unpack", "debs/" file "_" number "_" $3 ".deb"
      } else if (was == "absent") print "purge", $1
      else if (is != "absent") print "remove", $1
    }' now before
}
give_back() {
  [ ! -s give-back ] || tar -C / -xpf conffiles.tar -T give-back
}
if [ ! -e give-back ]; then
  while IFS= read -r file; do
    if [ ! -e after ]; then printf '%s\n' "$file"
    elif [ ! -e "/$file" ]; then grep -qF "  /$file" after || printf '%s\n' "$file"
    elif sha256sum "/$file" | grep -qxFf after; then printf '%s\n' "$file"
    else echo "/$file was changed since, and is left as it is" >&2
    fi
  done <conffiles >give-back.new
  mv give-back.new give-back
fi
differences >work
files=$(sed -n 's/^unpack //p' work)
purge=$(sed -n 's/^purge //p' work)
remove=$(sed -n 's/^remove //p' work)
calmly=--force-confold,confdef,downgrade,depends,conflicts,breaks,overwrite
# shellcheck disable=SC2086 # each line is one word
[ -z "$files" ] || packager $calmly --auto-deconfigure --unpack $files || :
give_back
# shellcheck disable=SC2086 # each line is one word
[ -z "$purge" ] || packager $calmly --purge $purge || :
# shellcheck disable=SC2086 # each line is one word
[ -z "$remove" ] || packager $calmly --remove $remove || :
[ ! -s work ] || packager --force-confold,confdef --configure --pending || :
give_back
while IFS= read -r file; do
  for left in "/$file".dpkg-*; do
    [ ! -e "$left" ] || grep -qxF "$left" leftovers || rm -f "$left"
  done
done <conffiles
names=$(awk -F '\t' '$4 ~ / installed$/ { print $1 }' before)
# shellcheck disable=SC2086 # each line is one word
[ -z "$names" ] || dpkg-query -W -f='${Conffiles}\n' $names |
  sed -n 's#^ \(/.*\) \([0-9a-f]\{32\}\).*$#\2  \1#p' |
  while IFS= read -r line; do
    file=${line#*  }
    if [ ! -e "$file" ] || grep -qxF "${file#/}" conffiles; then continue; fi
    if printf '%s\n' "$line" | md5sum -c --status; then
      rm -f "$file"
      dpkg-query -S "${file%/*}" >/dev/null 2>&1 || rmdir "${file%/*}" 2>/dev/null || :
    else echo "$file is new and was changed since, and is left as it is" >&2
    fi
  done
while IFS= read -r directory; do mkdir -p "$directory"; done <directories
awk -F '\t' '$4 !~ / not-installed$/ { split($4, word, " "); print $1, word[1] }' before |
  dpkg --set-selections
for mark in auto manual; do
  names=$(awk -F '\t' -v mark="$mark" '$4 ~ / installed$/ && $5 == mark { print $1 }' before)
  # shellcheck disable=SC2086 # each line is one word
  [ -z "$names" ] || apt-mark "$mark" $names >/dev/null
done
[ ! -s work ] || [ ! -s units ] || systemctl daemon-reload
failed=
while read -r unit state; do
  now=$(systemctl show --value -p ActiveState -- "$unit")
  case $state:$now in
    active:active|inactive:inactive|failed:*|activating:*|deactivating:*) ;;
    active:*) systemctl start -- "$unit" || failed=" $unit does not start" ;;
    inactive:*) systemctl stop -- "$unit" || failed=" $unit does not stop" ;;
  esac
done <units
differences >work
[ ! -s work ] || failed="$failed still to do: $(cat work)"
[ -z "$failed" ] || { echo "not as before:$failed" >&2; exit 1; }
"""
