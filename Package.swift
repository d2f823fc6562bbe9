// swift-tools-version: 6.2
import PackageDescription

/// How every Swift target here is compiled. Warnings are errors where `CI` is set.
let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// A C library of the system: its module map and shims are in `Sources/NAME`.
func library(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

/// A Swift module; `tests` adds the test target beside it.
func module(_ name: String, _ dependencies: [Target.Dependency], tests: Bool = true) -> [Target] {
  var targets: [Target] = [.target(name: name, dependencies: dependencies, swiftSettings: settings)]
  if tests {
    targets.append(
      .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        swiftSettings: settings))
  }
  return targets
}

let package = Package(
  name: "sedge",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "SedgeTensor", targets: ["SedgeTensor"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
  ],
  targets: [
    library("CHDF5", pkgConfig: "hdf5", apt: "libhdf5-dev", brew: "hdf5"),
    library("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev", brew: "zstd"),
    library("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev", brew: "protobuf-c"),
    library("CXXHash", pkgConfig: "libxxhash", apt: "libxxhash-dev", brew: "xxhash"),
    library("CLibPNG", pkgConfig: "libpng", apt: "libpng-dev", brew: "libpng"),
    library("CTurboJPEG", pkgConfig: "libturbojpeg", apt: "libturbojpeg0-dev", brew: "jpeg-turbo"),
    library("CFreeType", pkgConfig: "freetype2", apt: "libfreetype-dev", brew: "freetype"),
  ]
    + [.target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings)]
    + module("SedgeTensor", [])
    + module("SedgeArchitecture", ["SedgeTensor"])
    + [.target(name: "CSedgeSchema", dependencies: ["CProtobufC"])]
    + module("SedgeQuantization", ["SedgeTensor"])
    + module(
      "SedgeContainer",
      [
        "SedgeTensor", "SedgeArchitecture", "SedgeQuantization", "CZstd", "CXXHash", "CProtobufC",
        "CSedgeSchema",
      ])
)
