/**
 * Keycloak, by its admin REST: user events and admin events of one realm. Its OpenTelemetry traces
 * have events in sampled traces only, and its log has them without an identifier; here each has
 * one, and stays for as long as the realm keeps it. Needs Keycloak 26.2 (`direction`, `id`); see
 * test/peers/observed.test.ts.
 */
import { ObserveError } from '../codes.ts'
import { askJson } from '../io/http.ts'
import { pageEventsMax } from '../limits.ts'
import type { Describing, Feed, FeedSettings, Page, Source, SourceEvent } from '../source.ts'
import { type Access, createTokens, type Tokens } from './access.ts'
import { describeAdminEvent } from './admin.ts'
import { describeEvent } from './describe.ts'
import { listOf, objectOf, readAdminEvent, readUserEvent } from './event.ts'
import { namedTypes } from './words.ts'

export interface KeycloakOptions extends Pick<Describing, 'hashOf' | 'onUnknown'> {
  /** Of the server, without a slash at its end. */
  readonly url: string
  readonly realm: string
  /** `audit.observed.service`. */
  readonly service: string
  /** As its tokens say it. */
  readonly issuer: string
  readonly access: Access
}

/** See the head of this file. */
export function keycloak(options: KeycloakOptions): Source {
  const { issuer, realm, service, url } = options
  const place = `${url}/admin/realms/${encodeURIComponent(realm)}`
  const ask = asking(place, createTokens(options.access))
  const kept = (): Promise<Readonly<Record<string, unknown>>> => ask('').then(objectOf)
  const userEvents: Feed = {
    name: 'events',
    page: pages(ask, 'events', (json) => {
      const event = readUserEvent(json)
      return { ...headOf(event), describe: () => describeEvent(event, options) }
    }),
    settings: async () => userSettings(objectOf(await ask('/events/config'))),
  }
  const adminEvents: Feed = {
    name: 'admin-events',
    page: pages(ask, 'admin-events', (json) => {
      const event = readAdminEvent(json)
      return { ...headOf(event), describe: () => describeAdminEvent(event, options) }
    }),
    settings: async () => adminSettings(await kept()),
  }
  return { adapter: 'keycloak', service, place, issuer, feeds: [userEvents, adminEvents] }
}

function headOf({
  id,
  time,
}: {
  readonly id: string
  readonly time: number
}): Pick<SourceEvent, 'id' | 'time'> {
  return { id, time }
}

/** See askJson. */
function isTooLong(error: unknown): boolean {
  return error instanceof ObserveError && error.cause instanceof RangeError
}

type Ask = (path: string) => Promise<unknown>

function asking(place: string, tokens: Tokens): Ask {
  return async (path) => {
    for (let tries = 1; ; tries++) {
      const headers = { authorization: `Bearer ${await tokens.get()}` }
      const { json, status } = await askJson(`${place}${path}`, { headers })
      if (status === 200 && json !== undefined) return json
      const [, what = 'realm'] = path.split(/[/?]/)
      if (status === 401 || status === 403) {
        tokens.forget()
        // A token may have ended before its time.
        if (tries === 1) continue
        throw new ObserveError('OBSERVE_ACCESS', `${what}: HTTP ${status}`)
      }
      if (status === 404) throw new ObserveError('OBSERVE_ACCESS', `${what}: HTTP 404`)
      throw new ObserveError('OBSERVE_SOURCE_FAILING', `${what}: HTTP ${status}`)
    }
  }
}

function pages(ask: Ask, name: string, eventOf: (json: unknown) => SourceEvent): Feed['page'] {
  const ofMost = async (from: number, skip: number, max: number): Promise<unknown> => {
    const query = new URLSearchParams({
      direction: 'asc',
      dateFrom: String(from),
      first: String(skip),
      max: String(max),
    })
    return await ask(`/${name}?${query.toString()}`)
  }
  return async (from, skip): Promise<Page> => {
    let max = pageEventsMax
    let answer: unknown
    for (;;) {
      try {
        answer = await ofMost(from, skip, max)
        break
      } catch (error) {
        // Events may be long: an administrator's have what was changed, where the realm keeps that.
        if (!isTooLong(error) || max === 1) throw error
        max = Math.ceil(max / 2)
      }
    }
    const events = listOf(answer).map(eventOf)
    if (events.some(({ time }, at) => at > 0 && time < events[at - 1]!.time)) {
      // An older server does not know `direction`: the latest come first, and are cut at `max`.
      throw new ObserveError('OBSERVE_SOURCE_UNUSUAL', 'events are not in order of time')
    }
    return { events, isLast: events.length < max }
  }
}

function userSettings(json: Readonly<Record<string, unknown>>): FeedSettings {
  const { enabledEventTypes, eventsEnabled, eventsExpiration } = json
  const on = Array.isArray(enabledEventTypes) ? new Set<unknown>(enabledEventTypes) : new Set()
  const typesOff = namedTypes.filter((type) => !on.has(type))
  return { isOn: eventsEnabled === true, keptMs: secondsIn(eventsExpiration), typesOff }
}

function adminSettings(realm: Readonly<Record<string, unknown>>): FeedSettings {
  const attributes = realm.attributes === undefined ? {} : objectOf(realm.attributes)
  const keptMs = secondsIn(Number(attributes.adminEventsExpiration))
  return { isOn: realm.adminEventsEnabled === true, keptMs, typesOff: [] }
}

/** 0 and nothing: for good. */
function secondsIn(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? value * 1_000 : null
}
