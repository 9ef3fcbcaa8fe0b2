// An edge and a core, each a receiver with a log of its own. Each test has a core with a new log;
// what it starts is closed at its end.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach } from '@jest/globals'
import { createLedger, foldersUnder } from '@grantlog/ledger'
import type { GrantlogSinkOptions } from '../src/forward/sink-options.ts'
import { type Harness, type HarnessOptions, rawRequest, startHarness } from './harness.ts'

export interface EdgeAndCore {
  /** Starts a receiver; it may be closed before the test ends. */
  started(options: HarnessOptions): Promise<Harness>
  /** The core of this test, or that again. */
  startCore(options?: HarnessOptions): Promise<Harness>
  /** Starts a receiver whose sink is that core. */
  startEdge(
    core: Harness,
    change?: Partial<GrantlogSinkOptions>,
    options?: HarnessOptions,
  ): Promise<Harness>
  /** A data folder with a new log of the core's origin. */
  newCoreData(): Promise<string>
  /** Starts what stands between edge and core; its URL is for the edge's sink. */
  startWay(core: Harness, changes: WayChanges): Promise<string>
  /** Done when the test ends, the last first. */
  defer(cleanUp: () => Promise<unknown>): void
}

type Headers = Record<string, string>

/** What is done on the way to what goes by. */
export interface WayChanges {
  readonly body?: (body: Buffer) => Buffer
  /** The headers of an answer, or a status in its place. */
  readonly answer?: (headers: Headers) => Headers | number
}

/** Both have the producers and limits of `common`. */
export function edgeAndCore(common: HarnessOptions): EdgeAndCore {
  const folders: string[] = []
  let coreData: string
  let cleanUps: (() => Promise<unknown>)[]

  async function newCoreData(): Promise<string> {
    const data = await mkdtemp(join(tmpdir(), 'grantlog-core-'))
    folders.push(data)
    await createLedger(foldersUnder(data), 'core.example.com/log')
    return data
  }

  beforeEach(async () => {
    cleanUps = []
    coreData = await newCoreData()
  })
  afterEach(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  })
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true })
  })

  async function started(options: HarnessOptions): Promise<Harness> {
    const harness = await startHarness({ ...common, ...options })
    let closed: Promise<void> | undefined
    const close = (): Promise<void> => (closed ??= harness.close())
    cleanUps.push(close)
    return { ...harness, close }
  }

  return {
    started,
    startCore: (options = {}) => started({ data: coreData, ...options }),
    startEdge: (core, change, options) => started({ sinks: [toCore(core, change)], ...options }),
    newCoreData,
    async startWay(core, changes) {
      const { close, url } = await wayTo(core, changes)
      cleanUps.push(close)
      return url
    },
    defer: (cleanUp) => void cleanUps.push(cleanUp),
  }
}

async function wayTo(
  core: Harness,
  { answer: change = (headers) => headers, body: changed = (body) => body }: WayChanges,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers, url: path } = request
      const sent = { ...(headers as Headers) }
      const body = changed(Buffer.concat(chunks))
      const asked = { method: 'POST', path: path!, headers: sent, body }
      void rawRequest(core.receiver.otlpPort, asked).then((answer) => {
        const shown = change(answer.headers as Headers)
        if (typeof shown === 'number') response.writeHead(shown).end()
        else response.writeHead(answer.status, shown).end(answer.body)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, close }
}

/** The sink of an edge. */
function toCore(
  { ledger, receiver }: Harness,
  change: Partial<GrantlogSinkOptions> = {},
): GrantlogSinkOptions {
  const url = `http://127.0.0.1:${receiver.otlpPort}/v1/traces`
  return { name: 'core', type: 'grantlog', url, receiptKey: ledger.receiptKey, ...change }
}
