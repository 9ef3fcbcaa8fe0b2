// Scenario: hosts that use the SDK in their own ways: with listeners of their own to the process's
// end, with the library loaded too early, with requests that still run, with a dead stderr.
// Guarantee: the host runs and ends as it would alone; what is not recorded shows.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly sink: Sink
}

async function host(args: string[], act: 'close stderr' | null = null): Promise<Ended> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const script = join(import.meta.dirname, 'fixtures', 'host.mjs')
  const child = spawn(process.execPath, ['--conditions=@grantlog/source', script, ...args], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      GRANTLOG_CREDENTIALS: producer.write(sink),
      GRANTLOG_STATE: mkdtempSync(join(tmpdir(), 'grantlog-state-')),
    },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part))
  if (act === 'close stderr') child.stderr.destroy()
  child.stdin.end()
  const [code] = (await once(child, 'close')) as [number | null]
  await sink.close()
  return { code, stdout, stderr, sink }
}

/** Records of the server; its own requests to itself are a client's. */
const namesIn = (sink: Sink): string[] =>
  sink
    .records()
    .filter(({ attributes }) => attributes.get('oauth.role') !== 'client')
    .map(({ span }) => span.name)

test("the application's own listeners to the process's end run once", async () => {
  const { code, stdout, stderr } = await host(['listener'])
  expect([code, stdout]).toEqual([0, 'beforeExit\n'])
  expect(stderr).toContain('RECORDS_UNSENT')
})

test('beside a listener that is called once all is sent', async () => {
  const { code, stdout, stderr, sink } = await host(['listensOnce'])
  expect([code, stdout, stderr]).toEqual([0, 'beforeExit\n', ''])
  expect(namesIn(sink)).toEqual(['audit.stream.start', 'audit.stream.stop'])
})

test('a library that was loaded too early is told', async () => {
  const { stderr, stdout, sink } = await host(['late'])
  expect(stdout).toContain('status 200\n')
  expect(stderr).toContain('NOTHING_HOOKED')
  expect(namesIn(sink)).toEqual(['audit.stream.start', 'audit.stream.stop'])
})

test('stop() waits for a request that runs: its record is in front of the end', async () => {
  const { stderr, sink } = await host(['stop', 'ends'])
  expect(namesIn(sink)).toEqual(['audit.stream.start', 'oauth.token', 'audit.stream.stop'])
  expect(stderr).not.toContain('grantlog:')
})

test('a request that does not end leaves the stream unclosed', async () => {
  const { stderr, sink } = await host(['stop', 'hangs'])
  expect(stderr).toContain('STOP_WITHHELD')
  expect(namesIn(sink)).not.toContain('audit.stream.stop')
})

test('a notice to a dead stderr does not end the service', async () => {
  const { code, stdout } = await host(['deaf'], 'close stderr')
  expect([code, stdout]).toEqual([0, 'exit 0\n'])
})
