// Guarantee: whoever has a token or the name of a person finds their records, and what was hashed
// is printed nowhere.
import { spawnSync } from 'node:child_process'
import { createSecretKey } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { foldersUnder } from '@grantlog/ledger'
import { createHashes } from '../../packages/sdk/src/protect/hash.ts'
import {
  ensureLedger,
  readSharedKeys,
  type SharedKeys,
} from '../../packages/cli/src/first-start.ts'

const main = join(import.meta.dirname, '../../packages/cli/src/main.ts')
const data = mkdtempSync(join(tmpdir(), 'grantlog-hash-'))
let keys: SharedKeys

beforeAll(async () => {
  await ensureLedger(foldersUnder(data), 'hash.example/log')
  keys = await readSharedKeys(foldersUnder(data))
})
afterAll(() => rmSync(data, { recursive: true }))

function run(kind: string, input: string) {
  const flags = ['--conditions=@grantlog/source', main, 'hash', kind, '--data', data]
  return spawnSync(process.execPath, flags, { input, encoding: 'utf8' })
}

test('it is the hash that the SDK writes into records', () => {
  const of = ({ k, kid }: SharedKeys['tokenKey']) => {
    return { kid, key: createSecretKey(Buffer.from(k, 'base64url')) }
  }
  const hashes = createHashes({ tokenKey: of(keys.tokenKey), personKey: of(keys.personKey) })
  for (const value of ['eyJhbGciOiJ.planted.token', 'älice@example.com']) {
    expect(run('token', `${value}\n`).stdout).toBe(`${hashes.token(value)}\n`)
    const person = run('person', value)
    expect(person).toMatchObject({ status: 0, stdout: `${hashes.person(value)}\n`, stderr: '' })
  }
})

test('nothing, too much, and another kind are wrong usage, and are not shown', () => {
  for (const [kind, input] of [
    ['token', '\n'],
    ['token', 'planted'.repeat(20_000)],
    ['secret', 'planted'],
  ] as const) {
    const { status, stderr, stdout } = run(kind, input)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^USAGE: /)
    expect(stderr).not.toContain('planted')
  }
})
