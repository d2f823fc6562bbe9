#!/usr/bin/env bash
# Installs libsedge for C and C++ with its headers, for pkg-config and CMake, or removes it: `make install-library`,
# `make uninstall-library`.
#
#     Scripts/install-library.sh install|uninstall FOLDER-OF-LIBRARY PREFIX [DESTDIR]
set -euo pipefail
cd "$(dirname "$0")/.."
action=$1 built=$2 prefix=$3 root=${4:-}$3
version=$(sed -n 's/^public let sedgeVersion = "\(.*\)"$/\1/p' Sources/*/*.swift)
abi=$(sed -n 's/^#define SEDGE_ABI_VERSION //p' Sources/CSedge/include/sedge.h)
jpeg=libturbojpeg.so.0
files=(
  "lib/libsedge.so.$version" "lib/libsedge.so.$abi" lib/libsedge.so include/sedge.h include/sedge.hpp
  "lib/sedge/$jpeg" lib/pkgconfig/sedge.pc lib/cmake/Sedge/SedgeConfig.cmake lib/cmake/Sedge/SedgeConfigVersion.cmake
)

case $action in
install)
  install -D -m 644 "$built/libsedge.so.$version" "$root/lib/libsedge.so.$version"
  ln -sf "libsedge.so.$version" "$root/lib/libsedge.so.$abi"
  ln -sf "libsedge.so.$abi" "$root/lib/libsedge.so"
  # Only libraries of `make dist` have it.
  [[ ! -f $built/$jpeg ]] || install -D -m 644 -t "$root/lib/sedge" "$built/$jpeg"
  install -D -m 644 -t "$root/include" Sources/CSedge/include/sedge.h Sources/CSedge/include/sedge.hpp
  mkdir -p "$root/lib/pkgconfig" "$root/lib/cmake/Sedge"
  cat > "$root/lib/pkgconfig/sedge.pc" <<EOF
prefix=$prefix

Name: sedge
Description: SED (open-vocabulary segmentation) and CLIP with a ConvNeXt
Version: $version
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib -lsedge
Libs.private: -lstdc++ -lm
EOF
  cat > "$root/lib/cmake/Sedge/SedgeConfig.cmake" <<EOF
# Sedge::sedge: libsedge with its headers.
get_filename_component(_sedge_prefix "\${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET Sedge::sedge)
  add_library(Sedge::sedge SHARED IMPORTED)
  set_target_properties(Sedge::sedge PROPERTIES
    IMPORTED_LOCATION "\${_sedge_prefix}/lib/libsedge.so.$version"
    IMPORTED_SONAME "libsedge.so.$abi"
    INTERFACE_INCLUDE_DIRECTORIES "\${_sedge_prefix}/include")
endif()
unset(_sedge_prefix)
EOF
  cat > "$root/lib/cmake/Sedge/SedgeConfigVersion.cmake" <<EOF
set(PACKAGE_VERSION "$version")
# Before 1.0 a minor version can change the interface.
string(REGEX MATCH "^[0-9]+\\\\.[0-9]+" _sedge_series "\${PACKAGE_FIND_VERSION}")
if(NOT PACKAGE_FIND_VERSION OR
   ("$version" MATCHES "^\${_sedge_series}\\\\." AND NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION))
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_FIND_VERSION STREQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
EOF
  ;;
uninstall)
  for file in "${files[@]}"; do rm -f "$root/$file"; done
  rmdir --ignore-fail-on-non-empty "$root/lib/cmake/Sedge" "$root/lib/sedge" 2> /dev/null || true
  ;;
*)
  echo "usage: $0 install|uninstall FOLDER-OF-LIBRARY PREFIX [DESTDIR]" >&2
  exit 64
  ;;
esac
