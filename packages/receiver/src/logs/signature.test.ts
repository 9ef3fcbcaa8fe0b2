// Signatures of a Collector's signingprocessor are verified over exactly the bytes that it signs.
// The golden texts are what its source (commit 6067385) makes of these records; each is spelt out,
// for a second reading of the same source would err alike.
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { LogRecord } from '@grantlog/record'
import { decodeLogsRequest } from '@grantlog/record/otlp'
import { deletion, encodeLogs, type Fields, type Value } from '@grantlog/record/testing'
import { testCertificate } from '../../test/certificate.ts'
import { readLogSigners } from './io/signers.ts'
import { createSignatureCheck, type LogSigner, signedForm } from './signature.ts'

function read(fields: Fields, resource: Record<string, Value> = {}): LogRecord {
  const [log] = decodeLogsRequest(encodeLogs([fields], { resource })).logs()
  if (!log || 'error' in log) throw log?.error ?? new Error('none')
  return log
}

const withId = (more: Record<string, Value>): Fields => ({
  attributes: { 'audit.record.id': 'x', ...more },
})
const formOf = (fields: Fields): string => Buffer.from(signedForm(read(fields))).toString()

describe('what is signed', () => {
  test('the fields of the record, its values tagged, lists without a tag', () => {
    expect(formOf(deletion)).toBe(
      '{"attributes":{"audit.action":{"stringValue":"document.delete"},' +
        '"audit.actor.id":{"stringValue":"p1.alice"},"audit.actor.type":{"stringValue":"user"},' +
        '"audit.outcome":{"stringValue":"success"},' +
        '"audit.record.id":{"stringValue":"019aaf25-0c00-7000-8000-00000000a001"},' +
        '"client.address":{"stringValue":"203.0.113.7"},' +
        '"document.number":{"intValue":"9007199254740993"},' +
        '"document.tags":[{"stringValue":"a"},{"stringValue":"b"}],' +
        '"user.id":{"stringValue":"alice"}},' +
        '"body":{"stringValue":"alice deleted invoice 17"},"event_name":"document.deleted",' +
        '"observed_timestamp":"1795467600123999999","span_id":"051581bf3cb55c13",' +
        '"timestamp":"1795467600123456789","trace_id":"5b8aa5a2d2c872e8321cf37308d69df2"}',
    )
  })

  test.each<[Value, string]>([
    [1.5, '{"doubleValue":1.5}'],
    [1e21, '{"doubleValue":1e+21}'],
    [-0, '{"doubleValue":0}'],
    [true, '{"boolValue":true}'],
    [-5n, '{"intValue":"-5"}'],
    [null, 'null'],
    [Buffer.from('hello'), '{"bytesValue":"aGVsbG8="}'],
    [{ b: [1n], a: {} }, '{"a":{},"b":[{"intValue":"1"}]}'],
    ['<&>\u2028"\\', '{"stringValue":"<&>\u2028\\"\\\\"}'],
  ])('%j', (value, expected) => {
    const ofRecord = '"audit.record.id":{"stringValue":"x"}'
    expect(formOf(withId({ v: value }))).toBe(`{"attributes":{${ofRecord},"v":${expected}}}`)
  })

  test('neither resource, scope, severity, flags nor the signature itself', () => {
    const bare = formOf(withId({}))
    const more = { severity: 9, severityText: 'INFO', flags: 1 }
    expect(formOf({ ...withId({ 'audit.integrity.signer': 'collector' }), ...more })).toBe(bare)
  })
})

interface Signing {
  readonly algorithm: string
  readonly privateKey: KeyObject
  readonly certificate?: string
}

/** A record as the processor sends it on. */
function signedBy({ algorithm, certificate, privateKey }: Signing, fields: Fields): LogRecord {
  const hash = { RS256: 'sha256', RS512: 'sha512', ES256: 'sha256' }[algorithm] ?? null
  const value = sign(hash, signedForm(read(fields)), privateKey).toString('base64')
  const integrity = { 'audit.integrity.value': value, 'audit.integrity.signer': 'collector' }
  const reference = certificate ? { 'audit.integrity.certificate': certificate } : {}
  return read(
    { ...fields, attributes: { ...fields.attributes, ...integrity } },
    { 'audit.integrity.algorithm': algorithm, ...reference },
  )
}

const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RS512: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
}

describe.each(Object.entries(pairs))('%s', (algorithm, { privateKey, publicKey }) => {
  const signer: LogSigner = {
    name: 'gateway',
    key: createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })),
    certificate: Buffer.from(`a certificate for ${algorithm}`),
  }
  const certificate = signer.certificate!
  const check = createSignatureCheck([signer])
  const der = Buffer.from(certificate).toString('base64')

  test('verifies by fingerprint, with and without colons, and by the whole certificate', () => {
    const hex = createHash('sha256').update(certificate).digest('hex')
    const colons = hex.toUpperCase().match(/../g)!.join(':')
    for (const reference of [`sha256:${hex}`, `sha256:${colons}`, der]) {
      const log = signedBy({ algorithm, privateKey, certificate: reference }, deletion)
      expect(check(log)).toEqual({ signer: 'gateway' })
    }
  })

  test('a byte changed, or the key of another, is wrong', () => {
    const log = signedBy({ algorithm, privateKey, certificate: der }, deletion)
    expect(check({ ...log, timeUnixNano: log.timeUnixNano + 1n })).toBe('wrong')
    const attributes = { ...log.attributes, 'audit.outcome': { stringValue: 'failure' } }
    expect(check({ ...log, attributes })).toBe('wrong')
    const other = Object.entries(pairs).find(([name]) => name !== algorithm)!
    const forged = signedBy(
      { algorithm: other[0], privateKey: other[1].privateKey, certificate: der },
      deletion,
    )
    expect(check(forged)).toBe('wrong')
  })

  test('a signer that is not configured is unverified; a bare key is tried', () => {
    const log = signedBy({ algorithm, privateKey, certificate: der }, deletion)
    expect(createSignatureCheck([])(log)).toBe('unverified')
    const bare = createSignatureCheck([{ ...signer, certificate: null }])
    expect(bare(log)).toEqual({ signer: 'gateway' })
    expect(bare({ ...log, eventName: 'x' })).toBe('unverified')
  })
})

test('what only the signer can check is unverified; without a signature there is none', () => {
  const check = createSignatureCheck([])
  expect(check(read(deletion))).toBe('none')
  const mac = withId({ 'audit.integrity.value': 'AAAA' })
  expect(check(read(mac, { 'audit.integrity.algorithm': 'HMAC-SHA256' }))).toBe('unverified')
})

describe('keys/log-signers', () => {
  const inFolder = async (files: Record<string, string>) => {
    const keys = await mkdtemp(join(tmpdir(), 'grantlog-signers-'))
    try {
      await mkdir(join(keys, 'log-signers'))
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(keys, 'log-signers', name), text)
      }
      return await readLogSigners(keys)
    } finally {
      await rm(keys, { recursive: true })
    }
  }
  const pem = pairs.ES256.publicKey.export({ format: 'pem', type: 'spki' }) as string

  test('a file each, named by it', async () => {
    const signers = await inFolder({ 'b.pem': pem, 'a.pem': testCertificate, 'note.txt': 'x' })
    expect(signers.map(({ certificate, name }) => [name, certificate !== null])).toEqual([
      ['a', true],
      ['b', false],
    ])
    expect(signers[0]!.certificate).toEqual(new X509Certificate(testCertificate).raw)
  })

  test('no folder is none', async () => {
    expect(await readLogSigners(join(tmpdir(), 'grantlog-no-such-folder'))).toEqual([])
  })

  test.each([
    ['no PEM', 'hello'],
    ['a private key', pairs.ES256.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string],
  ])('%s is refused', async (_, text) => {
    await expect(inFolder({ 'bad.pem': text })).rejects.toThrow(
      expect.objectContaining({ code: 'RECEIVER_SIGNER_MALFORMED' }),
    )
  })
})
