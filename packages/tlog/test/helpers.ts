// Shared by the tests of @grantlog/tlog: Node's SHA-256 and Ed25519, and a Merkle tree written down
// naively from RFC 9162's recursive definition, independent of the code under test.
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from '@jest/globals'
import { formatVkey, type NoteKey } from '../src/key.ts'
import { TlogError, type TlogCode } from '../src/codes.ts'
import type { Ed25519Key } from '../src/ed25519.ts'
import type { SubtreeReader } from '../src/tree.ts'

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))

export function sha256(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest())
}

/** A copy of `bytes` with one bit flipped. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[Math.floor(bit / 8)]! ^= 1 << (bit % 8)
  return copy
}

/** Expects that `run` throws or rejects with this code. */
export async function expectCode(code: TlogCode, run: () => unknown): Promise<void> {
  let error: unknown
  try {
    await run()
  } catch (caught) {
    error = caught
  }
  expect(error).toBeInstanceOf(TlogError)
  expect((error as TlogError).code).toBe(code)
}

export const leaf = (n: number): Uint8Array => sha256(Buffer.from(`\0entry ${n}`))

/** MTH(D[n]) of RFC 9162 section 2.1.1, over leaf hashes. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  if (leaves.length === 1) return leaves[0]!
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha256(
    Buffer.concat([Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k))]),
  )
}

/** Reads subtrees out of a list of leaf hashes. */
export function memoryReader(leaves: readonly Uint8Array[]): SubtreeReader {
  return {
    sha256,
    hash(level, index) {
      const width = 2 ** level
      const part = leaves.slice(index * width, (index + 1) * width)
      if (part.length !== width) throw new Error(`incomplete subtree ${level}/${index}`)
      return naiveRoot(part)
    },
  }
}

/** An Ed25519 key whose seed is 32 times the same byte, or given. */
export function testKey(name: string, seed: number | Uint8Array): Ed25519Key {
  const bytes = typeof seed === 'number' ? new Uint8Array(32).fill(seed) : seed
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), bytes])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    name,
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (data) => new Uint8Array(sign(null, data, key)),
  }
}

/** Node's Ed25519 as this package takes it. */
export function verifyEd25519(key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key])
  return verify(null, data, { key: spki, format: 'der', type: 'spki' }, signature)
}

export function vkeyOf({ name, publicKey }: Omit<NoteKey, 'type'>, type: number): string {
  return formatVkey({ name, type, publicKey }, sha256)
}

/** A file of test/vectors/tlog; its README says where each comes from. */
export function vector(name: string): string {
  return readFileSync(new URL(`../../../test/vectors/tlog/${name}`, import.meta.url), 'utf8')
}
