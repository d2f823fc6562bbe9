// The pictures of a page, within its size.

internal import SedgeImages
package import SedgeTensor

/// Pictures in their encoded form, the worst first; those that do not fit are left out, the best of them first.
package struct PictureSheet: Sendable {
  /// The most pictures of a page.
  package static let maximumPictureCount = 100
  /// The most bytes that pictures take in a page, in base64.
  package static let maximumByteCount = 15_000_000
  /// The longest side of a picture in the page, in pixels.
  package static let side = 512

  /// A picture as it is in the page.
  struct Entry: Sendable {
    /// An image of the picture's size.
    struct View: Sendable {
      enum Kind: String { case input, labels, difference, margin }

      var kind: Kind
      var title: String
      /// The bytes of a file, as a `data:` address.
      var address: String
    }

    /// A class that occurs in a map.
    struct Class: Sendable {
      var name: String
      var color: String
      /// The share of each map, in their order.
      var shares: [Double]
    }

    var name: String
    var facts: [String]
    var badness: Double
    var number: Int
    var size: PictureExtent
    var views: [View]
    var classes: [Class]
    var mapTitles: [String]
    /// What the brightest pixel of the map of margins stands for.
    var largestMargin: Float

    var byteCount: Int { views.reduce(1000 + 200 * classes.count) { $0 + $1.address.utf8.count } }
  }

  private(set) var entries: [Entry] = []
  /// All pictures that were given.
  package private(set) var pictureCount = 0
  private var byteCount = 0
  private var isFull = false
  private let classNames: [String]

  /// Begins without pictures.
  package init(classNames: [String]) { self.classNames = classNames }

  /// Adds a picture, which may drop another.
  ///
  /// - Throws: `FormatError` when an encoder fails.
  package mutating func add(_ picture: ReportPicture) throws(FormatError) {
    pictureCount += 1
    let badness = picture.badness.isNaN ? .infinity : picture.badness
    // What would be dropped at once is not encoded.
    if isFull, let least = entries.last?.badness, badness <= least { return }
    let entry = try PictureEncoder(picture, badness: badness, number: pictureCount, classNames: classNames)
      .entry()
    // Of equals the earlier one comes first.
    let place = entries.firstIndex { $0.badness < badness } ?? entries.count
    entries.insert(entry, at: place)
    byteCount += entry.byteCount
    while entries.count > Self.maximumPictureCount || byteCount > Self.maximumByteCount, entries.count > 1 {
      byteCount -= entries.removeLast().byteCount
      isFull = true
    }
    isFull = isFull || entries.count == Self.maximumPictureCount
  }
}

/// Makes the views of one picture.
private struct PictureEncoder {
  private static let quality = 82
  /// Colours of pixels without a class, with equal labels, and with different ones.
  private static let noClass = RGBColor(128, 128, 128)
  private static let equal = RGBColor(0, 0, 0)
  private static let different = RGBColor(255, 0, 170)
  /// The steps of margins.
  private static let marginStepCount: Float = 32

  private let picture: ReportPicture
  private let badness: Double
  private let number: Int
  private let classNames: [String]
  private let size: PictureExtent

  init(_ picture: ReportPicture, badness: Double, number: Int, classNames: [String]) {
    (self.picture, self.badness, self.number, self.classNames) = (picture, badness, number, classNames)
    size = PictureExtent(
      width: picture.image.width, height: picture.image.height, side: PictureSheet.side)
  }

  func entry() throws(FormatError) -> PictureSheet.Entry {
    let image = picture.image
    let jpeg = try image.reduced(to: size).jpegBytes(quality: Self.quality)
    var views = [
      PictureSheet.Entry.View(kind: .input, title: "input", address: dataAddress("image/jpeg", jpeg))
    ]
    let classes = classesOfMaps()
    let colors = palette(of: classes)
    var reduced: [[UInt8]] = []
    for map in picture.maps where map.labels.count == image.width * image.height {
      let labels = size.nearest(of: map.labels, width: image.width, height: image.height)
      let indices = labels.map { colors.index[$0] ?? 0 }
      reduced.append(indices)
      views.append(
        .init(
          kind: .labels, title: map.title,
          address: dataAddress("image/png", try size.pngBytes(indices, palette: colors.colors))))
    }
    if reduced.count > 1, let first = reduced.first, let last = reduced.last {
      let indices = zip(first, last).map { UInt8($0 == $1 ? 0 : 1) }
      views.append(
        .init(
          kind: .difference, title: "difference",
          address: dataAddress(
            "image/png", try size.pngBytes(indices, palette: [Self.equal, Self.different]))))
    }
    let largest = picture.margins.filter(\.isFinite).max() ?? 0
    if picture.margins.count == image.width * image.height, largest > 0 {
      let margins = size.nearest(of: picture.margins, width: image.width, height: image.height)
      let samples = margins.map { margin in
        let share = margin.isFinite ? min(max(margin / largest, 0), 1) : 0
        return UInt8((share * Self.marginStepCount).rounded() / Self.marginStepCount * 255)
      }
      views.append(
        .init(
          kind: .margin, title: "confidence",
          address: dataAddress("image/png", try size.pngBytes(gray: samples))))
    }
    return PictureSheet.Entry(
      name: picture.name, facts: picture.facts, badness: badness, number: number, size: size, views: views,
      classes: classes.map { found in
        .init(
          name: classNames[Int(found.index)], color: colorText(Palette.color(ofClass: Int(found.index))),
          shares: found.shares)
      }, mapTitles: picture.maps.map(\.title), largestMargin: largest)
  }

  /// The classes that occur, the largest first.
  private func classesOfMaps() -> [(index: Int32, shares: [Double])] {
    var shares: [Int32: [Double]] = [:]
    for (position, map) in picture.maps.enumerated() {
      var counts: [Int32: Int] = [:]
      for label in map.labels { counts[label, default: 0] += 1 }
      for (label, count) in counts where classNames.indices.contains(Int(label)) {
        shares[label, default: Array(repeating: 0, count: picture.maps.count)][position] =
          Double(count) / Double(map.labels.count)
      }
    }
    return shares.map { (index: $0.key, shares: $0.value) }.sorted {
      let (a, b) = ($0.shares.max() ?? 0, $1.shares.max() ?? 0)
      return a != b ? a > b : $0.index < $1.index
    }
  }

  /// The palette of the maps: no class, then the classes that occur; those beyond 255 look like no class.
  private func palette(
    of classes: [(index: Int32, shares: [Double])]
  ) -> (colors: [RGBColor], index: [Int32: UInt8]) {
    let shown = classes.prefix(255)
    let index = Dictionary(
      shown.enumerated().map { ($0.element.index, UInt8($0.offset + 1)) },
      uniquingKeysWith: { first, _ in first })
    return ([Self.noClass] + shown.map { Palette.color(ofClass: Int($0.index)) }, index)
  }
}

/// A file as an address that contains it.
func dataAddress(_ type: String, _ bytes: [UInt8]) -> String { "data:\(type);base64,\(base64(bytes))" }

/// A colour as HTML writes it.
func colorText(_ color: RGBColor) -> String {
  let digits = [color.red, color.green, color.blue].map { byte in
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
  }
  return "#" + digits.joined()
}
