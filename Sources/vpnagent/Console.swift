import Glibc

/// Writes one line to standard error.
func complain(_ line: String) {
  write("vpnagent: \(line)\n", to: STDERR_FILENO)
}

/// Writes text to standard output; a reader that has gone is no error.
func show(_ text: String) {
  write(text, to: STDOUT_FILENO)
}

private func write(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
    }
    if count <= 0 { return }
    rest = rest.dropFirst(count)
  }
}

/// Whether to print in colour: on a terminal, or when forced as by `watch --color`
/// (https://no-color.org, https://bixense.com/clicolors).
var wantsColour: Bool {
  let isRefused = unsafe getenv("NO_COLOR") != nil
  let isForced = unsafe getenv("CLICOLOR_FORCE") != nil
  return !isRefused && (isForced || isatty(STDOUT_FILENO) == 1)
}

/// A variable of the environment; nil when it is not set.
func environment(_ name: String) -> String? {
  unsafe getenv(name).map { unsafe String(cString: $0) }
}
