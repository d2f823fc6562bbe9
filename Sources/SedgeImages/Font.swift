// The embedded font: measuring and drawing a line of text.

internal import CFontData
internal import CFreeType

/// DejaVu Sans at one size; owns one `FT_Library` and one `FT_Face`.
///
/// Characters are set from left to right as they come, with kerning, without the joining and reordering that scripts
/// such as Arabic need. Where the font has no glyph it draws a box.
@safe struct Font: ~Copyable {
  /// The em in pixels.
  let pixelSize: Int
  private let library: FT_Library
  private let face: FT_Face

  /// Opens the font (`FT_New_Memory_Face`), which fails only for want of memory.
  init(pixelSize: Int) {
    var library: FT_Library?
    var face: FT_Face?
    guard unsafe FT_Init_FreeType(&library) == 0, let library = unsafe library,
      unsafe FT_New_Memory_Face(library, sedge_font_bytes(), FT_Long(sedge_font_byte_count()), 0, &face) == 0,
      let face = unsafe face, unsafe FT_Set_Pixel_Sizes(face, 0, FT_UInt(pixelSize)) == 0
    else { preconditionFailure("the embedded font does not open") }
    self.pixelSize = pixelSize
    unsafe self.library = library
    unsafe self.face = face
  }

  deinit {
    unsafe FT_Done_Face(face)
    unsafe FT_Done_FreeType(library)
  }

  /// The height of a capital letter in pixels, rounded.
  var capHeight: Int { (pixelSize * 73 + 50) / 100 }

  /// The width of a line of text in pixels, rounded up.
  func width(of text: String) -> Int {
    var width = 0
    layOut(text) { pen in width = pen }
    return (width + 63) / 64
  }

  /// The text itself where it is no wider than `maximumWidth` pixels, else its beginning and an ellipsis.
  func fitting(_ text: String, maximumWidth: Int) -> String {
    // No character is narrower than a tenth of an em: characters beyond that need not be measured.
    var start = text.prefix(max(0, 10 * maximumWidth / pixelSize))
    if start.endIndex == text.endIndex, width(of: text) <= maximumWidth { return text }
    while !start.isEmpty, width(of: start + "…") > maximumWidth { start.removeLast() }
    while start.last == " " { start.removeLast() }
    return start + "…"
  }

  /// Draws a line of text, clipped to the picture.
  ///
  /// - Parameters:
  ///   - x: Column where the text starts.
  ///   - baseline: Row on whose upper edge the letters stand.
  func draw(_ text: String, x: Int, baseline: Int, color: RGBColor, on image: inout RGBImage) {
    layOut(text) { _ in
    } glyph: { pen in
      drawGlyph(x: x + (pen + 32) / 64, baseline: baseline, color: color, on: &image)
    }
  }

  /// Loads the glyphs of a text one after the other into the face's slot (`FT_Load_Glyph`).
  ///
  /// - Parameters:
  ///   - end: Called behind each glyph with the position reached, in 64ths of a pixel.
  ///   - glyph: Called for each glyph with the position it starts at.
  private func layOut(_ text: String, end: (Int) -> Void, glyph: (Int) -> Void = { _ in }) {
    var pen = 0
    var previous: FT_UInt = 0
    for scalar in text.unicodeScalars where !scalar.properties.isDefaultIgnorableCodePoint {
      let scalar = scalar.properties.generalCategory == .control ? " " : scalar
      let index = unsafe FT_Get_Char_Index(face, FT_ULong(scalar.value))
      var kerning = FT_Vector()
      unsafe FT_Get_Kerning(face, previous, index, FT_UInt(FT_KERNING_DEFAULT.rawValue), &kerning)
      pen += Int(kerning.x)
      // Each glyph of the embedded font loads where there is memory: a picture without one would be wrong.
      guard unsafe FT_Load_Glyph(face, index, sedge_ft_load_flags()) == 0 else {
        preconditionFailure("no memory for a glyph of the embedded font")
      }
      glyph(pen)
      pen += unsafe Int(face.pointee.glyph.pointee.advance.x)
      end(pen)
      previous = index
    }
  }

  private func drawGlyph(x: Int, baseline: Int, color: RGBColor, on image: inout RGBImage) {
    let slot = unsafe face.pointee.glyph.pointee
    let bitmap = unsafe slot.bitmap
    guard let coverage = unsafe bitmap.buffer else { return }
    let left = unsafe x + Int(slot.bitmap_left)
    let top = unsafe baseline - Int(slot.bitmap_top)
    for row in 0..<(unsafe Int(bitmap.rows)) where top + row >= 0 && top + row < image.height {
      for column in 0..<(unsafe Int(bitmap.width)) where left + column >= 0 && left + column < image.width {
        let level = unsafe Int(coverage[row * Int(bitmap.pitch) + column])
        let under = image[x: left + column, y: top + row]
        image[x: left + column, y: top + row] = under.blended(with: color, weight: level + level >> 7)
      }
    }
  }
}
