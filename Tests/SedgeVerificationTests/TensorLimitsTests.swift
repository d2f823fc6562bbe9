// What a file may say of its tensors, and what it may not.

import SedgeCompression
import SedgeVerification
import SedgeArchitecture
import SedgeContainer
import SedgeQuantization
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("Limits of tensors")
struct TensorLimitsTests {
  private static let calibrated = QuantizationRecord(
    requested: "int4",
    calibration: QuantizationRecord.Calibration(pictureCount: 4, source: "synthetic", isCompensated: true))
  private static let layer = ModelTensor(name: "fc.weight", role: .linear, layout: .oi, shape: [64, 64])
  private static let bias = ModelTensor(name: "fc.bias", role: .bias, layout: .plain, shape: [64])

  /// Numbers that look like weights: sums of twelve even ones.
  private static func weights(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(state: seed)
    return (0..<count).map { _ in
      (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
    }
  }

  /// A line of the table for codes of `coded` in a file that says that they are of `claimed`.
  private static func record(
    _ tensor: ModelTensor, choice: CodecChoice, coded: [Float], claimed: [Float]
  ) throws -> (record: TensorRecord, decoded: [Float]) {
    let (rows, columns) = tensor.matrix(for: choice.identifier)
    let encoded = choice.codec.encode(coded, rows: rows, columns: columns)
    let packed = try PackedTensor(
      tensor, values: Tensor(shape: tensor.shape, values: claimed), rule: CodecRule(choice: choice),
      encoded: encoded, storage: .compressed)
    let data = Segment(
      byteOffset: 64, storedByteCount: packed.data.stored.count, plainByteCount: packed.data.plainByteCount,
      compression: packed.data.compression, checksum: packed.data.checksum)
    return (
      TensorRecord(
        tensor: tensor, codec: packed.codec, floatReason: nil, data: data, scales: nil,
        largestAbsoluteError: packed.error.largestAbsolute, relativeRMSError: packed.error.relativeRMS),
      try packed.decoded().values
    )
  }

  /// Whether tensors pass, and which limits they have.
  private static func judge(
    _ items: [(record: TensorRecord, source: [Float], decoded: [Float])], _ quantization: QuantizationRecord?
  ) -> [(passes: Bool, limit: ErrorLimit)] {
    var limits = TensorLimits(quantization: quantization, layers: [LayerPath(name: "fc")])
    let deviations = items.map { item in
      let deviation = Deviation(reference: item.source, actual: item.decoded)
      limits.add(item.record, source: item.source, deviation)
      return deviation
    }
    return zip(items, deviations).map { item, deviation in
      let limit = limits.limit(of: item.record)
      return (deviation.relativeRMS <= limit.value, limit)
    }
  }

  @Test("Honest codes pass by their record", arguments: [8.0, 6, 4, 3, 2])
  func honest(bits: Double) throws {
    let source = Self.weights(4096, seed: 1)
    let (record, decoded) = try Self.record(
      Self.layer, choice: .trellis(.bits(bits)), coded: source, claimed: source)
    let verdict = Self.judge([(record, source, decoded)], nil)[0]
    #expect(verdict.passes)
    #expect(verdict.limit.origin == "what the file records")
    #expect(verdict.limit.value < 1.3 * record.relativeRMSError)
  }

  @Test("Codes of other weights fail, whether the record admits it or not", arguments: [8.0, 6, 4])
  func forged(bits: Double) throws {
    let (source, other) = (Self.weights(4096, seed: 1), Self.weights(4096, seed: 2))
    let choice = CodecChoice.trellis(.bits(bits))
    var (record, decoded) = try Self.record(Self.layer, choice: choice, coded: other, claimed: source)
    #expect(record.relativeRMSError > 1.2)
    for quantization in [nil, Self.calibrated] {
      let admitted = Self.judge([(record, source, decoded)], quantization)[0]
      #expect(!admitted.passes)
      #expect(admitted.limit.origin.hasPrefix("all that "))
      #expect(admitted.limit.origin.hasSuffix(" bits a weight explain"))
    }
    record.relativeRMSError = 1.1 / Double(1 << Int(bits))
    let hidden = Self.judge([(record, source, decoded)], Self.calibrated)[0]
    #expect(!hidden.passes)
    #expect(hidden.limit.origin == "what the file records")
  }

  @Test("Rows of zeros do not make room for errors")
  func zeroRows() throws {
    var (source, other) = (Self.weights(4096, seed: 1), Self.weights(4096, seed: 2))
    for i in 256..<4096 { (source[i], other[i]) = (0, 0) }
    let (record, decoded) = try Self.record(
      Self.layer, choice: .trellis(.bits(8)), coded: other, claimed: source)
    #expect(record.bitsPerWeight < 2)
    #expect(!Self.judge([(record, source, decoded)], Self.calibrated)[0].passes)
  }

  @Test("Floats are checked against their type", arguments: [CodecChoice.f32, .f32Planes, .f16, .f16Planes])
  func floats(choice: CodecChoice) throws {
    let isExact = choice == .f32 || choice == .f32Planes
    let source = Self.weights(4096, seed: 3).map { $0 * (isExact ? 1e-6 : 1e-2) }
    let (record, decoded) = try Self.record(Self.layer, choice: choice, coded: source, claimed: source)
    let verdict = Self.judge([(record, source, decoded)], Self.calibrated)[0]
    #expect(verdict.passes)
    #expect(verdict.limit.origin == (isExact ? "float32" : "float16"))
    #expect(isExact ? verdict.limit.value == 0 : verdict.limit.value < 0.05)
    var changed = decoded
    changed[7] += isExact ? 1e-9 : 1e-1
    #expect(!Self.judge([(record, source, changed)], Self.calibrated)[0].passes)
  }

  @Test(
    "A bias may have moved as its record says and its weights' errors explain, where there was calibration",
    arguments: [(0.05, true, true), (0.05, false, false), (20, true, false)])
  func biases(moved: Float, isCalibrated: Bool, passes: Bool) throws {
    let source = Self.weights(4096, seed: 1)
    let weights = try Self.record(Self.layer, choice: .trellis(.bits(4)), coded: source, claimed: source)
    let before = Self.weights(64, seed: 4)
    let after = before.map { $0 + moved }
    let bias = try Self.record(Self.bias, choice: .f16Planes, coded: after, claimed: before)
    let verdicts = Self.judge(
      [(weights.record, source, weights.decoded), (bias.record, before, bias.decoded)],
      isCalibrated ? Self.calibrated : nil)
    #expect(verdicts[0].passes)
    #expect(verdicts[1].passes == passes)
    #expect(
      verdicts[1].limit.origin
        == (!isCalibrated
          ? "float16"
          : passes
            ? "what the file records of a corrected bias" : "all that the errors of its weights explain"))
  }

  @Test(
    "A bias of zeros may have moved as far as its weights' errors explain, whatever the record says",
    arguments: [(0.05, true), (60_000, false)] as [(Float, Bool)])
  func biasOfZeros(moved: Float, passes: Bool) throws {
    let source = Self.weights(4096, seed: 1)
    let weights = try Self.record(Self.layer, choice: .trellis(.bits(4)), coded: source, claimed: source)
    let (before, after) = ([Float](repeating: 0, count: 64), [Float](repeating: moved, count: 64))
    var bias = try Self.record(Self.bias, choice: .f16Planes, coded: after, claimed: before)
    bias.record.relativeRMSError = .infinity
    let verdicts = Self.judge(
      [(weights.record, source, weights.decoded), (bias.record, before, bias.decoded)], Self.calibrated)
    #expect(verdicts[1].passes == passes)
  }
}
