// The version of the library and of its interface.

import CSedge
import Sedge

private nonisolated(unsafe) let version = FixedText(sedgeVersion)
private nonisolated(unsafe) let commit = sedgeCommit.map(FixedText.init)

/// As `sedge.h` says.
@c @implementation
public func sedge_abi_version() -> Int32 { SEDGE_ABI_VERSION }

/// As `sedge.h` says.
@c @implementation
public func sedge_version() -> UnsafePointer<CChar>? { version.pointer }

/// As `sedge.h` says.
@c @implementation
public func sedge_source_commit() -> UnsafePointer<CChar>? { commit?.pointer }
