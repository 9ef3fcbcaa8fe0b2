import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { sealedFile } from './sealed-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-sealed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const path = join(folder, 'detect', 'state')
const key = new Uint8Array(32).fill(7)
const of = { key, origin: 'example.com/log' }
const json = { address: '203.0.113.7', seen: [1, 2] }

test('what is written reads back, and nobody else can read it', async () => {
  expect(await sealedFile(path, of).read()).toBeNull()
  expect(await sealedFile(path, of).write(json)).toBe(true)
  expect(await sealedFile(path, of).read()).toEqual(json)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path).includes('203.0.113.7')).toBe(false)
})

test('a large one is kept up to a size', async () => {
  const large = Array.from({ length: 30_000 }, (_, n) => ['a name', n, { seen: [n] }])
  const bytes = JSON.stringify(large).length
  expect(await sealedFile(path, { ...of, bytesMax: bytes }).write(large)).toBe(true)
  expect(await sealedFile(path, of).read()).toEqual(large)
  expect(await sealedFile(path, { ...of, bytesMax: bytes - 1 }).write([])).toBe(true)
  expect(await sealedFile(path, { ...of, bytesMax: bytes - 1 }).write(large)).toBe(false)
  expect(await sealedFile(path, of).read()).toEqual([])
})

test('of another key, log or name, or changed, it is none', async () => {
  await sealedFile(path, of).write(json)
  const other = { ...of, key: new Uint8Array(32) }
  expect(await sealedFile(path, other).read()).toBeNull()
  expect(await sealedFile(path, { ...of, origin: 'example.com/other' }).read()).toBeNull()
  const bytes = readFileSync(path)
  writeFileSync(join(folder, 'detect', 'findings'), bytes)
  expect(await sealedFile(join(folder, 'detect', 'findings'), of).read()).toBeNull()
  for (const at of [0, 20, bytes.length - 1]) {
    const changed = Uint8Array.from(bytes)
    changed[at]! ^= 1
    writeFileSync(path, changed)
    expect(await sealedFile(path, of).read()).toBeNull()
  }
  writeFileSync(path, bytes.subarray(0, 20))
  expect(await sealedFile(path, of).read()).toBeNull()
})
