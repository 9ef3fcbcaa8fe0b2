// Scenario: somebody on duty works through a finding without a mouse: takes it on, looks at its
// records and their proofs, and closes it.
// Guarantee: each decision is a leaf of the log with person, note and time, the page says so, and
// the focus is never lost on the way.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decodeFinding, foldersUnder, type FindingChange, openReader } from '@grantlog/ledger'
import type { Browser, Page } from 'playwright-core'
import {
  accessibility,
  openBrowser,
  openPage,
  overflow,
  settled,
  shoot,
  show,
  themes,
  type Watched,
  widths,
} from './browser.ts'
import { findings } from './findings.ts'
import { openWorld, type World } from './world.ts'

const [finding] = findings
const path = `/findings/${finding!.id}`
const startedMs = Date.now()
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

const part = (name: string) => page.getByRole('region', { name, exact: true })
const focused = (): Promise<string> =>
  page.evaluate(`(() => { const { activeElement: a } = document
    return a.tagName + ' ' + (a.labels?.[0]?.textContent ?? a.textContent).slice(0, 40) })()`)

/** Goes on by Tab until something has the focus. */
async function tabTo(what: RegExp): Promise<void> {
  const passed: string[] = []
  while (passed.length < 60) {
    await page.keyboard.press('Tab')
    passed.push(await focused())
    if (what.test(passed.at(-1)!)) return
  }
  throw new Error(`Tab does not come to ${what}: ${passed.join(', ')}`)
}

/** What the log itself has of decisions, each with the place of its leaf. */
async function sealed(): Promise<(FindingChange & { index: number })[]> {
  const reader = await openReader(foldersUnder(world.data))
  try {
    const found: (FindingChange & { index: number })[] = []
    for await (const { entries } of reader.frames(reader.journal.first)) {
      for (const { index, leaf, stored } of entries) {
        if (leaf.type !== 'finding' || stored.kind !== 'content') continue
        const content = decodeFinding(stored.content)
        if (content.kind === 'status') found.push({ ...content, index })
      }
    }
    return found
  } finally {
    await reader.close()
  }
}

test('the overview says what waits, and leads there', async () => {
  await show(page, '/')
  const link = part('To decide').getByRole('link', { name: finding!.rule.title, exact: true })
  await link.click()
  await page.waitForURL((url) => url.pathname === path)
  await page.goBack()
  await part('To decide')
    .getByRole('link', { name: /finding/i })
    .click()
  await page.waitForURL((url) => url.pathname === '/findings')
  await settled(page)
})

test('from the queue to the finding', async () => {
  await show(page, '/findings')
  const rows = page.locator('a.row-link')
  const at = (await rows.allInnerTexts()).indexOf(finding!.rule.title)
  for (let times = 0; times <= at; times++) await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === path)
  await settled(page)
  expect(await focused()).toBe(`H1 ${finding!.rule.title}`)
  expect(await part('Decisions').innerText()).toContain('Nobody has decided')
})

test('nobody decides without a name', async () => {
  const buttons = part('Decide').getByRole('button')
  expect(await buttons.count()).toBe(4)
  for (const button of await buttons.all()) expect(await button.isDisabled()).toBe(true)
})

test('it is acknowledged, with a name and a note', async () => {
  await tabTo(/^INPUT Your name/)
  await page.keyboard.type('Ada Lovelace')
  await page.keyboard.press('Tab')
  expect(await focused()).toMatch(/^TEXTAREA Note/)
  await page.keyboard.type('I am on it.\nSession <b>of web</b>.')
  await tabTo(/^BUTTON Acknowledge/)
  await page.keyboard.press('Enter')
  await part('Decide').getByRole('status').getByText('Acknowledged.').waitFor()
  const told = part('Decisions').getByRole('listitem')
  await told.first().waitFor()
  expect(await told.innerText()).toMatch(
    /^Acknowledged by Ada Lovelace, .*\n+I am on it\.\nSession <b>of web<\/b>\.$/s,
  )
  expect(await part('What happened').innerText()).toMatch(/Status\s+Acknowledged/)
  // Whoever goes on by keys goes on from here.
  expect(await focused()).toMatch(/^(?!BODY)/)
  expect(await page.getByLabel('Note').inputValue()).toBe('')
  const [change, ...more] = await sealed()
  expect(more).toEqual([])
  expect(change).toMatchObject({
    ...{ finding: finding!.id, status: 'acknowledged', person: 'Ada Lovelace' },
    note: 'I am on it.\nSession <b>of web</b>.',
  })
  expect(change!.madeAt).toBeGreaterThanOrEqual(startedMs)
  const time = told.locator('time')
  expect(new Date((await time.getAttribute('datetime')) ?? '').getTime()).toBe(change!.madeAt)
})

test('its records and their proofs are there', async () => {
  await tabTo(/^A Record #6/)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/records/6')
  await settled(page)
  expect(await focused()).toBe('H1 Record 6')
  await page.goBack()
  await page.waitForURL((url) => url.pathname === path)
  await settled(page)
  await tabTo(/^A Proof of #7/)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/records/7')
  const states = page.locator('.step .step-state')
  await states.first().waitFor()
  const told = await states.evaluateAll((all) => all.map((one) => one.getAttribute('data-state')))
  expect(told).toContain('passed')
  expect(told).not.toContain('failed')
  await page.goBack()
  await page.waitForURL((url) => url.pathname === path)
  await settled(page)
})

test('it is closed, by the same name, and leaves the queue', async () => {
  await tabTo(/^TEXTAREA Note/)
  expect(await page.getByLabel('Your name').inputValue()).toBe('Ada Lovelace')
  await page.keyboard.type('A test of ours.')
  await tabTo(/^BUTTON Close/)
  await page.keyboard.press('Space')
  await part('Decide').getByRole('status').getByText('Closed.').waitFor()
  await part('Decisions').getByText('A test of ours.').waitFor()
  expect(await focused()).toMatch(/^(?!BODY)/)
  const told = await part('Decisions').getByRole('listitem').allInnerTexts()
  expect(told.map((one) => one.split(' ')[0])).toEqual(['Closed', 'Acknowledged'])
  const changes = await sealed()
  expect(changes.map(({ note, status }) => [status, note])).toEqual([
    ['acknowledged', 'I am on it.\nSession <b>of web</b>.'],
    ['closed', 'A test of ours.'],
  ])
  // Under a checkpoint: with a proof, as any leaf.
  const size = (await (await fetch(new URL('/checkpoint', world.url))).text()).split('\n')[1]
  expect(Number(size)).toBeGreaterThan(changes.at(-1)!.index)
  await show(page, '/findings')
  expect(await page.locator('a.row-link').allInnerTexts()).not.toContain(finding!.rule.title)
  await show(page, '/findings?state=closed')
  expect(await page.locator('a.row-link').allInnerTexts()).toEqual([finding!.rule.title])
})

test('it is opened again where it was wrong', async () => {
  await show(page, path)
  await tabTo(/^BUTTON Open again/)
  await page.keyboard.press('Enter')
  await part('Decide').getByRole('status').getByText('Opened again.').waitFor()
  await part('Decisions').getByRole('listitem').nth(2).waitFor()
  expect(await focused()).toMatch(/^(?!BODY)/)
  expect((await sealed()).map(({ status }) => status)).toEqual(['acknowledged', 'closed', 'open'])
})

test.each(widths.flatMap((width) => themes.map((theme) => [width, theme] as const)))(
  'what was decided, at %d px, %s',
  async (width, theme) => {
    const { close, complaints, page } = await openPage(browser, world.url, { theme, width })
    for (const [name, at] of [
      ['findings-all', '/findings'],
      ['finding-decided', path],
    ] as const) {
      await show(page, at)
      await shoot(page, `${name}-${width}-${theme}`)
      expect(await accessibility(page)).toEqual([])
      expect(await overflow(page)).toBeLessThanOrEqual(0)
    }
    expect(complaints).toEqual([])
    await close()
  },
)
