// Pictures and label maps.

import SedgeImages

extension FuzzTarget {
  static let pictures =
    [
      picture(
        "png", ".png",
        words: utf8(
          "IHDR", "IDAT", "PLTE", "tRNS", "gAMA", "eXIf", "tEXt", "zTXt", "iTXt", "IEND", "acTL", "CgBI",
          "iCCP",
          "Raw profile type exif", "XML:com.adobe.xmp", "tiff:Orientation=\"6")),
      picture(
        "jpeg", ".jpg",
        words: [
          [0xFF, 0xD8], [0xFF, 0xC0], [0xFF, 0xC2], [0xFF, 0xC4], [0xFF, 0xDA], [0xFF, 0xDD], [0xFF, 0xD0],
        ]
          + utf8("Exif\0\0", "http://ns.adobe.com/xap/1.0/\0", "Adobe", "JFIF")),
      picture(
        "webp", ".webp", words: utf8("RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "EXIF", "XMP ")),
      picture("tiff", ".tif", words: [[0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0]]),
      picture("bmp", ".bmp", words: utf8("BM")),
      FuzzTarget(
        name: "label-map",
        seeds: {
          try fixtures(
            "images", "palette8.png", "gray1.png", "gray16.png", "gray8.png", "tiff-gray.tif",
            "tiff-palette.tif")
            + fixtures("pictures", ".labels.png")
        },
        read: { bytes in
          let map = try LabelMap(path: file(bytes, named: "labels"))
          require(map.labels.count == map.width * map.height, "a label map has all of its pixels")
        }),
    ]

  private static func picture(_ name: String, _ ending: String, words: [[UInt8]]) -> FuzzTarget {
    FuzzTarget(
      name: name, words: words,
      seeds: { try fixtures("images", ending) },
      read: { bytes in
        let path = file(bytes, named: "picture")
        let image = try RGBImage(path: path)
        require(image.pixels.count == 3 * image.width * image.height, "a picture has all of its pixels")
        let size = try PictureSize(path: path)
        require((size.width, size.height) == (image.width, image.height), "the header has the picture's size")
      })
  }
}
