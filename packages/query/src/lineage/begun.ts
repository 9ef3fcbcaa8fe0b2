// Authorization requests that were answered by a page to log in or consent: a record of one names
// no grant, since there is none yet. The answer that ends it does, or says that there will be none;
// only then it is known whose beginning it was. See processes.test.ts.
import { ATTR } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'
import { sessionsOf, textIn } from './keys.ts'

export interface Begun {
  /** Keeps the record of a request that has begun; false for every other record. */
  add(record: LedgerRecord): boolean
  /** What this record ends; in order of the log, and only once. */
  endedBy(record: LedgerRecord): readonly LedgerRecord[]
  /** What never ended. */
  rest(): readonly LedgerRecord[]
}

export function openBegun(): Begun {
  const begun = new Map<string, LedgerRecord[]>()
  return {
    add: (record) => {
      const [key] = keysOf(record)
      if (key === undefined || !isBeginning(record)) return false
      begun.set(key, [...(begun.get(key) ?? []), record])
      return true
    },
    endedBy: (record) => {
      if (isBeginning(record)) return []
      return keysOf(record).flatMap((key) => {
        const ended = begun.get(key) ?? []
        begun.delete(key)
        return ended
      })
    },
    rest: () => [...begun.values()].flat(),
  }
}

function isBeginning(record: LedgerRecord): boolean {
  return textIn(record, ATTR.AUDIT_OUTCOME) === 'challenge'
}

/** Of an authorization request: its sessions, each with its client. */
function keysOf(record: LedgerRecord): string[] {
  if (textIn(record, ATTR.AUDIT_ACTION) !== 'oauth.authorize') return []
  const client = textIn(record, ATTR.OAUTH_CLIENT_ID)
  return sessionsOf(record).map((session) => `${session} ${client}`)
}
