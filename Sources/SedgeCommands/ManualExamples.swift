// What manual pages have beside the help: examples, exit codes, related commands.

/// Facts of manual pages, by the name of the command; those of the program itself are under the empty name.
enum ManualExamples {
  /// What a command line is for, and the command line.
  struct Example {
    var text: String
    var lines: [String]

    init(_ text: String, _ lines: String...) { (self.text, self.lines) = (text, lines) }
  }

  static let all: [String: [Example]] = [
    "": [
      Example(
        "Convert a checkpoint, check the result, and segment a picture",
        "sedge convert sed.h5 -o sed.sedge --quantize int8",
        "sedge verify sed.sedge --against sed.h5",
        "sedge segment sed.sedge street.jpg --classes 'road; car; sky' \\",
        "    --output overlay.png")
    ],
    "inspect": [
      Example("See what a file is, and whether it fits", "sedge inspect sed.pth"),
      Example("List the tensors of the third stage", "sedge inspect sed.sedge --tensors 'stages\\.2\\.'"),
      Example("Check the bytes of a file that was copied", "sedge inspect sed.sedge --values"),
    ],
    "convert": [
      Example("Store weights in 8 bits", "sedge convert sed.h5 -o sed.sedge --quantize int8"),
      Example(
        "Choose bits by a size, calibrated on pictures",
        "sedge convert sed.h5 -o small.sedge --quantize auto --max-size 60MB \\",
        "    --calibrate pictures --calibrate-classes classes.json"),
      Example(
        "Learn the size before the work", "sedge convert sed.h5 -o sed.sedge --quantize int4 --dry-run"),
      Example(
        "Join an exported image encoder and text encoder", "sedge convert image.onnx text.onnx -o sed.sedge"),
    ],
    "verify": [
      Example(
        "Compare a file with its source on own pictures",
        "sedge verify sed.sedge --against sed.h5 --images pictures"),
      Example(
        "The same as a page to send to a colleague",
        "sedge verify sed.sedge --against sed.h5 --images pictures \\",
        "    --html report.html"),
      Example(
        "Compare with recorded results of the original program",
        "sedge verify sed.sedge --golden golden.safetensors"),
      Example("Check who has signed a file", "sedge verify sed.sedge --key public.pem"),
      Example(
        "Plan a better file of the same size",
        "sedge verify sed.sedge --against sed.h5 --images pictures \\", "    --suggest plan.json"),
    ],
    "sign": [
      Example(
        "Sign a file, into sed.sedge.sig", "sedge sign sed.sedge --key private.pem")
    ],
    "segment": [
      Example(
        "Draw an overlay", "sedge segment sed.sedge street.jpg --classes 'road; car; sky' \\",
        "    -o overlay.png"),
      Example(
        "Write a label map for each picture of a folder",
        "sedge segment sed.sedge pictures --classes classes.json \\",
        "    --labels 'labels/{stem}.png'"),
    ],
    "classify": [
      Example(
        "Print the five most probable classes",
        "sedge classify clip.sedge cat.jpg --classes imagenet.json --best 5")
    ],
    "export": [
      Example("Write a checkpoint for PyTorch", "sedge export sed.sedge -o sed.safetensors")
    ],
    "diff": [
      Example("Compare two checkpoints of different formats", "sedge diff sed.pth sed.safetensors"),
      Example("Allow the error of quantization", "sedge diff sed.h5 sed.sedge --tolerance 0.02"),
    ],
    "sweep": [
      Example(
        "Compare weight formats on labelled pictures",
        "sedge sweep sed.h5 --images pictures --labels labels \\",
        "    --classes classes.json --plot sweep.svg")
    ],
    "evaluate": [
      Example(
        "Compare a quantized model with its source on ADE20K",
        "sedge evaluate sed.h5 sed.sedge --data ade150 --root ~/datasets \\",
        "    --output result.json"),
      Example(
        "Evaluate a quarter of the pictures", "sedge evaluate sed.sedge --data ade150 --root ~/datasets \\",
        "    --shard 1/4 --rows part1.jsonl"),
    ],
    "merge": [
      Example(
        "Join four parts", "sedge merge part1.jsonl part2.jsonl part3.jsonl part4.jsonl \\",
        "    --output result.json")
    ],
    "gate": [
      Example(
        "Allow half a point of mIoU and one percent of the labels",
        "sedge gate int8.json --baseline float.json \\",
        "    --allow miou=-0.5%,labels=1%")
    ],
    "report": [
      Example(
        "Send the result of an evaluation to a colleague", "sedge report ade150.json --html ade150.html")
    ],
    "bench": [
      Example("Time a model with 150 classes in integer arithmetic", "sedge bench sed.sedge --compute int8")
    ],
    "estimate": [
      Example("Compute the size of a model at 4 bits a weight", "sedge estimate model.safetensors --bits 4")
    ],
  ]

  /// Commands that a page refers to.
  static let related: [String: [String]] = [
    "inspect": ["convert", "diff"], "convert": ["inspect", "verify", "sweep"],
    "verify": ["convert", "diff", "evaluate", "sign"], "sign": ["verify"],
    "segment": ["convert", "classify"],
    "classify": ["convert", "segment"],
    "export": ["convert", "diff"], "diff": ["verify", "export"], "sweep": ["convert", "evaluate"],
    "evaluate": ["merge", "gate", "sweep"], "merge": ["evaluate"], "gate": ["evaluate", "merge"],
    "report": ["verify", "evaluate", "sweep", "inspect"], "bench": ["segment"], "estimate": ["convert"],
  ]

  /// The exit codes of a command, or of all where none is named.
  static func exitCodes(of command: String?) -> [(code: Int, text: String)] {
    let isTolerance = command.map(["verify", "diff", "gate"].contains)
    let isPartial = command.map(["convert", "evaluate", "merge", "segment", "sweep"].contains)
    var codes: [(code: Int, text: String)] = [
      (0, isTolerance == true ? "Done, and within tolerance." : "Done.")
    ]
    if isTolerance ?? true {
      codes.append((1, "Done, and out of tolerance" + (command == nil ? ": verify, diff, gate." : ".")))
    }
    codes.append(
      (
        2,
        "The input cannot be used: an unreadable or malformed file, an unknown model, options that do not fit the model, an output that cannot be written or is an input."
      ))
    if isPartial ?? true { codes.append((3, "Done, but some pictures or conversions of a list failed.")) }
    if command == nil || command == "verify" { codes.append((4, "A signature does not hold.")) }
    return codes + [(64, "The command line or SEDGE_KERNELS is wrong."), (70, "A bug in this program.")]
  }
}
