// Guarantee: changes of a policy that is put in force are leaves that say who, when and what, and
// both verifiers take them; and over what was sealed another policy says what it would have found,
// and changes nothing.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ATTR, type AttributeValue } from '@grantlog/record'
import { grantlog, type Result, start, temporaryFolder } from '../../packages/cli/test/command.ts'
import { runHere } from '../../packages/cli/test/in-process.ts'
import { openStream } from '../../packages/cli/test/producer.ts'

const { folder, remove } = temporaryFolder()
afterAll(remove)
const data = join(folder, 'data')
const ledger = ['--data', data]

const first = `format: grantlog-policy-v2
routes:
  - {methods: [GET], route: /orders/:id, scopes: ["orders:read"]}
`
const second = `${first}roles:
  support: {scopes: [openid, "orders:read"]}
privileged:
  export: {bytesMax: 1000, rowsMax: 1000}
`
const strict = second.replace(
  'roles:',
  '  - {methods: [GET], route: /export, roles: [admin], privileged: export}\nroles:',
)

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const files = {
  first: write('first.yaml', first),
  second: write('second.yaml', second),
  strict: write('strict.yaml', strict),
}
const policy = (...args: string[]): Promise<Result> => runHere(['policy', ...args])
const jsonOf = ({ stdout }: Result): unknown => JSON.parse(stdout)

const hashes: string[] = []
const salt = 'mJ2n0cV5TQ6m1s0dQ3cYxA'

/** A request to an API of a user with a role, under the policy that was told last. */
const request = (
  route: string,
  role: string,
  more: readonly (readonly [string, AttributeValue])[] = [],
): (readonly [string, AttributeValue])[] => [
  [ATTR.AUDIT_ACTION, 'oauth.resource_access'],
  [ATTR.AUDIT_POLICY_HASH, hashes.at(-1) ?? 'n'.repeat(43)],
  [ATTR.AUDIT_ACTOR_TYPE, 'user'],
  [ATTR.AUDIT_ACTOR_ID, 'p1.AAAAAAAAAAAAAAAAAAAAAA'],
  [ATTR.AUDIT_SLOT_PSEUDONYM_SALT, salt],
  [ATTR.OAUTH_ROLE, 'resource_server'],
  [ATTR.OAUTH_SCOPE_GRANTED, 'openid orders:read'],
  [ATTR.USER_ROLES, role],
  [ATTR.AUDIT_SLOT_USER_SALT, salt],
  [ATTR.HTTP_REQUEST_METHOD, 'GET'],
  [ATTR.HTTP_ROUTE, route],
  ...more,
]

beforeAll(async () => {
  const apply = async (file: string, ...flags: string[]): Promise<void> => {
    const applied = await policy('apply', file, ...ledger, '--json', ...flags)
    expect(applied.code).toBe(0)
    hashes.push((jsonOf(applied) as { hash: string }).hash)
  }
  const ports = ['--port', '0', '--admin-port', '0', '--json']
  const receiver = start(['receiver', ...ledger, ...ports])
  const { otlpPort } = await receiver.event('READY')
  const credentials = join(folder, 'credentials.json')
  const endpoint = `http://127.0.0.1:${String(otlpPort)}`
  const place = [...ledger, '--out', credentials, '--endpoint', endpoint]
  // The stream's own records are made as an authorization server.
  const roles = ['--role', 'authorization_server', '--role', 'resource_server']
  await runHere(['keys', 'new', '--service', 'api', ...roles, ...place])
  const stream = openStream(credentials)
  await stream.send([[[ATTR.AUDIT_ACTION, 'audit.stream.start']], request('/orders/:id', 'user')])
  await apply(files.first, '--author', 'Ada Lovelace')
  while (!receiver.stdout().includes(hashes[0]!)) await receiver.more()
  await stream.send([request('/orders/:id', 'support')])
  await apply(files.second)
  while (!receiver.stdout().includes(hashes[1]!)) await receiver.more()
  const large = [[ATTR.HTTP_RESPONSE_BODY_SIZE, 1001n]] as const
  const many = [[ATTR.AUDIT_RESPONSE_ROWS, 1204n]] as const
  await stream.send([request('/export', 'support', large), request('/export', 'admin', many)])
  await stream.send([[[ATTR.AUDIT_ACTION, 'audit.stream.stop']]])
  receiver.kill('SIGTERM')
  expect((await receiver.ended).code).toBe(0)
})

test('each change says who, what and when', async () => {
  const { changes } = jsonOf(await policy('show', '--history', ...ledger, '--json')) as {
    changes: readonly Record<string, unknown>[]
  }
  expect(changes).toMatchObject([
    { author: { by: 'command', name: 'Ada Lovelace' }, before: null, hash: hashes[0] },
    {
      author: { by: 'command', name: expect.any(String) },
      before: hashes[0],
      diff: [{ path: '/privileged' }, { path: '/roles' }],
      hash: hashes[1],
    },
  ])
  expect(jsonOf(await policy('show', ...ledger))).toHaveProperty('privileged')
})

test('both verifiers take them', async () => {
  const { code } = await grantlog(['verify', ...ledger])
  expect(code).toBe(3)
  const script = join(import.meta.dirname, '..', 'vectors', 'verify.py')
  if (spawnSync('python3', ['-c', 'import cryptography']).status !== 0) {
    return console.log('left out: python3 has no cryptography')
  }
  const args = [script, 'ledger', join(data, 'ledger'), '--key', join(data, 'keys', 'log.vkey')]
  const { status, stdout } = spawnSync('python3', args, { encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, expect.stringContaining('"findings":0')])
})

test('replay says what another policy would have found, the worst first', async () => {
  const checkpoint = (): string => readFileSync(join(data, 'ledger', 'checkpoint'), 'utf8')
  const before = checkpoint()
  const replayed = jsonOf(
    await runHere(['replay', '--policy', files.strict, ...ledger, '--json']),
  ) as { records: number; rules: readonly { rule: { level: string; title: string } }[] }
  expect(replayed).toMatchObject({ records: 4, unjudged: 0, health: { evicted: 0 } })
  expect(replayed.rules.map(({ rule }) => `${rule.level}: ${rule.title}`)).toEqual([
    'critical: Let in although the policy asks for another role',
    'high: More of a privileged action than the policy allows',
    'informational: Records under a policy that the log does not know',
    'informational: A privileged action',
  ])
  expect(replayed.rules[0]).toMatchObject({
    detections: 1,
    examples: [{ words: 'Once let in at GET /export, for which the policy asks the role admin' }],
  })
  const inOne = 'in one action of the kind export, more than 1000'
  expect(replayed.rules[1]).toMatchObject({
    detections: 2,
    examples: [{ words: `1001 bytes ${inOne}` }, { words: `1204 rows ${inOne}` }],
  })
  expect(checkpoint()).toBe(before)
})

test('in words, and of a part of the log', async () => {
  const { code, stderr, stdout } = await runHere(['replay', '--policy', files.strict, ...ledger])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^critical {2}Let in although .*: 1 finding\n {4}\S+Z #\d+ Once let in/)
  expect(stderr).toMatch(/^4 records under the policy [\w-]{43}\n$/)
  const none = await runHere(['replay', '--policy', files.strict, '--after', '0s', ...ledger])
  expect(none.stderr).toMatch(/^0 records/)
})
