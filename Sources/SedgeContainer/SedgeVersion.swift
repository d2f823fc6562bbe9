// The release of Sedge, and its commit.

internal import CSedgeCommit

/// The release of Sedge that this is: recorded in the files it writes and in the caches it keeps.
public let sedgeVersion = "0.1.0"

/// The commit that this Sedge was built from, with `-dirty` where its source was changed since; `nil` where it was built without git.
public let sedgeCommit: String? = {
  let text = unsafe String(cString: sedge_commit())
  return text.isEmpty ? nil : text
}()
