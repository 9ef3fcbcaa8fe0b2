// Scenario: a ledger made by the real receiver, with tokens that were used, revoked, stolen and
// left to expire. Guarantee: `tokens`, `sessions` and `scopes` say of each what became of it, find
// by the query language, and let no value of a record write to the terminal.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type AttributeValue, base64url } from '@grantlog/record'
import { errorIn, grantlog, temporaryFolder } from './command.ts'
import { type Attributes, makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder, story)
})
afterAll(remove)

type Named = Record<string, AttributeValue>
const record = (attributes: Named): Attributes => Object.entries(attributes)
/** Of the year 2096: no clock of a test is there yet. */
const later = 4_000_000_000n

/** Of the slot that pseudonyms and sessions are in. */
const salt = { 'audit.slot.pseudonym.salt': base64url(new Uint8Array(16)) }

const issue = (name: string, more: Named = {}): Attributes =>
  record({
    ...{ 'oauth.token.hash': `t1.${name}`, 'oauth.grant.id_hash': `p1.${name}` },
    ...{ 'oauth.client.id': 'web', 'oauth.token.expires_at': later },
    ...{ 'oauth.scope.granted': 'openid orders:read orders:write', 'session.id': 'p1.session' },
    ...{ 'oauth.grant.type': 'authorization_code', 'user.hash': 'p1.ada', ...salt },
    ...more,
  })
const use = (name: string, more: Named = {}): Attributes =>
  record({
    ...{ 'audit.action': 'oauth.resource_access', 'oauth.role': 'resource_server' },
    ...{ 'oauth.token.hash': `t1.${name}`, 'oauth.scope.required': 'orders:read' },
    ...{ 'oauth.client.id': 'web', 'session.id': 'p1.session', ...salt },
    ...more,
  })

const story: readonly Attributes[] = [
  issue('used', { 'oauth.refresh.token_hash': 't1.r1' }),
  use('used'),
  issue('newer', { 'oauth.refresh.presented_hash': 't1.r1', 'oauth.grant.id_hash': 'p1.used' }),
  issue('old', { 'oauth.token.expires_at': 1n, 'oauth.client.id': 'evil\u001b[31m' }),
  use('old'),
  issue('ended'),
  record({
    ...{ 'audit.action': 'oauth.end_session', 'oauth.grant.id_hash': 'p1.ended' },
    ...{ 'oauth.revocation.reason': 'logout', 'session.id': 'p1.other', ...salt },
  }),
  use('ended', { 'audit.outcome': 'denied', 'oauth.scope.missing': 'admin' }),
  // The first that begins when the log-out is done.
  use('ended'),
  record({
    ...{ 'audit.outcome': 'failure', 'oauth.error.reason': 'pkce_mismatch' },
    ...{ 'oauth.client.id': 'web', 'session.id': 'p1.session', ...salt },
  }),
]

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout } = await grantlog([...args, '--data', sample.data, '--json'])
  expect(code).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}
const run = (...args: string[]) => grantlog([...args, '--data', sample.data])
const hashesIn = ({ tokens }: Record<string, unknown>): string[] =>
  (tokens as { hash: string }[]).map(({ hash }) => hash)

describe('tokens', () => {
  test('say whether they are alive, what for they were used, and why they ended', async () => {
    const found = await json('tokens')
    expect(found).toMatchObject({
      total: 4,
      counts: { alive: 2, expired: 1, revoked: 1, neverUsed: 1 },
      cut: false,
      tokens: [
        {
          ...{ hash: 't1.ended', state: 'revoked', revocation: 'logout', uses: 2 },
          ...{ usesAfterRevocation: 1, usesAfterExpiry: 0 },
        },
        { hash: 't1.old', state: 'expired', usesAfterExpiry: 1 },
        {
          ...{ hash: 't1.newer', state: 'alive', replaced: false, uses: 0 },
          idleScopes: 'orders:read orders:write',
        },
        {
          ...{ hash: 't1.used', state: 'alive', replaced: true, client: 'web', uses: 1 },
          ...{ userHash: 'p1.ada', usedScopes: 'orders:read', idleScopes: 'orders:write' },
          ...{ expiresAt: Number(later) * 1_000, revokedAt: null, reused: false },
        },
      ],
    })
  })

  test.each([
    [['--state', 'alive'], ['t1.newer', 't1.used'], 2],
    [['--state', 'never-used'], ['t1.newer'], 1],
    [['--limit', '1'], ['t1.ended'], 4],
    [['--state', 'alive', '--limit', '1'], ['t1.newer'], 2],
    [['client:evil*'], ['t1.old'], 1],
    [['-client:web'], ['t1.old'], 1],
    [['--client', 'nobody'], [], 0],
  ])('%j are those that are asked for', async (flags, hashes, total) => {
    const found = await json('tokens', ...flags)
    expect(hashesIn(found)).toEqual(hashes)
    expect(found.total).toBe(total)
  })

  test('as text they are a table, with what should not have been', async () => {
    const { code, stderr, stdout } = await run('tokens')
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(
      /^index +state +why +client +issued +ends +uses +last used +alarm +scop/,
    )
    expect(lines[1]).toMatch(/^\d+ +revoked +logout +web +20.* used after revocation ×1 /)
    expect(lines[2]).toMatch(/^\d+ +expired +evil\ufffd\[31m .* used after expiry ×1 /)
    expect(lines[4]).toMatch(
      /^\d+ +alive +replaced .* openid orders:read \(orders:write\) +p1\.ada /,
    )
    expect(lines[3]).toMatch(/ openid \(orders:read orders:write\) +p1\.ada /)
    expect(stdout).not.toContain('\u001b')
    expect(stderr).toMatch(
      /^4 tokens since .* UTC: 2 alive, 1 expired, 1 revoked; 1 never used\.\n/,
    )
    expect(stderr).toContain('grantlog lineage INDEX')
  })

  test('none is no error', async () => {
    const { code, stderr, stdout } = await run('tokens', '--client', 'nobody')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^No token was handed out\.\n0 tokens since /)
  })
})

test('sessions are open until somebody logs out', async () => {
  expect(await json('sessions')).toMatchObject({
    counts: { open: 1, ended: 1 },
    total: 2,
    sessions: expect.arrayContaining([
      expect.objectContaining({
        ...{ hash: 'p1.session', state: 'open', userHash: 'p1.ada', refused: 2 },
      }),
      expect.objectContaining({ hash: 'p1.other', state: 'ended', records: 1 }),
    ]) as unknown,
  })
  const { stdout } = await run('sessions', '--state', 'open')
  expect(stdout).toMatch(/^index +state +began .*\n\d+ +open .* 2 +web evil\ufffd\[31m +p1\.ada /)
  expect(stdout.trimEnd().split('\n')).toHaveLength(2)
})

describe('scopes', () => {
  test('are counted by client, with what somebody should look at', async () => {
    type Row = { name: string; refused: number; scopes: object[] }
    const { rows } = (await json('scopes')) as { rows: Row[] }
    const refused = rows.map((row) => [row.name, row.refused])
    expect(Object.fromEntries(refused)).toEqual({ web: 2, 'evil\u001b[31m': 0 })
    expect(rows[0]!.name).toBe('web')
    expect(rows[0]!.scopes).toContainEqual({
      ...{ scope: 'orders:write', allowed: 0, requested: 0, granted: 3, used: 0, missing: 0 },
      findings: ['idle'],
    })
    const { stderr, stdout } = await run('scopes', 'client:web')
    expect(stdout).toBe(
      [
        'client  scope         granted  used  missing  finding',
        'web     admin                              1  missing',
        'web     orders:write        3                 never used',
        'web     openid              3',
        'web     orders:read         3     3',
        '',
      ].join('\n'),
    )
    expect(stderr).toMatch(/^1 client since .* UTC: 1 missing, 1 never used\.\n.*client:NAME/)
    expect(stderr).toContain('Each column counts records: by which a scope may be had (allowed)')
  })

  test('with findings alone leave out what is as it should be', async () => {
    const { rows } = (await json('scopes', '--findings', 'client:web')) as {
      rows: { scopes: { scope: string }[] }[]
    }
    expect(rows.flatMap(({ scopes }) => scopes.map(({ scope }) => scope)).toSorted()).toEqual([
      ...['admin', 'orders:write'],
    ])
  })

  test('of roles, where no record has one, are none', async () => {
    const { code, stderr, stdout } = await run('scopes', '--by', 'role')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^No record says the role of its user\.\n/)
  })
})

test('wrong usage is told, with the place in a query, and help has examples', async () => {
  for (const command of ['tokens', 'sessions', 'scopes']) {
    const wrong = await run(command, 'clinet:web', '--json')
    expect({ code: wrong.code, error: errorIn(wrong) }).toMatchObject({
      ...{ code: 2, error: { code: 'QUERY_FIELD_UNKNOWN', at: 0 } },
    })
    const { stdout } = await grantlog([command, '--help'])
    expect(stdout).toContain(`Examples:\n  grantlog ${command} `)
  }
  for (const args of [
    ['tokens', '--state', 'dead'],
    ['scopes', '--by', 'user'],
  ]) {
    expect((await run(...args)).code).toBe(2)
  }
})
