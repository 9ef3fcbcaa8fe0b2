// Scenario: things are not as they should be: nothing is there, the network is slow, the receiver
// is killed under the page, values are hostile.
// Guarantee: the page says what it is, goes on by itself, and nothing of a record becomes more than
// text.
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { ATTR } from '@grantlog/record'
import { openBrowser, openPage, overflow, settled, shoot, show } from './browser.ts'
import { hostileValues } from './story.ts'
import { indexed, openWorld, type World } from './world.ts'

let browser: Browser

beforeAll(async () => {
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
})

describe('an empty ledger', () => {
  let world: World

  beforeAll(async () => {
    world = await openWorld({ records: [] })
  })

  afterAll(() => world?.close())

  test.each([
    ['/', /no records/i],
    ['/records', /no records match/i],
    ['/tokens', /no tokens yet/i],
    ['/scopes', /no |nothing/i],
    ['/integrity', /not been verified/i],
  ])('%s says what to do', async (path, said) => {
    const { close, complaints, page } = await openPage(browser, world.url)
    await show(page, path)
    await shoot(page, `empty${path.replaceAll('/', '-')}`)
    expect(await page.locator('main').textContent()).toMatch(said)
    expect(complaints).toEqual([])
    await close()
  })
})

describe('a world', () => {
  let world: World

  beforeAll(async () => {
    world = await openWorld()
  })

  afterAll(() => world?.close())

  test('killed and started under the page: it says so, and goes on by itself', async () => {
    const { close, page } = await openPage(browser, world.url)
    await show(page, '/?q=')
    await world.restart(async () => {
      await page.getByText(/does not answer/).waitFor()
      await shoot(page, 'offline')
      expect(await page.locator('main').textContent()).toContain('Traffic')
    })
    await indexed(world.url, 1)
    await page.getByText(/does not answer/).waitFor({ state: 'detached' })
    await close()
  })

  test('a live tail is there again after that, and misses nothing', async () => {
    const { close, page } = await openPage(browser, world.url)
    await show(page, '/records?q=client%3Aback&live=1')
    await page
      .getByRole('status')
      .filter({ hasText: /^live$/ })
      .waitFor()
    await world.restart()
    await indexed(world.url, 1)
    await world.send([[[ATTR.OAUTH_CLIENT_ID, 'back']]])
    await page.getByRole('row').filter({ hasText: 'oauth.token' }).first().waitFor()
    await close()
  })

  test('a slow network: what is loading is told, and what was typed is not lost', async () => {
    const { close, page } = await openPage(browser, world.url)
    await page.route('**/api/v1/**', async (route) => {
      await setTimeout(1_500)
      await route.continue()
    })
    await page.goto('/records')
    await page.locator('[aria-busy=true]').first().waitFor()
    await shoot(page, 'loading')
    await page.getByRole('combobox', { name: 'Query' }).fill('client:web')
    await settled(page)
    expect(await page.getByRole('combobox', { name: 'Query' }).inputValue()).toBe('client:web')
    await close()
  })

  test('an error of the server is told with its code and a way on', async () => {
    const { close, page } = await openPage(browser, world.url)
    await page.route('**/api/v1/records?*', (route) =>
      route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          code: 'CONSOLE_INTERNAL',
          title: 'it failed',
          status: 500,
          fix: 'Look.',
        }),
      }),
    )
    await show(page, '/records')
    await page.getByText('CONSOLE_INTERNAL').first().waitFor()
    await page.unroute('**/api/v1/records?*')
    await page
      .getByRole('button', { name: /again|retry/i })
      .first()
      .click()
    await page.getByText('CONSOLE_INTERNAL').first().waitFor({ state: 'detached' })
    await close()
  })

  test('what cannot be renewed says of when it is, and alarms do not go silently', async () => {
    const { close, page } = await openPage(browser, world.url)
    await show(page, '/?q=')
    await page.getByRole('region', { name: 'Worth a look' }).waitFor()
    const problem = { code: 'CONSOLE_UNEXPECTED', title: 'it failed', status: 500 }
    const fails = { status: 500, contentType: 'application/problem+json' }
    await page.route('**/api/v1/**', (route) =>
      route.fulfill({ ...fails, body: JSON.stringify(problem) }),
    )
    const card = page.getByRole('region', { name: 'Integrity', exact: true })
    await card.getByText('could not be renewed').waitFor()
    await shoot(page, 'not-renewed')
    // The old answer stands beside it.
    expect(await card.textContent()).toContain('Missing in streams')
    await page.reload()
    await page.getByText('CONSOLE_UNEXPECTED').first().waitFor()
    await page.unroute('**/api/v1/**')
    await page.getByText('CONSOLE_UNEXPECTED').first().waitFor({ state: 'detached' })
    await page.getByRole('region', { name: 'Worth a look' }).waitFor()
    await close()
  })

  test.each([390, 1440])('hostile values are text, at %i px', async (width) => {
    const { close, complaints, page } = await openPage(browser, world.url, { width })
    const response = await fetch(`${world.url}/api/v1/records?q=outcome:denied+-client:web,worker`)
    const { records } = (await response.json()) as { records: { index: number }[] }
    expect(records).toHaveLength(hostileValues.length)
    const paths = ['/', '/records?q=outcome%3Adenied', '/scopes', '/tokens']
    const details = records.flatMap(({ index }) => [
      `/records/${index}`,
      `/records/${index}/lineage`,
    ])
    for (const path of [...paths, ...details]) {
      await show(page, path)
      expect([path, await overflow(page)]).toEqual([path, expect.any(Number)])
      expect(await overflow(page)).toBeLessThanOrEqual(0)
      const links = await page
        .locator('a[href]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('href')))
      expect(links.filter((href) => !/^(\/|#|blob:)/.test(href ?? ''))).toEqual([])
    }
    await show(page, '/records?q=outcome%3Adenied')
    const shown = page.getByText('<img src=x onerror=alert(1)>').filter({ visible: true })
    await shown.first().waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints).toEqual([])
    await close()
  })
})
