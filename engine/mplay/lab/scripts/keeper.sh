#!/bin/sh
# Keeps one host: holds its network and its mounted disk, and starts its init again when it asks
# for a reboot. Runs in the cgroup LAB_CGROUP/keeper, in its own network and mount namespaces; the
# init is in LAB_CGROUP/host.
# Environment: LAB_NAME LAB_DIR LAB_LOWER LAB_DISK LAB_ADDRESS LAB_CGROUP LAB_REPO LAB_BOOT LAB_INIT
set -eu
mkdir -p "$LAB_DIR/merged"
mount -t overlay overlay \
	-o "lowerdir=$LAB_LOWER,upperdir=$LAB_DISK/upper,workdir=$LAB_DISK/work" "$LAB_DIR/merged"

# The controller gives this network its link and then sends a line.
echo $$
read -r _
exec </dev/null >>"$LAB_DIR/console.log" 2>&1
ip link set lo up
ip addr add "$LAB_ADDRESS/16" dev eth0
ip link set eth0 up

while :; do
	time_namespace=
	if [ -e /proc/self/ns/time ]; then
		read -r uptime _ </proc/uptime
		time_namespace="--time --boottime -${uptime%.*}"
	fi
	code=0
	# The cgroup must be entered before its namespace is made: it becomes the root of it.
	# shellcheck disable=SC2086
	sh -c 'echo $$ >"$LAB_CGROUP/host/cgroup.procs" && exec "$@"' boot \
		unshare $time_namespace --mount --pid --uts --ipc --cgroup --fork --kill-child=KILL \
		sh "$LAB_BOOT" || code=$?
	# reboot(2) in a process namespace ends its init with SIGHUP, halt and poweroff with SIGINT.
	[ "$code" = 129 ] || exit 0
done
