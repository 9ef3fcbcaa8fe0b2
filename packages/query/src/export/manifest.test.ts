// Claims on manifests: what was signed is what is read, by the export key of that log alone, and no
// query can write a line of it.
import { expect, test } from '@jest/globals'
import { ed25519Sign, generateEd25519, LedgerError, sha256 } from '@grantlog/ledger'
import {
  ed25519Signer,
  formatVkey,
  KEY_TYPE_ED25519,
  signCheckpoint,
  signNote,
} from '@grantlog/tlog'
import { EXPORT_SECRET, exportVkey } from './key.ts'
import { manifestOf, type ManifestOptions, openManifest } from './manifest.ts'

const origin = 'log.example.com/grantlog'
const root = new Uint8Array(32).fill(7)

function logOf(name = origin, secret = 1) {
  const { privateKey, publicKey } = generateEd25519()
  const sign = (data: Uint8Array): Uint8Array => ed25519Sign(privateKey, data)
  const signer = ed25519Signer({ name, publicKey, sign }, sha256)
  const logKey = formatVkey({ name, type: KEY_TYPE_ED25519, publicKey }, sha256)
  const published = signCheckpoint({ origin: name, size: 41, root, extensions: [] }, [signer])
  const secretOf = (asked: string): Uint8Array => {
    if (asked !== EXPORT_SECRET) throw new Error(asked)
    return new Uint8Array(32).fill(secret)
  }
  const keystore = { secret: secretOf } as ManifestOptions['reader']['keystore']
  return { origin: name, logKey, published, keystore, signer }
}

const log = logOf()
const options: ManifestOptions = {
  reader: log,
  exported: { records: 2, bytes: 9, sha256: 'ab'.repeat(32), firstIndex: 17, lastIndex: 40 },
  query: 'client:web',
  format: 'csv',
  showPersonal: false,
  now: 1_769_860_800_000,
}
const vkey = exportVkey(log)

test('it says what the file is', () => {
  const bytes = manifestOf(options)
  expect(openManifest(bytes, vkey)).toEqual({
    ...{ origin, query: 'client:web', format: 'csv', personal: 'withheld', records: 2 },
    ...{ firstIndex: 17, lastIndex: 40, sha256: 'ab'.repeat(32) },
    checkpoint: { size: 41, root: Buffer.from(root).toString('base64') },
    created: '2026-01-31T12:00:00.000Z',
  })
  expect(new TextDecoder().decode(bytes)).toMatch(/^grantlog-export-v1\norigin log\.example/)
})

test.each(['a\nrecords 3', '"', '\\', '\u0000\u001b[31m', 'über 🔑'])('the query %j', (query) => {
  expect(openManifest(manifestOf({ ...options, query }), vkey)).toMatchObject({ query, records: 2 })
})

test('nothing exported, and nothing published yet', () => {
  const exported = { ...options.exported, records: 0, firstIndex: null, lastIndex: null }
  const reader = { ...log, published: null }
  const manifest = openManifest(manifestOf({ ...options, exported, reader }), vkey)
  expect(manifest).toMatchObject({ firstIndex: null, lastIndex: null, checkpoint: { size: 0 } })
})

test('a changed one, another key and another log are refused', () => {
  const bytes = manifestOf(options)
  const text = new TextDecoder().decode(bytes)
  const refused = expect.objectContaining({ code: 'EXPORT_UNVERIFIED' })
  const changed = new TextEncoder().encode(text.replace('records 2', 'records 3'))
  expect(() => openManifest(changed, vkey)).toThrow(refused)
  expect(() => openManifest(bytes, exportVkey(logOf(origin, 2)))).toThrow(refused)
  expect(() => openManifest(bytes, exportVkey(logOf('other.example', 1)))).toThrow(refused)
  expect(() => openManifest(bytes, log.logKey)).toThrow(refused)
})

test('another note of the same key, or of the log, is none', () => {
  const malformed = expect.objectContaining({ code: 'EXPORT_MALFORMED' })
  expect(() => openManifest(signNote('x\n', [log.signer]), log.logKey)).toThrow(malformed)
  const text = new TextDecoder().decode(manifestOf(options)).split('\n\n')[0]
  const signed = signNote(`${text}\n`, [log.signer])
  const refused = expect.objectContaining({ code: 'EXPORT_UNVERIFIED' })
  expect(() => openManifest(signed, log.logKey)).toThrow(refused)
})

test('without the secret nothing is signed', () => {
  const secret = (): never => {
    throw new LedgerError('LEDGER_NOT_FOUND', 'no such key')
  }
  const reader = { ...log, keystore: { ...log.keystore, secret } }
  const missing = expect.objectContaining({ code: 'EXPORT_KEY_MISSING' })
  expect(() => manifestOf({ ...options, reader })).toThrow(missing)
})

test("a checkpoint that is not the log's is not passed on", () => {
  const reader = { ...log, published: logOf('other.example').published }
  expect(() => manifestOf({ ...options, reader })).toThrow('no known key signed')
})
