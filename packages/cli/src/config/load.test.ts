// Guarantee: a flag goes before a variable, a variable before the file, the file before a default;
// and `config print` says which it was.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessOf } from '../access.ts'
import { checkConfig } from './check.ts'
import { loadConfig } from './load.ts'
import { printedSettings, printedText } from './print.ts'
import { settings } from './schema.ts'
import { configuredSinks } from './sinks.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'grantlog-config-'))))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(text: string): string {
  const file = join(folder, 'grantlog.yaml')
  writeFileSync(file, `version: 1\n${text}`)
  return file
}

async function portOf(flags: object, env: NodeJS.ProcessEnv, text = ''): Promise<unknown[]> {
  const request = { file: fileOf(text), flags: { ...flags }, env }
  const { config, sources } = await loadConfig(request)
  return [config.otlp.port, sources.get('otlp.port')]
}

test('flag, variable, file, default', async () => {
  const [flags, env, text] = [{ port: 1 }, { GRANTLOG_OTLP_PORT: '2' }, 'otlp: {port: 3}']
  expect(await portOf(flags, env, text)).toEqual([1, 'flag --port'])
  expect(await portOf({}, env, text)).toEqual([2, 'env GRANTLOG_OTLP_PORT'])
  expect(await portOf({}, {}, text)).toEqual([3, 'file:2'])
  expect(await portOf({}, {})).toEqual([4318, 'default'])
  expect(await portOf({}, { GRANTLOG_OTLP_PORT: '' }, text)).toEqual([3, 'file:2'])
})

test('without a file all is as the flags and the defaults say', async () => {
  const { config, file } = await loadConfig({ file: undefined, flags: { console: true }, env: {} })
  expect(file).toBeUndefined()
  expect(config).toEqual({
    version: 1,
    otlp: {
      host: '127.0.0.1',
      port: 4318,
      allowedHosts: [],
      tls: {},
      insecurePublicBind: false,
    },
    callers: { issuers: [] },
    admin: { port: 4319 },
    console: { enabled: true },
    detect: { enabled: true },
    alerts: { channels: [] },
    metrics: {},
    reconcile: { services: [], every: 3_600_000 },
    sinks: [],
    tenants: [],
    newSubjectsPerMinute: 30_000,
  })
})

test('metrics are pushed where the flag or the file says; a password is not printed', async () => {
  const file = fileOf('metrics: {otlp: "http://a:secret@b/v1/metrics"}')
  const loaded = await loadConfig({ file, flags: {}, env: {} })
  expect(loaded.config.metrics.otlp).toBe('http://a:secret@b/v1/metrics')
  expect(printedText(printedSettings(loaded, []), file)).not.toContain('secret')
  const flags = { metricsOtlp: 'http://c/v1/metrics' }
  const { config } = await loadConfig({ file, flags, env: {} })
  expect(config.metrics.otlp).toBe('http://c/v1/metrics')
})

test('GRANTLOG_CONFIG names the file, and --config goes before it', async () => {
  const file = fileOf('origin: named')
  const env = { GRANTLOG_CONFIG: file }
  expect((await loadConfig({ file: undefined, flags: {}, env })).config.origin).toBe('named')
  const none = loadConfig({ file: '/nowhere/grantlog.yaml', flags: {}, env })
  await expect(none).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })
})

test.each([
  [{ GRANTLOG_CONSOLE: 'off' }, {}, false],
  [{ GRANTLOG_CONSOLE: 'on' }, {}, true],
  [{ GRANTLOG_CONSOLE: 'on' }, { console: false }, false],
  [{}, { console: true }, true],
])('the page with %j and %j: %j', async (env, flags, enabled) => {
  const { config } = await loadConfig({ file: undefined, flags, env })
  expect(config.console.enabled).toBe(enabled)
})

test.each([
  ['GRANTLOG_OTLP_PORT', 'SECRET'],
  ['GRANTLOG_OTLP_PORT', '65536'],
  ['GRANTLOG_CONSOLE', 'SECRET'],
  ['GRANTLOG_RECONCILE_EVERY', 'SECRET'],
  ['GRANTLOG_SINKS', '{name: SECRET}'],
  ['GRANTLOG_SINKS', '[{name: SECRET}]'],
])('%s=%s is refused by its name, and not shown', async (name, value) => {
  const loaded = loadConfig({ file: undefined, flags: {}, env: { [name]: value } })
  const error: unknown = await loaded.catch((one: unknown) => one)
  expect(error).toMatchObject({ code: 'CONFIG_VARIABLE' })
  const { fix, title } = error as { fix: string; title: string }
  expect(title).toContain(`env ${name}`)
  expect(title + fix).not.toContain('SECRET')
})

test('of lists all are taken', async () => {
  const flags = { reconcile: [{ service: 'a', accessLogs: [] }] }
  const file = fileOf('reconcile: {services: [{service: b, accessLogs: [x.log]}]}')
  const env = { GRANTLOG_RECONCILE_SERVICES: '[{service: c}]' }
  const { config, sources } = await loadConfig({ file, flags, env })
  expect(config.reconcile.services).toEqual([
    { service: 'a', accessLogs: [] },
    { service: 'c', accessLogs: [] },
    { service: 'b', accessLogs: [join(folder, 'x.log')] },
  ])
  expect(sources.get('reconcile.services')).toBe(
    'flag --reconcile, env GRANTLOG_RECONCILE_SERVICES, file:2',
  )
})

test('relative paths of the file are of its folder; those of flags stay', async () => {
  const file = fileOf(`data: state
sinks: [{name: a, type: otlp, url: http://h, headersFrom: {b: {file: token}}}]`)
  const { config } = await loadConfig({ file, flags: { reconcilePolicy: 'p.yaml' }, env: {} })
  expect(config.data).toBe(join(folder, 'state'))
  expect(config.reconcile.policy).toBe('p.yaml')
  expect(config.sinks[0]?.headersFrom).toEqual({ b: { file: join(folder, 'token') } })
})

test('headers come from variables and files, and a missing one is named', async () => {
  writeFileSync(join(folder, 'token'), 'Bearer SECRET\n')
  const file = fileOf(`
sinks:
  - {name: a, type: otlp, url: http://h, headersFrom: {B: {file: token}, c: {env: TOKEN}}}
`)
  const { config } = await loadConfig({ file, flags: {}, env: {} })
  const sinks = await configuredSinks(config.sinks, { TOKEN: 'SECRET-2' })
  expect(sinks).toEqual([
    {
      name: 'a',
      type: 'otlp',
      url: 'http://h/v1/traces',
      personalData: 'pseudonymised',
      headers: { b: 'Bearer SECRET', c: 'SECRET-2' },
      compression: 'none',
    },
  ])
  const missing = configuredSinks(config.sinks, {})
  await expect(missing).rejects.toMatchObject({
    code: 'CONFIG_SECRET',
    title: expect.stringContaining('a, c: env TOKEN is empty or not there'),
  })
  const broken = configuredSinks(config.sinks, { TOKEN: 'SECRET\n2' })
  const error: unknown = await broken.catch((one: unknown) => one)
  expect(String(error)).not.toContain('SECRET')
})

test('certificates come from their files, and a missing one is named', async () => {
  writeFileSync(join(folder, 'ca.pem'), 'PEM')
  const file = fileOf(
    'sinks: [{name: a, type: otlp, url: grpcs://h:1, compression: zstd, tls: {ca: ca.pem}}]',
  )
  const { config } = await loadConfig({ file, flags: {}, env: {} })
  const [sink] = await configuredSinks(config.sinks, {})
  expect(sink).toMatchObject({ url: 'grpcs://h:1', compression: 'zstd', tls: { ca: 'PEM' } })
  rmSync(join(folder, 'ca.pem'))
  await expect(configuredSinks(config.sinks, {})).rejects.toMatchObject({
    code: 'CONFIG_SECRET',
    title: expect.stringContaining('a, tls.ca: file '),
  })
})

test('what is printed names each source, masks, and is a file again', async () => {
  const file = fileOf(`otlp: {port: 0}
reconcile: {every: 90m}
sinks: [{name: a, type: otlp, url: 'http://h/p?key=SECRET', headersFrom: {b: {env: T}}}]`)
  const loaded = await loadConfig({ file, flags: { adminPort: 1 }, env: {} })
  const ofFlag = { name: 'f', type: 'otlp', url: 'http://f/', headers: { x: 'SECRET' } } as const
  const text = printedText(printedSettings(loaded, [ofFlag]), loaded.file)
  expect(text).not.toContain('SECRET')
  expect(text).toContain(`port: 0 # ${file}:2`)
  expect(text).toContain('port: 1 # flag --admin-port')
  expect(text).toContain('every: 90m # ')
  expect(text).toContain('x: "***"')
  const again = printedText(printedSettings(loaded, []), loaded.file)
  expect('raw' in checkConfig(again)).toBe(true)
})

test('every setting has a description and a variable of its own', () => {
  const all = settings()
  expect(all.map(({ description }) => description)).not.toContain('')
  expect(new Set(all.map(({ env }) => env)).size).toBe(all.length)
})

test('what a connection may be is told to the receiver, and nothing that nobody set', async () => {
  const file = fileOf('otlp: {connectionMaxAge: 30m, connectionsPerAddress: 9}')
  const { config } = await loadConfig({ file, flags: {}, env: {} })
  const limits = { connectionMaxAgeMs: 1_800_000, connectionsPerAddress: 9 }
  expect(accessOf(config).limits).toEqual(limits)
  const { config: plain } = await loadConfig({ file: undefined, flags: {}, env: {} })
  expect(accessOf(plain).limits).toEqual({})
})
