// An edge and a core, each a receiver with a log of its own. Each test has a core with a new log;
// what it starts is closed at its end.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach } from '@jest/globals'
import { createLedger, foldersUnder } from '@grantlog/ledger'
import type { GrantlogSinkOptions } from '../src/forward/sink-options.ts'
import { type Harness, type HarnessOptions, startHarness } from './harness.ts'

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
  /** Done when the test ends, the last first. */
  defer(cleanUp: () => Promise<unknown>): void
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
    defer: (cleanUp) => void cleanUps.push(cleanUp),
  }
}

/** The sink of an edge. */
function toCore(
  { ledger, receiver }: Harness,
  change: Partial<GrantlogSinkOptions> = {},
): GrantlogSinkOptions {
  const url = `http://127.0.0.1:${receiver.otlpPort}/v1/traces`
  return { name: 'core', type: 'grantlog', url, receiptKey: ledger.receiptKey, ...change }
}
