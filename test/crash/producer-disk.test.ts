// Scenario: the disk under a service's spool fails, fills, is read-only or hangs, or the process
// dies in a call to it, while no receiver answers; then the receiver is back.
// Guarantee: its answers are, but for the time, byte for byte those of the same service without
// Grantlog; with "spooled" no answered record is lost; with "blocking" nothing leaves without one.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { run } from './data-folder.ts'
import { mountTmpfs, noMount } from './disk.ts'
import { faultTest } from './fault.ts'
import type { Launch } from './receiver-process.ts'
import { type Kind, newWorld, recordedAs, type Service, statusOf, type World } from './services.ts'
import { type Injection, noStrace, type Strace, strace } from './strace.ts'

const where = 'application'
const requests = 6
const writes = 'pwritev,pwrite64'
const nowhere = 'http://127.0.0.1:1'
const kinds: readonly Kind[] = ['API', 'authorization server']

let world: World
let folder: string
/** Answers of each kind without Grantlog. */
const plain = new Map<Kind, string>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grantlog-producer-disk-'))
  world = await newWorld()
  for (const kind of kinds) {
    const service = await world.startPlain(kind)
    plain.set(kind, comparable(await service.ask().all))
    await kill(service)
  }
})

afterAll(async () => {
  try {
    expect(await world.findings()).toEqual([])
  } finally {
    await world.end()
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Records of the API in the log. */
async function accesses(): Promise<number> {
  return (await world.actions()).filter((one) => one === recordedAs.API).length
}

/** Without what no two answers have in common. */
function comparable(answer: string): string {
  return answer.replace(/^Date: .*$/m, 'Date:').replace(/"access_token":"[^"]+"/, '"access_token"')
}

async function kill({ child }: Service): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Asks until an answer does not come; how many came, each as it would without Grantlog. */
async function askAll(service: Service, kind: Kind, count: number): Promise<number> {
  for (let answered = 0; answered < count; answered++) {
    const answer = await service.ask().all
    if (answer === '') return answered
    expect(comparable(answer)).toBe(plain.get(kind))
  }
  return count
}

interface Row {
  readonly kind?: Kind
  readonly guarantee: 'buffered' | 'spooled'
  readonly state?: string
  readonly launch?: Launch
  readonly env?: Record<string, string>
  /** What the operator must be told. */
  readonly told: RegExp
  /** Between the first answers and the others. */
  readonly meanwhile?: () => Promise<void>
}

/** No receiver, a fault, all answers; then a receiver, and all records. */
async function serveThrough(row: Row): Promise<string> {
  const { env = {}, guarantee, kind = 'API', launch, meanwhile, told } = row
  const state = row.state ?? mkdtempSync(join(folder, 'state-'))
  const before = (await world.actions()).filter((one) => one === recordedAs[kind]).length
  world.valve.lead(nowhere)
  const service = await world.start(kind, guarantee, { GRANTLOG_STATE: state, ...env }, launch)
  try {
    if (meanwhile) {
      expect(await askAll(service, kind, requests)).toBe(requests)
      await meanwhile()
    }
    expect(await askAll(service, kind, requests)).toBe(requests)
    while (!told.test(service.stderr())) await once(service.child.stderr!, 'data')
    world.valve.lead(world.receiver().endpoint)
    const asked = meanwhile ? 2 * requests : requests
    const all = await world.logged(recordedAs[kind], before + asked)
    const recorded = all.filter((one) => one === recordedAs[kind]).length - before
    expect(recorded).toBe(asked)
    return `${asked} answered alike, ${recorded} in the log`
  } finally {
    await kill(service)
  }
}

function traced(injection: Injection): Strace {
  return strace(injection, join(mkdtempSync(join(folder, 'strace-')), 'calls'))
}

interface Broken extends Pick<Row, 'guarantee' | 'kind' | 'told'> {
  readonly what: string
  readonly inject: Injection
  readonly isLong?: boolean
}

const lowered = /GUARANTEE_LOWERED.*SPOOL_(UNAVAILABLE|FULL)/
const unavailable = /SPOOL_UNAVAILABLE/
const full = /SPOOL_FULL/
const eio = (calls: string, when: string): Injection => ({ calls, when, error: 'EIO' })
const enospc = (calls: string, when: string): Injection => ({ calls, when, error: 'ENOSPC' })

const broken: readonly Broken[] = [
  {
    what: 'the first write of its spool fails (EIO)',
    inject: eio(writes, '1'),
    ...{ guarantee: 'buffered', told: unavailable },
  },
  {
    what: 'each write of its spool after the first finds no room (ENOSPC)',
    inject: enospc(writes, '2+'),
    ...{ guarantee: 'buffered', told: full, isLong: true },
  },
  {
    what: 'the first sync of its spool fails (EIO)',
    inject: eio('fdatasync', '1'),
    ...{ guarantee: 'spooled', told: lowered },
  },
  {
    what: 'a later frame of its spool is not synced (EIO)',
    inject: eio('pwritev', '3'),
    ...{ guarantee: 'spooled', told: lowered, kind: 'authorization server' },
  },
  {
    what: 'a later write of its spool fails (EIO)',
    inject: eio(writes, '5'),
    ...{ guarantee: 'spooled', told: lowered, isLong: true },
  },
  {
    what: 'writes of its spool find no room for a while (ENOSPC)',
    inject: enospc(writes, '4..5'),
    ...{ guarantee: 'spooled', told: lowered },
  },
]

for (const { guarantee, inject, isLong = false, kind = 'API', told, what } of broken) {
  const fault = `${kind}, ${guarantee}: ${what}, no receiver`
  const expected = 'answers as without Grantlog; told; all records arrive; no sync is tried again'
  faultTest({ where, fault, expected, skip: noStrace(), isLong }, async () => {
    const tracer = traced(inject)
    const seen = await serveThrough({ kind, guarantee, told, launch: tracer.launch })
    expect(tracer.injected().length).toBeGreaterThan(0)
    tracer.requireNoRetriedSync()
    return `${seen}, ${tracer.injected().length} calls failed`
  })
}

const deadly: [what: string, calls: string, when: number, isLong: boolean][] = [
  ['the first sync', 'fdatasync', 1, true],
  ['the third frame', 'pwritev', 3, false],
  ['the fifth write', writes, 5, false],
]

for (const [what, calls, when, isLong] of deadly) {
  const fault = `API, spooled: killed in ${what} of its spool, no receiver`
  const expected = 'each answered request is in the log once, sent by the next process'
  faultTest({ where, fault, expected, skip: noStrace(), isLong }, async () => {
    const { launch } = traced({ calls, signal: 'KILL', when: String(when) })
    const state = { GRANTLOG_STATE: mkdtempSync(join(folder, 'state-')) }
    const before = await accesses()
    world.valve.lead(nowhere)
    const first = await world.start('API', 'spooled', state, launch)
    const answered = await askAll(first, 'API', 40)
    expect(answered).toBeLessThan(40)
    await kill(first)
    world.valve.lead(world.receiver().endpoint)
    const next = await world.start('API', 'spooled', state)
    // One of its own: then it has looked for what was left, and sent that.
    expect(await askAll(next, 'API', 1)).toBe(1)
    await world.logged(recordedAs.API, before + answered + 1)
    await kill(next)
    // The last one may have its record, and no answer.
    const recorded = (await accesses()) - before - 1
    expect([answered, answered + 1]).toContain(recorded)
    return `${answered} answered, 1 not, ${recorded} of them in the log`
  })
}

const asAlways = 'answers as without Grantlog; told; all records arrive'

faultTest(
  {
    where,
    fault: 'API, spooled: the disk of its spool is full (tmpfs of 16 KiB), no receiver',
    expected: asAlways,
    skip: noMount(),
  },
  async () => {
    await using disk = await mountTmpfs(16)
    const again = (): Promise<void> => Promise.resolve()
    return await serveThrough({
      guarantee: 'spooled',
      state: disk.path,
      told: lowered,
      meanwhile: again,
    })
  },
)

faultTest(
  {
    where,
    fault: 'API, spooled: the disk of its spool is read-only, no receiver',
    expected: asAlways,
    skip: noMount(),
  },
  async () => {
    await using disk = await mountTmpfs(4_096)
    const { code, output } = await run(['mount', '-o', 'remount,ro', disk.path])
    if (code !== 0) throw new Error(output)
    return await serveThrough({ guarantee: 'spooled', state: disk.path, told: lowered })
  },
)

faultTest(
  {
    where,
    fault: 'API, spooled: the disk of its spool hangs for 4 s in a sync, no receiver',
    expected: 'answers as without Grantlog, after the deadline; told; all records arrive',
    skip: noStrace(),
  },
  async () => {
    const { launch } = traced({ calls: 'pwritev', delayMs: 4_000, when: '2' })
    // As always: the disk has one thread of four.
    const env = { UV_THREADPOOL_SIZE: '4' }
    return await serveThrough({ guarantee: 'spooled', launch, env, told: /GUARANTEE_LOWERED/ })
  },
)

faultTest(
  {
    where,
    fault: 'API, blocking: its spool cannot be written (EIO), no receiver',
    expected: '503 with nothing of the answer; with a receiver all of it; each recorded once',
    skip: noStrace(),
  },
  async () => {
    const tracer = traced(eio(writes, '1+'))
    const before = await accesses()
    world.valve.lead(nowhere)
    const env = {
      GRANTLOG_STATE: mkdtempSync(join(folder, 'state-')),
      GRANTLOG_BLOCKING_TIMEOUT_MS: '300',
    }
    const service = await world.start('API', 'blocking', env, tracer.launch)
    for (let i = 0; i < 2; i++) {
      const answer = await service.ask().all
      expect(statusOf(answer)).toBe(503)
      expect(answer).toContain('RESPONSE_WITHHELD')
      expect(answer).not.toMatch(/4711|x-powered-by|etag/i)
    }
    world.valve.lead(world.receiver().endpoint)
    let withheld = 2
    let answer = await service.ask().all
    for (; statusOf(answer) === 503; withheld++) answer = await service.ask().all
    expect(comparable(answer)).toBe(plain.get('API'))
    await world.logged(recordedAs.API, before + withheld + 1)
    await kill(service)
    expect(await accesses()).toBe(before + withheld + 1)
    expect(tracer.injected().length).toBeGreaterThan(0)
    return `${withheld} × 503, 1 answered, ${withheld + 1} in the log`
  },
)
