// How attributes of an event are read, and what of a personal one may be kept: whether it is the
// same as before, by a short hash, and nothing more.
import { hash } from 'node:crypto'
import { decodeList } from '@grantlog/record'
import { type AuditEvent, DURATION_MS } from './event.ts'
import { FIELD, type Field, fieldOf, valueOf } from './field.ts'
import { MAX_REMEMBERED } from './limits.ts'
import { remembered, rememberedOfTwo } from './remembered.ts'
import { RowAttributes } from './row-attributes.ts'

/** '' when it is not there. */
export function text(event: AuditEvent, field: Field): string {
  const value = valueOf(event, field)
  if (typeof value === 'string') return value
  return value === undefined ? '' : String(value)
}

/** The items of a list; of a value that is no list, the value. */
export function items(event: AuditEvent, field: Field): readonly string[] {
  const value = text(event, field)
  if (value === '') return []
  return value.includes(' ') || value.includes('%') ? decodeList(value) : [value]
}

/** null when it is not there. */
export function whole(event: AuditEvent, field: Field): number | null {
  const value = valueOf(event, field)
  return typeof value === 'bigint' ? Number(value) : null
}

/** `oauth.role` of authorization servers: an observed one counts as one. */
export const serverRoles: readonly string[] = ['authorization_server', 'observer']
export const apiRole = 'resource_server'

/** What its producer was. */
export function isOfServer(event: AuditEvent): boolean {
  const role = valueOf(event, FIELD.OAUTH_ROLE)
  return role === 'authorization_server' || role === 'observer'
}

export function isOfApi(event: AuditEvent): boolean {
  return valueOf(event, FIELD.OAUTH_ROLE) === apiRole
}

export function isOfClient(event: AuditEvent): boolean {
  return valueOf(event, FIELD.OAUTH_ROLE) === 'client'
}

export function isDone(event: AuditEvent, action: string): boolean {
  return (
    valueOf(event, FIELD.AUDIT_ACTION) === action &&
    valueOf(event, FIELD.AUDIT_OUTCOME) === 'success'
  )
}

/** How long it took, ms; null: nothing says it. */
export function tookMs(event: AuditEvent): number | null {
  const { attributes } = event
  return attributes instanceof RowAttributes ? attributes.tookMs : whole(event, duration)
}

const duration = fieldOf(DURATION_MS)

/** When it began, Unix ms; when it ended, if nothing says how long it took. */
export function begunAt(event: AuditEvent): number {
  return event.atMs - (tookMs(event) ?? 0)
}

/**
 * 48 bits that tell values of one entity apart. With another entity the same value has another
 * hash,
 * so a snapshot does not say who was in the same place.
 */
export function shortHash(entity: string, value: string): string {
  return hash('sha256', `${entity}\n${value}`, 'base64url').slice(0, 8)
}

/** The same, remembered: for entities that there are few of, such as clients. */
export const rememberedHash: (entity: string, value: string) => string = rememberedOfTwo(
  MAX_REMEMBERED,
  shortHash,
)

/**
 * The network of an address: the first 16 bits of IPv4, the first 32 of IPv6, about what a carrier
 * hands out. A phone changes its address within it all day. '' for what is no address.
 */
export function networkOf(address: string): string {
  const from = isMapped(address) ? mapped.length : 0
  const end = firstHalf(address, from)
  if (end > 0) return address.slice(from, end)
  if (!address.includes(':')) return ''
  const [head = ''] = address.split('::')
  const [one = '0', two = '0'] = head.split(':').filter((group) => group !== '')
  return `${one}:${two}`.toLowerCase()
}

const mapped = '::ffff:'

/** IPv4 in IPv6 (RFC 4291 2.5.5.2). */
function isMapped(address: string): boolean {
  return address.startsWith('::') && address.slice(0, mapped.length).toLowerCase() === mapped
}

/**
 * Where the first two of four decimal groups end; -1: it is no IPv4 address. A loop, for each
 * record has an address, and an expression makes a list for each.
 */
function firstHalf(address: string, from: number): number {
  let [dots, digits, end] = [0, 0, -1]
  for (let at = from; at < address.length; at++) {
    const code = address.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) digits++
    else if (code !== 0x2e || digits === 0) return -1
    else {
      dots++
      digits = 0
      if (dots === 2) end = at
    }
    if (digits > 3 || dots > 3) return -1
  }
  return dots === 3 && digits > 0 ? end : -1
}

/** A user agent without its versions: who updates is the same program still. */
export const programOf: (userAgent: string) => string = remembered(MAX_REMEMBERED, (userAgent) =>
  userAgent.replace(/[\d._]+/g, '').slice(0, 256),
)
