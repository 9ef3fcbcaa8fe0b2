// A real Chromium, and pages in it that report everything that should not be.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const shots = join(import.meta.dirname, '.shots')

export const isFull: boolean = process.env.GRANTLOG_BROWSER_FULL === '1'

/** A phone, a small laptop, a desk. */
export const widths = [390, 1024, 1440] as const
export const themes = ['light', 'dark'] as const
export type Theme = (typeof themes)[number]

export interface Watched {
  readonly page: Page
  /** Errors of scripts, refusals of the policy, requests to elsewhere. */
  readonly complaints: string[]
  close(): Promise<void>
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.GRANTLOG_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
}

/** A page in a profile of its own. */
export async function openPage(
  browser: Browser,
  base: string,
  { theme = 'light', width = 1440 }: { readonly theme?: Theme; readonly width?: number } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    ...{ baseURL: base, colorScheme: theme, viewport: { width, height: 900 } },
    // Nothing moves in a test, and pictures are the same twice.
    ...{ reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB', acceptDownloads: true },
  })
  // On a machine that does other things, too, a first load takes its time.
  context.setDefaultTimeout(120_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(`error: ${message}`))
  page.on('console', (message) => {
    // What the network says is for the page to deal with; tests of that look themselves.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
      complaints.push(`console: ${message.text()}`)
    }
  })
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(base) || /^(data|blob):/.test(request.url())
    if (!isOwn) complaints.push(`request to ${request.url()}`)
  })
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  const close = async (): Promise<void> => {
    // A route that is still answered would throw when its context is gone.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await context.close()
  }
  return { page, complaints, close }
}

/** Opens an address and waits until the page has what it shows. */
export async function show(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await settled(page)
}

/** Nothing is asked for and nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('load')
  await page.locator('h1').first().waitFor()
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' })
}

/** Keeps a picture in the one folder that is looked at and not committed. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: false })
}

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[]
}

/** What axe finds against WCAG 2.2 AA, each as one line. */
export async function accessibility(page: Page): Promise<string[]> {
  // Not as a script element, which the page's policy refuses.
  await page.evaluate(axe.source)
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const options = JSON.stringify({ runOnly: { type: 'tag', values: tags } })
  const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as {
    readonly violations: readonly Violation[]
  }
  return violations.flatMap(({ help, id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${help}: ${JSON.stringify(target)}`),
  )
}

/** Whether the page itself, not a box in it, can be moved sideways. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth')
}
