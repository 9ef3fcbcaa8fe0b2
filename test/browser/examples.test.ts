// Scenario: the examples of an MCP server with its client, and of a Nest application, run as their
// README says, against a receiver; somebody looks for what they did.
// Guarantee: the console shows it, by what only the libraries know: the tool that was called, the
// registration, the refresh, the revocation; who was refused by which guard of Nest, and why.
import { spawn } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { openBrowser, openPage, shoot, show, type Watched } from './browser.ts'
import { grantlog, indexed, openWorld, type World } from './world.ts'

const root = join(import.meta.dirname, '../..')
const examples = join(root, 'examples')
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

function tokenOf(claims: object): string {
  const now = Math.floor(Date.now() / 1000)
  const standard = { iss: 'https://login.example.com', aud: 'https://api.example.com', iat: now }
  const input = [
    { alg: 'RS256', typ: 'JWT' },
    { ...standard, exp: now + 300, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

let browser: Browser
let world: World
let folder: string
let watched: Watched
let page: Page

/** Runs a program of examples/ with the SDK, as a service of its own. */
async function start(service: string, script: string, more: Start): Promise<Running> {
  const credentials = join(folder, `${service}.json`)
  const roles = more.roles.flatMap((role) => ['--role', role])
  await grantlog([
    ...['keys', 'new', '--data', world.data, '--service', service, '--out', credentials],
    ...['--endpoint', world.receiver.endpoint, ...roles],
  ])
  const args = ['--import', '@grantlog/sdk/register', join(examples, script), ...(more.args ?? [])]
  const child = spawn(process.execPath, args, {
    cwd: join(examples, script, '..'),
    env: {
      ...{ PATH: process.env.PATH, GRANTLOG_CREDENTIALS: credentials, ...more.env },
      GRANTLOG_STATE: join(folder, `${service}-state`),
    },
  })
  const exited = once(child, 'exit')
  const said = text(child.stderr)
  return {
    line: async () => {
      const first = once(child.stdout.setEncoding('utf8'), 'data')
      const [line] = (await Promise.race([first, exited])) as [unknown]
      return typeof line === 'string' ? line.trim() : Promise.reject(new Error(await said))
    },
    end: async () => {
      child.stdin.end()
      const [code] = (await exited) as [number | null]
      if (code !== 0) throw new Error(`${script}: exit ${code}: ${await said}`)
    },
  }
}

interface Start {
  readonly roles: readonly string[]
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

interface Running {
  /** The first that it prints. */
  readonly line: () => Promise<string>
  readonly end: () => Promise<void>
}

async function runMcp(): Promise<void> {
  const server = await start('notes', 'mcp/server.ts', {
    roles: ['authorization_server', 'resource_server'],
  })
  const url = await server.line()
  const client = await start('assistant', 'mcp/client.ts', { roles: ['client'], args: [url] })
  await client.end()
  await server.end()
}

async function runNest(): Promise<void> {
  const PUBLIC_KEY = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const server = await start('orders', 'nest/server.ts', {
    ...{ roles: ['resource_server'], env: { PUBLIC_KEY } },
  })
  const url = await server.line()
  const ask = async (path: string, claims: object | null): Promise<number> => {
    const headers = claims === null ? {} : { authorization: `Bearer ${tokenOf(claims)}` }
    return (await fetch(url + path, { headers })).status
  }
  const statuses = [
    await ask('/orders', { sub: 'ada', client_id: 'shop' }),
    await ask('/orders', { sub: 'ada', client_id: 'shop', exp: 1 }),
    await ask('/orders', null),
    await ask('/reports/2026', { sub: 'ada', client_id: 'shop', roles: ['user'] }),
    await ask('/reports/2026', { sub: 'grace', client_id: 'shop', roles: ['admin'] }),
  ]
  expect(statuses).toEqual([200, 401, 401, 403, 200])
  await server.end()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-examples-'))
  ;[browser, world] = await Promise.all([openBrowser(), openWorld({ records: [] })])
  await Promise.all([runMcp(), runNest()])
  await indexed(world.url, 25)
  watched = await openPage(browser, world.url)
  page = watched.page
})

afterAll(async () => {
  expect(watched?.complaints).toEqual([])
  await browser?.close()
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

/** The rows of a search, sorted: outcome, action, detail, reason. */
async function rows(query: string): Promise<string[]> {
  await show(page, `/records?q=${encodeURIComponent(query)}`)
  const cells = await page
    .locator('tbody tr')
    .evaluateAll((all) =>
      (all as unknown as Rows).map((row) => [...row.cells].map((cell) => cell.innerText.trim())),
    )
  return cells
    .map(([, outcome, , action, detail, , reason]) =>
      [outcome, action, detail, reason].filter((one) => one !== '–').join(' '),
    )
    .toSorted()
}

type Rows = readonly { readonly cells: Iterable<{ readonly innerText: string }> }[]

test('the MCP server: registration, code, token, tool, revocation, refresh', async () => {
  const all = await rows('service:notes')
  await shoot(page, 'example-mcp')
  expect(all).toEqual([
    'denied oauth.resource_access POST /mcp token_missing',
    'failure oauth.resource_access GET /mcp 405',
    'failure oauth.resource_access POST /mcp token_unknown',
    'success oauth.authorize GET /authorize',
    'success oauth.register POST /register',
    'success oauth.resource_access initialize',
    'success oauth.resource_access notifications/initialized',
    'success oauth.resource_access tools/call read_note',
    'success oauth.resource_access tools/call read_note',
    'success oauth.revoke POST /revoke',
    'success oauth.token authorization_code',
    'success oauth.token refresh_token',
  ])
})

test('its client: what it asked for, by itself', async () => {
  const all = await rows('service:assistant')
  await shoot(page, 'example-mcp-client')
  expect(all).toEqual([
    ...Array.from({ length: 6 }, () => 'success oauth.discovery GET'),
    'success oauth.register POST',
    'success oauth.revoke POST',
    'success oauth.token authorization_code',
    'success oauth.token refresh_token',
  ])
})

test('a record of a call names the tool, and not what was asked of it', async () => {
  await show(page, '/records?q=service%3Anotes')
  const row = page.locator('tbody tr').filter({ hasText: 'tools/call read_note' }).first()
  await row.locator('a').first().click()
  await page.waitForURL(/\/records\/\d+/)
  await page.getByText('gen_ai.tool.name').first().waitFor()
  await shoot(page, 'example-mcp-call')
})

test('the Nest application: who was refused, and why', async () => {
  const all = await rows('service:orders')
  await shoot(page, 'example-nest')
  expect(all).toEqual([
    'denied oauth.resource_access GET /reports/:year access_denied',
    'failure oauth.resource_access GET /orders token_expired',
    'success oauth.resource_access GET /orders',
    'success oauth.resource_access GET /reports/:year',
  ])
})
