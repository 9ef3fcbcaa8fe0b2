import { expect, test } from '@jest/globals'
import { answerFailure, networkFailure } from './failure.ts'

const server = { code: null, reason: null, by: 'server' }

test.each<[number, object, object | null]>([
  [200, {}, null],
  [201, { access_token: 'a' }, null],
  [200, { error: '' }, null],
  [400, { error: 'invalid_grant' }, { ...server, code: 'invalid_grant', type: 'invalid_grant' }],
  // As some answer: a failure with a status of success, and a text for people.
  [200, { error: 'bad_code' }, { ...server, code: 'bad_code', type: 'bad_code' }],
  [400, { error: 'S3cret Passw0rd' }, { ...server, code: '_OTHER', type: '_OTHER' }],
  [400, { error: { message: 'S3cret' } }, { ...server, type: '400' }],
  [302, {}, { ...server, type: '302' }],
  [401, {}, { ...server, type: '401' }],
  [429, {}, { ...server, type: '429', reason: 'rate_limited' }],
  [503, {}, { ...server, type: '503', reason: 'internal' }],
])('an answer %i %j', (status, answer, expected) => {
  expect(answerFailure(status, { ...answer })).toEqual(expected)
})

const refused = Object.assign(new Error('connect ECONNREFUSED S3cret'), { code: 'ECONNREFUSED' })
const looped = new Error('loop')
looped.cause = looped

test.each<[string, unknown, string, string | null]>([
  ['nobody there', refused, 'ECONNREFUSED', 'unreachable'],
  ['the same below fetch', new TypeError('x', { cause: refused }), 'ECONNREFUSED', 'unreachable'],
  [
    'too slow',
    AbortSignal.timeout(0).reason ?? new DOMException('', 'TimeoutError'),
    'TimeoutError',
    'unreachable',
  ],
  ['given up', new DOMException('S3cret', 'AbortError'), 'AbortError', null],
  ['given up in Node', Object.assign(new Error(), { code: 'ABORT_ERR' }), 'ABORT_ERR', null],
  [
    'a bad URL',
    Object.assign(new TypeError(), { code: 'ERR_INVALID_URL' }),
    'ERR_INVALID_URL',
    null,
  ],
  [
    'a bad certificate',
    Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' }),
    'CERT_HAS_EXPIRED',
    'unreachable',
  ],
  ['a reason that is a secret', 'S3cret', '_OTHER', null],
  [
    'an error that is one',
    Object.assign(new Error(), { name: 'S3cret', code: 's3cret' }),
    '_OTHER',
    null,
  ],
  ['a loop', looped, 'Error', null],
  ['nothing', undefined, '_OTHER', null],
])('%s', (_, error, type, reason) => {
  expect(networkFailure(error)).toEqual({ code: null, type, reason, by: 'network' })
})
