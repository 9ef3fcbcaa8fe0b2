// Whose personal data a slot holds, and its encryption under that person's key: destroying the key
// erases the person and nothing else. See subjects.test.ts.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { ATTR, type AttributeValue, openSlot, type SlotName, utf8 } from '@grantlog/record'
import { ByteReader, ByteWriter } from '../format/bytes.ts'
import type { SubjectPart } from '../format/plaintext.ts'
import type { Keystore, StoredKey } from '../io/keystore.ts'

/** A slot and the bytes that open its commitment. */
export interface SlotOpening {
  readonly slot: SlotName
  readonly opening: Uint8Array
}

type Fields = ReadonlyMap<string, AttributeValue>

/**
 * Encrypts a record's openings, joined by subject. Slots about the acting person go under that
 * person's key; `actor` and `target` under theirs. Somebody not known yet is their session, and a
 * stranger shares a key with all strangers of the day.
 */
export function sealSubjects(
  openings: readonly SlotOpening[],
  receivedAt: number,
  keystore: Keystore,
): SubjectPart[] {
  if (openings.length === 0) return []
  const fieldsOf = new Map(openings.map(({ slot, opening }) => [slot, openSlot(opening).fields]))
  const acting = actingSubject(fieldsOf, receivedAt, keystore)
  const bySubject = new Map<StoredKey, SlotOpening[]>()
  for (const part of openings) {
    const other = otherIdentity(part.slot, fieldsOf.get(part.slot)!)
    const subject = other === undefined ? acting : keystore.subjectKey(other)
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), part])
  }
  return [...bySubject].map(([subject, parts]) => encrypt(subject, parts))
}

/** Decrypts openings; a subject whose key was destroyed gives none. Not authenticated: the
 * commitments in the canonical form are what proves an opening. */
export function openSubjects(parts: readonly SubjectPart[], keystore: Keystore): SlotOpening[] {
  return parts.flatMap(({ keyId, nonce, ciphertext }) => {
    const key = keystore.subjectKeyById(keyId)
    if (!key) return []
    const decipher = createDecipheriv('aes-256-ctr', key, nonce)
    return decodeOpenings(Buffer.concat([decipher.update(ciphertext), decipher.final()]))
  })
}

function actingSubject(
  fieldsOf: ReadonlyMap<SlotName, Fields>,
  receivedAt: number,
  keystore: Keystore,
): StoredKey {
  const person = text(fieldsOf.get('pseudonym'), ATTR.USER_HASH)
  const userId = text(fieldsOf.get('user'), ATTR.USER_ID)
  const session = text(fieldsOf.get('pseudonym'), ATTR.SESSION_ID)
  const known = person ? `person ${person}` : userId && `user ${userId}`
  if (!known) {
    const day = new Date(receivedAt).toISOString().slice(0, 10)
    return keystore.subjectKey(session ? `session ${session}` : `strangers ${day}`)
  }
  const subject = keystore.subjectKey(known)
  // From log-in on, what the session did before belongs to the person too, also for erasure.
  if (session) keystore.link(`session ${session}`, subject)
  return subject
}

function otherIdentity(slot: SlotName, fields: Fields): string | undefined {
  if (slot === 'actor') return `actor ${text(fields, ATTR.OAUTH_ACTOR_ID) ?? ''}`
  if (slot === 'target') return `target ${text(fields, ATTR.AUDIT_TARGET_ID) ?? ''}`
  return undefined
}

function text(fields: Fields | undefined, name: string): string | undefined {
  const value = fields?.get(name)
  return typeof value === 'string' ? value : undefined
}

function encrypt(subject: StoredKey, parts: readonly SlotOpening[]): SubjectPart {
  const nonce = randomBytes(16)
  const cipher = createCipheriv('aes-256-ctr', subject.key, nonce)
  const ciphertext = Buffer.concat([cipher.update(encodeOpenings(parts)), cipher.final()])
  return { keyId: subject.id, nonce, ciphertext }
}

function encodeOpenings(parts: readonly SlotOpening[]): Uint8Array {
  const writer = new ByteWriter()
  for (const { slot, opening } of parts) {
    const name = utf8(slot)
    writer.u8(name.length)
    writer.raw(name)
    writer.block(opening)
  }
  return writer.finish()
}

function decodeOpenings(plaintext: Uint8Array): SlotOpening[] {
  const reader = new ByteReader(plaintext)
  const parts: SlotOpening[] = []
  while (!reader.done) {
    const slot = Buffer.from(reader.raw(reader.u8())).toString('latin1') as SlotName
    parts.push({ slot, opening: reader.block() })
  }
  return parts
}
