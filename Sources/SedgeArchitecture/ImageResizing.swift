// How an image becomes the square that the image encoder takes.

/// The way of an image of any size to the square, or the squares, of the image encoder of SED or CAT-Seg.
///
///     var options = ConversionOptions()
///     options.resizing = .sed
///
/// CLIP alone has its own: Pillow's bicubic filter and the center square.
public enum ImageResizing: String, CaseIterable, Hashable, Sendable, Codable {
  /// Bilinear resizing straight to the square: half-pixel centres, no antialiasing. CAT-Seg's image is padded with its mean color to
  /// multiples of 32 at the right and below first, and the result covers the padding too, as in the authors' program.
  case square
  /// The published evaluation of SED: first the shorter side to 640 pixels, the longer to at most 2,560, by Pillow's antialiased
  /// bilinear filter in 8 bits; then as ``square``.
  case sed
  /// CAT-Seg's sliding windows: the image, resized to a square of 5/3 of a window's side, in four windows that overlap, and as a whole;
  /// the scores are the mean of both.
  case windows
  /// The published evaluation of CAT-Seg: the first step of ``sed``, then ``windows``.
  case catSeg = "cat-seg"
}

extension ImageResizing {
  /// The length of the shorter side after the first step of ``sed`` and ``catSeg``, in pixels.
  package static let shorterSide = 640
  /// The limit of the longer side after the first step of ``sed`` and ``catSeg``, in pixels.
  package static let longestSide = 2560

  /// The size of an image after the first step; `nil` where there is none.
  ///
  /// Computed in float64 and rounded half up like `ResizeShortestEdge` of detectron2; an image of more than 5,120 to 1, whose
  /// shorter side would vanish, keeps one pixel there.
  package func intermediateSize(height: Int, width: Int) -> (height: Int, width: Int)? {
    guard self == .sed || self == .catSeg else { return nil }
    let side = Double(Self.shorterSide)
    let scale = side / Double(min(height, width))
    var (newHeight, newWidth) =
      height < width ? (side, scale * Double(width)) : (scale * Double(height), side)
    if max(newHeight, newWidth) > Double(Self.longestSide) {
      let limit = Double(Self.longestSide) / max(newHeight, newWidth)
      (newHeight, newWidth) = (newHeight * limit, newWidth * limit)
    }
    return (max(Int(newHeight + 0.5), 1), max(Int(newWidth + 0.5), 1))
  }

  /// That of the published evaluation of a kind of model; CLIP alone has one way.
  package static func published(of kind: ModelKind) -> ImageResizing {
    switch kind {
    case .clip: .square
    case .sed: .sed
    case .catSeg: .catSeg
    }
  }

  /// This way, or that of the published evaluation where this is another kind's published one.
  package func applied(to kind: ModelKind) -> ImageResizing {
    [.sed, .catSeg].contains(self) ? .published(of: kind) : self
  }

  /// Whether the image encoder takes several squares.
  package var hasWindows: Bool { self == .windows || self == .catSeg }

  /// The ways that a model of a kind has; CLIP alone has its own.
  package static func all(of kind: ModelKind) -> [ImageResizing] {
    switch kind {
    case .clip: [.square]
    case .sed: [.square, .sed]
    case .catSeg: [.square, .windows, .catSeg]
    }
  }
}

/// The geometry of CAT-Seg's sliding windows (`TEST.SLIDING_WINDOW` of the authors' program).
package struct SlidingWindows: Hashable, Sendable {
  /// Side of a window in pixels of the canvas.
  package var side: Int

  /// The side in both published models.
  package static let usualSide = 384

  /// Windows of a side.
  package init(side: Int) { self.side = side }

  /// The distance of neighbouring windows: windows overlap by a third.
  package var stride: Int { Int(Double(side) * (1 - 0.333)) }
  /// Side of the square that the image is resized to: two windows.
  package var canvas: Int { side + stride }
  /// The upper left corners of the windows, row by row.
  package var corners: [(y: Int, x: Int)] { [0, stride].flatMap { y in [0, stride].map { (y, $0) } } }
}
