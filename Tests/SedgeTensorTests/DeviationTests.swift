import SedgeTensor
import Testing

@Suite("The deviation of numbers from a reference")
struct DeviationTests {
  @Test("is computed over all elements")
  func figures() {
    let reference: [Float] = [3, 4, 0, 0, 0, 0, 0, 0, 0, 12]
    let decoded: [Float] = [3, 4, 0, 0, 0, 0, 0, 0, 0, 11]
    let error = Deviation(reference: reference, actual: decoded)
    #expect(error.elementCount == 10)
    #expect(error.largestAbsolute == 1)
    #expect(error.relativeRMS == 1.0 / 13)
    #expect(abs(error.signalToNoiseRatio - 22.278867) < 1e-6)
    #expect(abs(error.cosine - 157 / (13 * 146.0.squareRoot())) < 1e-15)
  }

  @Test("is defined where a tensor is zero")
  func zeros() {
    let same = Deviation(reference: [0, 0], actual: [0, 0])
    #expect(same.relativeRMS == 0 && same.cosine == 1 && same.signalToNoiseRatio == .infinity)
    let gained = Deviation(reference: [0, 0], actual: [0, 2])
    #expect(gained.relativeRMS == .infinity && gained.cosine == 0 && gained.signalToNoiseRatio == -.infinity)
    let lost = Deviation(reference: [0, 2], actual: [0, 0])
    #expect(lost.relativeRMS == 1 && lost.cosine == 0 && lost.largestAbsolute == 2)
  }

  @Test("is infinite where a value is no number and its reference is")
  func notNumbers() {
    let deviation = Deviation(reference: [1, 2], actual: [1, .nan])
    #expect(deviation.largestAbsolute == .infinity && deviation.relativeRMS == .infinity)
    #expect(Deviation(reference: [1, .infinity], actual: [1, .infinity]).largestAbsolute == 0)
  }
}
