// Codes and refresh tokens that libraries of this process have issued. Who redeems one is answered
// by functions of the application, which say neither whose it was nor that it was used before. Of
// those of other processes nothing is known, and nothing is said.
import { hash } from 'node:crypto'
import { issuedKnownMax } from '../../limits.ts'
import { text } from '../unknown.ts'

export interface KnownIssue {
  readonly accountId: string | null
  readonly clientId: string | null
  /** Of the code, or of the first of the refresh tokens, that all of them come from. */
  readonly family: string
  readonly rotations: number
  readonly issuedAtS: number
  isUsed: boolean
}

export interface KnownIssues {
  readonly add: (token: unknown, issue: Issue) => KnownIssue | null
  readonly of: (token: unknown) => KnownIssue | null
}

/** `from`: the code or the refresh token that it was issued for. */
export type Issue = Pick<KnownIssue, 'accountId' | 'clientId'> & {
  readonly from: KnownIssue | null
}

/** By their hashes: a secret that was redeemed stays nowhere. */
export function createKnownIssues(max: number = issuedKnownMax): KnownIssues {
  const known = new Map<string, KnownIssue>()
  return {
    of: (token) => {
      const value = text(token)
      return value === null ? null : (known.get(hashOf(value)) ?? null)
    },
    add: (token, { from, ...whose }) => {
      const value = text(token)
      if (value === null) return null
      const key = hashOf(value)
      const issue: KnownIssue = {
        ...{ ...whose, family: from?.family ?? key },
        rotations: from === null ? 0 : from.rotations + 1,
        ...{ issuedAtS: Math.floor(Date.now() / 1000), isUsed: false },
      }
      known.set(key, issue)
      if (known.size > max) known.delete(known.keys().next().value!)
      return issue
    },
  }
}

export interface KnownClients {
  readonly add: (id: unknown) => void
  readonly has: (id: unknown) => boolean
}

/** Clients that a library of this process has answered well, the last ones. */
export function createKnownClients(max: number = issuedKnownMax): KnownClients {
  const known = new Set<string>()
  return {
    has: (id) => known.has(text(id) ?? ''),
    add: (id) => {
      const own = text(id)
      if (own === null) return
      known.delete(own)
      known.add(own)
      if (known.size > max) known.delete(known.values().next().value!)
    },
  }
}

function hashOf(token: string): string {
  return hash('sha256', token, 'base64url')
}
