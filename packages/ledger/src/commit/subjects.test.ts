import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ATTR, base64url, canonicalize, REGISTRY_VERSION } from '@grantlog/record'
import { person, spanOf } from '../../test/producer.ts'
import { sha256 } from '../crypto.ts'
import { createKeystore, type Keystore, openKeystore } from '../io/keystore.ts'
import type { SlotOpening } from '../format/outline.ts'
import { identitiesIn, openSubjects, SubjectSealer } from './subjects.ts'

let folder: string
const rootKey = randomBytes(32)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-subjects-'))
  createKeystore(folder, rootKey)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const openingsOf = (attributes: [string, string][]): SlotOpening[] => {
  const span = spanOf({ seq: 0, attributes })
  const { slots } = canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
  return slots.map(({ slot, opening }) => ({ slot, opening: opening! }))
}

const sealOf = (openings: readonly SlotOpening[], store: Keystore) =>
  new SubjectSealer(store).seal(openings, identitiesIn(openings), 0)

describe('slots are encrypted by subject', () => {
  test('and open again, all of one person under one key', () => {
    const store = openKeystore(folder, rootKey)
    const openings = openingsOf(person('alice') as [string, string][])
    const parts = sealOf(openings, store)
    expect(parts).toHaveLength(1)
    expect(openSubjects(parts, store).map(({ slot }) => slot)).toEqual(['user', 'pseudonym'])
    store.close()
  })

  test("and are gone when the person's key is destroyed; others stay", () => {
    const store = openKeystore(folder, rootKey)
    const alice = sealOf(openingsOf(person('alice') as [string, string][]), store)
    const bob = sealOf(openingsOf(person('bob') as [string, string][]), store)
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
    const before = sealOf(openingsOf(session), store)
    const atLogin = sealOf(
      openingsOf([...(person('alice') as [string, string][]), ...session]),
      store,
    )
    const after = sealOf(openingsOf(session), store)
    expect(base64url(after[0]!.keyId)).toBe(base64url(atLogin[0]!.keyId))
    expect(base64url(before[0]!.keyId)).not.toBe(base64url(after[0]!.keyId))
    store.close()
    const db = new DatabaseSync(join(folder, 'keystore.db'))
    const linked = db.prepare('SELECT subject FROM linked WHERE key = ?').get(before[0]!.keyId)!
    expect(base64url(linked.subject as Uint8Array)).toBe(base64url(after[0]!.keyId))
    db.close()
  })

  test("a session that changes hands does not hand on the first person's key", () => {
    const store = openKeystore(folder, rootKey)
    const session: [string, string][] = [
      [ATTR.SESSION_ID, 'p1.session'],
      [ATTR.AUDIT_SLOT_PSEUDONYM_SALT, 'AAECAwQFBgcICQoLDA0ODw'],
    ]
    const seal = (name?: string) => {
      const whose = name ? (person(name) as [string, string][]) : []
      return sealOf(openingsOf([...whose, ...session]), store)[0]!.keyId
    }
    const [before, alice, bob] = [seal(), seal('alice'), seal('bob')]
    expect(base64url(seal())).toBe(base64url(bob))
    store.close()
    const db = new DatabaseSync(join(folder, 'keystore.db'))
    const linked = db.prepare('SELECT key, subject FROM linked').all()
    db.close()
    const names = linked.map(({ key, subject }) =>
      [key, subject].map((id) => base64url(id as Uint8Array)),
    )
    expect(names).toEqual([[base64url(before), base64url(alice)]])
  })
})

describe('new subjects of a minute', () => {
  const minute = 60_000
  const idOf = (sealer: SubjectSealer, name: string, receivedAt: number): string => {
    const openings = openingsOf(person(name) as [string, string][])
    const [part] = sealer.seal(openings, identitiesIn(openings), receivedAt)
    return base64url(part!.keyId)
  }

  test('have keys of their own up to the limit; those beyond share one, and all open', () => {
    const store = openKeystore(folder, rootKey)
    const sealer = new SubjectSealer(store, 2)
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => idOf(sealer, name, 0))
    expect(new Set([a, b, c])).toHaveProperty('size', 3)
    expect(d).toBe(c)
    expect(sealer.shared).toBe(2)
    // Who is known keeps his key, and has none of the limit.
    expect(idOf(sealer, 'a', 0)).toBe(a)
    // In the next minute there is room again, also for who shared before.
    expect(idOf(sealer, 'd', minute)).not.toBe(c)
    expect(idOf(sealer, 'b', minute)).toBe(b)
    idOf(sealer, 'e', minute)
    const openings = openingsOf(person('f') as [string, string][])
    const crowd = sealer.seal(openings, identitiesIn(openings), minute)
    expect(openSubjects(crowd, store)).toHaveLength(2)
    store.close()
  })

  test('are looked up once for records that say the same, but for those who share a key', () => {
    const store = openKeystore(folder, rootKey)
    const sealer = new SubjectSealer(store, 2)
    const sameOf = (name: string) => {
      const openings = openingsOf(person(name) as [string, string][])
      const identities = identitiesIn(openings)
      return (receivedAt: number): string => {
        const [part] = sealer.seal(openings, identities, receivedAt)
        return base64url(part!.keyId)
      }
    }
    const [a, b, c] = [sameOf('a'), sameOf('b'), sameOf('c')]
    const [own, other] = [a(0), b(0)]
    expect([a(0), a(0), b(0), b(0), a(0)]).toEqual([own, own, other, other, own])
    const crowd = c(0)
    expect([crowd === own, c(0)]).toEqual([false, crowd])
    expect(sealer.shared).toBe(2)
    // As soon as there is room.
    expect(c(minute)).not.toBe(crowd)
    store.close()
  })

  test('a flood of invented names makes no more keys than the limit', () => {
    const store = openKeystore(folder, rootKey)
    const sealer = new SubjectSealer(store, 10)
    for (let i = 0; i < 200; i++) idOf(sealer, `invented-${i}`, 0)
    store.close()
    const db = new DatabaseSync(join(folder, 'keystore.db'))
    const { keys } = db.prepare("SELECT count(*) AS keys FROM key WHERE kind = 'subject'").get()!
    db.close()
    // Those of the crowd are one more.
    expect(keys).toBe(11)
  })
})
