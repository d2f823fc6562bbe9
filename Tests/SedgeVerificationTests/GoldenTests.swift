import SedgeArchitecture
import SedgeFolding
import SedgeHDF5
import SedgeRunner
import SedgeSafetensors
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

/// A checkpoint with recorded activations, and what its shapes leave open.
struct Recorded: CustomTestStringConvertible {
  var name: String
  var heads = 4
  var textHeads: Int
  var pooling = 1
  var resolution: Int
  var testDescription: String { name }

  static let all = [
    Recorded(name: "shapes/sed_shapes", textHeads: 4, resolution: 256),
    Recorded(name: "tiny/linear", textHeads: 2, resolution: 64),
    Recorded(name: "tiny/mlp", textHeads: 3, resolution: 64),
  ]
}

@Test("Everything the model computes is what the original computed", arguments: Recorded.all, [true, false])
func goldens(recorded: Recorded, folding: Bool) throws {
  let archive = try HDF5Archive(path: fixture("\(recorded.name).h5"))
  let checkpoint = try Checkpoint(
    archive,
    options: ArchitectureOptions(
      heads: recorded.heads, textHeads: recorded.textHeads, pooling: recorded.pooling))
  let preprocessing = Preprocessing(resolution: recorded.resolution)
  let weights = try FoldedModel(checkpoint, preprocessing: preprocessing, folding: folding)
  let model = try Model(weights: weights, preprocessing: preprocessing)
  let golden = try Golden(SafetensorsArchive(path: fixture("\(recorded.name).golden.safetensors")))
  for run in try golden.comparisons(with: model, text: TextEncoder(weights)) {
    for tap in run.taps {
      let deviation = try #require(tap.deviation, "\(run.name) \(tap.name)")
      print(recorded.name, folding, run.name, tap.name, deviation.largestRelativeToMagnitude)
      #expect(deviation.largestRelativeToMagnitude <= 2e-5, "\(run.name) \(tap.name)")
    }
    #expect(run.output.largestScoreDifference ?? 0 <= 1e-5)
    #expect(run.output.equalLabels >= 0.9999)
    #expect(run.output.keptClasses.allSatisfy { $0 == 1 })
  }
}
