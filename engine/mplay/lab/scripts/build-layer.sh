#!/bin/sh
# Installs a role over the base and leaves what it added in UPPER. Runs in its own mount and
# process namespaces, so that every mount vanishes with it.
#   build-layer.sh BASE UPPER WORK REPO FILES SHOP_VERSION|- PACKAGE...
# APT_CONFIG names the configuration with which apt reaches Debian's archive and writes to
# WORK/merged.
set -eu
base=$1
upper=$2
work=$3
repo=$4
files=$5
shop=$6
shift 6

merged=$work/merged
mkdir -p "$merged" "$work/overlay"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$upper,workdir=$work/overlay" "$merged"
mount -t proc proc "$merged/proc"
mount -t tmpfs tmpfs "$merged/tmp" -o mode=1777
mount -t tmpfs tmpfs "$merged/run" -o mode=755
mount -t tmpfs tmpfs "$merged/var/cache/apt"
mkdir -p "$merged/var/cache/apt/archives/partial"
mount -t tmpfs tmpfs "$merged/dev" -o mode=755
for node in null:3 zero:5 full:7 random:8 urandom:9; do
	mknod -m 666 "$merged/dev/${node%:*}" c 1 "${node#*:}"
done
ln -s /proc/self/fd "$merged/dev/fd"
printf '#!/bin/sh\nexit 101\n' >"$merged/usr/sbin/policy-rc.d"
chmod 755 "$merged/usr/sbin/policy-rc.d"

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt-get -q -y --no-install-recommends install "$@"

# From here on the host's own apt with the lab's repository: what it knows then is what a new host
# knows.
unset APT_CONFIG
mount --bind "$repo" "$merged/srv/labrepo"
chroot "$merged" apt-get -q update
[ "$shop" = - ] || chroot "$merged" apt-get -q -y install "shop=$shop"
umount "$merged/srv/labrepo"

rm -f "$merged/usr/sbin/policy-rc.d" "$merged/etc/nginx/sites-enabled/default"
cp -R "$files/." "$merged/"
for program in "$files"/usr/local/bin/*; do
	[ ! -e "$program" ] || chmod 755 "$merged/usr/local/bin/${program##*/}"
done
rm -rf "$merged/var/log/apt" "$merged/var/log/dpkg.log"
touch "$merged/etc/.updated" "$merged/var/.updated"
umount "$merged/dev" "$merged/var/cache/apt" "$merged/run" "$merged/tmp" "$merged/proc" "$merged"
