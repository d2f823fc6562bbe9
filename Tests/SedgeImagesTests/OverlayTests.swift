// Overlays: the right colour at the right place, and a legend of what is there.

import SedgeImages
import Testing

@Suite("Overlays")
struct OverlayTests {
  @Test("The colours of the first 24 classes are well apart, those of the first 1000 differ")
  func paletteIsDistinct() {
    let colors = (0..<1000).map(Palette.color(ofClass:))
    #expect(Set(colors).count == 1000)
    for (i, a) in colors.prefix(24).enumerated() {
      for b in colors.prefix(i) {
        #expect(distance(a, b) > 45, "\(a) and \(b)")
      }
    }
  }

  @Test("A legend lists the classes present, largest first, and sums the rest")
  func listsClasses() {
    // 1000 pixels: 500 of class 2, 300 of class 0, 150 of class 3, 49 of no class, 1 of class 4
    let labels = [(2, 500), (0, 300), (3, 150), (-1, 20), (99, 29), (4, 1)].flatMap { label, count in
      [Int](repeating: label, count: count)
    }
    let map = LabelMap(width: 50, height: 20, labels: labels)
    let classes = ["sky", "sea", "sand", "rock", "boat"]
    let whole = Legend(map, classes: classes, maximumEntryCount: 10).entries
    #expect(whole.map(\.name) == ["sand", "sky", "rock", "no class", "boat"])
    #expect(whole.map(\.pixelCount) == [500, 300, 150, 49, 1])
    #expect(whole.map(\.shareText) == ["50.0%", "30.0%", "15.0%", "4.9%", "0.1%"])
    #expect(whole.map(\.color) == [2, 0, 3, nil, 4].map { $0.map(Palette.color(ofClass:)) })
    let short = Legend(map, classes: classes, maximumEntryCount: 3).entries
    #expect(short.map(\.name) == ["sand", "sky", "others"])
    #expect(short.map(\.pixelCount) == [500, 300, 200])
  }

  @Test("A class below 0.05 % is not listed, one at 0.05 % is", arguments: [(1, false), (2, true)])
  func leavesOutTraces(pixelCount: Int, isListed: Bool) {
    let labels = (0..<4000).map { $0 < pixelCount ? 1 : 0 }
    let legend = Legend(
      LabelMap(width: 80, height: 50, labels: labels), classes: ["a", "b"], maximumEntryCount: 5)
    #expect(legend.entries.map(\.name).contains("b") == isListed)
  }

  @Test("Within a region the picture's brightness and the colour of its class are blended")
  func blends() {
    let image = RGBImage(width: 400, height: 300, color: RGBColor(10, 100, 200))
    let labels = LabelMap(width: 400, height: 300, labels: (0..<120_000).map { $0 % 400 < 200 ? 0 : 1 })
    var overlay = Overlay()
    overlay.opacity = 0.5
    let half = overlay.draw(labels, on: image, classes: ["left", "right"])
    #expect(half[x: 100, y: 150] == RGBColor(157, 67, 72), "the luma is 84")
    #expect(half[x: 300, y: 150] == RGBColor(62, 167, 112))
    #expect(distance(half[x: 199, y: 150], RGBColor(255, 255, 255)) < 100, "a light line parts the regions")
    #expect(distance(half[x: 200, y: 150], RGBColor(0, 0, 0)) < 250, "and has a dark edge")
    overlay.opacity = 0
    #expect(
      overlay.draw(labels, on: image, classes: ["left", "right"])[x: 300, y: 150] == RGBColor(84, 84, 84))
    overlay.opacity = 1
    let full = overlay.draw(labels, on: image, classes: ["left", "right"])
    #expect(full[x: 300, y: 150] == Palette.color(ofClass: 1))
  }

  @Test("Pixels of no class show the picture as it is")
  func leavesUnlabelled() {
    let image = RGBImage(width: 400, height: 400, color: RGBColor(10, 100, 200))
    let labels = LabelMap(width: 400, height: 400, labels: [Int](repeating: 255, count: 160_000))
    #expect(Overlay().draw(labels, on: image, classes: ["a"])[x: 200, y: 200] == RGBColor(10, 100, 200))
  }

  @Test("The legend is below a wide picture and to the right of a high one, with the colours of the classes")
  func placesLegend() {
    for (width, height) in [(600, 400), (400, 600)] {
      let image = RGBImage(width: width, height: height, color: RGBColor(128, 128, 128))
      let labels = LabelMap(width: width, height: height, labels: [Int](repeating: 6, count: width * height))
      let result = Overlay().draw(labels, on: image, classes: (0..<7).map { "class \($0)" })
      let isBelow = width > height
      #expect((result.width > width) == !isBelow)
      #expect((result.height > height) == isBelow)
      let swatch = result.colors(x: isBelow ? 0 : width, y: isBelow ? height : 0)
      #expect(swatch.contains(Palette.color(ofClass: 6)))
      #expect(swatch.contains { $0.red < 60 && $0.green < 60 && $0.blue < 60 }, "text is dark")
    }
  }

  @Test("A small picture is enlarged by a whole factor, pixel by pixel")
  func enlarges() {
    var image = RGBImage(width: 32, height: 32, color: RGBColor(0, 0, 0))
    image[x: 5, y: 7] = RGBColor(200, 100, 50)
    let labels = LabelMap(width: 32, height: 32, labels: [Int](repeating: -1, count: 1024))
    let result = Overlay().draw(labels, on: image, classes: [])
    #expect(result.width == 768)
    #expect(result[x: 5 * 24, y: 7 * 24] == RGBColor(200, 100, 50))
    #expect(result[x: 5 * 24 + 23, y: 7 * 24 + 23] == RGBColor(200, 100, 50))
    #expect(result[x: 5 * 24 - 1, y: 7 * 24] == RGBColor(0, 0, 0))
  }

  @Test(
    "Any size of picture and any names are drawn, the same each time",
    arguments: [(1, 1), (1, 900), (900, 1), (32, 32), (33, 500), (641, 480), (480, 641), (1500, 40)])
  func drawsAnything(width: Int, height: Int) {
    let names = [
      "", " ", "sky", "Straße", "деревья", "ουρανός", "\u{10FFFF}", "👩‍👩‍👧", "e\u{301}te\u{301}", "a\tb\nc\u{0}d",
      String(repeating: "very ", count: 500) + "long", "天空",
    ]
    let image = RGBImage(width: width, height: height, color: RGBColor(90, 90, 90))
    let labels = LabelMap(
      width: width, height: height,
      labels: (0..<width * height).map { $0 % width * 7 / width + $0 * 6 / width / height })
    let result = Overlay().draw(labels, on: image, classes: names)
    #expect(result.width >= width && result.height >= height)
    #expect(result == Overlay().draw(labels, on: image, classes: names))
  }

  @Test(
    "Every name leaves its mark, in letters or in boxes", arguments: ["ä", "ж", "λ", "天", "\u{10FFFF}", "…"])
  func drawsEveryCharacter(name: String) {
    let image = RGBImage(width: 400, height: 400, color: RGBColor(90, 90, 90))
    let labels = LabelMap(width: 400, height: 400, labels: [Int](repeating: 0, count: 160_000))
    func legend(_ name: String) -> RGBImage { Overlay().draw(labels, on: image, classes: [name]) }
    #expect(legend(name) != legend(" "))
    #expect(legend("x" + name) != legend("x"))
  }
}

extension RGBImage {
  /// The colours to the right of and below a corner.
  fileprivate func colors(x: Int, y: Int) -> Set<RGBColor> {
    var colors = Set<RGBColor>()
    for row in y..<height {
      for column in x..<width { colors.insert(self[x: column, y: row]) }
    }
    return colors
  }
}

private func distance(_ a: RGBColor, _ b: RGBColor) -> Int {
  [(a.red, b.red), (a.green, b.green), (a.blue, b.blue)].reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
}
