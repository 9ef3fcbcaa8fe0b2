// Guarantee: a policy file is checked with the place of each fault, tried with cases and compared.
// What comes of one that is put in force: test/commands/policy.test.ts of the workspace.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { errorIn, type Result, temporaryFolder } from './command.ts'
import { runHere } from './in-process.ts'

const { folder, remove } = temporaryFolder()
afterAll(remove)
const first = `format: grantlog-policy-v2
roleClaims: [keycloak]
routes:
  - {methods: [GET], route: /orders/:id, scopes: ["orders:read"]}
audit:
  - {name: health, routes: [/health], level: minimal}
  - {name: support, roles: [support], level: full, personal: pseudonym}
`
const second = `${first}roles:
  support: {scopes: [openid, "orders:read"]}
privileged:
  export: {bytesMax: 1000}
`
const strict = second.replace(
  'audit:',
  '  - {methods: [GET], route: /export, roles: [admin], privileged: export}\naudit:',
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
  wrong: write('wrong.yaml', second.replace('minimal', 'tiny').replace('1000', '1kB')),
}
const policy = (...args: string[]): Promise<Result> => runHere(['policy', ...args])
const jsonOf = ({ stdout }: Result): unknown => JSON.parse(stdout)

describe('check', () => {
  test('what is right has a hash', async () => {
    const { code, stdout } = await policy('check', files.first)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\S+first\.yaml: ok, [\w-]{43}\n$/),
    })
  })

  test('every fault has its place and its cure, as compilers print it, or as JSON', async () => {
    const { code, stdout } = await policy('check', files.wrong)
    expect(code).toBe(1)
    expect(stdout.split('\n')).toEqual([
      `${files.wrong}:6:46: audit[0].level: no such kind`,
      '  fix: Write one of minimal, standard, full.',
      `${files.wrong}:11:22: privileged.export.bytesMax: not a count`,
      '  fix: Write a whole number above 0, without a unit.',
      '',
    ])
    expect(jsonOf(await policy('check', files.wrong, '--json'))).toMatchObject({
      ok: false,
      hash: null,
      faults: [{ line: 6, column: 46, path: 'audit[0].level' }, { line: 11 }],
    })
  })

  test('other commands name the first, and a file that is not there', async () => {
    const refused = await policy('diff', files.first, files.wrong, '--json')
    expect([refused.code, errorIn(refused).code]).toEqual([1, 'POLICY_INVALID'])
    expect(errorIn(refused).title).toContain('wrong.yaml:6:46 audit[0].level: no such kind (and 1')
    const missing = await policy('check', join(folder, 'none.yaml'), '--json')
    expect(errorIn(missing)).toMatchObject({ code: 'POLICY_UNREADABLE' })
  })
})

const cases = `cases:
  - name: support reads an order
    request: {route: /orders/:id}
    claims: {client_id: desk, scope: openid orders:read, realm_access: {roles: [support]}}
    expect: {allowed: true, level: full, rule: support, personal: pseudonym, privileged: null}
  - name: nobody reads without the scope
    request: {path: /orders/7, outcome: denied}
    claims: {scope: openid, resource_access: {shop: {roles: [user]}}}
    expect: {allowed: false, level: standard, rule: null, route: /orders/:id, excess: []}
  - name: support exports
    request: {route: /export}
    claims: {scope: "orders:write", realm_access: {roles: [support]}}
    expect: {allowed: false, privileged: export, excess: ["orders:write"], guarantee: buffered}
`

describe('test', () => {
  test('cases that come out as expected', async () => {
    const { code, stderr } = await policy('test', files.strict, '--cases', write('cases', cases))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '3 cases as expected\n' })
  })

  test('what comes out otherwise, with its place', async () => {
    const file = write('other', cases.replace('level: full', 'level: minimal'))
    const { code, stderr, stdout } = await policy('test', files.first, '--cases', file)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '1 case as expected, 2 otherwise\n' })
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `${file}:2:5: support reads an order: level is "full", expected "minimal"`,
      `${file}:10:5: support exports: allowed is true, expected false`,
    ])
  })

  test('cases that are none', async () => {
    const file = write('wrong-cases', cases.replace('level: full', 'levle: full'))
    const refused = await policy('test', files.first, '--cases', file, '--json')
    expect(errorIn(refused).title).toMatch(/wrong-cases:5:29 cases\.0\.expect: unknown member/)
  })
})

test('diff is a JSON Patch', async () => {
  const { stdout } = await policy('diff', files.first, files.second)
  expect(stdout).toBe(
    '+ /privileged {"export":{"bytesMax":1000}}\n' +
      '+ /roles {"support":{"scopes":["openid","orders:read"]}}\n',
  )
  expect(jsonOf(await policy('diff', files.second, files.first, '--json'))).toMatchObject({
    diff: [
      { op: 'remove', path: '/privileged' },
      { op: 'remove', path: '/roles' },
    ],
  })
  expect(await policy('diff', files.first, files.first)).toMatchObject({ code: 0, stdout: '' })
})

test('show prints a file as services take it', async () => {
  expect(jsonOf(await policy('show', files.first))).toMatchObject({ roleClaims: ['keycloak'] })
})

test('a name that cannot be claimed changes nothing', async () => {
  const target = join(folder, 'elsewhere.yaml')
  const flags = ['--author', 'a\nb', '--policy', target]
  const { code } = await policy('apply', files.first, '--data', folder, ...flags)
  expect([code, existsSync(target)]).toEqual([2, false])
})
