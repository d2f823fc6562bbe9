// What is written, and what its file may be called.

import ArgumentParser
import Sedge
import SedgeTensor

/// A format that a command writes.
enum OutputFormat {
  case sedge
  case safetensors
  case png
  case svg
  case json
  case jsonLines
  case html
  case signature

  /// The format's name and the ending of its files.
  private var description: (name: String, ending: String) {
    switch self {
    case .sedge: ("a .sedge file", "sedge")
    case .safetensors: ("safetensors", "safetensors")
    case .png: ("PNG", "png")
    case .svg: ("SVG", "svg")
    case .json: ("JSON", "json")
    case .jsonLines: ("JSON in lines", "jsonl")
    case .html: ("HTML", "html")
    case .signature: ("a signature", "sig")
    }
  }

  /// Endings that promise a format which this program, or another that reads models and pictures, tells by them.
  private static let knownEndings: Set = [
    "sedge", "safetensors", "pth", "pt", "pt2", "bin", "ckpt", "pkl", "h5", "hdf5", "keras", "onnx", "ort",
    "gguf",
    "npz", "npy", "mlmodel", "mlpackage", "tflite", "engine", "xml", "png", "apng", "jpg", "jpeg", "jpe",
    "jfif", "webp",
    "tif", "tiff", "bmp", "gif", "heic", "avif", "jxl", "jp2", "ppm", "pgm", "svg", "pdf", "json", "jsonl",
    "yaml",
    "yml", "toml",
    "csv", "tsv", "txt", "html", "md", "zip", "gz", "tar", "zst",
  ]

  /// Makes sure that a file's name does not promise another format than the one that is written.
  ///
  /// - Throws: `ValidationError` with the name that fits.
  func check(_ option: String, _ path: String) throws {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = file.lastIndex(of: "."), dot > file.startIndex else { return }
    let (name, ending) = description
    let found = file[file.index(after: dot)...].lowercased()
    guard found != ending, Self.knownEndings.contains(found) else { return }
    throw ValidationError(
      "\(option) \(path): the output is \(name), and .\(found) is the ending of another format; name it \(file[..<dot]).\(ending)"
        .escapingControlCharacters)
  }
}

/// Whether a file that is there may be replaced.
struct OverwriteOptions: ParsableArguments {
  @Flag(help: "Replace an existing output file.")
  var force = false

  /// Makes sure, before any work, that nothing is replaced that was not meant to be.
  ///
  /// - Throws: `OptionError` where a file is there and `--force` is not given.
  func check(_ option: String, _ path: String) throws {
    guard !force, FileSystem.kind(of: path) == .file else { return }
    throw OptionError("\(option) \(path): exists; give --force to replace it, or another path")
  }
}
