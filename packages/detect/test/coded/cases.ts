// Events for the rules that are code, with made-up hashes: [seconds after the start,
// attributes, and when they came, if that is another time].
import type { AttributeValue } from '@grantlog/record'

export type Attributes = Readonly<Record<string, AttributeValue | number>>
export type Step = readonly [atS: number, attributes: Attributes, receivedS?: number]

/** A rule by its id: what it must find something in, and what it must not. */
export interface Case {
  readonly detector: string
  readonly rule: string
  readonly fires: readonly Step[]
  readonly silent: Readonly<Record<string, readonly Step[]>>
  /** What its words must say. */
  readonly words?: RegExp
}

export const day = 86_400
export const hour = 3_600
export const minute = 60

export const home: Attributes = {
  'client.address': '203.0.113.7',
  'user_agent.original': 'Mozilla/5.0 Firefox/140.0',
}
/** The same phone in another network, or the same browser after an update. */
export const roaming: Attributes = { ...home, 'client.address': '198.51.100.20' }
export const updated: Attributes = { ...home, 'user_agent.original': 'Mozilla/5.0 Firefox/141.0' }
export const thief: Attributes = {
  'client.address': '192.0.2.66',
  'user_agent.original': 'curl/8.16',
}

const server: Attributes = {
  'oauth.role': 'authorization_server',
  'audit.outcome': 'success',
  'audit.producer.service': 'login',
  'oauth.client.id': 'web',
}
const web: Attributes = {
  ...{ 'oauth.role': 'client', 'audit.outcome': 'success', 'audit.producer.service': 'web' },
  ...{ 'oauth.client.id': 'web', 'oauth.issuer': 'https://login.example.com' },
}

/** A record of an authorization server that let something through. */
export function served(action: string, more: Attributes = {}): Attributes {
  return { ...server, 'audit.action': action, ...more }
}

/** A record of a client. */
export function called(action: string, more: Attributes = {}): Attributes {
  return { ...web, 'audit.action': action, ...more }
}

/** Tokens for a code, a refresh token, or a client itself. */
export function given(grantType: string, more: Attributes = {}): Attributes {
  return served('oauth.token', {
    ...{ 'oauth.grant.type': grantType, 'oauth.token.issued': 'access_token' },
    ...more,
  })
}

/** A request that an API let in. */
export function letIn(more: Attributes = {}): Attributes {
  return {
    ...{ 'audit.action': 'oauth.resource_access', 'audit.outcome': 'success' },
    ...{ 'oauth.role': 'resource_server', 'audit.producer.service': 'api' },
    ...{ 'http.request.method': 'GET', 'http.route': '/orders', 'oauth.client.id': 'web' },
    ...more,
  }
}

export const alice: Attributes = {
  ...{ 'audit.actor.type': 'user', 'audit.actor.id': 'p1.alice', 'user.hash': 'p1.alice' },
}
export const worker: Attributes = {
  ...{ 'audit.actor.type': 'client', 'audit.actor.id': 'worker', 'oauth.client.id': 'worker' },
}

/** So many, with this time between them. */
export function each(count: number, stepS: number, make: (at: number) => Attributes): Step[] {
  return Array.from({ length: count }, (_, at): Step => [at * stepS, make(at)])
}

export function later(afterS: number, steps: readonly Step[]): Step[] {
  return steps.map(([at, attributes]): Step => [afterS + at, attributes])
}
