#!/bin/sh
# Becomes process 1 of a lab host. Runs in fresh mount, process, uts, ipc and cgroup namespaces; the
# disk is mounted at LAB_DIR/merged by the keeper.
set -eu
root=$LAB_DIR/merged

mount -t proc proc "$root/proc" -o nosuid,nodev,noexec
mount -t sysfs sysfs "$root/sys" -o ro,nosuid,nodev,noexec
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" -o nosuid,nodev,noexec
mount -t tmpfs tmpfs "$root/run" -o mode=755,nosuid,nodev
mount -t tmpfs tmpfs "$root/tmp" -o mode=1777,nosuid,nodev
mount -t tmpfs tmpfs "$root/dev" -o mode=755,nosuid,size=64k

# Own device nodes. With the machine's bound here, a service's chmod of its terminal would change
# the machine's own /dev/null.
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
	numbers=${node#*:}
	mknod -m 666 "$root/dev/${node%%:*}" c "${numbers%:*}" "${numbers#*:}"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666,mode=620,gid=5
mount -t tmpfs tmpfs "$root/dev/shm" -o mode=1777,nosuid,nodev
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"

# Kernel settings are the machine's: a host may read them, and change only those of its network.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind "$root/dev/null" "$root/proc/sysrq-trigger"
cat /proc/sys/kernel/random/uuid >"$root/run/boot_id"
mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"

mount --bind "$LAB_REPO" "$root/srv/labrepo"
mount -o remount,bind,ro "$root/srv/labrepo"

hostname "$LAB_NAME"
mkdir "$root/run/sshd"
init=$LAB_INIT
cd "$root"
mkdir -p run/old
pivot_root . run/old
umount -l /run/old
rmdir /run/old

exec </dev/null
# shellcheck disable=SC2086
exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-syslog,-mac_admin,-mac_override,-mknod,-wake_alarm,-block_suspend \
	$init
