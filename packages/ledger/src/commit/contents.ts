// What the receiver says itself is read before it is committed: a log with what no reader takes
// would not open.
import { LedgerError } from '../codes.ts'
import { decodeEnrolment } from '../format/enrolment.ts'
import { decodeFindingOf } from '../format/finding.ts'
import { decodeSinkChange } from '../format/sink.ts'
import { decodeValidation } from '../format/validation.ts'
import type { ContentToCommit } from './items.ts'

/** Throws LEDGER_FORMAT. */
export function requireReadable({ content, id, type }: ContentToCommit): void {
  if (type === 'validation') decodeValidation(content)
  if (type === 'finding') decodeFindingOf(id, content)
  if (type === 'sink') decodeSinkChange(content)
  if (type === 'key' && decodeEnrolment(content).kid !== id) {
    throw new LedgerError('LEDGER_FORMAT', 'the enrolment is of another key')
  }
}
