// Scenario: the demo's whole traffic (log-ins, codes, calls to an Express API, refreshes,
// revocations, logout, expiry) at the same applications, once without Grantlog and once with it.
// Guarantee: each answer of the authorization server, the API and the web client is the same, in
// order: status, raw headers, body; but for dates and what is random.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readSeen } from '../../examples/demo/expectation/records.ts'
import { type AppName, type Apps, type Front, startApps } from '../../examples/demo/stage/apps.ts'
import { createProcesses, type Processes } from '../../examples/demo/stage/processes.ts'
import { buildStage } from '../../examples/demo/stage/stage.ts'
import { runTraffic, steps } from '../../examples/demo/traffic/traffic.ts'
import { createWorld } from '../../examples/demo/traffic/world.ts'
import { type Shape, shapeOf } from '../../packages/sdk/test/fixtures/shape.ts'
import { startProxy, type Tap } from './tap.ts'

const processes: Processes = createProcesses(['--conditions=@grantlog/source'])
const taps: Tap[] = []
let root: string
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'grantlog-identical-'))))
afterAll(async () => {
  await processes.stopAll()
  await Promise.all(taps.map((tap) => tap.close()))
  await rm(root, { recursive: true, force: true })
})

type Answers = Partial<Record<AppName, readonly Shape[]>>

/** Runs the traffic at applications behind proxies; what each of them answered. */
async function answersOf(start: (front: Front) => Promise<Apps>): Promise<Answers> {
  const fronts = new Map<AppName, Tap>()
  const apps = await start(async (app, url) => {
    const tap = await startProxy(url)
    taps.push(tap)
    fronts.set(app, tap)
    return tap.url
  })
  let count = 0
  for await (const _ of runTraffic(createWorld(apps))) count++
  expect(count).toBe(steps.length)
  await apps.stop()
  const shapes = [...fronts].map(([app, tap]) => [app, tap.exchanges.map(shapeIn)] as const)
  return Object.fromEntries(shapes)
}

function shapeIn({ answer, rawHeaders, request, status }: Tap['exchanges'][number]): Shape {
  const body = answer.toString()
  const label = request.line.replace(/[?].*/, '').replace(/[\w-]{16,}/g, 'RANDOM')
  return shapeOf({ label, status, rawHeaders, body })
}

test('with Grantlog and without, every answer is the same', async () => {
  const plain = await answersOf((front) =>
    startApps({ processes, front, audit: () => Promise.resolve(null) }),
  )
  let data = ''
  const audited = await answersOf(async (front) => {
    const stage = await buildStage({ processes, folder: root, jaeger: 'none', front })
    data = stage.data
    return stage.apps
  })
  expect(audited).toEqual(plain)
  // The comparison means nothing if there was nothing to compare, or Grantlog was not at work.
  for (const app of ['login', 'api', 'web'] as const) {
    expect(plain[app]!.length).toBeGreaterThan(15)
  }
  expect((await readSeen(data)).length).toBeGreaterThan(40)
})
