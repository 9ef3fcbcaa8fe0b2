// Scenario: a ledger of very many records (a million with --full) is opened in the console, while
// it is still being indexed and after.
// Guarantee: the page is usable at once, says how far the index is, and answers over all of them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { sealRecords } from '../bench/sealed-records.ts'
import { accessibility, isFull, openBrowser, openPage, settled, shoot, show } from './browser.ts'
import { indexed } from './world.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const batches = isFull ? 2_048 : 64

let browser: Browser
let folder: string
let page: ChildProcess
let url: string
let count: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-many-'))
  const data = join(folder, 'data')
  count = await sealRecords(data, batches)
  page = spawn(process.execPath, [main, 'console', '--data', data, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(page.stdout!, 'data')) as [Buffer]
  url = (JSON.parse(line.toString()) as { url: string }).url.replace(/\/$/, '')
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  page?.kill('SIGTERM')
  if (page !== undefined) await once(page, 'exit')
  await rm(folder, { recursive: true, force: true })
})

test('while it is indexed there is a page, and it says how far it is', async () => {
  const { close, complaints, page: tab } = await openPage(browser, url)
  await show(tab, '/')
  await shoot(tab, 'many-indexing')
  await indexed(url, count)
  expect(complaints).toEqual([])
  await close()
})

test('all of them are counted, filtered, paged and drawn', async () => {
  const { close, complaints, page: tab } = await openPage(browser, url)
  await show(tab, '/records')
  const told = tab.locator('.tools-count')
  expect(Number((await told.textContent())?.replace(/\D/g, ''))).toBe(count)
  const action = tab.getByRole('region', { name: 'Action' })
  await action.locator('.facet-pick').first().click()
  await tab.waitForURL(/action/)
  await settled(tab)
  const some = Number((await told.textContent())?.replace(/\D/g, ''))
  expect(some).toBeGreaterThan(0)
  expect(some).toBeLessThan(count)
  await tab.getByRole('button', { name: /more/i }).last().click()
  await settled(tab)
  await shoot(tab, 'many-records')
  expect(await accessibility(tab)).toEqual([])
  expect(complaints).toEqual([])
  await close()
})

test.each(['/tokens', '/scopes', '/integrity', '/health', '/'])(
  '%s over all of them',
  async (path) => {
    const { close, complaints, page: tab } = await openPage(browser, url)
    await show(tab, path)
    await shoot(tab, `many${path.replaceAll('/', '-')}`)
    expect(complaints).toEqual([])
    await close()
  },
)

test('one record of them, its proof and its lineage', async () => {
  const { close, complaints, page: tab } = await openPage(browser, url)
  const place = Math.floor(count / 2)
  const response = await fetch(
    `${url}/api/v1/records?limit=1&order=oldest&q=index:${place}..${count}`,
  )
  const { records } = (await response.json()) as { records: { index: number }[] }
  await show(tab, `/records/${records[0]!.index}`)
  await tab.getByRole('tab', { name: 'Proof' }).click()
  await tab.locator('.step').first().waitFor()
  expect(await tab.locator('.step-state[data-state=failed]').count()).toBe(0)
  await show(tab, `/records/${records[0]!.index}/lineage`)
  expect(complaints).toEqual([])
  await close()
})
