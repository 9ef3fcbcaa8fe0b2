// A data folder with a new ledger and enrolled producers, and what must hold of it after any fault.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldersUnder, createLedger, isRecordLeaf, openReader } from '@grantlog/ledger'
import type { TestProducer } from '../../packages/ledger/test/producer.ts'
import { newProducers, type Receipted, type Senders, startSenders } from './senders.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')

export interface DataFolder extends AsyncDisposable {
  readonly path: string
  readonly logKey: string
  readonly receiptKey: string
  readonly producers: readonly TestProducer[]
  senders(endpoint: string, options?: { readonly passThrough?: boolean }): Senders
}

/** Makes one in a temporary folder, which goes with it, or at `path`, which stays. */
export async function newDataFolder(path?: string): Promise<DataFolder> {
  const folder = path ?? (await mkdtemp(join(tmpdir(), 'grantlog-fault-')))
  const { logKey, receiptKey } = await createLedger(foldersUnder(folder), 'fault.example/log')
  const producers = newProducers()
  const enrolled = JSON.stringify(producers.map(({ enrolment }) => enrolment))
  await writeFile(join(foldersUnder(folder).keys, 'enrolled.json'), enrolled, { mode: 0o600 })
  return {
    path: folder,
    logKey,
    receiptKey,
    producers,
    senders: (endpoint, options) => startSenders({ producers, receiptKey, endpoint, ...options }),
    async [Symbol.asyncDispose]() {
      if (path === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A temporary folder that goes at the end. */
export async function newFolder(name: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `grantlog-${name}-`))
  await mkdir(path, { recursive: true })
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/**
 * Throws unless each receipt names the place of its record, no record is there twice, and
 * `grantlog verify` finds nothing. Gives the number of records in the log.
 */
export async function requireSound(
  data: string,
  logKey: string,
  receipted: readonly Receipted[],
): Promise<number> {
  const places = await placesIn(data)
  for (const { kid, seq, index } of receipted) {
    if (places.get(index) !== `${kid} ${seq}`) {
      throw new Error(`no ${kid} ${seq} at ${index}, but ${places.get(index)}`)
    }
  }
  const report = await verifyFolder(data, logKey)
  if (report.records !== places.size) {
    throw new Error(`verify saw ${report.records} records of ${places.size}`)
  }
  return places.size
}

/** `kid seq` of each record by its index. */
async function placesIn(data: string): Promise<Map<number, string>> {
  const reader = await openReader(foldersUnder(data))
  const places = new Map<number, string>()
  const seen = new Set<string>()
  try {
    for await (const { entries } of reader.frames(0)) {
      for (const { index, leaf } of entries) {
        if (!isRecordLeaf(leaf)) continue
        const name = `${leaf.kid} ${leaf.instance} ${leaf.seq}`
        if (seen.has(name)) throw new Error(`${name} is in the log twice`)
        seen.add(name)
        places.set(index, `${leaf.kid} ${leaf.seq}`)
      }
    }
  } finally {
    await reader.close()
  }
  return places
}

export interface Verified {
  readonly result: string
  readonly records: number
  readonly verified: number
  readonly findings: readonly unknown[]
  readonly gaps: number
}

/** What `grantlog verify` says; throws when it is not clean. */
export async function verifyFolder(data: string, logKey: string): Promise<Verified> {
  const { code, stdout, stderr } = await run([
    ...[process.execPath, main, 'verify', '--data', data, '--key', logKey, '--json'],
  ])
  if (code !== 0 && code !== 3) throw new Error(`grantlog verify: ${code}: ${stdout}${stderr}`)
  const report = JSON.parse(stdout.trim().split('\n').at(-1)!) as Verified
  if (report.findings.length > 0 || report.gaps > 0 || report.verified !== report.records) {
    throw new Error(`grantlog verify: ${stdout}`)
  }
  return report
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; never rejects. */
export function run(command: readonly string[]): Promise<Ran> {
  const options = { maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve) => {
    execFile(command[0]!, command.slice(1), options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ code, stdout, stderr })
    })
  })
}
