// Where one can go: the pages, their paths and keys. A page's script loads when it is first opened.
import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import type { PagePath } from '../../page-paths.ts'
import type { IconName } from '../parts/icon.tsx'

type PageOf = LazyExoticComponent<ComponentType>

const loads: (() => Promise<unknown>)[] = []

/** From a module with a named export. */
function page<N extends string>(load: () => Promise<Record<N, ComponentType>>, name: N): PageOf {
  loads.push(load)
  return lazy(async () => ({ default: (await load())[name] }))
}

/**
 * Loads the scripts of all pages, when the first is done and there is time: then they also open
 * while the receiver is down. One that fails is loaded again when its page is opened.
 */
export function loadPages(): void {
  const start = (): void => {
    for (const load of loads) load().catch(() => undefined)
  }
  if ('requestIdleCallback' in window) requestIdleCallback(start, { timeout: 5_000 })
  else setTimeout(start, 3_000)
}

export interface Place {
  readonly path: string
  readonly title: string
  /** On a phone. */
  readonly short: string
  readonly icon: IconName
  /** Behind `g`. */
  readonly key: string
}

export const places: readonly Place[] = [
  { path: '/', title: 'Overview', short: 'Overview', icon: 'overview', key: 'o' },
  { path: '/records', title: 'Records', short: 'Records', icon: 'records', key: 'r' },
  { path: '/findings', title: 'Findings', short: 'Findings', icon: 'warning', key: 'f' },
  { path: '/tokens', title: 'Tokens & sessions', short: 'Tokens', icon: 'tokens', key: 't' },
  { path: '/scopes', title: 'Roles & scopes', short: 'Scopes', icon: 'scopes', key: 's' },
  { path: '/integrity', title: 'Integrity', short: 'Integrity', icon: 'integrity', key: 'i' },
  { path: '/health', title: 'Health', short: 'Health', icon: 'health', key: 'h' },
]

const lineage = page(() => import('../lineage/page.tsx'), 'LineagePage')

export const pages: Readonly<Record<PagePath, PageOf>> = {
  '/': page(() => import('../overview/page.tsx'), 'OverviewPage'),
  '/records': page(() => import('../records/page.tsx'), 'RecordsPage'),
  '/records/:index': page(() => import('../record/page.tsx'), 'RecordPage'),
  '/records/:index/lineage': lineage,
  '/lineage': lineage,
  '/lineage/:target': lineage,
  '/findings': page(() => import('../findings/page.tsx'), 'FindingsPage'),
  '/findings/:id': page(() => import('../findings/finding.tsx'), 'FindingPage'),
  '/tokens': page(() => import('../tokens/page.tsx'), 'TokensPage'),
  '/scopes': page(() => import('../scopes/page.tsx'), 'ScopesPage'),
  '/integrity': page(() => import('../integrity/page.tsx'), 'IntegrityPage'),
  '/health': page(() => import('../health/page.tsx'), 'HealthPage'),
}
