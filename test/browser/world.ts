// What the console shows in these tests: a receiver with its console, as users run it, and records
// of a world of OAuth, hostile values among them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Attributes, openStream } from '../../packages/cli/test/producer.ts'
import {
  type Launch,
  type ReceiverProcess,
  startReceiverProcess,
} from '../crash/receiver-process.ts'
import { encodeFinding, foldersUnder, type Found, handOver } from '@grantlog/ledger'
import { findings } from './findings.ts'
import { story } from './story.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const withConsole: Launch = { prefix: [], env: { GRANTLOG_CONSOLE: 'on', GRANTLOG_DETECT: 'off' } }

export interface World {
  readonly data: string
  /** Where the console is. */
  readonly url: string
  readonly receiver: ReceiverProcess
  /** Sends records of the world's one producer. */
  send(records: readonly Attributes[]): Promise<void>
  /** SIGKILL, and a new receiver on the same ports. */
  restart(whileDown?: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface WorldOptions {
  /** Default: the story of test/browser/story.ts. */
  readonly records?: readonly Attributes[]
}

export async function openWorld({ records = story }: WorldOptions = {}): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'grantlog-browser-'))
  const data = join(root, 'data')
  let receiver = await startReceiverProcess(data, [], withConsole)
  const credentials = join(root, 'login.json')
  await grantlog([
    ...['keys', 'new', '--data', data, '--service', 'login', '--out', credentials],
    ...['--endpoint', receiver.endpoint, '--role', 'authorization_server'],
    ...['--role', 'resource_server', '--role', 'client'],
  ])
  const stream = openStream(credentials)
  const send: World['send'] = async (of) => void (await stream.send(of))
  if (records.length > 0) await send(records)
  const url = receiver.adminEndpoint
  await indexed(url, records.length)
  await found(data, url)
  return {
    ...{ data, url, send },
    get receiver() {
      return receiver
    },
    restart: async (whileDown) => {
      const ports = [receiver.endpoint, receiver.adminEndpoint].map((one) => new URL(one).port)
      await receiver.kill()
      await whileDown?.()
      const [port = '', adminPort = ''] = ports
      receiver = await startReceiverProcess(
        data,
        ['--port', port, '--admin-port', adminPort],
        withConsole,
      )
    },
    close: async () => {
      await receiver.stop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** Findings as detection hands them over; resolves when the console has them. */
async function found(data: string, url: string): Promise<void> {
  const folders = foldersUnder(data)
  for (const content of findings) {
    const handed = { type: 'finding' as const, id: content.id, frame: 0 }
    await handOver(folders, { ...handed, content: encodeFinding(content) })
  }
  const isThere = async ({ id }: Found): Promise<boolean> =>
    (await fetch(`${url}/api/v1/findings/${id}`)).ok
  for (const one of findings) while (!(await isThere(one))) await setTimeout(100)
}

/** Resolves when the console answers and has at least so many records, all published. */
export async function indexed(url: string, count: number): Promise<void> {
  for (;;) {
    const state = await fetch(`${url}/api/v1/state`).then(
      async (response) => (response.ok ? ((await response.json()) as Indexed) : null),
      () => null,
    )
    if (state !== null && state.records >= count && state.behind === 0) return
    await setTimeout(100)
  }
}

interface Indexed {
  readonly records: number
  readonly behind: number
}

/** Runs the command. */
export async function grantlog(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part: Buffer) => (said += part.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`grantlog ${args.join(' ')}: exit ${code}: ${said}`)
}
