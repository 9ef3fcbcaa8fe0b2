import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openDatabase, readDatabase } from './database.ts'
import { createKeystore, openKeystore } from './keystore.ts'
import { openLockStore, readLockStore } from './lock-store.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-database-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Leaves the file as a process does that is killed inside a commit: written only in part. */
async function killWithin(path: string, sql: string): Promise<void> {
  const db = new DatabaseSync(path)
  const small = 'PRAGMA cache_size = 1; PRAGMA cache_spill = 1'
  db.exec(`PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; ${small}; BEGIN IMMEDIATE`)
  for (let i = 0; i < 3000; i++) db.exec(sql)
  await copyFile(path, `${path}.copy`)
  await copyFile(`${path}-journal`, `${path}.copy-journal`)
  db.exec('ROLLBACK')
  db.close()
  await copyFile(`${path}.copy`, path)
  await copyFile(`${path}.copy-journal`, `${path}-journal`)
}

const copies = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('grantlog-read-'))

describe('after a writer was killed inside a commit', () => {
  test('readers see the state before it, and change nothing', async () => {
    const path = join(folder, 'a.db')
    const { db, close } = openDatabase(path)
    db.exec("CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('before')")
    close()
    await killWithin(path, 'INSERT INTO t VALUES (hex(randomblob(500)))')
    const bytes = await readFile(path)
    const had = copies()
    const reader = readDatabase(path)
    expect(reader.db.prepare('SELECT x FROM t').all()).toMatchObject([{ x: 'before' }])
    reader.close()
    expect(copies()).toEqual(had)
    expect((await readFile(path)).equals(bytes)).toBe(true)
    expect(existsSync(`${path}-journal`)).toBe(true)
    const writer = openDatabase(path)
    expect(writer.db.prepare('SELECT x FROM t').all()).toHaveLength(1)
    writer.close()
  })

  test('the keystore opens to read', async () => {
    const rootKey = randomBytes(32)
    createKeystore(folder, rootKey)
    const store = openKeystore(folder, rootKey)
    const secret = store.secret('token')
    store.close()
    const path = join(folder, 'keystore.db')
    await killWithin(path, 'INSERT INTO identity VALUES (randomblob(32), randomblob(16))')
    const again = openKeystore(folder, rootKey, { readOnly: true })
    expect(Buffer.from(again.secret('token'))).toEqual(Buffer.from(secret))
    again.close()
  })

  test('the lock store still knows its checkpoint', async () => {
    const lock = await openLockStore(folder, 'log')
    lock.swap({ size: 1, root: 'r', note: 'n' })
    lock.close()
    const sql = "INSERT INTO checkpoint VALUES (hex(randomblob(2000)), 1, 1, '', '')"
    await killWithin(join(folder, 'checkpoints.db'), sql)
    expect(readLockStore(folder, 'log')).toMatchObject({ size: 1, root: 'r', note: 'n' })
  })
})

test('a file that is no database is refused, by readers and writers', async () => {
  const path = join(folder, 'a.db')
  await copyFile(import.meta.filename, path)
  for (const open of [openDatabase, readDatabase]) {
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'ERR_SQLITE_ERROR' }))
  }
})
