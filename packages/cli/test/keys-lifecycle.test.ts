// Guarantee: a running receiver takes nothing of a key from the moment it is revoked, a rotated key
// and its successor are both taken while they overlap, and what such a ledger has can be verified.
import { afterEach, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorIn, grantlog, type Running, start, temporaryFolder } from './command.ts'
import { openStream } from './producer.ts'

const cleanUps: (() => void | Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

interface Place {
  readonly data: string
  readonly receiver: Running
  readonly adminPort: string
  /** Makes a key of the service `login`, and gives its file. */
  keyFor(name: string, ...more: string[]): Promise<{ file: string; kid: string }>
  run(...args: string[]): ReturnType<typeof grantlog>
  stop(): Promise<unknown>
}

async function startPlace(): Promise<Place> {
  const { folder, remove } = temporaryFolder()
  const data = join(folder, 'data')
  const ports = ['--port', '0', '--admin-port', '0']
  const receiver = start(['receiver', '--data', data, ...ports, '--json'])
  const stop = (): Promise<unknown> => {
    receiver.kill('SIGTERM')
    return receiver.ended
  }
  cleanUps.push(remove, stop)
  const { adminPort, otlpPort } = await receiver.event('READY')
  const endpoint = `http://127.0.0.1:${String(otlpPort)}`
  const run = (...args: string[]): ReturnType<typeof grantlog> =>
    grantlog(['keys', ...args, '--data', data, '--json'])
  return {
    data,
    receiver,
    adminPort: String(adminPort),
    run,
    stop,
    async keyFor(service, ...more) {
      const role = ['--role', 'authorization_server']
      const made = await run('new', '--service', service, ...role, '--endpoint', endpoint, ...more)
      const { credentials: file, kid } = JSON.parse(made.stdout) as Record<string, string>
      return { file: file!, kid: kid! }
    },
  }
}

/** Waits for a line of the receiver's log about a key. */
async function logged(receiver: Running, code: string, kid: string): Promise<void> {
  const isThere = (): boolean =>
    receiver
      .stdout()
      .split('\n')
      .some((line) => line.includes(`"${code}"`) && line.includes(kid))
  while (!isThere()) await receiver.more()
}

const hasPython = spawnSync('python3', ['-c', 'import cryptography']).status === 0
/** Two opening records, one of each key, and none of the revoked one after that. */
const counts = /"records":4,"logs":0,"bundles":2,"findings":0/

const opening = [[['audit.action', 'audit.stream.start']]] as const
const record = [[['oauth.client.id', 'web']]] as const

test('a revoked key: refused by the running receiver, whatever it signed before', async () => {
  const { adminPort, data, keyFor, receiver, run, stop } = await startPlace()
  const [kept, stolen] = [await keyFor('login'), await keyFor('api')]
  const [good, bad] = [kept, stolen].map(({ file }) => openStream(file))
  await good!.send(opening)
  await bad!.send([...opening, ...record])
  const policy = { format: 'grantlog-policy-v1', routes: [{ route: '/a' }] }
  writeFileSync(join(data, 'keys', 'policy.json'), JSON.stringify(policy))
  await logged(receiver, 'POLICY_READ', '')
  const result = await run('revoke', stolen.kid.slice(0, 12), '--reason', 'key-compromise')
  expect(JSON.parse(result.stdout)).toMatchObject({ kid: stolen.kid, revoked: 'key_compromise' })
  // Nobody sends: the log has it all the same.
  await logged(receiver, 'KEY_REVOKED', stolen.kid)
  await bad!.send(record)
  await logged(receiver, 'REVOKED', stolen.kid)
  await good!.send(record)
  const never = await keyFor('idle')
  const { stdout } = await run('list', '--admin-port', adminPort)
  const { keys } = JSON.parse(stdout) as { keys: Record<string, unknown>[] }
  const aTime: unknown = expect.any(Number)
  expect(keys.map(({ kid, lastRecordAt, state }) => [kid, state, lastRecordAt])).toEqual([
    [kept.kid, 'in_force', aTime],
    [stolen.kid, 'revoked', aTime],
    [never.kid, 'in_force', null],
  ])
  const table = await grantlog(['keys', 'list', '--data', data])
  expect(table.stdout).toMatch(/login .*in force .*no end/)
  expect(table.stdout).toMatch(/api .*revoked \(key_compromise\)/)
  await stop()
  // 3: verified, by nobody outside yet.
  expect((await grantlog(['verify', '--data', data])).code).toBe(3)
  // Each record's proof has the enrolment that was in force then; the policy is a leaf among them.
  const out = join(data, '..', 'proof')
  await grantlog(['prove', '--all', '--data', data, '--out', out])
  const log = ['ledger', join(data, 'ledger'), '--bundles', join(out, 'bundles.jsonl')]
  const checked = [...log, '--key', join(data, 'keys', 'log.vkey')]
  const second = spawnSync('python3', [join(out, 'verify.py'), ...checked], { encoding: 'utf8' })
  if (hasPython) expect([second.status, second.stdout]).toEqual([0, expect.stringMatching(counts)])
})

test('what a key sealed since it was stolen is marked, and verifies', async () => {
  const { data, keyFor, receiver, run, stop } = await startPlace()
  const [kept, stolen] = [await keyFor('login'), await keyFor('api')]
  await openStream(kept.file).send([...opening, ...record])
  const stream = openStream(stolen.file)
  await stream.send([...opening, ...record])
  const [, { validFrom }] = (await listed(run)) as [object, { validFrom: number }]
  for (const [since, why] of [
    [isoOf(validFrom - 1), 'before'],
    ['2099-01-01', 'future'],
  ] as const) {
    const refused = errorIn(await run('revoke', stolen.kid, '--since', since))
    expect(refused).toMatchObject({ code: 'SINCE_REFUSED', title: expect.stringContaining(why) })
  }
  const since = validFrom + 1
  const told = await run('revoke', stolen.kid, '--since', isoOf(since))
  expect(JSON.parse(told.stdout)).toMatchObject({ revoked: 'key_compromise', since })
  await logged(receiver, 'KEY_REVOKED', stolen.kid)
  await stop()

  const compromised = [{ kid: stolen.kid, since, withdrawn: false, records: 2 }]
  const verified = await grantlog(['verify', '--data', data, '--json'])
  expect([verified.code, JSON.parse(verified.stdout)]).toEqual([
    3,
    expect.objectContaining({ compromised, findingsCount: 0 }),
  ])
  const strict = await grantlog(['verify', '--data', data, '--strict'])
  expect([strict.code, strict.stdout]).toEqual([
    1,
    expect.stringMatching(/compromised +2 records sealed under the key .* compromised from /),
  ])

  const found = await grantlog(['search', '--data', data, '--json'])
  const { records } = JSON.parse(found.stdout) as { records: Record<string, unknown>[] }
  const marked = records.filter(({ compromisedSince }) => compromisedSince !== undefined)
  expect(marked.map(({ compromisedSince, kid }) => [kid, compromisedSince])).toEqual([
    [stolen.kid, isoOf(since)],
  ])
  const text = await grantlog(['search', '--data', data])
  expect(text.stderr).toMatch(/Sealed under the key .*, declared compromised from .*: #\d+/)

  const out = join(data, '..', 'proof')
  const proved = await grantlog(['prove', '--all', '--data', data, '--out', out, '--json'])
  expect(JSON.parse(proved.stdout)).toMatchObject({ count: 2, compromised: 1 })
  expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('A warning')
  if (!hasPython) return
  const log = ['ledger', join(data, 'ledger'), '--bundles', join(out, 'bundles.jsonl')]
  const args = [join(out, 'verify.py'), ...log, '--key', join(data, 'keys', 'log.vkey')]
  const lenient = spawnSync('python3', args, { encoding: 'utf8' })
  expect([lenient.status, lenient.stdout]).toEqual([
    0,
    expect.stringMatching(/^warning .*compromised from .*\n.*"findings":0,"compromised":1,/),
  ])
  expect(spawnSync('python3', [...args, '--strict']).status).toBe(1)
})

const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

test('a rotated key ends after the overlap; the new file has it for its spool', async () => {
  const { data, keyFor, receiver, run, stop } = await startPlace()
  const first = await keyFor('login', '--environment', 'staging')
  await openStream(first.file).send(opening)
  const result = await run('rotate', 'login', '--overlap', '2h')
  const rotated = JSON.parse(result.stdout) as { kid: string; credentials: string }
  await logged(receiver, 'KEY_ENROLLED', rotated.kid)
  expect(statSync(rotated.credentials).mode & 0o777).toBe(0o600)
  const [before, after] = [first.file, rotated.credentials].map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>,
  )
  const { kid, privateKey, ...same } = before!
  expect(after).toMatchObject({ ...same, kid: rotated.kid, previous: [{ kid, privateKey }] })
  await openStream(first.file).send(opening)
  await openStream(rotated.credentials).send(opening)
  const [old, next] = (await listed(run)) as Record<string, unknown>[]
  const { kid: _, publicKey: __, validFrom: ___, ...scope } = next!
  expect(old).toMatchObject({ ...scope, validUntil: expect.any(Number) })
  const hours = (Number(old!.validUntil) - Date.now() / 1000) / 3600
  expect([Math.round(hours), next!.validUntil]).toEqual([2, 0])
  // The one that ends is not rotated again.
  const again = JSON.parse((await run('rotate', 'login')).stdout) as { replaced: object }
  expect(again.replaced).toMatchObject({ kid: rotated.kid })
  await stop()
  expect((await grantlog(['verify', '--data', data])).code).toBe(3)
})

test('what is not there or not clear changes nothing', async () => {
  const { data, keyFor, run } = await startPlace()
  const { kid } = await keyFor('login')
  await keyFor('login')
  const list = join(data, 'keys', 'enrolled.json')
  const before = readFileSync(list, 'utf8')
  const results = [
    await run('revoke', 'nothing'),
    await run('rotate', 'login'),
    await run('rotate', 'nobody'),
    await run('rotate', kid, '--from', list),
    await run('revoke', kid, '--reason', 'boredom'),
  ]
  expect(results.map((result) => [result.code, errorIn(result).code])).toEqual([
    [1, 'KEY_UNKNOWN'],
    [1, 'KEY_AMBIGUOUS'],
    [1, 'KEY_UNKNOWN'],
    [1, 'CREDENTIALS_WRONG'],
    [2, 'USAGE'],
  ])
  expect(readFileSync(list, 'utf8')).toBe(before)
  expect(existsSync(`${list}.lock`)).toBe(false)
})

async function listed(run: Place['run']): Promise<unknown[]> {
  return (JSON.parse((await run('list')).stdout) as { keys: unknown[] }).keys
}
