"""The shell of `apt`: what it asks, what it keeps, how it goes there and back.

Names in ``$MPLAY_SAVE``: `todo` (what is to change: name, version or ``absent``; it is there only
when all that the way back needs is), `before` (what was: name, version, architecture, dpkg's three
words, mark), `debs` (the old packages), `conffiles.tar` and `conffiles`, `leftovers` (files that
dpkg had left beside them before), `units` (what ran), `directories` (those that hold units: a purge
removes empty ones), `after` (digests of the configuration files when apply had ended), `give-back`
(those that nobody changed since).
"""

from __future__ import annotations

ASK = r"""export LC_ALL=C DEBIAN_FRONTEND=noninteractive
read_only() {
  if [ "$(id -u)" != 0 ]; then "$@"
  elif setpriv {drop} true 2>/dev/null; then setpriv {drop} "$@"
  else
    program=$1; shift
    "$program" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
  fi
}
installed() {
  dpkg-query -W -f='${Package}\t${Architecture}\t${Version}\t${Status}\n' |
    awk -F '\t' -v OFS='\t' -v native="$(dpkg --print-architecture)" '
      { print $1 ($2 == native || $2 == "all" ? "" : ":" $2), $3, $2, $4 }'
}
"""
"""`read_only` runs apt so that it may read everything and write nothing, its caches neither.
`installed` prints name, version, architecture and dpkg's three words of status."""

DROP = (
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
    "--bounding-set=-all,+dac_read_search",
)

TODO = r"""request() {
  installed | awk -F '\t' -v state={state} -v purge={purge} -v specs={specs} \
    -v native=":$(dpkg --print-architecture)" '
    function matches(version, pin) {
      gsub(/[.+]/, "\\\\&", pin); gsub(/[*]/, ".*", pin)
      return version ~ ("^" pin "$")
    }
    { version[$1] = $2; status[$1] = $4 }
    END {
      count = split(specs, spec, " ")
      for (i = 1; i <= count; i++) {
        name = spec[i]; pin = ""
        if (at = index(name, "=")) { pin = substr(name, at + 1); name = substr(name, 1, at - 1) }
        sub(native "$", "", name)
        split(status[name] " - - -", word, " ")
        fine = word[2] == "ok" && word[3] == "installed"
        gone = word[1] == "-" || word[3] == "not-installed"
        if (state == "absent") wanted = !gone && (purge || word[3] != "config-files")
        else wanted = state == "latest" || !fine || (pin != "" && !matches(version[name], pin))
        if (wanted) print spec[i]
      }
    }'
}
simulate() {
  read_only apt-get -s -y -o Debug::NoLocking=true -o APT::Get::AutomaticRemove=false \
    {options} "$@"
}
secure() {
  offered=$(simulate --with-new-pkgs upgrade) || return 1
  printf '%s\n' "$offered" | awk '
    /^Inst [^ ]+ \[/ {
      from = substr($0, index($0, "("))
      if (from ~ /-[Ss]ecurity/) print $2 "=" substr($4, 2)
    }
    /^Inst / { new[$2] = 1 }
    /^Conf / && !($2 in new) { print $2 }'
}
changes() {
  awk -v specs={specs} -v free={free} '
    BEGIN {
      count = split(specs, spec, " ")
      for (i = 1; i <= count; i++) { sub(/=.*/, "", spec[i]); named[spec[i]] = 1 }
    }
    /^(Inst|Conf) / {
      match($0, /\([^ )]+/)
      if (!($2 in version)) order[++found] = $2
      version[$2] = substr($0, RSTART + 1, RLENGTH - 1)
    }
    /^(Remv|Purg) / {
      if (!($2 in version)) order[++found] = $2
      version[$2] = "absent"
      if (!free && !($2 in named)) unwanted = unwanted " " $2
    }
    END {
      if (unwanted != "") {
        print "E: this would also remove" unwanted ": name that too, or leave this" >"/dev/stderr"
        exit 1
      }
      for (i = 1; i <= found; i++) print order[i] "\t" version[order[i]]
    }'
}
todo() {
  wanted=$({source}) || return 1
  [ -n "$wanted" ] || {always} || return 0
  set -f
  # shellcheck disable=SC2086 # each line is one word
  set -- $wanted
  set +f
  planned=$(simulate {verb} "$@") || return 1
  printf '%s\n' "$planned" | changes
}
"""
"""`todo` prints what the step would change, name and new version (or ``absent``), as apt's own
simulation says; on failure apt's complaints go to stderr. `secure` takes the upgrades that come
from an archive whose origin or suite ends in ``-security``, and what is half-configured."""

FIND_TOOL = r"""command -v apt-get >/dev/null || { fact apt:tool none; exit 0; }
fact apt:tool apt-get
"""

PROBE = r"""complaint=
changes=$(todo 2>/dev/null) || { changes=; complaint=$(todo 2>&1 >/dev/null | head -c 4000); }
[ -z "$complaint" ] || fact apt:complaint "$complaint"
pending=none; [ -z "$changes$complaint" ] || pending=some
fact apt:pending "$pending"
all=$(installed)
native=$(dpkg --print-architecture)
printf '%s\n' "$all" "$changes" | awk -F '\t' -v specs={specs} -v native=":$native" '
  NF == 4 {
    split($4, word, " ")
    if (word[3] == "not-installed") next
    status[$1] = $4
    if (word[3] == "config-files") next
    version[$1] = $2 (word[2] " " word[3] == "ok installed" ? "" : " " word[3])
    print "package:" $1 "\t" version[$1]
    told[$1] = 1
  }
  function absent(name) { if (!told[name]++) print "package:" name "\tabsent" }
  NF == 2 { print "candidate:" $1 "\t" $2; absent($1) }
  END {
    gone = "unknown ok not-installed"
    count = split(specs, spec, " ")
    for (i = 1; i <= count; i++) {
      name = spec[i]; sub(/=.*/, "", name)
      plain = name; sub(native "$", "", plain)
      if (plain != name && plain in told) print "package:" name "\t" version[plain]
      else absent(name)
      print "package:" name ":state\t" (plain in status ? status[plain] : gone)
    }
  }'
olds=$(printf '%s\n' "$changes" "$all" | awk -F '\t' '
  NF == 2 { changed[$1] = 1 }
  NF == 4 && $1 in changed && $4 ~ / ok installed$/ { print $1 "=" $2 "=" $3 }')
[ -n "$olds" ] || exit 0
repack=no; ! command -v dpkg-repack >/dev/null || repack=yes
sizes=$(
  # shellcheck disable=SC2046 # each line is one word
  read_only apt-cache show $(printf '%s\n' "$olds" | sed 's/=[^=]*$//') 2>/dev/null |
    awk '
      function tell() { if (file) print name "=" version "=" size; file = "" }
      /^Package: / { tell(); name = $2 } /^Version: / { version = $2 }
      /^Filename: / { file = $2 } /^Size: / { size = $2 } END { tell() }'
)
printf '%s\n' "$sizes" -- "$olds" | awk -F = '
  !past { if ($0 == "--") past = 1; else size[$1 "=" $2] = $3; next }
  { name = $1; sub(/:.*/, "", name); key = name "=" $2 }
  { print $1, $2, $3, (key in size ? size[key] : "-") }
' | while read -r name version arch size; do
  if [ "$size" = - ]; then
    file=${name%%:*}_$(printf %s "$version" | sed 's/:/%3a/g')_$arch.deb
    size=nowhere
    if [ -f "/var/cache/apt/archives/$file" ] || [ "$repack" = yes ]; then size=0; fi
  fi
  printf 'old:%s\t%s\n' "$name" "$size"
done"""
"""Facts: ``package:NAME`` (version, with dpkg's state where it is not installed well, or
``absent``) for all that is installed, named or would change; ``package:NAME:state`` for the named;
``candidate:NAME`` for what would change; ``old:NAME``, the size of the old package as it can be
had, or ``nowhere``."""

ASK_LISTS = r"""age=$(( $(date +%s) - $(stat -c %Y /var/lib/apt/lists) ))
lists=old; [ "$age" -gt {fresh} ] || lists=refreshed
fact apt:lists "$lists"
fact apt:lists-now "$lists"
"""

UPDATE = r"""export LC_ALL=C DEBIAN_FRONTEND=noninteractive
tries=0
until said=$(apt-get -q -o APT::Update::Error-Mode=any "$@" update 2>&1); do
  tries=$((tries + 1))
  case $tries:$said in
    ?:*"Could not get lock"*|[1-5]?:*"Could not get lock"*) sleep 5 ;;
    *) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
done
printf '%s\n' "$said"
touch /var/lib/apt/lists
"""
"""Waits up to 300 s for another one; ``"$@"`` are more options of apt-get. The touch tells when:
apt leaves the directory alone where nothing was new."""

FIND_TODO = r"""todo >"$MPLAY_SAVE/todo.new"
"""

SAVE = r"""cd "$MPLAY_SAVE" || exit
keep_old_package() {
  file=${1%%:*}_$(printf %s "$2" | sed 's/:/%3a/g')_$3.deb
  [ ! -f "debs/$file" ] || return 0
  if [ -f "/var/cache/apt/archives/$file" ] &&
    dpkg-deb --fsys-tarfile "/var/cache/apt/archives/$file" >/dev/null 2>&1
  then
    cp "/var/cache/apt/archives/$file" debs/
    return
  fi
  (
    mkdir -p debs/new && cd debs/new && rm -f ./*
    apt-get -q -o APT::Sandbox::User=root download "$1=$2" ||
      { command -v dpkg-repack >/dev/null && dpkg-repack "$1"; }
  ) >debs.log 2>&1 || { cat debs.log >&2; return 1; }
  mv debs/new/*.deb "debs/$file"
}
apt-mark showauto >auto
installed >were
awk -F '\t' -v OFS='\t' '
  FILENAME == "auto" { auto[$1] = 1; next }
  FILENAME == "were" { line[$1] = $0; next }
  {
    if (!($1 in line)) line[$1] = $1 OFS "-" OFS "-" OFS "unknown ok not-installed"
    print line[$1], ($1 in auto ? "auto" : "manual")
  }' auto were todo.new >before
mkdir -p debs
tab=$(printf '\t')
while IFS="$tab" read -r name version arch status _; do
  case $status in
    *" ok installed") keep_old_package "$name" "$version" "$arch" || {
      echo "no: $name=$version in no source or cache: without it there is no way back" >&2
      exit 1
    } ;;
  esac
done <before
names=$(awk -F '\t' '$4 !~ / not-installed$/ { print $1 }' before)
: >conffiles; : >leftovers; : >units; : >directories
if [ -n "$names" ]; then
  # shellcheck disable=SC2086 # each line is one word
  dpkg-query -W -f='${Conffiles}\n' $names |
    sed -n 's#^ /\(.*\) \([0-9a-f]\{32\}\|newconffile\).*$#\1#p' | sort -u |
    while IFS= read -r file; do
      if [ -e "/$file" ] || [ -L "/$file" ]; then printf '%s\n' "$file"; fi
    done >conffiles
  while IFS= read -r file; do
    for left in "/$file".dpkg-*; do
      [ ! -e "$left" ] || printf '%s\n' "$left"
    done
  done <conffiles >leftovers
  find /etc/systemd/system -mindepth 1 -type d >directories
  if [ -d /run/systemd/system ]; then
    # shellcheck disable=SC2086 # each line is one word
    dpkg-query -L $names |
      sed -n 's#^.*/systemd/system/\([^/@]*\.\(service\|socket\|timer\|path\)\)$#\1#p' |
      sort -u |
      while IFS= read -r unit; do
        printf '%s %s\n' "$unit" "$(systemctl show --value -p ActiveState -- "$unit")"
      done >units
  fi
fi
tar -C / --no-recursion -cf conffiles.tar -T conffiles
rm -rf auto were debs.log debs/new after give-back
find . -type f -exec sync '{}' +
mv todo.new todo
sync . debs
"""

APPLY = r"""cd "$MPLAY_SAVE" || exit
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1
export APT_LISTCHANGES_FRONTEND=none
if [ -s todo ]; then
  # shellcheck disable=SC2046 # each line is one word
  apt-get -q -y -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o APT::Get::AutomaticRemove=false \
    --no-install-recommends {options} install -- \
    $(awk -F '\t' '{ print $1 ($2 == "absent" ? "-" : "=" $2) }' todo)
  awk -F '\t' -v specs={specs} '
    BEGIN {
      count = split(specs, spec, " ")
      for (i = 1; i <= count; i++) { sub(/=.*/, "", spec[i]); named[spec[i]] = 1 }
    }
    FILENAME == "before" { new[$1] = $4 ~ / not-installed$/; auto[$1] = $5 == "auto"; next }
    $2 != "absent" && (auto[$1] || (new[$1] && !($1 in named))) { print $1 }' before todo >auto
  # shellcheck disable=SC2046 # each line is one word
  [ ! -s auto ] || apt-mark auto $(cat auto) >/dev/null
  awk -F '\t' '
    FILENAME == "before" { hold[$1] = $4 ~ /^hold /; next }
    hold[$1] && $2 != "absent" { print $1, "hold" }' before todo | dpkg --set-selections
fi
while IFS= read -r file; do
  [ ! -f "/$file" ] || sha256sum "/$file"
done <conffiles >after.new
sync after.new
mv after.new after
"""
"""What the simulation said, to the version; packages that only came along stay marked so."""
