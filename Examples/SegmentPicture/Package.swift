// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "SegmentPicture",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "sedge", path: "../..")],
  targets: [
    .executableTarget(name: "SegmentPicture", dependencies: [.product(name: "Sedge", package: "sedge")]),
    // The samples of the documentation, collected by Scripts/collect-samples.sh: a check that they compile.
    .target(name: "Samples", dependencies: [.product(name: "Sedge", package: "sedge")]),
  ]
)
