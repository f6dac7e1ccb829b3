#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves the two commands on a machine that has nothing: sh tests/deploy/fresh.sh [root|sudo|deploy]
# In a bare Debian 12 made for it in $TMPDIR, which takes two gigabytes, from a clean copy of HEAD: `sh deploy/run` is
# started, asked and stopped twice, the second time without any network; then comes `sh tests/run`. "root" (the default)
# does it as root, "sudo" as a user with sudo, "deploy" as root without the tests. It needs root, port 8080 and the
# network, and takes as long as tests/run and a minute. Not part of tests/run.
set -eu
cd "$(dirname "$0")/../.."
. tests/deploy/debian.sh

how=${1-root}
started=$(date +%s)
say() { printf 'fresh (%s, %ds): %s\n' "$how" "$(($(date +%s) - started))" "$*"; }
die() {
    say "FAILED: $*" >&2
    exit 1
}

case $how in
root | sudo | deploy) ;;
*) die "usage: sh tests/deploy/fresh.sh [root|sudo|deploy]" ;;
esac
[ "$(id -u)" -eq 0 ] || die "only root can make a Debian"
for tool in debootstrap curl git unshare ip; do
    command -v "$tool" >/dev/null || die "$tool is not installed"
done

# Again in namespaces of its own: whatever is mounted or left running in there ends with them.
if [ -z "${FRESH_INSIDE-}" ]; then
    FRESH_INSIDE=1 exec unshare --mount --pid --fork --kill-child --mount-proc sh tests/deploy/fresh.sh "$@"
fi

work=$(mktemp -d)
root=$work/root
# What is mounted in there is unmounted first, or it would be emptied too.
trap 'umount -lR "$root" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM

say "a bare Debian 12"
debian_bare "$root"
mount --bind "$root" "$root"
debian_lend_network "$root"
mkdir "$root/srv/smestat"
git archive HEAD | tar -x -C "$root/srv/smestat"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"

user=root
if [ "$how" = sudo ]; then
    user=tester
    chroot "$root" sh -c 'apt-get -qq update && apt-get -qq install --yes --no-install-recommends sudo >/dev/null' ||
        die "no sudo to be had"
    chroot "$root" useradd --create-home "$user"
    echo "$user ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$user"
    chown -R --reference="$root/home/$user" "$root/srv/smestat"
fi

# inside COMMAND...: becomes that command in the new Debian, as the user, in the checkout, perhaps without a network.
# The new root replaces the old one, as on a machine of its own: the kernel denies things to who is in a chroot.
alone=
inside() {
    # shellcheck disable=SC2016,SC2086 # the inner shells' own "$@"; nothing or one word
    exec unshare --mount $alone sh -ec 'cd "$0" && pivot_root . . && umount -l . && exec "$@"' "$root" \
        setpriv --reuid "$user" --regid "$user" --init-groups \
        env -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 NODE_EXTRA_CA_CERTS=/etc/ssl/lent.crt \
        sh -c 'cd /srv/smestat && exec "$@"' sh "$@"
}

# serve SECONDS: deploy/run must answer within that time and end well when asked.
serve() {
    log=$work/run.log
    (inside sh deploy/run) >"$log" 2>&1 &
    daemon=$!
    deadline=$(($(date +%s) + $1))
    # Each command replaces the one before, so the process is the daemon in the end; it is asked in its own network.
    # shellcheck disable=SC2016 # the inner shell's $0
    until nsenter --target "$daemon" --net sh -c 'ip link set lo up && curl --silent --fail --max-time 5 "$0"' \
        http://127.0.0.1:8080/healthz >"$work/reply"; do
        if ! kill -0 "$daemon" 2>/dev/null || [ "$(date +%s)" -ge "$deadline" ]; then
            cat "$log" >&2
            die "sh deploy/run does not serve"
        fi
        sleep 1
    done
    kill -TERM "$daemon"
    status=0
    wait "$daemon" || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
        die "the daemon ended with exit code $status"
    fi
}

if curl --silent --max-time 5 --output /dev/null http://127.0.0.1:8080/; then die "port 8080 is taken"; fi
say "sh deploy/run"
serve 600
say "served; sh deploy/run again, without a network"
alone=--net
serve 60
alone=
say "served"

if [ "$how" != deploy ]; then
    say "sh tests/run"
    status=0
    # The closing line must be the last and alone, so the errors go another way.
    (inside sh tests/run) </dev/null >"$work/tests.log" 2>"$work/errors.log" || status=$?
    cat "$work/errors.log" "$work/tests.log"
    tail -n 1 "$work/tests.log" | grep -qE '^[0-9]+ passed, 0 failed, [0-9]+ skipped$' || die "sh tests/run"
    [ "$status" -eq 0 ] || die "sh tests/run ended with exit code $status"
    # This shell is the first process in here; the pattern is expanded by itself, without another.
    for process in /proc/[0-9]*; do
        [ "$process" = "/proc/$$" ] || die "left behind: $(tr '\0' ' ' <"$process/cmdline")"
    done
fi
say "passed"
