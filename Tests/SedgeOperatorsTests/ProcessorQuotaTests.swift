// The limits of control groups on the number of threads.

import SedgeOperators
import Testing

@Suite("Processors of control groups")
struct ProcessorQuotaTests {
  /// A machine's files.
  private struct Machine: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var files: [String: String]
    var expected: Int?
  }

  private static let machines = [
    Machine(testDescription: "no control groups", files: [:], expected: nil),
    Machine(
      testDescription: "no limit, version 2",
      files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n"], expected: nil),
    Machine(
      testDescription: "a container of four processors, version 2",
      files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "400000 100000\n"], expected: 4),
    Machine(
      testDescription: "two and a half processors",
      files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "250000 100000\n"], expected: 3),
    Machine(
      testDescription: "a tenth of a processor",
      files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "10000 100000\n"], expected: 1),
    Machine(
      testDescription: "a group whose parent is narrower",
      files: [
        "/proc/self/cgroup": "0::/system.slice/job\n",
        "/sys/fs/cgroup/system.slice/job/cpu.max": "800000 100000\n",
        "/sys/fs/cgroup/system.slice/cpu.max": "200000 100000\n",
      ], expected: 2),
    Machine(
      testDescription: "a container of two processors, version 1",
      files: [
        "/proc/self/cgroup": "5:cpuset:/docker/1\n4:cpu,cpuacct:/docker/1\n0::/\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      ], expected: 2),
    Machine(
      testDescription: "no limit, version 1",
      files: [
        "/proc/self/cgroup": "1:cpu:/\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      ], expected: nil),
    Machine(
      testDescription: "files that say nothing",
      files: [
        "/proc/self/cgroup": "0:\n::\n0::/a\n", "/sys/fs/cgroup/a/cpu.max": "0 0\n",
        "/sys/fs/cgroup/cpu.max": "many\n",
      ],
      expected: nil),
  ]

  @Test("The least quota of a group and of those around it counts, rounded up", arguments: machines)
  private func quota(machine: Machine) {
    #expect(ProcessorQuota.processorCount { machine.files[$0] } == machine.expected)
  }

  @Test("Threads are no more than the quota by default, and as many as asked for otherwise")
  func workers() {
    if let quota = ProcessorQuota.processorCount { #expect(Workers().count <= quota) }
    #expect(Workers(count: 7).count == 7)
  }
}
