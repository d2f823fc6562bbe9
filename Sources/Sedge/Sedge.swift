// What a program gets that imports Sedge.

@_exported public import SedgeArchitecture
@_exported public import SedgeCheckpoint
@_exported public import SedgeCompression
@_exported public import SedgeContainer
@_exported public import SedgeExport
@_exported public import SedgeImages
@_exported public import SedgeQuantization
@_exported public import SedgeRunner
@_exported public import SedgeTensor
@_exported public import SedgeText
@_exported public import SedgeTokenizer
@_exported public import SedgeVerification
