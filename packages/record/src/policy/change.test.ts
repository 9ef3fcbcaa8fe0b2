import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { base64url, utf8 } from '../bytes.ts'
import { jcs, jcsBytes } from '../canonical/jcs.ts'
import { encodePolicyChange, readPolicyChange } from './change.ts'

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const hashOf = (document: object): string => base64url(sha256(jcsBytes({ ...document })))
const author = { name: 'Ada', by: 'command' } as const
const document = { format: 'grantlog-policy-v2', level: 'full' }
const other = { format: 'grantlog-policy-v2', level: 'minimal' }

test('a change says who, from what to what, and how', () => {
  const before = { document, hash: hashOf(document) }
  const content = encodePolicyChange({ author, before, document: other }, sha256)
  expect(readPolicyChange(content, sha256)).toEqual({
    author,
    before: hashOf(document),
    diff: [{ op: 'replace', path: '/level', value: 'minimal' }],
    document: other,
    hash: hashOf(other),
  })
})

test.each([
  ['the first', null, null],
  ['one after a policy of which only the hash is known', { document: null, hash: 'x' }, 'x'],
])('%s adds the whole', (_what, before, hash) => {
  const content = encodePolicyChange({ author, before, document }, sha256)
  const read = readPolicyChange(content, sha256)
  expect(read.before).toBe(hash)
  expect(read.diff).toEqual([{ op: 'add', path: '', value: document }])
})

test('a leaf of an older log is the document alone', () => {
  expect(readPolicyChange(jcsBytes(document), sha256)).toEqual({
    ...{ author: null, before: null, diff: null },
    ...{ document, hash: hashOf(document) },
  })
})

describe('what is none is refused', () => {
  const content = { author, before: null, diff: [], document, hash: hashOf(document) }
  const whole = { ...content, format: 'grantlog-policy-change-v1' }
  test.each<[string, string]>([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['another hash', jcs({ ...whole, hash: hashOf(other) })],
    ['an unknown author', jcs({ ...whole, author: { name: 'Ada', by: 'guess' } })],
    ['a diff that is none', jcs({ ...whole, diff: {} })],
    ['a member more', jcs({ ...whole, more: 1 })],
    ['not in canonical form', JSON.stringify(whole, undefined, 1)],
  ])('%s', (_what, text) => {
    expect(() => readPolicyChange(utf8(text), sha256)).toThrow(
      expect.objectContaining({ code: 'RECORD_MALFORMED' }),
    )
  })
})
