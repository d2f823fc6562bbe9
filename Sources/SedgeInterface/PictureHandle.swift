// Pictures.

public import CSedge
import Sedge
import SedgeImages

/// `sedge_picture_file`.
final class PictureHandle: Handle {
  private let image: RGBImage
  private let pixels: FixedArray<UInt8>

  init(path: String) throws {
    image = try RGBImage(demandingMemoryFor: path)
    pixels = FixedArray(image.pixels)
  }

  var picture: sedge_picture {
    sedge_picture(
      pixels: pixels.pointer, width: Int32(image.width), height: Int32(image.height), stride: 0,
      layout: Int32(SEDGE_RGB.rawValue))
  }
}

extension RGBImage {
  /// Copies the pixels of a caller; alpha is dropped, as it is of files.
  init(_ pointer: UnsafePointer<sedge_picture>?) throws {
    let picture = try required(pointer, "picture").pointee
    let pixels = try required(picture.pixels, "picture->pixels")
    guard let samples = Samples(rawValue: picture.layout) else {
      throw CallError.argument("picture->layout is \(picture.layout), which is no sedge_layout")
    }
    let (width, height) = (Int(picture.width), Int(picture.height))
    guard width > 0, height > 0 else {
      throw CallError.argument("picture is \(width) x \(height) pixels: expected at least 1 x 1")
    }
    let lineByteCount = width * samples.count
    let stride = picture.stride == 0 ? lineByteCount : picture.stride
    guard stride >= lineByteCount else {
      throw CallError.argument(
        "picture->stride is \(stride): expected 0, or at least \(lineByteCount) bytes for \(width) pixels")
    }
    guard !stride.multipliedReportingOverflow(by: height).overflow else {
      throw CallError.argument("picture->stride is \(stride): \(height) such lines are in no memory")
    }
    try MemoryDemand.ask(
      MemoryDemand.ofPicture(width: width, height: height), for: "a picture of \(width) x \(height) pixels")
    let (red, green, blue) = samples.offsets
    let bytes = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { result, count in
      for y in 0..<height {
        let line = UnsafeBufferPointer(start: pixels + y * stride, count: lineByteCount)
        var (i, o) = (0, 3 * y * width)
        while i < lineByteCount {
          (result[o], result[o + 1], result[o + 2]) = (line[i + red], line[i + green], line[i + blue])
          (i, o) = (i + samples.count, o + 3)
        }
      }
      count = 3 * width * height
    }
    self.init(width: width, height: height, pixels: bytes)
  }

  /// A layout's samples of a pixel.
  private struct Samples {
    var count: Int
    var offsets: (red: Int, green: Int, blue: Int)

    init?(rawValue: Int32) {
      switch UInt32(bitPattern: rawValue) {
      case SEDGE_RGB.rawValue: (count, offsets) = (3, (0, 1, 2))
      case SEDGE_BGR.rawValue: (count, offsets) = (3, (2, 1, 0))
      case SEDGE_RGBA.rawValue: (count, offsets) = (4, (0, 1, 2))
      case SEDGE_BGRA.rawValue: (count, offsets) = (4, (2, 1, 0))
      case SEDGE_GRAY.rawValue: (count, offsets) = (1, (0, 0, 0))
      default: return nil
      }
    }
  }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_picture_open(
  _ path: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<OpaquePointer?>?
) -> sedge_status {
  make(file, "file") { try PictureHandle(path: try text(path, "path")) }
}

/// As `sedge.h` says.
@c @implementation
public func sedge_picture_close(_ file: OpaquePointer?) { Handle.release(file) }

/// As `sedge.h` says.
@c @implementation
public func sedge_picture_pixels(
  _ file: OpaquePointer?, _ picture: UnsafeMutablePointer<sedge_picture>?
) -> sedge_status {
  call {
    let picture = try required(picture, "picture")
    picture.pointee = try PictureHandle.object(file, "file").picture
  }
}
