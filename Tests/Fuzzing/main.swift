// The fuzzing program: fuzzes one reader, replays inputs, or writes seeds.
//
//   sedge-fuzz targets                  the names of all targets
//   sedge-fuzz seeds TARGET FOLDER      writes seeds made from Fixtures, and FOLDER.dict
//   sedge-fuzz replay TARGET PATH...    runs files, and the files of folders, each also damaged 20 times
//   sedge-fuzz fuzz TARGET OPTION...    libFuzzer with its own options
//   sedge-fuzz forge IN OUT SEED        a copy of a .sedge file with extreme numbers in its header

import Foundation
import FuzzingDriver

/// Prints a line to stderr and ends with 2.
func fail(_ text: String) -> Never {
  FileHandle.standardError.write(Data((text + "\n").utf8))
  exit(2)
}

/// The target that libFuzzer's callback runs; it takes no context.
nonisolated(unsafe) var fuzzed: FuzzTarget?

let arguments = CommandLine.arguments.dropFirst()
guard let command = arguments.first else { fail("expected targets, seeds, replay or fuzz") }
if command == "targets" {
  print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
  exit(0)
}
if command == "forge" {
  let words = Array(arguments.dropFirst())
  guard words.count == 3, let seed = UInt64(words[2]) else { fail("expected forge IN OUT SEED") }
  let (bytes, changes) = try forgery(of: words[0], seed: seed)
  try Data(bytes).write(to: URL(fileURLWithPath: words[1]))
  print(changes.joined(separator: "\n"))
  exit(0)
}
guard let name = arguments.dropFirst().first, let target = FuzzTarget.all.first(where: { $0.name == name })
else { fail("expected one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))") }
let rest = Array(arguments.dropFirst(2))

switch command {
case "seeds":
  guard let folder = rest.first else { fail("expected a folder") }
  try target.writeSeeds(to: folder)
case "replay":
  let files = try rest.flatMap(filesOfFolder)
  for file in files { try target.replay(path: file) }
  print("\(name): \(files.count) inputs, \(files.count * FuzzTarget.damagedCount) damaged ones")
case "fuzz":
  unsafe fuzzed = target
  var words =
    unsafe (["sedge-fuzz", "-max_len=\(target.maximumByteCount)"] + rest).map { unsafe strdup($0) } + [nil]
  let status = unsafe words.withUnsafeMutableBufferPointer { words in
    unsafe sedge_fuzz(Int32(words.count - 1), words.baseAddress) { bytes, byteCount in
      unsafe fuzzed?.run(Array(UnsafeBufferPointer(start: bytes, count: byteCount)))
      return 0
    }
  }
  if status < 0 { fail("built without libFuzzer: use Scripts/fuzz.sh") }
  exit(status)
default: fail("expected targets, seeds, replay or fuzz, found \(command)")
}
