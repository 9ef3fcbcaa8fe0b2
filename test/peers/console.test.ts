// Scenario: a ledger shown by the console, beside its receiver and from a copy without one, and
// programs of others that come by. Guarantee: Tessera's fsck reads the whole log from the console,
// and the linter of Prometheus finds nothing to say about its metrics.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from '@jest/globals'
import { foldersUnder } from '@grantlog/ledger'
import { changeFile, copyOf, flip } from '@grantlog/ledger/testing'
import { type Running, start } from '../../packages/cli/test/command.ts'
import { makeSample, type Sample } from '../../packages/cli/test/producer.ts'
import { peerTest } from './peer-test.ts'
import { freeAddresses, runPeer, runTesseraFsck } from './peers.ts'

let folder: string
let sample: Sample
const cleanUps: (() => unknown)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-console-'))
  sample = await makeSample(folder)
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await rm(folder, { recursive: true, force: true })
})

/** Starts a command that shows the console; gives its address. */
async function shown(args: readonly string[]): Promise<string> {
  const running: Running = start([...args, '--json'], { GRANTLOG_CONSOLE: 'on' })
  cleanUps.push(async () => {
    running.kill('SIGTERM')
    await running.ended
  })
  return String((await running.event('CONSOLE_READY')).url)
}

const consoleOver = (data: string): Promise<string> =>
  shown(['console', '--data', data, '--port', '0'])

peerTest(
  'tessera fsck accepts the log from a console alone, and refuses it with a tile changed',
  ['tessera-fsck'],
  async () => {
    const vkey = join(foldersUnder(sample.data).keys, 'log.vkey')
    const sound = await runTesseraFsck(await consoleOver(sample.data), vkey)
    expect(sound.log).toContain("Successfully fsck'd")
    const copy = await copyOf(sample.data)
    cleanUps.push(() => rm(copy, { recursive: true, force: true }))
    await changeFile(copy, 'tile/entries/000', (bytes) => flip(bytes, 40))
    expect((await runTesseraFsck(await consoleOver(copy), vkey)).ok).toBe(false)
  },
)

/** What the linter says; nothing when all is well. */
const lint = (text: string): Promise<string> =>
  runPeer('promtool', ['check', 'metrics'], { input: text })

peerTest('promtool has nothing to say about the metrics', ['promtool'], async () => {
  const [dead] = await freeAddresses(1)
  const url = await shown([
    ...['receiver', '--data', sample.data, '--port', '0', '--admin-port', '0'],
    ...['--forward', `http://${dead}`],
  ])
  const beside = await metricsAt(url, /^grantlog_receiver_up 1$/m)
  expect(beside).toMatch(/^grantlog_receiver_sink_lag\{.+\} [1-9]/m)
  expect(beside).toMatch(/^grantlog_receiver_journal_sync_duration_seconds_count [1-9]/m)
  expect(await lint(beside)).toBe('')
  expect(await lint(beside.replaceAll('_total', '_count'))).not.toBe('')
  const copy = await copyOf(sample.data)
  cleanUps.push(() => rm(copy, { recursive: true, force: true }))
  const alone = await metricsAt(await consoleOver(copy), /^grantlog_index_records [1-9]/m)
  expect(alone).toMatch(/^grantlog_receiver_up 0$/m)
  expect(await lint(alone)).toBe('')
})

/** Once they say this: indexing and forwarding take their time. */
async function metricsAt(url: string, said: RegExp): Promise<string> {
  for (;;) {
    const response = await fetch(new URL('/metrics', url))
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    if (said.test(text)) return text
    await delay(50)
  }
}
