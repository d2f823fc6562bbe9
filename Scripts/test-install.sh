#!/usr/bin/env bash
# Installs into an empty folder and looks at what is there: the program runs, every manual page is without a fault and no
# wider than 80 columns, completions complete files and values in each shell that this machine has.
#
#     Scripts/test-install.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-.build/release/sedge}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "test-install: $1" >&2; exit 1; }

make --silent install BINARY="$binary" PREFIX=/usr DESTDIR="$folder"
sedge=$folder/usr/bin/sedge
"$sedge" --version > /dev/null
share=$folder/usr/share

# libhdf5 is loaded for HDF5 files alone, and one that cannot be used is an error of one line.
if [[ $(uname) == Linux ]] && ! grep -q libhdf5 <(ldd "$sedge") && grep -q libhdf5_serial "$sedge"; then
  mkdir "$folder/wrong"
  for name in libhdf5_serial.so.103 libhdf5.so.103 libhdf5_serial.so libhdf5.so; do echo "no library" > "$folder/wrong/$name"; done
  LD_LIBRARY_PATH=$folder/wrong "$sedge" --version > /dev/null
  said=$(LD_LIBRARY_PATH=$folder/wrong "$sedge" inspect Fixtures/shapes/sed_shapes.h5 2>&1 || true)
  grep -q "libhdf5, which reads HDF5, cannot be loaded" <<< "$said" || fail "with a wrong libhdf5: $said"
elif [[ $(uname) == Linux ]]; then
  grep -q libhdf5 <(ldd "$sedge") && fail "libhdf5 is loaded at every start"
fi

for command in "" $("$sedge" manual --list); do
  page=$share/man/man1/sedge${command:+-$command}.1
  [[ -s $page ]] || fail "no page of ${command:-sedge}"
  if command -v mandoc > /dev/null; then
    # Pages of other commands are not installed where mandoc looks for them.
    faults=$(mandoc -T lint -W style "$page" | grep -v "referenced manual not found" || true)
    [[ -z $faults ]] || fail "$faults"
    mandoc -T ascii -O width=80 "$page" | col -b | awk -v page="$page" 'length > 80 { print page ": " $0; bad = 1 } END { exit bad }' \
      || fail "a page is wider than 80 columns"
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" EXAMPLES "SEE ALSO"; do
      grep -q "^.Sh $section$" "$page" || fail "$page has no section $section"
    done
  fi
done

# In an empty folder with a model, a picture and a folder.
mkdir "$folder/models" "$folder/models/pictures"
touch "$folder/models/model.sedge" "$folder/models/street.jpg"
cd "$folder/models"
export PATH="$folder/usr/bin:$PATH"

expect() { # shell, command line, words that must be offered
  local shell=$1 line=$2 offered
  shift 2
  offered=$(complete_"$shell" "$line") || true
  for word in "$@"; do
    grep -qxF -- "$word" <<< "$offered" || fail "$shell: '$line' offers no $word, but: $(tr '\n' ' ' <<< "$offered")"
  done
}

complete_bash() {
  COMPLETION=$share/bash-completion/completions/sedge LINE=$1 bash --norc -c '
    source "$COMPLETION"
    COMP_LINE=$LINE COMP_POINT=${#LINE}
    read -ra COMP_WORDS <<< "$LINE"
    [[ $LINE == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    function=$(complete -p sedge | sed -E "s/.*-F ([^ ]+).*/\1/")
    "$function" sedge "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2> /dev/null
    printf "%s\n" "${COMPREPLY[@]}" | sed "s/ $//"'
}

complete_fish() {
  fish --no-config -c "source $share/fish/vendor_completions.d/sedge.fish; complete --do-complete '$1'" | cut -f 1 | sed 's|/$||'
}

for shell in bash fish; do
  command -v "$shell" > /dev/null || continue
  expect "$shell" "sedge " inspect convert verify segment
  expect "$shell" "sedge inspect " model.sedge
  expect "$shell" "sedge convert --store " raw zstd
  expect "$shell" "sedge bench model.sedge --compute " f32 int8
  expect "$shell" "sedge segment model.sedge s" street.jpg
done

# What becomes of a line that a key completes, in a zsh on a terminal of its own.
complete_zsh() {
  FUNCTIONS=$share/zsh/site-functions zsh -f -c '
    zmodload zsh/zpty
    read_until() { local piece; while zpty -r shell piece; do print -r -- "$piece"; [[ $piece == $1* ]] && break; done }
    zpty shell zsh -f -i
    zpty -w shell "PROMPT=; fpath=($FUNCTIONS \$fpath); autoload -U compinit; compinit -u -D; print READY"
    read_until READY > /dev/null
    zpty -w -n shell "$1"$'"'\t'"'
    sleep 2
    zpty -w -n shell $'"'\C-a: \C-e\n'"'
    zpty -w shell "print END"
    read_until END
    zpty -d shell' zsh "$1"
}

if command -v zsh > /dev/null; then
  for line in "sedge conv|sedge convert" "sedge inspect mod|inspect model.sedge" "sedge convert --store r|--store raw"; do
    found=$(complete_zsh "${line%|*}")
    grep -qF -- "${line#*|}" <<< "$found" || fail "zsh: '${line%|*}' is not completed to ${line#*|}"
  done
fi
cd - > /dev/null

make --silent uninstall BINARY="$binary" PREFIX=/usr DESTDIR="$folder"
[[ -z $(find "$folder/usr" -type f) ]] || fail "uninstall leaves $(find "$folder/usr" -type f)"
echo "test-install: program, manual pages and completions are installed, work, and are removed"
