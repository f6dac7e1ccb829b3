# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# How tests get what is not installed, once, into .build. To be sourced at the project's root, by what has a `say`.

# install_from_npm NAME: the packages of tests/NAME into .build/NAME, those of the lock file, without their scripts.
install_from_npm() {
    if cmp -s "tests/$1/package-lock.json" ".build/$1/installed"; then return 0; fi
    say "packages of tests/$1 from npm"
    mkdir -p ".build/$1" &&
        cp "tests/$1/package.json" "tests/$1/package-lock.json" ".build/$1/" &&
        npm ci --loglevel=error --prefix ".build/$1" --ignore-scripts --no-audit --no-fund --no-update-notifier &&
        cp "tests/$1/package-lock.json" ".build/$1/installed"
}

# unpack PACKAGE...: programs only, each package's files in .build/cache/PACKAGE: once installed, each would serve a port
# from then on. Their libraries stand in a list of packages. Where apt's lists are missing or too old, a set of our own is
# fetched, which takes no rights.
unpack() {
    for package in "$@"; do
        if [ -d ".build/cache/$package" ]; then continue; fi
        say "$package from Debian, not installed"
        work=.build/cache/$package.tmp
        rm -rf "$work"
        mkdir -p "$work/lists/partial" "$work/archives/partial" &&
            (cd "$work" && download "$package" && dpkg-deb --extract "$package"_*.deb files) &&
            mv "$work/files" ".build/cache/$package" &&
            rm -rf "$work" || return 1
    done
}

download() {
    set -- -qq -o APT::Sandbox::User=root download "$1"
    if apt-get "$@" 2>/dev/null; then return 0; fi
    set -- -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache=$PWD" "$@"
    apt-get -qq -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache=$PWD" update && apt-get "$@"
}
