import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { base64url } from '@grantlog/record'
import { openDatabase } from './database.ts'
import { createKeystore, keystoreOn, openKeystore } from './keystore.ts'

let folder: string
const rootKey = randomBytes(32)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-keystore-'))
  createKeystore(folder, rootKey)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a keystore', () => {
  test('gives the same keys again after it was closed', () => {
    const store = openKeystore(folder, rootKey)
    const frame = store.frameKey(0)
    const alice = store.subjectKey('alice')
    const secret = store.secret('token')
    store.close()
    const again = openKeystore(folder, rootKey)
    expect(again.frameKeyById(base64url(frame.id)).equals(frame.key)).toBe(true)
    expect(again.subjectKey('alice').key.equals(alice.key)).toBe(true)
    expect(again.subjectKeyById(alice.id)!.equals(alice.key)).toBe(true)
    expect(Buffer.from(again.secret('token'))).toEqual(Buffer.from(secret))
    expect(again.subjectKey('bob').key.equals(alice.key)).toBe(false)
    again.close()
  })

  test('does not open under another root key, nor with keys swapped', () => {
    const store = openKeystore(folder, rootKey)
    const [alice, bob] = [store.subjectKey('alice'), store.subjectKey('bob')]
    store.close()
    expect(() => openKeystore(folder, randomBytes(32))).toThrow('does not unwrap')
    const db = new DatabaseSync(join(folder, 'keystore.db'))
    const wrapped = db.prepare('SELECT wrapped FROM key WHERE id = ?').get(bob.id)!
      .wrapped as Uint8Array
    db.prepare('UPDATE key SET wrapped = ? WHERE id = ?').run(wrapped, alice.id)
    db.close()
    const swapped = openKeystore(folder, rootKey)
    expect(() => swapped.subjectKeyById(alice.id)).toThrow('does not unwrap')
    swapped.close()
  })

  test('holds neither identities nor keys in clear', async () => {
    const store = openKeystore(folder, rootKey)
    const { key } = store.subjectKey('user alice@example.com')
    store.close()
    const bytes = await readFile(join(folder, 'keystore.db'))
    expect((await stat(join(folder, 'keystore.db'))).mode & 0o777).toBe(0o600)
    expect(bytes.includes('alice')).toBe(false)
    expect(bytes.includes(key.export())).toBe(false)
    expect(bytes.includes(rootKey)).toBe(false)
  })
})

test('frames have a key of their day', () => {
  const store = openKeystore(folder, rootKey)
  const day = 86_400_000
  const [first, same, next] = [store.frameKey(0), store.frameKey(day - 1), store.frameKey(day)]
  expect(same.key.equals(first.key)).toBe(true)
  expect(next.key.equals(first.key)).toBe(false)
  expect(store.frameKeyById(base64url(first.id)).equals(first.key)).toBe(true)
  store.close()
})

test('a key that another process destroys is not used for the next frame', () => {
  const writer = openKeystore(folder, rootKey)
  const frame = base64url(writer.frameKey(0).id)
  const [alice, bob] = [writer.subjectKey('user alice'), writer.subjectKey('user bob')]
  writer.flush()
  const reader = openKeystore(folder, rootKey, { readOnly: true })
  for (const store of [writer, reader]) {
    store.frameKeyById(frame)
    expect(store.subjectKeyById(alice.id)!.equals(alice.key)).toBe(true)
  }
  const other = openDatabase(join(folder, 'keystore.db'))
  other.db.prepare('DELETE FROM key WHERE id = ?').run(alice.id)
  other.close()
  for (const store of [writer, reader]) {
    store.frameKeyById(frame)
    expect(store.subjectKeyById(alice.id)).toBeUndefined()
    expect(store.subjectKeyById(bob.id)!.equals(bob.key)).toBe(true)
    store.close()
  }
})

test('a key that another process destroys encrypts nothing more, though no frame was read', () => {
  const writer = openKeystore(folder, rootKey)
  const alice = writer.subjectKey('user alice')
  writer.flush()
  const other = openDatabase(join(folder, 'keystore.db'))
  other.db.prepare('DELETE FROM key WHERE id = ?').run(alice.id)
  other.close()
  writer.forgetDestroyed()
  expect(writer.subjectKey('user alice').key.equals(alice.key)).toBe(false)
  writer.close()
})

test('what another process adds makes nobody forget', () => {
  const writer = openKeystore(folder, rootKey)
  const frame = base64url(writer.frameKey(0).id)
  const alice = writer.subjectKey('user alice')
  writer.flush()
  const reader = openKeystore(folder, rootKey, { readOnly: true })
  reader.frameKeyById(frame)
  const { forgotten } = reader
  for (const name of ['bob', 'carol']) {
    writer.subjectKey(`user ${name}`)
    writer.flush()
    reader.frameKeyById(frame)
  }
  expect(reader.forgotten).toBe(forgotten)
  const other = openDatabase(join(folder, 'keystore.db'))
  other.db.prepare('DELETE FROM key WHERE id = ?').run(alice.id)
  other.close()
  reader.frameKeyById(frame)
  expect(reader.forgotten).toBe(forgotten + 1)
  for (const store of [writer, reader]) store.close()
})

test('a keystore of an earlier version: all is forgotten, until a writer has it count', () => {
  const path = join(folder, 'keystore.db')
  const older = openDatabase(path)
  older.db.exec('DROP TRIGGER key_gone; DROP TABLE gone')
  const reader = openKeystore(folder, rootKey, { readOnly: true })
  const insert = older.db.prepare("INSERT INTO key VALUES (?, 'subject', NULL, 1, x'00')")
  const frames = openKeystore(folder, rootKey)
  const frame = base64url(frames.frameKey(0).id)
  frames.close()
  older.db.exec('DROP TRIGGER key_gone; DROP TABLE gone')
  reader.frameKeyById(frame)
  const { forgotten } = reader
  insert.run(Buffer.alloc(16, 1))
  reader.frameKeyById(frame)
  expect(reader.forgotten).toBe(forgotten + 1)
  openKeystore(folder, rootKey).close()
  reader.frameKeyById(frame)
  const counted = reader.forgotten
  insert.run(Buffer.alloc(16, 2))
  reader.frameKeyById(frame)
  expect(reader.forgotten).toBe(counted)
  older.db.prepare('DELETE FROM key WHERE id = ?').run(Buffer.alloc(16, 2))
  reader.frameKeyById(frame)
  expect(reader.forgotten).toBe(counted + 1)
  reader.close()
  older.close()
})

describe('a keystore that is lost is not made anew', () => {
  test.each([true, false])('the file, read only: %s', async (readOnly) => {
    await rm(join(folder, 'keystore.db'))
    const open = () => openKeystore(folder, rootKey, { readOnly })
    expect(open).toThrow(expect.objectContaining({ code: 'KEYSTORE_DAMAGED' }))
    await expect(stat(join(folder, 'keystore.db'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.each([true, false])('its KEK, read only: %s', (readOnly) => {
    const db = new DatabaseSync(join(folder, 'keystore.db'))
    db.exec('DELETE FROM kek')
    db.close()
    const open = () => openKeystore(folder, rootKey, { readOnly })
    expect(open).toThrow(expect.objectContaining({ code: 'KEYSTORE_DAMAGED' }))
  })

  test.each([true, false])('its bytes, read only: %s', async (readOnly) => {
    await writeFile(
      join(folder, 'keystore.db'),
      'not a database, but as long as a header of one is',
    )
    const open = () => openKeystore(folder, rootKey, { readOnly })
    expect(open).toThrow(expect.objectContaining({ code: 'KEYSTORE_DAMAGED' }))
  })
})

test('opened to read, it makes nothing', () => {
  const store = openKeystore(folder, rootKey, { readOnly: true })
  const missing = expect.objectContaining({ code: 'LEDGER_NOT_FOUND' })
  expect(() => store.secret('token')).toThrow(missing)
  expect(() => store.subjectKey('user alice')).toThrow(missing)
  store.close()
})

describe('keys that could not be written are never handed out again', () => {
  /** What SQLite says, and what the ledger makes of it. */
  const failures: [number, string][] = [
    [13, 'LEDGER_FULL'],
    [10, 'LEDGER_POISONED'],
  ]
  const failing = (errcode: number): Error =>
    Object.assign(new Error('injected'), { code: 'ERR_SQLITE_ERROR', errcode })

  test.each(failures)('when the commit fails with %s', (errcode, code) => {
    const opened = openDatabase(join(folder, 'keystore.db'))
    const { db } = opened
    const store = keystoreOn(opened, rootKey)
    const lost = [store.subjectKey('user alice'), store.frameKey(0)]
    const exec = db.exec.bind(db)
    db.exec = (sql) => {
      if (sql === 'COMMIT') throw failing(errcode)
      exec(sql)
    }
    expect(() => store.flush()).toThrow(expect.objectContaining({ code }))
    db.exec = exec
    const kept = [store.subjectKey('user alice'), store.frameKey(0)]
    expect(kept.map(({ key }, i) => key.equals(lost[i]!.key))).toEqual([false, false])
    store.flush()
    store.close()
    const again = openKeystore(folder, rootKey)
    expect(again.subjectKey('user alice').key.equals(kept[0]!.key)).toBe(true)
    expect(again.subjectKeyById(lost[0]!.id)).toBeUndefined()
    again.close()
  })

  test('when there is no page left for one more', () => {
    const opened = openDatabase(join(folder, 'keystore.db'))
    const store = keystoreOn(opened, rootKey)
    opened.db.exec('PRAGMA max_page_count = 1')
    const first = store.subjectKey('user 0')
    const full = expect.objectContaining({ code: 'LEDGER_FULL' })
    expect(() => {
      for (let i = 1; i < 1000; i++) store.subjectKey(`user ${i}`)
    }).toThrow(full)
    expect(store.subjectKey('user 0').key.equals(first.key)).toBe(false)
    store.close()
    openKeystore(folder, rootKey).close()
  })
})
