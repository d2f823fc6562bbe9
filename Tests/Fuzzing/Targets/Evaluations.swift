// Files of evaluations, of quantization and of verification.

import SedgeCompression
import SedgeContainer
import SedgeEvaluation
import SedgeSafetensors
import SedgeTensor
import SedgeText
import SedgeTokenizer
import SedgeVerification
import TestSupport

extension FuzzTarget {
  static let evaluations = [
    FuzzTarget(
      name: "plan", words: utf8("\"tensors\"", "\"name\"", "\"form\"", "int4.5", "lossless", "f16", "int11"),
      seeds: {
        utf8(
          "{\"tensors\": [{\"name\": \"a.weight\", \"form\": \"int4.31\"}, {\"name\": \"b\", \"form\": \"f16\"}]}"
        )
      },
      read: { bytes in
        let plan = try QuantizationPlan(path: file(bytes, named: "plan.json"))
        let again = try QuantizationPlan(path: file(Array(plan.json.utf8), named: "plan.json"))
        require(again.tensors == plan.tensors, "a plan that is written again is the same")
        require(!again.lacksChecksum, "a plan that is written has a checksum")
      }),
    FuzzTarget(
      name: "golden",
      words: utf8("image", "tokens", "text_features", "full.", "top1.", "logits", "U8", "I64", "F32"),
      seeds: {
        let header =
          "{\"image\":{\"dtype\":\"U8\",\"shape\":[1,1,3],\"data_offsets\":[0,3]},"
          + "\"tokens\":{\"dtype\":\"I32\",\"shape\":[1,1,1,1],\"data_offsets\":[3,7]},"
          + "\"full.logits\":{\"dtype\":\"F32\",\"shape\":[1,1,1],\"data_offsets\":[7,11]}}"
        return [
          word(header.utf8.count) + [0, 0, 0, 0, 0, 0] + header.utf8 + [UInt8](repeating: 1, count: 11)
        ]
      },
      read: { bytes in
        let archive = try SafetensorsArchive(path: file(bytes, named: "golden.safetensors"))
        guard archive.tensors.allSatisfy({ $0.byteCount <= 1 << 20 }) else { return }
        _ = try Golden(archive)
      }),
    FuzzTarget(
      name: "result", maximumByteCount: 1 << 15, words: resultWords,
      seeds: { madeResults },
      read: { bytes in
        let result = try EvaluationResult.read(path: file(bytes, named: "result.json"))
        guard result.data.classes.count <= 64, result.models.count <= 8 else { return }
        _ = [ResultTable.models(result), ResultTable.groups(result), ResultTable.confusedPairs(result)]
      }),
    FuzzTarget(
      name: "rows", words: resultWords,
      seeds: {
        let plan =
          "{\"format\":\"sedge evaluation rows\",\"version\":1,\"sedge_version\":\"1\",\"data\":{\"name\":\"made\","
          + "\"picture_count\":2,\"classes\":[\"sky\",\"tree\"],\"groups\":[],\"preprocess\":\"sed\",\"fingerprint\":\"f\"},"
          + "\"models\":[{\"name\":\"a\",\"architecture\":\"SED-B\",\"sha256\":\"0\",\"compute\":\"f32\","
          + "\"kernels\":\"avx2\"}],\"shard\":\"1/1\"}\n"
        let row =
          "{\"index\":0,\"name\":\"p\",\"models\":[{\"kept_classes\":2,\"confusion\":[[0,0,5],[1,0,2]],\"boundary\":[]}]}\n"
        return [Array((plan + row).utf8), Array(plan.utf8)]
      },
      read: { bytes in
        let rows = try RowSet(paths: [file(withLineChecksums(bytes), named: "rows.jsonl")], isPartial: true)
        guard rows.plan.data.classes.count <= 64 else { return }
        _ = try EvaluationResult(rows)
        _ = try EvaluationTimes.times(of: rows)
      }),
    FuzzTarget(
      name: "saved-labels", words: resultWords,
      seeds: {
        [
          Array(
            ("{\"format\":\"sedge evaluation labels\",\"sedge_version\":\"1\",\"data\":{\"name\":\"made\","
              + "\"picture_count\":1,\"classes\":[\"sky\"],\"groups\":[],\"preprocess\":\"sed\",\"fingerprint\":\"f\"},"
              + "\"model\":{\"name\":\"a\",\"architecture\":\"SED-B\",\"sha256\":\"0\",\"compute\":\"f32\","
              + "\"kernels\":\"avx2\"},\"top_ks\":[-1]}\n{\"index\":0,\"setting\":0,\"labels\":\"\"}\n").utf8)
        ]
      },
      read: { _ = try LabelStore(path: file(withLineChecksums($0), named: "labels.jsonl")) }),
    FuzzTarget(
      name: "data-set",
      words: utf8(
        "\"images\"", "\"labels\"", "\"classes\"", "\"ignore_label\"", "\"label_offset\"", "\"label_map\"",
        "\"groups\"", "\"predictions\"", "ade150"),
      seeds: {
        utf8(
          "{\"format\": \"sedge data set\", \"name\": \"n\", \"images\": \"i\", \"labels\": \"l\", \"classes\": [\"sky\", \"tree\"], \"label_offset\": 1,"
            + " \"ignore_label\": [255], \"label_map\": {\"1\": 0, \"2\": null}, \"groups\": {\"g\": [\"sky\", 1]}}"
        )
      },
      read: { _ = try DataSetDescription(path: file($0, named: "set.json")) }),
    FuzzTarget(
      name: "text-cache", words: utf8("sedge text features", "identity", "class:sky", "format", "F32"),
      seeds: {
        let path = file([], named: "cache.safetensors")
        let tensor = Tensor(shape: [1, 2], values: [1, 0])
        try textCache(path).keep([(ClassList(names: ["sky"]).classes[0], tensor)])
        return [try bytes(ofFile: path)]
      },
      read: { bytes in
        let classes = try ClassList(names: ["sky", "tree"]).classes
        let cache = textCache(file(bytes, named: "cache.safetensors"))
        for tensor in cache.features(of: classes).compactMap(\.self) {
          require(
            tensor.shape == [1, 2] && tensor.values.allSatisfy(\.isFinite), "features are unit vectors")
        }
        try cache.keep([(classes[1], Tensor(shape: [1, 2], values: [0, 1]))])
        require(cache.features(of: classes)[1] != nil, "what is kept is found")
      }),
  ]

  private static let resultWords = utf8(
    "\"pictures\"", "\"models\"", "\"confusion\"", "\"boundary\"", "\"kept_classes\"", "\"index\"",
    "\"error\"",
    "\"classes\"", "\"groups\"", "\"change\"", "4611686018427387904", "-1", "1e308")

  private static var madeResults: [[UInt8]] {
    [1, 3].map { count in
      let model = MadeEvaluation.model("a", pictureCount: count)
      return Array(
        MadeEvaluation([model, model.losing([Int](repeating: 1, count: count), name: "b")]).json.utf8)
    }
  }

  private static func textCache(_ path: String) -> TextFeatureCache {
    TextFeatureCache(path: path, identity: "i", shape: [1, 2])
  }

  /// Lines of JSON objects, each with its checksum behind.
  private static func withLineChecksums(_ bytes: [UInt8]) -> [UInt8] {
    bytes.split(separator: 0x0A).flatMap { line in
      let body = Array(line.dropLast())
      let digits = String(unsafe checksum(body.span.bytes), radix: 16)
      let zeros = String(repeating: "0", count: 16 - digits.count)
      return body + Array(",\"checksum\":\"\(zeros)\(digits)\"}\n".utf8)
    }
  }
}
