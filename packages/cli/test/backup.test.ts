// Scenario: the data folder is copied while nobody writes to it, and more is sealed then; the copy,
// or a part of it, is started. Guarantee: what OPERATIONS.md says of each.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ATTR } from '@grantlog/record'
import { errorIn, grantlog, type Result, type Running, start } from './command.ts'
import { openStream } from './producer.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

const folder = mkdtempSync(join(tmpdir(), 'grantlog-backup-'))
const now = join(folder, 'now')
const copy = join(folder, 'copy')
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function receiverOn(data: string): Running {
  const place = ['--data', data, '--port', '0', '--admin-port', '0', '--grpc-port', 'off']
  const running = start(['receiver', ...place, '--json'])
  cleanUps.push(() => (running.kill('SIGKILL'), running.ended))
  return running
}

async function stop(running: Running): Promise<Result> {
  running.kill('SIGTERM')
  return await running.ended
}

const records = [
  [[ATTR.AUDIT_ACTION, 'audit.stream.start']],
  [[ATTR.OAUTH_CLIENT_ID, 'web']],
] as const

/** `copy` has one record and the start of its stream; `now` those of another stream, too. */
beforeAll(async () => {
  const first = receiverOn(now)
  const { otlpPort } = await first.event('READY')
  const endpoint = `http://127.0.0.1:${String(otlpPort)}`
  const service = ['--service', 'login', '--role', 'authorization_server']
  const file = join(folder, 'first.json')
  const made = ['keys', 'new', ...service, '--data', now, '--out', file, '--endpoint', endpoint]
  expect((await grantlog(made)).code).toBe(0)
  await openStream(file).send(records)
  expect((await stop(first)).code).toBe(0)
  cpSync(now, copy, { recursive: true })
  const second = receiverOn(now)
  const place = await second.event('READY')
  const next = join(folder, 'second.json')
  const to = ['--endpoint', `http://127.0.0.1:${String(place.otlpPort)}`]
  await grantlog(['keys', 'new', ...service, '--data', now, '--out', next, ...to])
  await openStream(next).send(records)
  expect((await stop(second)).code).toBe(0)
}, 60_000)

/** A copy of the copy, with parts that are as in another folder, or not there. */
function restored(parts: Readonly<Record<string, string | null>> = {}): string {
  const data = mkdtempSync(join(folder, 'restored-'))
  cpSync(copy, data, { recursive: true })
  for (const [part, from] of Object.entries(parts)) {
    rmSync(join(data, part), { recursive: true })
    if (from !== null) cpSync(join(from, part), join(data, part), { recursive: true })
  }
  return data
}

/** What a receiver says that starts on a folder: nothing, or the code of its error. */
async function started(data: string): Promise<string | null> {
  const running = receiverOn(data)
  const ready = running.event('READY').then(() => stop(running))
  const ended = await Promise.race([ready.catch(() => running.ended), running.ended])
  return ended.code === 0 ? null : errorIn(ended).code
}

async function verified(data: string, ...flags: readonly string[]): Promise<unknown> {
  const { code, stdout } = await grantlog(['verify', '--data', data, ...flags, '--json'])
  const report = JSON.parse(stdout) as { findings: { code: string }[]; records: number }
  return [code, report.records, report.findings.map(({ code: found }) => found)]
}

test('a copy is whole, and goes on; a newer checkpoint shows that it is older', async () => {
  const data = restored()
  expect(await verified(data)).toEqual([3, 1, []])
  expect(await started(data)).toBeNull()
  expect(await verified(now)).toEqual([3, 2, []])
  const seen = join(now, 'ledger', 'checkpoint')
  expect(await verified(data, '--seen', seen)).toEqual([1, 1, ['LOG_ROLLED_BACK']])
}, 60_000)

test('with the last lock, or without one, an older ledger is not signed again', async () => {
  expect(await started(restored({ lock: now }))).toBe('LEDGER_ROLLED_BACK')
  expect(await started(restored({ lock: null }))).toBe('LEDGER_ROLLED_BACK')
  // The newest of all, from which only the lock was kept apart.
  expect(await started(restored({ lock: now, ledger: now, keys: now }))).toBeNull()
}, 60_000)

test('without index and queue all records are there', async () => {
  const data = restored({ index: null, queue: null })
  expect(await started(data)).toBeNull()
  expect(await verified(data)).toEqual([3, 1, []])
}, 60_000)

test('without the public part nothing starts; it is mended, or back from a mirror', async () => {
  const data = restored()
  const [tiles, note] = [join(data, 'ledger', 'tile'), join(data, 'ledger', 'checkpoint')]
  rmSync(tiles, { recursive: true })
  rmSync(note)
  expect(await started(data)).toBe('LEDGER_ROLLED_BACK')
  const mended = await grantlog(['mend', '--data', data, '--json'])
  expect([mended.code, JSON.parse(mended.stdout)]).toMatchObject([0, { written: 3, differing: 0 }])
  expect(await verified(data)).toEqual([3, 1, []])
  rmSync(tiles, { recursive: true })
  cpSync(join(copy, 'ledger', 'tile'), tiles, { recursive: true })
  expect(await started(data)).toBeNull()
  expect(await verified(data)).toEqual([3, 1, []])
}, 60_000)

test('without keys nothing starts, and the public part can be verified still', async () => {
  const data = restored({ keys: null })
  expect(await started(data)).toBe('LEDGER_DAMAGED')
  const key = readFileSync(join(copy, 'keys', 'log.vkey'), 'utf8').trim()
  const tree = ['verify', '--tree', '--key', key, '--ledger']
  const whole = await grantlog([...tree, join(data, 'ledger'), '--data', data])
  expect([whole.code, whole.stdout]).toEqual([3, expect.stringContaining('self-consistent')])
  const nowhere = await grantlog([...tree, join(data, 'none'), '--data', folder, '--json'])
  expect(errorIn(nowhere).code).toBe('LEDGER_MISSING')
}, 60_000)

test('who has a copy of the public part, and the key, needs no more', async () => {
  const data = restored({ keys: null, lock: null, queue: null, index: null })
  rmSync(join(data, 'ledger', 'commit'), { recursive: true })
  const key = join(copy, 'keys', 'log.vkey')
  const args = ['verify', '--tree', '--ledger', join(data, 'ledger'), '--data', data]
  const seen = ['--seen', join(copy, 'ledger', 'checkpoint')]
  const { code } = await grantlog([...args, '--key', key, ...seen])
  expect(code).toBe(0)
}, 60_000)
