// The request, the calibration and the measured quality of a quantized file.

/// The choice of a file's codes and the quality of its output; running a model needs none of it.
package struct QuantizationRecord: Hashable, Sendable {
  /// The requested format, such as `int4`.
  package var requested: String
  /// The calibration; `nil` where codes were chosen by the weights alone.
  package var calibration: Calibration?
  /// The measured quality; `nil` where it was not measured.
  package var measuredQuality: MeasuredQuality?

  /// The pictures of a calibration.
  package struct Calibration: Hashable, Sendable {
    /// The number of pictures, at least one.
    package var pictureCount: Int
    /// The description of the pictures, such as `synthetic`.
    package var source: String
    /// Whether later elements compensate the errors of earlier ones.
    package var isCompensated: Bool

    /// Collects the fields.
    package init(pictureCount: Int, source: String, isCompensated: Bool) {
      self.pictureCount = pictureCount
      self.source = source
      self.isCompensated = isCompensated
    }
  }

  /// The difference of the stored model's output from the output before encoding.
  package struct MeasuredQuality: Hashable, Sendable {
    /// The number of pictures, at least one.
    package var pictureCount: Int
    /// The description of the pictures, such as `synthetic`.
    package var source: String
    /// Whether the calibration used none of the pictures.
    package var isHeldOut: Bool
    /// The share of labels that changed, in 0...1.
    package var labelChange: Double
    /// The root mean square of the scores' differences over that of the scores before encoding.
    package var scoreRMS: Double
    /// The largest absolute difference of a score.
    package var scoreMaximum: Double
    /// The number of classes, at least one.
    package var classCount: Int

    /// Collects the fields.
    package init(
      pictureCount: Int, source: String, isHeldOut: Bool, labelChange: Double, scoreRMS: Double,
      scoreMaximum: Double, classCount: Int
    ) {
      self.pictureCount = pictureCount
      self.source = source
      self.isHeldOut = isHeldOut
      self.labelChange = labelChange
      self.scoreRMS = scoreRMS
      self.scoreMaximum = scoreMaximum
      self.classCount = classCount
    }
  }

  /// Collects the fields.
  package init(requested: String, calibration: Calibration? = nil, measuredQuality: MeasuredQuality? = nil) {
    self.requested = requested
    self.calibration = calibration
    self.measuredQuality = measuredQuality
  }
}
