// Encodings of bytes and of elements: Zstandard, deflate, LZF, and the codecs of tensors.

import SedgeByteCompression
import SedgeHDF5
import SedgeQuantization
import SedgeTensor

extension FuzzTarget {
  static let encodings =
    [
      FuzzTarget(
        name: "zstd",
        seeds: { try plainSeeds.map { unsafe try ZstdFrame.compress($0.span.bytes, level: 3) } },
        read: { bytes in
          let plain = unsafe try ZstdFrame.decompress(bytes.span.bytes, limit: 1 << 22)
          require(plain.count <= 1 << 22, "a frame keeps to the limit")
        }),
      FuzzTarget(
        name: "inflate",
        seeds: {
          // A stored block, one of fixed codes, and the streams of pictures and of a PyTorch file with what follows them.
          let pictures = try fixtures("images", "color8.png", "gray8.png").compactMap { bytes in
            bytes.firstRange(of: Array("IDAT".utf8)).map { [129] + bytes[$0.upperBound...] }
          }
          let records = try fixtures("torch", "types_deflated.pth").compactMap { bytes in
            bytes.firstRange(of: Array("data.pkl".utf8)).map { [128] + bytes[$0.upperBound...] }
          }
          return [[0, 1, 1, 0, 254, 255, 65], [0, 75, 76, 4, 0]] + pictures + records
        },
        read: { bytes in
          let formats: [Inflater.Format] = [.deflate, .zlib, .gzip]
          var fields = Fields(bytes)
          let selector = fields.byte()
          let plain = try Inflater.inflate(
            Array(fields.rest), as: formats[selector % 3], name: "the stream", limit: 1 << 22,
            ignoresTrailingBytes: selector & 128 != 0)
          require(plain.count <= 1 << 22, "a stream keeps to the limit")
        }),
      FuzzTarget(
        name: "lzf",
        seeds: { [word(4) + [3, 65, 66, 67, 68], word(12) + [1, 65, 66, 224, 1, 1], word(0)] },
        read: { bytes in
          var fields = Fields(bytes)
          var output = [UInt8](repeating: 0, count: fields.word())
          let input = Array(fields.rest)
          var span = output.mutableSpan
          _ = LZF.decode(input.span, into: &span)
        }),
    ] + CodecIdentifier.allCases.map(codecTarget)

  private static let plainSeeds: [[UInt8]] = [
    [], Array("sedge".utf8), [UInt8](repeating: 7, count: 5000), (0..<4096).map { UInt8($0 * $0 >> 4 & 255) },
  ]

  /// An input is rows, columns, scales and codes; codes of another count than the codec takes are cut or padded with zeros.
  private static func codecTarget(_ identifier: CodecIdentifier) -> FuzzTarget {
    let codec = identifier.codec
    return FuzzTarget(
      name: "codec-\(identifier.rawValue)", maximumByteCount: 1 << 12,
      seeds: {
        let extents = [(0, 3), (1, 1), (4, 5), (8, 64), (64, 8), (3, 200)]
        return extents.compactMap { rows, columns in
          let values = (0..<rows * columns).map { Float($0 * 37 % 101 - 50) / 64 }
          let codec: any TensorCodec = identifier == .trellis ? TrellisCodec(.bits(4)) : codec
          guard let encoded = codec.encode(values, rows: rows, columns: columns) else { return nil }
          let scales = encoded.scales.flatMap { scale in
            (0..<4).map { UInt8(truncatingIfNeeded: scale.bitPattern >> ($0 * 8)) }
          }
          return word(rows) + word(columns) + scales + encoded.codes
        }
      },
      read: { bytes in
        var fields = Fields(bytes)
        let (rows, columns) = (fields.word(), fields.word())
        guard rows * columns <= 1 << 18 else { return }
        let scales = (0..<codec.scaleCount(rows: rows, columns: columns)).map { _ in
          Float(bitPattern: UInt32(fields.word()) | UInt32(fields.word()) << 16)
        }
        let counts = codec.codeByteCountRange(rows: rows, columns: columns)
        var codes = fields.bytes(counts.upperBound)
        if codes.count < counts.lowerBound {
          codes += [UInt8](repeating: 0, count: counts.lowerBound - codes.count)
        }
        let values = try codec.decode(
          EncodedTensor(codes: codes, scales: scales), rows: rows, columns: columns)
        require(values.count == rows * columns, "a matrix has all of its elements")
        require(values.allSatisfy(\.isFinite), "elements are finite")
      })
  }
}
