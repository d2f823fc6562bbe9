// swift-tools-version: 6.2
import PackageDescription

/// How a Swift target is compiled in which every line handles pointers of a caller: marks at the unsafe ones would say nothing.
/// Warnings are errors where `CI` is set.
let pointerSettings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// How every other Swift target here is compiled.
let settings = pointerSettings + [.strictMemorySafety()]

/// The commit of the source, for builds that say it (`Scripts/source-commit.sh`).
///
/// SwiftPM keeps what a manifest or a plugin found out while neither its text nor the environment changes: a commit that they
/// looked up would be an older one after the next.
let commit = Context.environment["SEDGE_COMMIT"].flatMap { $0.isEmpty ? nil : $0 }

/// A C library of the system: its module map and shims are in `Sources/NAME`.
func library(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

/// A Swift module; `tests` adds the test target beside it.
func module(
  _ name: String, _ dependencies: [Target.Dependency], tests: Bool = true,
  testDependencies: [Target.Dependency] = [], testExclude: [String] = [],
  settings: [SwiftSetting] = settings
) -> [Target] {
  var targets: [Target] = [.target(name: name, dependencies: dependencies, swiftSettings: settings)]
  if tests {
    targets.append(
      .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "TestSupport"] + dependencies + testDependencies,
        exclude: testExclude, swiftSettings: settings))
  }
  return targets
}

/// The C libraries that Debian and Homebrew keep; libhdf5 is not linked (`CSedgeHDF5/library.c`).
let libraries: [Target] = [
  library("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev", brew: "zstd"),
  library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev", brew: "zlib"),
  library("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev", brew: "protobuf-c"),
  library("CXXHash", pkgConfig: "libxxhash", apt: "libxxhash-dev", brew: "xxhash"),
  library("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev", brew: "openssl@3"),
  library("CLibPNG", pkgConfig: "libpng", apt: "libpng-dev", brew: "libpng"),
  library("CTurboJPEG", pkgConfig: "libturbojpeg", apt: "libturbojpeg0-dev", brew: "jpeg-turbo"),
  library("CWebP", pkgConfig: "libwebp", apt: "libwebp-dev", brew: "webp"),
  library("CTIFF", pkgConfig: "libtiff-4", apt: "libtiff-dev", brew: "libtiff"),
  library("CFreeType", pkgConfig: "freetype2", apt: "libfreetype-dev", brew: "freetype"),
]

/// C of our own: data embedded in the program, code generated from `Schemas/`, inner loops of runner and codecs, the wall
/// around libhdf5.
let embedded: [Target] = [
  .target(name: "CModelData", exclude: ["data"]),
  .target(name: "CDataSets", exclude: ["data"]),
  .target(name: "CReportAssets", exclude: ["data"]),
  .target(name: "CFontData", exclude: ["DejaVuSans.ttf", "DejaVuSans-LICENSE.txt"]),
  // Its assertions would put the path of this folder into programs.
  .target(name: "CSedgeSchema", dependencies: ["CProtobufC"], cSettings: [.define("NDEBUG")]),
  .target(name: "CSedgeHDF5"),
  .target(name: "CSedgeSandbox"),
  .target(
    name: "CSedgeCommit", cSettings: commit.map { [.define("SEDGE_COMMIT", to: "\"\($0)\"")] } ?? []),
  .target(name: "CSedge"),
  .target(name: "CSedgeProcessor"),
  .target(name: "CSedgeKernels", dependencies: ["CSedgeProcessor"]),
  .target(name: "CSedgeCoding", dependencies: ["CSedgeProcessor"]),
  .target(name: "CSedgeLinearAlgebra", dependencies: ["CSedgeProcessor"]),
]

/// The modules, each after those it builds on.
let modules: [[Target]] = [
  module("SedgePlatform", [], tests: false),
  module("SedgeTensor", ["SedgePlatform"]),
  module("SedgePlot", ["SedgePlatform"]),
  module("SedgeByteCompression", ["CZlib", "CZstd", "SedgeTensor"]),
  module("SedgeSafetensors", ["SedgeTensor"]),
  module("SedgeTorch", ["SedgeByteCompression", "SedgeTensor"]),
  module("SedgeHDF5", ["CSedgeHDF5", "CSedgeSandbox", "SedgePlatform", "SedgeTensor"]),
  module("SedgeONNX", ["SedgeTensor"], testDependencies: ["SedgeByteCompression"]),
  module(
    "SedgeImages",
    [
      "SedgeTensor", "SedgeByteCompression", "CLibPNG", "CTurboJPEG", "CWebP", "CTIFF", "CFreeType",
      "CFontData",
    ]),
  module(
    "SedgeTokenizer", ["SedgeTensor", "SedgeByteCompression", "CModelData"],
    testDependencies: ["CZlib"]),
  module(
    "SedgeQuantization",
    ["SedgePlatform", "SedgeTensor", "SedgeByteCompression", "CSedgeCoding", "CSedgeProcessor"]),
  module("SedgeArchitecture", ["SedgeTensor"]),
  module(
    "SedgeContainer",
    [
      "SedgeTensor", "SedgeByteCompression", "SedgeArchitecture", "SedgeQuantization", "CXXHash",
      "CProtobufC",
      "CSedgeSchema", "CSedgeCommit", .target(name: "COpenSSL", condition: .when(platforms: [.linux])),
    ],
    testDependencies: ["SedgeCompression"]),
  module(
    "SedgeSignature",
    [
      "SedgePlatform", "SedgeTensor", "SedgeContainer",
      .target(name: "COpenSSL", condition: .when(platforms: [.linux])),
    ]),
  module(
    "SedgeReport",
    ["SedgePlatform", "SedgeTensor", "SedgeImages", "SedgePlot", "SedgeContainer", "CReportAssets"]),
  module(
    "SedgeEvaluation",
    [
      "SedgePlatform", "SedgeTensor", "SedgeImages", "SedgeTokenizer", "SedgeArchitecture", "SedgeContainer",
      "CDataSets",
    ]),
  module(
    "SedgeCheckpoint",
    [
      "SedgeTensor", "SedgeSafetensors", "SedgeTorch", "SedgeONNX", "SedgeHDF5", "SedgeArchitecture",
      "SedgeContainer",
    ], testDependencies: ["SedgeByteCompression"]),
  module("SedgeOperators", ["SedgePlatform", "SedgeTensor", "CSedgeKernels", "CSedgeProcessor"]),
  module("SedgeStatistics", ["SedgeTensor", "SedgeOperators"], testDependencies: ["SedgeSafetensors"]),
  module(
    "SedgeRunner", ["SedgeArchitecture", "SedgeOperators", "SedgeTensor"],
    testDependencies: ["SedgeFolding", "SedgeHDF5"]),
  module(
    "SedgeFolding", ["SedgeArchitecture", "SedgeOperators", "SedgeRunner", "SedgeTensor"],
    testDependencies: ["SedgeHDF5"]),
  module(
    "SedgeText",
    [
      "SedgeTensor", "SedgeTokenizer", "SedgeSafetensors", "SedgeArchitecture", "SedgeQuantization",
      "SedgeContainer", "SedgeOperators", "SedgeRunner",
    ], tests: false),
  module(
    "SedgeExport",
    [
      "SedgeTensor", "SedgeSafetensors", "SedgeArchitecture", "SedgeCheckpoint", "SedgeContainer",
      "SedgeFolding",
      "SedgeQuantization",
    ], tests: false),
  module(
    "SedgeVerification",
    [
      "SedgePlatform", "SedgeTensor", "SedgeSafetensors", "SedgeArchitecture", "SedgeCheckpoint",
      "SedgeContainer",
      "SedgeFolding",
      "SedgeExport", "SedgeOperators", "SedgeQuantization", "SedgeRunner",
    ],
    testDependencies: ["SedgeHDF5", "SedgeCompression"]),
  module(
    "SedgeCalibration",
    [
      "SedgeTensor", "SedgeArchitecture", "SedgeOperators", "SedgeRunner", "CSedgeLinearAlgebra",
      "CSedgeProcessor",
    ],
    testDependencies: ["SedgeFolding", "SedgeHDF5", "SedgeSafetensors"]),
  module(
    "SedgeCompression",
    [
      "SedgePlatform", "SedgeTensor", "SedgeImages", "SedgeTokenizer", "SedgeQuantization",
      "SedgeArchitecture",
      "SedgeContainer", "SedgeEvaluation", "SedgeCheckpoint", "SedgeOperators", "SedgeRunner", "SedgeFolding",
      "SedgeText", "SedgeCalibration", "SedgeVerification",
    ]),
  module(
    "Sedge",
    [
      "SedgePlatform", "SedgeTensor", "SedgeSafetensors", "SedgeHDF5", "SedgeImages", "SedgeTokenizer",
      "SedgeQuantization",
      "SedgeArchitecture", "SedgeContainer", "SedgeEvaluation", "SedgeCheckpoint", "SedgeOperators",
      "SedgeStatistics", "SedgeRunner", "SedgeFolding", "SedgeText", "SedgeExport", "SedgeVerification",
      "SedgeCompression",
    ], testDependencies: ["SedgeTorch", "SedgeONNX", "SedgeCalibration"]),
  module(
    "SedgeCommands",
    [
      "Sedge", "SedgePlatform", "SedgeTensor", "SedgeImages", "SedgeTokenizer", "SedgeQuantization",
      "SedgeArchitecture",
      "SedgeContainer", "SedgeEvaluation", "SedgeCheckpoint", "SedgeOperators", "SedgeRunner", "SedgeText",
      "SedgeExport", "SedgeVerification", "SedgeCompression", "SedgeSafetensors", "SedgeSignature",
      "SedgeStatistics", "SedgePlot", "SedgeReport",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ], testExclude: ["Snapshots"]),
  module(
    "SedgeInterface",
    [
      "Sedge", "SedgePlatform", "SedgeTensor", "SedgeImages", "SedgeTokenizer", "SedgeArchitecture",
      "SedgeContainer", "SedgeEvaluation", "SedgeCheckpoint", "SedgeOperators", "SedgeRunner", "SedgeHDF5",
      "SedgeExport", "SedgeCommands", "CSedge",
    ], settings: pointerSettings),
]

/// The fuzzing program, which exists where `SEDGE_FUZZING` is set: `Scripts/fuzz.sh` builds it, users never do.
let fuzzing: [Target] =
  Context.environment["SEDGE_FUZZING"] == nil
  ? []
  : [
    .target(name: "FuzzingDriver", path: "Tests/FuzzingDriver"),
    .executableTarget(
      name: "sedge-fuzz",
      dependencies: [
        "FuzzingDriver", "TestSupport", "SedgePlatform", "SedgeTensor", "SedgeByteCompression",
        "SedgeSafetensors",
        "SedgeTorch", "SedgeHDF5", "SedgeONNX", "SedgeImages", "SedgeTokenizer", "SedgeQuantization",
        "SedgeArchitecture", "SedgeContainer", "SedgeSignature", "SedgeEvaluation", "SedgeReport",
        "SedgeCheckpoint",
        "SedgeText",
        "SedgeVerification", "SedgeCompression",
      ], path: "Tests/Fuzzing", swiftSettings: settings),
  ]

let package = Package(
  name: "sedge",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Sedge", targets: ["Sedge"]),
    .library(name: "SedgeInterface", type: .dynamic, targets: ["SedgeInterface"]),
    .executable(name: "sedge", targets: ["sedge-cli"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: libraries + embedded + modules.flatMap { $0 } + fuzzing + [
    .executableTarget(name: "sedge-cli", dependencies: ["SedgeCommands"], swiftSettings: settings),
    .target(
      name: "TestSupport",
      dependencies: [
        "SedgePlatform", "SedgeTensor", "SedgeSafetensors", "SedgeArchitecture", "SedgeCheckpoint",
      ],
      path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "TestSupportTests",
      dependencies: [
        "TestSupport", "SedgeTensor", "SedgeSafetensors", "SedgeArchitecture", "SedgeCheckpoint",
      ],
      swiftSettings: settings),
  ]
)
