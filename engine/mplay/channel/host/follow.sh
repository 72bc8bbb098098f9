# Frames: handing one to the supervisor, following it to its end, and its answer.

supervise() { # makes sure that a supervisor lives
  supervised && return 0
  how=group problem=''
  [ "$base" != /var/lib/mplay ] || how=cgroup
  if [ -d /run/systemd/system ] && [ "$base" = /var/lib/mplay ]; then
    set -- systemd-run --quiet --collect -p Type=exec -p Delegate=yes -p KillMode=process \
      -p OOMPolicy=continue -p RefuseManualStop=yes -p StandardOutput=null -p StandardError=null \
      -p IgnoreSIGPIPE=no -p TasksMax=infinity
    for word in PATH HOME LANG DEBIAN_FRONTEND NEEDRESTART_SUSPEND; do
      eval "set -- \"\$@\" -E \"$word=\$$word\""
    done
    # A unit whose main process was killed may still be loaded: then this one has another name.
    for word in "mplay-$run" "mplay-$run-$$"; do
      problem=$("$@" --unit="$word" sh "$home/supervisor" "$base" "$run" $$ "$idle" $how 2>&1) \
        && break
    done || { problem="systemd-run: $problem"; return 1; }
  else
    # With -f it is no background job of this shell: those ignore SIGINT for good.
    setsid -f sh "$home/supervisor" "$base" "$run" $$ "$idle" $how \
      </dev/null >/dev/null 2>&1 5>&- 6>&-
  fi
  hear ready || { problem='it does not answer'; return 1; }
}

frames() { # NAME 'COUNT ID...': they become a file, and only when that is whole the bell rings
  name=$1 count=${2%% *} wanted=${2#* }
  head -c "$size" >"$brief/in/$name" && stored=1 || stored=''
  whole
  if [ -n "$spoiled" ]; then
    spoiled=''
    refuse spoiled
  elif [ -z "$stored" ]; then
    refuse "unwritable $brief"
  elif ! supervise; then
    refuse "supervisor $problem"
  else
    pass_on "$name"
    ask frames "$name" "$token" $$ "$wanted"
    watch "${wanted##* }" "$count"
  fi
  held=''
}

pass_on() { # NAME: the secrets of a message go through the fifo, line by line, and into no file
  while [ -n "$held" ]; do
    ask secret "$1" "$token" "${held%%
*}"
    case $held in
      *"
"*) held=${held#*
} ;;
      *) held='' ;;
    esac
  done
}

attach() { # ID COUNT
  skip
  wanted=$1
  if [ -s "$brief/out/$1.res" ] && ! supervised; then
    reply "$1"
  elif connect && supervised; then
    ask follow $$ "$1"
    watch "$1" "$2"
  else
    history
  fi
}

tick() { # SECONDS: one line to ourselves, later; one that is under way is enough
  [ -z "$pace" ] || return 0
  pace=$1
  ( sleep "$1"; printf 'tick %s\n' "$mark" >&5 ) </dev/null >/dev/null 2>&1 &
}

watch() { # ID COUNT: follows a task to its end; with COUNT 0, none of what it prints meanwhile
  waited=0 index=0
  while [ $index -lt "$2" ]; do
    index=$((index + 1))
    eval "sent_${index}o=0 sent_${index}e=0"
  done
  tick 0.8
  while read -r what one two <&5; do
    case $what in
      done) [ "$one" != "$1" ] || { answers; return 0; } ;;
      busy) [ "$one" != "$1" ] || { refuse "busy $two"; return 0; } ;;
      refused) [ "$one" != "$1" ] || { read_lock; show_lock; refuse locked; return 0; } ;;
      unknown) [ "$one" != "$1" ] || { history; return 0; } ;;
      tick)
        pace=''
        [ "$one" != "$mark" ] || live "$1" "$2"
        if ! supervised; then
          refuse gone
          return 0
        elif ! owned; then
          show_lock
          refuse locked
          return 0
        fi
        tick "$step" ;;
    esac
  done
}

live() { # ID COUNT: what a task has printed since the last tick, in measured parts
  index=0
  while [ $index -lt "$2" ]; do
    index=$((index + 1))
    for kind in o e; do
      find_part "$1" "$index$kind"
      [ -s "$file" ] || file=$(in_work "$1" "$index")$kind
      [ -s "$file" ] || continue
      stream "$file" "$index$kind"
    done
  done
  waited=$((waited + 1))
  [ $((waited % every)) != 0 ] || say beat
}

in_work() { # ID INDEX: where the piece prints to while it runs
  id='' piece='' where=''
  read -r id piece _ _ _ _ _ where <"$home/current"
  [ "$id $piece" != "$1 $2" ] || printf '%s' "$home/${where##*/}"
}

find_part() { # ID PART: a file of the answer, in $file
  file=$brief/out/$1.$2
  [ -e "$file" ] || file=$home/out/$1.$2
}

stream() { # FILE NAME: at most 64 KiB at a time; a flood is not sent twice
  eval "sent=\$sent_$2"
  length=$(wc -c <"$1")
  [ "$length" -gt "$sent" ] || return 0
  part=$((length - sent))
  [ $part -le 65536 ] || { sent=$((length - 65536)) part=65536; }
  say live "$2" "$sent" $part
  tail -c +$((sent + 1)) "$1" | head -c $part
  eval "sent_$2=$length"
}

facts() { # ID BYTES PART...: an answer of a few facts, in this shell; `read` leaves NUL out: not these
  id=$1 left=$2
  shift 2
  text=''
  for word; do
    text="$text$mark
"
    left=$((left + ${#text}))
    find_part "$id" "$word"
    gather "$file" || return 1
    left=$((left - ${#text}))
  done
  [ "$left" = 0 ] || return 1
  told=$text text=''
  gather "$brief/out/$id.res" || return 1
  printf '%s reply %s\n%s%s%s end\n' "$mark" "$files" "$text" "$told" "$mark"
}

answers() { # to all that is wanted; what was not begun, since one before it failed, has none
  # shellcheck disable=SC2086
  set -- $wanted
  for one; do
    if [ -s "$brief/out/$one.res" ]; then reply "$one"; else history; fi
  done
}

reply() { # ID: every file of the answer, with the mark between two, by one process or none
  files=''
  read -r form files <"$brief/out/$1.res"
  if [ "$form" = facts ]; then
    left=${files%% *}
    case $files in *' '*) files=${files#* } ;; *) files='' ;; esac
    # shellcheck disable=SC2086
    ! facts "$1" "$left" $files || return 0
  fi
  printf '%s\n' "$mark" >"$brief/mark.$$"
  id=$1
  set -- "$brief/out/$id.res"
  for word in $files; do
    find_part "$id" "$word"
    set -- "$@" "$brief/mark.$$" "$file"
  done
  say reply "$files"
  head -q -c 1048577 "$@"
  say end
}

more() { # ID PART BYTES: the size of one file of an answer, and its tail
  skip
  find_part "$1" "$2"
  say size "$(wc -c <"$file")"
  tail -c "$3" "$file"
  say end
}
