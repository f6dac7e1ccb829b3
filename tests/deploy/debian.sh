# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2016 # $(NAME) in the formats is for apt
# Makes a bare Debian 12, to be read into a script with ".". It takes packages from where this machine takes them.

# debian_bare ROOT: nothing but what debootstrap puts there.
debian_bare() {
    mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
        sed -n '/^bookworm /{s///p;q}')
    debootstrap --variant=minbase bookworm "$1" "${mirror:-http://deb.debian.org/debian}" >"$1.log" 2>&1 || {
        tail -n 20 "$1.log" >&2
        return 1
    }
    rm -f "$1.log"
}

# debian_lend_network ROOT: names, mirrors, proxies and certificates of this machine, for commands run inside.
debian_lend_network() {
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        grep -E '^deb [^ ]+ bookworm(-updates|-security)? main$' | sort -u >"$1/etc/apt/sources.list"
    apt-config dump Acquire | grep -iE 'proxy|check-(valid|date)|verify|cainfo' >"$1/etc/apt/apt.conf.d/99lent" || true
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
        mkdir -p "$1/etc/ssl"
        cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/lent.crt"
    fi
}
