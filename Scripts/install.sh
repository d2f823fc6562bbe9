#!/usr/bin/env bash
# Installs the built program with its manual pages and completions, or removes them: `make install`, `make uninstall`.
#
#     Scripts/install.sh install|uninstall BINARY PREFIX
set -euo pipefail
action=$1 binary=$2 prefix=$3

man=$prefix/share/man/man1
bash=$prefix/share/bash-completion/completions/sedge
zsh=$prefix/share/zsh/site-functions/_sedge
fish=$prefix/share/fish/vendor_completions.d/sedge.fish

case $action in
install)
  install -D -m 755 "$binary" "$prefix/bin/sedge"
  mkdir -p "$man" "$(dirname "$bash")" "$(dirname "$zsh")" "$(dirname "$fish")"
  "$binary" manual > "$man/sedge.1"
  for command in $("$binary" manual --list); do "$binary" manual "$command" > "$man/sedge-$command.1"; done
  "$binary" --generate-completion-script bash > "$bash"
  "$binary" --generate-completion-script zsh > "$zsh"
  "$binary" --generate-completion-script fish > "$fish"
  chmod 644 "$man"/sedge.1 "$man"/sedge-*.1 "$bash" "$zsh" "$fish"
  ;;
uninstall)
  rm -f "$prefix/bin/sedge" "$man/sedge.1" "$man"/sedge-*.1 "$bash" "$zsh" "$fish"
  ;;
*)
  echo "usage: $0 install|uninstall BINARY PREFIX" >&2
  exit 64
  ;;
esac
