// Scenario: an auditor opens the proof of a record, and of a log record, with and without the log's
// key; a server alters what it hands out; an engineer walks through a lineage by keys.
// Guarantee: the browser finds what does not hold and names the step; without a key from outside it
// says so; what is downloaded is what was checked, and enough to check it again; every node is
// reached by arrows.
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bundle, checkBundle, checkLogBundle, type LogBundle } from '@grantlog/ledger'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import type { Browser, Locator, Page } from 'playwright-core'
import { openBrowser, openPage, shoot, show, type Watched } from './browser.ts'
import { story } from './story.ts'
import { indexed, openWorld, type World } from './world.ts'

const proof = '/records/6?part=proof'

let browser: Browser
let world: World
let logKey: string

beforeAll(async () => {
  ;[browser, world] = await Promise.all([openBrowser(), openWorld()])
  logKey = (await readFile(join(world.data, 'keys/log.vkey'), 'utf8')).trim()
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

async function opened<B = Bundle>(path: string, alter?: (bundle: B) => unknown): Promise<Watched> {
  const watched = await openPage(browser, world.url)
  if (alter !== undefined) {
    await watched.page.route('**/bundle?*', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: alter((await response.json()) as B) })
    })
  }
  await show(watched.page, path)
  return watched
}

const verdict = (page: Page): Promise<string> => page.locator('.proof-verdict h2').innerText()
const failed = (page: Page): Promise<string[]> =>
  page.locator('.step:has([data-state="failed"]) .step-title').allInnerTexts()

test('a sound record is self-consistent, and proved by a key that was kept outside', async () => {
  const { close, complaints, page } = await opened(proof)
  expect(await verdict(page)).toBe('Self-consistent only')
  await page.getByLabel(/Key that was kept outside/).fill(logKey)
  await page.getByRole('button', { name: 'Check with this key' }).click()
  expect(await verdict(page)).toBe('Proved')
  await page.reload()
  expect(await verdict(page)).toBe('Proved')
  expect(complaints).toEqual([])
  await close()
})

test('what is downloaded is the bundle that was checked', async () => {
  const { close, page } = await opened(proof)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download bundle' }).click(),
  ])
  const bundle = JSON.parse(await readFile(await download.path(), 'utf8')) as Bundle
  expect(checkBundle(bundle, { logKey }).index).toBe(6)
  await close()
})

const python = spawnSync('python3', ['-c', 'import cryptography'])
const testWithPython = python.status === 0 ? test : test.skip
testWithPython(
  'the two downloads are enough for Python, and a changed one is refused',
  async () => {
    const { close, complaints, page } = await opened(proof)
    await page.getByLabel(/Key that was kept outside/).fill(logKey)
    await page.getByRole('button', { name: 'Check with this key' }).click()
    const folder = await mkdtemp(join(tmpdir(), 'grantlog-downloads-'))
    const kept = async (control: Locator): Promise<string> => {
      await control.focus()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.keyboard.press('Enter'),
      ])
      const file = join(folder, download.suggestedFilename())
      await download.saveAs(file)
      return file
    }
    const bundle = await kept(page.getByRole('button', { name: 'Download bundle' }))
    await kept(page.getByRole('link', { name: 'Download verify.py' }))
    // As the page says it, through a shell.
    const command = await page.locator('.command code').first().innerText()
    const check = (): ReturnType<typeof spawnSync> =>
      spawnSync(command, { cwd: folder, encoding: 'utf8', shell: true })
    const right = check()
    expect([right.status, right.stderr]).toEqual([0, ''])
    expect(right.stdout).toContain('"ok":true')
    const said = JSON.parse(await readFile(bundle, 'utf8')) as Bundle
    const changed = said.canonical.replace('success', 'failure')
    await writeFile(bundle, JSON.stringify({ ...said, canonical: changed }))
    expect(check().status).toBe(1)
    expect(complaints).toEqual([])
    await close()
    await rm(folder, { recursive: true })
  },
)

const lies: readonly (readonly [string, (bundle: Bundle) => unknown, string])[] = [
  [
    'another outcome',
    (bundle) => ({ ...bundle, canonical: bundle.canonical.replace('success', 'failure') }),
    'The record has the digest in its leaf',
  ],
  [
    'another signature',
    (bundle) => ({ ...bundle, jws: `${bundle.jws.slice(0, -4)}AAAA` }),
    'The producer signed the batch',
  ],
  ['another place', (bundle) => ({ ...bundle, index: 7 }), 'The record is in the log'],
  ['no bundle at all', () => null, 'The bundle is whole'],
  ['a bundle of something else', () => ({ format: 'x' }), 'The bundle is whole'],
]
test.each(lies)('a server that hands out %s is found', async (_what, alter, step) => {
  const { close, complaints, page } = await opened(proof, alter)
  expect(await verdict(page)).toBe('Not proved')
  expect((await failed(page)).join()).toContain(step)
  expect(complaints).toEqual([])
  await close()
})

/** Where a log record of somebody else's SDK is, once it is. */
async function logRecord(): Promise<string> {
  const response = await fetch(`${world.receiver.endpoint}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: encodeLogs([deletion]) as Uint8Array<ArrayBuffer>,
  })
  expect(response.status).toBe(200)
  await indexed(world.url, story.length + 1)
  const found = await fetch(`${world.url}/api/v1/records?q=action:document.delete`)
  const { records } = (await found.json()) as { records: { index: number }[] }
  return `/records/${records[0]!.index}`
}

test('a log record is checked here too, and claims neither producer nor lineage', async () => {
  const path = await logRecord()
  const { close, complaints, page } = await opened(`${path}?part=proof`)
  expect(await verdict(page)).toBe('Self-consistent only')
  await page.getByLabel(/Key that was kept outside/).fill(logKey)
  await page.getByRole('button', { name: 'Check with this key' }).click()
  expect(await verdict(page)).toBe('Proved')
  const said = await page.locator('.proof').innerText()
  expect(said).toContain('Nothing here proves who made it')
  expect(said).not.toMatch(/producer signed/)
  const lineage = page.getByRole('link', { name: 'Lineage', exact: true })
  expect(await lineage.count()).toBe(0)
  await shoot(page, 'log-record-proof')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download bundle' }).click(),
  ])
  const bundle = JSON.parse(await readFile(await download.path(), 'utf8')) as LogBundle
  expect(`/records/${checkLogBundle(bundle, { logKey }).index}`).toBe(path)
  await page.getByRole('button', { name: 'Personal data' }).click()
  await page.getByText('alice deleted invoice 17').first().waitFor({ state: 'attached' })
  expect(await verdict(page)).toBe('Proved')
  await show(page, '/records/6')
  expect(await lineage.count()).toBe(1)
  expect(complaints).toEqual([])
  await close()

  const lied = await opened<LogBundle>(`${path}?part=proof`, (bundle) => ({
    ...bundle,
    observation: bundle.observation.replace('"caller":"', '"caller":"not '),
  }))
  expect(await verdict(lied.page)).toBe('Not proved')
  expect((await failed(lied.page)).join()).toContain('The log keeps who brought it')
  await lied.close()
})

test('arrows lead through a lineage, and the list follows', async () => {
  const { close, complaints, page } = await opened('/lineage/6')
  const chosen = page.locator('.graph-node[aria-pressed="true"]')
  await chosen.focus()
  const start = await chosen.getAttribute('data-node')
  await page.keyboard.press('ArrowLeft')
  await page.waitForURL(/node=/)
  const above = await chosen.getAttribute('data-node')
  expect(above).not.toBe(start)
  const row = page.locator('.tree-row[aria-pressed="true"]')
  expect(await row.getAttribute('data-node')).toBe(above)
  await page.keyboard.press('ArrowRight')
  expect(await page.locator('.graph-node:focus').count()).toBe(1)
  expect(complaints).toEqual([])
  await close()
})

test.each([1440, 390])(
  'at %i px, arrows lead down a lineage in time, past every node',
  async (width) => {
    const { close, complaints, page } = await openPage(browser, world.url, { width })
    await show(page, '/lineage?target=p1.grantthreeAAAAAAAAAAAA')
    const chosen = page.locator('.graph-node[aria-pressed="true"]')
    await chosen.focus()
    const all = await page.locator('.graph-node').count()
    for (let n = 0; n < all; n++) await page.keyboard.press('ArrowUp')
    const seen: { readonly key: string | null; readonly top: number }[] = []
    for (let n = 0; n < all; n++) {
      await page.locator('.graph-node:focus[aria-pressed="true"]').waitFor()
      const [, top] = /top: ([\d.]+)px/.exec((await chosen.getAttribute('style')) ?? '') ?? []
      const { height, y } = (await chosen.boundingBox())!
      expect(y >= 0 && y + height <= 900).toBe(true)
      seen.push({ key: await chosen.getAttribute('data-node'), top: Number(top) })
      await page.keyboard.press('ArrowDown')
    }
    expect(new Set(seen.map(({ key }) => key)).size).toBe(all)
    const tops = seen.map(({ top }) => top)
    expect(tops).toEqual(tops.toSorted((a, b) => a - b))
    expect(complaints).toEqual([])
    await close()
  },
)
