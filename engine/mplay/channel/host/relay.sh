# The relay: the SSH side. It takes messages from its stdin and answers on its stdout, lets the
# supervisor run the tasks and follows them; when it dies, nothing that runs is touched.
# A message is a line `VERB MARK SIZE WORDS`, SIZE bytes, and the line `MARK`. MARK is a fresh random
# word: every line of an answer begins with it, so that no output of a task can pass for one.
# Arguments: state directory or nothing, seconds between two beats.
base=$1 every=$2
run='' token='' ready='' mark='' size=0 pace='' idle=600 busy='' spoiled='' held=''

say() { printf '%s %s\n' "$mark" "$*"; }

whole() { # the end of a message; without it the controller is gone in the middle of one
  last=''
  read -r last
  [ "$last" = "$mark" ] || exit 1
}

take() { # the message's bytes, in $payload
  payload=$(head -c "$size")
  whole
}

skip() {
  head -c "$size" >/dev/null
  whole
}

root() {
  [ -z "$base" ] || return 0
  if [ "$(id -u)" = 0 ]; then base=/var/lib/mplay; else base=$HOME/.local/state/mplay; fi
}

beat() { # in the background: a sign of life while a probe is silent
  nap=''
  trap 'kill $nap 2>/dev/null; exit 0' TERM
  while :; do
    sleep "$every" >/dev/null 2>&1 &
    nap=$!
    wait $nap
    printf '%s beat\n' "$mark" >&2
  done
}

look() { # SECONDS OWNED: a program of read-only probes, inline; nothing is written
  take
  if [ "$2" = 1 ] && ! owned; then
    show_lock
    refuse locked
    return 0
  fi
  beat &
  beater=$!
  # shellcheck disable=SC2016
  printf '%s\n' "$payload" | timeout -k 5 "$1" sh -c 'eval "$(cat)"' probe
  code=$?
  kill $beater 2>/dev/null
  wait $beater 2>/dev/null
  say end $code
  say end >&2
}

code() { # FIRST: the supervisor's text is its first FIRST bytes, the task's the rest
  connect && head -c "$1" >"$home/supervisor" && head -c $((size - $1)) >"$home/task" || exit 1
  whole
}

blob() { # SHA OFFSET: bytes that belong at OFFSET of a blob; its digest decides
  connect || exit 1
  part=$home/blobs/$1.part
  [ "$2" != 0 ] || true >"$part"
  head -c "$size" >>"$part" && stored=1 || stored=''
  whole
  sum=$(sha256sum "$part")
  if [ -z "$stored" ]; then
    spoiled=1
    refuse "unwritable $base"
  elif [ "${sum%% *}" = "$1" ] && mv "$part" "$home/blobs/$1"; then
    say end
  else
    spoiled=1
    rm -f "$part"
    say differs
    say end
  fi
}

secret() { # its bytes are lines `VARIABLE PART/PARTS HEX` for the frames that come next
  take
  held=$payload payload=''
}

forget() { # its bytes are digests, a line each
  take
  for word in $payload; do
    rm -f "$home/blobs/$word" "$home"/blobs.*/"$word"
  done
  say end
}

kill_task() { # ID: what is left of an attempt, with the supervisor or, where that is gone, without
  skip
  if connect && supervised; then
    ask kill "$1"
  fi
  tried=0
  while [ $tried -lt 300 ]; do
    left=''
    remains "$1" $tried
    [ -n "$left" ] || break
    tried=$((tried + 1))
    sleep 0.1
  done
  if [ -z "$left" ]; then say end; else refuse "alive $left"; fi
}

remains() { # ID TRIES: processes of an attempt; after ten seconds they are killed outright
  for file in "$home/orphans" "$home/current"; do
    [ -s "$file" ] || continue
    while read -r id _ _ _ _ runner how where; do
      [ "$id" = "$1" ] || continue
      members "$how" "$where" ''
      left="$left$pids"
      [ "${file##*/}" = orphans ] || ! supervised || continue
      for pid in $pids; do
        if [ "$2" -ge 100 ]; then kill -KILL "$pid"; elif [ "$2" = 0 ]; then kill -TERM "$pid"; fi
      done 2>/dev/null
    done <"$file"
  done
}

farewell() {
  [ -z "$ready" ] || rm -f "$home/answer.$$" "$brief/mark.$$"
}

# No signal is caught here: between its fork and its own first command a child would lose it.
trap farewell EXIT
step=1
while read -r verb mark size one two; do
  case $verb in
    look) look "$one" "$two" ;;
    hello) hello ;;
    about) about ;;
    code) code "$one" ;;
    secret) secret ;;
    frames) frames "$one" "$two" ;;
    attach) attach "$one" "$two" ;;
    more) more "$one" "${two% *}" "${two#* }" ;;
    blob) blob "$one" "$two" ;;
    forget) forget ;;
    kill) kill_task "$one" ;;
    release) release ;;
    unlock) unlock "$one" ;;
    prune) prune "$one" ;;
    *) exit 1 ;;
  esac
done
