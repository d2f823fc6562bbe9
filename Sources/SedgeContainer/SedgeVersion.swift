// The release of Sedge.

/// The release of Sedge that this is: recorded in the files it writes and in the caches it keeps.
public let sedgeVersion = "0.1.0"
