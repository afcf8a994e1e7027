#!/bin/sh
# Sets up what this machine lacks. The Makefile calls it from the root of the tree.
#
#   setup.sh run   .venv with supvisors and what it needs to run
#   setup.sh dev   the same, with the tools of `make check` and `make test`
#   setup.sh cpp   a C++ compiler, CMake and what the C++ client and example are built with;
#                  clang and valgrind, without which the checks with them are left out
#   setup.sh java  a JDK of Java 17 or newer and Maven, for the Java client
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
    for tool in g++ cmake make pkg-config; do
        command -v $tool >/dev/null || return 1
    done
    printf '#include <%s>\n' zmq.hpp nlohmann/json.hpp doctest/doctest.h |
        g++ -E -x c++ - >/dev/null 2>&1
}

# clang with the libraries of its sanitizers and of libFuzzer, which Debian keeps apart.
has_clang() {
    echo 'int main() {}' |
        clang++ -fsanitize=address,undefined -x c++ - -o /dev/null >/dev/null 2>&1
}

install_clang() {
    debian clang &&
        debian "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
}

has_java() {
    command -v mvn >/dev/null && javac --release 17 --version >/dev/null 2>&1
}

case ${1:-} in
run) install . ;;
dev) install '.[dev]' ;;
cpp)
    packages="g++ cmake make pkg-config libzmq3-dev cppzmq-dev nlohmann-json3-dev doctest-dev"
    # shellcheck disable=SC2086
    has_cpp || debian $packages && has_cpp ||
        fail "the C++ client is built with more than is here: as root run 'apt-get install $packages', then make again"
    has_clang || install_clang && has_clang ||
        say "no clang with sanitizers: the C++ client is not fuzzed, and checked with g++ alone"
    command -v valgrind >/dev/null || debian valgrind ||
        say "no valgrind: the C++ example does not run under it; as root run 'apt-get install valgrind'"
    ;;
java)
    has_java || debian openjdk-17-jdk-headless maven && has_java ||
        fail "the Java client needs JDK 17 and Maven: as root run 'apt-get install openjdk-17-jdk-headless maven', then make again"
    ;;
net)
    command -v ip >/dev/null || debian iproute2 ||
        say "no ip: the tests in network namespaces are skipped; as root run 'apt-get install iproute2'"
    ;;
*) fail "usage: setup.sh run | dev | cpp | java | net" ;;
esac
