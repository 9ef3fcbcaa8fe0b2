import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  createLedger,
  decodeFinding,
  type FindingContent,
  type Folders,
  foldersUnder,
  type Ledger,
  openLedger,
  openReader,
  sealHandedOver,
} from '@grantlog/ledger'
import { jcsBytes } from '@grantlog/record'
import { idOf, ruleOf } from '../test/detections.ts'
import { channelFailing } from './alerts/failing.ts'
import { secretOf, webhook } from './alerts/webhook.ts'
import { decide, silence } from './decide.ts'
import type { Detector } from './detection.ts'
import { createEngine } from './engine.ts'
import { FAILURES_TOLD, MAX_ALERT_AGE_MS } from './finding-limits.ts'
import type { FindingState } from './finding-state.ts'
import { openFindings } from './findings-reading.ts'
import { type DetectionEvent, type RunningDetection, startDetection } from './start.ts'

const now = 1_795_467_000_000
const person = { person: 'an operator', note: 'Looked at.' }
const secretText = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

/** Finds each refusal, by its sender; remembers how many it saw. */
function finder(rule = ruleOf(1)): Detector & { readonly seen: number } {
  let seen = 0
  return {
    rules: [rule],
    get seen() {
      return seen
    },
    take({ atMs, attributes, id, index }) {
      seen++
      const sender = String(attributes.get('ledger.refusals.sender'))
      const group = [['ledger.refusals.sender', sender]] as const
      return [{ rule, atMs, group, records: [{ id, index }], count: 1, words: 'Refused.' }]
    },
    snapshot: () => ({ seen }),
    restore: (snapshot) => void ({ seen } = snapshot as { seen: number }),
    health: () => ({ held: 0, evicted: 0, errors: new Map() }),
  }
}

let data: string
let folders: Folders
let ledger: Ledger
let running: RunningDetection[]
let server: Server
let hooks: { readonly type: string; readonly data: { readonly id: string } }[]
let answers: number[]
const events: DetectionEvent[] = []

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'grantlog-detect-'))
  folders = foldersUnder(data)
  await createLedger(folders, 'example.com/log')
  ledger = await openLedger(folders)
  ledger.keystore.secret('detect')
  ledger.keystore.flush()
  running = []
  hooks = []
  answers = []
  events.length = 0
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const status = answers.shift() ?? 204
      if (status < 300) hooks.push(JSON.parse(body) as (typeof hooks)[number])
      response.writeHead(status).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  for (const one of running) await one.close()
  await ledger.close()
  server.close()
  rmSync(data, { recursive: true, force: true })
})

async function start(detector = finder(), clock = () => now): Promise<RunningDetection> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const secret = secretOf(secretText)!
  const one = await startDetection({
    ...{ folders, now: clock, onEvent: (event) => events.push(event) },
    engine: createEngine({ detectors: { finder: detector } }),
    channels: () => [webhook({ name: 'hook', url, level: 'low', secret })],
  })
  running.push(one)
  return one
}

/** What its channel took, as it knows: what it does not know is sent again. */
const sent = (one: RunningDetection): number => one.status.channels[0]!.sent
const refuse = (n: number, sender: string): Promise<number> => {
  const content = jcsBytes({ minute: n, reasons: { FORGED: 1 }, sender })
  return ledger.commitContent({ type: 'refusals', id: idOf(n), content })
}
/** As the receiver does, until something holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await sealHandedOver(ledger, folders, 'finding')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
async function leaves(): Promise<FindingContent[]> {
  const found: FindingContent[] = []
  for await (const { entries } of ledger.frames(0)) {
    for (const { leaf, stored } of entries) {
      if (leaf.type === 'finding' && stored.kind === 'content') {
        found.push(decodeFinding(stored.content))
      }
    }
  }
  return found
}
async function queue(): Promise<FindingState[]> {
  const reader = await openReader(folders)
  const reading = await openFindings(folders, reader)
  await reading.refresh()
  await reader.close()
  return [...reading.view.findings]
}

test('what a rule finds becomes a leaf, stands in the queue, and is told', async () => {
  await start()
  await refuse(1, 'unknown')
  await until(() => hooks.length === 1)
  expect(await leaves()).toMatchObject([{ kind: 'found', records: [{ id: idOf(1), index: 0 }] }])
  const [finding] = await queue()
  expect(finding).toMatchObject({
    status: 'open',
    times: 1,
    group: [[expect.any(String), 'unknown']],
  })
  expect(hooks).toMatchObject([{ type: 'finding.found', data: { id: finding!.id } }])
})

test('what people decide is a leaf, too, and told', async () => {
  await start()
  await refuse(1, 'unknown')
  await until(() => hooks.length === 1)
  const [finding] = await queue()
  const place = { folders, frame: ledger.nextFrame, now }
  await decide(place, { ...person, finding: finding!.id, status: 'closed' })
  await until(() => hooks.length === 2)
  expect(hooks[1]).toMatchObject({ type: 'finding.status', data: { status: 'closed' } })
  expect(await queue()).toMatchObject([{ status: 'closed', changes: [person] }])
  // Closed, the same is found as another.
  await refuse(2, 'unknown')
  await until(() => hooks.length === 3)
  expect(await queue()).toMatchObject([{ status: 'closed' }, { status: 'open' }])
})

test('what is silenced is found, and not told', async () => {
  await start()
  const place = { folders, frame: ledger.nextFrame, now }
  await silence(place, { ...person, rule: ruleOf(1).id, group: [], until: now + 1_000 })
  await until(async () => (await leaves()).length === 1)
  await refuse(1, 'unknown')
  await until(async () => (await queue()).length === 1)
  const [one] = running
  await until(() => one!.status.behind === 0)
  expect(one!.status.channels).toMatchObject([{ name: 'hook', waiting: 0, sent: 0 }])
})

test('ended and started at any time, each is a leaf once, and nothing known is lost', async () => {
  for (let n = 0; n < 8; n++) {
    const detector = finder()
    const one = await start(detector)
    await refuse(n, `sender-${n}`)
    // Sealed, handed over, or not even looked at when it ends.
    if (n % 3 === 0) await until(async () => (await leaves()).length > n)
    if (n % 3 === 1) await until(() => one.status.engine.events > 0)
    await one.close()
    if (n > 3) expect(detector.seen).toBeGreaterThan(n - 2)
  }
  await start()
  await until(async () => (await leaves()).length >= 8 && hooks.length >= 8)
  const ids = (await leaves()).map((one) => (one.kind === 'found' ? one.id : ''))
  expect(ids).toHaveLength(8)
  expect(new Set(ids).size).toBe(8)
})

test('without its folder everything is found again, and no leaf is made twice', async () => {
  const first = await start()
  for (const n of [1, 2]) await refuse(n, `sender-${n}`)
  await until(() => hooks.length === 2)
  await first.close()
  const folder = join(folders.queue, 'detect')
  for (const name of ['state', 'findings']) {
    const path = join(folder, name)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path).includes('sender-1')).toBe(false)
  }
  rmSync(folder, { recursive: true })
  expect(await queue()).toHaveLength(2)
  const detector = finder()
  await start(detector)
  await until(() => detector.seen === 2 && running[1]!.status.behind === 0)
  await refuse(3, 'sender-3')
  await until(async () => (await queue()).length === 3)
  expect(await leaves()).toHaveLength(3)
})

test('what was sent is not sent again after a crash, though what is known is older', async () => {
  const first = await start()
  await refuse(1, 'sender-1')
  await until(() => sent(first) === 1)
  await first.close()
  const state = join(folders.queue, 'detect', 'state')
  const older = readFileSync(state)
  const second = await start()
  await refuse(2, 'sender-2')
  await until(() => sent(second) === 2)
  await second.close()
  writeFileSync(state, older)
  const detector = finder()
  await start(detector)
  await refuse(3, 'sender-3')
  await until(() => hooks.length === 3 && running[2]!.status.behind === 0)
  // The second is looked at again: of the first it knew.
  expect(detector.seen).toBe(3)
  const told = (await queue()).map(({ id }) => id)
  expect(hooks.map(({ data }) => data.id)).toEqual(told)
})

test('of a damaged queue everything of a day is sent again, rather than nothing', async () => {
  const first = await start()
  await refuse(1, 'sender-1')
  await until(() => sent(first) === 1)
  const place = { folders, frame: ledger.nextFrame, now: now - MAX_ALERT_AGE_MS - 1 }
  await decide(place, { ...person, finding: hooks[0]!.data.id, status: 'acknowledged' })
  await until(async () => (await leaves()).length === 2)
  await until(() => first.status.behind === 0)
  await first.close()
  writeFileSync(join(folders.queue, 'detect', 'findings'), 'damaged')
  const second = await start()
  await until(() => sent(second) === 1)
  expect(hooks.map(({ type }) => type)).toEqual(['finding.found', 'finding.found'])
  expect(hooks[1]).toMatchObject({ data: { id: hooks[0]!.data.id } })
})

test('what was known of other rules is forgotten; the place is not', async () => {
  const one = await start()
  await refuse(1, 'unknown')
  await until(() => sent(one) === 1)
  await one.close()
  const other = finder(ruleOf(2))
  await start(other)
  await refuse(2, 'unknown')
  await until(() => hooks.length === 2)
  expect(other.seen).toBe(1)
  expect((await leaves()).map((leaf) => (leaf.kind === 'found' ? leaf.rule.title : ''))).toEqual([
    'Rule 1',
    'Rule 2',
  ])
})

test('a channel that refuses holds up no finding; it is told of', async () => {
  answers = [400]
  await start()
  await refuse(1, 'unknown')
  await until(() => events.length > 0)
  expect(events).toEqual([{ what: 'alert-refused', channel: 'hook', reason: 'HTTP 400' }])
  expect(await leaves()).toHaveLength(1)
})

test('a channel that takes nothing is a finding, once, though it is started again', async () => {
  let at = now
  const clock = (): number => at
  answers = Array.from({ length: 100 }, () => 503)
  const fails = async (one: RunningDetection, times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      const before = one.status.channels[0]!.failures
      at += 300_000
      await until(() => one.status.channels[0]!.failures > before)
    }
  }
  const first = await start(finder(), clock)
  await refuse(1, 'unknown')
  await fails(first, FAILURES_TOLD)
  await until(async () => (await leaves()).length === 2)
  await first.close()
  const second = await start(finder(), clock)
  await fails(second, FAILURES_TOLD)
  await refuse(2, 'another')
  await until(async () => (await leaves()).length > 2)
  const titles = (await leaves()).map((leaf) => (leaf.kind === 'found' ? leaf.rule.title : ''))
  expect(titles).toEqual(['Rule 1', channelFailing.title, 'Rule 1'])
  expect(events).toEqual([{ what: 'channel-fails', channel: 'hook', reason: 'HTTP 503' }])
})

test('a ledger that no receiver of this version has opened says so', async () => {
  const other = foldersUnder(join(data, 'other'))
  await createLedger(other, 'example.com/other')
  const starting = startDetection({
    folders: other,
    engine: createEngine({ detectors: {} }),
    channels: () => [],
    onEvent: () => undefined,
  })
  await expect(starting).rejects.toMatchObject({ code: 'LEDGER_NOT_FOUND' })
  expect(existsSync(join(other.queue, 'detect'))).toBe(false)
})
