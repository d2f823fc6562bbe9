// A folder where a checkpoint is expected.

package import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The checkpoint in a folder: its one index, else its one checkpoint; any path that is no folder as it is.
///
/// - Throws: `FormatError` that names the files to choose from, where there are none or several.
package func checkpointPath(_ path: String) throws(FormatError) -> String {
  do {
    _ = try InputFile(path: path)
    return path
  } catch {
    guard case .notAFile(found: "a directory") = error.kind else { return path }
  }
  let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  let folder = path.hasSuffix("/") ? path : path + "/"
  let indexes = names.filter { $0.hasSuffix(".index.json") }
  let checkpoints = names.filter { name in
    !name.hasPrefix(".") && !besideModels.contains(where: name.hasPrefix)
      && checkpointSuffixes.contains { name.lowercased().hasSuffix($0) }
  }
  let candidates = indexes.isEmpty ? checkpoints : indexes + checkpoints.filter { ShardName(path: $0) == nil }
  if candidates.count == 1, indexes.count == 1 || ShardName(path: candidates[0]) == nil {
    return folder + candidates[0]
  }
  let contents = Set(names)
  if candidates.isEmpty, let appearance = FileAppearance(folderWith: contents.contains) {
    throw appearance.error(path: path)
  }
  if !candidates.isEmpty, candidates.allSatisfy({ ShardName(path: $0) != nil }) {
    let shown = candidates.prefix(3).joined(separator: " ") + (candidates.count > 3 ? " ..." : "")
    throw FormatError(
      .notAFile(
        found: "a directory with shards and no index in it (give all shards of the model: \(shown))"),
      path: path)
  }
  let choice =
    candidates.isEmpty
    ? "a directory without a checkpoint in it"
    : "a directory with \(candidates.count) checkpoints in it (give one: \(candidates.prefix(5).joined(separator: ", "))\(candidates.count > 5 ? ", ..." : ""))"
  throw FormatError(.notAFile(found: choice), path: path)
}

/// What names of checkpoints end with.
private let checkpointSuffixes = [
  ".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".pth.tar", ".pkl", ".h5", ".hdf5", ".onnx",
]

/// What names of files begin with that trainers keep beside a model, and that hold none.
private let besideModels = [
  "data.pkl", "optimizer", "scheduler", "rng_state", "random_states", "training_args", "trainer_state",
  "scaler",
]
