# The worker: the leader of a session of its own, which runs the supervisor's tasks one after another.
# It runs the pieces of a frame, writes what must be durable before it begins what has an effect,
# leaves the answer in `out`, and rings. Pieces run in subshells of it, because a subshell costs a
# third of a shell; a worker costs ten, so one serves many tasks wherever their processes can be told
# from its own by their cgroup. Its orders are lines `NAME ATTEMPT PLACE CGROUP` on its stdin, which
# ends with the supervisor: the attempt is the frame at that place of the message NAME.
# Arguments: state directory, run, the supervisor's process, cgroup or group.
# Lines `secret VARIABLE PART/PARTS HEX` come before the order of the task that needs them.
# $own, which is set before this text, unsets every function and variable of ours; $reading is what
# reads secrets from descriptor 3.
base=$1
places "$2"
keeper=$3 how=$4 slot='' message='' secrets='' lines=''

open_path() { # FILE: lets an account pass through the directories above what it was given
  chmod 0711 "$base" "$base/runs" "$home" "$home/${1%%/*}"
}

lend() { # ACCOUNT: its restore point is its own, and it gets copies of the blobs
  open_path save
  chown -R "$1" "$save" 2>/dev/null
  [ -n "$blobs" ] || return 0
  mkdir -p "$home/blobs.$1"
  for blob in $blobs; do
    cp --reflink=auto "$home/blobs/$blob" "$home/blobs.$1/$blob"
  done
  open_path "blobs.$1"
  chown -R "$1" "$home/blobs.$1"
}

as_user() { # INDEX ACCOUNT FLAGS: drops to an account; its shell reads the script from descriptor 4
  eval "there=~$2"
  main_group=$(id -g -- "$2") || return 126
  [ -n "$lines" ] || reading=''
  printf '%s\n' "$reading$text" >"$brief/out/$id.$1s"
  chown "$2" "$brief/out/$id.$1s" "${sink}o" "${sink}e" || return 126
  [ ! -d "$save" ] || lend "$2" || return 126
  [ -z "$blobs" ] || MPLAY_BLOBS=$home/blobs.$2
  cd / || return 126
  set -- "$3" --reuid "$2" --regid "$main_group" --init-groups "$brief/out/$id.$1s"
  if [ -n "$lines" ]; then
    HOME=$there setpriv "$2" "$3" "$4" "$5" "$6" sh "$1" /proc/self/fd/4 4<"$7" 3<<END
$lines
END
  else
    HOME=$there setpriv "$2" "$3" "$4" "$5" "$6" sh "$1" /proc/self/fd/4 4<"$7"
  fi
}

aim() { # INDEX: where a piece prints to, but for its `o` or `e`: a file, so that nobody can block it
  sink=$home/out/$id.$1
  # A new file for each costs more than all else that is done for a small task. So one serves all that
  # leave no process behind which might hold it; where one was left after all, the cgroup is another.
  if [ "$how" = cgroup ] && [ -z "$user" ] && [ "$confined" = 1 ]; then sink=$home/${where##*/}; fi
}

keep() { # INDEX o|e BYTES: a piece printed something; it is taken out of the file that others use
  files="$files $1$2"
  [ "$sink" != "$home/out/$id.$1" ] || return 0
  text=''
  if [ "$3" -le 4000 ] && gather "$sink$2" && [ ${#text} = "$3" ]; then
    printf '%s' "$text" >"$brief/out/$id.$1$2"
  else
    mv "$sink$2" "$home/out/$id.$1$2"
  fi
}

run_piece() { # INDEX: sets $code
  read_clock
  began=$now
  doing "$id $1 $now $limit $grace $$ $how $where"
  code=2 length=0
  {
    if [ -z "$user" ]; then
      (
        umask "$mask"
        cd / || exit 1
        set -- "$flags" "$text"
        eval "$own"
        eval "set --; set $1
$2"
      ) >&8 2>"${sink}e" </dev/null 8>&-
    else
      ( umask "$mask" && as_user "$1" "$user" "$flags" ) >&8 2>"${sink}e" </dev/null 8>&-
    fi
    code=$?
    # Where the descriptor stands is how much was written, and costs no process.
    { read -r _ length </proc/self/fdinfo/8; } 2>/dev/null
  } 8>"${sink}o"
  read_clock
  stopped=0 cut_piece='' cut_why=''
  if [ -s "$home/cut" ]; then
    read -r cut_piece cut_why <"$home/cut"
    [ "$cut_piece" != "$1" ] || stopped=$cut_why
  fi
  if [ -s "${sink}o" ]; then
    keep "$1" o "$length"
    facts=$((facts + length))
    case $kind in verify | probe) ;; *) facts=9999 ;; esac
  fi
  [ ! -s "${sink}e" ] || { keep "$1" e 9999; facts=9999; }
  report="${report}piece $1 $code $((now - began)) $stopped
"
}

durable() { # one sync for the restore point, the record, and the records before it
  set --
  deep=''
  if [ "$undo" = 0 ] && [ -d "$save" ]; then
    for file in "$save"/* "$save"/.[!.]*; do
      if [ -h "$file" ]; then continue; fi
      if [ -f "$file" ] && [ -r "$file" ]; then
        set -- "$@" "$file"
      elif [ -e "$file" ]; then
        deep=1
      fi
    done
    set -- "$@" "$save" "$home/save"
  fi
  # The log comes last: what was committed for the files before it needs no second commit.
  sync -- "$@" "$log" && { [ -z "$deep" ] || sync -f "$save"; }
}

refuse() { # INDEX REASON: the work is not begun
  printf 'mplay: %s\n' "$2" >>"${sink}e"
  keep "$1" e 9999
  facts=9999
  failed=1 code=74
}

commit() { # the record that says how the work ended; without it nobody claims that it did
  # What ends supervisor and work together is a host that goes down: that is no end of the work.
  [ "$code" -le 128 ] || [ "$stopped" != 0 ] || breathes "$keeper" || exit 0
  rc=$code
  [ "$stopped" = 1 ] && flag=1
  record rc "$number" "$attempt" "$undo" "$rc" "$flag" || report="${report}died
"
}

effect() { # INDEX: apply or restore
  if ! { record apply "$number" "$attempt" "$undo" && durable; } 2>>"${sink}e"; then
    refuse "$1" 'the record could not be made durable, so nothing was begun'
  elif ! breathes "$keeper" || [ -s "$home/cut" ]; then
    failed=1 code=143 stopped=2
    [ -s "$home/cut" ] || exit 0
  else
    run_piece "$1"
  fi
  commit
  [ "$rc" = 0 ] || failed=1
}

make_room() { # for this attempt, and at once for tasks to come: a directory more costs no process
  set -- "$save"
  more=$number
  while [ $# -lt 16 ]; do
    more=$((more + 1))
    set -- "$@" "$home/save/$more.1"
  done
  mkdir -p "$@"
}

keeps_nothing() { # a small change of what was not there: its way back needs no directory
  [ "$confined" = 1 ] && [ "$mplay_kind_1" != save ]
}

start() { # INDEX: the first trace of an attempt, before its save
  [ -z "$begun" ] || return 0
  begun=1 stopped=0
  if ! { keeps_nothing || [ -d "$save" ] || make_room; } 2>>"${sink}e"; then
    refuse "$1" 'the restore point has no place, so nothing was begun'
  elif ! { record started "$number" "$attempt" "$undo"; } 2>>"${sink}e"; then
    refuse "$1" 'the state directory cannot be written, so nothing was begun'
  fi
}

step() { # INDEX
  aim "$1"
  case $kind in
    save)
      start "$1"
      if [ -z "$failed" ]; then
        run_piece "$1"
        [ "$code" = 0 ] || { failed=1; commit; }
      fi ;;
    apply | restore)
      start "$1"
      [ -n "$failed" ] || effect "$1" ;;
    verify) run_piece "$1" ;;
    *) [ -n "$failed" ] || run_piece "$1" ;;
  esac
}

task() { # NAME PLACE: one frame of a message, whose attempt is $id
  number=0 attempt=0 undo=0 count=0 grace=1000 blobs='' confined=0
  if [ "$message" != "$1" ]; then
    message=$1 acks=''
    # shellcheck source=/dev/null
    . "$brief/in/$1"
  fi
  "mplay_frame_$2"
  save=$home/save/$number.$attempt
  files='' facts=0 report='' failed='' rc='' flag=0 begun='' stopped=0 index=0
  export MPLAY_SAVE="$save" MPLAY_BLOBS="$home/blobs" MPLAY_TASK="$run/$id"
  while [ $index -lt "$count" ]; do
    index=$((index + 1))
    eval "kind=\$mplay_kind_$index limit=\$mplay_limit_$index"
    eval "user=\$mplay_user_$index text=\$mplay_text_$index"
    case $kind in
      save) flags=-eu mask=077 ;;
      apply | restore) flags=-eu mask=022 ;;
      *) flags=-u mask=022 ;;
    esac
    step $index
  done
  sweep
  # Of an answer that is a few facts the relay needs no process to pass it on, only their bytes.
  if [ $facts -le 4000 ]; then files="facts $facts$files"; else files="files$files"; fi
  printf '%s\n%s%s' "$files" "$report" "${rc:+work $rc $flag
}" >"$brief/out/$id.res"
  printf 'end %s %s %s\n' "$1" "$id" "$failed" 1<>"$home/bell"
}

sweep() { # what the controller has acknowledged is not needed any more
  [ -n "$acks" ] || return 0
  set --
  for ack in $acks; do
    set -- "$@" "$brief/in/$ack".* "$brief/out/$ack".* "$home/out/$ack".*
  done
  rm -f "$@"
  acks=''
}

know() { # VARIABLE PART/PARTS HEX: for the task that comes next, and for no other
  secret "$@"
  secrets="$secrets $1" lines="$lines$*
"
}

forget() {
  [ -n "$secrets" ] || return 0
  # shellcheck disable=SC2086
  unset $secrets
  secrets='' lines='' plain=''
}

# A worker that is told to end, with its task, stays to write down how the task ended.
trap : TERM
while read -r name id place where; do
  [ "$name" != secret ] || { know "$id" "$place" "$where"; continue; }
  if [ "$how" = group ]; then
    where=$$
  elif [ "$where" != "$slot" ]; then
    slot=$where
    printf '0\n' >"$slot/cgroup.procs"
  fi
  doing "$id 0 0 0 1000 $$ $how $where"
  # Whoever looks after the supervisor's death now finds this process; one who looked before that was
  # told that the attempt has never been, and then it shall not be.
  breathes "$keeper" || exit 0
  task "$name" "$place"
  forget
  # In a process group its own process cannot be told from those that a task leaves: a new one comes.
  [ "$how" = cgroup ] || exit 0
done
