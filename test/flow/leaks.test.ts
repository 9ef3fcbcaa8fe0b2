// Scenario: a whole OAuth life at a real authorization server (log-ins good and bad, code exchange,
// replay, PKCE wrong, wrong client secret, refresh, reuse, consent denied, client credentials), its
// SDK, a receiver and a backend. Every secret that went over the wire is remembered.
// Guarantee: no secret, in any encoding, leaves the process; and nothing personal lies in clear in
// any file of the receiver.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { audit, foldersUnder, openReader } from '@grantlog/ledger'
import { decodeTraceRequest } from '@grantlog/record/otlp'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import { type Run, runLife } from '../../packages/sdk/test/fixtures/client.ts'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { decryptedFrames, filesBelow, leaksOf, outputOf } from './leaks.ts'
import { startBackend, startProxy, type Tap } from './tap.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const run = promisify(execFile)

let root: string
let data: string
let life: Run
let receiver: ReceiverProcess
let backend: Tap
let proxy: Tap
let serviceOutput: string
let statusText: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-leaks-'))
  data = join(root, 'data')
  backend = await startBackend()
  receiver = await startReceiverProcess(data, ['--forward', backend.url])
  proxy = await startProxy(receiver.endpoint)
  const credentials = join(root, 'login.json')
  // It issues credentials (OpenID4VCI) to whoever has a token, so it is a resource server, too.
  const roles = ['--role', 'authorization_server', '--role', 'resource_server']
  await run(process.execPath, [
    ...[main, 'keys', 'new', '--data', data, '--service', 'login', ...roles],
    ...['--endpoint', proxy.url, '--out', credentials],
  ])
  const env = { GRANTLOG_STATE: join(root, 'state') }
  const service = await startService({ credentials, env })
  life = await runLife(service.issuer)
  const { stderr } = await service.end()
  serviceOutput = stderr
  await untilForwarded()
  statusText = await (await fetch(`${receiver.adminEndpoint}/readyz`)).text()
  await receiver.stop()
  await Promise.all([proxy.close(), backend.close()])
}, 120_000)
afterAll(() => rm(root, { recursive: true, force: true }))

/** The backend has as many records as the ledger, or nothing moves any more. */
async function untilForwarded(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { sinks } = (await (await fetch(`${receiver.adminEndpoint}/readyz`)).json()) as {
      sinks: { lag: { commits: number; passThrough: number } }[]
    }
    if (forwarded() > 0 && sinks.every(({ lag }) => lag.commits + lag.passThrough === 0)) return
    await delay(50)
  }
}

const forwarded = (): number =>
  backend.seen.reduce((sum, body) => sum + decodeTraceRequest(body).auditSpans, 0)

/** All that left the service's process, and all that was made of it: name → bytes. */
async function everything(): Promise<Map<string, Buffer>> {
  const all = new Map<string, Buffer>([
    ['wire', Buffer.concat(proxy.seen)],
    ['backend', Buffer.concat(backend.seen)],
    ['receiver log', Buffer.from(receiver.log())],
    ['service stderr', Buffer.from(serviceOutput)],
    ['readyz', Buffer.from(statusText)],
    ['decrypted frames', await decryptedFrames(data)],
  ])
  for (const folder of [data, join(root, 'state')]) {
    for (const path of await filesBelow(folder)) all.set(path, await readFile(path))
  }
  for (const args of [['search', '--show-personal'], ['doctor'], ['verify']]) {
    all.set(`grantlog ${args[0]}`, await outputOf(data, ...args))
  }
  return all
}

describe('after a whole OAuth life', () => {
  test('there are records of it, all verified, none missing, all at the backend', async () => {
    const { logKey } = await openReader(foldersUnder(data))
    const report = await audit({ folders: foldersUnder(data), logKey })
    expect(report).toMatchObject({ findings: [], gaps: 0 })
    expect(report.records).toBeGreaterThan(15)
    expect(report.verified).toBe(report.records)
    expect(forwarded()).toBe(report.records)
    expect(report.streams.every(({ closed }) => closed)).toBe(true)
  })

  test('no secret left the process, in any encoding', async () => {
    const all = await everything()
    expect(life.secrets.size).toBeGreaterThan(30)
    expect(leaksOf(life.secrets, all)).toEqual([])
  })

  test('the search finds what is there: a token hash and a name would be found', async () => {
    const all = await everything()
    expect(
      leaksOf(['scripted-browser/1'], new Map([['frames', all.get('decrypted frames')!]])),
    ).toHaveLength(1)
    expect(leaksOf(['"ada"'], new Map([['frames', all.get('decrypted frames')!]]))).toHaveLength(1)
  })

  test('nothing personal is in clear in a file, a log or the backend', async () => {
    const files = new Map<string, Buffer>([
      ['backend', Buffer.concat(backend.seen)],
      ['log', Buffer.from(receiver.log())],
    ])
    for (const path of await filesBelow(data)) files.set(path, await readFile(path))
    expect(leaksOf(['scripted-browser/1', '"ada"'], files)).toEqual([])
    // The index names its columns in clear, and nothing of what is in them.
    files.delete(join(data, 'index', 'records.db'))
    expect(leaksOf(['user.id'], files)).toEqual([])
  })
})
