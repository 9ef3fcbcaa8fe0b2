// How attributes of an event are read, and what of a personal one may be kept: whether it is the
// same as before, by a short hash, and nothing more.
import { hash } from 'node:crypto'
import { ATTR, decodeList } from '@grantlog/record'
import { type AuditEvent, DURATION_MS } from './event.ts'
import { MAX_REMEMBERED } from './limits.ts'
import { remembered } from './remembered.ts'

/** '' when it is not there. */
export function text({ attributes }: AuditEvent, name: string): string {
  const value = attributes.get(name)
  if (typeof value === 'string') return value
  return value === undefined ? '' : String(value)
}

/** The items of a list; of a value that is no list, the value. */
export function items(event: AuditEvent, name: string): readonly string[] {
  const value = text(event, name)
  if (value === '') return []
  return value.includes(' ') || value.includes('%') ? decodeList(value) : [value]
}

/** null when it is not there. */
export function whole({ attributes }: AuditEvent, name: string): number | null {
  const value = attributes.get(name)
  return typeof value === 'bigint' ? Number(value) : null
}

/** `oauth.role` of authorization servers: an observed one counts as one. */
export const serverRoles: readonly string[] = ['authorization_server', 'observer']
export const apiRole = 'resource_server'

/** What its producer was. */
export function isOfServer(event: AuditEvent): boolean {
  return serverRoles.includes(text(event, ATTR.OAUTH_ROLE))
}

export function isOfApi(event: AuditEvent): boolean {
  return text(event, ATTR.OAUTH_ROLE) === apiRole
}

export function isOfClient(event: AuditEvent): boolean {
  return text(event, ATTR.OAUTH_ROLE) === 'client'
}

export function isDone(event: AuditEvent, action: string): boolean {
  return text(event, ATTR.AUDIT_ACTION) === action && text(event, ATTR.AUDIT_OUTCOME) === 'success'
}

/** When it began, Unix ms; when it ended, if nothing says how long it took. */
export function begunAt(event: AuditEvent): number {
  return event.atMs - (whole(event, DURATION_MS) ?? 0)
}

/**
 * 48 bits that tell values of one entity apart. With another entity the same value has another
 * hash,
 * so a snapshot does not say who was in the same place.
 */
export function shortHash(entity: string, value: string): string {
  return hashOf(`${entity}\n${value}`)
}

const hashOf = remembered(MAX_REMEMBERED, (text) => hash('sha256', text, 'base64url').slice(0, 8))

const ipv4 = /^(?:::ffff:)?(\d{1,3}\.\d{1,3})\.\d{1,3}\.\d{1,3}$/i

/**
 * The network of an address: the first 16 bits of IPv4, the first 32 of IPv6, about what a carrier
 * hands out. A phone changes its address within it all day. '' for what is no address.
 */
export function networkOf(address: string): string {
  const [, first] = ipv4.exec(address) ?? []
  if (first !== undefined) return first
  if (!address.includes(':')) return ''
  const [head = ''] = address.split('::')
  const [one = '0', two = '0'] = head.split(':').filter((group) => group !== '')
  return `${one}:${two}`.toLowerCase()
}

/** A user agent without its versions: who updates is the same program still. */
export const programOf: (userAgent: string) => string = remembered(MAX_REMEMBERED, (userAgent) =>
  userAgent.replace(/[\d._]+/g, '').slice(0, 256),
)
