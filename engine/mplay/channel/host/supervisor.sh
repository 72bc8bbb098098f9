# The supervisor: one for a host and run, detached. It holds the flock on `alive` while it lives,
# listens at the bell, gives a worker one task at a time, enforces its limits, tells the follower.
# Every message is one line, shorter than PIPE_BUF; nothing that it writes to can block it.
# Arguments: state directory, run, the relay that started it, seconds of idleness, cgroup or group.
base=$1
places "$2"
starter=$3 idle=$4 how=$5

tell() { # RELAY WORDS: rings a follower; one that is gone is no reason to wait or to die.
  [ -p "$home/answer.$1" ] && printf '%s\n' "$2" 1<>"$home/answer.$1"
}

find_cgroup() { # the unit's own cgroup, wherever version 2 is mounted
  mount='' own=''
  while read -r _ place kind _; do
    [ "$kind" = cgroup2 ] && mount=$place
  done </proc/self/mounts
  while IFS= read -r words; do
    case $words in 0::*) own=${words#0::} ;; esac
  done </proc/self/cgroup
  cgroup=$mount${own%/}
  [ -n "$mount" ] && [ -w "$cgroup/cgroup.procs" ]
}

own_cgroup() { # the unit's; without systemd one below ours, which root may make anywhere
  find_cgroup || return 1
  case $cgroup in
    *"/mplay-$run"*) ;;
    *)
      [ "$base" = /var/lib/mplay ] || return 1
      rmdir "$cgroup"/mplay-*/task* "$cgroup"/mplay-* 2>/dev/null
      cgroup=$cgroup/mplay-$run
      mkdir -p "$cgroup" 2>/dev/null ;;
  esac
}

next_slot() { # a fresh cgroup, because processes of an earlier task still live in the last one
  slot=$((slot + 1))
  mkdir "$cgroup/task$slot" 2>/dev/null || [ -d "$cgroup/task$slot" ] || how=group
}

arm() { # SECONDS: one tick; an earlier one is called off
  [ -n "$pace" ] && kill "$ticker" 2>/dev/null
  ticks=$((ticks + 1)) pace=$1
  (
    exec 7>&- 9>&-
    sleep "$1" &
    nap=$!
    trap 'kill $nap 2>/dev/null; exit 0' TERM
    wait $nap
    printf 'tick %s\n' "$ticks" >&3
  ) </dev/null >/dev/null 2>&1 &
  ticker=$!
}

leave() {
  [ -n "$pace" ] && kill "$ticker" 2>/dev/null
  if [ "$how" = cgroup ]; then
    [ -z "$runner" ] || { exec 7>&- && wait "$runner"; }
    rmdir "$cgroup"/task* 2>/dev/null
    case ${cgroup##*/} in mplay-*) rmdir "$cgroup" 2>/dev/null ;; esac
  fi
  rm -f "$home/pid"
  exit 0
}

hire() { # a worker; as a background job of a shell it would ignore SIGINT, and all that it starts
  setsid env --default-signal=INT,QUIT sh task "$base" "$run" $$ "$how" \
    <"$home/orders" >/dev/null 2>&1 3>&- 7>&- 9>&- &
  runner=$!
}

hold() { # NAME TOKEN LINE: a part of a secret for the message that comes next; in memory only
  [ "$held_for" = "$1 $2" ] || held=''
  held_for="$1 $2" held="${held}secret $3
"
}

begin() { # NAME TOKEN RELAY IDS: the attempts of a message, one after another while they go well
  last=${4##* }
  if [ -n "$busy" ]; then
    tell "$3" "busy $last $busy_id"
  elif ! read_lock || [ "$lock_run" != "$run" ] || [ "$lock_token" != "$2" ]; then
    tell "$3" "refused $last"
  elif [ -s "$brief/out/${4%% *}.res" ]; then
    tell "$3" "done $last" # sent twice: an attempt runs once
  elif [ -f "$brief/in/$1" ]; then
    busy=$1 follower=$3 wanted=$last queue=$4 place=0 begun=$((begun + 1))
    [ "$held_for" != "$1 $2" ] || given=$held
    advance
    # A short tick that is under way serves this task too: each costs two forks.
    case $pace in '' | 30) arm 0.8 ;; esac
  fi
  held='' held_for=''
}

advance() { # gives the worker the next attempt in the queue
  busy_id=${queue%% *} place=$((place + 1)) asked=0 dirty=1
  case $queue in *' '*) queue=${queue#* } ;; *) queue='' ;; esac
  if [ -z "$runner" ] || ! breathes "$runner"; then hire; fi
  where=''
  [ "$how" = group ] || where=$cgroup/task$slot
  printf '%s%s %s %s %s\n' "$given" "$busy" "$busy_id" "$place" "$where" >&7
}

in_hand() { # ID: whether it runs, or comes after what runs
  [ -n "$busy" ] || return 1
  case " $busy_id $queue " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

follow() { # RELAY ID
  if in_hand "$2"; then
    follower=$1 wanted=$2
  elif [ -s "$brief/out/$2.res" ]; then
    tell "$1" "done $2"
  else
    tell "$1" "unknown $2"
  fi
}

linger() { # ID: names what a task left running; it is let live
  if [ "$how" = cgroup ]; then words=$where; else words=$runner; fi
  members "$how" "$words" "$runner"
  if [ -n "$pids" ] && [ -s "$home/cut" ]; then
    # The task was told to end: what is dying of that is not what it left.
    sleep 0.2
    members "$how" "$words" "$runner"
  fi
  for pid in $pids; do
    breathes "$pid" || continue
    words='?'
    { read -r words <"/proc/$pid/comm"; } 2>/dev/null || continue
    printf 'linger %s %s\n' "$pid" "$words" >>"$brief/out/$1.res"
  done
  [ "$how" = cgroup ] && [ -n "$pids" ] && next_slot
}

finish() { # NAME ID FAILED: a task has ended and its answer lies there
  [ "$1" = "$busy" ] && [ "$2" = "$busy_id" ] || return 0
  # This worker ends right after it rings; only then can its group be asked for what was left.
  [ "$how" = cgroup ] || wait "$runner"
  linger "$2"
  printf 'end\n' >>"$brief/out/$2.res"
  [ -z "$3" ] || queue=''
  [ ! -s "$home/cut" ] || { true >"$home/cut"; queue=''; }
  if [ -n "$queue" ]; then
    [ "$wanted" != "$2" ] || tell "$follower" "done $2"
    advance
    return 0
  fi
  true >"$home/current"
  busy='' busy_id='' quiet=0 given=''
  tell "$follower" "done $wanted"
}

lost() { # the task's own process was killed: nobody knows how its work ended
  printf 'files\ndied\n' >"$brief/out/$busy_id.res"
  cat "$home/current" >>"$home/orphans"
  finish "$busy" "$busy_id" 1
}

strike() { # SIGNAL: to all of a task but its own process; children born meanwhile are not spared
  passes=5
  while [ $passes -gt 0 ]; do
    members "$how" "${where:-$runner}" "$runner"
    for pid in $pids; do
      kill "-$1" "$pid" 2>/dev/null
    done
    [ "$1" = KILL ] && [ -n "$pids" ] || break
    passes=$((passes - 1))
  done
}

cut() { # PIECE WHY (1 timeout, 2 killed): TERM, ten seconds, KILL
  read_clock
  if [ "$asked" = 0 ]; then
    asked=$now asked_piece=$1
    printf '%s %s\n' "$1" "$2" >"$home/cut"
    strike TERM
  elif [ $((now - asked)) -ge "$grace" ]; then
    strike KILL
  fi
}

bound() { # keeps the disk that a flood of output takes small: its middle is given back
  for file in "$home/out/$busy_id".*[oe] "$home/${where##*/}"[oe]; do
    [ -s "$file" ] || continue
    size=$(wc -c <"$file")
    [ "$size" -gt 16777216 ] || continue
    fallocate -p -o 2097152 -l $((size - 6291456)) "$file" 2>/dev/null || true >"$file"
  done
}

overdue() { [ "$asked" != 0 ] || { [ "$limit" -gt 0 ] && [ $((now - began)) -ge "$limit" ]; }; }

end_task() { # asked for by the controller
  id='' piece=0
  read -r id piece _ _ grace _ <"$home/current"
  [ "$id" != "$busy_id" ] || cut "$piece" 2
}

watch() { # the task in work, at a tick
  id='' piece=0 began=0 limit=0
  read -r id piece began limit grace _ <"$home/current"
  read_clock
  if ! breathes "$runner"; then
    # It rings before it ends, so what it rang is heard before the tick that follows this one.
    missing=$((missing + 1))
    [ $missing -lt 3 ] || { missing=0; lost; }
  elif [ "$id" = "$busy_id" ]; then
    missing=0
    [ "$asked_piece" = "$piece" ] || asked=0
    ! overdue || cut "$piece" 1
    bound
  fi
  [ -n "$busy" ] || began=$now
  if [ "$asked" != 0 ] || [ $((now - began)) -lt 300 ]; then arm 0.25; else arm 1; fi
}

rest() { # nothing to do, at a tick
  if [ $begun != 0 ]; then
    begun=0
    arm 0.5
    return 0
  fi
  [ $dirty = 1 ] && sync -d "$log" && dirty=0
  for file in "$home"/answer.*; do
    [ -p "$file" ] || continue
    if kill -0 "${file##*.}" 2>/dev/null; then quiet=0; else rm -f "$file"; fi
  done
  read_clock
  [ $quiet = 0 ] && quiet=$now
  [ $((now - quiet)) -ge $((idle * 100)) ] && leave
  if [ "$idle" -lt 30 ]; then arm 1; else arm 30; fi
}

claim() { # RELAY TOKEN: a new owner of this run, or the same again; its lock lies in `in`
  if read_lock && [ "$lock_run" = "$run" ] && [ "$lock_token" = "$2" ] \
    && sync "$home/lock.$1" && mv "$home/lock.$1" "$base/lock" && sync "$base"; then
    for file in "$brief"/in/*; do
      [ "$file" = "$brief/in/$busy" ] || rm -f "$file"
    done
    tell "$1" "claimed $busy_id $queue"
  else
    tell "$1" "refused claim"
  fi
}

release() { # RELAY RUN TOKEN (`any` from unlock)
  if [ -n "$busy" ]; then
    tell "$1" "busy release $busy_id"
  elif read_lock && [ "$lock_run" = "$run" ] && { [ "$3" = any ] || [ "$lock_token" = "$3" ]; }; then
    [ $dirty = 0 ] || sync -d "$log"
    rm -f "$base/lock"
    sync "$base"
    tell "$1" "released"
    leave
  else
    tell "$1" "refused release"
  fi
}

cd "$home" || exit 1
exec 9<>"$base/alive"
flock -w 10 9 || exit 1
read_boot
busy='' busy_id='' queue='' place=0 follower='' wanted='' asked=0 asked_piece='' grace=1000 begun=0 missing=0
ticker='' ticks=0 pace='' quiet=0 dirty=1 held='' held_for='' given=''
cgroup='' slot=0 where='' runner=''
[ -s "$home/current" ] && { cat "$home/current" >>"$home/orphans"; true >"$home/current"; }
printf '%s\n' $$ >"$home/pid" && record_boot || exit 1
sync "$log" "$home" "$base/runs" "$base"
if [ "$how" = cgroup ]; then
  if own_cgroup; then next_slot; else how=group; fi
fi
rm -f "$home/orders"
mkfifo "$home/orders"
exec 7<>"$home/orders"
exec 3<>"$home/bell"
tell "$starter" ready
arm 1
while read -r what one two three four <&3; do
  case $what in
    secret) hold "$one" "$two" "$three $four" ;;
    frames) begin "$one" "$two" "$three" "$four" ;;
    follow) follow "$one" "$two" ;;
    end) finish "$one" "$two" "$three" ;;
    claim) claim "$one" "$two" ;;
    kill)
      if in_hand "$one"; then
        queue=''
        [ "$one" != "$busy_id" ] || end_task
      fi ;;
    release) release "$one" "$two" "$three" ;;
    tick)
      if [ "$one" = "$ticks" ]; then
        pace=''
        if [ -n "$busy" ]; then watch; else rest; fi
      fi ;;
  esac
done
