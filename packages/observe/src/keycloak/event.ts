// Events as Keycloak's admin REST gives them, read defensively: members that are not what they
// should be are as if they were not there.
import { ObserveError } from '../codes.ts'

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

type Json = Readonly<Record<string, unknown>>

export function readUserEvent(json: unknown): UserEvent {
  const event = objectOf(json)
  const details =
    event.details === undefined || event.details === null ? {} : objectOf(event.details)
  return {
    ...headOf(event),
    type: required(event, 'type'),
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
  const by = event.authDetails === undefined ? {} : objectOf(event.authDetails)
  return {
    ...headOf(event),
    operationType: required(event, 'operationType'),
    resourceType: textIn(event, 'resourceType') ?? 'UNKNOWN',
    resourcePath: textIn(event, 'resourcePath') ?? '',
    userId: textIn(by, 'userId'),
    ipAddress: textIn(by, 'ipAddress'),
    error: textIn(event, 'error'),
  }
}

/** Without an id nobody could tell an event from the same one read again (Keycloak before 26). */
function headOf(event: Json): { readonly id: string; readonly time: number } {
  const { time } = event
  if (typeof time !== 'number' || !Number.isSafeInteger(time) || time < 0) throw unusual('time')
  return { id: required(event, 'id'), time }
}

function required(json: Json, name: string): string {
  const value = textIn(json, name)
  if (value === undefined) throw unusual(name)
  return value
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
