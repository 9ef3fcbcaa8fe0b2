// Scenario: a program loads jose in every way that there is, also beside a tracer with loader hooks
// of its own, and an older jose with files laid out as in its versions 4 and 5, and validates a
// token.
// Guarantee: the function works as without the SDK, and each validation is seen once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from '@jest/globals'
import { newProducer } from './fixtures/credentials.ts'
import { startSink } from './fixtures/sink.ts'
import { newIssuer } from './fixtures/tokens.ts'

const { jwk, token } = newIssuer()

const register = '@grantlog/sdk/register'

async function run(
  how: string,
  folder: string[] = [],
  preload: string[] = [register],
): Promise<[stdout: string, seen: unknown[]]> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const imports = preload.flatMap((module) => ['--import', module])
  const flags = ['--conditions=@grantlog/source', ...imports]
  const script = join(import.meta.dirname, 'fixtures', 'validate.mjs')
  const child = spawn(process.execPath, [...flags, script, how, ...folder], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      GRANTLOG_CREDENTIALS: producer.write(sink),
      GRANTLOG_STATE: mkdtempSync(join(tmpdir(), 'grantlog-state-')),
      ...{ TOKEN: token(), JWK: jwk },
    },
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part))
  await once(child, 'close')
  await sink.close()
  const validations = sink.records().slice(1, -1)
  const seen = validations.map(({ span, attributes }) =>
    [span.name, attributes.get('oauth.library.name'), attributes.get('user.id')].join(' '),
  )
  return [stdout, seen]
}

const seen = 'oauth.token_validation jose ada'

test.each([
  ['import', 1],
  ['import of the file', 1],
  ['require', 1],
  ['require of the file', 1],
  ['both', 3],
])('%s', async (how, count) => {
  const times = Array.from({ length: count }, () => 0)
  expect(await run(how)).toEqual([times.map(() => 'ada\n').join(''), times.map(() => seen)])
})

/** A tracer with its own copy of import-in-the-middle, which takes every module. */
function tracer(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-tracer-'))
  const require = createRequire(join(import.meta.dirname, '..', 'package.json'))
  const copied = realpathSync(dirname(require.resolve('import-in-the-middle')))
  const target = join(folder, 'node_modules')
  cpSync(dirname(copied), target, { recursive: true, dereference: true })
  const lines = [
    "import { register } from 'node:module'",
    "import { addHook } from 'import-in-the-middle'",
    "register('import-in-the-middle/hook.mjs', import.meta.url)",
    'addHook(() => undefined)',
  ]
  writeFileSync(join(folder, 'tracer.mjs'), lines.join('\n'))
  return pathToFileURL(join(folder, 'tracer.mjs')).href
}

test.each(['first', 'last'])('beside a tracer that is loaded %s', async (place) => {
  const preload = place === 'first' ? [tracer(), register] : [register, tracer()]
  expect(await run('import', [], preload)).toEqual(['ada\n', [seen]])
})

/** The layout of jose 5; what it validates is of no matter here. */
function oldJose(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-jose-'))
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const [cjs, esm] = ['node_modules/jose/dist/node/cjs', 'node_modules/jose/dist/node/esm']
  const body = `async function jwtVerify(jwt, key, options) {
    const [header, payload] = jwt.split('.').map((part) => Buffer.from(part, 'base64url'))
    return { payload: JSON.parse(payload ?? '{}'), protectedHeader: JSON.parse(header) }
  }`
  const entries = { import: './dist/node/esm/index.js', require: './dist/node/cjs/index.js' }
  write('load.mjs', "export * from 'jose'")
  write('node_modules/jose/package.json', JSON.stringify({ name: 'jose', exports: entries }))
  write(`${esm}/package.json`, '{"type":"module"}')
  write(`${esm}/index.js`, "export { jwtVerify } from './jwt/verify.js'")
  write(`${esm}/jwt/verify.js`, `export ${body}`)
  write(
    `${cjs}/index.js`,
    `'use strict'
    var verify_js_1 = require('./jwt/verify.js')
    const get = function () { return verify_js_1.jwtVerify }
    Object.defineProperty(exports, 'jwtVerify', { enumerable: true, get })`,
  )
  write(`${cjs}/jwt/verify.js`, `exports.jwtVerify = jwtVerify\n${body}`)
  return folder
}

test.each(['own import', 'own require'])('%s of an older one', async (how) => {
  expect(await run(how, [oldJose()])).toEqual(['ada\n', [seen]])
})
