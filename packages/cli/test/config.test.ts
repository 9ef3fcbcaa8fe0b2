// Guarantee: `grantlog receiver --config` runs as its file says, and a file with a fault starts
// nothing.
import { afterEach, expect, test } from '@jest/globals'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { errorIn, grantlog, start, temporaryFolder } from './command.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function configured(text: string): { readonly file: string; readonly folder: string } {
  const { folder, remove } = temporaryFolder()
  cleanUps.push(remove)
  const file = join(folder, 'grantlog.yaml')
  writeFileSync(file, text)
  return { file, folder }
}

test('a receiver takes what the file says, and a flag before it', async () => {
  const seen = Promise.withResolvers<string | undefined>()
  const sink = createServer((request, response) => {
    seen.resolve(request.headers.authorization)
    request.resume().on('end', () => response.end())
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => sink.close())
  const { port } = sink.address() as AddressInfo
  const { file, folder } = configured(`version: 1
data: state
origin: example.com/configured
otlp: { port: 1 }
admin: { port: 0 }
sinks:
  - name: named
    type: otlp
    url: http://127.0.0.1:${port}
    headersFrom: { authorization: { env: SINK_TOKEN } }
`)
  const args = ['receiver', '--config', file, '--port', '0', '--json']
  const receiver = start(args, { SINK_TOKEN: 'Bearer t' })
  cleanUps.push(() => (receiver.kill('SIGKILL'), receiver.ended))
  const { adminPort, data, origin, otlpPort } = await receiver.event('READY')
  expect({ data, origin }).toEqual({
    data: join(folder, 'state'),
    origin: 'example.com/configured',
  })
  expect(otlpPort).not.toBe(1)
  const status = await fetch(`http://127.0.0.1:${Number(adminPort)}/readyz`)
  expect(await status.json()).toMatchObject({ sinks: [{ name: 'named', type: 'otlp' }] })
  // A span that is no record goes to the sink, with the header.
  const span = '0a07120512032a0161'
  const body = Buffer.from(span, 'hex')
  const headers = { 'content-type': 'application/x-protobuf' }
  const url = `http://127.0.0.1:${Number(otlpPort)}/v1/traces`
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200)
  expect(await seen.promise).toBe('Bearer t')
}, 30_000)

test('a fault starts nothing, and is said with its place', async () => {
  const { file, folder } = configured('version: 1\ndata: state\nsinks: {}\nprot: 1\n')
  const result = await grantlog(['receiver', '--config', file, '--json'])
  expect(result.code).toBe(1)
  const { code, title } = errorIn(result)
  expect(code).toBe('CONFIG_INVALID')
  expect(title).toContain(`${file}:3:8 sinks: `)
  expect(title).toContain('and 1 more')
  expect(existsSync(join(folder, 'state'))).toBe(false)
})

test('config check says all, and ends with 1; of a sound file with 0', async () => {
  const { file } = configured('version: 1\notlp: {port: x}\nsnks: []\n')
  const told = await grantlog(['config', 'check', file])
  expect(told).toMatchObject({ code: 1, stderr: '' })
  expect(told.stdout).toBe(
    [
      `${file}:2:14: otlp.port: the value cannot be used`,
      '  fix: A port is a whole number.',
      `${file}:3:1: snks: there is no setting snks`,
      '  fix: Perhaps sinks was meant.',
      '',
    ].join('\n'),
  )
  const json = await grantlog(['config', 'check', file, '--json'])
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, faults: [{ line: 2 }, { line: 3 }] })
  const sound = configured('version: 1\n')
  expect(await grantlog(['config', 'check', sound.file])).toMatchObject({ code: 0 })
  const missing = await grantlog(['config', 'check', `${file}.not`, '--json'])
  expect(missing.code).toBe(1)
  expect(errorIn(missing).code).toBe('CONFIG_UNREADABLE')
})

test('config print has what a receiver would be told', async () => {
  const { file } = configured('version: 1\notlp: {port: 5}\n')
  const printed = await grantlog(['config', 'print', '--config', file, '--no-console', '--json'])
  expect(printed.code).toBe(0)
  const { settings } = JSON.parse(printed.stdout) as { settings: { path: string }[] }
  expect(settings).toContainEqual({ path: 'otlp.port', value: 5, source: 'file:2' })
  expect(settings).toContainEqual({
    path: 'console.enabled',
    value: false,
    source: 'flag --no-console',
  })
})
