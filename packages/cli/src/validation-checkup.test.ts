import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  createLedger,
  encodeValidation,
  type Folders,
  foldersUnder,
  openLedger,
  openReader,
  type Validation,
} from '@grantlog/ledger'
import { newestValidations, tellValidations } from './validation-checkup.ts'

const hour = 3_600_000
const validation: Validation = {
  ...{ from: 0, inputs: [], lines: null, madeAt: 0, report: 'A'.repeat(43), until: 5 },
  requests: { counted: 0, records: 0 },
  service: 'api',
  streams: { all: 1, differing: 0, dropped: 0, emitted: 9, sealed: 9 },
  verdict: 'agrees',
}
const idOf = (n: number): string => `01982f3e-7a4c-4cc1-9d4e-${String(n).padStart(12, '0')}`

let data: string
let folders: Folders
const apiAt = 3
const loginAt = 70
const frames = 80
let apiIndex: number

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-checkup-'))
  folders = foldersUnder(data)
  await createLedger(folders, 'example.com/log')
  const ledger = await openLedger(folders)
  const seal = (n: number, more: Partial<Validation>): Promise<number> => {
    const content = encodeValidation({ ...validation, ...more })
    return ledger.commitContent({ type: 'validation', id: idOf(n), content })
  }
  for (let n = 0; n < frames; n++) {
    if (n === 1) await seal(n, { madeAt: 1, verdict: 'differs' })
    else if (n === apiAt) apiIndex = await seal(n, { madeAt: 7 })
    else if (n === loginAt) await seal(n, { service: 'login' })
    else {
      const content = new TextEncoder().encode('{}')
      await ledger.commitContent({ type: 'refusals', id: idOf(n), content })
    }
  }
  await ledger.close()
})
afterAll(() => rm(data, { recursive: true, force: true }))

/** What was found, and how many frames were read for it. */
async function find(index: number | null, framesMax: number) {
  const reader = await openReader(folders)
  let read = 0
  async function* counted(from: number) {
    for await (const frame of reader.frames(from)) {
      read++
      yield frame
    }
  }
  const status = { service: 'api', verdict: 'agrees', madeAt: 99, until: 0 } as const
  const counts = { noRecord: 0, withoutLine: 0, streamsDiffering: 0 }
  const newest = index === null ? [] : [{ ...status, ...counts, index }]
  const log = { origin: reader.origin, journal: reader.journal, frames: counted }
  try {
    const found = await newestValidations(log, { newest }, framesMax)
    const services = Object.fromEntries(Array.from(found, ([name, one]) => [name, one.madeAt]))
    return { read, services }
  } finally {
    await reader.close()
  }
}

test('what is older than the newest is found by its note, not by reading all', async () => {
  const { read, services } = await find(apiIndex, 20)
  expect(services).toEqual({ api: 7, login: 0 })
  expect(read).toBeLessThanOrEqual(20 + 1 + Math.ceil(Math.log2(frames)))
})

test('without a note, or with a wrong one, the newest frames say what they have', async () => {
  expect(await find(null, 20)).toEqual({ read: 20, services: { login: 0 } })
  expect((await find(1e9, 20)).services).toEqual({ login: 0 })
  expect((await find(0, 20)).services).toEqual({ login: 0 })
  expect(await find(null, 1_000)).toMatchObject({ read: frames, services: { api: 7, login: 0 } })
})

const statusOf = (everyMs: number | null, now: number, since = 0, made = validation): string => {
  const schedule = everyMs === null ? [] : [{ service: 'api', everyMs, since }]
  const [check] = tellValidations(new Map([['api', made]]), schedule, now)
  expect(check!.fix === undefined).toBe(check!.status === 'ok')
  return check!.status
}

test('stale is what the schedule in force says, not a fixed time', () => {
  expect(statusOf(hour, 2 * hour)).toBe('ok')
  expect(statusOf(hour, 3 * hour)).toBe('weak')
  expect(statusOf(168 * hour, 100 * hour)).toBe('ok')
  expect(statusOf(null, 35 * hour)).toBe('ok')
  expect(statusOf(null, 37 * hour)).toBe('weak')
  // A schedule that has just begun is not missed yet.
  expect(statusOf(hour, 30 * hour, 29 * hour)).toBe('ok')
  expect(statusOf(hour, hour, 0, { ...validation, verdict: 'differs' })).toBe('weak')
})

test('a service that is due and was never compared is told', () => {
  const schedule = [{ service: 'api', everyMs: 2 * hour, since: 0 }]
  expect(tellValidations(new Map(), schedule, hour)).toEqual([
    { code: 'VALIDATION', status: 'ok', what: 'validation of api: none yet, due every 2 h' },
  ])
  expect(tellValidations(new Map(), schedule, 5 * hour)).toMatchObject([
    { status: 'weak', what: expect.stringContaining('stale') },
  ])
  expect(tellValidations(new Map(), [], 0)).toMatchObject([{ status: 'weak' }])
})
