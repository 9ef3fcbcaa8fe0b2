// Guarantee: audit log records of somebody else's SDK are found, told and proved as what they are:
// observed, and never verified.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLedger, foldersUnder, openLedger } from '@grantlog/ledger'
import { logToCommit } from '@grantlog/ledger/testing'
import { decodeLogsRequest } from '@grantlog/record/otlp'
import { grantlog, temporaryFolder } from './command.ts'

const { folder, remove } = temporaryFolder()
const data = join(folder, 'data')

beforeAll(async () => {
  const folders = foldersUnder(data)
  await createLedger(folders, 'logs.example/log')
  const ledger = await openLedger(folders)
  await ledger.commitLogs([logToCommit(1), logToCommit(2, 'bob')])
  await ledger.close()
})
afterAll(remove)

test('verify counts them apart from records, and calls none verified', async () => {
  const { code, stdout } = await grantlog(['verify', '--data', data])
  expect(code).toBe(3)
  expect(stdout).toMatch(/records +0, of which 0 verified/)
  expect(stdout).toMatch(/log records +2, unchanged since they were taken in/)
})

test('search finds them, with nothing personal unless asked for', async () => {
  const search = (...args: string[]) =>
    grantlog(['search', 'action:document.delete', '--data', data, ...args])
  const told = await search('--json')
  const { records } = JSON.parse(told.stdout) as { records: Record<string, unknown>[] }
  expect(records).toHaveLength(2)
  expect(records[0]).toMatchObject({
    observed: { caller: 'gateway', proof: 'certificate', signature: 'none' },
    attributes: { 'audit.outcome': 'success', 'audit.producer.service': 'billing' },
  })
  expect(told.stdout).not.toContain('invoice 17')
  expect((await search()).stdout).toMatch(/billing +document\.delete +success/)
})

test('forward --logs sends them again, and not to a URL that leads to no logs', async () => {
  const taken: Buffer[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => request.url === '/v1/logs' && taken.push(chunk))
    request.on('end', () => response.end())
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const forward = (url: string) =>
    grantlog(['forward', '--logs', '--from', '0', '--otlp', url, '--data', data, '--json'])
  const { code, stdout } = await forward(base)
  expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
    code: 0,
    sent: 2,
    refused: 0,
  })
  const [first, second] = decodeLogsRequest(Buffer.concat(taken)).logs()
  for (const log of [first, second]) {
    expect(log).toMatchObject({ attributes: { 'grantlog.verdict': { stringValue: 'observed' } } })
  }
  expect(await forward(`${base}/traces`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('RECEIVER_SINK_INVALID'),
  })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const python = spawnSync('python3', ['-c', 'import cryptography'])
const testWithPython = python.status === 0 ? test : test.skip
testWithPython('prove writes what verify.py takes, and nothing changed of it', async () => {
  const out = join(folder, 'proof')
  const proved = await grantlog(['prove', '1', '--data', data, '--out', out, '--disclose', 'all'])
  expect(proved).toMatchObject({ code: 0, stderr: '' })
  const check = (file: string, ...more: string[]) => {
    const flags = ['verify.py', ...more, file, '--key', 'log.vkey']
    return spawnSync('python3', flags, { cwd: out, encoding: 'utf8' })
  }
  const bundle = JSON.parse(readFileSync(join(out, 'bundle.json'), 'utf8')) as Record<
    'canonical' | 'leaf' | 'observation',
    string
  >
  const right = check('bundle.json', 'bundle')
  expect({ status: right.status, stderr: right.stderr }).toEqual({ status: 0, stderr: '' })
  const ledger = join(data, 'ledger')
  const whole = check(ledger, 'ledger', '--bundles', 'bundle.json')
  expect(whole.stdout).toContain('"logs":2')
  expect(whole.status).toBe(0)
  for (const change of [
    { canonical: bundle.canonical.replace('success', 'failure') },
    { observation: bundle.observation.replace('gateway', 'Gateway') },
    { leaf: bundle.leaf.replace('"none"', '"signed"') },
  ]) {
    writeFileSync(join(out, 'changed.json'), JSON.stringify({ ...bundle, ...change }))
    expect(check('changed.json', 'bundle').status).toBe(1)
  }
})
