// Guarantee: a change of the policy is a leaf before anybody is told of it, which says who claims
// it, from what to what, and what of it changed; YAML is read again when it changes, and a file
// that is wrong, half written or gone changes nothing, loudly and with its place.
import { appendFile, mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type JsonValue, policyOf, readPolicyChange, type SealedPolicy } from '@grantlog/record'
import { newData } from '../../test/harness.ts'
import { MAX_POLICY_BYTES } from '../limits.ts'
import type { LogEvent } from '../flow.ts'
import { openServicePolicy, type ServicePolicy } from './policy.ts'
import { claimFileOf, encodeClaim, isAuthorName } from './policy-author.ts'
import { readPolicyText, sha256 } from './policy-text.ts'

const yaml = `# Who may do what
format: grantlog-policy-v2
routes:
  - {methods: [GET], route: /orders/:id, scopes: ["orders:read"]}
`
const document = {
  format: 'grantlog-policy-v2',
  routes: [{ methods: ['GET'], route: '/orders/:id', scopes: ['orders:read'] }],
}
const changed = `${yaml}level: full\n`
const hashOf = (of: JsonValue): string => policyOf(of, sha256).hash

interface Opened {
  readonly policy: ServicePolicy
  readonly leaves: SealedPolicy[]
  readonly events: LogEvent[]
}

async function open(folder: string, paths: [string, ...string[]]): Promise<Opened> {
  const leaves: SealedPolicy[] = []
  const events: LogEvent[] = []
  const policy = await openServicePolicy({
    ...{ paths, queueFolder: join(folder, 'queue'), origin: 'example.com/log', lookMs: 5 },
    commitPolicy: async (_id, content) => leaves.push(readPolicyChange(content, sha256)),
    log: (event) => events.push(event),
  })
  return { policy, leaves, events }
}

/** What changed just now is taken when it is found the same twice. */
async function look({ policy }: Pick<Opened, 'policy'>): Promise<void> {
  await policy.look()
  await policy.look()
}

test('YAML is read, and read again; each change says what it is', async () => {
  const folder = await newData()
  const file = join(folder, 'keys', 'policy.yaml')
  await writeFile(file, yaml)
  const { leaves, policy } = await open(folder, [file])
  expect(policy.now).toEqual({ document, hash: hashOf(document) })
  await writeFile(file, changed)
  await look({ policy })
  const after = { ...document, level: 'full' }
  expect(policy.now?.document).toEqual(after)
  const author = { by: 'file', name: userInfo().username }
  const whole = { op: 'add', path: '', value: document }
  expect(leaves).toEqual([
    { author, before: null, diff: [whole], document, hash: hashOf(document) },
    {
      ...{ author, before: hashOf(document), document: after, hash: hashOf(after) },
      diff: [{ op: 'add', path: '/level', value: 'full' }],
    },
  ])
  // Another process knows the one before, and seals nothing twice.
  const again = await open(folder, [file])
  expect(again.leaves).toEqual([])
  await writeFile(file, yaml)
  await look(again)
  expect(again.leaves).toMatchObject([
    { before: hashOf(after), diff: [{ op: 'remove', path: '/level' }] },
  ])
})

test('a comment or another order is no change', async () => {
  const folder = await newData()
  const file = join(folder, 'keys', 'policy.yaml')
  await writeFile(file, yaml)
  const { leaves, policy } = await open(folder, [file])
  await writeFile(file, `# Other words\n${JSON.stringify(document)}\n`)
  await look({ policy })
  expect(leaves).toHaveLength(1)
})

test('a wrong file leaves the policy in force, and says where it is wrong', async () => {
  const folder = await newData()
  const file = join(folder, 'keys', 'policy.yaml')
  await writeFile(file, yaml)
  const { events, leaves, policy } = await open(folder, [file])
  await writeFile(file, yaml.replace('/orders/:id', 'orders'))
  await look({ policy })
  expect(policy.now?.hash).toBe(hashOf(document))
  expect(leaves).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({
    code: 'POLICY_UNREADABLE',
    detail: expect.stringMatching(/policy\.yaml:4:29: routes\[0\]\.route: not in the form/),
  })
  await writeFile(file, changed)
  await look({ policy })
  expect(leaves).toHaveLength(2)
})

describe('a file that is being written', () => {
  const copied = `${changed}# A comment to the end\n`

  test('is waited for until it holds still', async () => {
    const folder = await newData()
    const file = join(folder, 'keys', 'policy.yaml')
    await writeFile(file, copied)
    const { leaves, policy } = await open(folder, [file])
    // A copy onto it: what is there first is a policy, too, and a weaker one.
    await truncate(file, 0)
    for (let at = 0; at < copied.length; at += yaml.length) {
      await appendFile(file, copied.slice(at, at + yaml.length))
      await policy.look()
    }
    await policy.look()
    expect(leaves).toHaveLength(1)
    expect(policy.now?.document).toHaveProperty('level', 'full')
  })

  test('and was cut short is none', async () => {
    const folder = await newData()
    const file = join(folder, 'keys', 'policy.yaml')
    await writeFile(file, changed)
    const { events, leaves, policy } = await open(folder, [file])
    await truncate(file, yaml.length - 1)
    await look({ policy })
    expect(leaves).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({
      code: 'POLICY_UNREADABLE',
      detail: expect.stringMatching(/policy\.yaml:4:66: the file ends within a line/),
    })
  })

  test.each<[string, boolean]>([
    ['format: grantlog-policy-v2', false],
    ['format: grantlog-policy-v2\n', true],
    ['{"format":"grantlog-policy-v2"}', true],
    ['{"format":"grantlog-policy-v2"', false],
  ])('%j is whole: %s', (text, isWhole) => expect('policy' in readPolicyText(text)).toBe(isWhole))
})

describe('policy.json', () => {
  const both = async (): Promise<{ folder: string; paths: [string, string] }> => {
    const folder = await newData()
    const [first, second] = ['policy.yaml', 'policy.json'].map((name) => join(folder, 'keys', name))
    await writeFile(second!, JSON.stringify(document))
    return { folder, paths: [first!, second!] }
  }
  const strict = hashOf({ ...document, level: 'full' })
  const passedOver = {
    ...{ code: 'POLICY_GONE', level: 'error' },
    detail: 'policy.yaml is not there; policy.json is, and is not put in force',
  }

  test('is read where there never was a policy.yaml', async () => {
    const { folder, paths } = await both()
    const { events, leaves, policy } = await open(folder, paths)
    expect(policy.now?.hash).toBe(hashOf(document))
    await writeFile(paths[0], changed)
    await look({ policy })
    expect(leaves.map(({ hash }) => hash)).toEqual([hashOf(document), strict])
    expect(events.map(({ code }) => code)).toEqual(['POLICY_READ', 'POLICY_READ'])
  })

  test('is an older one where there was, and no other file puts it in force', async () => {
    const { folder, paths } = await both()
    await writeFile(paths[0], changed)
    const { events, leaves, policy } = await open(folder, paths)
    await rm(paths[0])
    await look({ policy })
    expect(policy.now?.hash).toBe(strict)
    expect(events.at(-1)).toMatchObject(passedOver)
    // Nor does a restart.
    const again = await open(folder, paths)
    expect(again.policy.now).toMatchObject({ hash: strict, document: { level: 'full' } })
    expect(again.events).toMatchObject([passedOver])
    await writeFile(paths[0], yaml)
    await look(again)
    expect([leaves, again.leaves].flat().map(({ hash }) => hash)).toEqual([
      strict,
      hashOf(document),
    ])
  })
})

test('what was sealed last is in force without its file, also from a restart on', async () => {
  const folder = await newData()
  const file = join(folder, 'keys', 'policy.yaml')
  await writeFile(file, yaml)
  const { policy } = await open(folder, [file])
  await rm(file)
  await look({ policy })
  const again = await open(folder, [file])
  for (const { now } of [policy, again.policy]) expect(now).toMatchObject({ document })
  expect(again.leaves).toEqual([])
  expect(again.events).toMatchObject([
    { code: 'POLICY_GONE', level: 'error', detail: 'policy.yaml is not there' },
  ])
  // Who wants none says so, and the log says who.
  await writeFile(file, 'format: grantlog-policy-v2\n')
  await look(again)
  expect(again.leaves).toMatchObject([{ document: { format: 'grantlog-policy-v2' } }])
})

test.each<[string, (file: string) => Promise<unknown>]>([
  ['is malformed', (file) => writeFile(file, 'format: [\n')],
  ['is too large', (file) => writeFile(file, `#${'x'.repeat(MAX_POLICY_BYTES)}\n`)],
  ['is a folder', (file) => rm(file).then(() => mkdir(file))],
])(
  'what was sealed last is in force from a start on beside a file that %s',
  async (_what, spoil) => {
    const folder = await newData()
    const file = join(folder, 'keys', 'policy.yaml')
    await writeFile(file, yaml)
    await open(folder, [file])
    await spoil(file)
    const { events, leaves, policy } = await open(folder, [file])
    expect(policy.now).toEqual({ document, hash: hashOf(document) })
    expect(leaves).toEqual([])
    expect(events).toMatchObject([{ code: 'POLICY_UNREADABLE', level: 'error' }])
    await rm(file, { recursive: true })
    await writeFile(file, changed)
    await look({ policy })
    expect(leaves).toMatchObject([{ before: hashOf(document) }])
  },
)

test('a ledger that takes nothing ends the start, whatever was sealed before', async () => {
  const folder = await newData()
  const file = join(folder, 'keys', 'policy.yaml')
  await writeFile(file, yaml)
  await open(folder, [file])
  await writeFile(file, changed)
  const full = (): Promise<never> => Promise.reject(new Error('no space'))
  await expect(
    openServicePolicy({
      ...{ paths: [file], queueFolder: join(folder, 'queue'), origin: 'example.com/log' },
      ...{ lookMs: 5, commitPolicy: full, log: () => undefined },
    }),
  ).rejects.toThrow('no space')
})

describe('who changed it', () => {
  const authorWith = async (claim: string): Promise<unknown> => {
    const folder = await newData()
    const file = join(folder, 'keys', 'policy.yaml')
    await writeFile(claimFileOf(file), claim)
    await writeFile(file, yaml)
    return (await open(folder, [file])).leaves[0]?.author
  }
  const owner = { by: 'file', name: userInfo().username }

  test('is who claims this very policy', async () => {
    const claim = { hash: hashOf(document), name: 'Ada Lovelace' }
    expect(await authorWith(encodeClaim(claim))).toEqual({ by: 'command', name: 'Ada Lovelace' })
  })

  test.each<[string, string]>([
    ['another policy', encodeClaim({ hash: hashOf({ ...document, level: 'full' }), name: 'Ada' })],
    ['no name', encodeClaim({ hash: hashOf(document), name: '' })],
    ['two lines', encodeClaim({ hash: hashOf(document), name: 'a\nb' })],
    ['nothing', '{'],
    ['too much', ' '.repeat(1025)],
  ])('or whose file it is: the claim is of %s', async (_what, claim) => {
    expect(await authorWith(claim)).toEqual(owner)
  })

  test('is not who claimed the same policy for an earlier change', async () => {
    const folder = await newData()
    const file = join(folder, 'keys', 'policy.yaml')
    await writeFile(claimFileOf(file), encodeClaim({ hash: hashOf(document), name: 'Ada' }))
    await writeFile(file, yaml)
    const { leaves, policy } = await open(folder, [file])
    for (const text of [changed, yaml]) {
      await writeFile(file, text)
      await look({ policy })
    }
    expect(leaves.map(({ author }) => author)).toEqual([
      { by: 'command', name: 'Ada' },
      owner,
      owner,
    ])
  })

  test('or whose file it is, where the claim cannot be read; the policy is in force', async () => {
    const folder = await newData()
    const file = join(folder, 'keys', 'policy.yaml')
    await mkdir(claimFileOf(file))
    await writeFile(file, yaml)
    const { leaves, policy } = await open(folder, [file])
    expect(leaves[0]?.author).toEqual(owner)
    expect(policy.now?.hash).toBe(hashOf(document))
  })

  test.each<[string, boolean]>([
    ['Ada Lovelace', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['', false],
    [' Ada', false],
    ['a\u202eb', false],
    ['a\u001b[31m', false],
  ])('%j can be a name: %s', (name, isName) => expect(isAuthorName(name)).toBe(isName))
})

test('faults of the YAML and of the policy have their places, in order', () => {
  const faults = readPolicyText('format: grantlog-policy-v2\nlevel: none\naudti: []\n')
  expect(faults).toMatchObject([
    { line: 2, column: 8, path: 'level', what: 'no such kind' },
    { line: 3, column: 1, path: 'audti', what: 'unknown member' },
  ])
  expect(readPolicyText('a: 1\na: 2')).toMatchObject([{ line: 2, column: 1, path: '' }])
  expect(readPolicyText('')).toMatchObject([{ line: 1, path: 'format', what: 'unknown format' }])
})
