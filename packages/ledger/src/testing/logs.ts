// Audit log records for tests, as the receiver hands them over.
import { randomBytes } from 'node:crypto'
import { divideLog, type LogRecord, sealLog, textOf } from '@grantlog/record'
import { decodeLogsRequest } from '@grantlog/record/otlp'
import { deletion, encodeLogs, type Fields } from '@grantlog/record/testing'
import type { LogToCommit } from '../commit/logs.ts'
import { sha256 } from '../crypto.ts'
import type { Observation } from '../format/observation.ts'

export const observed: Observation = {
  caller: 'gateway',
  proof: 'certificate',
  signature: 'none',
  signer: '',
}

/** A deletion number `n` by `user`; with fresh salts each time. */
export function logToCommit(n: number, user = 'alice', change: Partial<Fields> = {}): LogToCommit {
  const id = `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`
  const attributes = { ...deletion.attributes, 'audit.record.id': id, 'user.id': user }
  const [log] = decodeLogsRequest(encodeLogs([{ ...deletion, attributes, ...change }])).logs()
  if (!log || 'error' in log) throw log?.error ?? new Error('none')
  const divided = divideLog(log, [])
  const sealed = sealLog(divided, { id, salt: () => randomBytes(16), sha256 })
  return { id, divided, sealed, identities: identitiesOf(log), observation: observed }
}

function identitiesOf({ attributes }: LogRecord): LogToCommit['identities'] {
  const none = { person: undefined, session: undefined, actor: undefined, target: undefined }
  return { ...none, user: textOf(attributes['user.id']) }
}
