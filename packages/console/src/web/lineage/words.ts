// What a node, an edge and a flag of a lineage are called. See words.test.ts.
import type { LineageNode } from '../../api/lineage.ts'

/** Of flags: whether it means harm, or that harm was averted. */
export interface FlagText {
  readonly word: string
  readonly brief: string
}

const flagTexts: Readonly<Record<string, FlagText>> = {
  'refresh-reuse': {
    word: 'Refresh token reused',
    brief: 'a refresh token came that had been used before: somebody may have a copy',
  },
  'code-replay': {
    word: 'Code replayed',
    brief: 'an authorization code came that had been used before',
  },
  'use-after-revocation': {
    word: 'Used after revocation',
    brief: 'it was let in although it had been revoked',
  },
  'refused-after-revocation': {
    word: 'Came after revocation',
    brief: 'it had been revoked, and was refused',
  },
  'use-after-expiry': {
    word: 'Used after expiry',
    brief: 'it was let in although it had expired',
  },
  'refused-after-expiry': {
    word: 'Came after expiry',
    brief: 'it had expired, and was refused',
  },
}

export function flagText(flag: string): FlagText {
  return flagTexts[flag] ?? { word: flag.replaceAll('-', ' '), brief: '' }
}

/** What was refused is worth a look; what was let in is an alarm. */
export function isAlarm(flag: string): boolean {
  return !flag.startsWith('refused-')
}

const edgeWords: Readonly<Record<string, string>> = {
  'same-flow': 'same flow',
  'same-session': 'same session',
  'same-user': 'same user',
}

export function edgeWord(kind: string): string {
  return edgeWords[kind] ?? kind
}

const alarming = new Set(['reuse', 'replayed'])

export function edgeTone(kind: string): 'alarm' | 'end' | 'loose' | 'plain' {
  if (alarming.has(kind)) return 'alarm'
  if (kind === 'revoked') return 'end'
  return kind.startsWith('same-') ? 'loose' : 'plain'
}

/** `token · refresh_token`, `GET /orders`, `introspect · active`. */
export function titleOf({ action, active, detail, role }: LineageNode): string {
  const name = action.replace(/^oauth\./, '')
  const isRoute = /^(?:[A-Z]+(?: |$)|\/)/.test(detail)
  if (action === 'oauth.resource_access') return detail.includes('/') ? detail : `${name} ${detail}`
  // Routes of the protocol's own endpoints say no more than the action does.
  const isEndpoint = role !== 'resource_server' && action.startsWith('oauth.')
  const more = isRoute && isEndpoint ? '' : detail
  const answer = active === null ? '' : active ? 'active' : 'not active'
  return [name, more, answer].filter(Boolean).join(' · ')
}

export interface End {
  readonly word: 'expired' | 'revoked' | 'expires'
  /** ISO 8601. */
  readonly at: string
}

/** How what was handed out ended, or will; null when nothing was, or nobody knows. */
export function endOf({ expired, expiresAt, revokedAt }: LineageNode): End | null {
  if (revokedAt !== '' && !expired) return { word: 'revoked', at: revokedAt }
  if (expiresAt === '') return null
  return { word: expired ? 'expired' : 'expires', at: expiresAt }
}

export function isOver(node: LineageNode): boolean {
  const end = endOf(node)
  return end !== null && end.word !== 'expires'
}

export function servicesOf(nodes: readonly LineageNode[]): string {
  return [...new Set(nodes.map(({ service }) => service))].join(', ')
}
