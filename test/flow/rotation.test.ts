// Scenario: an API that is audited; its receiver goes away and its key is rotated meanwhile; the
// receiver comes back with a policy, and the API is started with its new credentials.
// Guarantee: what was signed with the old key and never sent is sealed, in a stream without a hole;
// the policy of the receiver is in the records of the new process; the whole can be verified.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, test } from '@jest/globals'
import { foldersUnder, isRecordLeaf, openReader, sha256 } from '@grantlog/ledger'
import { openRecord, readPolicy } from '@grantlog/record'
import { grantlog, type Running, start } from '../../packages/cli/test/command.ts'
import { jwk, runCalls } from '../../packages/sdk/test/fixtures/api-client.ts'
import { withService } from '../../packages/sdk/test/fixtures/child.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-rotation-'))
const [data, state] = ['data', 'state'].map((name) => join(folder, name)) as [string, string]
const policy = { format: 'grantlog-policy-v1', routes: [{ route: '/orders/:id' }] }
const running: Running[] = []

afterAll(() => {
  for (const one of running) one.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function startReceiver(port: string): Promise<{ receiver: Running; otlpPort: string }> {
  const ports = ['--port', port, '--admin-port', '0', '--grpc-port', 'off']
  const args = ['--data', data, ...ports, '--json']
  const receiver = start(['receiver', ...args])
  running.push(receiver)
  const { otlpPort } = await receiver.event('READY')
  return { receiver, otlpPort: String(otlpPort) }
}

async function stop(receiver: Running): Promise<void> {
  receiver.kill('SIGTERM')
  await receiver.ended
}

/** Runs the API once; ends it when `isDone`. */
function live(credentials: string, isDone: () => boolean): Promise<{ stderr: string }> {
  const env = { FRAMEWORK: 'http', JWK: jwk, GRANTLOG_STATE: state }
  const service = { credentials, entry: 'resource-server-import.mjs', env }
  return withService(service, async ({ issuer }) => {
    await runCalls(issuer)
    for (let tries = 0; !isDone() && tries < 1_500; tries++) await wait(20)
  })
}

/** By kid: each instance's numbers, its leaf types, and the policies its records name. */
async function sealed() {
  const found = new Map<string, Map<string, { numbers: number[]; hashes: Set<unknown> }>>()
  const reader = await openReader(foldersUnder(data))
  for await (const { entries } of reader.frames(0)) {
    for (const { leaf, stored } of entries) {
      if (!isRecordLeaf(leaf) || stored.kind !== 'record') continue
      const ofKey = found.get(leaf.kid) ?? new Map()
      found.set(leaf.kid, ofKey)
      const stream = ofKey.get(leaf.instance) ?? { numbers: [], hashes: new Set() }
      ofKey.set(leaf.instance, stream)
      stream.numbers.push(leaf.seq)
      stream.hashes.add(openRecord(stored.canonical).attributes.get('audit.policy.hash'))
    }
  }
  await reader.close()
  return found
}

test('a rotated key loses no record, and the policy follows the receiver', async () => {
  const { otlpPort, receiver } = await startReceiver('0')
  const place = ['--data', data, '--json']
  const made = ['--service', 'login', '--role', 'resource_server']
  const endpoint = ['--endpoint', `http://127.0.0.1:${otlpPort}`]
  const old = JSON.parse((await grantlog(['keys', 'new', ...made, ...endpoint, ...place])).stdout)
  await live(old.credentials, () => true)
  await stop(receiver)
  const away = await live(old.credentials, () => true)
  expect(away.stderr).toContain('RECORDS_UNSENT')
  const left = readdirSync(join(state, 'spool'))
  expect(left.length).toBeGreaterThan(0)

  const next = JSON.parse((await grantlog(['keys', 'rotate', 'login', ...place])).stdout)
  writeFileSync(join(data, 'keys', 'policy.json'), JSON.stringify(policy))
  const back = await startReceiver(otlpPort)
  const isSent = (): boolean => left.every((name) => !existsSync(join(state, 'spool', name)))
  const { stderr } = await live(next.credentials, isSent)
  expect(stderr).toContain('POLICY_CHANGED')
  expect(stderr).not.toContain('SPOOL_')
  await stop(back.receiver)

  const streams = await sealed()
  expect([...streams.keys()]).toEqual([old.kid, next.kid])
  const [ofOld, ofNext] = [...streams.values()].map((instances) => [...instances.values()])
  expect([ofOld!.length, ofNext!.length]).toEqual([2, 1])
  for (const { numbers } of [...ofOld!, ...ofNext!]) {
    const inOrder = numbers.toSorted((a, b) => a - b)
    expect(inOrder).toEqual(Array.from(inOrder, (_, at) => at))
  }
  const { hash } = readPolicy(JSON.stringify(policy), sha256)
  expect(ofNext![0]!.hashes).toContain(hash)
  expect(ofOld!.some(({ hashes }) => hashes.has(hash))).toBe(false)
  // 3: all of it is as it was signed; nobody outside has a checkpoint here.
  const { code, stdout } = await grantlog(['verify', ...place])
  expect(code).toBe(3)
  // What a process says at its end of the log that it saw before is true.
  expect(JSON.parse(stdout)).toMatchObject({ findings: [], words: { told: expect.any(Number) } })
  expect(JSON.parse(stdout).words.told).toBeGreaterThan(0)
})
