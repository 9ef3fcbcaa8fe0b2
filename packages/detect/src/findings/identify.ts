// Ids that everybody who looks again comes to (FORMAT.md 3.8). See group.test.ts.
import { jcsBytes } from '@grantlog/record'
import type { Detection } from '../detection.ts'
import { uuidOf } from '../uuid.ts'

/** The id of the finding that a detection begins. */
export function findingId({ group, records, rule }: Detection): string {
  const deciding = records.at(-1)?.id ?? ''
  const pairs = group.map(([name, value]) => [name, value])
  return uuidOf(jcsBytes(['grantlog-finding-v1', rule.id, pairs, deciding]))
}

/** The id of the leaf that tells of its having been found so often. */
export function againId(finding: string, times: number): string {
  return uuidOf(jcsBytes(['grantlog-finding-again-v1', finding, times]))
}
