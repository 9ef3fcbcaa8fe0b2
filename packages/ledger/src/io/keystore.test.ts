import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ATTR, base64url, canonicalize, REGISTRY_VERSION } from '@grantlog/record'
import { openSubjects, sealSubjects, type SlotOpening } from '../commit/subjects.ts'
import { sha256 } from '../crypto.ts'
import { person, spanOf } from '../../test/producer.ts'
import { openKeystore } from './keystore.ts'

let folder: string
const rootKey = randomBytes(32)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-keystore-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const openingsOf = (attributes: [string, string][]): SlotOpening[] => {
  const span = spanOf({ seq: 0, attributes })
  const { slots } = canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
  return slots.map(({ slot, opening }) => ({ slot, opening: opening! }))
}

describe('a keystore', () => {
  test('gives the same keys again after it was closed', () => {
    const store = openKeystore(folder, rootKey)
    const frame = store.frameKey()
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

describe('slots are encrypted by subject', () => {
  test('and open again, all of one person under one key', () => {
    const store = openKeystore(folder, rootKey)
    const openings = openingsOf(person('alice') as [string, string][])
    const parts = sealSubjects(openings, 0, store)
    expect(parts).toHaveLength(1)
    expect(openSubjects(parts, store).map(({ slot }) => slot)).toEqual(['user', 'pseudonym'])
    store.close()
  })

  test("and are gone when the person's key is destroyed; others stay", () => {
    const store = openKeystore(folder, rootKey)
    const alice = sealSubjects(openingsOf(person('alice') as [string, string][]), 0, store)
    const bob = sealSubjects(openingsOf(person('bob') as [string, string][]), 0, store)
    store.close()
    const db = new DatabaseSync(join(folder, 'keystore.db'))
    db.prepare('DELETE FROM key WHERE id = ?').run(alice[0]!.keyId)
    db.close()
    const again = openKeystore(folder, rootKey)
    expect(openSubjects(alice, again)).toEqual([])
    expect(openSubjects(bob, again)).toHaveLength(2)
    again.close()
  })

  test('a session before log-in is linked to the person who logs in', () => {
    const store = openKeystore(folder, rootKey)
    const salt = 'AAECAwQFBgcICQoLDA0ODw'
    const session: [string, string][] = [
      [ATTR.SESSION_ID, 'p1.session'],
      [ATTR.AUDIT_SLOT_PSEUDONYM_SALT, salt],
    ]
    const before = sealSubjects(openingsOf(session), 0, store)
    const atLogin = sealSubjects(
      openingsOf([...(person('alice') as [string, string][]), ...session]),
      0,
      store,
    )
    const after = sealSubjects(openingsOf(session), 0, store)
    expect(base64url(after[0]!.keyId)).toBe(base64url(atLogin[0]!.keyId))
    expect(base64url(before[0]!.keyId)).not.toBe(base64url(after[0]!.keyId))
    store.close()
    const db = new DatabaseSync(join(folder, 'keystore.db'))
    const linked = db.prepare('SELECT subject FROM linked WHERE key = ?').get(before[0]!.keyId)!
    expect(base64url(linked.subject as Uint8Array)).toBe(base64url(after[0]!.keyId))
    db.close()
  })
})
