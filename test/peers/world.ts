// A world to verify: a real authorization server, a real receiver that forwards what it seals, and
// the command line that compares backends with the ledger. Each in a folder of its own.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { foldersUnder, openReader } from '@grantlog/ledger'
import { type BackendReport, type LedgerRecord, recordsIn } from '@grantlog/query'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import { runLife } from '../../packages/sdk/test/fixtures/client.ts'
import { startReceiverProcess } from '../crash/receiver-process.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const run = promisify(execFile)

/** What `grantlog verify --json` said. */
export interface Verified {
  readonly code: number
  readonly backends: readonly BackendReport[]
}

/** A ledger as the command line and its own reader see it. */
export interface Audited {
  /** `grantlog verify` with these arguments. */
  verify(...args: string[]): Promise<Verified>
  /** Verifies until it is so: forwarding, and a backend's own pipeline, take their time. */
  verifyUntil(isSo: (verified: Verified) => boolean, ...args: string[]): Promise<Verified>
  records(): Promise<LedgerRecord[]>
  /** Standard output of another command on the same ledger. */
  grantlog(...args: string[]): Promise<string>
}

export interface World extends Audited {
  /** A whole OAuth life, its records in the ledger and forwarded as these arguments say. */
  live(...forwarding: string[]): Promise<void>
  /** Runs at the end, before what was left to it earlier. */
  atEnd(cleanUp: () => unknown): void
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'grantlog-world-'))
  const data = join(root, 'data')
  const cleanUps: (() => unknown)[] = []

  async function live(...forwarding: string[]): Promise<void> {
    const receiver = await startReceiverProcess(data, forwarding)
    cleanUps.push(() => receiver.stop())
    const credentials = join(root, 'login.json')
    await run(process.execPath, [
      ...[main, 'keys', 'new', '--data', data, '--service', 'login'],
      ...['--endpoint', receiver.endpoint],
      ...['--role', 'authorization_server', '--role', 'resource_server', '--out', credentials],
    ])
    const env = { GRANTLOG_STATE: join(root, 'state') }
    const service = await startService({ credentials, env })
    await runLife(service.issuer)
    await service.end()
  }

  return {
    live,
    ...auditedAt(data),
    atEnd: (cleanUp) => void cleanUps.push(cleanUp),
    async close() {
      for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** The ledger in this data folder. */
export function auditedAt(data: string): Audited {
  async function verify(...given: string[]): Promise<Verified> {
    const args = [main, 'verify', '--data', data, ...given, '--json']
    const ended = await run(process.execPath, args).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
    if (ended.stdout === '') return { code: ended.code, backends: [] }
    const { backends: reports } = JSON.parse(ended.stdout) as Pick<Verified, 'backends'>
    return { code: ended.code, backends: reports }
  }

  return {
    verify,
    async verifyUntil(isSo, ...given) {
      for (let tries = 0; ; tries++) {
        const verified = await verify(...given)
        if (isSo(verified) || tries === 30) return verified
        await delay(200)
      }
    },
    async records() {
      const reader = await openReader(foldersUnder(data))
      try {
        const records: LedgerRecord[] = []
        for await (const record of recordsIn(reader.frames(0))) records.push(record)
        return records
      } finally {
        await reader.close()
      }
    },
    async grantlog(...args) {
      return (await run(process.execPath, [main, ...args, '--data', data])).stdout
    },
  }
}
