import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { SDK_CODES, SdkError } from './codes.ts'
import { createNotify, kindOf, noticeLine } from './notice.ts'

const byText = (a = '', b = ''): number => (a < b ? -1 : Number(a > b))

test('README.md lists the same codes', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const listed = [...readme.matchAll(/^\| `((?!GRANTLOG_)[A-Z_]+)` \|/gm)].map(([, code]) => code)
  expect(listed.toSorted(byText)).toEqual(Object.keys(SDK_CODES).toSorted(byText))
})

test('an error has code, title and fix', () => {
  const error = new SdkError('CREDENTIALS_UNREADABLE', 'ENOENT')
  expect(error).toMatchObject({
    code: 'CREDENTIALS_UNREADABLE',
    ...SDK_CODES.CREDENTIALS_UNREADABLE,
  })
  expect(error.message).toContain('[ENOENT]')
})

test('a notice is one line, whatever its detail', () => {
  const line = noticeLine('EXPORT_REFUSED', `a\nb\u001b[31m${'x'.repeat(9999)}`)
  expect(line.match(/\n/g)).toHaveLength(1)
  expect(line.length).toBeLessThan(800)
})

test('the same notice comes once a minute, and a broken stderr harms nobody', () => {
  const lines: string[] = []
  let now = 0
  const notify = createNotify(
    (line) => void lines.push(line),
    () => now,
  )
  notify('QUEUE_FULL')
  notify('QUEUE_FULL')
  notify('EXPORT_FAILING')
  now = 60_000
  notify('QUEUE_FULL')
  expect(lines).toHaveLength(3)
  const broken = createNotify(
    () => {
      throw new Error('EPIPE')
    },
    () => 0,
  )
  expect(() => broken('QUEUE_FULL')).not.toThrow()
})

describe('of an error that a hook ran into its message is not told', () => {
  const secret = 'S3cret-in-a-message'

  test.each<[string, unknown, string]>([
    ['a class of JavaScript', new TypeError(secret), '^TypeError at codes.test.ts:\\d+:\\d+$'],
    ['with a code', Object.assign(new Error(secret), { code: 'ERR_JWT' }), '^Error ERR_JWT at'],
    ['with a secret as its code', Object.assign(new Error(), { code: secret }), '^Error at'],
    ['with a secret as its name', Object.assign(new Error(), { name: `${secret} x` }), '^Error'],
    ['without a stack', Object.assign(new Error(secret), { stack: undefined }), '^Error$'],
    ['of elsewhere', Object.assign(new Error(secret), { stack: `Error: ${secret}` }), '^Error$'],
    ['of our own', new SdkError('ROLE_NOT_ENROLLED', 'client'), '^client$'],
    ['none', secret, '^string$'],
  ])('%s', (_, error, told) => {
    expect(kindOf(error)).toMatch(new RegExp(told))
    expect(kindOf(error)).not.toContain(secret)
  })
})
