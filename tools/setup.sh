#!/bin/sh
# Sets up what this machine lacks. The Makefile calls it from the root of the tree.
#
#   setup.sh run   .venv with supvisors and what it needs to run
#   setup.sh dev   the same, with the tools of `make check` and `make test`
#   setup.sh cpp   a C++ compiler and the headers of libzmq, for the C++ example
#   setup.sh net   ip, for the tests in network namespaces, which are skipped without it
#
# Packages come from wherever pip and apt-get of this machine are told to look. A Debian
# package is installed only when it is missing and only by root; otherwise one line says what
# is needed.
set -eu

PYTHON=${PYTHON:-python3}
VENV=.venv

say() { echo "setup: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

# debian PACKAGE...: installs them; fails when this is no Debian or the user is not root.
debian() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
    say "installing $* with apt-get"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    apt-get update -qq </dev/null >/dev/null &&
        apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null
}

# Debian keeps a part of the module venv in a package of its own, which may be missing.
venv_of_python() {
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV" >/dev/null 2>&1
}

venv_of_virtualenv() {
    rm -rf "$VENV"
    "$PYTHON" -m pip --version >/dev/null 2>&1 || return 1
    say "no module venv here: taking virtualenv with pip"
    "$PYTHON" -m pip install --quiet --target "$VENV.tmp" virtualenv &&
        PYTHONPATH="$VENV.tmp" "$PYTHON" -m virtualenv --quiet "$VENV" && made=0 || made=1
    rm -rf "$VENV.tmp"
    return $made
}

make_venv() {
    "$VENV/bin/python" -m pip --version >/dev/null 2>&1 && return
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "$PYTHON is not Python 3.11 or newer: name one that is, as in 'make PYTHON=python3.11 demo'"
    say "making $VENV"
    venv_of_python || { debian python3-venv && venv_of_python; } || venv_of_virtualenv ||
        fail "$PYTHON cannot make a virtual environment: as root run 'apt-get install python3-venv', then make again"
}

# install WHAT: the tree itself, editable, with what it depends on.
install() {
    make_venv
    say "installing $1 into $VENV with pip"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$1" ||
        fail "pip could not install (see above): check the network or pip's configuration, then make again"
}

has_cpp() {
    command -v g++ >/dev/null && echo '#include <zmq.h>' | g++ -E -x c++ - >/dev/null 2>&1
}

case ${1:-} in
run) install . ;;
dev) install '.[dev]' ;;
cpp)
    has_cpp || debian g++ libzmq3-dev && has_cpp ||
        fail "the C++ example needs a compiler and libzmq: as root run 'apt-get install g++ libzmq3-dev', then make again"
    ;;
net)
    command -v ip >/dev/null || debian iproute2 ||
        say "no ip: the tests in network namespaces are skipped; as root run 'apt-get install iproute2'"
    ;;
*) fail "usage: setup.sh run | dev | cpp | net" ;;
esac
