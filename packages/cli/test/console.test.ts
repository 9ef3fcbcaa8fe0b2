// Guarantee: the console is there beside a receiver and without one, is another process that may
// die alone, and goes when the receiver goes, however that ends.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Running, start, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
const withConsole = { GRANTLOG_CONSOLE: 'on' }
let sample: Sample

beforeAll(async () => {
  sample = await makeSample(folder)
})

afterAll(remove)

interface Integrity {
  readonly lastComparison: object | null
  readonly validations: readonly { readonly service: string }[]
}

interface State {
  readonly records: number
  readonly receiver: boolean
}

function startReceiver(
  flags: readonly string[] = [],
  env: Record<string, string> = withConsole,
): Running {
  const ports = ['--port', '0', '--admin-port', '0']
  return start(['receiver', '--data', sample.data, ...ports, '--json', ...flags], env)
}

async function stateAt(url: string): Promise<State> {
  for (;;) {
    const response = await fetch(new URL('/api/v1/state', url))
    const state = (await response.json()) as State
    if (response.ok && state.records > 0) return state
    await setTimeout(50)
  }
}

/** Processes of this machine that were started with these words, by pid. */
function processesWith(...words: readonly string[]): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const args = readFileSync(join('/proc', name, 'cmdline'), 'utf8').split('\0')
      return words.every((word) => args.includes(word)) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

const consoles = (): number[] => processesWith('console', sample.data)

async function gone(): Promise<void> {
  while (consoles().length > 0) await setTimeout(50)
}

test('beside a receiver: page and API on the admin port, with the log and its status', async () => {
  const receiver = startReceiver()
  const { url } = await receiver.event('CONSOLE_READY')
  expect(await stateAt(String(url))).toMatchObject({ records: 3, receiver: true })
  const page = await fetch(String(url))
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await (await fetch(new URL('/checkpoint', String(url)))).text()).toContain(sample.origin)
  expect((await fetch(new URL('/readyz', String(url)))).status).toBe(200)
  const evil = await fetch(new URL('/api/v1/state', String(url)), {
    headers: { origin: 'http://evil.example' },
  })
  expect(evil.status).toBe(403)
  receiver.kill('SIGTERM')
  expect(await receiver.ended).toMatchObject({ code: 0 })
  await gone()
})

test('a console that dies comes again, and the receiver does not notice', async () => {
  const receiver = startReceiver()
  const { url } = await receiver.event('CONSOLE_READY')
  const [pid = 0] = consoles()
  const live = await fetch(new URL('/api/v1/live', String(url)))
  process.kill(pid, 'SIGKILL')
  // Else a page would wait for ever: a stream that breaks off is asked for again.
  await expect(live.text()).rejects.toThrow('terminated')
  await receiver.event('CONSOLE_ENDED')
  expect((await fetch(new URL('/readyz', String(url)))).status).toBe(200)
  const between = await fetch(new URL('/api/v1/state', String(url)))
  expect([200, 503]).toContain(between.status)
  expect((await stateAt(String(url))).records).toBe(3)
  expect(consoles()).not.toContain(pid)
  receiver.kill('SIGTERM')
  await receiver.ended
  await gone()
})

test('a receiver that is killed takes its console with it', async () => {
  const receiver = startReceiver()
  await receiver.event('CONSOLE_READY')
  expect(consoles()).toHaveLength(1)
  receiver.kill('SIGKILL')
  await receiver.ended
  await gone()
})

test.each([
  ['--no-console', ['--no-console'], withConsole],
  ['GRANTLOG_CONSOLE=off', [], { GRANTLOG_CONSOLE: 'off' }],
])('with %s there is none', async (_, flags, env) => {
  const receiver = startReceiver(flags, env)
  const { adminPort } = await receiver.event('READY')
  expect((await fetch(`http://127.0.0.1:${String(adminPort)}/`)).status).toBe(404)
  expect(consoles()).toEqual([])
  receiver.kill('SIGTERM')
  await receiver.ended
})

/** A comparison that was asked for at a console, when it has ended. */
async function compared(url: string, service: string): Promise<Record<string, unknown>> {
  const at = (path: string): URL => new URL(`/api/v1/comparisons${path}`, url)
  const begun = await fetch(at(''), {
    ...{ method: 'POST', body: JSON.stringify({ service }) },
    headers: { 'content-type': 'application/json' },
  })
  const { id } = (await begun.json()) as { id: string }
  for (;;) {
    const run = (await (await fetch(at(`/${id}`))).json()) as Record<string, unknown>
    if (run.state !== 'running') return run
    await setTimeout(50)
  }
}

test('records are compared when somebody asks, and the receiver seals the result', async () => {
  const log = join(folder, 'access.log')
  writeFileSync(log, '192.0.2.1 - - [23/Nov/2026:20:50:00 +0000] "GET /s3cr3t HTTP/1.1" 200 5\n')
  const receiver = startReceiver(['--reconcile', `login=${log}`])
  const { url } = await receiver.event('CONSOLE_READY')
  const integrity = async (): Promise<Integrity> =>
    (await fetch(new URL('/api/v1/integrity', String(url)))).json() as Promise<Integrity>
  expect(await integrity()).toMatchObject({ comparable: ['', 'login'], lastComparison: null })
  for (const [service, state] of [
    ['', 'passed'],
    // None of its records is of a request.
    ['login', 'incomplete'],
  ] as const) {
    const run = await compared(String(url), service)
    expect(run).toMatchObject({ what: 'comparison', service, by: 'console', state })
    expect(JSON.stringify(run)).not.toContain('s3cr3t')
    while (!(await integrity()).validations.some((one) => one.service === service)) {
      await setTimeout(50)
    }
    expect((await integrity()).lastComparison).toMatchObject({ service })
  }
  receiver.kill('SIGTERM')
  await receiver.ended
})

test('without a receiver: over a folder, and it says that nobody writes it', async () => {
  const page = start(['console', '--data', sample.data, '--port', '0', '--json'])
  const { url } = await page.event('CONSOLE_READY')
  expect(await stateAt(String(url))).toMatchObject({ records: 3, receiver: false })
  const leaves = readdirSync(join(sample.data, 'queue'), { recursive: true })
  expect(await compared(String(url), '')).toMatchObject({ service: '', state: 'passed' })
  expect(readdirSync(join(sample.data, 'queue'), { recursive: true })).toEqual(leaves)
  page.kill('SIGTERM')
  expect(await page.ended).toMatchObject({ code: 0 })
})
