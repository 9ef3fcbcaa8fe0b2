// Scenario: the demo's whole traffic at four applications, their SDKs, a receiver and a backend.
// All that went over the applications' own wires is kept, and every secret in it is looked for.
// Guarantee: no secret, in any encoding, is in what left: on the wire to the receiver, at the
// backend, in files, logs, or what the command line prints; and nobody's name is in clear in what
// is stored.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeTraceRequest } from '@grantlog/record/otlp'
import { readSeen, type SeenRecord } from '../../examples/demo/expectation/records.ts'
import { createProcesses, type Processes } from '../../examples/demo/stage/processes.ts'
import { buildStage, type Stage } from '../../examples/demo/stage/stage.ts'
import { until } from '../../examples/demo/stage/until.ts'
import { runTraffic } from '../../examples/demo/traffic/traffic.ts'
import { createWorld } from '../../examples/demo/traffic/world.ts'
import { decryptedFrames, filesBelow, leaksOf, outputOf } from './leaks.ts'
import { startBackend, startProxy, type Tap } from './tap.ts'
import { secretsIn, type WireSecrets } from './wire-secrets.ts'

const processes: Processes = createProcesses(['--conditions=@grantlog/source'])
/** The applications' own wires, where the secrets belong. */
const inside: Tap[] = []
let root: string
let stage: Stage
let backend: Tap
let toReceiver: Tap
let seen: SeenRecord[]
let secrets: WireSecrets
let statusText: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-world-leaks-'))
  backend = await startBackend()
  const tap = async (url: string): Promise<string> => {
    const proxy = await startProxy(url)
    inside.push(proxy)
    return proxy.url
  }
  stage = await buildStage({
    processes,
    folder: root,
    jaeger: 'none',
    sinkUrl: backend.url,
    front: (_, url) => tap(url),
    frontOtlp: async (url) => (toReceiver = await startProxy(url)).url,
  })
  const world = createWorld(stage.apps)
  for await (const _ of runTraffic(world)) continue
  await stage.apps.stop()
  await until('the backend', async () => ((await isForwarded()) ? true : undefined))
  await processes.stopAll()
  seen = await readSeen(stage.data)
  secrets = secretsIn(inside.flatMap(({ exchanges }) => exchanges))
})
afterAll(async () => {
  await processes.stopAll()
  await Promise.all([...inside, backend, toReceiver].map((tap) => tap.close()))
  await rm(root, { recursive: true, force: true })
})

/** Everything committed is published, and the backend has it. */
async function isForwarded(): Promise<boolean> {
  statusText = await (await fetch(`${stage.adminUrl}/readyz`)).text()
  const { published, sinks, size } = JSON.parse(statusText) as {
    published: number
    size: number
    sinks: { lag: { commits: number; passThrough: number } }[]
  }
  const isIdle = sinks.every(({ lag }) => lag.commits + lag.passThrough === 0)
  return published === size && isIdle
}

/** What lies in files, and what was printed: name → bytes. */
async function stored(): Promise<Map<string, Buffer>> {
  const all = new Map<string, Buffer>([['readyz', Buffer.from(statusText)]])
  for (const child of stage.children) {
    all.set(`output of ${child.name}`, Buffer.from(child.stdout() + child.stderr()))
  }
  for (const folder of [stage.data, join(root, 'services')]) {
    for (const path of await filesBelow(folder)) {
      if (!isTheirs(path)) all.set(path, await readFile(path))
    }
  }
  return all
}

/** What an application writes itself; Grantlog reads it, and tells nothing of its queries. */
function isTheirs(path: string): boolean {
  return path.endsWith('/access.log')
}

/** All that left the applications, and all that was made of it. */
async function everything(): Promise<Map<string, Buffer>> {
  const all = await stored()
  all.set('the wire to the receiver', Buffer.concat(toReceiver.seen))
  all.set('the backend', Buffer.concat(backend.seen))
  all.set('decrypted frames', await decryptedFrames(stage.data))
  const theft = seen.find(({ attributes }) => attributes.has('oauth.refresh.reuse_detected'))
  const index = String(theft?.index ?? 0)
  for (const args of [
    ['search', '--show-personal', '--limit', '1000'],
    ['lineage', index, '--show-personal'],
    ['prove', index, '--disclose', 'user', '--out', join(root, 'proof')],
    ['doctor'],
    ['verify'],
  ]) {
    all.set(`grantlog ${args[0]}`, await outputOf(stage.data, ...args))
  }
  for (const path of await filesBelow(join(root, 'proof'))) all.set(path, await readFile(path))
  return all
}

describe('after all that can happen', () => {
  test('there are records of it, and secrets of every kind to look for', () => {
    expect(seen.length).toBeGreaterThan(40)
    const counts = Object.fromEntries([...secrets].map(([kind, values]) => [kind, values.size]))
    // Of each kind at least so many; fewer, and the search looks for too little.
    const least = {
      ...{ access_token: 10, refresh_token: 9, id_token: 5, code: 6, state: 9, code_verifier: 6 },
      ...{ client_secret: 4, basic: 4, bearer: 8, password: 6, cookie: 20, interaction: 8 },
      ...{ xsrf: 1, token: 1, id_token_hint: 1 },
    }
    const tooFew = Object.entries(least).filter(([kind, least]) => !((counts[kind] ?? 0) >= least))
    expect({ tooFew, counts }).toEqual({ tooFew: [], counts })
  })

  test('no secret is in anything that left, in any encoding', async () => {
    const all = await everything()
    const values = new Set([...secrets.values()].flatMap((kind) => [...kind]))
    expect(leaksOf(values, all)).toEqual([])
  })

  test('the search finds what is there', async () => {
    const all = await everything()
    const frames = new Map([['frames', all.get('decrypted frames')!]])
    expect(leaksOf(['grantlog-demo', '"alice"', 'oauth.token'], frames)).toHaveLength(3)
  })

  test("nobody's name is in clear in what is stored or forwarded", async () => {
    const all = await stored()
    all.set('the backend', Buffer.concat(backend.seen))
    expect(leaksOf(['alice', 'carol', '"bob"', 'bob@example'], all)).toEqual([])
  })

  test('where somebody came from is in clear in ordinary spans alone, not in records', async () => {
    const all = await stored()
    for (const path of all.keys()) if (path.includes('/queue/passthrough/')) all.delete(path)
    const records = backend.seen.filter((body) => decodeTraceRequest(body).auditSpans > 0)
    all.set('records at the backend', Buffer.concat(records))
    expect(leaksOf(['grantlog-demo'], all)).toEqual([])
  })
})
