// The system's words for what went wrong.

import SedgePlatform

/// The system's text for the last failed call (`strerror`).
package func systemErrorText() -> String {
  unsafe String(cString: strerror(errno))
}
