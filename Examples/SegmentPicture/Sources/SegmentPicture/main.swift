// Segments an image: SegmentPicture MODEL.sedge IMAGE "sky; grass; red circle" OVERLAY.png LABELS.png

import Sedge

let arguments = CommandLine.arguments
guard arguments.count == 6 else {
  print("usage: SegmentPicture MODEL.sedge IMAGE CLASSES OVERLAY.png LABELS.png")
  throw CancellationError()
}
let segmenter = try Segmenter(path: arguments[1])
let image = try RGBImage(path: arguments[2])
let classes = try ClassList(argument: arguments[3])
let segmentation = try segmenter.segment(image, classes: classes)

let names = classes.classes.map(\.name)
for (name, share) in zip(names, segmentation.shares(of: names.count)) where share > 0 {
  print("\(name): \(Int((share * 100).rounded())) %")
}
try Overlay().draw(segmentation.labelMap, on: image, classes: names).writePNG(to: arguments[4])
try segmentation.labelMap.writePNG(to: arguments[5])
