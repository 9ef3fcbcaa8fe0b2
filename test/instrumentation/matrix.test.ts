// The matrix itself can fail: each kind of finding is found in what was made wrong on purpose.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import type { StoredRecord } from '../../packages/sdk/test/fixtures/sink.ts'
import { changesIn, leaksIn } from './cell.ts'
import type { Ran } from './process.ts'
import { missingOf } from './records.ts'
import type { ExpectedRecord } from './row.ts'

const ran: Ran = {
  answers: ['["a",200]'],
  secrets: new Set(['S3cret-token']),
  isNamespace: true,
  shape: ['jose.jwtVerify: AsyncFunction jwtVerify/3'],
  heap: [],
  code: 0,
  stdout: '',
  stderr: '',
  left: new Map(),
}

describe('changed', () => {
  test('nothing', () => {
    expect(changesIn(ran, { ...ran })).toEqual([])
  })

  test.each<[string, Partial<Ran>]>([
    ['another answer', { answers: ['["a",500]'] }],
    ['an answer too few', { answers: [] }],
    ['an answer too many', { answers: ['["a",200]', '["b",200]'] }],
    ['the exit code', { code: 1 }],
    ['a line on stdout', { stdout: 'x' }],
    ['a line on stderr', { stderr: 'grantlog: HOOK_FAILED: …\n' }],
    ['the arity of a function', { shape: ['jose.jwtVerify: AsyncFunction jwtVerify/0'] }],
    ['a member that is gone', { shape: [] }],
  ])('%s', (_, other) => {
    expect(changesIn(ran, { ...ran, ...other })).not.toEqual([])
  })

  test('what a row allows, and no more', () => {
    const more = { ...ran, shape: [...ran.shape, 'a.b.emit: Function emit/1'] }
    expect(changesIn(ran, more, { visible: ['a.b.emit'] })).toEqual([])
    expect(changesIn(ran, more, { visible: ['a.b.em'] })).not.toEqual([])
  })
})

/** Where READMEs are that are not the library's own. */
const readmes: Readonly<Record<string, string>> = {
  'oauth2-server': '@node-oauth/express-oauth-server',
}

test('an example names chapters that its README has', async () => {
  const folder = join(import.meta.dirname, 'examples')
  const named: string[] = []
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8')
    const head = text.slice(0, text.indexOf('\nimport')).replaceAll('\n// ', ' ')
    const library = file.replace('.mjs', '')
    const path = `../../packages/sdk/node_modules/${readmes[library] ?? library}/README.md`
    for (const [, chapter] of head.matchAll(/"([^"]+)"/g)) {
      const readme = await readFile(join(import.meta.dirname, path), 'utf8')
      const titles = readme.match(/^#+ .+$/gm)!.map((line) => line.replace(/^#+ /, ''))
      const plain = titles.map((title) => title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
      expect(plain).toContainEqual(expect.stringContaining(chapter!))
      named.push(chapter!)
    }
  }
  expect(named.length).toBeGreaterThan(5)
})

describe('missing', () => {
  const attributes = new Map<string, string | boolean | bigint>([
    ['audit.action', 'oauth.token'],
    ['audit.outcome', 'success'],
    ['http.response.status_code', 200n],
  ])
  const record = { span: { name: 'oauth.token' }, attributes } as unknown as StoredRecord
  const status = 'http.response.status_code'

  test('nothing', () => {
    const expected: ExpectedRecord = ['oauth.token', 'success', { [status]: 200, 'user.id': null }]
    expect(missingOf([record], [expected])).toEqual([])
  })

  test.each<[string, StoredRecord[], ExpectedRecord[]]>([
    ['a record', [], [['oauth.token', 'success']]],
    ['one that nobody expects', [record], []],
    ['its outcome', [record], [['oauth.token', 'failure']]],
    ['an attribute', [record], [['oauth.token', 'success', { 'user.id': 'ada' }]]],
    ['its value', [record], [['oauth.token', 'success', { [status]: 401 }]]],
    ['its form', [record], [['oauth.token', 'success', { 'audit.action': /^t1/ }]]],
    ['that it is not there', [record], [['oauth.token', 'success', { [status]: null }]]],
  ])('%s', (_, records, expected) => {
    expect(missingOf(records, expected)).toHaveLength(1)
  })
})

describe('leaks', () => {
  const at = (text: string) => new Map([['the wire', Buffer.from(text)]])

  test('none', () => {
    expect(leaksIn(ran.secrets, at('t1.hash of another'))).toEqual([])
  })

  test.each([
    ['in clear', 'x S3cret-token x'],
    ['in base64', Buffer.from('S3cret-token').toString('base64')],
    ['in hex', Buffer.from('S3cret-token').toString('hex')],
  ])('%s, and the secret is not told', (_, text) => {
    expect(leaksIn(ran.secrets, at(text))).toEqual(['secret 0 in the wire'])
  })
})

/** What the shape of a large library is, and more than a channel takes at once. */
const shapeBytes = 4 << 20

test('an application that has much to say, and leaves at once, is heard to the end', async () => {
  const start = pathToFileURL(join(import.meta.dirname, 'application', 'start.mjs')).href
  const program = `
    import { leave } from ${JSON.stringify(start)}
    process.send({ shape: 'x'.repeat(${shapeBytes}) })
    process.send({ say: ['last'] })
    leave()
  `
  const flags = ['--input-type=module', '--eval', program]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const heard: string[] = []
  child.on('message', (message: object) => heard.push(...Object.keys(message)))
  await once(child, 'close')
  expect(heard).toEqual(['shape', 'say'])
})
