// The layout of the legend.

/// The positions of a legend's lines to the right of or below a picture, in pixels.
struct LegendLayout {
  /// The size of picture and legend together.
  let canvasWidth: Int
  let canvasHeight: Int
  /// The left upper corner of the first line.
  let originX: Int
  let originY: Int
  let rowCount: Int
  let rowHeight: Int
  let cellWidth: Int
  let cellGap: Int
  let swatchSize: Int
  let nameX: Int
  let nameWidth: Int

  /// Whether the legend stands to the right of such a picture, and not below it.
  static func isBeside(width: Int, height: Int) -> Bool { height > width }

  static func rowHeight(pixelSize: Int) -> Int { pixelSize * 7 / 4 }

  /// Lays lines out in as many columns of equal width as fit.
  init(_ legend: Legend, pictureWidth: Int, pictureHeight: Int, font: borrowing Font) {
    let em = font.pixelSize
    let count = legend.entries.count
    var widestName = 0
    var shareWidth = 0
    for entry in legend.entries {
      widestName = max(widestName, font.width(of: font.fitting(entry.name, maximumWidth: 18 * em)))
      shareWidth = max(shareWidth, font.width(of: entry.shareText))
    }
    let isBeside = LegendLayout.isBeside(width: pictureWidth, height: pictureHeight)
    swatchSize = em * 5 / 4
    nameX = swatchSize + em * 2 / 3
    rowHeight = LegendLayout.rowHeight(pixelSize: em)
    cellGap = 3 * em
    let fixedWidth = nameX + em + shareWidth
    let available = isBeside ? Int.max : pictureWidth - 2 * em - fixedWidth
    nameWidth = min(widestName, available)
    cellWidth = fixedWidth + nameWidth
    if isBeside {
      rowCount = count
      originX = pictureWidth + em
      originY = em
      canvasWidth = pictureWidth + cellWidth + 2 * em
      canvasHeight = max(pictureHeight, count * rowHeight + 2 * em)
    } else {
      let fitting = max(1, (pictureWidth - 2 * em + cellGap) / (cellWidth + cellGap))
      rowCount = (count + fitting - 1) / fitting
      originX = em
      originY = pictureHeight + em
      canvasWidth = pictureWidth
      canvasHeight = pictureHeight + rowCount * rowHeight + 2 * em
    }
  }

  /// The left upper corner of a line; lines run down the columns.
  func origin(ofEntry index: Int) -> (x: Int, y: Int) {
    (originX + index / rowCount * (cellWidth + cellGap), originY + index % rowCount * rowHeight)
  }

  /// How many lines a legend may have so that it stays within the picture's height, and at least six rows.
  static func maximumEntryCount(pictureWidth: Int, pictureHeight: Int, pixelSize: Int) -> Int {
    let rowCount = max(6, (pictureHeight - 2 * pixelSize) / rowHeight(pixelSize: pixelSize))
    let isBeside = isBeside(width: pictureWidth, height: pictureHeight)
    return rowCount * (isBeside ? 1 : max(1, pictureWidth / (20 * pixelSize)))
  }
}
