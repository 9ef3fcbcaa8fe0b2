// libsodium beside OpenSSL: what passes is the same, also for signatures that only who has the key
// can make, and whose verdict depends on how a library reads RFC 8032.
import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import {
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  generateEd25519,
  requireSoundKey,
} from '@grantlog/ledger'
import { ed25519 } from '@noble/curves/ed25519.js'
import { isSigned, type Libsodium, libsodium, signatureCheck, signaturesBy } from './signature.ts'

const { BASE, Fn } = ed25519.Point
type Point = InstanceType<typeof ed25519.Point>
const data = Buffer.from('a batch')
const found = libsodium()
// On a system that sodium-native has nothing compiled for.
if (found === null) process.stderr.write('skipped: libsodium beside OpenSSL: it does not load\n')
const beside = found === null ? test.skip : test
const sodium = found!
const check = signatureCheck(found)

/** The eight points of small order: multiples of one of order 8. */
const small = (() => {
  const generator = ed25519.Point.fromHex(
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  )
  const points: Point[] = [ed25519.Point.ZERO]
  for (let at = 1; at < 8; at++) points.push(points[at - 1]!.add(generator))
  return points
})()

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()
}

/** Signed with a point of small order added to the key, to R, or to both. */
function crafted(inKey: Point, inR: Point, nonce: bigint): { key: Buffer; signature: Buffer } {
  const secret = 987_654_321n
  const key = Buffer.from(BASE.multiply(secret).add(inKey).toBytes())
  const r = Buffer.from(BASE.multiply(nonce).add(inR).toBytes())
  const digest = createHash('sha512').update(r).update(key).update(data).digest()
  const k = BigInt(`0x${digest.reverse().toString('hex')}`)
  return { key, signature: Buffer.concat([r, littleEndian(Fn.create(nonce + k * secret))]) }
}

beside('libsodium is asked', () => {
  let asked = 0
  const counted: Libsodium = {
    crypto_sign_verify_detached: (...args) => {
      asked++
      return sodium.crypto_sign_verify_detached(...args)
    },
  }
  const { privateKey, publicKey } = generateEd25519()
  const key = ed25519PublicKey(publicKey)
  expect(signatureCheck(counted)(key, data, ed25519Sign(privateKey, data))).toBe(true)
  expect(asked).toBe(1)
  expect(isSigned(key, data, ed25519Sign(privateKey, data))).toBe(true)
  expect(signaturesBy()).toBe('libsodium')
})

beside('a signature passes, and no other bytes do', () => {
  const { privateKey, publicKey } = generateEd25519()
  const key = ed25519PublicKey(publicKey)
  const signature = ed25519Sign(privateKey, data)
  expect(check(key, data, signature)).toBe(true)
  expect(check(key, Buffer.from('another'), signature)).toBe(false)
  expect(check(ed25519PublicKey(generateEd25519().publicKey), data, signature)).toBe(false)
  for (let bit = 0; bit < 512; bit++) {
    const changed = Uint8Array.from(signature)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    expect(check(key, data, changed)).toBe(false)
  }
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`)
  const larger = Buffer.concat([signature.subarray(0, 32), littleEndian(s + Fn.ORDER)])
  expect(check(key, data, larger)).toBe(false)
})

beside('with points of small order in key and R, what libsodium lets pass OpenSSL does', () => {
  let [passed, failed] = [0, 0]
  for (const inKey of small) {
    for (const inR of small) {
      for (let nonce = 1n; nonce <= 8n; nonce++) {
        const { key, signature } = crafted(inKey, inR, nonce)
        const byOpenSsl = ed25519Verify(key, data, signature)
        const bySodium = sodium.crypto_sign_verify_detached(signature, data, key)
        if (bySodium) expect(byOpenSsl).toBe(true)
        expect(check(ed25519PublicKey(key), data, signature)).toBe(byOpenSsl)
        if (byOpenSsl) passed++
        else failed++
      }
    }
  }
  // Both kinds are there, and most would pass where the cofactor is multiplied by.
  expect(passed).toBeGreaterThan(30)
  expect(failed).toBeGreaterThan(300)
})

beside('keys and Rs of small order alone: never enrolled, or as OpenSSL says', () => {
  for (const point of small) {
    expect(() => requireSoundKey(point.toBytes())).toThrow('small order')
    const { key, signature } = crafted(ed25519.Point.ZERO, point.subtract(BASE), 1n)
    const byOpenSsl = ed25519Verify(key, data, signature)
    expect(check(ed25519PublicKey(key), data, signature)).toBe(byOpenSsl)
  }
})

test('one that is missing, or says yes or no to everything, is not asked', () => {
  const always = (answer: boolean) => () => ({ crypto_sign_verify_detached: () => answer })
  const missing = (): never => {
    throw new Error('Cannot find module')
  }
  expect([missing, always(true), always(false)].map(libsodium)).toEqual([null, null, null])
  const { privateKey, publicKey } = generateEd25519()
  const signature = ed25519Sign(privateKey, data)
  expect(signatureCheck(null)(ed25519PublicKey(publicKey), data, signature)).toBe(true)
})
