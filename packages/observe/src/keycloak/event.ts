// Events as Keycloak's admin REST gives them, read defensively: members that are not what they
// should be are as if they were not there.
import { ObserveError } from '../codes.ts'
import { timeMaxMs } from '../limits.ts'

/** EventRepresentation. */
export interface UserEvent {
  readonly id: string
  readonly time: number
  readonly type: string
  readonly clientId: string | undefined
  readonly userId: string | undefined
  readonly sessionId: string | undefined
  readonly ipAddress: string | undefined
  readonly error: string | undefined
  /** Of `details`: it also has what must not be recorded. */
  readonly detail: (name: string) => string | undefined
}

/** AdminEventRepresentation, without `representation`, which may hold anything. */
export interface AdminEvent {
  readonly id: string
  readonly time: number
  readonly operationType: string
  readonly resourceType: string
  readonly resourcePath: string
  readonly userId: string | undefined
  readonly ipAddress: string | undefined
  readonly error: string | undefined
}

/** Of an event that somebody wrote into the database by hand, or another provider. */
const unknownType = 'UNKNOWN'

type Json = Readonly<Record<string, unknown>>

export function readUserEvent(json: unknown): UserEvent {
  const event = objectOf(json)
  const details = objectIn(event, 'details')
  return {
    ...headOf(event),
    type: textIn(event, 'type') ?? unknownType,
    clientId: textIn(event, 'clientId'),
    userId: textIn(event, 'userId'),
    sessionId: textIn(event, 'sessionId'),
    ipAddress: textIn(event, 'ipAddress'),
    error: textIn(event, 'error'),
    detail: (name) => textIn(details, name),
  }
}

export function readAdminEvent(json: unknown): AdminEvent {
  const event = objectOf(json)
  const by = objectIn(event, 'authDetails')
  return {
    ...headOf(event),
    operationType: textIn(event, 'operationType') ?? unknownType,
    resourceType: textIn(event, 'resourceType') ?? unknownType,
    resourcePath: textIn(event, 'resourcePath') ?? '',
    userId: textIn(by, 'userId'),
    ipAddress: textIn(by, 'ipAddress'),
    error: textIn(event, 'error'),
  }
}

/** Without an id nobody could tell an event from the same one read again (Keycloak before 26). */
function headOf(event: Json): { readonly id: string; readonly time: number } {
  const { time } = event
  if (typeof time !== 'number') throw unusual('time')
  const id = textIn(event, 'id')
  if (id === undefined) throw unusual('id')
  return { id, time: Math.min(Math.max(Math.trunc(time), 1), timeMaxMs) }
}

function objectIn(json: Json, name: string): Json {
  const value = json[name]
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

export function textIn(json: Json, name: string): string | undefined {
  const value = Object.hasOwn(json, name) ? json[name] : undefined
  return typeof value === 'string' && value !== '' ? value.toWellFormed() : undefined
}

export function objectOf(json: unknown): Json {
  if (typeof json !== 'object' || json === null) throw unusual('an object')
  return json as Json
}

export function listOf(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw unusual('a list')
  return json
}

function unusual(what: string): ObserveError {
  return new ObserveError('OBSERVE_SOURCE_UNUSUAL', `${what} is missing`)
}
