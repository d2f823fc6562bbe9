#!/bin/sh
# Installs what building Sedge needs and is missing: the C libraries that Package.swift names, and pkg-config.
# Says nothing and needs no network where all is there. Swift itself is not installed, only asked for.
set -eu
cd "$(dirname "$0")/.."
needed=6.2

fail() {
  echo "$1" >&2
  exit 1
}

# Column 1, 2 or 3 of Package.swift's libraries and of libhdf5, which is not linked: pkg-config's, apt's or Homebrew's name.
libraries() {
  {
    echo hdf5 libhdf5-dev hdf5
    sed -n 's/^ *library(".*pkgConfig: "\([^"]*\)", apt: "\([^"]*\)", brew: "\([^"]*\)").*/\1 \2 \3/p' Package.swift
  } | cut -d ' ' -f "$1"
}

# The version is the first "Swift version X.Y" that the compiler prints.
check_swift() {
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  if ! printf '%s\n%s\n' "$needed" "${found:-0}" | sort -C -t . -k 1,1n -k 2,2n; then
    fail "Sedge needs Swift $needed or newer, found ${found:-none}: get it from https://www.swift.org/install"
  fi
}

all_there() {
  command -v pkg-config >/dev/null || return 1
  # Homebrew keeps some libraries away from the common folders.
  if command -v brew >/dev/null; then
    for name in $(libraries 3); do
      PKG_CONFIG_PATH="$(brew --prefix)/opt/$name/lib/pkgconfig:${PKG_CONFIG_PATH:-}"
    done
    export PKG_CONFIG_PATH
  fi
  # shellcheck disable=SC2046 # names are words
  pkg-config --exists $(libraries 1)
}

install() {
  if command -v apt-get >/dev/null; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    names="pkg-config $(libraries 2 | tr '\n' ' ')"
    echo "installing $names" >&2
    apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
    # The output is shown only where something went wrong.
    log=$(mktemp)
    if ! { $apt update && $apt install -y --no-install-recommends $names; } >"$log" 2>&1; then
      cat "$log" >&2
      fail "these packages could not be installed: $names"
    fi
    rm -f "$log"
  elif command -v brew >/dev/null; then
    # shellcheck disable=SC2046 # names are words
    brew install --quiet pkgconf $(libraries 3) >&2
  else
    fail "no apt-get or brew here: install pkg-config and what it knows as $(libraries 1 | tr '\n' ' ')"
  fi
}

[ "$(libraries 1 | wc -l)" -eq $(($(grep -c '^ *library("' Package.swift) + 1)) ] ||
  fail "Scripts/install-dependencies.sh cannot read the libraries of Package.swift"
check_swift
all_there || install
all_there || fail "still missing after the installation: see pkg-config --exists --print-errors $(libraries 1 | tr '\n' ' ')"
