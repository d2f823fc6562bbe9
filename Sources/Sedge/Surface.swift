// The names from other modules that `import Sedge` gives to a program, one line each.
//
// These names, with the public types declared in this module, follow semantic versioning; nothing else does: all other
// declarations have package access. Swift has no other spelling for a re-export than `@_exported`; a scoped import
// re-exports one name and not a module. docs/api.txt lists the whole surface, and a test compares it.

// Errors and progress.
@_exported public import struct SedgeArchitecture.ContractError
@_exported public import struct SedgeArchitecture.ContractProblem
@_exported public import struct SedgeOperators.KernelSetError
@_exported public import struct SedgeTensor.FormatError
@_exported public import struct SedgeTensor.SkippedObject
@_exported public import struct SedgeTensor.UsageError
@_exported public import enum SedgeTensor.WorkProgress
@_exported public import typealias SedgeTensor.ProgressHandler

// Where HDF5 files are read.
@_exported public import enum SedgeHDF5.HDF5Reading

// Images, class names and results.
@_exported public import struct SedgeImages.LabelMap
@_exported public import struct SedgeImages.NamedImage
@_exported public import struct SedgeImages.Overlay
@_exported public import struct SedgeImages.RGBImage
@_exported public import struct SedgeRunner.Classification
@_exported public import struct SedgeRunner.Compute
@_exported public import struct SedgeRunner.Segmentation
@_exported public import struct SedgeTokenizer.ClassList
@_exported public import struct SedgeTokenizer.ClassName
@_exported public import struct SedgeTokenizer.PromptTemplates

// Options of conversions.
@_exported public import struct SedgeArchitecture.ArchitectureOptions
@_exported public import enum SedgeArchitecture.ImageResizing
@_exported public import enum SedgeArchitecture.ModelPart
@_exported public import struct SedgeCompression.CostOptions
@_exported public import struct SedgeCompression.CalibrationOptions
@_exported public import struct SedgeCompression.QuantizationPlan
@_exported public import struct SedgeCompression.SyntheticPicture
@_exported public import struct SedgeCompression.TensorRule
@_exported public import enum SedgeContainer.StorageMode
@_exported public import let SedgeContainer.sedgeCommit
@_exported public import let SedgeContainer.sedgeVersion
@_exported public import enum SedgeCompression.QuantizationBudget
@_exported public import enum SedgeQuantization.TensorFormat
@_exported public import enum SedgeQuantization.WeightFormat

// Reports.
@_exported public import struct SedgeExport.ModelExport
@_exported public import enum SedgeExport.ExportNames
@_exported public import struct SedgeExport.ExportSummary
@_exported public import struct SedgeExport.ExportedTensor
@_exported public import enum SedgeStatistics.Suspicion
@_exported public import struct SedgeStatistics.TensorStatistics
@_exported public import struct SedgeTensor.Deviation
@_exported public import enum SedgeTensor.ElementType
@_exported public import struct SedgeVerification.ModelComparison
@_exported public import struct SedgeVerification.ErrorLimit
@_exported public import struct SedgeVerification.ModelDifference
@_exported public import struct SedgeVerification.OutputComparison
@_exported public import struct SedgeVerification.RunComparison
@_exported public import struct SedgeVerification.TapComparison
@_exported public import struct SedgeVerification.EstimateError
@_exported public import struct SedgeVerification.LayerCost
@_exported public import struct SedgeVerification.LayerError
@_exported public import struct SedgeVerification.RejectionComparison
@_exported public import struct SedgeVerification.ResultChange
@_exported public import struct SedgeVerification.ResultCosts
@_exported public import struct SedgeVerification.TensorComparison
@_exported public import struct SedgeVerification.TensorDifference
@_exported public import struct SedgeVerification.Thresholds
@_exported public import struct SedgeVerification.VerificationReport
