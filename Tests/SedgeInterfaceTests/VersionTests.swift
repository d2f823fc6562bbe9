// The version of the C interface.

import CSedge
import Sedge
import Testing

@Suite("Version of the C interface")
struct VersionTests {
  @Test("The library says the release and the interface that its header has")
  func version() {
    #expect(sedge_abi_version() == SEDGE_ABI_VERSION)
    #expect(String(cString: sedge_version()) == sedgeVersion)
    #expect(sedge_source_commit().map { String(cString: $0) } == sedgeCommit)
  }
}
