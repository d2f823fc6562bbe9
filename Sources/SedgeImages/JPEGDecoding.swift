// JPEG files to samples, by TurboJPEG.

internal import CTurboJPEG
internal import SedgeTensor

/// Decodes a whole JPEG as it is stored, not yet turned (`tjDecompress2`).
///
/// A decoder's warning, which means damaged data, is an error here; only superfluous bytes before a marker, which some
/// programs write, are ignored.
func decodeJPEG(_ file: PictureFile, header: JPEGHeader) throws(FormatError) -> RGBImage {
  guard let decoder = unsafe tjInitDecompress() else {
    throw FormatError(.cannotRead(reason: "the JPEG decoder does not start"))
  }
  defer { unsafe _ = tjDestroy(decoder) }
  let isCMYK = header.componentCount == 4
  let rowByteCount = (isCMYK ? 4 : 3) * header.width
  var samples = [UInt8](repeating: 0, count: rowByteCount * header.height)
  let result = unsafe tjDecompress2(
    decoder, file.bytes, UInt(file.bytes.count), &samples, Int32(header.width), Int32(rowByteCount),
    Int32(header.height), Int32((isCMYK ? TJPF_CMYK : TJPF_RGB).rawValue),
    TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
  if result != 0 {
    let message = unsafe String(cString: tjGetErrorStr2(decoder))
    let isHarmless =
      unsafe tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
      && message.contains("extraneous bytes before marker")
    guard isHarmless else { throw FormatError(.malformed(message)) }
  }
  return RGBImage(
    width: header.width, height: header.height, pixels: isCMYK ? rgb(fromInvertedCMYK: samples) : samples)
}

/// Red, green and blue of samples that hold 255 less the share of cyan, magenta, yellow and black ink.
private func rgb(fromInvertedCMYK samples: [UInt8]) -> [UInt8] {
  var pixels = [UInt8]()
  pixels.reserveCapacity(samples.count / 4 * 3)
  for i in stride(from: 0, to: samples.count, by: 4) {
    let light = Int(samples[i + 3])
    for channel in 0..<3 {
      let ink = (255 - Int(samples[i + channel])) * light
      pixels.append(UInt8(truncatingIfNeeded: light - (ink + 127) / 255))
    }
  }
  return pixels
}
