// The size of a tensor after encoding, before it is encoded.

package import SedgeArchitecture
package import SedgeContainer
package import SedgeQuantization
package import SedgeTensor

/// What a tensor will take in the file, from a sample of its elements.
package struct TensorEstimate: Sendable {
  /// The codec.
  package var codec: CodecIdentifier
  /// Bytes of the codes in the file.
  package var byteCount: Double
  /// Why the tensor is stored as floats.
  package var floatReason: FloatReason?
  /// Bytes of rows of zeros, of ``byteCount``: few, and known to the order of magnitude only.
  private var zeroByteCount = 0.0
  /// The scales, where the codec has any.
  package var scales: SegmentEstimate?
  /// The error of the elements; `nil` where only a sample was encoded.
  package var error: Deviation?
  /// The codes; `nil` where only a sample was encoded.
  private var data: SegmentEstimate?
  /// Bytes of the codes before they are compressed; `nil` where they are not.
  private var plainByteCount: Int?
  /// Elements of the rows that are not all zeros.
  private var codedCount: Int
  /// Whether the whole tensor was encoded, so that its size is known.
  package var isExact: Bool
  /// Seconds of a processor that encoding the tensor takes, from those of the sample.
  package var seconds: Double

  /// Elements of the largest sample; smaller tensors are encoded whole.
  package static let sampleElementCount = 1 << 16

  /// Encodes a tensor, or a sample of it.
  ///
  /// - Throws: ``FormatError`` for an element that is not finite.
  package init(
    of tensor: ModelTensor, _ values: Tensor, rule: CodecRule, storage: StorageMode
  ) throws(FormatError) {
    let start = WorkTime.threadSeconds
    (codec, codedCount) = (rule.choice.identifier, tensor.elementCount)
    (byteCount, isExact, seconds) = (0, true, 0)
    guard tensor.elementCount > Self.sampleElementCount else {
      take(try PackedTensor(tensor, values: values, rule: rule, storage: storage))
      seconds = WorkTime.threadSeconds - start
      return
    }
    // What is not compressed has the size of its elements.
    isExact = storage == .raw
    if let element = values.values.firstIndex(where: { !$0.isFinite }) {
      throw FormatError(
        .malformed("element \(element) is \(values.values[element]), expected a finite number"),
        tensor: tensor.name)
    }
    let choice = Self.usable(rule.choice, for: values.values, storage: storage)
    codec = choice.identifier
    floatReason = choice == rule.choice ? rule.floatReason : .overflow
    let matrix = tensor.matrix(for: choice.identifier)
    // Rows of zeros take nearly nothing where there is any compression.
    let rows = (0..<matrix.rows).filter { row in
      storage == .raw || values.values[row * matrix.columns..<(row + 1) * matrix.columns].contains { $0 != 0 }
    }
    codedCount = rows.count * matrix.columns
    // Zeros take no time; those between other rows take more bytes than those among themselves.
    if codedCount <= Self.sampleElementCount, choice.identifier != .trellis {
      take(try PackedTensor(tensor, values: values, rule: rule, storage: storage))
      seconds = WorkTime.threadSeconds - start
      return
    }
    let sample = Sample(values.values, rows: rows, columns: matrix.columns)
    // All of the tensor was looked at, a part of it is encoded.
    let encodingStart = WorkTime.threadSeconds
    switch choice {
    case .trellis(let target):
      byteCount = Self.bitsPerWeight(of: sample, target) / 8 * Double(codedCount)
    default:
      // A sample that the codec cannot represent stands for a tensor that it cannot.
      let spare: CodecChoice = storage == .raw ? .f32 : .f32Planes
      let encoded =
        choice.codec.encode(sample.values, rows: sample.rows, columns: sample.columns)
        ?? spare.codec.encode(sample.values, rows: sample.rows, columns: sample.columns)
      let isCompact = choice.identifier.isCompact
      let data = try PackedSegment(encoded?.codes ?? [], storage: isCompact ? .raw : storage)
      byteCount = Double(data.stored.count) / Double(max(sample.values.count, 1)) * Double(codedCount)
      let zeroCount = tensor.elementCount - codedCount
      if zeroCount > 0, storage != .raw {
        zeroByteCount = try Double(zeroCount) * Self.bytesPerZero(choice, storage: storage)
        byteCount += zeroByteCount
      }
      if !isCompact, storage != .raw {
        let codes = encoded?.codes.count ?? 0
        plainByteCount = codes / max(sample.values.count, 1) * tensor.elementCount
      }
      if choice == .int8 {
        scales = SegmentEstimate(storedByteCount: 4 * matrix.rows, plainByteCount: nil)
      }
    }
    let isSearched = choice.identifier == .trellis
    let work = { (count: Int) in Double(max(isSearched ? Self.searchedCount(of: count) : count, 1)) }
    seconds =
      encodingStart - start
      + (WorkTime.threadSeconds - encodingStart) * work(codedCount) / work(sample.values.count)
  }

  /// Elements that the trellis codec encodes to find the step of a matrix, about: a pilot of up to 131,072 four times, then all
  /// of them once.
  private static func searchedCount(of elementCount: Int) -> Int {
    4 * min(elementCount, 1 << 17) + elementCount
  }

  /// Takes what is known of a tensor that was encoded whole.
  private mutating func take(_ packed: PackedTensor) {
    (codec, byteCount, isExact) = (packed.codec, Double(packed.data.stored.count), true)
    (data, scales) = (SegmentEstimate(packed.data), packed.scales.map { SegmentEstimate($0) })
    (error, floatReason) = (packed.error, packed.floatReason)
  }

  /// What text features will take, which are not computed yet: unit vectors, like normally distributed numbers.
  ///
  /// - Throws: ``FormatError`` where there is no memory for it.
  package init(
    ofTextFeatures tensor: ModelTensor, requested: WeightFormat, storage: StorageMode
  ) throws(FormatError) {
    let width = Double(tensor.shape.last ?? 1)
    var state: UInt64 = 1
    let values = (0..<min(tensor.elementCount, Self.sampleElementCount)).map { _ in
      // The sum of twelve uniform numbers.
      let sum = (0..<12).reduce(-6.0) { sum, _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return sum + Double(state >> 11) * 0x1p-53
      }
      return Float(sum / width.squareRoot())
    }
    let sample = ModelTensor(name: tensor.name, role: tensor.role, layout: .plain, shape: [values.count])
    let rule = CodecRule(for: sample, requested: requested, storage: storage)
    let packed = try PackedTensor(
      sample, values: Tensor(shape: sample.shape, values: values), choice: rule.choice, storage: storage)
    codec = packed.codec
    codedCount = tensor.elementCount
    byteCount = Double(packed.storedByteCount) * Double(tensor.elementCount) / Double(values.count)
    isExact = storage == .raw
    if !packed.codec.isCompact, storage != .raw {
      plainByteCount = packed.data.plainByteCount / values.count * tensor.elementCount
    }
    seconds = 0
  }

  /// The bytes by which ``byteCount`` may be wrong, where what a sample tells is wrong by a share.
  package func uncertainty(sampleError: Double) -> Double {
    isExact ? 0 : sampleError * (byteCount - zeroByteCount) + zeroByteCount
  }

  /// The bytes that one more zero takes in a row of many.
  private static func bytesPerZero(
    _ choice: CodecChoice, storage: StorageMode
  ) throws(FormatError) -> Double {
    let count = 4 * sampleElementCount
    func size(_ rowCount: Int) throws(FormatError) -> Int {
      let zeros = [Float](repeating: 0, count: rowCount * count)
      let codes = choice.codec.encode(zeros, rows: rowCount, columns: count)?.codes ?? []
      return try PackedSegment(codes, storage: choice.identifier.isCompact ? .raw : storage).stored.count
    }
    return Double(try size(2) - size(1)) / Double(count)
  }

  /// The codes, where they take so many bytes.
  package func data(byteCount: Double) -> SegmentEstimate {
    data ?? SegmentEstimate(storedByteCount: Int(byteCount.rounded()), plainByteCount: plainByteCount)
  }

  /// What it takes with so many bits for each weight.
  package func byteCount(bits: Double) -> Double { bits / 8 * Double(codedCount) }

  /// The bits of each weight, at most those asked for: a whole matrix is brought nearer to them than a sample.
  private static func bitsPerWeight(of sample: Sample, _ target: EncodingTarget) -> Double {
    let encoded = TrellisCodec(target).encode(sample.values, rows: sample.rows, columns: sample.columns)
    let bits = encoded.map { 8 * Double($0.codes.count) / Double(max(sample.values.count, 1)) }
    guard case .bits(let requested) = target else { return bits ?? 32 }
    return bits.map { $0 < 0.95 * requested ? $0 : requested } ?? requested
  }

  /// The codec that a tensor gets; see ``PackedTensor``.
  private static func usable(_ choice: CodecChoice, for values: [Float], storage: StorageMode) -> CodecChoice
  {
    guard [.f16, .f16Planes].contains(choice.identifier), values.contains(where: { $0.magnitude >= 65_520 })
    else { return choice }
    return storage == .raw ? .f32 : .f32Planes
  }
}

/// Some rows and some columns of a matrix, evenly spaced, in about the proportion of its sides.
private struct Sample {
  let values: [Float]
  let rows: Int
  let columns: Int

  init(_ matrix: [Float], rows all: [Int], columns: Int) {
    let share = (Double(TensorEstimate.sampleElementCount) / Double(max(all.count * columns, 1))).squareRoot()
    let rowCount = min(all.count, max(Int(Double(all.count) * share), min(all.count, 64)))
    let columnCount = min(columns, max(TensorEstimate.sampleElementCount / max(rowCount, 1), 1))
    var values: [Float] = []
    values.reserveCapacity(rowCount * columnCount)
    for row in 0..<rowCount {
      let start = all[row * all.count / rowCount] * columns
      for column in 0..<columnCount { values.append(matrix[start + column * columns / columnCount]) }
    }
    (self.values, self.rows, self.columns) = (values, rowCount, columnCount)
  }
}
