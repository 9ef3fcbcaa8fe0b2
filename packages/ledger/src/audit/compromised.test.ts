// Guarantee: of a key that was declared compromised each leaf from that moment on is counted, none
// before and none of another key, however many bundles they lie in; and no more is read than that.
import { expect, test } from '@jest/globals'
import { base64url } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { encodeLeaf } from '../format/leaf.ts'
import type { Enrolment } from '../format/enrolment.ts'
import { compromisedIn } from './compromised.ts'

const [mine, other] = ['m', 'o'].map((letter) => base64url(Buffer.alloc(32, letter)))

/** A record each second, of the two keys by turns. */
const entries = Array.from({ length: 700 }, (_, at) =>
  encodeLeaf({
    ...{ type: 'record', kid: at % 2 === 0 ? mine! : other!, seq: at, receivedAt: at * 1000 },
    id: `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`,
    instance: base64url(Buffer.alloc(16)),
    ...{ digest: base64url(Buffer.alloc(32)), v: 1 },
  }),
)

const revoked = (kid: string, since?: number): [string, Enrolment] => [
  kid,
  { kid, revoked: 'key_compromise', ...(since !== undefined && { since }) } as Enrolment,
]

function log() {
  const read: number[] = []
  const readEntries = (bundle: number, width: number) => {
    read.push(bundle)
    const first = bundle * 256
    return Promise.resolve(entries.slice(first, first + width))
  }
  return { read, readEntries }
}

const fail = (bundle: number): never => {
  throw new Error(`bundle ${bundle}`)
}

test.each([
  ['in the last bundle', 600, 50, [2]],
  ['at its very second', 698, 1, [2]],
  ['across bundles', 300, 200, [2, 1]],
  ['from the beginning', 0, 350, [2, 1, 0]],
  ['after the last record', 700, 0, [2]],
])('%s', async (_what, since, records, bundles) => {
  const tiles = log()
  const enrolments = new Map([revoked(mine!, since), revoked(other!)])
  const declared = new Map([[mine!, since]])
  const found = await compromisedIn(tiles, 700, { declared, enrolments, onUnreadable: fail })
  expect(found).toEqual([{ kid: mine, since, withdrawn: false, records }])
  expect(tiles.read).toEqual(bundles)
})

test.each([undefined, 650])('what was taken back, or is later now, counts: %s', async (now) => {
  const enrolments = new Map([revoked(mine!, now)])
  const declared = new Map([[mine!, 600]])
  const found = await compromisedIn(log(), 700, { declared, enrolments, onUnreadable: fail })
  expect(found).toEqual([{ kid: mine, since: 600, withdrawn: true, records: 50 }])
})

test('nothing is read where nothing was declared', async () => {
  const tiles = log()
  const enrolments = new Map([revoked(mine!)])
  const options = { declared: new Map(), enrolments, onUnreadable: fail }
  expect(await compromisedIn(tiles, 700, options)).toEqual([])
  expect(tiles.read).toEqual([])
})

test('a bundle that cannot be read is told: what lies in it is not counted', async () => {
  const told: number[] = []
  const readEntries = (bundle: number, width: number) =>
    bundle === 1
      ? Promise.reject(new LedgerError('LEDGER_NOT_FOUND', 'gone'))
      : log().readEntries(bundle, width)
  const found = await compromisedIn({ readEntries }, 700, {
    declared: new Map([[mine!, 0]]),
    enrolments: new Map([revoked(mine!, 0)]),
    onUnreadable: (bundle) => told.push(bundle),
  })
  expect(told).toEqual([1])
  expect(found).toEqual([{ kid: mine, since: 0, withdrawn: false, records: 350 - 128 }])
})
