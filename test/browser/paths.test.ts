// Scenario: somebody works with the console by mouse: finds, reads, proves, follows, watches,
// verifies.
// Guarantee: each main path leads to its end, and the address says where one is.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { ATTR } from '@grantlog/record'
import { openBrowser, openPage, settled, shoot, show, type Watched } from './browser.ts'
import { story } from './story.ts'
import { openWorld, type World } from './world.ts'

let browser: Browser
let world: World
let watched: Watched

beforeAll(async () => {
  ;[browser, world] = await Promise.all([openBrowser(), openWorld()])
  watched = await openPage(browser, world.url)
})

afterAll(async () => {
  expect(watched.complaints).toEqual([])
  await browser?.close()
  await world?.close()
})

const query = () => watched.page.getByRole('combobox', { name: 'Query' })
const count = () => watched.page.locator('.tools-count')

test('from all records by a facet to one, and back to the same place', async () => {
  const { page } = watched
  await show(page, '/records')
  expect(await count().textContent()).toBe(`${story.length} records`)
  await page
    .getByRole('region', { name: 'Outcome' })
    .getByRole('button')
    .filter({ hasText: 'denied' })
    .first()
    .click()
  await page.waitForURL(/outcome%3Adenied/)
  await settled(page)
  expect(await query().inputValue()).toContain('outcome:denied')
  const address = page.url()
  await page.locator('tbody tr, [role=row][data-key]').nth(1).click()
  await page.waitForURL(/\/records\/\d+$/)
  await settled(page)
  expect(await page.locator('h1').textContent()).toMatch(/^Record \d+$/)
  await page.goBack()
  await settled(page)
  expect(page.url()).toBe(address)
})

test('the proof of a record holds in every step, checked here', async () => {
  const { page } = watched
  await show(page, '/records/6')
  await page.getByRole('tab', { name: 'Proof' }).click()
  await page.locator('.step').first().waitFor()
  const states = await page
    .locator('.step .step-state')
    .evaluateAll((steps) => steps.map((step) => step.getAttribute('data-state')))
  expect(states.length).toBeGreaterThanOrEqual(8)
  expect(states).not.toContain('failed')
  expect(states.filter((state) => state === 'passed').length).toBeGreaterThanOrEqual(7)
  await shoot(page, 'proof-1440-light')
  const download = page.waitForEvent('download')
  await page
    .getByRole('button', { name: /bundle/i })
    .or(page.getByRole('link', { name: /bundle/i }))
    .first()
    .click()
  const file = await readFile(await (await download).path(), 'utf8')
  expect(JSON.parse(file)).toMatchObject({ format: 'grantlog-bundle-v1', index: 6 })
})

test('a proof that was changed on the way fails, and says where', async () => {
  const { close, page } = await openPage(browser, world.url)
  await page.route('**/bundle?*', async (route) => {
    const response = await route.fetch()
    const bundle = (await response.json()) as { canonical: string }
    const canonical = bundle.canonical.replace('"success"', '"failure"')
    await route.fulfill({ response, json: { ...bundle, canonical } })
  })
  await show(page, '/records/6')
  await page.getByRole('tab', { name: 'Proof' }).click()
  await page.locator('.step-state[data-state=failed]').first().waitFor()
  await shoot(page, 'proof-failed-1440-light')
  await close()
})

test('the life of a stolen grant, with the reuse in words', async () => {
  const { page } = watched
  await show(page, '/lineage?target=p1.grantthreeAAAAAAAAAAAA')
  const text = (await page.locator('main').textContent()) ?? ''
  expect(text).toMatch(/reuse/i)
  const told = page.getByRole('region', { name: 'What reused tokens gave away' })
  expect(await told.innerText()).toMatch(
    /of web, first used at .* came again at .* With them were called .*GET \/export at login/s,
  )
  const heads = page.getByRole('list', { name: 'Lanes' }).getByRole('listitem')
  expect((await heads.allInnerTexts()).map((head) => head.split('\n'))).toEqual([
    ['login', 'client'],
    ['login', 'authorization server'],
    ['login', 'API'],
  ])
  // The reuse, and what was let in after its end.
  expect(await page.locator('.graph-node[data-alarm="true"]').count()).toBe(2)
  await shoot(page, 'lineage-stolen-1440-light')
})

test('why it was refused: each error code with its reasons, and their records', async () => {
  const { page } = watched
  await show(page, '/?q=')
  const code = page.locator('.refusals > li').filter({ hasText: 'access_denied' })
  const reasons = await code.locator('.refusal-reason').allInnerTexts()
  expect(reasons.map((reason) => reason.split(/\s/)[0])).toEqual([
    ...['consent_required', 'client_not_allowed'],
  ])
  await code.getByRole('link', { name: /^consent_required/ }).click()
  await settled(page)
  expect(new URL(page.url()).searchParams.get('q')).toBe(
    'outcome:denied,failure error:access_denied reason:consent_required',
  )
  expect(await page.getByRole('row').filter({ hasText: 'consent_required' }).count()).toBe(2)
})

test('refused is what was denied or failed, and leads to it', async () => {
  const { page } = watched
  const expectRefused = async (term: string): Promise<void> => {
    await settled(page)
    expect(new URL(page.url()).searchParams.get('q')).toBe(`${term} outcome:denied,failure`)
  }
  await show(page, '/tokens?part=sessions&state=all')
  const stolen = page.locator('tbody tr').filter({ has: page.locator('a[href*="sessionthree"]') })
  await stolen.locator('td[data-title="Refused"] a').click()
  await expectRefused(`session:p1.${'sessionthree'.padEnd(22, 'A')}`)
  expect(await count().textContent()).toBe('1 record')
  await show(page, '/scopes')
  const web = page.locator('.matrix-row').filter({ hasText: /^web/ })
  const link = web.getByRole('link', { name: / refused$/ })
  const told = ((await link.textContent()) ?? '').replace(' refused', '')
  await link.click()
  await expectRefused('client:web')
  expect(await count().textContent()).toBe(`${told} records`)
})

test('tokens used after revocation, scopes never used, and how to ask for them', async () => {
  const { page } = watched
  await show(page, '/tokens')
  const alarms = page.locator('.alarm').filter({ hasText: 'used after revocation' })
  expect(await alarms.first().innerText()).toMatch(/used after revocation ×\d/)
  // In the link of the row, which leads to its lineage.
  const ways = page.locator('a.row-link[href^="/lineage/"]').filter({ has: alarms })
  expect(await ways.count()).toBe(1)
  const style = `getComputedStyle(document.querySelector('tbody .scope-chip[data-idle=true]'))`
  expect(await page.evaluate(`${style}.outlineStyle`)).toBe('dashed')
  expect(await page.locator('tbody s').count()).toBe(0)
  expect(await page.locator('.note .scope-chip').isVisible()).toBe(true)
  for (const path of ['/tokens', '/tokens?part=sessions', '/scopes']) {
    await show(page, path)
    expect(await query().getAttribute('placeholder')).toBe('client:web user:alice')
  }
})

test('Integrity and Health lead to what other programs read', async () => {
  const { page } = watched
  for (const [path, count] of [
    ['/integrity', 2],
    ['/health', 1],
  ] as const) {
    await show(page, path)
    const links = await page.locator('main .note a').evaluateAll((all) => {
      return all.map((link) => link.getAttribute('href') ?? '')
    })
    expect(links).toHaveLength(count)
    for (const link of links) {
      expect([link, (await fetch(new URL(link, world.url))).status]).toEqual([link, 200])
    }
  }
})

test('who never logged in is in no open session', async () => {
  const { page } = watched
  await show(page, '/tokens?part=sessions')
  const states = page.getByRole('group', { name: 'State of sessions' })
  const all = await page.locator('tbody').innerText()
  expect(all).not.toContain('never logged in')
  await states.getByRole('button', { name: /Never logged in/ }).click()
  await settled(page)
  const rows = page.locator('tbody tr')
  expect(await rows.count()).toBe(1)
  expect(await rows.first().innerText()).toContain('never logged in')
})

test('what comes is shown while one watches, and waits while one pauses', async () => {
  const { page } = watched
  await show(page, '/records?q=client%3Alive')
  await page.getByRole('button', { name: 'Live' }).click()
  await page
    .getByRole('status')
    .filter({ hasText: /^live$/ })
    .waitFor()
  const live = [[[ATTR.OAUTH_CLIENT_ID, 'live']]] as const
  await world.send(live)
  await page.getByRole('row').filter({ hasText: 'oauth.token' }).first().waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await world.send(live)
  await page.getByRole('button', { name: /Resume \(1 waiting\)/ }).click()
  await page
    .getByRole('status')
    .filter({ hasText: /^live$/ })
    .waitFor()
})

test('the whole log is verified, and the page says so', async () => {
  const { page } = watched
  await show(page, '/integrity')
  await page.getByRole('button', { name: 'Verify everything' }).click()
  await page.getByText('self-consistent', { exact: true }).first().waitFor()
  await shoot(page, 'integrity-verified-1440-light')
})

test('all streams are compared with what they counted, and what came of it is sealed', async () => {
  const { page } = watched
  await show(page, '/integrity')
  await page.getByRole('button', { name: 'Compare all streams' }).click()
  await page.getByText('The streams of all services').waitFor()
  await page.getByRole('group', { name: 'Sealed comparisons' }).waitFor()
  await shoot(page, 'integrity-compared-1440-light')
})

test('people are shown when they are asked for', async () => {
  const { page } = watched
  await show(page, '/records/6')
  expect(await page.locator('main').textContent()).not.toContain('203.0.113.7')
  const personal = page.getByRole('button', { name: 'Personal data', exact: true })
  await personal.click()
  await page.getByText('203.0.113.7').first().waitFor()
  await personal.click()
  await settled(page)
})

test('a saved view is there again', async () => {
  const { page } = watched
  await show(page, '/records?q=outcome%3Adenied')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByLabel('Save what is shown as').fill('refused')
  await page.getByRole('button', { name: /^Save/ }).click()
  await page.keyboard.press('Escape')
  await show(page, '/records')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('dialog').getByText('refused').first().click()
  await page.waitForURL(/outcome%3Adenied/)
})

test('the histogram is drawn over to look closer', async () => {
  const { page } = watched
  await show(page, '/records')
  const box = await page.locator('.u-over').first().boundingBox()
  if (box === null) throw new Error('there is no chart')
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 5 })
  await page.mouse.up()
  await page.waitForURL(/after%3A.*before%3A/)
})
