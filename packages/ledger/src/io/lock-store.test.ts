import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openLockStore, readLockStore } from './lock-store.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const first = { size: 1, root: 'r1', note: 'n1' }
const second = { size: 2, root: 'r2', note: 'n2' }

test('remembers the newest checkpoint', async () => {
  const lock = await openLockStore(folder, 'log')
  expect(lock.checkpoint).toBeNull()
  lock.swap(first)
  lock.swap(second)
  lock.close()
  expect(readLockStore(folder, 'log')).toMatchObject(second)
  expect(readLockStore(folder, 'another log')).toBeNull()
})

test('is held by one process', async () => {
  const lock = await openLockStore(folder, 'log')
  await expect(openLockStore(folder, 'log')).rejects.toMatchObject({ code: 'LEDGER_LOCKED' })
  lock.close()
  const next = await openLockStore(folder, 'log')
  next.close()
})

test('a fenced writer cannot swap, nor can anybody over an unknown checkpoint', async () => {
  const lock = await openLockStore(folder, 'log')
  lock.swap(first)
  const db = new DatabaseSync(join(folder, 'checkpoints.db'))
  db.exec('UPDATE checkpoint SET epoch = epoch + 1')
  expect(() => lock.swap(second)).toThrow(expect.objectContaining({ code: 'LEDGER_FENCED' }))
  db.exec("UPDATE checkpoint SET epoch = epoch - 1, root = 'other'")
  expect(() => lock.swap(second)).toThrow(expect.objectContaining({ code: 'LEDGER_FENCED' }))
  db.close()
  lock.close()
})

test('one that cannot be read is not taken for none', async () => {
  expect(readLockStore(folder, 'log')).toBeNull()
  await writeFile(join(folder, 'checkpoints.db'), 'not a database, and not an empty file either')
  const damaged = expect.objectContaining({ code: 'LEDGER_DAMAGED' })
  expect(() => readLockStore(folder, 'log')).toThrow(damaged)
  await expect(openLockStore(folder, 'log')).rejects.toMatchObject({ code: 'LEDGER_DAMAGED' })
  await rm(join(folder, 'checkpoints.db'))
  // A failed opening has given the process lock back.
  const lock = await openLockStore(folder, 'log')
  lock.close()
})
