# Ownership: hello, the lock, and giving it back. The lock *file* says who owns the host, durably; the
# flock on `alive` is held by a supervisor while it lives and by a relay while it changes the file.

last_sign() { date -u -r "$log" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null; }

show_lock() {
  places "$lock_run"
  say lock_run "$lock_run"
  say lock_owner "$lock_owner"
  say lock_since "$lock_since"
  say lock_sign "$(last_sign)"
}

about() { # the host and its lock, for somebody who claims nothing
  skip
  root
  ! read_lock || show_lock
  describe
  say end
}

refuse() {
  say refused "$*"
  say end
}

lock_text() { # `end` tells a whole file from a torn one
  printf 'run %s\ntoken %s\nboot %s\nsince %s\nowner %s\nend\n' \
    "$run" "$token" "$boot" "$since" "$owner"
}

write_lock() { # durable; the first one in place, a successor beside it
  if [ -e "$base/lock" ]; then
    lock_text >"$base/lock.new" && sync "$base/lock.new" && mv "$base/lock.new" "$base/lock" \
      && sync "$base"
  else
    lock_text >"$base/lock" && sync "$base/lock" "$base"
  fi
}

mine() { # whether the lock is this run's, by its token or one that it may supersede
  [ "$lock_run" = "$run" ] || return 1
  for word in $token $superseded; do
    [ "$lock_token" != "$word" ] || return 0
  done
  return 1
}

owned() { # whether this relay's owner still owns the host
  read_lock && [ "$lock_run" = "$run" ] && [ "$lock_token" = "$token" ]
}

seize() { # under the flock: nobody else, and no supervisor, is there
  if read_lock && ! mine; then
    show_lock
    refuse locked
    return 1
  fi
  write_lock || { refuse "unwritable $base"; return 1; }
  [ -d "$home" ] || return 0
  rm -f "$brief"/in/* "$home/pid"
  [ ! -s "$home/current" ] || { cat "$home/current" >>"$home/orphans" && true >"$home/current"; }
}

hear() { # WANTED...: waits for one of these words from the supervisor, at most 20 seconds
  tried=0
  tick 1
  while read -r what one two <&5; do
    case " $* " in *" $what "*) return 0 ;; esac
    [ "$what" = tick ] || continue
    pace=''
    tried=$((tried + 1))
    [ $tried -lt 20 ] || return 1
    tick 1
  done
}

ask() { # WORDS: one line to the supervisor
  printf '%s\n' "$*" >&6
}

connect() { # the two fifos to the supervisor; both ends open them with <>, so nobody blocks
  [ -z "$ready" ] || return 0
  mkdir -p "$home/out" "$home/save" "$home/blobs" "$brief/in" "$brief/out" || return 1
  [ -p "$home/bell" ] || mkfifo "$home/bell" || return 1
  rm -f "$home/answer.$$"
  mkfifo "$home/answer.$$" && exec 5<>"$home/answer.$$" 6<>"$home/bell" && ready=1
}

claim() { # a supervisor of this run lives: it changes the lock itself, between two messages
  if ! connect || ! lock_text >"$home/lock.$$"; then
    refuse "unwritable $base"
    return 1
  fi
  ask claim $$ "$lock_token"
  hear claimed refused || { refuse silent; return 1; }
  [ "$what" = claimed ] || { read_lock; show_lock; refuse locked; return 1; }
  busy=$one${two:+ $two}
}

hello() {
  take
  eval "$payload"
  root
  read_boot
  machine_id=''
  { read -r machine_id </etc/machine-id; } 2>/dev/null
  if [ -n "$machine" ] && [ "$machine" != "$machine_id" ]; then
    refuse "machine $machine_id"
    return 0
  fi
  places "$run"
  if [ "$base" != /var/lib/mplay ] && outlived; then return 0; fi
  if ! mkdir -p "$base" || ! true 2>/dev/null >>"$base/alive"; then
    refuse "unwritable $base"
    return 0
  fi
  own || return 0
  greet
}

own() { # takes the lock, from nobody or from a former owner of this run
  busy='' waited=0
  while [ $waited -lt 15 ]; do
    waited=$((waited + 1))
    if read_lock && ! mine; then
      show_lock
      refuse locked
      return 1
    elif [ -n "$lock_whole" ] && supervised; then
      claim
      return $?
    elif take_flock 1; then
      seize
      code=$?
      exec 8>&-
      return $code
    fi
    # Somebody else is at it, or a supervisor has just begun and not yet said where it is.
  done
  refuse silent
  return 1
}

take_flock() { # SECONDS: what a supervisor holds while it lives; `exec 8>&-` gives it back
  true 2>/dev/null >>"$base/alive" || return 1
  exec 8<>"$base/alive"
  flock -w "$1" 8 && return 0
  exec 8>&-
  return 1
}

outlived() { # logind that kills what a user leaves behind would kill the supervisor
  [ -d /run/systemd/system ] && [ "$(id -u)" != 0 ] || return 1
  me=$(id -un)
  [ ! -e "/var/lib/systemd/linger/$me" ] || return 1
  case $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 \
    org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null) in
    *true) refuse "linger $me" ;;
    *) return 1 ;;
  esac
}

greet() { # all that the controller learns in this one trip
  say machine "$machine_id"
  say busy "$busy"
  describe
  greet_blobs
  greet_owed
  history
}

describe() { # the host as it is, whoever owns it
  say user "$(id -un)"
  say base "$base"
  while IFS= read -r words; do say os "$words"; done </etc/os-release
  read -r words </proc/sys/kernel/osrelease && say kernel "$words"
  read -r words </proc/sys/kernel/hostname && say hostname "$words"
  if [ -r /proc/sys/kernel/arch ]; then read -r words </proc/sys/kernel/arch; else words=$(uname -m); fi
  say arch "$words"
  if [ -d /run/systemd/system ]; then say init systemd; else say init other; fi
  if [ -d "$base" ]; then words=$base; else words=/var; fi
  df -Pk "$words" / /var 2>/dev/null | while read -r _ _ _ words _; do say free "$words"; done
}

history() { # what became of each attempt of this run
  say boot "$boot"
  for file in "$home/orphans" "$home/current"; do
    [ -s "$file" ] || continue
    [ -z "$busy" ] || [ "${file##*/}" != current ] || continue
    alive_of "$file"
  done
  say log
  [ ! -s "$log" ] || cat "$log"
  say end
}

greet_blobs() {
  for file in "$home"/blobs/*; do
    [ -f "$file" ] || continue
    case $file in
      *.part) say part "${file##*/}" "$(wc -c <"$file")" ;;
      *) say blob "${file##*/}" ;;
    esac
  done
}

greet_owed() { # half-done tasks of other runs
  for file in "$base"/runs/*/orphans "$base"/runs/*/current; do
    [ -s "$file" ] && [ "${file%/*}" != "$home" ] || continue
    words=${file%/*}
    read -r id _ <"$file"
    say owed "${words##*/} $id"
  done
}

alive_of() { # FILE: the attempts named there of which processes live
  while read -r id _ _ _ _ runner how where; do
    members "$how" "$where" ''
    [ -z "$pids" ] || say orphan "$id"
  done <"$1"
}

give_back() { # RUN TOKEN (`any`: whoever holds it): removes the lock, with the supervisor or without
  waited=0
  while [ $waited -lt 15 ]; do
    waited=$((waited + 1))
    if supervised && connect; then
      ask release $$ "$1" "$2"
      hear released busy refused || break
      case $what in
        busy) refuse "busy $two"; return 1 ;;
        refused) read_lock; show_lock; refuse locked; return 1 ;;
      esac
    fi
    if take_flock 1; then
      remove_lock "$1" "$2"
      code=$?
      exec 8>&-
      return $code
    fi
  done
  refuse silent
  return 1
}

remove_lock() { # RUN TOKEN: under the flock
  read_lock && [ "$lock_run" = "$1" ] || return 0
  if [ "$2" != any ] && [ "$lock_token" != "$2" ]; then
    show_lock
    refuse locked
    return 1
  fi
  rm -f "$base/lock" && sync "$base"
}

tidy() { # what only a living run needs
  exec 5>&- 6>&-
  ready=''
  rm -rf "$brief/in" "$brief/out" "$brief"/mark.* "$home/out" "$home"/task* "$home"/lock.* \
    "$home/bell" "$home/orders" "$home"/answer.* "$home"/blobs* "$home/supervisor" \
    "$home/current" "$home/cut" "$home/pid" "$home/orphans"
  rmdir "$home"/save/* 2>/dev/null
  [ "$brief" = "$home" ] || rmdir "$brief" "${brief%/*}" 2>/dev/null
}

release() {
  skip
  if [ -e "$base/lock" ] || supervised; then
    give_back "$run" "$token" || return 0
  fi
  [ ! -d "$home" ] || tidy
  if read_lock && [ "$lock_run" = "$run" ]; then refuse kept; else say end; fi
}

unlock() { # RUN
  skip
  root
  if ! read_lock || [ "$lock_run" != "$1" ]; then
    say none
    say end
    return 0
  fi
  places "$1"
  give_back "$1" any || return 0
  if read_lock && [ "$lock_run" = "$1" ]; then refuse kept; else say end; fi
}

prune() { # RUN: its restore points; the log stays, because it says what was done
  skip
  root
  if read_lock && [ "$lock_run" = "$1" ]; then
    show_lock
    refuse locked
    return 0
  fi
  if rm -rf "$base/runs/$1/save" "$base/runs/$1/blobs"; then say end; else refuse "unwritable $base"; fi
}
