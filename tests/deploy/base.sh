#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes, once, the base image of the image and package tests: a Debian 12 that has the packages of deploy/packages, as
# deploy/Dockerfile installs them. So the tests themselves need no registry and no network. The result is
# .build/cache/base.tar.
set -eu
cd "$(dirname "$0")/../.."
. tests/deploy/debian.sh
cache=.build/cache

say() { printf 'base image: %s\n' "$*"; }

made_from() { cat deploy/packages tests/deploy/base.sh tests/deploy/debian.sh; }

if made_from | cmp -s - "$cache/base.made_from" && [ -f "$cache/base.tar" ]; then
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

say "the packages of deploy/packages, and libunistring-dev"
debian_lend_network "$root"
chroot "$root" apt-get -qq update
sed '/^#/d' deploy/packages | DEBIAN_FRONTEND=noninteractive xargs \
    chroot "$root" apt-get -qq install --yes --no-install-recommends libunistring-dev >/dev/null

# What was lent goes, and what only takes room.
rm -rf "$root"/etc/apt/apt.conf.d/99lent "$root"/etc/ssl/lent.crt
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb
rm -rf "$root"/usr/share/locale "$root"/usr/share/doc/*/changelog* "$root"/usr/share/man
: >"$root/etc/apt/sources.list"
: >"$root/etc/resolv.conf"
: >"$root/etc/hosts"

tar -C "$root" --numeric-owner -cf "$work/base.tar" .
mv "$work/base.tar" "$cache/base.tar"
made_from >"$cache/base.made_from"
say "$(du -h "$cache/base.tar" | cut -f 1)"
