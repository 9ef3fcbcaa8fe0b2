// The log's key as this browser knows it: the one it met first, or one that somebody brought.
import { stored } from '../settings/stored.tsx'
import type { Trust } from './log.ts'

const lengthMax = 1_024

/** Null: no key is known yet. */
export const pin = stored<Trust | null>('log-key', (value) => {
  if (typeof value !== 'object' || value === null) return null
  const { key, kind, since } = value as Record<string, unknown>
  if (typeof key !== 'string' || key.length > lengthMax) return null
  if (kind !== 'given' && kind !== 'seen') return null
  return { key, kind, since: typeof since === 'string' ? since : '' }
})
