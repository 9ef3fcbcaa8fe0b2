// Guarantee: what the page says of a log record's bundle is what the ledger says, whatever was
// changed in it, and each change is found by the step that it concerns.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  checkLogBundle,
  createLedger,
  ed25519Verify,
  foldersUnder,
  type LogBundle,
  openLedger,
  sha256,
} from '@grantlog/ledger'
import { logToCommit } from '@grantlog/ledger/testing'
import { openReading } from '@grantlog/query'
import type { RecordDetail } from '../../api/records.ts'
import { recordBundle, recordDetail } from '../../server/one-record.ts'
import { damaged, seeded } from '../../../test/damage.ts'
import { proofOf } from './check.ts'
import { browserCrypto, type Crypto } from './crypto.ts'
import { logProofOf, type ShownLog } from './log-record.ts'
import type { StepId } from './step.ts'

const quick: Crypto = {
  sha256,
  verify: (key, data, signature) => signature.length === 64 && ed25519Verify(key, data, signature),
}

let data: string
/** Of two log records; of the first withheld, too. */
let bundle: LogBundle
let other: LogBundle
let withheld: LogBundle
let details: Readonly<Record<'hidden' | 'personal', RecordDetail>>

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-log-proof-'))
  const folders = foldersUnder(data)
  await createLedger(folders, 'logs.example/log')
  const ledger = await openLedger(folders)
  const change = { body: { why: ['late', 1.5, -0] } }
  await ledger.commitLogs([logToCommit(1, 'alice', change), logToCommit(2, 'bob')])
  await ledger.close()
  const reading = await openReading({ folders, indexFolder: null })
  await reading.refresh()
  bundle = (await recordBundle(reading, 0, 'all')) as LogBundle
  withheld = (await recordBundle(reading, 0, 'none')) as LogBundle
  other = (await recordBundle(reading, 1, 'all')) as LogBundle
  const detail = (personal: boolean) => recordDetail(reading, 0, { personal, traceUrl: '' })
  details = { hidden: await detail(false), personal: await detail(true) }
  await reading.close()
})
afterAll(() => rm(data, { recursive: true, force: true }))

const given = () => ({ key: bundle.logKey, kind: 'given', since: '' }) as const
const shownOf = ({ attributes, observed, row }: RecordDetail): ShownLog => ({
  ...{ index: row.index, attributes, observed: observed! },
})
function failuresOf(value: unknown, shown?: ShownLog): StepId[] {
  const options = { crypto: quick, trust: given(), ...(shown !== undefined && { shown }) }
  const { steps } = logProofOf(value, options)
  return steps.filter(({ state }) => state === 'failed').map(({ id }) => id)
}

test('a sound one passes every step, by the crypto of the page, withheld or not', () => {
  for (const [one, detail] of [
    [bundle, details.personal],
    [withheld, details.hidden],
    [withheld, details.personal],
  ] as const) {
    const options = { crypto: browserCrypto, trust: given(), shown: shownOf(detail) }
    const { steps, verdict } = logProofOf(one, options)
    expect(steps.filter(({ state }) => state !== 'passed')).toEqual([])
    expect(verdict).toBe('proved')
  }
  expect(logProofOf(bundle, { crypto: quick, trust: null }).verdict).toBe('self-consistent')
  expect(JSON.stringify(withheld)).not.toContain('late')
})

test('it is no proof of a record, nor a record one of it', () => {
  expect(proofOf(bundle, { crypto: quick, trust: given() }).verdict).toBe('broken')
  expect(failuresOf({ ...bundle, format: 'grantlog-bundle-v1' })).toEqual(['form'])
  expect(failuresOf(null, shownOf(details.hidden))).toEqual(['form'])
})

describe('a change is found by the step that it concerns', () => {
  const changes: [string, StepId, () => Partial<LogBundle>][] = [
    [
      'what it says',
      'digest',
      () => ({ canonical: bundle.canonical.replace('success', 'denied') }),
    ],
    ['its id', 'digest', () => ({ canonical: bundle.canonical.replace('-000000000001', '-2') })],
    ['the body', 'slots', () => opening('body', (text) => text.replace('late', 'soon'))],
    ['the slot of an opening', 'slots', () => ({ openings: { actor: bundle.openings.body! } })],
    ['a slot that there is not', 'slots', () => ({ openings: { hat: bundle.openings.body! } })],
    ['another body', 'slots', () => ({ openings: { body: other.openings.body! } })],
    ['who brought it', 'observation', () => noted((text) => text.replace('gateway', 'Gateway'))],
    ['a word of it', 'observation', () => noted((text) => text.replace('certificate', 'oath'))],
    ['the signature', 'observation', () => noted((text) => text.replace('"none"', '"signed"'))],
    ['the leaf', 'inclusion', () => ({ leaf: bundle.leaf.replace('"none"', '"unverified"') })],
    [
      'another leaf',
      'digest',
      () => ({ leaf: other.leaf, proof: other.proof, index: other.index }),
    ],
    ['the place', 'inclusion', () => ({ index: 1 })],
    ['the proof', 'inclusion', () => ({ proof: other.proof })],
    [
      'the signature of the checkpoint',
      'checkpoint',
      () => ({ proof: bundle.proof.replace(/.{6}\n$/, 'AAAAAA\n') }),
    ],
  ]
  const opening = (slot: string, change: (text: string) => string): Partial<LogBundle> => ({
    openings: { ...bundle.openings, [slot]: change(bundle.openings[slot]!) },
  })
  const noted = (change: (text: string) => string): Partial<LogBundle> => ({
    observation: change(bundle.observation),
  })
  test.each(changes)('%s: %s', (_what, step, change) => {
    const changed = { ...bundle, ...change() }
    expect(changed).not.toEqual(bundle)
    expect(failuresOf(changed)).toContain(step)
    expect(() => checkLogBundle(changed, { logKey: bundle.logKey })).toThrow()
  })
})

describe('what the page shows', () => {
  const changes: [string, (shown: ShownLog) => Partial<ShownLog>][] = [
    ['another place', ({ index }) => ({ index: index + 1 })],
    ['another caller', ({ observed }) => ({ observed: { ...observed, caller: 'cron' } })],
    ['a signature', ({ observed }) => ({ observed: { ...observed, signature: 'signed' } })],
    [
      'an attribute less',
      ({ attributes }) => ({
        attributes: attributes.filter(({ name }) => name !== 'audit.outcome'),
      }),
    ],
    [
      'another service',
      ({ attributes }) => ({
        attributes: attributes.map((one) =>
          one.name === 'audit.producer.service' ? { ...one, value: 'payroll' } : one,
        ),
      }),
    ],
    [
      'another body',
      ({ attributes }) => ({
        attributes: attributes.map((one) => (one.name === 'body' ? { ...one, value: '' } : one)),
      }),
    ],
  ]
  test.each(changes)('is what the bytes say, and not %s', (_what, change) => {
    const shown = shownOf(details.personal)
    expect(failuresOf(bundle, { ...shown, ...change(shown) })).toEqual(['shown'])
  })
})

test('the verdict is that of the ledger, on bundles with all kinds of damage', () => {
  const random = seeded(4711)
  const texts = ['canonical', 'leaf', 'logKey', 'observation', 'proof'] as const
  let sound = 0
  for (let round = 0; round < 2_000; round++) {
    const openings = [{}, other.openings, { body: `${bundle.openings.body} ` }, withheld.openings]
    const bad = damaged(bundle, { ...{ other, texts, random }, counts: ['index'], openings })
    const { verdict } = logProofOf(bad, { crypto: quick, trust: given() })
    let reference = 'proved'
    try {
      checkLogBundle(bad, { logKey: bundle.logKey })
    } catch {
      reference = 'broken'
    }
    expect({ round, bad, verdict }).toEqual({ round, bad, verdict: reference })
    sound += Number(verdict === 'proved')
  }
  expect(sound).toBeGreaterThan(50)
  expect(sound).toBeLessThan(1_200)
})
