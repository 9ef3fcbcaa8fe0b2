import { expect, test } from '@jest/globals'
import {
  encodeSinkChange,
  encodeValidation,
  type FrameEntry,
  type Leaf,
  type Validation,
} from '@grantlog/ledger'
import { jcsBytes } from '@grantlog/record'
import { ledgerEventOf } from './ledger-events.ts'

const digest = 'A'.repeat(43)
const id = '01982f3e-7a4c-4cc1-9d4e-000000000001'
const entryOf = (leaf: Leaf, content: Uint8Array): FrameEntry => ({
  ...{ index: 7, entry: jcsBytes({ of: leaf.type }), leaf, evidence: undefined },
  stored: { kind: 'content', content },
  openings: () => [],
  logOpenings: () => [],
})
const contentOf = (type: 'refusals' | 'sink' | 'validation', content: Uint8Array): FrameEntry =>
  entryOf({ type, id, digest, receivedAt: 5, v: 1 }, content)
const told = (entry: FrameEntry): unknown => {
  const event = ledgerEventOf(entry)
  return event && { ...event, attributes: Object.fromEntries(event.attributes) }
}

test('a stream that fell silent', () => {
  const stream = { instance: 'B'.repeat(22), kid: digest, lastSeen: 3, lastSeq: 41 }
  const event = told(entryOf({ ...stream, type: 'unclosed', receivedAt: 5, v: 1 }, jcsBytes({})))
  expect(event).toMatchObject({
    ...{ id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/), index: 7, atMs: 5 },
    attributes: { 'audit.action': 'ledger.unclosed', 'ledger.stream.last_seq': 41n },
  })
})

test('what was refused, by reason', () => {
  const content = jcsBytes({ minute: 0, reasons: { FORGED: 2, UNSIGNED: 3 }, sender: 'unknown' })
  expect(told(contentOf('refusals', content))).toMatchObject({
    id,
    attributes: {
      'audit.action': 'ledger.refusals',
      'ledger.refusals.sender': 'unknown',
      'ledger.refusals.count': 5n,
      'ledger.refusals.reasons': 'FORGED UNSIGNED',
    },
  })
})

test('a comparison is one only when it found a difference', () => {
  const validation: Validation = {
    ...{ from: 0, inputs: [], lines: null, madeAt: 5, report: digest, service: 'api', until: 5 },
    requests: { counted: 0, records: 0 },
    streams: { all: 2, differing: 1, dropped: 0, emitted: 9, sealed: 8 },
    verdict: 'differs',
  }
  expect(told(contentOf('validation', encodeValidation(validation)))).toMatchObject({
    attributes: {
      'audit.action': 'ledger.gap',
      'audit.producer.service': 'api',
      'ledger.gap.streams': 1n,
    },
  })
  const agreed = encodeValidation({ ...validation, verdict: 'agrees' })
  expect(told(contentOf('validation', agreed))).toBeNull()
})

test('a sink that takes nothing any more', () => {
  const content = encodeSinkChange({ at: 4, commits: 9, name: 'siem', state: 'stopped' })
  expect(told(contentOf('sink', content))).toMatchObject({
    id,
    attributes: {
      'audit.action': 'ledger.sink',
      'ledger.sink.name': 'siem',
      'ledger.sink.state': 'stopped',
      'ledger.sink.commits': 9n,
    },
  })
})
