#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes, once, the base image of the image test: a bare Debian 12 that holds, as a package source on its own disk, the
# packages that deploy/Dockerfile installs. So the test itself needs no registry and no network. The result is
# .build/cache/base.tar.
set -eu
cd "$(dirname "$0")/../.."
. tests/deploy/debian.sh
cache=.build/cache

say() { printf 'base image: %s\n' "$*"; }

if cmp -s deploy/packages "$cache/base.packages" && [ -f "$cache/base.tar" ]; then
    say "there already"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    say "only root can make it"
    exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$PWD/$cache/base.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root

say "a bare Debian 12"
debian_bare "$root"

say "the packages of deploy/packages"
debian_lend_network "$root"
chroot "$root" apt-get -qq update
rm -f "$root"/var/cache/apt/archives/*.deb
sed '/^#/d' deploy/packages | DEBIAN_FRONTEND=noninteractive xargs \
    chroot "$root" apt-get -qq install --yes --no-install-recommends --download-only
mkdir "$root/srv/packages"
mv "$root"/var/cache/apt/archives/*.deb "$root/srv/packages/"
(cd "$root/srv/packages" && apt-ftparchive packages . >Packages)

# What was lent goes; the packages on the disk are the only source.
rm -rf "$root"/etc/apt/apt.conf.d/99lent "$root"/etc/ssl/lent.crt
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list"
: >"$root/etc/resolv.conf"
: >"$root/etc/hosts"

tar -C "$root" --numeric-owner -cf "$work/base.tar" .
mv "$work/base.tar" "$cache/base.tar"
cp deploy/packages "$cache/base.packages"
say "$(du -h "$cache/base.tar" | cut -f 1)"
