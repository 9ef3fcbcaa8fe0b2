// Guarantee: a record is marked when the last enrolment of its key says so, from that second on;
// what no key of ours signed is not, and a key is looked up once.
import { expect, test } from '@jest/globals'
import {
  encodeEnrolment,
  type Enrolment,
  type FrameEntry,
  generateEd25519,
  thumbprint,
} from '@grantlog/ledger'
import { base64url } from '@grantlog/record'
import { compromisedSince } from './compromised.ts'
import type { Reading } from './reading.ts'
import type { LedgerRecord } from './records.ts'

const { publicKey } = generateEd25519()
const kid = thumbprint(publicKey)
const enrolment: Enrolment = {
  ...{ assurance: 'configured', audience: 'default', issuers: [], kid, validFrom: 0 },
  ...{ publicKey: base64url(publicKey), roles: ['client'], services: ['a'], validUntil: 9 },
}

/** A log whose frame 7 has an entry of the key, which is the last one. */
function readingOf(last: Enrolment): {
  reading: Pick<Reading, 'index' | 'reader'>
  asked: string[]
} {
  const asked: string[] = []
  const entry = { index: 70, stored: { kind: 'content', content: encodeEnrolment(last) } }
  const index = {
    keyBefore: (of: string, before: number) => {
      asked.push(of)
      return of === kid && before === Infinity ? { kid, index: 70, frame: 7 } : null
    },
  }
  const frames = new Map([[7, { entries: [entry as unknown as FrameEntry] }]])
  const reader = { frame: (number: number) => Promise.resolve(frames.get(number)) }
  return { reading: { index, reader } as unknown as Pick<Reading, 'index' | 'reader'>, asked }
}

const recordOf = (receivedAt: number, of = kid, observed: object | null = null): LedgerRecord =>
  ({ leaf: { kid: of, receivedAt }, observed }) as unknown as LedgerRecord

test('from its second on, and once for each key', async () => {
  const { asked, reading } = readingOf({ ...enrolment, revoked: 'key_compromise', since: 5 })
  const sinceOf = compromisedSince(reading)
  const records = [recordOf(4_999), recordOf(5_000), recordOf(6_000), recordOf(6_000, 'another')]
  expect(await Promise.all(records.map(sinceOf))).toEqual([null, 5, 5, null])
  expect(asked).toEqual([kid, 'another'])
  expect(await sinceOf(recordOf(6_000, kid, {}))).toBeNull()
})

test('of a key in force, or revoked without a time, nothing is marked', async () => {
  for (const last of [enrolment, { ...enrolment, revoked: 'unspecified' } as const]) {
    expect(await compromisedSince(readingOf(last).reading)(recordOf(6_000))).toBeNull()
  }
})
