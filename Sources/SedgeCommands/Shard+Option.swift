// The part of some work that an option names.

import SedgeEvaluation
import SedgeTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Shard {
  /// The part that stands behind `--shard`; all of it where there is none.
  init(option shard: String?) throws {
    guard let shard else {
      self = .whole
      return
    }
    guard let found = Shard(shard, environment: ProcessInfo.processInfo.environment) else {
      throw OptionError(
        "--shard \(shard): expected i/n with i from 1 to n; auto/n needs SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, auto needs SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT"
      )
    }
    self = found
  }
}
