// The text of figures.

import Foundation
import SedgePlot
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Figures")
struct FigureTests {
  /// Sizes and errors of two series, one of which has an error of 0.
  private static func figure(y: Axis = Axis("Error", scale: .logarithmic), title: String = "A title")
    -> Figure
  {
    let sizes = Axis("Size", scale: .logarithmic, unit: .bytes)
    return Figure(
      title: title, subtitle: "of two",
      panels: [
        Panel(
          x: sizes, y: y,
          series: [
            Series(
              "ours",
              points: [
                Point(x: 5e5, y: 0.1, label: "int2"), Point(x: 1e6, y: 0.001, label: "int4"),
                Point(x: 4e6, y: 0, label: "f32"),
              ]),
            Series(
              "theirs", style: .dashedLine,
              points: [Point(x: 6e5, y: 0.3, label: "four"), Point(x: 1.1e6, y: .infinity, label: "gone")]),
          ])
      ])
  }

  @Test(
    "Values of any size are drawn",
    arguments: [
      0, -1, Double.leastNonzeroMagnitude, 1e-300, 1e17, 1e300, .greatestFiniteMagnitude, .infinity,
      -.infinity, .nan,
    ],
    [Axis.Scale.linear, .logarithmic])
  func extremes(value: Double, scale: Axis.Scale) {
    for other in [value, 0, 1, value.nextUp, -value] {
      let figure = Figure(
        title: "t", subtitle: "s",
        panels: [
          Panel(
            x: Axis("x", scale: scale), y: Axis("y", scale: scale),
            series: [
              Series(
                "s", points: [Point(x: value, y: other, label: "p"), Point(x: other, y: value, label: "q")])
            ])
        ])
      #expect(figure.svg().hasSuffix("</svg>\n"))
    }
  }

  /// The elements of a document by name, each with its attributes and its own text.
  private final class Elements: NSObject, XMLParserDelegate {
    var found: [(name: String, attributes: [String: String], text: String)] = []
    private var open: [Int] = []

    init(_ text: String) throws {
      super.init()
      let parser = XMLParser(data: Data(text.utf8))
      parser.delegate = self
      #expect(parser.parse(), "\(String(describing: parser.parserError))")
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      open.append(found.count)
      found.append((name, attributes, ""))
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) { open.removeLast() }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if let last = open.last { found[last].text += string }
    }

    func texts(_ className: String) -> [String] {
      found.filter { $0.name == "text" && $0.attributes["class"]?.hasPrefix(className) == true }.map(\.text)
    }

    func count(_ className: String) -> Int {
      found.count { $0.attributes["class"]?.split(separator: " ").contains(Substring(className)) == true }
    }
  }

  @Test("A figure is a well-formed document with title, description, axes, ticks, legend and markers")
  func structure() throws {
    let text = Self.figure().svg()
    let elements = try Elements(text)
    #expect(elements.found[0].name == "svg" && elements.found[0].attributes["role"] == "img")
    #expect(elements.found[1].text == "A title")
    #expect(
      elements.found[2].text
        == "of two. Error over Size. ours: int2 500 kB 0.1, int4 1 MB 0.001, f32 4 MB 0. theirs: four 600 kB 0.3."
    )
    #expect(elements.texts("title") == ["A title"])
    #expect(elements.texts("muted") == ["of two"])
    #expect(elements.texts("text") == ["ours", "theirs", "Error", "Size"])
    #expect(
      elements.texts("tick") == [
        "0", "0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "500 kB", "700 kB", "1 MB", "1.5 MB", "2 MB",
        "3 MB",
      ])
    #expect(Set(elements.texts("label fill")) == ["int2", "int4", "f32", "four"])
    // Two in the legend, four points; what is not finite is left out.
    #expect(elements.count("marker") == 6)
    #expect(elements.found.filter { $0.name == "title" }.map(\.text).contains("int4: 1 MB, 0.001"))
    // The line to the point without error is not on the scale.
    #expect(elements.count("dotted") == 1)
  }

  @Test("The same figure is the same text, and holds nothing from outside")
  func determinism() {
    let text = Self.figure().svg()
    #expect(text == Self.figure().svg())
    #expect(!text.contains("href") && !text.contains("url("))
    #expect(text.hasSuffix("</svg>\n"))
  }

  @Test(
    "Names that mean something to XML stay names",
    arguments: ["a < b & c > \"d\"", "line\nbreak\u{1}", "∞ é 図"])
  func escaping(name: String) throws {
    var figure = Self.figure(title: name)
    figure.panels[0].series[0].name = name
    figure.panels[0].series[0].points[0].label = name
    let elements = try Elements(figure.svg())
    let shown = String(name.map { "\n\u{1}".contains($0) ? "\u{FFFD}" : $0 })
    #expect(elements.texts("title") == [shown])
    #expect(elements.texts("text").first == shown)
    #expect(elements.texts("label fill").contains(shown))
  }

  @Test(
    "Ticks are round numbers within the axis",
    arguments: [
      (Axis("y", unit: .percent), [0.4, 0.87], ["40%", "50%", "60%", "70%", "80%"]),
      (Axis("y"), [0, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
      (Axis("y"), [5, 5], ["4.6", "4.8", "5", "5.2", "5.4"]),
      (Axis("y"), [-3, 4e6], ["0", "10⁶", "2·10⁶", "3·10⁶", "4·10⁶"]),
      (Axis("y", scale: .logarithmic), [1e-12, 1], ["10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1"]),
      (Axis("y", scale: .logarithmic), [Double.leastNonzeroMagnitude, 1e149], ["0"]),
      (Axis("y"), [-1e149, 1e149, 1e300], ["-10¹⁴⁹"]),
      (Axis("y", scale: .logarithmic, unit: .percent), [1e-3, 1.5e-2], ["0.1%", "0.2%", "0.5%", "1%"]),
      (Axis("y", scale: .logarithmic, unit: .bytes), [3e7, 3.3e7], ["30 MB", "31 MB", "32 MB", "33 MB"]),
    ])
  func ticks(axis: Axis, values: [Double], expected: [String]) throws {
    let series = Series("s", points: values.enumerated().map { Point(x: Double($0), y: $1) })
    let figure = Figure(title: "t", panels: [Panel(x: Axis("x"), y: axis, series: [series])])
    let ticks = try Elements(figure.svg()).texts("tick")
    #expect(Array(ticks.prefix(expected.count)) == expected)
  }

  @Test("Labels neither cover each other nor leave their panel, however close points are")
  func crowd() throws {
    let points = (0..<60).map { Point(x: Double($0 % 8), y: Double($0 * 37 % 50), label: "point \($0)") }
    let figure = Figure(
      title: "t",
      panels: [Panel(x: Axis("x"), y: Axis("y"), series: [Series("s", style: .points, points: points)])])
    let elements = try Elements(figure.svg()).found.filter {
      $0.attributes["class"]?.hasPrefix("label fill") == true
    }
    #expect(elements.count > 20)
    let places = elements.map {
      (Double($0.attributes["x"] ?? "") ?? 0, Double($0.attributes["y"] ?? "") ?? 0)
    }
    for (index, a) in places.enumerated() {
      for b in places[(index + 1)...] {
        // No name is narrower than 37 pixels or lower than 12.
        #expect(abs(a.0 - b.0) >= 37 || abs(a.1 - b.1) >= 11.99)
      }
    }
  }

  @Test("A series looks alike in all panels, and like no other")
  func looks() throws {
    let series = (0..<9).map { Series("s\($0)", points: [Point(x: 1, y: Double($0))]) }
    let panel = { Panel(x: Axis("x"), y: Axis("y"), series: $0) }
    let figure = Figure(title: "t", panels: [panel(series), panel(Array(series.reversed()))])
    let elements = try Elements(figure.svg())
    #expect(elements.texts("text").count { $0.hasPrefix("s") } == 9)
    let markers = elements.found.filter { $0.attributes["class"]?.hasPrefix("marker") == true }
    // A shape is its path without places.
    let looks = markers.map { marker in
      let path = marker.attributes["d"] ?? ""
      return
        "\(marker.attributes["class"] ?? "") \(path.filter(\.isLetter)) \(path.hasPrefix("M") ? path.count { $0 == "L" } : 0)"
    }
    #expect(looks.count == 27)
    #expect(Set(looks.prefix(9)).count == 9)
    #expect(Array(looks.prefix(9)) == Array(looks[9..<18].reversed()))
    #expect(Array(looks.prefix(9)) == Array(looks[18...]))
  }

  @Test("A figure without points, or with a single one, is still a figure", arguments: [0, 1])
  func fewPoints(count: Int) throws {
    for scale in [Axis.Scale.linear, .logarithmic] {
      let points = [Point(x: 3e6, y: 0)].prefix(count)
      let figure = Figure(
        title: "t",
        panels: [
          Panel(
            x: Axis("x", scale: scale, unit: .bytes), y: Axis("y", scale: scale),
            series: [Series("s", points: Array(points))])
        ])
      let elements = try Elements(figure.svg())
      #expect(elements.count("marker") == 1 + count)
      #expect(!figure.svg().contains("nan") && !figure.svg().contains("inf"))
    }
  }

  @Test("A rule is drawn and named, and is within the axis")
  func rule() throws {
    var figure = Self.figure(y: Axis("mIoU"))
    figure.panels[0].rule = Rule(y: 0.9, label: "the source")
    let elements = try Elements(figure.svg())
    #expect(elements.count("rule") == 1)
    #expect(elements.texts("tick").filter { $0 == "the source" }.count == 2)
    #expect(elements.texts("tick").contains("0.8"))
  }
}
