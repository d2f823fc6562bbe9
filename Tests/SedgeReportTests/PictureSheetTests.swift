// Pictures of a page, and its size.

import SedgeImages
import SedgeReport
import TestSupport
import Testing

@Suite("Pictures of a page")
struct PictureSheetTests {
  private static let document = Sample.verify

  @Test("A run on 500 pictures of noise makes a page of less than 20 MB, with the worst pictures")
  func staysSmall() throws {
    let (width, height) = (700, 525)
    var generator = SeededGenerator(state: 1)
    // Noise is what compresses least; three pictures of it do for all.
    let images = (0..<3).map { _ in
      RGBImage(
        width: width, height: height,
        pixels: (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
    let labels = (0..<3).map { _ in
      (0..<width * height).map { _ in Int32.random(in: 0..<150, using: &generator) }
    }
    let margins = (0..<width * height).map { _ in Float.random(in: 0...1, using: &generator) }
    var sheet = PictureSheet(classNames: (0..<150).map { "class \($0)" })
    for index in 0..<500 {
      // Badness in no order: 0 to 499 once each.
      let badness = Double(index * 7 % 500)
      try sheet.add(
        ReportPicture(
          name: "picture \(Int(badness))", image: images[index % 3],
          maps: [
            .init(title: "source", labels: labels[index % 3]),
            .init(title: "result", labels: labels[(index + 1) % 3]),
          ],
          margins: margins, badness: badness, facts: []))
    }
    let page = try ReportPage(ReportDocument(json: Array(Self.document.utf8)), pictures: sheet).html
    #expect(page.utf8.count < 20_000_000)
    #expect(sheet.pictureCount == 500)
    let names = page.matches(of: /<h3 id="p[0-9]+-name">picture ([0-9]+)</).compactMap { Int($0.1) }
    #expect(names == (0..<names.count).map { 499 - $0 }, "the worst come first")
    #expect(names.count > 5)
    #expect(page.contains("The worst \(names.count) of 500 runs"))
  }

  @Test("A page has at most 100 pictures, however small")
  func boundsCount() throws {
    var sheet = PictureSheet(classNames: ["sky"])
    for index in 0..<130 {
      try sheet.add(
        ReportPicture(
          name: "p\(index)", image: RGBImage(width: 2, height: 2, pixels: [UInt8](repeating: 9, count: 12)),
          maps: [.init(title: "a", labels: [0, 0, 0, 7])], badness: 0, facts: ["<b>"]))
    }
    let page = try ReportPage(ReportDocument(json: Array(Self.document.utf8)), pictures: sheet).html
    #expect(page.matches(of: /<article/).count == 100)
    // Of equals the first ones stay, in their order.
    #expect(page.contains(">p0</h3>") && page.contains(">p99</h3>") && !page.contains(">p100</h3>"))
    #expect(page.contains("75.00%"))
    #expect(!page.contains("<b>"))
  }

  @Test("A reduced picture has the means of what its pixels cover")
  func reduces() {
    let image = RGBImage(
      width: 4, height: 2,
      pixels: [0, 0, 0, 10, 20, 30, 100, 100, 100, 100, 100, 100].flatMap { [$0] } + [
        20, 40, 60, 10, 20, 30, 100, 100, 100, 101, 101, 104,
      ])
    let size = PictureExtent(width: 4, height: 2, side: 2)
    #expect(size.width == 2 && size.height == 1)
    #expect(image.reduced(to: size).pixels == [10, 20, 30, 100, 100, 101])
    #expect(size.nearest(of: [1, 2, 3, 4, 5, 6, 7, 8], width: 4, height: 2) == [6, 8])
    let same = PictureExtent(width: 4, height: 2, side: 8)
    #expect(image.reduced(to: same) == image)
  }

  @Test("A long narrow picture keeps a pixel of width")
  func keepsProportions() {
    let size = PictureExtent(width: 10_000, height: 3, side: 512)
    #expect(size.width == 512 && size.height == 1)
  }
}
