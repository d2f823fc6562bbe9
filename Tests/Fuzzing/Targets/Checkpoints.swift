// Checkpoints: safetensors and its index, PyTorch, ONNX, HDF5's superblock, anything else.

import SedgeArchitecture
import SedgeCheckpoint
import SedgeHDF5
import SedgeONNX
import SedgeSafetensors
import SedgeTensor
import SedgeTorch
import TestSupport

extension FuzzTarget {
  static let checkpoints = [
    FuzzTarget(
      name: "safetensors", words: safetensorsWords,
      seeds: {
        try fixtures("safetensors", ".safetensors")
          + ["{}", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"].map { header in
            [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + header.utf8
              + [UInt8](repeating: 0, count: header == "{}" ? 0 : 8)
          }
      },
      read: { try examine(SafetensorsArchive(path: file($0, named: "model.safetensors"))) }),
    FuzzTarget(
      name: "shard-index", words: utf8("weight_map", "metadata", "total_size", "..", "/", "\\u0000"),
      seeds: {
        [
          Array(
            "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"b.safetensors\",\"c\":\"d/e\"}}".utf8)
        ]
      },
      read: { bytes in
        let index = try ShardIndex(path: file(bytes, named: "model.safetensors.index.json"))
        for name in index.fileNames.values {
          require(!name.hasPrefix("/") && !name.split(separator: "/").contains(".."), "no shard outside")
        }
      }),
    FuzzTarget(
      name: "torch", words: torchWords,
      seeds: { try fixtures("torch", ".pth", ".pkl") },
      read: { try examine(TorchArchive(path: file($0, named: "model.pth"))) }),
    FuzzTarget(
      name: "onnx", maximumByteCount: 1 << 15,
      words: utf8(
        "graph", "weight", "Conv", "MatMul", "location", "offset", "length", "Constant", "DequantizeLinear"),
      seeds: { try fixtures("onnx", ".onnx") },
      read: { try examine(ONNXArchive(path: file($0, named: "model.onnx"))) }),
    // Names and shapes, a tensor a line, as Fixtures/keys has them.
    FuzzTarget(
      name: "recognition", maximumByteCount: 1 << 15,
      words: utf8(
        "module.", "model.", "clip_model.", "visual.trunk.", "stages.0.", "blocks.1.", "gamma", "weight",
        "scalar", "x3x7x7",
        "9223372036854775807"),
      seeds: { try fixtures("keys", "sed_nano.keys.tsv", "sed_shapes.keys.tsv") },
      read: { bytes in
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        var names: Set<String> = []
        let tensors = lines.compactMap { line -> TensorInfo? in
          let parts = line.split(separator: "\t")
          guard parts.count == 2, names.insert(String(parts[0])).inserted else { return nil }
          let shape = parts[1] == "scalar" ? [] : parts[1].split(separator: "x").map { Int($0) ?? 0 }
          return TensorInfo(name: String(parts[0]), elementType: .float32, shape: shape)
        }
        let recognition = Recognition(tensors)
        require(!recognition.fits || recognition.architecture != nil, "what fits has an architecture")
        _ = "\(recognition)"
        _ = recognition.notes
      }),
    // What is read before libhdf5 opens a file; the rest of HDF5 is behind a wall of its own.
    FuzzTarget(
      name: "hdf5-superblock", maximumByteCount: 1 << 12,
      words: [[0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]],
      seeds: { try fixtures("hdf5", ".h5").map { Array($0.prefix(2048)) } },
      read: { _ = try HDF5Superblock(of: InputFile(path: file($0, named: "model.h5"))) }),
    // What the process that reads HDF5 answers, which a hostile file may have taken over.
    FuzzTarget(
      name: "hdf5-contents", words: utf8("F32", "F16", "I64", "a.weight"),
      seeds: {
        let info = TensorInfo(name: "a.weight", elementType: .float32, shape: [2, 3])
        let dataSets = info.map { [HDF5DataSet(info: $0, location: "/a/weight", workingByteCount: 24)] } ?? []
        let skipped = SkippedObject(name: "b", reason: "it is a text", isTensor: false)
        return [
          HDF5Contents(
            dataSets: dataSets, skipped: [skipped], unwritten: ["a.weight"], attributes: ["a.kind": "sed"]
          ).message,
          HDF5Contents(dataSets: [], skipped: [], unwritten: [], attributes: [:]).message,
        ]
      },
      read: { bytes in
        let contents = try HDF5Contents(message: bytes, fileByteCount: 4096)
        require(
          try HDF5Contents(message: contents.message, fileByteCount: 4096) == contents,
          "contents that are written again are the same")
        let names = contents.dataSets.map(\.info.name)
        require(Set(names).count == names.count, "names are unique")
      }),
    FuzzTarget(
      name: "any-checkpoint", maximumByteCount: 1 << 13,
      words: utf8("PK\u{3}\u{4}", "GGUF", "ustar", "%PDF", "<html", "version https://git-lfs", "TFL3"),
      seeds: {
        try fixtures("torch", "small.pth", "small_legacy.pth", "tensors2.pkl")
          + fixtures("images", "gray8.png")
          + utf8("<!DOCTYPE html>", "version https://git-lfs.github.com/spec/v1\n", "{\"weight_map\": {}}")
      },
      read: { bytes in
        guard !HDF5Archive.recognizes(bytes) else { return }
        try examine(openArchive(path: file(bytes, named: "model")))
      }),
  ]

  private static let safetensorsWords = utf8(
    "__metadata__", "dtype", "shape", "data_offsets", "F32", "F16", "BF16", "F64", "I64", "U8", "BOOL",
    "F8_E4M3",
    "9223372036854775807", "\\ud800")

  private static let torchWords = utf8(
    "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "data.pkl", "/data/0", "version",
    "byteorder",
    "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nFloatStorage\n", "ccollections\nOrderedDict\n", "storage",
    "cnumpy.core.multiarray\n_reconstruct\n", "\u{80}", "cpu", "little", "big")

  /// Reads what `inspect` and `convert` read of a checkpoint.
  private static func examine(_ archive: any TensorArchive) throws {
    require(Set(archive.tensors.map(\.name)).count == archive.tensors.count, "names are unique")
    for info in (archive.tensors + archive.constants).prefix(64) where info.byteCount <= 1 << 20 {
      guard let bytes = try? archive.bytes(of: info) else { continue }
      require(bytes.count == info.byteCount, "a payload has its size")
      if info.elementType.isFloatingPoint {
        _ = try? archive.floats(info)
      } else {
        _ = try? archive.integers(info)
      }
    }
    _ = archive.skipped.map { "\($0)" }
    _ = ConfigurationFiles(of: archive)
    guard archive.tensors.count <= 256 else { return }
    do { _ = try Checkpoint(archive) } catch { _ = "\(error)" }
  }
}
