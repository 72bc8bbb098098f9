# shellcheck shell=sh disable=SC2034,SC2154
# (Variables go from one of these files to another, and come with messages.)
# What relay, supervisor and task share: the places of a run, the lock, the log, the boot, processes.
# Few forks: everything here is the shell's own, because each fork costs a host about a millisecond.
set -u
LC_ALL=C
umask 077

# places RUN: where a run keeps its things under $base. What a reboot may take, and what is never
# large, lies in $brief: on most hosts that is memory, where a new file costs next to nothing.
places() {
  run=$1
  home=$base/runs/$run
  log=$home/log
  brief=$home
  [ "$base" != /var/lib/mplay ] || brief=/run/mplay/$run
}

# read_lock: what the lock file says. Fails where there is none; a torn one was never acknowledged.
read_lock() {
  lock_run='' lock_token='' lock_since='' lock_owner='' lock_whole=''
  [ -f "$base/lock" ] || return 1
  while read -r key value; do
    case $key in
      run) lock_run=$value ;;
      token) lock_token=$value ;;
      since) lock_since=$value ;;
      owner) lock_owner=$value ;;
      end) lock_whole=1 ;;
    esac
  done <"$base/lock"
  [ -n "$lock_whole" ]
}

# read_boot: the identity of this boot. A clock that is set moves the boot *time*, so it is left out.
read_boot() {
  boot_id='' boot_start=0 words=''
  read -r boot_id </proc/sys/kernel/random/boot_id
  read -r words </proc/1/stat
  # shellcheck disable=SC2086
  set -- ${words##*) }
  boot_start=${20:-0}
  boot="$boot_id $boot_start"
}

# read_clock: centiseconds since boot, in $now; nobody can set it.
read_clock() {
  read -r up _ </proc/uptime
  now=$((${up%.*} * 100 + 1${up#*.} - 100))
}

# record VERB NUMBER...: one checksummed line of the log; Python checks it the same way.
record() {
  line=$1
  case $1 in
    boot) sum=1 ;;
    started) sum=2 ;;
    apply) sum=3 ;;
    rc) sum=4 ;;
  esac
  shift
  for word; do
    sum=$(((sum * 31 + word) % 2147483647))
    line="$line $word"
  done
  printf '%s %s\n' "$line" "$sum" >>"$log"
}

# record_boot: the boot to which the records that follow belong. A torn last line ends here.
record_boot() {
  rest=$boot_id
  set -- "$boot_start"
  while [ -n "$rest" ]; do
    set -- "$@" "0x${rest%%-*}"
    case $rest in *-*) rest=${rest#*-} ;; *) rest='' ;; esac
  done
  printf '\n' >>"$log" && record boot "$@"
}

# doing WORDS: what the worker is at, in `current`. Its length never changes, so it is overwritten in
# place: a file that is cut and written again costs a file system blocks and a write, each time.
doing() { printf '%-1023s\n' "$*" 1<>"$home/current"; }

# gather FILE: adds its text to $text; `read` leaves NUL out, which the length then tells.
gather() {
  words=''
  while IFS= read -r words; do
    text="$text$words
"
  done <"$1" || return 1
  text=$text$words
}

# breathes PROCESS: whether it lives; a dead one that nobody has waited for does not.
breathes() {
  words=Z
  { read -r words <"/proc/$1/stat"; } 2>/dev/null
  case ${words##*) } in Z*) return 1 ;; esac
}

# supervised: whether the supervisor of this run lives ($keeper is its process).
supervised() {
  keeper='' words=''
  [ -s "$home/pid" ] && read -r keeper <"$home/pid" && kill -0 "$keeper" 2>/dev/null || return 1
  { read -r words <"/proc/$keeper/cmdline"; } 2>/dev/null
  case $words in *"$home/supervisor"*) return 0 ;; *) return 1 ;; esac
}

# members HOW WHERE EXCEPT: living processes of a task in $pids; HOW is `cgroup` or `group`.
members() {
  pids=''
  if [ "$1" = cgroup ]; then
    [ -f "$2/cgroup.procs" ] || return 0
    while read -r pid; do
      [ "$pid" = "$3" ] || pids="$pids $pid"
    done <"$2/cgroup.procs"
    return 0
  fi
  # No member is left in most cases, and this asks the kernel without looking at every process.
  kill -0 "-$2" 2>/dev/null || return 0
  # shellcheck disable=SC2013
  for pid in $(sed -n "s/^\([0-9]*\) (.*) [^Z] [0-9]* $2 $2 .*/\1/p" /proc/[0-9]*/stat 2>/dev/null); do
    [ "$pid" = "$3" ] || pids="$pids $pid"
  done
}
