#!/usr/bin/env bash
# Makes what is downloaded: a tar, a package of Debian, their SBOM and SHA256SUMS, in dist/: `make dist`.
#
#     Scripts/dist.sh [FOLDER]
#
# The command and libsedge have Swift's runtime and the C libraries inside and run on any Linux of the same processor with the glibc
# that docs/installing.md names. Same objects, same commit: same bytes. Needs Debian or Ubuntu.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=$(realpath -m "${1:-dist}")
version=$(sed -n 's/^public let sedgeVersion = "\(.*\)"$/\1/p' Sources/*/*.swift)
abi=$(sed -n 's/^#define SEDGE_ABI_VERSION //p' Sources/CSedge/include/sedge.h)
export SEDGE_COMMIT=${SEDGE_COMMIT-$(Scripts/source-commit.sh)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export LC_ALL=C TZ=UTC
umask 022

# The version of the one Swift package, which SwiftPM would choose anew.
swift package --quiet resolve
swift package --quiet resolve swift-argument-parser --version 1.8.2
work=$PWD/.build/dist
rm -rf "$work/stage" "$work/static" "$work/package"
Scripts/build-library.sh --static "$work/built"

# The tar: a folder that works wherever it lies.
name=sedge-$version-linux-$(uname -m)
stage=$work/stage/$name
Scripts/install.sh install "$work/built/sedge" "$stage"
Scripts/install-library.sh install "$work/built" "$stage"
# shellcheck disable=SC2016 # pkg-config's variable
sed -i 's|^prefix=.*|prefix=${pcfiledir}/../..|' "$stage/lib/pkgconfig/sedge.pc"
documents=$stage/share/doc/sedge
mkdir -p "$documents" "$dist"
cp LICENSE THIRD-PARTY.md CHANGELOG.md "$documents"
python3 Scripts/bill-of-materials.py "$work/built" "$stage" bin/sedge "lib/libsedge.so.$version" lib/sedge/libturbojpeg.so.0 \
  --version "$version" --commit "$SEDGE_COMMIT" --epoch "$SOURCE_DATE_EPOCH" --licences "$documents/licences" --output "$documents/sedge.spdx.json"
pack() { # folder of the folder, tar
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu -C "$1" -cf - "$name" | gzip -9n > "$2"
}
pack "$work/stage" "$dist/$name.tar.gz"
cp "$documents/sedge.spdx.json" "$dist/sedge-$version.spdx.json"

# The static library, which few need and which is as large as all else: a tar for the same folder.
install -D -m 644 "$work/built/libsedge.a" "$work/static/$name/lib/libsedge.a"
pack "$work/static" "$dist/libsedge-$version-static-linux-$(uname -m).tar.gz"

# The package: the same files where Debian has them.
root=$work/package
mkdir -p "$root/DEBIAN" "$root/usr"
cp -a "$stage/." "$root/usr"
sed -i 's|^prefix=.*|prefix=/usr|' "$root/usr/lib/pkgconfig/sedge.pc"
mkdir -p "$root/usr/share/zsh/vendor-completions"
mv "$root/usr/share/zsh/site-functions/_sedge" "$root/usr/share/zsh/vendor-completions/_sedge"
rmdir "$root/usr/share/zsh/site-functions"
gzip -9n "$root"/usr/share/man/man1/*.1
documents=$root/usr/share/doc/sedge
mv "$documents/CHANGELOG.md" "$documents/changelog"
{
  printf 'sedge (%s-1) unstable; urgency=medium\n\n  * Release %s; the changes are in changelog.gz.\n\n' "$version" "$version"
  printf ' -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' Packaging/debian/control)" "$(date -R -d "@$SOURCE_DATE_EPOCH")"
} > "$documents/changelog.Debian"
gzip -9n "$documents/changelog" "$documents/changelog.Debian"
{
  cat "$documents/LICENSE"
  printf '\nInside are, under their licences, whose texts are in licences/:\n\n'
  grep -v '^#' Packaging/licences.tsv | awk -F '\t' '{ printf "  %-22s %s\n", $1, $2 }'
  printf '\nDebian has Apache-2.0, GPL-3 and LGPL-2.1 in /usr/share/common-licenses, too.\n'
} > "$documents/copyright"
rm "$documents/LICENSE"
# A completion is sourced, not run.
sed -i '1{/^#!/d}' "$root/usr/share/bash-completion/completions/sedge"
install -D -m 644 Packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/sedge"
install -m 644 -t "$root/DEBIAN" Packaging/debian/triggers
echo "libsedge $abi sedge (>= $version)" > "$root/DEBIAN/shlibs"
# The newest version of glibc that a symbol needs.
glibc=$(objdump -T "$root/usr/bin/sedge" "$root/usr/lib/libsedge.so" "$root/usr/lib/sedge/libturbojpeg.so.0" \
  | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
# In KiB, each file, link and folder rounded up, as dpkg-gencontrol counts.
size=$(find "$root/usr" -printf '%y %s\n' | awk '{ sum += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print sum }')
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" -e "s/@GLIBC@/${glibc#GLIBC_}/" \
  -e "s/@SIZE@/$size/" Packaging/debian/control > "$root/DEBIAN/control"
(cd "$root" && find usr -type f | sort | xargs md5sum) > "$root/DEBIAN/md5sums"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$root" "$dist/sedge_$version-1_$(dpkg --print-architecture).deb" > /dev/null

# The wheel, with the command and the library of the tar.
rm -f "$dist"/sedge-*.whl
python=${PYTHON:-python3}
if "$python" -m pip download --quiet --no-deps --dest "$work/pip" "setuptools>=70.1" > /dev/null 2>&1; then
  Scripts/build-wheel.sh "$stage" "$dist" > /dev/null
else
  echo "dist: no wheel: $python has no pip, or no index of packages in reach"
fi

cd "$dist"
shopt -s nullglob
sha256sum "$name.tar.gz" "libsedge-$version-static-linux-$(uname -m).tar.gz" "sedge_$version-1"_*.deb "sedge-$version.spdx.json" sedge-*.whl > SHA256SUMS
ls -l
