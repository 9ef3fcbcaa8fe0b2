// Plays attacks on real servers, and labels what they leave in a real ledger: the demo's whole
// world and traffic, then the moves of this folder, then records that nobody signed.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePort, type Processes } from '../../../examples/demo/stage/processes.ts'
import { buildStage, type Stage } from '../../../examples/demo/stage/stage.ts'
import { until } from '../../../examples/demo/stage/until.ts'
import { Browser } from '../../../examples/demo/traffic/browser.ts'
import { runTraffic } from '../../../examples/demo/traffic/traffic.ts'
import { createWorld } from '../../../examples/demo/traffic/world.ts'
import type { Attack } from '../label.ts'
import { type Forger, startForger } from './forger.ts'
import type { PlayedWorld, Weak } from './move.ts'
import { attacksOfDemo } from './moves/demo-steps.ts'
import { shopMoves } from './moves/shop.ts'
import { weakMoves } from './moves/weak.ts'

export interface Played {
  readonly stage: Stage
  /** By the trace that its records belong to. */
  readonly attacks: ReadonlyMap<string, Attack>
  /** What the receiver tells of, for nobody signed it. */
  readonly forged: Attack
}

export interface PlayOptions {
  readonly processes: Processes
  /** A new folder for everything. */
  readonly folder: string
  readonly receiverArgs?: readonly string[]
}

/** Resolves when all is done, the log has settled, and the receiver has ended. */
export async function play({ folder, processes, receiverArgs = [] }: PlayOptions): Promise<Played> {
  let forger: Forger | undefined
  const stage = await buildStage({
    ...{ processes, folder, jaeger: 'none', receiverArgs, detect: true },
    frontOtlp: async (url) => (forger = await startForger(url)).url,
  })
  try {
    const attacks = await playAll(processes, stage)
    await forger!.forge()
    await settled(stage)
    const tells = 'Somebody sends a batch once more, and changes what it says.'
    return { stage, attacks, forged: { id: '29-forged', row: 29, tells } }
  } finally {
    await forger?.close()
    // What was refused is told once a minute, and at the end.
    await stage.children.find(({ name }) => name === 'receiver')?.stop()
  }
}

async function playAll(processes: Processes, stage: Stage): Promise<Map<string, Attack>> {
  const weak = await startWeak(processes, stage)
  const attacks = new Map<string, Attack>()
  const demo = createWorld(stage.apps)
  for await (const { step, traceId } of runTraffic(demo)) {
    const known = attacksOfDemo.get(step.name)
    if (known === undefined) continue
    const { part, row } = known
    attacks.set(traceId, { id: `${row}-${part}`, row, tells: step.tells })
  }
  let traceId = ''
  const [dora, shadow] = [new Browser(() => traceId), new Browser(() => traceId)]
  const world: PlayedWorld = { demo, weak, dora, shadow, memory: new Map() }
  for (const [at, { row, run, tells }] of [...shopMoves, ...weakMoves].entries()) {
    traceId = demo.nextTrace()
    if (row !== null) attacks.set(traceId, { id: `${row}-move-${at}`, row, tells })
    await run(world).catch((cause: unknown) => {
      throw new Error(`the move "${tells}" went wrong: ${String(cause)}`, { cause })
    })
  }
  await weak.stop()
  await stage.apps.stop()
  return attacks
}

/** Both in one trust: their keys are of the demo's tenant. */
async function startWeak(processes: Processes, stage: Stage): Promise<Weak> {
  const [port, apiPort] = [await freePort(), await freePort()]
  const [issuer, api] = [port, apiPort].map((own) => `http://127.0.0.1:${own}`) as [string, string]
  const secret = randomBytes(24).toString('base64url')
  const start = async (name: string, role: string, env: Record<string, string>) => {
    const out = join(stage.folder, 'services', name, 'credentials.json')
    const scope = ['--service', name, '--role', role, '--environment', 'demo']
    const place = ['--endpoint', stage.otlpUrl, '--data', stage.data, '--out', out]
    const of = role === 'authorization_server' ? ['--issuer', issuer] : []
    const { code, stderr } = await processes.grantlog(['keys', 'new', ...scope, ...of, ...place])
    if (code !== 0) throw new Error(`grantlog keys new: ${stderr}`)
    const audit = {
      GRANTLOG_CREDENTIALS: out,
      GRANTLOG_STATE: join(stage.folder, 'services', name),
      GRANTLOG_POLICY: join(import.meta.dirname, '../../../examples/demo/policy.json'),
    }
    const file = join(import.meta.dirname, 'apps', `${name}.ts`)
    const args = ['--import', '@grantlog/sdk/register-with-traces', file]
    const cwd = import.meta.dirname
    return processes.node(name, args, { cwd, env: { ...audit, ISSUER: issuer, ...env } })
  }
  const role = 'authorization_server'
  const server = await start('weak-server', role, { PORT: `${port}`, API: api, SECRET: secret })
  await server.line('issuer')
  const own = await start('weak-api', 'resource_server', { PORT: `${apiPort}`, URL: api })
  await own.line('url')
  const stop = async (): Promise<void> => {
    await Promise.all([server.stop(), own.stop()])
  }
  return { issuer, api, secret, stop }
}

/** Resolves when all that was committed is published, and nothing more came for a while. */
async function settled({ adminUrl }: Stage): Promise<void> {
  let [last, looks] = [-1, 0]
  await until('the log to settle', async () => {
    const response = await fetch(`${adminUrl}/readyz`)
    const { published, size } = (await response.json()) as { published: number; size: number }
    looks = size === last && published === size ? looks + 1 : 0
    last = size
    return looks >= 20 ? true : undefined
  })
}
