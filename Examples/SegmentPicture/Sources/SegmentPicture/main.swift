// Segments a picture: SegmentPicture MODEL.sedge PICTURE "sky; grass; red circle" OVERLAY.png

import Sedge

let arguments = CommandLine.arguments
guard arguments.count == 5 else { throw OptionError("give a model, a picture, class names, an output") }
let model = try SedgeModel(path: arguments[1])
let picture = try RGBImage(path: arguments[2])
let classes = try ClassList(argument: arguments[3])
let segmentation = try model.segment(picture, classes: classes)

let names = classes.classes.map(\.name)
for (name, share) in zip(names, segmentation.shares(of: names.count)) where share > 0 {
  print("\(name): \(Int((share * 100).rounded())) %")
}
try Overlay().draw(segmentation.labelMap, on: picture, classes: names).writePNG(to: arguments[4])
