// The service of spool-service.mjs as a process, with a receiver that tests can make misbehave.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { newProducer, type Producer } from '../../packages/sdk/test/fixtures/credentials.ts'
import { type Answer, type Sink, startSink } from '../../packages/sdk/test/fixtures/sink.ts'

/** A receiver, the credentials for it and the folder that one life leaves to the next. */
export interface World {
  readonly producer: Producer
  readonly sink: Sink
  /** How the receiver answers from now on; null: well. `bodies` are those it got. */
  behave: ((body: Buffer) => Answer | null) | null
  readonly credentials: string
  readonly state: string
  /** Names of what lies in the spool. */
  readonly folders: () => string[]
  /** All files of the spool, with their sizes. */
  readonly files: () => { readonly path: string; readonly bytes: number }[]
  readonly start: (env?: Readonly<Record<string, string>>) => Promise<Life>
}

/** One life of the service. */
export interface Life {
  readonly pid: number
  readonly stderr: () => string
  /** Answers of that many requests with a token. */
  readonly request: (count: number, path?: string) => Promise<number>
  readonly kill: (signal: NodeJS.Signals) => Promise<void>
  /** Waits for its end. */
  readonly ended: Promise<number | null>
  /** The next line that it prints. */
  readonly line: () => Promise<string>
}

/** 503 for everything. */
export const away = (): Answer => ({ status: 503 })

/** A new world; `state` is a new folder unless it is given. */
export async function createWorld(state?: string): Promise<World> {
  const producer = newProducer()
  const sink = await startSink({
    ...producer,
    behave: (): Answer | null => world.behave?.(sink.bodies.at(-1) ?? Buffer.alloc(0)) ?? null,
  })
  const folder = state ?? mkdtempSync(join(tmpdir(), 'grantlog-spool-'))
  const spool = join(folder, 'spool')
  const credentials = producer.write(sink)
  const folders = (): string[] => (existsSync(spool) ? readdirSync(spool).toSorted() : [])
  const world: World = {
    producer,
    sink,
    behave: null,
    credentials,
    state: folder,
    folders,
    files: () =>
      folders().flatMap((name) =>
        namesIn(join(spool, name)).flatMap((file) => sizeOf(join(spool, name, file))),
      ),
    start: (env = {}) => startLife({ credentials, state: folder, env }),
  }
  return world
}

/** A folder of the spool may go while it is looked at. */
function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function sizeOf(path: string): { path: string; bytes: number }[] {
  try {
    return [{ path, bytes: statSync(path).size }]
  } catch {
    return []
  }
}

/** Until it holds; about two minutes at most: what was refused is sent again after half of one. */
export async function until(holds: () => boolean, what = 'it'): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 4800) throw new Error(`${what} never came`)
    await delay(25)
  }
}

/** Until the spool has not grown for some ticks: what waits is on disk. */
export async function untilWritten(world: World): Promise<void> {
  await untilQuiet(world, () => world.files().some(({ bytes }) => bytes > 100))
}

/**
 * Until neither the spool nor what was received has grown for some ticks: it is with the receiver,
 * which had `before` records, or on disk.
 */
export async function untilSafe(world: World, before: number): Promise<void> {
  if (world.behave !== null) return untilWritten(world)
  await untilQuiet(world, () => world.sink.records().length > before)
}

async function untilQuiet(world: World, hasBegun: () => boolean): Promise<void> {
  let before = ''
  let same = 0
  await until(() => {
    const now = JSON.stringify([world.files(), world.sink.records().length])
    same = now === before && hasBegun() ? same + 1 : 0
    before = now
    return same > 24
  }, 'a quiet spool')
}

/** Numbers of the records of each stream, in order. */
export function numbersOf(sink: Sink): Map<string, number[]> {
  const streams = new Map<string, number[]>()
  for (const { instance, sequence } of sink.records()) {
    streams.set(instance, [...(streams.get(instance) ?? []), sequence])
  }
  return streams
}

/** How many records are missing between those that came. */
export function gapsOf(sink: Sink): number {
  return [...numbersOf(sink).values()].reduce(
    (sum, numbers) => sum + (numbers.at(-1) ?? -1) + 1 - numbers.length,
    0,
  )
}

interface Start {
  readonly credentials: string
  readonly state: string
  readonly env: Readonly<Record<string, string>>
}

async function startLife({ credentials, state, env }: Start): Promise<Life> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@grantlog/source',
      '--import',
      '@grantlog/sdk/register',
      join(import.meta.dirname, 'spool-service.mjs'),
    ],
    {
      cwd: join(import.meta.dirname, '../../packages/sdk'),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        GRANTLOG_CREDENTIALS: credentials,
        GRANTLOG_STATE: state,
        ...env,
      },
    },
  )
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => {
    const { value } = (await lines.next()) as { value: string | undefined }
    if (value === undefined) throw new Error(`it ended: ${stderr}`)
    return value
  }
  const port = await line()
  return {
    pid: child.pid!,
    stderr: () => stderr,
    request: async (count, path = '/') => {
      let answers = 0
      for (let i = 0; i < count; i++) answers += await ask(`http://127.0.0.1:${port}${path}`)
      return answers
    },
    kill: async (signal) => {
      child.kill(signal)
      await ended
    },
    ended,
    line,
  }
}

/** 1: answered as it should. */
async function ask(url: string): Promise<number> {
  const headers = { authorization: 'Bearer top-secret-token-value-0123456789', connection: 'close' }
  const response = await fetch(url, { headers })
  return (await response.text()) === 'ok\n' ? 1 : 0
}
