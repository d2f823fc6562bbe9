// The processors that control groups grant.

internal import SedgePlatform

/// The processor time that the control groups of this process grant it, which is how containers are limited (`docker run --cpus 4`):
/// more threads than that would only be paused in turn.
///
/// Source: the Linux kernel's documentation, "Control Group v2", `cpu.max`, and "CFS Bandwidth Control", `cpu.cfs_quota_us`.
package enum ProcessorQuota {
  /// The number of processors, rounded up, at least 1; `nil` where nothing limits it.
  package static let processorCount = processorCount(read: contents)

  /// The same by the files that `read` returns; `nil` for a file that cannot be read.
  package static func processorCount(read: (_ path: String) -> String?) -> Int? {
    let lines = read("/proc/self/cgroup")?.split(separator: "\n") ?? []
    let quotas = lines.flatMap { line -> [Double] in
      // Hierarchy, controllers, path; version 2 has no controllers.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let isSecondVersion = fields[1].isEmpty
      guard isSecondVersion || fields[1].split(separator: ",").contains("cpu") else { return [] }
      return folders(of: fields[2]).compactMap {
        isSecondVersion
          ? secondQuota(in: "/sys/fs/cgroup" + $0, read) : firstQuota(in: "/sys/fs/cgroup/cpu" + $0, read)
      }
    }
    return quotas.min().map { Int(max(1, min($0.rounded(.up), 65536))) }
  }

  /// A group and all groups around it, each of which limits it: `/a/b`, `/a` and the root. In a container the root is the container's.
  private static func folders(of path: Substring) -> [String] {
    var names = path.split(separator: "/")
    var folders = [""]
    while !names.isEmpty {
      folders.append("/" + names.joined(separator: "/"))
      names.removeLast()
    }
    return folders
  }

  /// `cpu.max`: microseconds in each period, or `max`, and the period.
  private static func secondQuota(in folder: String, _ read: (String) -> String?) -> Double? {
    let fields = read(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace) ?? []
    guard fields.count == 2 else { return nil }
    return quota(fields[0], period: fields[1])
  }

  /// `cpu.cfs_quota_us`: microseconds in each period, or -1.
  private static func firstQuota(in folder: String, _ read: (String) -> String?) -> Double? {
    guard let time = read(folder + "/cpu.cfs_quota_us"), let period = read(folder + "/cpu.cfs_period_us")
    else { return nil }
    return quota(time.prefix { !$0.isNewline }, period: period.prefix { !$0.isNewline })
  }

  private static func quota(_ time: Substring, period: Substring) -> Double? {
    guard let time = Double(time), let period = Double(period), time > 0, period > 0 else { return nil }
    return time / period
  }

  /// A file of at most 64 kB, read in pieces: the host of a library may have no memory to spare.
  private static func contents(of path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    while bytes.count < 65536 {
      let count = unsafe withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { piece in
        let count = unsafe read(file, piece.baseAddress, piece.count)
        if count > 0 { unsafe bytes.append(contentsOf: piece[..<count]) }
        return count
      }
      guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
