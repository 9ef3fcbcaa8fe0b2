// Scenario: detection is killed with SIGKILL, again and again, while records come, findings are
// handed over and alerts go out: the process beside the receiver, which starts it again, and one
// that runs by itself.
// Guarantee: in the log are the same findings, under the same ids, as of one that looks at the
// whole log without a break, none of them twice; each was told, and what was told twice has one id.
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { createEngine, detectorsOf, readRules, sigmaDetector } from '@grantlog/detect'
import { decodeFinding, foldersUnder, type LedgerReader, openReader } from '@grantlog/ledger'
import { createDetection } from '../../packages/detect/src/pipeline.ts'
import {
  createProducer,
  encodeSpans,
  type Producer,
  recordSpan,
  signSpans,
} from '../../packages/receiver/test/producer.ts'
import { newDataFolder } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const [clients, roundRecords] = [6, 12]

const rules = `
title: A client asked
id: 3f1f2a55-7a4c-4cc1-9d4e-0123456789ab
logsource: { product: grantlog, service: audit }
detection: { selection: { oauth.client.id|startswith: made-up- }, condition: selection }
fields: [oauth.client.id]
level: medium
---
title: A client asked often
id: 5f1f2a55-7a4c-4cc1-9d4e-0123456789ab
correlation:
  type: event_count
  rules: [3f1f2a55-7a4c-4cc1-9d4e-0123456789ab]
  group-by: [oauth.client.id]
  timespan: 1h
  condition: { gte: 3 }
  generate: true
level: high
`

/** A webhook that notes the id of each delivery. */
async function startHook() {
  const told: { readonly id: string; readonly finding: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += String(part)
    const { data } = JSON.parse(body) as { data: { id: string } }
    told.push({ id: String(request.headers['webhook-id']), finding: data.id })
    response.writeHead(204).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url, told, [Symbol.dispose]: () => void server.close() }
}

/** Ids of the leaves, in order, and of what they tell that it was found. */
async function leavesIn(reader: LedgerReader): Promise<{ ids: string[]; found: string[] }> {
  const [ids, found]: [string[], string[]] = [[], []]
  for await (const { entries } of reader.frames(0)) {
    for (const { leaf, stored } of entries) {
      if (leaf.type !== 'finding' || stored.kind !== 'content') continue
      const content = decodeFinding(stored.content)
      ids.push(leaf.id)
      if (content.kind === 'found') found.push(content.id)
    }
  }
  return { ids, found }
}

/** Ids of the leaves that one would make of the whole log that is never stopped. */
async function unbroken(reader: LedgerReader, folder: string): Promise<string[]> {
  const ids: string[] = []
  const engine = createEngine({
    detectors: detectorsOf(sigmaDetector(await readRules(folder)), { builtIn: false }),
  })
  let hasBegun = false
  const pipeline = await createDetection(
    {
      // When it begins it does not get to know what is sealed already.
      reader: {
        ...reader,
        async *plainFrames(from) {
          if (hasBegun) yield* reader.plainFrames(from)
        },
      },
      detector: engine,
      handOver: ({ id }) => Promise.resolve(void ids.push(id)),
      waiting: () => Promise.resolve(0),
      onLeaf: () => undefined,
      onUnreadable: (index) => expect(index).toBeNull(),
      now: Date.now,
    },
    null,
  )
  hasBegun = true
  await pipeline.look()
  return ids
}

/** Sends records of now, each its own batch: nobody is told of what is a day old. */
function senderTo(producer: Producer, receiver: ReceiverProcess) {
  let next = 0
  return async (count: number): Promise<void> => {
    for (const end = next + count; next < end; next++) {
      const client = { 'oauth.client.id': `made-up-${next % clients}` }
      const endTimeUnixNano = BigInt(Date.now()) * 1_000_000n
      const times = { startTimeUnixNano: endTimeUnixNano - 1_000_000n, endTimeUnixNano }
      const span = { ...recordSpan(next, { 'audit.action': 'oauth.token', ...client }), ...times }
      const body = encodeSpans([span], signSpans(producer, [span]))
      const headers = { 'content-type': 'application/x-protobuf' }
      const answer = await fetch(`${receiver.endpoint}/v1/traces`, {
        ...{ method: 'POST', headers },
        body: body as Uint8Array<ArrayBuffer>,
      })
      expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 0])
    }
  }
}

interface Killable {
  /** SIGKILL, once it works; resolves when it is gone. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Kills it as often, each time a moment after it told something; gives what was seen. */
async function runWith(
  kills: number,
  begin: (at: { data: string; config: string; receiver: ReceiverProcess }) => Killable,
  isBeside: boolean,
): Promise<string> {
  await using place = await newDataFolder()
  using hook = await startHook()
  const [config, folder] = [join(place.data, 'grantlog.yaml'), join(place.data, 'own-rules')]
  await mkdir(folder)
  await writeFile(join(folder, 'rules.yml'), rules)
  const producer = createProducer()
  const enrolled = join(foldersUnder(place.data).keys, 'enrolled.json')
  await writeFile(enrolled, JSON.stringify([producer.enrolment]), { mode: 0o600 })
  const channel = { name: 'ops', type: 'webhook', url: hook.url, secret: { env: 'HOOK' } }
  const alerts = { channels: [channel] }
  await writeFile(config, JSON.stringify({ version: 1, detect: { rules: folder }, alerts }))
  const env = { HOOK: `whsec_${'A'.repeat(32)}`, GRANTLOG_DETECT: isBeside ? 'on' : 'off' }
  const args = ['--config', config, '--no-console']
  const receiver = await startReceiverProcess(place.data, args, { prefix: [], env })
  const send = senderTo(producer, receiver)
  const detection = begin({ data: place.data, config, receiver })
  try {
    for (let at = 0; at < kills; at++) {
      const before = hook.told.length
      await send(roundRecords / 2)
      await until('an alert', () => hook.told.length > before)
      const sending = send(roundRecords / 2)
      // Not at a multiple of anything: kills must hit looks, handovers, snapshots and deliveries.
      await delay((at * 137) % 400)
      await detection.kill()
      await sending
    }
    const reader = await openReader(foldersUnder(place.data))
    try {
      let expected: string[] = []
      let leaves = await leavesIn(reader)
      await until('all leaves, and an alert of each', async () => {
        await reader.refresh()
        expected = await unbroken(reader, folder)
        leaves = await leavesIn(reader)
        const told = new Set(hook.told.map(({ finding }) => finding))
        return leaves.ids.length >= expected.length && leaves.found.every((id) => told.has(id))
      })
      await detection.stop()
      expect(await receiver.stop()).toBe(0)
      await reader.refresh()
      leaves = await leavesIn(reader)
      expect(leaves.ids.toSorted()).toEqual(expected.toSorted())
      expect(leaves.found).toHaveLength(2 * clients)
      const ids = new Set(hook.told.map(({ id }) => id))
      const again = hook.told.length - ids.size
      return `${leaves.ids.length} leaves, ${ids.size} alerts, ${again} sent twice`
    } finally {
      await reader.close()
    }
  } finally {
    await detection.stop()
    await receiver.kill()
  }
}

/** Looks again and again, for three minutes at most. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 180_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} never came`)
    await delay(20)
  }
}

/** The pid of the receiver's process of detection, once it is there. */
async function pidBeside(receiver: number): Promise<number> {
  for (;;) {
    for (const name of await readdir('/proc')) {
      const [line, status] = await Promise.all(
        ['cmdline', 'status'].map((file) =>
          readFile(`/proc/${name}/${file}`, 'utf8').catch(() => ''),
        ),
      )
      if (status?.includes(`\nPPid:\t${receiver}\n`) && line?.includes('\0detect\0')) {
        return Number(name)
      }
    }
    await delay(20)
  }
}

async function untilGone(pid: number): Promise<void> {
  while (
    await readFile(`/proc/${pid}/stat`, 'utf8').then(
      () => true,
      () => false,
    )
  ) {
    await delay(5)
  }
}

const same = 'the same findings as without, none twice, each of them told'

faultTest(
  {
    where: 'receiver',
    fault: 'kill -9 of the process of detection beside it, 3 times',
    expected: same,
    skip: process.platform === 'linux' ? null : 'it is looked up in /proc',
  },
  () =>
    runWith(
      3,
      ({ receiver }) => ({
        async kill() {
          const pid = await pidBeside(receiver.pid)
          process.kill(pid, 'SIGKILL')
          await untilGone(pid)
        },
        stop: () => Promise.resolve(),
      }),
      true,
    ),
)

faultTest(
  {
    where: 'receiver',
    fault: 'kill -9 of `grantlog detect` by itself, 3 times',
    expected: same,
  },
  () =>
    runWith(
      3,
      ({ config, data }) => {
        const args = [main, 'detect', '--data', data, '--config', config]
        const env = { ...process.env, HOOK: `whsec_${'A'.repeat(32)}`, GRANTLOG_PRIORITY: 'normal' }
        const start = () => spawn(process.execPath, args, { stdio: 'ignore', env })
        let child = start()
        const end = async (signal: NodeJS.Signals): Promise<void> => {
          if (child.exitCode !== null || child.signalCode !== null) return
          const exit = once(child, 'exit')
          child.kill(signal)
          await exit
        }
        return {
          async kill() {
            await end('SIGKILL')
            child = start()
          },
          stop: () => end('SIGTERM'),
        }
      },
      false,
    ),
)
