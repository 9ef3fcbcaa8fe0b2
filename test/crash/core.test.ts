// Scenario: an edge and its core, two processes, under load of records and audit log records; one
// of them, or both, are killed with SIGKILL again and again, at random moments.
// Guarantee: what the edge acknowledged is in both logs, once; both verify; and the edge has
// something that the core signed of each.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { foldersUnder, openReader } from '@grantlog/ledger'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import { newDataFolder, requireSound, run } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import { startSenders } from './sender-loop.ts'
import { enrol, type Place, recordsIn } from './senders.ts'

const kills = 9
const logsAtOnce = 8
const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')

const killed = {
  where: 'both sides',
  fault: `kill -9 of an edge, its core, or both, under load, ${kills} times`,
  expected: 'each record is in both logs, once, and has a receipt of the core; both logs verify',
} as const

const idOf = (n: number): string => `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`

/** Sends audit log records, each request until it is acknowledged. */
function startLogs(): { aim(endpoint: string): void; stop(): Promise<string[]> } {
  const stop = new AbortController()
  let endpoint = ''
  const send = async (ids: readonly string[]): Promise<boolean> => {
    const logs = ids.map((id) => ({
      ...deletion,
      attributes: { ...deletion.attributes, 'audit.record.id': id },
    }))
    const headers = { 'content-type': 'application/x-protobuf' }
    const body = Buffer.from(encodeLogs(logs))
    const asked = fetch(`${endpoint}/v1/logs`, { method: 'POST', headers, body })
    return await asked.then(({ ok }) => ok).catch(() => false)
  }
  const loop = async (): Promise<string[]> => {
    const acknowledged: string[] = []
    while (!stop.signal.aborted) {
      const first = acknowledged.length
      const ids = Array.from({ length: logsAtOnce }, (_, at) => idOf(first + at))
      while (!(await send(ids))) await delay(20)
      acknowledged.push(...ids)
      await delay(10)
    }
    return acknowledged
  }
  const done = delay(0).then(loop)
  return {
    aim: (to) => void (endpoint = to),
    async stop() {
      stop.abort()
      return await done
    },
  }
}

async function logIdsIn(data: string): Promise<string[]> {
  const reader = await openReader(foldersUnder(data))
  const ids: string[] = []
  for await (const { entries } of reader.frames(0)) {
    ids.push(...entries.flatMap(({ leaf }) => (leaf.type === 'log' ? [leaf.id] : [])))
  }
  await reader.close()
  return ids
}

interface Status {
  readonly sinks: readonly { readonly lag: { readonly commits: number } }[]
}

async function untilSent({ adminEndpoint }: ReceiverProcess): Promise<void> {
  for (;;) {
    const status = (await (await fetch(`${adminEndpoint}/readyz`)).json()) as Status
    if (status.sinks[0]?.lag.commits === 0) return
    await delay(50)
  }
}

/** A configuration of an edge whose core listens at `endpoint`. */
async function edgeConfig(core: Place, edge: Place, url: string): Promise<string> {
  const receiptKey = (await readFile(join(core.data, 'keys/receipt.vkey'), 'utf8')).trim()
  const sinks = [{ name: 'core', type: 'grantlog', url, receiptKey }]
  const file = join(edge.data, 'grantlog.yaml')
  await writeFile(file, JSON.stringify({ version: 1, sinks }))
  return file
}

const sorted = (all: readonly { readonly kid: string; readonly seq: number }[]): string[] =>
  all.map(({ kid, seq }) => `${kid} ${seq}`).toSorted()

faultTest(killed, async () => {
  await using core = await newDataFolder()
  await using edge = await newDataFolder()
  await enrol(core.data, edge.producers)
  let there = await startReceiverProcess(core.data, ['--no-console'])
  // It comes back where its edge looks for it.
  const corePort = new URL(there.endpoint).port
  const startCore = () => startReceiverProcess(core.data, ['--no-console', '--port', corePort])
  const config = await edgeConfig(core, edge, there.endpoint)
  const startEdge = () => startReceiverProcess(edge.data, ['--config', config, '--no-console'])
  let here = await startEdge()
  const senders = startSenders(edge, here.endpoint)
  const logs = startLogs()
  logs.aim(here.endpoint)
  for (let i = 0; i < kills; i++) {
    await delay(100 + ((i * 137) % 400))
    if (i % 3 !== 0) await here.kill()
    if (i % 3 !== 1) await there.kill()
    if (i % 3 !== 1) there = await startCore()
    if (i % 3 !== 0) here = await startEdge()
    senders.aim(here.endpoint)
    logs.aim(here.endpoint)
  }
  await senders.more(60)
  await senders.stop()
  const acknowledged = await logs.stop()
  await untilSent(here)
  expect([await here.stop(), await there.stop()]).toEqual([0, 0])
  const inEdge = await requireSound(edge, senders.receipted)
  expect(await requireSound(core, [])).toBe(inEdge)
  const [own, its] = [await recordsIn(edge.data), await recordsIn(core.data)]
  expect(sorted(its)).toEqual(sorted(own))
  const [ownLogs, itsLogs] = [await logIdsIn(edge.data), await logIdsIn(core.data)]
  expect(ownLogs.toSorted()).toEqual(acknowledged.toSorted())
  expect(itsLogs.toSorted()).toEqual(acknowledged.toSorted())
  const key = (await readFile(join(core.data, 'keys/receipt.vkey'), 'utf8')).trim()
  const asked = ['receipts', '--data', edge.data, '--sink', 'core', '--receipt-key', key, '--json']
  const { code, output } = await run([process.execPath, main, ...asked])
  const nothing = { missing: 0, refused: 0, foreign: 0 }
  expect([code, JSON.parse(output)]).toMatchObject([
    0,
    { receipted: own.length + ownLogs.length, ...nothing },
  ])
  return `${own.length} records and ${ownLogs.length} log records in both logs, all receipted`
})
