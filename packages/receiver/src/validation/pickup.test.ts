import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { encodeValidation, handOver, type Validation } from '@grantlog/ledger'
import { type Harness, newData, startHarness } from '../../test/harness.ts'
import { readNotedValidations } from './noted.ts'
import { startPickup } from './pickup.ts'

const digest = 'A'.repeat(43)
const validation: Validation = {
  ...{ from: 0, inputs: [], lines: null, madeAt: 5, report: digest, service: 'api', until: 5 },
  requests: { counted: 0, records: 0 },
  streams: { all: 1, differing: 1, dropped: 0, emitted: 9, sealed: 8 },
  verdict: 'differs',
}
const unscheduled = { intervals: [], now: () => 0 }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const idOf = (n: number): string => `01982f3e-7a4c-4cc1-9d4e-${String(n).padStart(12, '0')}`
const hand = ({ folders, ledger }: Harness, n: number, more: Partial<Validation>): Promise<void> =>
  handOver(folders, {
    type: 'validation',
    id: idOf(n),
    frame: ledger.nextFrame,
    content: encodeValidation({ ...validation, ...more }),
  })
const codes = ({ events }: Harness): string[] =>
  events.map(({ code }) => code).filter((code) => /RECONCILE|VALIDATION/.test(code))

test('a running receiver seals what is handed over, tells it, remembers the newest', async () => {
  const data = await newData()
  await using harness = await startHarness({ data, limits: { validationLookMs: 10 } })
  await hand(harness, 1, {})
  await hand(harness, 2, { service: 'login', verdict: 'agrees' })
  while (harness.receiver.status().validations.length < 2) await turn()
  expect(harness.receiver.status().validations).toMatchObject([
    { service: 'api', verdict: 'differs', streamsDiffering: 1 },
    { service: 'login', verdict: 'agrees' },
  ])
  expect(codes(harness)).toEqual(['RECONCILE_DIFFERENCES', 'RECONCILE_AGREES'])
  expect(readdirSync(join(harness.folders.queue, 'validation'))).toEqual([])
  await harness.close()
  await using again = await startHarness({ data })
  expect(again.receiver.status().validations).toHaveLength(2)
})

test('the schedule in force is told and noted; a restart does not begin it anew', async () => {
  const data = await newData()
  const reconciled = [{ service: 'api', everyMs: 60_000 }]
  const first = await startHarness({ data, reconciled, now: () => 5 })
  const { queue } = first.folders
  const told = [{ service: 'api', everyMs: 60_000, since: 5 }]
  expect(first.receiver.status().reconciled).toEqual(told)
  await first.close()
  expect(await readNotedValidations(queue)).toEqual({ newest: [], schedule: told })
  const again = await startHarness({ data, reconciled, now: () => 9 })
  expect(again.receiver.status().reconciled).toEqual(told)
  await again.close()
  await using other = await startHarness({
    ...{ data, now: () => 9, reconciled: [{ service: 'api', everyMs: 1 }] },
  })
  expect(other.receiver.status().reconciled).toMatchObject([{ everyMs: 1, since: 9 }])
})

test('what was handed over before the start, or just before the end, is sealed', async () => {
  const data = await newData()
  const first = await startHarness({ data, limits: { validationLookMs: 1e6 } })
  await hand(first, 1, { verdict: 'incomplete' })
  await first.receiver.close()
  expect(codes(first)).toEqual(['RECONCILE_INCOMPLETE'])
  await hand(first, 2, {})
  await first.ledger.close()
  await using second = await startHarness({ data, limits: { validationLookMs: 1e6 } })
  expect(codes(second)).toEqual(['RECONCILE_DIFFERENCES'])
})

test('a ledger that takes nothing, and a file that is none, are told', async () => {
  await using harness = await startHarness()
  await hand(harness, 1, {})
  writeFileSync(join(harness.folders.queue, 'validation', `${idOf(2)}.json`), 'x', { mode: 0o600 })
  const { events, folders, ledger } = harness
  const seen = events.length
  const full = {
    nextFrame: ledger.nextFrame,
    leaves: (from: number, to: number) => ledger.leaves(from, to),
    commitContent: () => Promise.reject(Object.assign(new Error(''), { code: 'LEDGER_FULL' })),
  }
  const log = (event: (typeof events)[number]): void => void events.push(event)
  const stuck = await startPickup({ folders, ledger: full, lookMs: 1e6, ...unscheduled, log })
  const free = await startPickup({ folders, ledger, lookMs: 1e6, ...unscheduled, log })
  await Promise.all([stuck.close(), free.close()])
  expect(events.slice(seen).map(({ code }) => code)).toEqual([
    'VALIDATION_WAITS',
    'VALIDATION_REFUSED',
    'RECONCILE_DIFFERENCES',
  ])
})
