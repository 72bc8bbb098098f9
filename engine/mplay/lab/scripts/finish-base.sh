#!/bin/sh
# Makes a fresh Debian tree ROOT the base of all lab hosts; FILES is copied over it.
#   finish-base.sh ROOT FILES        The password of `nosudo` comes on standard input.
set -eu
root=$1
files=$2
read -r password

rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/etc/resolv.conf" \
	"$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"/* \
	"$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
rm -rf "$root/var/lib/apt/lists" "$root/var/cache/apt/archives"
mkdir -p "$root/var/lib/apt/lists/partial" "$root/var/cache/apt/archives/partial" "$root/srv/labrepo"
: >"$root/etc/machine-id"

cp -R "$files/." "$root/"
chown -R root:root "$root/etc/ssh/sshd_config.d" "$root/etc/sudoers.d" "$root/etc/apt" "$root/etc/dpkg"
chmod 440 "$root/etc/sudoers.d/lab"

chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash ops
chroot "$root" useradd --create-home --uid 1001 --shell /bin/bash nosudo
printf 'nosudo:%s\n' "$password" | chroot "$root" chpasswd

# Nothing may change a host at rest, and nothing may fail for want of a terminal or a session
# manager: logging in is faster without pam_systemd too.
for unit in apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service \
	dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer logrotate.timer \
	man-db.timer systemd-tmpfiles-clean.timer console-getty.service user@.service; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -f "$root/etc/systemd/system/getty.target.wants"/*
sed -i /pam_systemd/d "$root/etc/pam.d/common-session"

# The marks of systemd-update-done: without them each host would do the work of its first boot.
touch "$root/etc/.updated" "$root/var/.updated"
