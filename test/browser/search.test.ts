// Scenario: somebody looks for what was refused, with the keyboard, then with the pointer, watches
// it come in live, and keeps what was found; the receiver is killed meanwhile.
// Guarantee: every step is in the address and undone by Back, nothing that came is missing in the
// list, and what was on the page stays there until the receiver answers again.
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import type { Browser, Page } from 'playwright-core'
import { openBrowser, openPage, settled, show, type Watched } from './browser.ts'
import { openWorld, type World } from './world.ts'

let browser: Browser
let world: World
let watched: Watched
let page: Page

beforeAll(async () => {
  ;[browser, world] = await Promise.all([openBrowser(), openWorld()])
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

beforeEach(async () => {
  watched = await openPage(browser, world.url)
  page = watched.page
})

afterEach(async () => {
  expect(watched.complaints).toEqual([])
  await watched.close()
})

const address = (): string => {
  const { pathname, searchParams } = new URL(page.url())
  return `${pathname} ${searchParams.get('q') ?? ''}`.trim()
}
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key)
}
const focused = (): Promise<string> =>
  page.evaluate('document.activeElement.tagName + " " + document.activeElement.className')

test('with the keyboard: to the records, a query by completion, a row, back to it', async () => {
  await show(page, '/')
  await press('g', 'r')
  await page.waitForURL('**/records')
  await settled(page)
  expect(await focused()).toMatch(/^H1/)
  await press('/')
  await page.keyboard.type('outcome:den')
  await page.getByRole('option', { name: 'denied' }).waitFor()
  await press('ArrowDown', 'Enter', 'Enter')
  await page.waitForURL('**/records?q=*')
  await settled(page)
  expect(address()).toBe('/records outcome:denied')
  await press('Escape', 'j', 'j')
  expect(await focused()).toBe('A row-link')
  await press('Enter')
  await page.waitForURL(/\/records\/\d+$/)
  await page.goBack()
  await settled(page)
  expect(address()).toBe('/records outcome:denied')
  await page.waitForFunction('document.activeElement.matches("[data-row]")')
})

test('with the pointer: facets and cells write the query, Back takes it back', async () => {
  await show(page, '/records')
  const facet = (name: string): Promise<void> =>
    page.locator('.records-side .facet-pick').filter({ hasText: name }).first().click()
  await facet('denied')
  await page.waitForURL('**q=outcome%3Adenied')
  await settled(page)
  await facet('failure')
  await page.waitForURL('**failure')
  expect(address()).toBe('/records outcome:denied,failure')
  await settled(page)
  await page.hover('td[data-field=client] >> nth=0')
  await page
    .locator('.cell-actions')
    .getByRole('button', { name: /^Without/ })
    .click()
  await page.waitForURL('**-client*')
  await page.goBack()
  await page.goBack()
  await settled(page)
  expect(address()).toBe('/records outcome:denied')
})

test('a wrong query says where, and what was meant', async () => {
  await show(page, '/records?q=clent%3Aweb')
  const input = page.getByRole('combobox', { name: 'Query' })
  await page.locator('.query-wrong').waitFor()
  expect(await input.getAttribute('aria-invalid')).toBe('true')
  expect(await page.locator('.query-wrong').textContent()).toBe('clent:')
  await page.locator('.query-problem').getByRole('button', { name: 'client:' }).click()
  await page.locator('[data-row]').first().waitFor()
  expect(address()).toBe('/records client:web')
})

test('a filter by choosing, kept as a view and found again', async () => {
  await show(page, '/records')
  await press('f')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Field').selectOption('scope')
  await dialog.getByLabel('Value').fill('orders:read')
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await page.waitForURL('**q=scope*')
  await page.getByRole('button', { name: 'Views' }).click()
  await dialog.getByLabel('Save what is shown as').fill('readers')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await press('Escape')
  await show(page, '/records')
  await page.getByRole('button', { name: 'Views' }).click()
  await dialog.getByRole('link', { name: /readers/ }).click()
  await page.waitForURL('**q=scope*')
  expect(address()).toBe('/records scope:orders:read')
})

test('what came between the page and its tail is not left out', async () => {
  await show(page, '/records')
  await page.locator('[data-row]').first().waitFor()
  await world.send([[[ATTR.OAUTH_CLIENT_ID, 'comes-between']]])
  await setTimeout(1_000)
  expect(await page.locator('td', { hasText: 'comes-between' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Live' }).click()
  const between = page.locator('td', { hasText: 'comes-between' })
  await between.waitFor()
  expect(await between.count()).toBe(1)
})

test('a time range that nobody touched stays as it is', async () => {
  for (const query of ['after:24h', 'after:2026-01-31T12:00', 'after:-1.5h']) {
    await show(page, `/records?q=${encodeURIComponent(query)}`)
    await page.getByRole('button', { name: 'Change' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByLabel('From').inputValue()).not.toBe('')
    await dialog.getByRole('button', { name: 'Apply' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(address()).toBe(`/records ${query}`)
  }
})

test('the live tail shows what comes; paused, it counts what waits', async () => {
  await show(page, '/records?live=1')
  await page.locator('.tools-live[data-state=open]').waitFor()
  const send = (name: string): Promise<void> => world.send([[[ATTR.OAUTH_CLIENT_ID, name]]])
  await send('comes-live')
  await page.locator('td', { hasText: 'comes-live' }).waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await send('comes-later')
  const resume = page.getByRole('button', { name: 'Resume (1 waiting)' })
  await resume.waitFor()
  expect(await page.locator('td', { hasText: 'comes-later' }).count()).toBe(0)
  await resume.click()
  await page.locator('td', { hasText: 'comes-later' }).waitFor()
})

/** Scripts of pages: those of the sidebar, a record and its lineage. */
const pageScripts = 9

test('while the receiver is gone, what was there stays, and it goes on by itself', async () => {
  await show(page, '/records')
  const rows = await page.locator('[data-row]').count()
  // The other pages' scripts are there when the browser had time for them.
  await page.waitForFunction(
    `performance.getEntriesByType('resource').filter(({ name, responseEnd }) =>
       responseEnd > 0 && name.includes('/assets/page-')).length >= ${pageScripts}`,
  )
  await world.restart(async () => {
    await page.locator('.banner').waitFor()
    expect(await page.locator('[data-row]').count()).toBe(rows)
    await press('g', 'h')
    await page.getByRole('heading', { name: 'Health' }).waitFor()
  })
  await page.locator('.banner').waitFor({ state: 'detached' })
  await page.locator('.flow').waitFor()
})
