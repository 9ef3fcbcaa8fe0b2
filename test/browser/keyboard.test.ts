// Scenario: somebody uses the console without a mouse.
// Guarantee: every main path can be gone by keys alone, and the focus is always somewhere sensible.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { openBrowser, openPage, settled, show, type Watched } from './browser.ts'
import { openWorld, type World } from './world.ts'

let browser: Browser
let world: World
let watched: Watched
let page: Page

beforeAll(async () => {
  ;[browser, world] = await Promise.all([openBrowser(), openWorld()])
  watched = await openPage(browser, world.url)
  page = watched.page
})

afterAll(async () => {
  expect(watched.complaints).toEqual([])
  await browser?.close()
  await world?.close()
})

const focused = (): Promise<string> =>
  page.evaluate(`(() => { const { activeElement: a } = document
    const said = a.getAttribute('aria-label') ?? a.textContent ?? ''
    return a.tagName + ' ' + said.slice(0, 40) })()`)

test('a query is written with what is offered, and run', async () => {
  await show(page, '/records')
  await page.keyboard.press('/')
  expect(await focused()).toMatch(/^INPUT Query/)
  await page.keyboard.type('outc')
  await page.getByRole('option').filter({ hasText: 'outcome' }).first().waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  expect(await page.getByRole('combobox', { name: 'Query' }).inputValue()).toBe('outcome:')
  await page.keyboard.type('den')
  await page.getByRole('option').filter({ hasText: 'denied' }).first().waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.waitForURL(/outcome%3Adenied/)
})

test('a wrong query says where, and what was probably meant', async () => {
  await show(page, '/records')
  await page.keyboard.press('/')
  await page.keyboard.type('clinet:web')
  await page.keyboard.press('Enter')
  const alert = page.getByText(/did you mean client/)
  await alert.first().waitFor()
})

test('rows are gone along and opened, and Escape leads back', async () => {
  await show(page, '/records')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/records\/\d+$/)
  await settled(page)
  expect(await focused()).toMatch(/Record \d+/)
})

test.each([
  ['o', '/'],
  ['r', '/records'],
  ['f', '/findings'],
  ['t', '/tokens'],
  ['s', '/scopes'],
  ['i', '/integrity'],
  ['h', '/health'],
])('g %s goes to %s, and the focus to its title', async (key, path) => {
  await page.keyboard.press('g')
  await page.keyboard.press(key)
  await page.waitForURL((url) => url.pathname === path)
  await settled(page)
  expect(await focused()).toMatch(/^H1 /)
})

test('the keys are told, and the first stop of Tab skips the navigation', async () => {
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await show(page, '/records')
  await page.keyboard.press('Tab')
  expect(await focused()).toMatch(/skip|to the (page|content)/i)
})

test('the parts of a record and its proof are reached', async () => {
  await show(page, '/records/6')
  const tab = page.getByRole('tab', { name: 'Attributes' })
  await tab.focus()
  await page.keyboard.press('ArrowRight')
  await page.locator('.step').first().waitFor()
  expect(await focused()).toMatch(/Proof/)
})
