// Guarantee: each weakness has a code, a sentence and a fix, and only what is broken fails.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { grantlog, start, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder)
})
afterAll(remove)

interface Report {
  readonly ok: boolean
  readonly checks: readonly { code: string; status: string; what: string; fix?: string }[]
}

async function doctor(...flags: string[]): Promise<{ code: number | null; report: Report }> {
  const { code, stdout } = await grantlog(['doctor', ...flags, '--json'])
  return { code, report: JSON.parse(stdout) as Report }
}

const statuses = ({ checks }: Report): object =>
  Object.fromEntries(checks.map(({ code, status }) => [code, status]))

test('without a ledger that is the one thing to say', async () => {
  const { code, report } = await doctor('--data', join(folder, 'nowhere'))
  expect(code).toBe(1)
  expect(report).toMatchObject({ ok: false, checks: [{ code: 'LEDGER', status: 'broken' }] })
})

test('a sound ledger is ok; no receiver and a root key beside the data are weak', async () => {
  const { code, report } = await doctor('--data', sample.data, '--admin-port', '1')
  expect(code).toBe(0)
  expect(statuses(report)).toMatchObject({
    LEDGER: 'ok',
    STREAMS: 'ok',
    INDEX: 'ok',
    KEYS: 'ok',
    ROOT_KEY: 'weak',
    RECEIVER: 'weak',
  })
  const unsaid = report.checks.filter(({ fix, status }) => status !== 'ok' && !fix)
  expect(unsaid).toEqual([])
})

test('a private key that others may read is broken', async () => {
  const file = join(sample.data, 'keys', 'log.key')
  chmodSync(file, 0o644)
  const { code, report } = await doctor('--data', sample.data, '--admin-port', '1')
  chmodSync(file, 0o600)
  expect(code).toBe(1)
  const found = report.checks.find((check) => check.code === 'KEY_FILES')
  expect(found).toMatchObject({ status: 'broken', fix: expect.stringContaining('chmod 600') })
})

test('a running receiver is seen, and a sink that does not answer', async () => {
  const ports = ['--port', '0', '--admin-port', '0', '--forward', 'http://127.0.0.1:1']
  const receiver = start(['receiver', '--data', sample.data, ...ports, '--json'])
  const { adminPort } = await receiver.event('READY')
  await receiver.event('SINK_DOWN')
  const { code, report } = await doctor('--data', sample.data, '--admin-port', String(adminPort))
  receiver.kill('SIGTERM')
  expect(code).toBe(0)
  expect(statuses(report)).toMatchObject({ RECEIVER: 'ok', SINK: 'weak' })
  expect((await receiver.ended).code).toBe(0)
})

test('the index is told, with what it has', async () => {
  const told = async (): Promise<string | undefined> => {
    const { report } = await doctor('--data', sample.data, '--admin-port', '1')
    return report.checks.find(({ code }) => code === 'INDEX')?.what
  }
  expect(await told()).toMatch(/^index: nothing is kept on disk yet: .* chunks of 65,536/)
  await grantlog(['search', '--data', sample.data])
  expect(await told()).toMatch(/^index: 3 records, [\d.]+ kB, /)
})
