// What layers cost the result, and whether better formats do what they promise.

import Sedge
import SedgeCompression
import SedgeContainer
import SedgeEvaluation
import SedgeImages
import SedgeTensor
import SedgeVerification
import TestSupport
import Testing

@Suite("Costs of layers")
struct CostTests {
  private static let source = fixture("shapes/sed_shapes.h5")
  private static let classes = Result {
    try ClassList(literal: "grass; sky; sand; brick wall; red circle; green star; blue ring; white cross")
  }

  private static func options(_ form: WeightFormat = .int4, rules: [String] = []) throws -> ConversionOptions
  {
    var options = ConversionOptions()
    options.architecture.textHeads = 4
    options.resolution = 128
    options.templates = try PromptTemplates(jsonFile: fixture("shapes/templates.json"))
    options.quantization = form
    options.tensorRules = try rules.map { try #require(TensorRule($0)) }
    return options
  }

  private static func pictures() throws -> [NamedImage] {
    try ["sky", "sand"].map {
      NamedImage(name: $0, image: try RGBImage(path: fixture("pictures/\($0).png")))
    }
  }

  /// The change of a file's result by the measurement of sweeps.
  private static func change(of path: String) throws -> ResultChange {
    let reference = try OutputReference(
      Conversion(source: source, options: options(.f32)),
      pictures: pictures().map { TestPicture(name: $0.name, image: $0.image) }, classes: classes.get())
    let error = try reference.error(ofFile: path)
    return ResultChange(labels: error.labelChange, scores: error.scoreRMS)
  }

  private static func costs(of path: String, _ options: CostOptions) throws -> ResultCosts {
    let report = try Verification(model: path).compare(
      sources: [source], pictures: pictures(), classes: classes.get(), measuresLayers: false, costs: options)
    return try #require(report.costs)
  }

  private static func layer(_ name: String, in costs: ResultCosts) throws -> LayerCost {
    try #require(costs.layers.first { $0.name == name }, "\(name)")
  }

  private static let inspected = [
    "transformer.decoder2.attention.attention.v.weight",
    "clip_model.visual.trunk.stages.0.blocks.0.mlp.fc2.weight",
    "clip_model.transformer.resblocks.0.mlp.c_fc.weight",
  ]

  /// A rule for the bias of a layer that has one.
  private static func biasRules(of weight: String, form: String) throws -> [String] {
    let bias = weight.replacing(".weight", with: ".bias")
    let names = try SedgeFile(path: SharedModel.path(source, options())).modelTensors.map(\.name)
    return bias != weight && names.contains(bias) ? ["^\(bias)$=\(form)"] : []
  }

  private static func byteCount(of path: String) throws -> Int {
    try #require(FileSystem.byteCount(ofFile: path))
  }

  /// Every layer of the int4 file by runs.
  private static let exact = Result {
    var options = CostOptions()
    options.exactLayerCount = 3
    options.estimateRunCount = .max
    return try costs(of: SharedModel.path(source, Self.options()), options)
  }

  /// The same, all layers estimated.
  private static let estimated = Result {
    var options = CostOptions()
    options.exactLayerCount = 0
    return try costs(of: SharedModel.path(source, Self.options()), options)
  }

  @Test("The whole is the error of the file, and every layer is measured once")
  func whole() throws {
    let costs = try Self.exact.get()
    #expect(try costs.whole == Self.change(of: SharedModel.path(Self.source, Self.options())))
    #expect(costs.pictureCount == 2 && costs.classCount == 8)
    #expect(Set(costs.layers.map(\.name)).count == costs.layers.count)
    #expect(costs.layers.count { $0.isExact && $0.ifAlone.change.scores > 0 } == 3)
    // The heads of early rejection cost nothing where all classes are kept.
    let heads = costs.layers.filter { $0.name.hasPrefix("transformer.head") && $0.ifAlone.change.scores == 0 }
    #expect(heads.count == 3)
    let labels = costs.layers.map(\.ifAlone.change.labels)
    #expect(labels == labels.sorted(by: >))
  }

  @Test("A layer alone costs what a file costs in which it alone is coded", arguments: inspected)
  func alone(name: String) throws {
    let rules = try [".=lossless", "^\(name)$=int4"] + Self.biasRules(of: name, form: "f16")
    let path = try SharedModel.path(Self.source, Self.options(rules: rules))
    let alone = try #require(Self.layer(name, in: Self.exact.get()).ifAlone.exact)
    let measured = try Self.change(of: path)
    #expect(alone.labels == measured.labels)
    #expect(abs(alone.scores - measured.scores) < 1e-6)
  }

  @Test("A restored layer costs what a file costs in which it alone is not coded")
  func restored() throws {
    let layers = try Self.exact.get().layers.filter {
      $0.ifRestored.exact != nil && $0.ifAlone.change.scores > 0
    }
    for layer in layers {
      let rules = try ["^\(layer.name)$=lossless"] + Self.biasRules(of: layer.name, form: "lossless")
      let path = try SharedModel.path(Self.source, Self.options(rules: rules))
      let measured = try Self.change(of: path)
      #expect(layer.ifRestored.exact?.labels == measured.labels)
      #expect(abs(try #require(layer.ifRestored.exact).scores - measured.scores) < 1e-6)
    }
  }

  @Test("Estimates rank the layers, and find the most expensive")
  func estimates() throws {
    let (exact, estimated) = try (Self.exact.get(), Self.estimated.get())
    #expect(exact.whole == estimated.whole)
    #expect(estimated.layers.allSatisfy { !$0.isExact || $0.ifAlone.change.scores == 0 })
    let scores = Dictionary(
      uniqueKeysWithValues: estimated.layers.map { ($0.name, $0.ifAlone.change.scores) })
    let expensive = exact.layers.sorted { $0.ifAlone.change.scores > $1.ifAlone.change.scores }.prefix(5)
    let first = Set(scores.sorted { $0.value > $1.value }.prefix(10).map(\.key))
    #expect(first.isSuperset(of: expensive.map(\.name)))
    for layer in expensive {
      let estimate = try #require(scores[layer.name])
      #expect(abs(estimate - layer.ifAlone.change.scores) < 0.3 * layer.ifAlone.change.scores)
    }
  }

  @Test("A layer coarser than all others comes first", arguments: inspected)
  func planted(name: String) throws {
    let path = try SharedModel.path(Self.source, Self.options(.int8, rules: ["^\(name)$=int2"]))
    var options = CostOptions()
    options.exactLayerCount = 1
    let costs = try Self.costs(of: path, options)
    #expect(costs.layers.first?.name == name)
    #expect(costs.layers.first?.isExact == true)
    let restored = try #require(costs.layers.first?.ifRestored.exact)
    #expect(restored.scores < 0.7 * costs.whole.scores)
    #expect(costs.suggestions.first?.name == name)
  }

  @Test("A lossless file costs nothing, and nothing is suggested")
  func lossless() throws {
    var options = CostOptions()
    options.plansFormats = true
    let costs = try Self.costs(of: SharedModel.path(Self.source, Self.options(.lossless)), options)
    #expect(costs.whole.labels == 0 && costs.whole.scores < 1e-5)
    #expect(costs.layers.allSatisfy { $0.ifAlone.change.scores == 0 && $0.isExact })
    #expect(costs.suggestions.isEmpty && costs.plan == nil)
  }

  @Test("A plan does what it promises", arguments: [WeightFormat.int4, .int3], [nil, 640_000])
  func plan(form: WeightFormat, byteLimit: Int?) throws {
    var options = CostOptions()
    options.exactLayerCount = 0
    options.plansFormats = true
    options.byteLimit = byteLimit
    let folder = try TemporaryFolder()
    let path = try SharedModel.path(Self.source, Self.options(form))
    let costs = try Self.costs(of: path, options)
    let plan = try #require(costs.plan)
    var conversion = try Self.options(form)
    conversion.plan = QuantizationPlan(plan)
    let output = folder.file("planned.sedge")
    let summary = try Conversion(source: Self.source, options: conversion).run(output: output)
    let fileByteCount = try Self.byteCount(of: path)
    #expect(summary.outputByteCount <= byteLimit ?? fileByteCount)
    // Records of tensors have numbers of other lengths.
    #expect(abs(summary.outputByteCount - plan.byteCount) <= 8 * plan.forms.count)
    let measured = try Self.change(of: output)
    #expect(measured.labels == plan.measured.labels)
    #expect(abs(measured.scores - plan.measured.scores) < 1e-9)
    #expect(plan.isExact)
    if byteLimit == nil {
      #expect(plan.measured.labels < costs.whole.labels && plan.measured.scores < costs.whole.scores)
    }
    // An estimate, of errors that are taken as independent.
    #expect(plan.expected.scores < 3 * plan.measured.scores)
    #expect(plan.measured.scores < 3 * plan.expected.scores)
  }

  @Test("Suggested formats buy labels for the bytes that they name")
  func suggestions() throws {
    let costs = try Self.exact.get()
    #expect(!costs.suggestions.isEmpty)
    let rules = costs.suggestions.map { "^\($0.name)$=\($0.form)" }
    let path = try SharedModel.path(Self.source, Self.options(rules: rules))
    let plain = try SharedModel.path(Self.source, Self.options())
    let added = costs.suggestions.reduce(0) { $0 + $1.addedByteCount }
    let grown = try Self.byteCount(of: path) - Self.byteCount(of: plain)
    #expect(abs(grown - added) <= 8 * rules.count + 64)
    let measured = try Self.change(of: path)
    #expect(measured.scores < costs.whole.scores)
    let expected = try #require(costs.suggestions.last?.expected)
    #expect(abs(measured.scores - expected.scores) < 0.5 * expected.scores)
  }
}
