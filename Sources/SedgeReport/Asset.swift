// Style sheet and script, which are part of the program.

internal import CReportAssets
internal import SedgeContainer

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// An embedded text, which a page has in one element.
struct Asset: Sendable {
  let text: String
  /// Its hash, as the policy of a page names it.
  let digest: String

  private init(_ asset: SedgeAsset) {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: asset.bytes, count: asset.byteCount))
    text = String(decoding: bytes, as: UTF8.self)
    digest = "sha256-\(base64(sha256(of: bytes)))"
  }

  static let style = unsafe Asset(sedge_page_style())
  static let script = unsafe Asset(sedge_page_script())
}

/// Bytes in base64.
func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
