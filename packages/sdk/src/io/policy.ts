import { readFileSync } from 'node:fs'

/** Text of the policy file. Throws what Node throws. Read once, at start. */
export function readPolicyFile(path: string): string {
  return readFileSync(path, 'utf8')
}
