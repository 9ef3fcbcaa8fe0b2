import { writeSync } from 'node:fs'

/**
 * Writes to stderr past `process.stderr`: on a pipe whose reader died that stream would emit an
 * error some time later, which nobody handles and which ends the service. Throws at once instead.
 */
export function writeStderr(line: string): void {
  writeSync(2, line)
}
