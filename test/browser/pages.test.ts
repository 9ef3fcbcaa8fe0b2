// Scenario: somebody opens each page, on a phone, a laptop and a desk, by day and by night.
// Guarantee: it loads without an error of a script or a refusal of its own policy, axe finds
// nothing, nothing is cut off sideways; a picture of each is kept to be looked at.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import {
  accessibility,
  isFull,
  openBrowser,
  openPage,
  overflow,
  shoot,
  show,
  themes,
  widths,
} from './browser.ts'
import { findings } from './findings.ts'
import { openWorld, type World } from './world.ts'

let browser: Browser
let world: World

beforeAll(async () => {
  ;[browser, world] = await Promise.all([openBrowser(), openWorld()])
})

afterAll(async () => {
  await browser?.close()
  await world?.close()
})

const pages: readonly (readonly [name: string, path: string])[] = [
  ['overview', '/'],
  ['records', '/records'],
  ['records-filtered', '/records?q=outcome%3Adenied'],
  ['records-wrong', '/records?q=clinet%3Aweb'],
  ['records-none', '/records?q=client%3Anobody'],
  ['record', '/records/6'],
  ['proof', '/records/6?part=proof'],
  ['record-unknown', '/records/999999'],
  ['lineage', '/lineage?target=p1.grantthreeAAAAAAAAAAAA'],
  ['lineage-unknown', '/lineage?target=t1.nobody'],
  ['findings', '/findings'],
  ['findings-none', '/findings?state=closed'],
  ['finding', `/findings/${findings[0]!.id}`],
  ['finding-unknown', '/findings/01982f3e-7a4c-8cc1-9d4e-00000000dead'],
  ['tokens', '/tokens'],
  ['sessions', '/tokens?part=sessions&state=all'],
  ['scopes', '/scopes'],
  ['integrity', '/integrity'],
  ['health', '/health'],
  ['nowhere', '/nothing/here'],
]

/** Quick: each width and each theme for every page, not each pair of them. */
const looks = widths.flatMap((width, n) =>
  themes.map((theme, m) => ({ width, theme, isQuick: (n + m) % 2 === 0 })),
)

describe.each(looks.filter(({ isQuick }) => isFull || isQuick))('$width px, $theme', (look) => {
  test.each(pages)('%s', async (name, path) => {
    const { close, complaints, page } = await openPage(browser, world.url, look)
    await show(page, path)
    await shoot(page, `${name}-${look.width}-${look.theme}`)
    expect(await accessibility(page)).toEqual([])
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
    await close()
  })
})
