// A segmentation drawn over its picture, with a legend.

/// Draws a label map over its picture, with contours and a legend.
///
/// The picture's brightness is blended with the colours of the classes (``Palette``), so that a region has the hue that
/// the legend shows whatever the picture's colours are; a thin line, light with a dark edge, parts the regions. The
/// legend names the classes present, with their share of the picture, largest first (``Legend``): below a picture that
/// is at least as wide as high, else at its right. Text grows with the picture; names beyond 18 ems end in an ellipsis.
/// The font, DejaVu Sans, has Latin, Greek, Cyrillic and more; a character it lacks becomes a box, and scripts that need
/// joining or run from right to left are not set properly.
///
/// The same input makes the same picture, with the same version of FreeType.
public struct Overlay: Sendable, Hashable {
  /// The weight of a class's colour against the picture's brightness, 0 to 1.
  public var opacity = 0.6
  /// The most lines of the legend; less where the picture is too small for them.
  public var maximumEntryCount = 24

  /// An overlay with the default weights.
  public init() {}

  /// Pixels that a picture's longer side is enlarged to, or less, by a whole factor.
  private static let targetSideLength = 768

  /// Draws the picture, the regions and the legend.
  ///
  /// A small picture is enlarged first, every pixel to a square, by the largest whole factor that leaves its longer
  /// side within 768 pixels, so that contours stay thin and the text finds room.
  ///
  /// - Parameters:
  ///   - labels: An index of `classes` for every pixel of `image`; another size traps. Pixels with any other number
  ///     show the picture as it is.
  ///   - classes: The class names.
  public func draw(_ labels: LabelMap, on image: RGBImage, classes: [String]) -> RGBImage {
    precondition(labels.width == image.width && labels.height == image.height)
    let factor = max(1, Overlay.targetSideLength / max(image.width, image.height))
    let width = image.width * factor
    let height = image.height * factor
    let font = Font(pixelSize: max(14, Int(Double(width * height).squareRoot()) / 50))
    let room = LegendLayout.maximumEntryCount(
      pictureWidth: width, pictureHeight: height, pixelSize: font.pixelSize)
    let legend = Legend(labels, classes: classes, maximumEntryCount: min(maximumEntryCount, room))
    let layout = LegendLayout(legend, pictureWidth: width, pictureHeight: height, font: font)
    var canvas = RGBImage(width: layout.canvasWidth, height: layout.canvasHeight, color: Overlay.paper)
    drawRegions(
      labels, of: image, factor: factor, lineWidth: max(1, font.pixelSize / 14), classCount: classes.count,
      on: &canvas)
    draw(legend, layout: layout, font: font, on: &canvas)
    return canvas
  }

  private static let paper = RGBColor(hex: 0xFAFAFA)
  private static let ink = RGBColor(hex: 0x212121)
  private static let paleInk = RGBColor(hex: 0x616161)
  private static let lightLine = RGBColor(255, 255, 255)
  private static let darkLine = RGBColor(0, 0, 0)

  private func drawRegions(
    _ labels: LabelMap, of image: RGBImage, factor: Int, lineWidth: Int, classCount: Int,
    on canvas: inout RGBImage
  ) {
    let colors = (0..<classCount).map(Palette.color(ofClass:))
    let weight = Int((256 * min(max(opacity, 0), 1)).rounded())
    let bottom = image.height * factor - 1
    let right = image.width * factor - 1
    for y in 0...bottom {
      let row = y / factor * image.width
      let rowBelow = min(y + lineWidth, bottom) / factor * image.width
      let rowAbove = max(y - lineWidth, 0) / factor * image.width
      for x in 0...right {
        let column = x / factor
        let label = labels.labels[row + column]
        var color = image[x: column, y: y / factor]
        if colors.indices.contains(label) { color = color.gray.blended(with: colors[label], weight: weight) }
        let columnBeyond = min(x + lineWidth, right) / factor
        let columnBefore = max(x - lineWidth, 0) / factor
        if labels.labels[row + columnBeyond] != label || labels.labels[rowBelow + column] != label
          || labels.labels[rowBelow + columnBeyond] != label
        {
          color = color.blended(with: Overlay.lightLine, weight: 208)
        } else if labels.labels[row + columnBefore] != label || labels.labels[rowAbove + column] != label {
          color = color.blended(with: Overlay.darkLine, weight: 112)
        }
        canvas[x: x, y: y] = color
      }
    }
  }

  private func draw(_ legend: Legend, layout: LegendLayout, font: borrowing Font, on canvas: inout RGBImage) {
    for (index, entry) in legend.entries.enumerated() {
      let origin = layout.origin(ofEntry: index)
      let baseline = origin.y + (layout.rowHeight + font.capHeight) / 2
      let swatchY = origin.y + (layout.rowHeight - layout.swatchSize) / 2
      canvas.fillSwatch(x: origin.x, y: swatchY, size: layout.swatchSize, color: entry.color)
      let name = font.fitting(entry.name, maximumWidth: layout.nameWidth)
      font.draw(name, x: origin.x + layout.nameX, baseline: baseline, color: Overlay.ink, on: &canvas)
      let shareX = origin.x + layout.cellWidth - font.width(of: entry.shareText)
      font.draw(entry.shareText, x: shareX, baseline: baseline, color: Overlay.paleInk, on: &canvas)
    }
  }
}

extension RGBImage {
  /// Fills a square with a colour and a darker border; without a colour only the border is drawn.
  fileprivate mutating func fillSwatch(x: Int, y: Int, size: Int, color: RGBColor?) {
    let black = RGBColor(0, 0, 0)
    let fill = color ?? RGBColor(hex: 0xE0E0E0)
    let border = fill.blended(with: black, weight: 80)
    let borderWidth = max(1, size / 16)
    let inner = borderWidth..<size - borderWidth
    for row in 0..<size {
      for column in 0..<size {
        let isInner = inner.contains(row) && inner.contains(column)
        self[x: x + column, y: y + row] = isInner ? fill : border
      }
    }
  }
}
