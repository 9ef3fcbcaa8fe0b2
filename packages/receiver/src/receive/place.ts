// Where an unforeseen error was thrown, for the log: its class, code and stack, without its
// message, in which a parser would quote what a stranger sent. See place.test.ts.

/** One line: `TypeError [CODE] at f (file:1:2) at …`. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  const known = typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? ` [${code}]` : ''
  const { message, stack = '' } = error
  // A message may have lines of its own.
  const below = stack.slice(stack.indexOf(message) + message.length)
  const frames = below.split('\n').filter((line) => /^ {4}at /.test(line))
  const name = Object.getPrototypeOf(error)?.constructor?.name ?? 'Error'
  return [`${name}${known}`, ...frames.map((line) => line.trim())].join(' ')
}
