// What a receipt of log records is about: the ids that one request brought (FORMAT.md 6.5). See
// logs-root.test.ts.
import { concat, utf8 } from '../bytes.ts'
import type { Sha256 } from '../span.ts'
import { batchRoot } from './root.ts'

const domain = utf8('grantlog-log-id-v1\n')

/**
 * The root over the ids of a request's audit log records, at least one, in the order they were sent
 * in; an empty text for one that has none. 32 bytes. Who sent them makes it from what was sent, and
 * whoever has the log from what was sealed.
 */
export function logsRoot(ids: readonly string[], sha256: Sha256): Uint8Array {
  return batchRoot(concat(...ids.map((id) => sha256(concat(domain, utf8(id))))), sha256)
}
