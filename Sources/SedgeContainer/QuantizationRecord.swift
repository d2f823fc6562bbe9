// What a quantized file was asked to be, and what was measured.

/// How the codes of a file were chosen and how far its outputs are from those before coding; running needs none of it.
package struct QuantizationRecord: Hashable, Sendable {
  /// What was asked for, such as `int4`.
  package var requested: String
  /// The pictures that told which errors matter; `nil` where codes were chosen by the weights alone.
  package var calibration: Calibration?
  /// What was measured; `nil` where nothing was.
  package var measuredQuality: MeasuredQuality?

  /// The pictures that told which errors of a tensor matter.
  package struct Calibration: Hashable, Sendable {
    /// How many they were, at least one.
    package var pictureCount: Int
    /// What they were, such as `synthetic`.
    package var source: String
    /// Whether errors that had been made were compensated in the elements still to be coded.
    package var isCompensated: Bool

    /// Collects the fields.
    package init(pictureCount: Int, source: String, isCompensated: Bool) {
      self.pictureCount = pictureCount
      self.source = source
      self.isCompensated = isCompensated
    }
  }

  /// How far the outputs of the model as stored are from those before coding.
  package struct MeasuredQuality: Hashable, Sendable {
    /// How many pictures it was measured on, at least one.
    package var pictureCount: Int
    /// What the pictures were, such as `synthetic`.
    package var source: String
    /// Whether none of them was used in choosing the codes.
    package var isHeldOut: Bool
    /// The share of labels that changed, in 0...1.
    package var labelChange: Double
    /// The root mean square of the scores' differences over that of the scores before coding.
    package var scoreRMS: Double
    /// The largest absolute difference of a score.
    package var scoreMaximum: Double
    /// How many classes were told apart, at least one.
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
