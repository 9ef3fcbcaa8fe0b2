// Guarantee: a new key is enrolled whole or not at all, private files are their owner's alone, and
// none is ever overwritten; before the first start of the receiver and beside it.
import { afterEach, expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEnrolled } from '../src/credentials.ts'
import { foldersUnder } from '@grantlog/ledger'
import { errorIn, grantlog, temporaryFolder } from './command.ts'

const cleanUps: (() => void)[] = []
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()))

function newFolder(): { folder: string; data: string } {
  const { folder, remove } = temporaryFolder()
  cleanUps.push(remove)
  return { folder, data: join(folder, 'data') }
}

const forLogin = ['keys', 'new', '--service', 'login', '--role', 'authorization-server']
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('before the first start it creates the ledger, the key and its file', async () => {
  const { data } = newFolder()
  const issuer = 'https://id.example.com'
  const { code, stderr, stdout } = await grantlog([...forLogin, '--issuer', issuer], {
    GRANTLOG_DATA: data,
  })
  expect(code).toBe(0)
  const [, file = ''] = /^GRANTLOG_CREDENTIALS=(.*)\n$/.exec(stdout) ?? []
  expect(stderr).toContain('keep this line outside this machine')
  const credentials = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  const hashKey = (kid: string): object => ({ kid, k: expect.stringMatching(/^[\w-]{43}$/) })
  expect(credentials).toEqual({
    format: 'grantlog-credentials-v1',
    audience: 'default',
    service: 'login',
    roles: ['authorization_server'],
    endpoint: 'http://127.0.0.1:4318',
    privateKey: { crv: 'Ed25519', kty: 'OKP', d: expect.any(String), x: expect.any(String) },
    kid: expect.any(String),
    logKey: readFileSync(join(data, 'keys', 'log.vkey'), 'utf8').trim(),
    receiptKey: readFileSync(join(data, 'keys', 'receipt.vkey'), 'utf8').trim(),
    tokenKey: hashKey('t1'),
    personKey: hashKey('p1'),
  })
  const { kid } = credentials
  expect(await readEnrolled(foldersUnder(data))).toMatchObject([
    { kid, roles: ['authorization_server'], issuers: [issuer], services: ['login'], validUntil: 0 },
  ])
  const modes = [file, join(data, 'keys', 'enrolled.json'), join(data, 'keys')].map(modeOf)
  expect(modes).toEqual(['600', '600', '700'])
  // The new ledger can be verified at once.
  expect((await grantlog(['verify', '--data', data])).code).toBe(3)
})

test('services of one log share the hash keys, and have their own signing keys', async () => {
  const { data, folder } = newFolder()
  const files = ['a', 'b'].map((name) => join(folder, `${name}.json`))
  for (const out of files) await grantlog([...forLogin, '--data', data, '--out', out])
  const [a, b] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as { kid: string })
  expect(a).toMatchObject({ ...b, kid: a!.kid, privateKey: expect.anything() })
  expect(a!.kid).not.toBe(b!.kid)
})

test('keys made at the same time are all enrolled', async () => {
  const { data } = newFolder()
  await grantlog([...forLogin, '--data', data])
  const runs = ['one', 'two', 'three'].map((service) =>
    grantlog(['keys', 'new', '--service', service, '--role', 'client', '--data', data, '--json']),
  )
  expect((await Promise.all(runs)).map(({ code }) => code)).toEqual([0, 0, 0])
  const { stdout } = await grantlog(['keys', 'list', '--data', data, '--json'])
  const { keys } = JSON.parse(stdout) as { keys: { services: string[] }[] }
  expect(keys.flatMap(({ services }) => services).toSorted()).toEqual([
    'login',
    'one',
    'three',
    'two',
  ])
  expect(readdirSync(join(data, 'keys')).filter((name) => /lock|tmp/.test(name))).toEqual([])
})

test('a file that is there is never overwritten, and nothing is enrolled then', async () => {
  const { data, folder } = newFolder()
  const out = join(folder, 'mine.json')
  writeFileSync(out, 'mine')
  const result = await grantlog([...forLogin, '--data', data, '--out', out, '--json'])
  expect([result.code, errorIn(result).code]).toEqual([1, 'CREDENTIALS_EXIST'])
  expect(readFileSync(out, 'utf8')).toBe('mine')
  expect(await readEnrolled(foldersUnder(data))).toEqual([])
})

test('a damaged list is left alone, and no key file is left behind', async () => {
  const { data, folder } = newFolder()
  await grantlog([...forLogin, '--data', data])
  const list = join(data, 'keys', 'enrolled.json')
  writeFileSync(list, '[{')
  const out = join(folder, 'new.json')
  const result = await grantlog([...forLogin, '--data', data, '--out', out, '--json'])
  expect([result.code, errorIn(result).code]).toEqual([1, 'ENROLLED_MALFORMED'])
  expect([readFileSync(list, 'utf8'), existsSync(out)]).toEqual(['[{', false])
  // The advice is one, whoever meets the file, and it works.
  const listed = await grantlog(['keys', 'list', '--data', data, '--json'])
  const ports = ['--port', '0', '--admin-port', '0']
  const received = await grantlog(['receiver', '--data', data, ...ports, '--json'])
  for (const other of [listed, received]) {
    const { code, fix } = errorIn(other)
    expect([code, fix]).toEqual(['ENROLLED_MALFORMED', errorIn(result).fix])
  }
  expect(errorIn(result).fix).toContain(`Restore ${list} from a backup, or move it away`)
  renameSync(list, `${list}.bad`)
  expect((await grantlog([...forLogin, '--data', data, '--out', out])).code).toBe(0)
})

test('a key without a role is refused with the choices', async () => {
  const { data } = newFolder()
  const result = await grantlog(['keys', 'new', '--service', 'login', '--data', data, '--json'])
  const { title } = errorIn(result)
  for (const role of ['authorization_server', 'client', 'resource_server']) {
    expect(title).toContain(role)
  }
  expect([result.code, existsSync(data)]).toEqual([2, false])
})

const testWithProc = existsSync('/proc/self') ? test : test.skip
testWithProc('a data folder that cannot be made is an error, not a wait without end', async () => {
  for (const args of [forLogin, ['receiver', '--port', '0', '--admin-port', '0']]) {
    const result = await grantlog([...args, '--json'], { GRANTLOG_DATA: '/proc/nope' })
    const { code, title } = errorIn(result)
    expect([result.code, code]).toEqual([1, 'FOLDER_UNUSABLE'])
    expect(title).toContain('/proc/nope')
  }
})

test.each([
  [['keys', 'new', '--service', 'login']],
  [['keys', 'new', '--service', 'login', '--role', 'king']],
  [['keys', 'new', '--service', '../login', '--role', 'client']],
  [['keys', 'new', '--role', 'client']],
  [[...forLogin, '--issuer', 'javascript:alert(1)']],
])('%j is wrong usage and creates nothing', async (args) => {
  const { data } = newFolder()
  const result = await grantlog([...args, '--data', data, '--json'])
  expect([result.code, errorIn(result).code, existsSync(data)]).toEqual([2, 'USAGE', false])
})
